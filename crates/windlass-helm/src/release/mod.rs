//! A release: a chart rendered for a name and a namespace, as `helm template` does.

mod head;
mod hooks;
mod objects;
mod options;
mod order;
mod print;
mod render;
mod schema;
mod split;
mod tree;

pub(crate) use hooks::HOOK;
pub use hooks::{Hook, HookEvent};
pub use options::{ReleaseOptions, name_of_template};
pub use print::Print;
pub use render::{Manifest, Manifests, render};
pub(crate) use render::{language_value, render_partly};
