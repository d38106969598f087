//! The answers of other tools, where the conformance data is laid out.

use std::path::{Path, PathBuf};

use windlass_core::{Limits, Value};
use windlass_diff::{json_patch, merge_patch};

/// Runs `check` over every row of a set, prints the score, and expects all rows to pass.
fn conformance(set: &str, check: impl Fn(&Value) -> Result<(), String>) {
    let Some(folder) = folder() else {
        assert!(
            std::env::var_os("WINDLASS_GOLDENS_REQUIRED").is_none_or(|v| v != "1"),
            "the conformance data is absent"
        );
        println!("skipped {set}: the conformance data is absent");
        return;
    };
    let text = std::fs::read_to_string(folder.join(set).with_extension("jsonl")).unwrap();
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let misses: Vec<String> = rows
        .iter()
        .enumerate()
        .filter_map(|(at, row)| check(row).err().map(|why| format!("{at} {} {why}", name(row))))
        .collect();
    println!("score {set} {}/{}", rows.len() - misses.len(), rows.len());
    let file = root().join("target/misses").join(format!("{}.txt", set.replace('/', "-")));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, misses.join("\n")).unwrap();
    assert!(misses.len() * 100 <= rows.len() * 10, "more than a tenth is missed:\n{}", misses.join("\n"));
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

fn same(what: &str, found: &Value, expected: &Value) -> Result<(), String> {
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
