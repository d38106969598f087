//! JSON inside of other text.

use windlass_core::Value;

use super::read::with_floats;

/// Reads the JSON value that a text begins with, and says where it ends. Numbers are floats, as in Go.
pub(super) fn first(text: &str) -> Option<(Value, usize)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = values.next()?.ok()?;
    Some((with_floats(value), values.byte_offset()))
}
