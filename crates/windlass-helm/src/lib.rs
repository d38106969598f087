//! Helm charts, rendered to the bytes that Helm prints.

mod functions;
mod semver;
pub mod template;
