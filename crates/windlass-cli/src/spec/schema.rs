//! The JSON Schema of a unit file, made from the table of fields.

use serde_json::{Map as Fields, Value as Json, json};

use super::fields::{Field, Map, Shape, UNIT};
use super::receiver::{RECEIVER, RECEIVER_KIND};

/// Gives the JSON Schema of a unit file.
pub(crate) fn schema() -> Json {
    // What is no receiver is held against the fields of a unit, so that an editor names the field that is wrong.
    let is_receiver = json!({ "properties": { "kind": { "const": RECEIVER_KIND } }, "required": ["kind"] });
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A unit or a receiver of Windlass",
        "if": is_receiver,
        "then": of_map(&RECEIVER),
        "else": of_map(&UNIT),
    })
}

/// Gives the JSON Schema as text.
pub(crate) fn schema_text() -> String {
    format!("{:#}\n", schema())
}

fn of_map(map: &Map) -> Json {
    let mut properties = Fields::new();
    for field in map.fields {
        let mut schema = of_shape(&field.shape);
        if let Some(fields) = schema.as_object_mut() {
            let relative = matches!(field.shape, Shape::Path | Shape::Address);
            let about = if relative {
                format!("{} Relative to this file.", field.about)
            } else {
                field.about.to_owned()
            };
            fields.insert("description".into(), json!(about));
        }
        properties.insert(field.name.into(), schema);
    }
    let mut schema = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    let Some(fields) = schema.as_object_mut() else { return schema };
    let required: Vec<&str> = map.fields.iter().filter(|field| field.required).map(name_of).collect();
    if !required.is_empty() {
        fields.insert("required".into(), json!(required));
    }
    let single = |name: &&str| json!({ "required": [name] });
    if map.choose {
        fields.insert("oneOf".into(), map.rivals.iter().map(single).collect());
    } else if !map.rivals.is_empty() {
        fields.insert("not".into(), json!({ "anyOf": pairs(map.rivals) }));
    }
    schema
}

fn name_of(field: &Field) -> &'static str {
    field.name
}

fn pairs(names: &[&str]) -> Vec<Json> {
    let later = |at: usize| names.iter().skip(at + 1);
    names
        .iter()
        .enumerate()
        .flat_map(|(at, a)| later(at).map(move |b| json!({ "required": [a, b] })))
        .collect()
}

fn of_shape(shape: &Shape) -> Json {
    match shape {
        Shape::Constant(word) => json!({ "const": word }),
        Shape::Name => name(),
        Shape::Names => json!({ "type": "array", "items": name() }),
        Shape::Text | Shape::Path | Shape::Address => text(),
        Shape::Account => json!({ "type": "string", "pattern": "^[a-z0-9.-]+/[a-z0-9.-]+$" }),
        Shape::TreePath => json!({ "type": "string", "minLength": 1, "pattern": "^[^/]" }),
        Shape::Word(words) => json!({ "enum": words }),
        Shape::Time(_) => json!({ "type": "string", "pattern": "^[0-9]" }),
        Shape::Truth => json!({ "type": "boolean" }),
        Shape::Whole(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Shape::Texts | Shape::Beginnings => json!({ "type": "array", "items": text() }),
        Shape::Pairs => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Shape::Items(map) => json!({ "type": "array", "items": of_map(map) }),
        Shape::Any => json!({ "type": "object" }),
        Shape::Map(map) => of_map(map),
    }
}

fn text() -> Json {
    json!({ "type": "string", "minLength": 1 })
}

fn name() -> Json {
    json!({ "type": "string", "maxLength": 63, "pattern": "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$" })
}
