//! The suffix that is made of the content.

use sha2::{Digest as _, Sha256};
use windlass_core::{Result, Value};
use windlass_yaml::go;

use crate::node::{Node, Rules, to_value};

/// Letters of the suffix.
const LENGTH: usize = 10;

/// Gives the suffix of a ConfigMap, a Secret or another object.
pub(crate) fn suffix(object: &Node, kind: &str) -> Result<String> {
    let field = |name: &str| match object.get(name) {
        None => Ok(Value::from("")),
        Some(Node::Scalar(scalar)) => Ok(Value::Text(scalar.text.clone())),
        Some(node) => to_value(node, Rules::V3),
    };
    let mut fields = vec![("kind", Value::from(kind)), ("name", Value::from("")), ("data", field("data")?)];
    let more = match kind {
        "ConfigMap" => "binaryData",
        "Secret" => {
            fields.push(("type", field("type")?));
            "stringData"
        }
        _ => return Ok(letters(&go::to_json(&to_value(object, Rules::V3)?))),
    };
    let extra = field(more)?;
    if matches!(extra, Value::Map(_)) {
        fields.push((more, extra));
    }
    Ok(letters(&go::to_json(&Value::from_iter(fields))))
}

/// Hexadecimal digits, without those that could make words.
fn letters(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let hex = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]).take(LENGTH);
    hex.map(|digit| match digit {
        0 => 'g',
        1 => 'h',
        3 => 'k',
        10 => 'm',
        14 => 't',
        digit => char::from_digit(u32::from(digit), 16).unwrap_or('x'),
    })
    .collect()
}
