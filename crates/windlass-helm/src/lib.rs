//! Helm charts, rendered to the bytes that Helm prints.

mod chart;
mod decode;
mod functions;
mod semver;
pub mod template;
mod values;

pub use chart::{Chart, Missing};
pub use values::Values;
