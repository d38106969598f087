//! Patches: tables and laws.

use proptest::prelude::*;
use windlass_core::{Limits, Value};
use windlass_diff::{json_patch, merge_patch, strategic};

use super::{schemas, yaml};

fn check_json_err(target: &str, patch: &str, expected: &str) {
    let error = json_patch::apply(&yaml::read(target), &yaml::read(patch), &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_patch_says_which_operation_failed_and_why() {
    check_json_err("a: 1", r#"{"op": "add"}"#, "a patch must be a list of operations (operation=0, path=)");
    check_json_err("a: 1", r#"[{"op": "spin", "path": "/a"}]"#, "no such operation (operation=0, path=/a)");
    check_json_err(
        "a: 1",
        r#"[{"op": "remove", "path": "/a"}, {"op": "remove", "path": "/a"}]"#,
        "nothing is there (operation=1, path=/a)",
    );
    check_json_err(
        "a: {\"b\": 1}",
        r#"[{"op": "move", "from": "/a", "path": "/a/b"}]"#,
        "a value cannot be moved into itself (operation=0, path=/a/b)",
    );
    check_json_err(
        "a: 1",
        r#"[{"op": "add", "path": "/~2", "value": 1}]"#,
        "not a JSON pointer (operation=0, path=/~2)",
    );
}

#[test]
fn a_patch_cannot_copy_without_end() {
    let copy = r#"{"op": "copy", "from": "", "path": "/a"}"#;
    let deep = format!("[{}]", vec![copy; 200].join(","));
    check_json_err("{}", &deep, "the value would be too large (operation=100, path=/a)");

    let double = r#"{"op": "copy", "from": "/a", "path": "/a/-"}"#;
    let wide = format!("[{}]", vec![double; 99].join(","));
    let error = json_patch::apply(&yaml::read("a: [1]"), &yaml::read(&wide), &Limits::default()).unwrap_err();
    assert_eq!(error.reason, json_patch::PatchReason::TooLarge);
}

fn check_strategic(live: &str, patch: &str, expected: &str) {
    let schemas = schemas();
    let schema = schemas.get("apps", "v1", "Deployment").unwrap().at(&["spec", "template", "spec"]);
    let result = strategic::apply(schema, &yaml::read(live), &yaml::read(patch), &Limits::default());
    let text = result.map_or_else(|error| error.to_string(), |value| value.canonical());
    assert_eq!(text, expected);
}

#[test]
fn directives_take_effect() {
    let live = r#"containers: [{"name": "a", "image": "x"}, {"name": "b"}]"#;
    check_strategic(
        live,
        r#"containers: [{"name": "a", "$patch": "delete"}]"#,
        r#"{"containers":[{"name":"b"}]}"#,
    );
    check_strategic(
        live,
        r#"containers: [{"$patch": "replace"}, {"name": "c"}]"#,
        r#"{"containers":[{"name":"c"}]}"#,
    );
    check_strategic(
        live,
        r#"{"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}], "containers": [{"name": "a", "image": null}]}"#,
        r#"{"containers":[{"name":"b"},{"name":"a"}]}"#,
    );
    check_strategic(
        r#"volumes: [{"name": "v", "emptyDir": {}}]"#,
        r#"volumes: [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {}}]"#,
        r#"{"volumes":[{"hostPath":{},"name":"v"}]}"#,
    );
}

#[test]
fn wrong_directives_are_refused() {
    check_strategic("{}", r#"{"$patch": "spin"}"#, "wrong directive (field=$patch, directive=$patch)");
    check_strategic(
        "containers: [{\"name\": \"a\"}]",
        "containers: [{\"image\": \"a\"}]",
        "an item does not contain declared merge key: name (field=containers)",
    );
    check_strategic(
        "containers: [{\"name\": \"a\"}]",
        "containers: [1, {\"name\": \"a\"}]",
        "a merged list must have maps or scalars only (field=containers)",
    );
    check_strategic(
        "{}",
        r#"{"$setElementOrder/containers": [{"name": "a"}], "containers": [{"name": "b"}]}"#,
        "wrong directive (field=containers, directive=$setElementOrder/)",
    );
}

fn any_map() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![(0..3_i64).prop_map(Value::Int), "[xy]".prop_map(Value::from)];
    let value = leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::List),
            prop::collection::btree_map("[abc]", inner, 0..3).prop_map(|map| map.into_iter().collect()),
        ]
    });
    prop::collection::btree_map("[abc]", value, 0..4).prop_map(|map| map.into_iter().collect())
}

/// A pod with containers, volumes and variables, each key once.
fn any_pod() -> impl Strategy<Value = Value> {
    let env = prop::collection::btree_map("[AB]", "[xy]", 0..3).prop_map(|env| {
        let item = |(name, value): (String, String)| {
            [("name", Value::from(name)), ("value", value.into())].into_iter().collect::<Value>()
        };
        env.into_iter().map(item).collect::<Value>()
    });
    let container = (env, prop::option::of("[xy]")).prop_map(|(env, image)| {
        let mut map = windlass_core::Map::new();
        map.insert("env", env);
        image.map(|image| map.insert("image", image));
        map
    });
    prop::collection::btree_map("[abcd]", container, 0..4).prop_shuffle_values()
}

trait ShuffleValues {
    fn prop_shuffle_values(self) -> BoxedStrategy<Value>;
}

impl<S> ShuffleValues for S
where
    S: Strategy<Value = std::collections::BTreeMap<String, windlass_core::Map>> + 'static,
{
    fn prop_shuffle_values(self) -> BoxedStrategy<Value> {
        let named = |(name, mut map): (String, windlass_core::Map)| {
            map.insert("name", name);
            Value::from(map)
        };
        let list = self.prop_map(move |map| map.into_iter().map(named).collect::<Vec<_>>()).prop_shuffle();
        list.prop_map(|items| [("containers", Value::List(items))].into_iter().collect()).boxed()
    }
}

proptest! {
    #[test]
    fn a_merge_patch_between_two_values_leads_from_one_to_the_other(a in any_map(), b in any_map()) {
        prop_assert_eq!(merge_patch::apply(&a, &merge_patch::between(&a, &b)).canonical(), b.canonical());
    }

    #[test]
    fn a_three_way_merge_patch_of_the_same_is_empty(a in any_map()) {
        prop_assert_eq!(merge_patch::three_way(&a, &a, &a).canonical(), "{}");
    }

    #[test]
    fn a_strategic_patch_between_two_values_leads_from_one_to_the_other(a in any_pod(), b in any_pod()) {
        let (schemas, limits) = (schemas(), Limits::default());
        let schema = schemas.get("apps", "v1", "Deployment").unwrap().at(&["spec", "template", "spec"]);
        let patch = strategic::between(schema, &a, &b, &limits).unwrap();
        prop_assert_eq!(strategic::apply(schema, &a, &patch, &limits).unwrap().canonical(), b.canonical());
    }

    #[test]
    fn a_strategic_apply_and_a_merge_agree_but_for_the_order(base in any_pod(), desired in any_pod(), live in any_pod()) {
        let (schemas, limits) = (schemas(), Limits::default());
        let schema = schemas.get("apps", "v1", "Deployment").unwrap().at(&["spec", "template", "spec"]);
        let patch = strategic::three_way(schema, &base, &desired, &live, &limits).unwrap();
        let applied = strategic::apply(schema, &live, &patch, &limits).unwrap();
        let sides = windlass_diff::merge::Sides { base: Some(&base), desired: &desired, live: Some(&live) };
        let merged = windlass_diff::merge::three_way(schema, &sides, &limits).unwrap().value;
        let sorted = |value: &Value| strategic::sorted(schema, value, &limits).unwrap().canonical();
        prop_assert_eq!(sorted(&applied), sorted(&merged));
    }

    #[test]
    fn patches_never_panic(a in any_map(), b in any_map(), c in any_map()) {
        let (schemas, limits) = (schemas(), Limits::default());
        let schema = schemas.get("apps", "v1", "Deployment").unwrap();
        let _ = strategic::three_way(schema, &a, &b, &c, &limits);
        let _ = strategic::apply(schema, &a, &b, &limits);
        let _ = json_patch::apply(&a, &[b, c].into_iter().collect(), &limits);
    }
}
