//! One operation on one or two values.

use windlass_core::Value;
use windlass_diff::structured::{
    Lenience, compare, extract, extract_with_keys, merge, owned, reconcile, remove, validate,
};
use windlass_diff::{Schema, SchemaRef};

use super::{document, limits, same_set, schemas, set};
use crate::conformance::same;

pub(super) fn row(row: &Value) -> Result<(), String> {
    let schemas = schemas(row.text_at(&["schema_yaml"]).unwrap_or_default());
    let root = Schema::named(row.text_at(&["root"]).unwrap_or_default());
    let schema = if row.get("schema_yaml").is_some() { schemas.view(&root) } else { SchemaRef::any() };
    match row.text_at(&["op"]).unwrap_or_default() {
        "merge" => {
            let merged = merge(schema, &document(row, "lhs"), &document(row, "rhs"), &limits());
            same("out", &merged.map_err(said)?, &document(row, "out"))
        }
        "compare" => compared(schema, row),
        "remove_extract" => removed(schema, row),
        "reversible_extract" => reversed(schema, row),
        "extract_with_keys" => {
            let taken = extract_with_keys(schema, &document(row, "object"), &set(row, "set")?, &limits());
            same("out", &taken.map_err(said)?, &document(row, "out"))
        }
        "to_field_set" => {
            let found = owned(schema, &document(row, "object"), &limits()).map_err(said)?;
            same_set("set", &found, &set(row, "set")?)
        }
        "validate" => validated(schema, row),
        "reconcile_schema" => reconciled(schema, row),
        other => Err(format!("not tried: {other}")),
    }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn compared(schema: SchemaRef<'_>, row: &Value) -> Result<(), String> {
    let found = compare(schema, &document(row, "lhs"), &document(row, "rhs"), &limits()).map_err(said)?;
    for (what, found) in [("removed", found.removed), ("modified", found.modified), ("added", found.added)] {
        same_set(what, &found, &set(row, what)?)?;
    }
    Ok(())
}

fn removed(schema: SchemaRef<'_>, row: &Value) -> Result<(), String> {
    let (object, fields) = (document(row, "object"), set(row, "set")?);
    let left = remove(schema, &object, &fields, &limits()).map_err(said)?;
    let taken = extract(schema, &object, &fields, &limits()).map_err(said)?;
    // What the original test leaves open is not in the row.
    let expected = [("remove_out", left), ("extract_out", taken)];
    let expected: Vec<_> = expected.into_iter().filter(|(field, _)| row.get(field).is_some()).collect();
    if expected.is_empty() {
        return Err("nothing is expected".into());
    }
    expected.iter().try_for_each(|(field, found)| same(field, found, &document(row, field)))
}

/// What was applied comes back when its fields are extracted from what it was merged into.
fn reversed(schema: SchemaRef<'_>, row: &Value) -> Result<(), String> {
    let (object, applied) = (document(row, "object"), document(row, "pso"));
    let merged = merge(schema, &object, &applied, &limits()).map_err(said)?;
    let fields = owned(schema, &applied, &limits()).map_err(said)?.leaves();
    same("pso", &extract(schema, &merged, &fields, &limits()).map_err(said)?, &applied)
}

fn validated(schema: SchemaRef<'_>, row: &Value) -> Result<(), String> {
    let object = document(row, "object");
    let strict = Lenience::default();
    for (field, lenience) in [("valid", strict), ("valid_allow_duplicates", strict.with_repeated())] {
        let found = validate(schema, &object, lenience, &limits());
        if Some(found.is_ok()) != row.get(field).and_then(Value::as_bool) {
            return Err(format!("{field}: {found:?}"));
        }
    }
    Ok(())
}

fn reconciled(schema: SchemaRef<'_>, row: &Value) -> Result<(), String> {
    match (reconcile(schema, &set(row, "old_fields")?), row.get("fixed_fields")) {
        (None, Some(Value::Null)) => Ok(()),
        (Some(found), Some(Value::Map(_))) => same_set("fixed_fields", &found, &set(row, "fixed_fields")?),
        (found, expected) => Err(format!("fixed_fields: {found:?} is not {expected:?}")),
    }
}
