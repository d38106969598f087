//! Patches, and who owns which fields: `[a, b, c]` as JSON, by the schema of `a` and by none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_core::{Limits, Value};
use windlass_diff::structured::{
    Entry, FieldSet, Live, Managers, OneSchema, Updater, Writer, compare, extract, managers, merge,
    migration, migration_patch, owned, reconcile, remove, unmutated,
};
use windlass_diff::{SchemaRef, json_patch, merge_patch, strategic};
use windlass_fuzz::schemas;

type Three = (Value, Value, Value);

fuzz_target!(|bytes: &[u8]| {
    let Ok(three) = serde_json::from_slice::<Three>(bytes) else { return };
    for schema in [SchemaRef::any(), schemas().of(&three.0)] {
        patches(schema, &three);
        owners(schema, &three);
        updates(schema, &three);
    }
    sets(&three);
    entries(&three);
});

fn patches(schema: SchemaRef<'_>, (a, b, c): &Three) {
    let limits = Limits::default();
    if let Ok(patch) = strategic::between(schema, a, b, &limits) {
        let _ = strategic::apply(schema, a, &patch, &limits);
    }
    if let Ok(patch) = strategic::three_way(schema, a, b, c, &limits) {
        let _ = strategic::apply(schema, c, &patch, &limits);
    }
    let _ = strategic::apply(schema, a, c, &limits);
    if let Ok(once) = strategic::sorted(schema, a, &limits) {
        assert!(
            strategic::sorted(schema, &once, &limits).ok() == Some(once),
            "sorting twice is sorting once"
        );
    }
    let _ = json_patch::apply(a, c, &limits);
    let patch = merge_patch::between(a, b);
    if b.as_map().is_some() && !has_null(b) {
        assert!(merge_patch::apply(a, &patch) == *b, "a merge patch leads from one to the other");
    }
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Map(map) => map.iter().any(|(_, value)| has_null(value)),
        _ => false,
    }
}

fn owners(schema: SchemaRef<'_>, (a, b, c): &Three) {
    let limits = Limits::default();
    if let Ok(merged) = merge(schema, a, a, &limits) {
        assert_eq!(merged.canonical(), a.canonical(), "a value merged with itself is itself");
    }
    if let Ok(same) = compare(schema, a, a, &limits) {
        assert!(same.is_empty(), "a value does not differ from itself");
    }
    let (Ok(fields), Ok(others)) = (owned(schema, a, &limits), owned(schema, b, &limits)) else { return };
    let _ = (remove(schema, a, &others, &limits), extract(schema, a, &others, &limits));
    let _ = (reconcile(schema, &fields), unmutated(schema, b, c, &fields, &limits));
    algebra(&fields, &others);
}

fn algebra(a: &FieldSet, b: &FieldSet) {
    let (both, rest) = (a.intersection(b), a.difference(b));
    assert!(both.union(&rest) == *a, "what is common and what is not are all");
    assert!(rest.intersection(b).is_empty(), "what is not common is not common");
    assert!(a.union(b).difference(b).len() == rest.len());
    for set in [a, &both, &a.union(b), &a.leaves(), &a.without(b)] {
        let text = set.to_string();
        let again: FieldSet = text.parse().unwrap_or_else(|error| panic!("a set reads: {error}: {text}"));
        assert!(again == *set, "a set reads to itself: {text}");
    }
}

fn updates(schema: SchemaRef<'_>, (a, b, c): &Three) {
    let (versions, limits) = (OneSchema(schema), Limits::default());
    let updater = Updater::new(&versions, &limits);
    let by = |manager, force| Writer { manager, version: "v1", force };
    let nothing = Live { value: &Value::Null, version: "v1", managers: &Managers::new() };
    let Ok(first) = updater.apply(nothing, a, by("a", false)) else { return };
    let live = Live { value: &first.value, version: "v1", managers: &first.managers };
    let Ok(second) = updater.update(live, b, by("b", false)) else { return };
    let live = Live { value: &second.value, version: "v1", managers: &second.managers };
    let _ = updater.apply(live, c, by("c", false)).map_err(|error| error.to_string());
    let Ok(third) = updater.apply(live, c, by("c", true)) else { return };
    let live = Live { value: &third.value, version: "v1", managers: &third.managers };
    let again = updater.apply(live, c, by("c", true)).expect("what was applied applies");
    assert!(
        !again.changed && again.managers == third.managers,
        "an apply that follows itself changes nothing"
    );
}

/// Sets of fields as an API server writes them.
fn sets((a, b, _): &Three) {
    let read = |value: &Value| value.canonical().parse::<FieldSet>();
    if let (Ok(a), Ok(b)) = (read(a), read(b)) {
        algebra(&a, &b);
    }
}

fn entries((a, b, _): &Three) {
    let object = Value::from_iter([("metadata", Value::from_iter([("managedFields", a.clone())]))]);
    let Ok(entries) = Entry::all_of(&object) else { return };
    let manager = b.as_text().unwrap_or("kubectl");
    let _ = managers(&entries);
    if let Some(moved) = migration(&entries, &[manager, "b"], "a") {
        let patch = migration_patch(&moved, "1");
        let object = Value::from_iter([(
            "metadata",
            Value::from_iter([("managedFields", a.clone()), ("resourceVersion", "1".into())]),
        )]);
        let object = json_patch::apply(&object, &patch, &Limits::default()).expect("the patch applies");
        assert!(Entry::all_of(&object).ok() == Some(moved), "entries that were written read");
    }
}
