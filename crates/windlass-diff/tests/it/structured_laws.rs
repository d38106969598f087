//! The laws of field sets and of server-side apply, for any values.

use std::collections::BTreeSet;

use proptest::prelude::*;
use windlass_core::{FieldPath, Limits, Segment, Value};
use windlass_diff::structured::{
    FieldSet, Live, Managers, OneSchema, Updated, Updater, Writer, compare, extract_with_keys, merge, owned,
    remove,
};

use super::laws::{conforming, schema, table};

fn step() -> impl Strategy<Value = Segment> {
    let text = || "[ab]".prop_map(Value::from);
    prop_oneof![
        4 => "[ab]".prop_map(|name| Segment::Field(name.into())),
        1 => text().prop_map(|name| Segment::Key(vec![("k".into(), name)])),
        1 => text().prop_map(Segment::Item),
        1 => (0..2_usize).prop_map(Segment::Index),
    ]
}

/// A set as a list of all its fields.
fn fields() -> impl Strategy<Value = Vec<FieldPath>> {
    prop::collection::vec(prop::collection::vec(step(), 1..4).prop_map(FieldPath::new), 0..8)
}

type Model = BTreeSet<Vec<String>>;

fn words(path: &FieldPath) -> Vec<String> {
    path.segments().iter().map(|step| FieldPath::new(vec![step.clone()]).to_string()).collect()
}

fn model(paths: &[FieldPath]) -> Model {
    paths.iter().map(words).collect()
}

fn set(paths: &[FieldPath]) -> FieldSet {
    paths.iter().cloned().collect()
}

fn is_below(path: &[String], above: &[String]) -> bool {
    path.len() > above.len() && path.starts_with(above)
}

fn updated(value: &Value, live: Option<&Updated>, manager: &str, force: bool) -> Result<Updated, String> {
    let (schemas, limits, nobody) = (table(), Limits::default(), Managers::new());
    let versions = OneSchema(schema(&schemas));
    let live = match live {
        Some(live) => Live { value: &live.value, version: "v1", managers: &live.managers },
        None => Live { value: &Value::Null, version: "v1", managers: &nobody },
    };
    let by = Writer { manager, version: "v1", force };
    Updater::new(&versions, &limits).apply(live, value, by).map_err(|error| error.to_string())
}

proptest! {
    #[test]
    fn sets_are_sets(one in fields(), other in fields()) {
        let (a, b) = (set(&one), set(&other));
        let (ma, mb) = (model(&one), model(&other));
        prop_assert_eq!(model(&a.union(&b).paths()), &ma | &mb);
        prop_assert_eq!(model(&a.intersection(&b).paths()), &ma & &mb);
        prop_assert_eq!(model(&a.difference(&b).paths()), &ma - &mb);
        prop_assert_eq!(a.len(), ma.len());
        let without: Model = ma.iter()
            .filter(|path| !mb.iter().any(|other| *path == other || is_below(path, other)))
            .cloned().collect();
        prop_assert_eq!(model(&a.without(&b).paths()), without);
        let leaves: Model = ma.iter()
            .filter(|path| !ma.iter().any(|other| is_below(other, path)))
            .cloned().collect();
        prop_assert_eq!(model(&a.leaves().paths()), leaves);
        for path in &other {
            prop_assert_eq!(a.contains(path), ma.contains(&words(path)));
        }
    }

    #[test]
    fn a_written_set_reads_as_it_was(paths in fields()) {
        let set = set(&paths);
        prop_assert_eq!(set.to_string().parse::<FieldSet>().unwrap().paths(), set.paths());
        let read = FieldSet::from_value(&set.to_value()).unwrap();
        prop_assert_eq!(&read, &set);
        let written: Value = serde_json::from_str(&set.to_string()).unwrap();
        prop_assert_eq!(written, set.to_value());
    }

    #[test]
    fn merging_a_value_into_itself_changes_nothing(value in conforming()) {
        let (schemas, limits) = (table(), Limits::default());
        let schema = schema(&schemas);
        prop_assert_eq!(merge(schema, &value, &value, &limits).unwrap(), value.clone());
        prop_assert!(compare(schema, &value, &value, &limits).unwrap().is_empty());
    }

    #[test]
    fn what_is_removed_one_way_is_added_the_other(one in conforming(), other in conforming()) {
        let (schemas, limits) = (table(), Limits::default());
        let there = compare(schema(&schemas), &one, &other, &limits).unwrap();
        let back = compare(schema(&schemas), &other, &one, &limits).unwrap();
        prop_assert_eq!(there.removed, back.added);
        prop_assert_eq!(there.added, back.removed);
        prop_assert_eq!(there.modified, back.modified);
    }

    #[test]
    fn a_merge_has_all_that_was_applied_and_twice_is_once(live in conforming(), applied in conforming()) {
        let (schemas, limits) = (table(), Limits::default());
        let schema = schema(&schemas);
        let merged = merge(schema, &live, &applied, &limits).unwrap();
        prop_assert_eq!(merge(schema, &merged, &applied, &limits).unwrap(), merged.clone());
        let found = compare(schema, &applied, &merged, &limits).unwrap();
        prop_assert!(found.modified.is_empty() && found.removed.is_empty());
        prop_assert!(compare(schema, &live, &merged, &limits).unwrap().removed.is_empty());
    }

    #[test]
    fn what_was_applied_can_be_extracted_again(live in conforming(), applied in conforming()) {
        let (schemas, limits) = (table(), Limits::default());
        let schema = schema(&schemas);
        let merged = merge(schema, &live, &applied, &limits).unwrap();
        let fields = owned(schema, &applied, &limits).unwrap();
        let back = extract_with_keys(schema, &merged, &fields.leaves(), &limits).unwrap();
        let missing = owned(schema, &applied, &limits).unwrap().leaves()
            .difference(&owned(schema, &back, &limits).unwrap());
        prop_assert!(missing.paths().iter().all(|path| !fields.leaves().contains(path) || is_empty_map(&merged, path)));
    }

    #[test]
    fn what_was_removed_is_not_there(value in conforming(), other in conforming()) {
        let (schemas, limits) = (table(), Limits::default());
        let schema = schema(&schemas);
        let fields = owned(schema, &other, &limits).unwrap().leaves();
        let left = remove(schema, &value, &fields, &limits).unwrap();
        let left = owned(schema, &left, &limits).unwrap();
        prop_assert!(left.intersection(&fields).leaves().paths().iter().all(|path| !fields.contains(path)));
    }

    #[test]
    fn applying_twice_is_applying_once(live in conforming(), applied in conforming()) {
        let live = updated(&live, None, "one", false).unwrap();
        let once = updated(&applied, Some(&live), "two", true).unwrap();
        let twice = updated(&applied, Some(&once), "two", false).unwrap();
        prop_assert!(!twice.changed);
        prop_assert_eq!(twice, Updated { changed: false, ..once });
    }

    #[test]
    fn who_applies_nothing_takes_out_all_that_only_they_applied(applied in conforming()) {
        let live = updated(&applied, None, "one", false).unwrap();
        let gone = updated(&Value::from_iter::<[(&str, Value); 0]>([]), Some(&live), "one", false).unwrap();
        let (schemas, limits) = (table(), Limits::default());
        prop_assert!(owned(schema(&schemas), &gone.value, &limits).unwrap().is_empty());
        prop_assert!(gone.managers.is_empty());
    }

    #[test]
    fn two_that_apply_the_same_own_it_together(applied in conforming()) {
        let one = updated(&applied, None, "one", false).unwrap();
        let both = updated(&applied, Some(&one), "two", false).unwrap();
        prop_assert!(!both.changed);
        let fields = |name: &str| both.managers.get(name).map(|managed| managed.fields.clone());
        prop_assert_eq!(fields("one"), fields("two"));
    }
}

/// An empty map that was applied over one that has fields is those fields.
fn is_empty_map(value: &Value, path: &FieldPath) -> bool {
    let mut at = Some(value);
    for step in path.segments() {
        at = match step {
            Segment::Field(name) => at.and_then(|value| value.get(name)),
            _ => return true,
        };
    }
    at.is_some_and(|value| value.as_map().is_some())
}
