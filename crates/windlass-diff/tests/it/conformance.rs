//! The answers of other tools, where the conformance data is laid out.

use std::path::{Path, PathBuf};

use windlass_core::{Limits, Value};
use windlass_diff::{json_patch, merge_patch};

/// Runs `check` over every row of a set, prints the score, and expects nearly all rows to pass.
fn conformance(set: &str, check: impl Fn(&Value) -> Result<(), String>) {
    let (misses, rows) = score(set, check);
    assert!(misses.len() * 100 <= rows * 10, "more than a tenth is missed:\n{}", misses.join("\n"));
}

/// Runs `check` over every row of a set and prints the score. Gives the misses and the number of rows.
pub(crate) fn score(set: &str, check: impl Fn(&Value) -> Result<(), String>) -> (Vec<String>, usize) {
    let rows = rows(set);
    if rows.is_empty() {
        return (Vec::new(), 0);
    }
    let misses: Vec<String> = rows
        .iter()
        .enumerate()
        .filter_map(|(at, row)| check(row).err().map(|why| format!("{at} {} {why}", name(row))))
        .collect();
    println!("score {set} {}/{}", rows.len() - misses.len(), rows.len());
    let file = root().join("target/misses").join(format!("{}.txt", set.replace('/', "-")));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, misses.join("\n")).unwrap();
    (misses, rows.len())
}

/// Reads the rows of a set; none where there is no data.
fn rows(set: &str) -> Vec<Value> {
    let Some(folder) = folder() else {
        assert!(
            std::env::var_os("WINDLASS_GOLDENS_REQUIRED").is_none_or(|v| v != "1"),
            "the conformance data is absent"
        );
        println!("skipped {set}: the conformance data is absent");
        return Vec::new();
    };
    let text = std::fs::read_to_string(folder.join(set).with_extension("jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Gives each row the answer of another row that has another answer, and expects nearly none to pass: a check that passes
/// whatever is expected checks nothing. `answer` gives the part of a row that is expected.
pub(crate) fn exchanged(
    set: &str,
    answer: impl for<'v> Fn(&'v mut Value) -> Vec<&'v mut Value>,
    check: impl Fn(&Value) -> Result<(), String>,
) {
    let rows = rows(set);
    let key = |row: &Value| {
        let mut row = row.clone();
        answer(&mut row).iter().map(|part| part.canonical()).collect::<Vec<_>>()
    };
    let (mut passed, mut tried) = (0, 0);
    for (at, row) in rows.iter().enumerate() {
        let own = key(row);
        let others = rows[at..].iter().chain(&rows[..at]);
        let Some(other) = others
            .map(key)
            .find(|other| other.len() == own.len() && other.iter().zip(&own).any(|(a, b)| a != b))
        else {
            continue;
        };
        let mut row = row.clone();
        for (part, other) in answer(&mut row).into_iter().zip(&other) {
            *part = serde_json::from_str(other).unwrap();
        }
        tried += 1;
        passed += usize::from(check(&row).is_ok());
    }
    assert!(passed * 20 <= tried, "{passed} of {tried} rows pass with the answer of another");
    assert!(tried * 2 >= rows.len(), "most rows of {set} have no other answer");
}

/// Gives the fields of a row that are there.
pub(crate) fn fields_of<'v>(row: &'v mut Value, names: &[&str]) -> Vec<&'v mut Value> {
    let fields = row.as_map_mut().into_iter().flat_map(windlass_core::Map::iter_mut);
    fields.filter(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value).collect()
}

fn name(row: &Value) -> &str {
    row.text_at(&["id"]).or_else(|| row.text_at(&["description"])).unwrap_or_default()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn folder() -> Option<PathBuf> {
    let folder =
        std::env::var_os("WINDLASS_GOLDENS").map_or_else(|| root().join("target/goldens"), PathBuf::from);
    folder.is_dir().then_some(folder)
}

pub(crate) fn same(what: &str, found: &Value, expected: &Value) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: {} is not {}", found.canonical(), expected.canonical()))
}

fn nothing() -> Value {
    Value::Map(windlass_core::Map::new())
}

/// Gives a document of a row; one that is absent or null is empty.
fn document(row: &Value, field: &str) -> Value {
    row.get(field).filter(|value| !value.is_null()).cloned().unwrap_or_else(nothing)
}

#[test]
fn conformance_rfc7386() {
    conformance("diff/rfc7386", |row| {
        let read = |field: &str| -> Value {
            serde_json::from_str(row.text_at(&[field]).unwrap_or("null")).unwrap_or_default()
        };
        same("result", &merge_patch::apply(&read("original"), &read("patch")), &read("result"))
    });
}

#[test]
fn conformance_rfc6902() {
    conformance("diff/rfc6902", |row| {
        let result = json_patch::apply(
            row.get("doc").unwrap_or(&Value::Null),
            row.get("patch").unwrap_or(&Value::Null),
            &Limits::default(),
        );
        match (result, row.get("expected"), row.get("error")) {
            (Ok(found), Some(expected), _) => same("expected", &found, expected),
            (Ok(_), None, None) | (Err(_), None, Some(_)) => Ok(()),
            (Ok(found), None, Some(_)) => Err(format!("no error but {}", found.canonical())),
            (Err(error), _, _) => Err(error.to_string()),
        }
    });
}

#[test]
fn conformance_json_merge_three_way() {
    conformance("diff/json_merge_three_way", |row| {
        let [original, modified, current] =
            ["original", "modified", "current"].map(|field| document(row, field));
        let patch = merge_patch::three_way(&original, &modified, &current);
        same("three_way", &patch, &document(row, "three_way"))?;
        same("result", &merge_patch::apply(&current, &patch), &document(row, "result"))
    });
}

mod strategic_rows {
    use windlass_core::Text;
    use windlass_diff::{ListKind, Patch, Scalar, Schema, SchemaRef, Schemas, Shape, strategic};

    use super::*;

    /// Reads the types of the data: their fields with `type`, `patchStrategy` and `patchMergeKey`.
    fn types() -> Schemas {
        let mut schemas = Schemas::default();
        let Some(folder) = folder() else { return schemas };
        let text = std::fs::read_to_string(folder.join("diff/strategic_types.json")).unwrap();
        let types: Value = serde_json::from_str(&text).unwrap();
        for (name, fields) in types.as_map().unwrap().iter() {
            let fields = fields.as_map().unwrap().iter();
            let schema = Schema::map(fields.map(|(name, field)| (name.clone(), read_field(field))));
            schemas.types.insert(name.clone(), schema);
        }
        schemas
    }

    fn read_field(field: &Value) -> Schema {
        let words = field.text_at(&["patchStrategy"]).unwrap_or_default();
        let patch = Patch {
            merge: words.contains("merge"),
            replace: words.contains("replace"),
            retain_keys: words.contains("retainKeys"),
            key: field.text_at(&["patchMergeKey"]).map(Text::from),
        };
        let schema = read_type(field.text_at(&["type"]).unwrap_or_default());
        // A list of pointers is in the data as the type of its items; only lists have a merge key.
        let is_list = matches!(schema.shape, Shape::List { .. });
        let schema =
            if patch.key.is_some() && !is_list { Schema::list(ListKind::Atomic, schema) } else { schema };
        schema.with_patch(patch)
    }

    fn read_type(name: &str) -> Schema {
        if let Some(items) = name.strip_prefix("list<").and_then(|rest| rest.strip_suffix('>')) {
            return Schema::list(ListKind::Atomic, read_type(items));
        }
        match name.strip_prefix("object:") {
            Some("") => Schema::any(),
            Some(name) => Schema::named(name),
            None if name.starts_with("map<") => Schema::map_of(Schema::any()),
            None => Schema::scalar(Scalar::Any),
        }
    }

    /// The data names a type with a small or a capital first letter.
    fn schema<'a>(schemas: &'a Schemas, row: &Value) -> SchemaRef<'a> {
        let name = row.text_at(&["type"]).unwrap_or_default();
        let found = schemas.types.iter().find(|(have, _)| have.eq_ignore_ascii_case(name));
        found.map(|(_, schema)| schemas.view(schema)).unwrap_or_default()
    }

    /// The original test sorts what it compares where the row says so.
    fn compare(schema: SchemaRef<'_>, row: &Value, field: &str, found: &Value) -> Result<(), String> {
        let expected = document(row, field);
        if row.get("sorted").and_then(Value::as_bool) != Some(true) {
            return same(field, found, &expected);
        }
        let sort = |value: &Value| {
            strategic::sorted(schema, value, &Limits::default()).unwrap_or_else(|_| value.clone())
        };
        same(field, &sort(found), &sort(&expected))
    }

    fn create(schema: SchemaRef<'_>, row: &Value) -> Result<(), String> {
        let limits = Limits::default();
        let [original, modified, current] =
            ["original", "modified", "current"].map(|field| document(row, field));
        let said = |error: strategic::StrategicError| error.to_string();
        if row.get("two_way").is_some() {
            let patch = strategic::between(schema, &original, &modified, &limits).map_err(said)?;
            compare(schema, row, "two_way", &patch)?;
            let result = strategic::apply(schema, &original, &patch, &limits).map_err(said)?;
            compare(schema, row, "two_way_result", &result)?;
        }
        if row.get("three_way").is_some() {
            let patch =
                strategic::three_way(schema, &original, &modified, &current, &limits).map_err(said)?;
            compare(schema, row, "three_way", &patch)?;
            let result = strategic::apply(schema, &current, &patch, &limits).map_err(said)?;
            compare(schema, row, "result", &result)?;
        }
        Ok(())
    }

    fn custom(schema: SchemaRef<'_>, row: &Value) -> Result<(), String> {
        let result = strategic::apply(
            schema,
            &document(row, "original"),
            &document(row, "two_way"),
            &Limits::default(),
        );
        match (result, row.text_at(&["expected_error_contains"])) {
            (Ok(result), None) => compare(schema, row, "two_way_result", &result),
            (Err(error), Some(part)) if error.to_string().contains(part) => Ok(()),
            (Ok(_), Some(part)) => Err(format!("no error with {part}")),
            (Err(error), _) => Err(error.to_string()),
        }
    }

    fn row(row: &Value) -> Result<(), String> {
        let schemas = types();
        let schema = schema(&schemas, row);
        match row.text_at(&["table"]).unwrap_or_default() {
            "custom" | "custom_raw" => custom(schema, row),
            "sort_lists" => {
                let sorted = strategic::sorted(schema, &document(row, "original"), &Limits::default());
                same(
                    "sorted_result",
                    &sorted.map_err(|error| error.to_string())?,
                    &document(row, "sorted_result"),
                )
            }
            _ => create(schema, row),
        }
    }

    #[test]
    fn conformance_strategic() {
        conformance("diff/strategic", row);
    }

    #[test]
    fn conformance_strategic_numbers() {
        conformance("diff/strategic_numbers", row);
    }
}
