//! Ignore patterns against the recorded answers of Flux's library (`source/gitignore` of the conformance data).

use std::path::{Path, PathBuf};

use windlass_core::{TreePath, Value};

use crate::ignore::{Match, Pattern, Rules};

fn goldens() -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/goldens");
    std::env::var_os("WINDLASS_GOLDENS").map_or(default, PathBuf::from)
}

/// A pattern without a folder is one of the root.
fn rules(row: &Value) -> Rules {
    let mut rules = Rules::default();
    for pattern in row.get("patterns").and_then(Value::as_list).unwrap_or_default() {
        let domain = pattern.get("domain").and_then(Value::as_list).unwrap_or_default();
        let folder: Vec<&str> = domain.iter().filter_map(Value::as_text).collect();
        let folder = TreePath::new(&folder.join("/")).expect("a folder");
        let pattern = pattern.text_at(&["pattern"]).unwrap_or_default();
        rules = rules.with(&folder, Pattern::all(pattern).collect());
    }
    rules
}

fn holds(row: &Value) -> bool {
    let names: Vec<&str> = row
        .get("path")
        .and_then(Value::as_list)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_text)
        .collect();
    let is_folder = row.get("is_dir").and_then(Value::as_bool).unwrap_or_default();
    let got = rules(row).of(&TreePath::new(&names.join("/")).expect("a path"), is_folder);
    match row.text_at(&["expect"]) {
        Some("Exclude" | "ignored") => got == Match::Exclude,
        Some("Include") => got == Match::Include,
        Some("NoMatch") => got == Match::None,
        Some("not_ignored") => got != Match::Exclude,
        _ => false,
    }
}

#[test]
fn conformance_gitignore() {
    let Ok(text) = std::fs::read_to_string(goldens().join("source/gitignore.jsonl")) else {
        assert!(std::env::var_os("WINDLASS_GOLDENS_REQUIRED").is_none(), "the conformance data is required");
        println!("no conformance data: source/gitignore was not compared");
        return;
    };
    let rows: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a row is JSON")).collect();
    let misses: Vec<&Value> = rows.iter().filter(|row| !holds(row)).collect();
    println!("score source/gitignore {}/{}", rows.len() - misses.len(), rows.len());
    let lines: Vec<String> = misses.iter().map(|row| row.canonical()).collect();
    if !lines.is_empty() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/misses");
        let _ = std::fs::create_dir_all(&folder);
        let _ = std::fs::write(folder.join("source-gitignore.txt"), lines.join("\n"));
    }
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}
