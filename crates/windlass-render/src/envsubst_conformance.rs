//! Substitution against the recorded answers of Flux's library (`envsubst/eval` and `envsubst/parse` of the conformance
//! data).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use windlass_core::Value;

use crate::envsubst::{Lookup, Node, evaluate, parse};

fn goldens() -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/goldens");
    std::env::var_os("WINDLASS_GOLDENS").map_or(default, PathBuf::from)
}

/// Prints the score of a set and gives the rows that miss.
fn score(set: &str, check: fn(&Value) -> Result<(), String>) -> Vec<String> {
    let Ok(text) = std::fs::read_to_string(goldens().join(set).with_extension("jsonl")) else {
        let required = std::env::var_os("WINDLASS_GOLDENS_REQUIRED").is_some_and(|set| set == "1");
        assert!(!required, "the conformance data is required");
        println!("skipped {set}: the conformance data is absent");
        return Vec::new();
    };
    let rows: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a row is JSON")).collect();
    let misses: Vec<String> = rows
        .iter()
        .filter_map(|row| check(row).err().map(|why| format!("{}: {why}", row.canonical())))
        .collect();
    println!("score {set} {}/{}", rows.len() - misses.len(), rows.len());
    if !misses.is_empty() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/misses");
        std::fs::create_dir_all(&folder).expect("a folder for misses");
        let file = folder.join(format!("{}.txt", set.replace('/', "-")));
        std::fs::write(file, misses.join("\n")).expect("a file of misses");
    }
    misses
}

fn eval_row(row: &Value) -> Result<(), String> {
    let empty = Value::Map(windlass_core::Map::new());
    let variables: BTreeMap<&str, &str> = row
        .get("env")
        .unwrap_or(&empty)
        .as_map()
        .into_iter()
        .flat_map(|map| map.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_text()?))))
        .collect();
    let strict = row.get("strict").and_then(Value::as_bool).unwrap_or_default();
    let lookup = |name: &str| match variables.get(name) {
        Some(value) => Lookup::Set(value),
        None if strict => Lookup::Missing,
        None => Lookup::Unset,
    };
    let got = parse(row.text_at(&["input"]).unwrap_or_default()).and_then(|nodes| evaluate(&nodes, &lookup));
    match (got, row.text_at(&["expected"]), row.text_at(&["error"])) {
        (Ok(got), Some(expected), None) if got == expected => Ok(()),
        (Err(got), None, Some(expected)) if got.message() == expected => Ok(()),
        (got, ..) => Err(format!("{got:?}")),
    }
}

/// The tree as the data has it: a list is a pair of its first node and the rest.
fn tree(nodes: &[Node]) -> Value {
    match nodes {
        [] => Value::from_iter([("Value", Value::from(""))]),
        [node] => node_tree(node),
        [first, rest @ ..] => Value::from_iter([("Nodes", Value::List(vec![node_tree(first), tree(rest)]))]),
    }
}

fn node_tree(node: &Node) -> Value {
    match node {
        Node::Text(text) => Value::from_iter([("Value", Value::from(text.as_str()))]),
        Node::Expression { name, operator, arguments } => {
            let mut fields = vec![("Param", Value::from(name.as_str()))];
            if !operator.is_empty() {
                fields.push(("Name", Value::from(operator.as_str())));
            }
            if !arguments.is_empty() {
                fields.push(("Args", arguments.iter().map(node_tree).collect()));
            }
            fields.into_iter().collect()
        }
    }
}

/// The data has a null where an expression has no arguments.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Map(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect(),
        Value::List(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

fn parse_row(row: &Value) -> Result<(), String> {
    let got = parse(row.text_at(&["text"]).unwrap_or_default()).map(|nodes| tree(&nodes));
    match got {
        Ok(got) if row.get("ast").map(without_nulls).as_ref() == Some(&got) => Ok(()),
        Ok(got) => Err(got.canonical()),
        Err(wrong) => Err(wrong.message().to_owned()),
    }
}

/// Recorded with envsubst 1.9.0 by `tests/data/envsubst.go`.
#[test]
fn every_recorded_text_is_substituted_as_in_envsubst() {
    let rows = include_str!("../tests/data/envsubst.jsonl").lines();
    let rows: Vec<Value> = rows.map(|line| serde_json::from_str(line).expect("a row is JSON")).collect();
    assert!(rows.len() > 200, "the recording is there");
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|row| eval_row(row).err().map(|why| format!("{}: {why}", row.canonical())))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn conformance_envsubst_eval() {
    let misses = score("envsubst/eval", eval_row);
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn conformance_envsubst_parse() {
    let misses = score("envsubst/parse", parse_row);
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}
