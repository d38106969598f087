//! The laws of merging and comparing, for any values.

use proptest::prelude::*;
use windlass_core::{Cause, Limits, Map, Value};
use windlass_diff::merge::{Sides, three_way};
use windlass_diff::{Facts, ListKind, Scalar, Schema, SchemaRef, Schemas, compare};

/// A schema with one of everything: `m` a map, `a` an atomic map, `k` a list with keys, `s` a set, `l` an atomic list.
pub(crate) fn table() -> Schemas {
    let mut schemas = Schemas::default();
    let text = || Schema::scalar(Scalar::Text);
    let port = Schema::map([("n", text()), ("p", text().with_default("TCP")), ("in", Schema::named("T"))]);
    let fields = [
        ("m", Schema::map_of(Schema::named("T"))),
        ("a", Schema::map_of(Schema::any()).with_atomic(true)),
        ("k", Schema::list(ListKind::Map(vec!["n".into(), "p".into()]), port)),
        ("s", Schema::list(ListKind::Set, text())),
        ("l", Schema::list(ListKind::Atomic, Schema::any())),
    ];
    schemas.types.insert("T".into(), Schema::map(fields));
    schemas.kinds.insert("T".into(), Schema::named("T"));
    schemas
}

pub(crate) fn schema(schemas: &Schemas) -> SchemaRef<'_> {
    schemas.get("", "", "T").unwrap()
}

pub(crate) fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![(0..3_i64).prop_map(Value::Int), "[xyz]".prop_map(Value::from), Just(Value::Bool(true))]
}

pub(crate) fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![9 => scalar(), 1 => Just(Value::Null)];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::List),
            prop::collection::btree_map("[makslnp]", inner, 0..3).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// A value that conforms to the schema: keys once, no nulls.
pub(crate) fn conforming() -> impl Strategy<Value = Value> {
    let leaf = prop::collection::btree_map("[abc]", scalar(), 0..3)
        .prop_map(|map| map.into_iter().collect::<Value>());
    leaf.prop_recursive(3, 24, 4, |inner| {
        let item = ("[abc]", prop::option::of("(TCP|UDP)"), prop::option::of(inner.clone()), scalar());
        let keyed = prop::collection::vec(item, 0..4).prop_map(keyed);
        let set = prop::collection::btree_set("[abcd]", 0..4).prop_shuffle_set();
        (
            prop::option::of(prop::collection::btree_map("[abc]", inner, 0..3)),
            prop::option::of(prop::collection::btree_map("[abc]", anything(), 0..3)),
            prop::option::of(keyed),
            prop::option::of(set),
            prop::option::of(prop::collection::vec(anything(), 0..3)),
            prop::option::of(scalar()),
        )
            .prop_map(|(m, a, k, s, l, x)| {
                let mut map = Map::new();
                let mut put = |name: &str, value: Option<Value>| {
                    value.map(|value| map.insert(name, value));
                };
                put("m", m.map(|m| m.into_iter().collect()));
                put("a", a.map(|a| a.into_iter().collect()));
                put("k", k);
                put("s", s);
                put("l", l.map(Value::List));
                put("x", x);
                map.into()
            })
    })
}

trait ShuffleSet {
    fn prop_shuffle_set(self) -> BoxedStrategy<Value>;
}

impl<S: Strategy<Value = std::collections::BTreeSet<String>> + 'static> ShuffleSet for S {
    fn prop_shuffle_set(self) -> BoxedStrategy<Value> {
        let list = self.prop_map(|set| set.into_iter().map(Value::from).collect::<Vec<_>>());
        list.prop_shuffle().prop_map(Value::List).boxed()
    }
}

type Item = (String, Option<String>, Option<Value>, Value);

fn keyed(items: Vec<Item>) -> Value {
    let mut seen = std::collections::BTreeSet::new();
    let mut list = Vec::new();
    for (n, p, inner, x) in items {
        if !seen.insert((n.clone(), p.clone().unwrap_or_else(|| "TCP".into()))) {
            continue;
        }
        let mut map = Map::new();
        map.insert("n", n);
        p.map(|p| map.insert("p", p));
        inner.map(|inner| map.insert("in", inner));
        map.insert("x", x);
        list.push(map.into());
    }
    Value::List(list)
}

fn merge(base: Option<&Value>, desired: &Value, live: Option<&Value>) -> Value {
    let schemas = table();
    let sides = Sides { base, desired, live };
    three_way(schema(&schemas), &sides, &Limits::default()).unwrap().value
}

/// Every leaf of a value with its path, lists that are atomic as leaves; items of lists with keys named by their keys.
fn leaves(value: &Value) -> Vec<String> {
    let schemas = table();
    let mut out = Vec::new();
    collect(schema(&schemas), value, String::new(), false, &mut out);
    out
}

/// As [`leaves`], and lists that are empty, which have no items to be named by.
fn leaves_and_empty_lists(value: &Value) -> Vec<String> {
    let schemas = table();
    let mut out = Vec::new();
    collect(schema(&schemas), value, String::new(), true, &mut out);
    out
}

fn collect(schema: SchemaRef<'_>, value: &Value, path: String, empties: bool, out: &mut Vec<String>) {
    match (value, schema.list_kind()) {
        (Value::Map(map), _) if !map.is_empty() && !schema.is_atomic() => {
            map.iter().for_each(|(name, value)| {
                collect(schema.field(name), value, format!("{path}.{name}"), empties, out)
            });
        }
        (Value::List(items), ListKind::Map(_)) if !items.is_empty() || !empties => {
            for item in items {
                let key = |name, missing| item.text_at(&[name]).unwrap_or(missing).to_owned();
                collect(
                    schema.item(),
                    item,
                    format!("{path}[{},{}]", key("n", ""), key("p", "TCP")),
                    empties,
                    out,
                );
            }
        }
        (Value::List(items), ListKind::Set) if !items.is_empty() || !empties => {
            out.extend(items.iter().map(|item| format!("{path}[{}]", item.canonical())));
        }
        (value, _) => out.push(format!("{path}={}", value.canonical())),
    }
}

/// Says whether a side names the leaf, something above it or something below it.
fn names(side: &[String], leaf: &str) -> bool {
    let path = leaf.split('=').next().unwrap_or(leaf);
    side.iter().any(|other| {
        let other = other.split('=').next().unwrap_or(other);
        path.starts_with(other) || other.starts_with(path)
    })
}

/// Gives the items of lists with keys that a leaf is in.
fn items_around(leaf: &str) -> Vec<String> {
    let path = leaf.split('=').next().unwrap_or(leaf);
    path.match_indices(']').map(|(at, _)| path[..=at].to_owned()).collect()
}

#[test]
fn an_item_of_a_set_is_taken_as_it_is_and_not_added_again() {
    let desired: Value = serde_json::from_str(r#"{"s": [{"a": null}]}"#).unwrap();
    let once = merge(None, &desired, None);
    assert_eq!(once.canonical(), desired.canonical());
    assert_eq!(merge(Some(&desired), &desired, Some(&once)).canonical(), once.canonical());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn merging_into_what_was_applied_gives_what_is_wanted(base in conforming(), desired in conforming()) {
        prop_assert_eq!(merge(Some(&base), &desired, Some(&base)).canonical(), desired.canonical());
    }

    #[test]
    fn merging_into_nothing_gives_what_is_wanted(base in conforming(), desired in conforming()) {
        prop_assert_eq!(merge(Some(&base), &desired, None).canonical(), desired.canonical());
    }

    #[test]
    fn merging_what_is_applied_already_changes_nothing(applied in conforming(), before in conforming()) {
        let live = merge(None, &applied, Some(&before));
        prop_assert_eq!(merge(Some(&applied), &applied, Some(&live)).canonical(), live.canonical());
    }

    #[test]
    fn merging_twice_is_merging_once(base in conforming(), desired in conforming(), live in conforming()) {
        let once = merge(Some(&base), &desired, Some(&live));
        prop_assert_eq!(merge(Some(&desired), &desired, Some(&once)).canonical(), once.canonical());
    }

    #[test]
    fn everything_wanted_is_there(base in conforming(), desired in conforming(), live in conforming()) {
        let merged = leaves(&merge(Some(&base), &desired, Some(&live)));
        for leaf in leaves(&desired).iter().filter(|leaf| !leaf.ends_with("={}")) {
            prop_assert!(merged.contains(leaf), "{leaf} is lost");
        }
    }

    #[test]
    fn nothing_that_nobody_names_is_lost(base in conforming(), desired in conforming(), live in conforming()) {
        let merged = leaves(&merge(Some(&base), &desired, Some(&live)));
        let (was, want) = (leaves_and_empty_lists(&base), leaves_and_empty_lists(&desired));
        for leaf in leaves(&live) {
            let gone_item = items_around(&leaf)
                .iter()
                .any(|item| was.iter().any(|w| w.starts_with(item)) && !want.iter().any(|w| w.starts_with(item)));
            if !names(&was, &leaf) && !names(&want, &leaf) && !gone_item {
                let [base, desired, live] = [&base, &desired, &live].map(Value::canonical);
                prop_assert!(merged.contains(&leaf), "{leaf} is lost: {base} | {desired} | {live}");
            }
        }
    }

    #[test]
    fn merging_anything_never_panics_and_is_idempotent(base in anything(), desired in anything(), live in anything()) {
        let schemas = table();
        let sides = Sides { base: Some(&base), desired: &desired, live: Some(&live) };
        for schema in [SchemaRef::any(), schema(&schemas), schema(&schemas).field("k")] {
            if let Ok(once) = three_way(schema, &sides, &Limits::default()) {
                let again = Sides { base: Some(&desired), desired: &desired, live: Some(&once.value) };
                let twice = three_way(schema, &again, &Limits::default());
                let [base, desired, live, once_text] = [&base, &desired, &live, &once.value].map(Value::canonical);
                prop_assert_eq!(
                    twice.map(|merged| merged.value.canonical()),
                    Ok(once_text),
                    "{} | {} | {}", base, desired, live
                );
            }
            let _ = compare(schema, Some(&live), Some(&desired), &Facts::new().with_applied_before(&base));
        }
    }

    #[test]
    fn equal_values_and_only_they_have_no_changes(a in conforming(), b in conforming()) {
        let schemas = table();
        let changes = compare(schema(&schemas), Some(&a), Some(&b), &Facts::new());
        prop_assert_eq!(changes.is_empty(), a == b);
        prop_assert!(compare(schema(&schemas), Some(&a), Some(&a), &Facts::new()).is_empty());
    }

    #[test]
    fn comparing_the_other_way_gives_the_same_fields(a in conforming(), b in conforming()) {
        let schemas = table();
        let paths = |from: &Value, to: &Value| {
            let changes = compare(schema(&schemas), Some(from), Some(to), &Facts::new());
            let mut paths: Vec<String> = changes.iter().map(|change| change.path.to_string()).collect();
            paths.sort();
            paths
        };
        prop_assert_eq!(paths(&a, &b), paths(&b, &a));
    }

    #[test]
    fn what_drifted_away_from_a_standing_wish_is_never_called_wanted(applied in conforming(), live in conforming()) {
        let schemas = table();
        let after = merge(Some(&applied), &applied, Some(&live));
        let facts = Facts::new().with_applied_before(&applied).with_wanted(&applied);
        for change in compare(schema(&schemas), Some(&live), Some(&after), &facts) {
            prop_assert!(change.order || change.cause != Cause::Wanted, "{}", change.path);
        }
    }
}
