//! Helm charts, rendered to the bytes that Helm prints.

mod chart;
mod command;
mod crypto;
mod decode;
mod functions;
mod release;
mod renderer;
mod semver;
pub mod template;
mod values;

pub use chart::{Chart, Missing};
pub use command::{Output, TemplateCommand};
pub use release::{Hook, HookEvent, Manifest, Manifests, Print, ReleaseOptions, name_of_template, render};
pub use renderer::HelmChart;
pub use values::Values;
