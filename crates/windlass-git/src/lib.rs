//! x
#![allow(missing_docs)]
mod cache;
mod commit;
mod http;
mod job;
mod local;
mod location;
mod options;
mod reference;
mod remote;
mod source;
mod tree;
pub mod write;

pub use options::{Credentials, GitLimits};
pub use reference::Reference;
pub use source::GitSource;
