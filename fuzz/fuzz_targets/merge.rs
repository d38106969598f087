//! Merges, compares, masks and patches whatever three values it is given: `[base, desired, live]` as JSON.
//!
//! Nothing may panic, and merging twice must be merging once.

#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_core::{Limits, Value};
use windlass_diff::merge::{Sides, three_way};
use windlass_diff::{Facts, Mask, SchemaRef, Schemas, compare, json_patch, merge_patch};

fuzz_target!(|data: &[u8]| {
    let Ok((base, desired, live)) = serde_json::from_slice::<(Value, Value, Value)>(data) else { return };
    let schemas: Schemas = serde_json::from_str(include_str!("../../crates/windlass-diff/tests/it/kubernetes.json"))
        .expect("the table reads");
    let limits = Limits::default();
    for schema in [SchemaRef::any(), schemas.of(&desired)] {
        let sides = Sides { base: Some(&base), desired: &desired, live: Some(&live) };
        let Ok(once) = three_way(schema, &sides, &limits) else { continue };
        let again = Sides { base: Some(&desired), desired: &desired, live: Some(&once.value) };
        let twice = three_way(schema, &again, &limits).expect("what merged once merges twice");
        assert!(twice.value == once.value, "merging twice is merging once");

        let facts = Facts::new().with_applied_before(&base).with_wanted(&desired);
        let mask = Mask::default();
        for change in compare(schema, Some(&live), Some(&once.value), &facts) {
            let _ = change.masked(&mask.kind("", "Secret")).to_string();
        }
    }
    let _ = json_patch::apply(&live, &desired, &limits);
    let _ = merge_patch::apply(&live, &merge_patch::three_way(&base, &desired, &live));
});
