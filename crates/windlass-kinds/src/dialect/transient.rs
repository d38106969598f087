//! Objects that go by themselves.

use windlass_core::{Dialect, Directives, Object, Result};

/// Says of a Job with
/// [`ttlSecondsAfterFinished`](https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/) that it goes by
/// itself once it has finished. It reads the spec, and no annotation.
#[derive(Debug, Clone, Copy, Default)]
pub struct TransientDialect;

impl Dialect for TransientDialect {
    fn read(&self, object: &Object, into: &mut Directives) -> Result<()> {
        let is_job = object.id().group == "batch" && object.id().kind == "Job";
        let lives = object.body().at(&["spec", "ttlSecondsAfterFinished"]);
        into.transient |= is_job && lives.is_some_and(|seconds| seconds.as_int().is_some());
        Ok(())
    }
}
