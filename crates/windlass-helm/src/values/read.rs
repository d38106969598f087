//! Values files: YAML in which every number is a float, since Helm reads it through JSON.

use windlass_core::{Error, Limits, Map, Result, Value};
use windlass_yaml::{Format, Options, Reader};

use super::quoted;
use crate::decode::json_type;
use crate::template::HelmVersion;

/// Go keeps the last of two equal keys, and charts go by that.
fn options(limits: &Limits) -> Options {
    Options::from(limits).with_format(Format::Yaml).with_repeated_keys(true)
}

/// Reads a text, and once more as go-yaml takes quoted texts where it is wrong otherwise.
fn lenient<T>(text: &[u8], read: impl Fn(&[u8]) -> Result<T>) -> Result<T> {
    let error = match read(text) {
        Err(error) => error,
        found => return found,
    };
    let again = std::str::from_utf8(text).ok().and_then(quoted::indented);
    again.and_then(|text| read(text.as_bytes()).ok()).ok_or(error)
}

/// Reads the first document of a text; null where there is none. What follows it is not looked at, as in Go.
pub(crate) fn first_document(text: &[u8], limits: &Limits) -> Result<Value> {
    lenient(text, |text| {
        let first = Reader::new(text, &options(limits))?.next();
        first.map_or(Ok(Value::Null), |document| Ok(document?.value))
    })
}

/// Reads all documents of a values file, with every number a float.
pub(crate) fn documents(text: &[u8], limits: &Limits) -> Result<Vec<Value>> {
    Ok(documents_as_written(text, limits)?.into_iter().map(with_floats).collect())
}

/// Reads all documents of a text, numbers as they are written.
pub(crate) fn documents_as_written(text: &[u8], limits: &Limits) -> Result<Vec<Value>> {
    lenient(text, |text| Reader::new(text, &options(limits))?.map(|document| Ok(document?.value)).collect())
}

/// Makes every number a float.
pub(crate) fn with_floats(value: Value) -> Value {
    match value {
        // As Go does: a number of JSON is a float64, and digits beyond its precision are lost.
        #[allow(clippy::cast_precision_loss)]
        Value::Int(number) => Value::Float(number as f64),
        Value::List(items) => items.into_iter().map(with_floats).collect(),
        Value::Map(map) => map.into_iter().map(|(key, value)| (key, with_floats(value))).collect(),
        other => other,
    }
}

/// Puts `over` over `base`: maps are merged, anything else is replaced, null too.
pub(crate) fn merged(base: Map, over: Map) -> Map {
    let mut out = base;
    for (key, value) in over {
        let value = match (out.remove(&key), value) {
            (Some(Value::Map(old)), Value::Map(new)) => Value::Map(merged(old, new)),
            (_, value) => value,
        };
        out.insert(key, value);
    }
    out
}

/// Says that values are no map, as Go does.
pub(crate) fn not_a_map(value: &Value) -> String {
    let kind = json_type(value);
    format!(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go value of type \
         map[string]interface {{}}"
    )
}

/// Takes a document for a map of values; null is an empty one.
pub(crate) fn map_of(document: Value, name: &str, version: HelmVersion) -> Result<Map> {
    let among_several = if version == HelmVersion::V4 { "cannot unmarshal yaml document: " } else { "" };
    match document {
        Value::Null => Ok(Map::new()),
        Value::Map(map) => Ok(map),
        other => {
            let wrong = not_a_map(&other);
            Err(crate::chart::invalid(format!("failed to parse {name}: {among_several}{wrong}")))
        }
    }
}

/// Names the file in an error of its reader.
pub(crate) fn failed(name: &str, error: &Error) -> Error {
    Error::new(error.kind(), format!("failed to parse {name}: {error}"))
}
