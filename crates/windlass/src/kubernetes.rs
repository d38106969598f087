//! Joins targets and the engine with what Kubernetes' kinds mean, where neither knows the other. The Kubernetes target
//! knows it by itself.
//!
//! ```
//! use windlass::fs::DirTarget;
//! use windlass::{Target, kubernetes};
//!
//! # let place = tempfile::tempdir()?;
//! let target = kubernetes::folder(DirTarget::open(place.path())?);
//! assert_eq!(target.profile().order.len(), windlass::kinds::order::default_order().len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::sync::Arc;

use windlass_engine::Compared;
use windlass_kinds::schema;

/// Explains differences by the schemas of the built-in kinds: lists by their keys, quantities by their values.
///
/// ```
/// # use windlass::testkit::{LinesRenderer, MemorySource, MemoryTarget, unit};
/// # let engine = windlass::Engine::new(unit("shop"), MemorySource::new(), LinesRenderer::new(), MemoryTarget::new("a"));
/// let engine = engine.with_explain(windlass::kubernetes::explain());
/// ```
#[must_use]
pub fn explain() -> Compared {
    Compared::new(Arc::clone(schema::built_in()))
}

/// Adds the annotations and the order of Kubernetes to a folder.
///
/// Not the health: no controller writes a status into a folder, so that a Deployment in it would be waited for in vain.
/// A file that is there does its work.
#[cfg(feature = "fs")]
#[must_use]
pub fn folder(target: windlass_fs::DirTarget) -> windlass_fs::DirTarget {
    target
        .with_dialects(windlass_kinds::dialect::default_dialects())
        .with_order(windlass_kinds::order::default_order())
}
