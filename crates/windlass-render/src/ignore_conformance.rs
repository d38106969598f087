//! Ignore patterns against the recorded answers of Flux's library (`source/gitignore` and `source/sourceignore` of the
//! conformance data).

use std::path::{Path, PathBuf};

use windlass_core::{TreePath, Value};

use crate::ignore::{Ignore, Match, Pattern, Rules};

fn goldens() -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/goldens");
    std::env::var_os("WINDLASS_GOLDENS").map_or(default, PathBuf::from)
}

/// A pattern without a folder is one of the root.
fn rules(row: &Value) -> Rules {
    let mut rules = Rules::default();
    for pattern in row.get("patterns").and_then(Value::as_list).unwrap_or_default() {
        let folder = TreePath::new(&texts(pattern, "domain").join("/")).expect("a folder");
        let pattern = pattern.text_at(&["pattern"]).unwrap_or_default();
        rules = rules.with(&folder, Pattern::all(pattern).collect());
    }
    rules
}

fn holds(row: &Value) -> bool {
    let names = texts(row, "path");
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

/// Reads the text of an ignore file. The table of Flux's own default patterns has none: what they leave out is hidden
/// here, or has no ending of a manifest. That of the files of Git has none either.
fn leaves_out(row: &Value, path: &str) -> bool {
    let folder = TreePath::new(&texts(row, "domain").join("/")).expect("a folder");
    if row.text_at(&["test"]) == Some("TestVCSPatterns") {
        return Ignore::git_files(&folder).ignores(&TreePath::new(path).expect("a path"), false);
    }
    let text = row.text_at(&["ignore"]).unwrap_or_default();
    let rules = Rules::defaults().with(&folder, Pattern::all(text).collect());
    let path = TreePath::new(path).expect("a path");
    path.names().any(|name| name.starts_with('.')) || rules.of(&path, false) == Match::Exclude
}

fn texts<'r>(row: &'r Value, field: &str) -> Vec<&'r str> {
    row.get(field).and_then(Value::as_list).unwrap_or_default().iter().filter_map(Value::as_text).collect()
}

/// Prints the score of a set and gives the rows that miss.
fn score(set: &str, holds: fn(&Value) -> bool) -> Vec<String> {
    let Ok(text) = std::fs::read_to_string(goldens().join(set).with_extension("jsonl")) else {
        assert!(std::env::var_os("WINDLASS_GOLDENS_REQUIRED").is_none(), "the conformance data is required");
        println!("no conformance data: {set} was not compared");
        return Vec::new();
    };
    let rows: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a row is JSON")).collect();
    let misses: Vec<String> = rows.iter().filter(|row| !holds(row)).map(Value::canonical).collect();
    println!("score {set} {}/{}", rows.len() - misses.len(), rows.len());
    if !misses.is_empty() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/misses");
        let _ = std::fs::create_dir_all(&folder);
        let _ = std::fs::write(folder.join(format!("{}.txt", set.replace('/', "-"))), misses.join("\n"));
    }
    misses
}

#[test]
fn conformance_gitignore() {
    let misses = score("source/gitignore", holds);
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn conformance_sourceignore() {
    let misses = score("source/sourceignore", |row| {
        texts(row, "matches").iter().all(|path| leaves_out(row, path))
            && texts(row, "mismatches").iter().all(|path| !leaves_out(row, path))
    });
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}
