//! Numbers of anything, as spf13/cast makes them, and text of anything as Sprig does.

use crate::template::{
    Shape, Value,
    failure::Run,
    fmt::text_of,
    number::{parse_float, parse_int},
};

/// `cast.ToInt64`: 0 where there is no number.
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        Value::Int(number) | Value::Int64(number) => *number,
        Value::Uint8(number) => (*number).into(),
        Value::Uint64(number) => *number as i64,
        Value::Float(number) => float_to_int(*number),
        Value::Text(text) => parse_int(trim_zero_decimal(&text.to_str())).unwrap_or(0),
        Value::Bool(truth) => i64::from(*truth),
        Value::Object(object) => match object.shape() {
            Shape::Scalar(Value::Int(number)) => number,
            _ => 0,
        },
        _ => 0,
    }
}

/// Go's conversion on amd64: what does not fit is the smallest number.
pub(super) fn float_to_int(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    #[allow(clippy::cast_possible_truncation)]
    if (-LIMIT..LIMIT).contains(&number) { number as i64 } else { i64::MIN }
}

/// `1.00` as `1`.
fn trim_zero_decimal(text: &str) -> &str {
    let without = text.trim_end_matches('0');
    match without.strip_suffix('.') {
        Some(whole) if without.len() < text.len() => whole,
        _ => text,
    }
}

/// `cast.ToFloat64`: 0 where there is no number.
#[allow(clippy::cast_precision_loss)]
pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::Int(number) | Value::Int64(number) => *number as f64,
        Value::Uint8(number) => (*number).into(),
        Value::Uint64(number) => *number as f64,
        Value::Float(number) => *number,
        Value::Text(text) => parse_float(&text.to_str()).unwrap_or(0.0),
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        Value::Object(object) => match object.shape() {
            Shape::Scalar(Value::Int(number)) => number as f64,
            _ => 0.0,
        },
        _ => 0.0,
    }
}

/// Sprig's `strval`.
pub(super) fn to_text(value: &Value) -> Run<Vec<u8>> {
    match value {
        Value::Text(text) => Ok(text.to_vec()),
        Value::Bytes(bytes) => Ok(bytes.to_vec()),
        other => text_of(other),
    }
}
