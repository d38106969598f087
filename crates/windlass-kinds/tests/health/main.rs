//! Health case by case: kind, the rest of the object, and the line that a report shows.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod others;
mod workloads;

use windlass_core::{Children, Object, ObjectId, Value};
use windlass_kinds::health::assess;

#[derive(Debug)]
struct Aged(Option<u64>);

impl Children for Aged {
    fn owned_by(&self, _owner: &ObjectId) -> Vec<Object> {
        Vec::new()
    }

    fn age_seconds(&self) -> Option<u64> {
        self.0
    }
}

/// `kind`: `apps/v1 Deployment`. `rest`: the other fields of the object.
fn body(kind: &str, rest: &str) -> Value {
    let (version, kind) = kind.split_once(' ').unwrap();
    let mut body: Value = serde_json::from_str(rest).unwrap_or_else(|error| panic!("{error}: {rest}"));
    let map = body.as_map_mut().unwrap();
    map.insert("apiVersion", version);
    map.insert("kind", kind);
    map.entry("metadata", || Value::Map(windlass_core::Map::new()))
        .as_map_mut()
        .unwrap()
        .insert("name", "it");
    body
}

fn check(kind: &str, cases: &[(&str, &str)]) {
    check_at_age(kind, None, cases);
}

fn check_at_age(kind: &str, age: Option<u64>, cases: &[(&str, &str)]) {
    for (rest, expected) in cases {
        assert_eq!(assess(&body(kind, rest), &Aged(age)).to_string(), *expected, "{kind} {rest}");
    }
}
