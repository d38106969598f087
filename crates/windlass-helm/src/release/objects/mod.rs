//! What templates find beside their values: `.Files`, `.Capabilities`, `.Chart`.

mod capabilities;
mod chart;
mod files;
mod glob;

pub(crate) use capabilities::{Capabilities, KubeVersion};
pub(crate) use chart::chart;
pub(crate) use files::FilesObject;
