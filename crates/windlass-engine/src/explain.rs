//! Differences, field by field, by windlass-diff.

use std::sync::Arc;

use windlass_core::{Cause, Change, Object, Value};
use windlass_diff::{Facts, Mask, Schemas, compare};

use crate::rules::Explain;

/// Compares objects by the schemas of their kinds, and masks what may be secret. Without a schema, lists are compared
/// by place or as wholes.
#[derive(Debug, Default)]
pub struct Compared {
    schemas: Arc<Schemas>,
    mask: Mask,
}

impl Compared {
    /// Compares by these schemas.
    #[must_use]
    pub fn new(schemas: Arc<Schemas>) -> Self {
        Self { schemas, mask: Mask::default() }
    }

    /// Replaces what may be secret.
    #[must_use]
    pub fn with_mask(mut self, mask: Mask) -> Self {
        self.mask = mask;
        self
    }
}

impl Explain for Compared {
    fn changes(&self, live: &Object, after: &Object, wanted: &Value, cause: Cause) -> Vec<Change> {
        let mut facts = Facts::new().with_wanted(wanted);
        if cause == Cause::Drifted {
            // What is wanted is what was applied before, so that every difference is the live object's doing.
            facts = facts.with_applied_before(wanted);
        }
        let mask = self.mask.kind(&after.id().group, &after.id().kind);
        compare(self.schemas.of(after.body()), Some(live.body()), Some(after.body()), &facts)
            .iter()
            .map(|change| change.masked(&mask))
            .collect()
    }
}
