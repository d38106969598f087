//! Finds the conformance data, counts and writes down what missed.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};

use windlass_core::Value;

/// One row of a set.
pub(crate) struct Row(Value);

impl Row {
    pub(crate) fn whole(&self) -> &Value {
        &self.0
    }

    pub(crate) fn value(&self, field: &str) -> &Value {
        self.0.get(field).unwrap_or(&Value::Null)
    }

    pub(crate) fn text(&self, field: &str) -> &str {
        self.value(field).as_text().unwrap_or_default()
    }

    pub(crate) fn inner(&self, field: &str, inner: &str) -> &str {
        self.value(field).text_at(&[inner]).unwrap_or_default()
    }

    pub(crate) fn list(&self, field: &str) -> &[Value] {
        self.value(field).as_list().unwrap_or_default()
    }
}

/// Checks every row of `set`, prints the score, and asserts that at least the share `floor` passed.
pub(crate) fn score(set: &str, floor: f64, check: impl Fn(&Row) -> Result<(), String>) {
    let Some((passed, total, misses)) = run(set, check) else { return };
    write_misses(set, &misses);
    println!("score {set} {passed}/{total}");
    assert!(f64::from(passed) >= floor * f64::from(total), "{set}: {passed} of {total} passed\n{misses}");
}

/// The rows of a set; none without data.
pub(crate) fn rows(set: &str) -> Vec<Value> {
    let text = fs::read_to_string(root().join(format!("{set}.jsonl"))).unwrap_or_default();
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Checks what the rows of `set` say beside their answers: all of it must hold.
pub(crate) fn agree(set: &str, check: impl Fn(&Row) -> Result<(), String>) {
    let Some((passed, total, misses)) = run(set, check) else { return };
    assert_eq!(passed, total, "{set}: not all agree\n{misses}");
}

/// Gives how many rows passed, how many there are, and what missed; `None` without data.
fn run(set: &str, check: impl Fn(&Row) -> Result<(), String>) -> Option<(u32, u32, String)> {
    let file = root().join(format!("{set}.jsonl"));
    let Ok(text) = fs::read_to_string(&file) else {
        let required = std::env::var_os("WINDLASS_GOLDENS_REQUIRED").is_some_and(|set| set == "1");
        assert!(!required, "the data of {set} is required and absent");
        println!("no data for {set}: set WINDLASS_GOLDENS to check it");
        return None;
    };
    let (mut passed, mut total, mut misses) = (0_u32, 0_u32, String::new());
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        total += 1;
        let row = Row(serde_json::from_str(line).unwrap());
        match check(&row) {
            Ok(()) => passed += 1,
            Err(why) => misses.push_str(&format!("{}: {why}\n", row.text("id"))),
        }
    }
    Some((passed, total, misses))
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

fn root() -> PathBuf {
    std::env::var_os("WINDLASS_GOLDENS").map_or_else(|| workspace().join("target/goldens"), PathBuf::from)
}

fn write_misses(set: &str, misses: &str) {
    let folder = workspace().join("target/misses");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{}.txt", set.replace('/', "-"))), misses).unwrap();
}
