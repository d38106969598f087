//! Patches: strategic ones and JSON patches.

mod items;
pub(crate) mod json;
pub(crate) mod strategic;
