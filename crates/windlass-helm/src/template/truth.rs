//! What counts as true.

use super::{Shape, Value};

/// Go's `template.IsTrue`: not the zero value, not empty.
pub(crate) fn is_true(value: &Value) -> bool {
    match value {
        Value::Nil | Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Int(number) | Value::Int64(number) | Value::Duration(number) => *number != 0,
        Value::Uint8(number) => *number != 0,
        Value::Uint64(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        Value::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
        Value::Text(text) => !text.is_empty(),
        Value::Bytes(bytes) => !bytes.is_empty(),
        Value::List(list) => !list.is_empty(),
        Value::Map(map) => !map.is_empty(),
        Value::Time(_) => true,
        Value::Object(object) => match object.shape() {
            Shape::Struct(_) | Shape::Pointer(_) => true,
            Shape::Map(map) => !map.is_empty(),
            Shape::List(list) => !list.is_empty(),
            Shape::Scalar(value) => is_true(&value),
        },
    }
}
