//! Helm charts, rendered to the bytes that Helm prints.

mod functions;
pub mod template;
