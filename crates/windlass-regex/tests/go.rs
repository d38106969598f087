//! Expressions, and what Go 1.26 says of them (`tests/record.go` asks it anew).

#![allow(clippy::panic, reason = "a test may end by panicking")]

use regex::Regex;
use windlass_regex::translate;

/// Takes lines of an expression, a text and an answer: what it finds first, `-` for nothing, or why Go refuses it.
fn answer(pattern: &str, text: &str) -> String {
    let translated = match translate(pattern) {
        Ok(translated) => translated,
        Err(invalid) => return invalid.to_string(),
    };
    let regex = Regex::new(&translated).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    regex.find(text).map_or("-".to_owned(), |found| format!("{:?}", found.as_str()))
}

#[test]
fn expressions_mean_what_they_mean_to_go() {
    let lines: Vec<&str> = include_str!("recorded.txt").lines().collect();
    assert!(lines.len() >= 60, "{} lines", lines.len());
    for line in lines {
        let [pattern, text, expected] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("three columns: {line}")
        };
        assert_eq!(answer(pattern, text), expected, "{pattern} in {text}");
    }
}
