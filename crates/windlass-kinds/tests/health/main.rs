//! Health case by case: kind, the rest of the object, and the line that a report shows.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "../body/mod.rs"]
mod body;
mod others;
mod workloads;

use body::body;
use windlass_core::{Children, Object, ObjectId};
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

fn check(kind: &str, cases: &[(&str, &str)]) {
    check_at_age(kind, None, cases);
}

fn check_at_age(kind: &str, age: Option<u64>, cases: &[(&str, &str)]) {
    for (rest, expected) in cases {
        assert_eq!(assess(&body(kind, rest), &Aged(age)).to_string(), *expected, "{kind} {rest}");
    }
}
