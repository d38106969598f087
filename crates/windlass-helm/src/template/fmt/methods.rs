//! `String()` of the types that have it.

use super::super::{Value, duration};

/// The text that a type prints itself as.
pub(super) fn own_text(value: &Value) -> Option<String> {
    match value {
        Value::Duration(nanos) => Some(duration::show(*nanos)),
        Value::Time(time) => Some(time.to_string()),
        Value::Object(object) => object.text(),
        _ => None,
    }
}
