//! Values to the data that YAML and JSON are written from.

use windlass_core::{Map as CoreMap, Value as Core};

use crate::template::{
    Shape, Time, Value,
    fmt::format_float,
    layout,
    text::lossy,
    value::{BYTES_A_VALUE, VALUE_DEPTH_MAX, VALUES_MAX},
};

/// What the numbers of data are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    /// For JSON: a float that JSON writes without a point is a whole number.
    Json,
    /// For go-yaml: as they are, and what was never made is empty.
    Plain,
}

/// A value as Go's encoding/json takes it, or the text of its error.
pub(super) fn to_core(value: &Value, numbers: Numbers) -> Result<Core, String> {
    convert(value, numbers, 0, &mut 0)
}

fn convert(value: &Value, numbers: Numbers, depth: usize, seen: &mut usize) -> Result<Core, String> {
    *seen += 1;
    if depth > VALUE_DEPTH_MAX || *seen > VALUES_MAX {
        return Err(format!("json: unsupported value: encountered a cycle via {}", value.type_name()));
    }
    Ok(match value {
        Value::Nil | Value::Null => Core::Null,
        Value::Bool(truth) => Core::Bool(*truth),
        Value::Int(number) | Value::Int64(number) | Value::Duration(number) => Core::Int(*number),
        Value::Uint8(number) => Core::Int((*number).into()),
        Value::Uint64(number) => unsigned(*number),
        Value::Float(number) => float(*number, numbers)?,
        Value::Complex(..) => return Err("json: unsupported type: complex128".into()),
        Value::Text(text) => {
            *seen += text.len() / BYTES_A_VALUE;
            Core::from(lossy(text).as_ref())
        }
        Value::Bytes(bytes) => Core::from(super::codes::base64(bytes).as_str()),
        Value::List(list) if list.is_nil() && numbers == Numbers::Json => Core::Null,
        Value::List(list) => {
            let items: Result<Vec<Core>, String> =
                list.with(|items| items.iter().map(|item| convert(item, numbers, depth + 1, seen)).collect());
            Core::List(items?)
        }
        Value::Map(map) if map.is_nil() && numbers == Numbers::Json => Core::Null,
        Value::Map(map) => {
            let mut out = CoreMap::new();
            map.with(|entries| {
                entries.iter().try_for_each(|(key, value)| {
                    out.insert(lossy(key).as_ref(), convert(value, numbers, depth + 1, seen)?);
                    Ok::<(), String>(())
                })
            })?;
            Core::Map(out)
        }
        Value::Time(time) => Core::from(rfc3339(time).as_str()),
        Value::Object(object) => match (numbers, object.shape()) {
            // go-yaml writes what was never made as what is empty.
            (Numbers::Plain, Shape::Map(map)) => convert(&Value::Map(map), numbers, depth + 1, seen)?,
            _ => convert(&object.json(), numbers, depth + 1, seen)?,
        },
    })
}

fn rfc3339(time: &Time) -> String {
    layout::format(time, "2006-01-02T15:04:05.999999999Z07:00")
}

#[allow(clippy::cast_precision_loss)]
fn unsigned(number: u64) -> Core {
    i64::try_from(number).map_or(Core::Float(number as f64), Core::Int)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn float(number: f64, numbers: Numbers) -> Result<Core, String> {
    if numbers == Numbers::Json && !number.is_finite() {
        return Err(format!("json: unsupported value: {}", format_float(number, 'g', None)));
    }
    let whole = number as i64;
    if numbers == Numbers::Json
        && whole as f64 == number
        && number.abs() < 9.2e18
        && (number != 0.0 || number.is_sign_positive())
    {
        return Ok(Core::Int(whole));
    }
    Ok(Core::Float(number))
}
