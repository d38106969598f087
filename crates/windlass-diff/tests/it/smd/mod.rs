//! The answers of structured-merge-diff: typed values, sets of fields, and sequences of applies and updates.

mod sequence;
mod typed;
mod versions;

use windlass_core::{Limits, Text, Value};
use windlass_diff::structured::FieldSet;
use windlass_diff::{ListKind, Scalar, Schema, Schemas, Shape};

use super::conformance::{exchanged, fields_of, score};

#[test]
fn conformance_smd_typed() {
    let (misses, rows) = score("diff/smd_typed", typed::row);
    assert!(misses.len() * 50 <= rows, "more than one in fifty is missed:\n{}", misses.join("\n"));
}

#[test]
fn conformance_smd_merge() {
    let (misses, rows) = score("diff/smd_merge", sequence::row);
    assert!(misses.len() * 50 <= rows, "more than one in fifty is missed:\n{}", misses.join("\n"));
}

/// The parts of a row of typed values that are expected.
const ANSWERS: [&str; 10] = [
    "added",
    "extract_out",
    "fixed_fields",
    "modified",
    "out",
    "out_yaml",
    "remove_out",
    "removed",
    "valid",
    "valid_allow_duplicates",
];

#[test]
fn a_typed_value_with_the_answer_of_another_row_is_missed() {
    exchanged("diff/smd_typed", typed_answers, typed::row);
}

fn typed_answers(row: &mut Value) -> Vec<&mut Value> {
    // What `to_field_set` is asked for is what others are given.
    let is_set = row.text_at(&["op"]) == Some("to_field_set");
    fields_of(row, if is_set { &["set"] } else { &ANSWERS })
}

#[test]
fn a_sequence_with_the_answer_of_another_row_is_missed() {
    exchanged(
        "diff/smd_merge",
        |row| {
            let ops = row.as_map_mut().and_then(|row| row.get_mut("ops"));
            let Some(Value::List(ops)) = ops else { return Vec::new() };
            let after = ops.last_mut().map(|op| fields_of(op, &["after"]));
            after.unwrap_or_default()
        },
        sequence::row,
    );
}

fn limits() -> Limits {
    Limits::default()
}

/// Reads the one document of a text; an empty one is null.
fn read(text: &str) -> Value {
    let documents = windlass_yaml::read(text.as_bytes(), &windlass_yaml::Options::default());
    let documents = documents.unwrap_or_else(|error| panic!("{error}: {text}"));
    documents.into_iter().next().map(|document| document.value).unwrap_or_default()
}

/// Gives a document of a row, which has it as a value or as a text.
fn document(row: &Value, field: &str) -> Value {
    match row.text_at(&[format!("{field}_yaml").as_str()]) {
        Some(text) => read(text),
        None => row.get(field).cloned().unwrap_or_default(),
    }
}

fn set(row: &Value, field: &str) -> Result<FieldSet, String> {
    FieldSet::from_value(row.get(field).unwrap_or(&Value::Null)).map_err(|error| error.to_string())
}

fn same_set(what: &str, found: &FieldSet, expected: &FieldSet) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found} is not {expected}")) }
}

/// Reads a schema of the data.
fn schemas(text: &str) -> Schemas {
    let table = read(text);
    let types = table.get("types").and_then(Value::as_list).unwrap_or_default();
    let mut schemas = Schemas::default();
    for one in types {
        schemas.types.insert(one.text_at(&["name"]).unwrap_or_default().into(), schema(one, types));
    }
    schemas
}

/// Reads a type, or the use of one. A use may say how its elements relate whatever the type says.
fn schema(of: &Value, types: &[Value]) -> Schema {
    let told = of.text_at(&["elementRelationship"]);
    match (of.text_at(&["namedType"]), told) {
        (Some(name), None) => Schema::named(name),
        (Some(name), Some("atomic")) => Schema::named(name).with_atomic(true),
        (Some(name), Some(_)) => {
            let named = types.iter().find(|one| one.text_at(&["name"]) == Some(name));
            atom(named.unwrap_or(&Value::Null), told, types)
        }
        (None, told) => atom(of, told, types),
    }
}

fn atom(of: &Value, told: Option<&str>, types: &[Value]) -> Schema {
    let (map, list) = (of.get("map"), of.get("list"));
    let relation = |part: &Value| told.or(part.text_at(&["elementRelationship"])).map(ToOwned::to_owned);
    let atomic = map.and_then(relation).as_deref() == Some("atomic");
    let scalar = match of.text_at(&["scalar"]) {
        Some("string") => Scalar::Text,
        Some("numeric" | "number") => Scalar::Number,
        Some("boolean") => Scalar::Bool,
        _ => Scalar::IntOrString,
    };
    let values = map.and_then(|map| map.get("elementType")).map(|of| Box::new(schema(of, types)));
    let fields = map.map_or(&[][..], |map| map.get("fields").and_then(Value::as_list).unwrap_or_default());
    let fields = fields.iter().map(|of| field(of, types)).collect();
    let items = list.and_then(|list| list.get("elementType")).map(|of| schema(of, types));
    let items = Box::new(items.unwrap_or_default());
    let by = list.map_or(ListKind::Atomic, |list| list_kind(list, relation(list).as_deref()));
    let shape = match (map, list) {
        (None, None) => Shape::Scalar(scalar),
        (Some(_), None) => Shape::Map { fields, values },
        (None, Some(_)) => Shape::List { by, items },
        // Nothing known, which is what a schema without a type means here too.
        (Some(_), Some(_)) if atomic || by == ListKind::Atomic && fields.is_empty() => {
            return Schema::any().with_atomic(atomic);
        }
        (Some(_), Some(_)) => Shape::Either { fields, values, by, items },
    };
    Schema::of(shape).with_atomic(atomic)
}

fn field(of: &Value, types: &[Value]) -> (Text, Schema) {
    let schema = of.get("type").map(|of| schema(of, types)).unwrap_or_default();
    let schema = match of.get("default") {
        Some(default) => schema.with_default(default.clone()),
        None => schema,
    };
    (of.text_at(&["name"]).unwrap_or_default().into(), schema)
}

fn list_kind(list: &Value, relation: Option<&str>) -> ListKind {
    let keys = list.get("keys").and_then(Value::as_list).unwrap_or_default();
    let keys: Vec<Text> = keys.iter().filter_map(Value::as_text).map(Text::from).collect();
    match relation {
        Some("associative") if keys.is_empty() => ListKind::Set,
        Some("associative") => ListKind::Map(keys),
        _ => ListKind::Atomic,
    }
}
