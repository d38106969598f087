//! `windlass helm template`: what `helm template` does.

use windlass_core::{Context, Result};

use super::Written;
use crate::args::HelmTemplate;

/// Renders.
pub(super) fn template(_: &Context, _: &HelmTemplate) -> Result<Written> {
    Ok(Written::default())
}
