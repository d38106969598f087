//! Helm charts, rendered to the bytes that Helm prints.

mod chart;
mod decode;
mod functions;
mod release;
mod semver;
pub mod template;
mod values;

pub use chart::{Chart, Missing};
pub use release::{Hook, HookEvent, Manifest, Manifests, Print, ReleaseOptions, name_of_template, render};
pub use values::Values;
