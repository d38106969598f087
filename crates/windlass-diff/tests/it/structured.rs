//! Server-side apply without a server, in small cases.

use windlass_core::{Limits, Value};
use windlass_diff::structured::{
    Entry, Lenience, Live, Managed, Managers, OneSchema, UpdateError, Updated, Updater, Writer, extract,
    merge, migration, migration_patch, owned, reconcile, validate,
};
use windlass_diff::{ListKind, Scalar, Schema, SchemaRef, Schemas};

use super::{schemas, yaml};

/// Writes by several managers on one object, one line each: `apply NAME`, `force NAME` or `update NAME`, then its value.
fn run(schema: SchemaRef<'_>, writes: &[(&str, &str)]) -> Result<Updated, UpdateError> {
    let (versions, limits) = (OneSchema(schema), Limits::default());
    let updater = Updater::new(&versions, &limits);
    let mut now = Updated { value: Value::Null, managers: Managers::new(), changed: false };
    for (who, value) in writes {
        let (how, manager) = who.split_once(' ').expect("how and who");
        let live = Live { value: &now.value, version: "v1", managers: &now.managers };
        let by = Writer { manager, version: "v1", force: how == "force" };
        let value = yaml::read(value);
        now =
            if how == "update" { updater.update(live, &value, by) } else { updater.apply(live, &value, by) }?;
    }
    Ok(now)
}

fn shown(updated: &Updated) -> String {
    let owner = |(name, managed): (&windlass_core::Text, &Managed)| format!("{name}: {}", managed.fields);
    let owners: Vec<String> = updated.managers.iter().map(owner).collect();
    format!("{}\n{}", updated.value.canonical(), owners.join("\n"))
}

fn check(kind: &str, writes: &[(&str, &str)], expected: &str) {
    let schemas = schemas();
    let (name, group) = kind.split_once('.').unwrap_or((kind, ""));
    let updated = run(schemas.get(group, "v1", name).unwrap(), writes);
    let found = updated.map_or_else(|error| error.to_string(), |updated| shown(&updated));
    assert_eq!(found, expected);
}

#[test]
fn who_scales_owns_the_replicas_and_whoever_applies_them_again_runs_into_it() {
    let writes = [
        ("apply windlass", r#"{"spec": {"replicas": 2}, "metadata": {"labels": {"a": "b"}}}"#),
        ("update kubectl-scale", r#"{"spec": {"replicas": 5}, "metadata": {"labels": {"a": "b"}}}"#),
        ("apply windlass", r#"{"spec": {"replicas": 3}, "metadata": {"labels": {"a": "c"}}}"#),
    ];
    check("Deployment.apps", &writes, r#"conflict with "kubectl-scale": .spec.replicas"#);
    let forced = [writes[0], writes[1], ("force windlass", writes[2].1)];
    let owned = r#"windlass: {"f:metadata":{"f:labels":{"f:a":{}}},"f:spec":{"f:replicas":{}}}"#;
    let object = r#"{"metadata":{"labels":{"a":"c"}},"spec":{"replicas":3}}"#;
    check("Deployment.apps", &forced, &format!("{object}\n{owned}"));
}

#[test]
fn an_injected_container_stays_and_one_that_is_not_applied_any_more_goes() {
    check(
        "Deployment.apps",
        &[
            (
                "apply a",
                r#"{"spec": {"template": {"spec": {"containers": [{"name": "web"}, {"name": "old"}]}}}}"#,
            ),
            (
                "update injector",
                r#"{"spec": {"template": {"spec": {"containers": [{"name": "web"}, {"name": "old"}, {"name": "istio"}]}}}}"#,
            ),
            (
                "apply a",
                r#"{"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "w:1"}]}}}}"#,
            ),
        ],
        concat!(
            r#"{"spec":{"template":{"spec":{"containers":[{"image":"w:1","name":"web"},{"name":"istio"}]}}}}"#,
            "\n",
            r#"a: {"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{".":{},"f:image":{},"f:name":{}}}}}}}"#,
            "\n",
            r#"injector: {"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"istio\"}":{".":{},"f:name":{}}}}}}}"#,
        ),
    );
}

#[test]
fn a_conflict_names_items_by_their_keys_with_defaults() {
    check(
        "Service",
        &[
            ("apply a", r#"{"spec": {"ports": [{"port": 80, "targetPort": 1}]}}"#),
            ("apply b", r#"{"spec": {"ports": [{"port": 80, "protocol": "TCP", "targetPort": 2}]}}"#),
        ],
        r#"conflict with "a": .spec.ports[port=80,protocol="TCP"].targetPort"#,
    );
}

/// Recorded from kube-apiserver 1.37.2: the conflicts that `kubectl apply --server-side` named, in that order, and the
/// `fieldsV1` of both managers after `--force-conflicts`.
#[test]
fn conflicts_and_owners_are_those_of_a_server() {
    let a = concat!(
        r#"{"metadata": {"finalizers": ["example.org/a", "example.org/b"], "labels": {"app": "web"}}, "#,
        r#""spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 1, "name": "http"}, "#,
        r#"{"port": 53, "protocol": "UDP", "name": "x-1"}]}}"#,
    );
    let b = concat!(
        r#"{"metadata": {"finalizers": ["example.org/b"], "labels": {"app": "other"}}, "#,
        r#""spec": {"selector": {"app": "other"}, "ports": [{"port": 80, "targetPort": 2, "name": "http2"}]}}"#,
    );
    check(
        "Service",
        &[("apply a", a), ("apply b", b)],
        concat!(
            "conflict with \"a\": .metadata.labels.app\nconflict with \"a\": .spec.selector\n",
            "conflict with \"a\": .spec.ports[port=80,protocol=\"TCP\"].name\n",
            "conflict with \"a\": .spec.ports[port=80,protocol=\"TCP\"].targetPort",
        ),
    );
    let schemas = schemas();
    let forced = run(schemas.get("", "v1", "Service").unwrap(), &[("apply a", a), ("force b", b)]).unwrap();
    assert_eq!(
        forced.managers["a"].fields.to_string(),
        concat!(
            r#"{"f:metadata":{"f:finalizers":{"v:\"example.org/a\"":{},"v:\"example.org/b\"":{}}},"#,
            r#""f:spec":{"f:ports":{"k:{\"port\":53,\"protocol\":\"UDP\"}":{".":{},"f:name":{},"f:port":{},"f:protocol":{}},"#,
            r#""k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}}}}"#,
        )
    );
    assert_eq!(
        forced.managers["b"].fields.to_string(),
        concat!(
            r#"{"f:metadata":{"f:finalizers":{"v:\"example.org/b\"":{}},"f:labels":{"f:app":{}}},"#,
            r#""f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:name":{},"f:port":{},"f:targetPort":{}}},"#,
            r#""f:selector":{}}}"#,
        )
    );
}

/// Recorded from structured-merge-diff 6.4.2: a key that is live twice lets an applied item pass, and null does not clear a
/// map of fields.
#[test]
fn lists_and_nulls_merge_as_in_go() {
    let mut schemas = Schemas::default();
    let item = Schema::map([("id", Schema::scalar(Scalar::Text))]);
    let fields = [
        ("k", Schema::list(ListKind::Map(vec!["id".into()]), item)),
        ("m", Schema::map_of(Schema::scalar(Scalar::Text))),
    ];
    schemas.types.insert("T".into(), Schema::map(fields));
    let named = Schema::named("T");
    for (live, applied, expected) in [
        (
            r#"{"k":[{"id":"a"},{"id":"b"}]}"#,
            r#"{"k":[{"id":"a"},{"id":"c"}]}"#,
            r#"{"k":[{"id":"a"},{"id":"b"},{"id":"c"}]}"#,
        ),
        (
            r#"{"k":[{"id":"a"},{"id":"a"},{"id":"b"}]}"#,
            r#"{"k":[{"id":"a"},{"id":"c"}]}"#,
            r#"{"k":[{"id":"a"},{"id":"c"},{"id":"b"}]}"#,
        ),
        (r#"{"m":{"a":"1"}}"#, r#"{"m":null}"#, r#"{"m":{"a":"1"}}"#),
    ] {
        let merged = merge(schemas.view(&named), &yaml::read(live), &yaml::read(applied), &Limits::default());
        assert_eq!(merged.unwrap().canonical(), expected);
    }
}

#[test]
fn nobody_owns_what_is_ignored() {
    let (versions, limits) = (OneSchema(SchemaRef::any()), Limits::default());
    let ignored = [("v1".into(), r#"{"f:status": {}}"#.parse().unwrap())].into();
    let updater = Updater::new(&versions, &limits).with_ignored(&ignored);
    let nothing = Live { value: &Value::Null, version: "v1", managers: &Managers::new() };
    let by = Writer { manager: "a", version: "v1", force: false };
    let value = yaml::read(r#"{"spec": 1, "status": {"ready": true}}"#);
    let updated = updater.apply(nothing, &value, by).unwrap();
    assert_eq!(updated.managers["a"].fields.to_string(), r#"{"f:spec":{}}"#);
}

#[test]
fn several_items_with_one_key_are_live_but_cannot_be_applied() {
    let schemas = schemas();
    let schema = schemas.get("example.org", "v1", "Database").unwrap();
    let twice = yaml::read(r#"{"spec": {"users": [{"login": "a"}, {"login": "a"}]}}"#);
    let lenient = Lenience::default().with_repeated().with_undeclared();
    assert!(validate(schema, &twice, lenient, &Limits::default()).is_ok());
    let error = validate(schema, &twice, Lenience::default().with_undeclared(), &Limits::default());
    assert_eq!(error.unwrap_err().to_string(), "two items with one key (field=spec.users[login=a])");
    let fields = owned(schema, &twice, &Limits::default()).unwrap();
    assert_eq!(
        fields.to_string(),
        r#"{"f:spec":{".":{},"f:users":{"k:{\"login\":\"a\"}":{}}}}"#.replace(r#"".":{},"#, "")
    );
}

#[test]
fn all_that_is_wrong_with_a_value_is_named_without_the_value() {
    let mut schemas = Schemas::default();
    let item = Schema::map([("n", Schema::scalar(Scalar::Text))]);
    let fields = [
        ("n", Schema::scalar(Scalar::Number)),
        ("k", Schema::list(ListKind::Map(vec!["n".into()]), item)),
        ("s", Schema::list(ListKind::Set, Schema::scalar(Scalar::Text))),
    ];
    schemas.types.insert("T".into(), Schema::map(fields));
    let named = Schema::named("T");
    let value = yaml::read(r#"{"n": "hidden", "k": [{}, {"n": "a"}, {"n": "a"}], "s": [{}], "x": 1}"#);
    let error = validate(schemas.view(&named), &value, Lenience::default(), &Limits::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "an item without its keys (field=k[0])\ntwo items with one key (field=k[n=a])\n\
         must be number, not text (field=n)\nmust be scalar, not map (field=s[0])\nnot in the schema (field=x)"
    );
}

#[test]
fn a_map_that_became_atomic_is_owned_whole() {
    let schemas = schemas();
    let schema = schemas.get("", "v1", "Service").unwrap();
    let fields = r#"{"f:spec": {"f:selector": {"f:app": {}}, "f:type": {}}}"#.parse().unwrap();
    let fixed = reconcile(schema, &fields).unwrap();
    assert_eq!(fixed.to_string(), r#"{"f:spec":{"f:selector":{},"f:type":{}}}"#);
    assert_eq!(reconcile(schema, &fixed), None);
}

#[test]
fn what_a_manager_set_can_be_extracted() {
    let schemas = schemas();
    let schema = schemas.get("", "v1", "ConfigMap").unwrap();
    let live = yaml::read(r#"{"data": {"a": "1", "b": "2"}, "metadata": {"labels": {"x": "y"}}}"#);
    let fields: windlass_diff::structured::FieldSet = r#"{"f:data": {".": {}, "f:a": {}}}"#.parse().unwrap();
    let found = extract(schema, &live, &fields.leaves(), &Limits::default()).unwrap();
    assert_eq!(found.canonical(), r#"{"data":{"a":"1"}}"#);
}

#[test]
fn what_was_applied_comes_back_when_its_fields_are_extracted() {
    let schemas = schemas();
    let schema = schemas.get("example.org", "v1", "Database").unwrap();
    let live = yaml::read(
        r#"{"spec": {"users": [{"login": "a", "x": 1}], "zones": ["a", "b"], "settings": {"k": 1}}}"#,
    );
    for applied in [
        r#"{"spec":{"users":[{"login":"b"}]}}"#,
        r#"{"spec":{"zones":["c"]}}"#,
        r#"{"spec":{"settings":{"k":2}}}"#,
        r#"{"spec":{"users":[{"login":"a","x":2}]}}"#,
    ] {
        let (applied, limits) = (yaml::read(applied), Limits::default());
        let merged = merge(schema, &live, &applied, &limits).unwrap();
        let fields = owned(schema, &applied, &limits).unwrap().leaves();
        assert_eq!(extract(schema, &merged, &fields, &limits).unwrap().canonical(), applied.canonical());
    }
}

#[test]
fn deep_values_and_sets_are_refused() {
    let deep = (0..300).fold(Value::Null, |value, _| Value::from_iter([("a", value)]));
    let error = owned(SchemaRef::any(), &deep, &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "too deep (value_depth_max=100)");
    let error = windlass_diff::structured::FieldSet::from_value(&fields_of(300)).unwrap_err();
    assert_eq!(error.to_string(), "too deep (FIELD_DEPTH_MAX=256)");
}

fn fields_of(depth: usize) -> Value {
    (0..depth).fold(Value::from_iter::<[(&str, Value); 0]>([]), |value, _| Value::from_iter([("f:a", value)]))
}

#[test]
fn a_set_that_does_not_read_says_why() {
    let read = |json: &str| json.parse::<windlass_diff::structured::FieldSet>().unwrap_err().to_string();
    assert_eq!(read(r#"{"spec": {}}"#), "not a step of a field set (step=sp)");
    assert_eq!(read(r#"{"k:[1]": {}}"#), "not a step of a field set (step=k:)");
    assert_eq!(read(r#"{"f:a": 1}"#), "a field set must be a map, not integer");
    assert_eq!(read("{"), "not JSON (line=1, column=1)");
}

/// Entries as `MANAGER OPERATION VERSION[/SUBRESOURCE] FIELD...`, one a line, and what becomes of them.
fn check_migration(before: &str, from: &[&str], to: &str, after: &str) {
    let entries: Vec<Value> = before.lines().map(entry).collect();
    let metadata = Value::from_iter([("managedFields", Value::List(entries))]);
    let object = Value::from_iter([("metadata", metadata)]);
    let migrated = migration(&Entry::all_of(&object).unwrap(), from, to);
    let line = |entry: &Entry| {
        let fields: Vec<String> = entry.fields.paths().iter().map(ToString::to_string).collect();
        let slash = if entry.subresource.is_empty() { "" } else { "/" };
        let version = format!("{}{slash}{}", entry.version, entry.subresource);
        format!("{} {:?} {version} {}", entry.manager, entry.operation, fields.join(" "))
    };
    let found = migrated.map(|entries| entries.iter().map(line).collect::<Vec<_>>().join("\n"));
    assert_eq!(found.unwrap_or_default(), after);
}

fn entry(line: &str) -> Value {
    let words: Vec<&str> = line.split(' ').collect();
    let (version, subresource) = words[2].split_once('/').unwrap_or((words[2], ""));
    let fields = words[3..].iter().map(|field| (format!("f:{field}"), Value::Map(windlass_core::Map::new())));
    Value::from_iter([
        ("manager", Value::from(words[0])),
        ("operation", words[1].into()),
        ("apiVersion", version.into()),
        ("subresource", subresource.into()),
        ("fieldsV1", fields.collect()),
    ])
}

#[test]
fn what_kubectl_set_becomes_what_we_applied() {
    check_migration(
        "kubectl Update v1 a b\nother Update v1 c\nwindlass Apply v1 b d",
        &["kubectl"],
        "windlass",
        "other Update v1 c\nwindlass Apply v1 a b d",
    );
    check_migration(
        "x Update v1 c\nkubectl Update v1 a",
        &["kubectl"],
        "windlass",
        "x Update v1 c\nwindlass Apply v1 a",
    );
}

#[test]
fn what_was_set_at_another_version_or_on_a_subresource_stays() {
    check_migration(
        "kubectl Update v1 a\nkubectl Update v2 b\nkubectl Update v1/status c",
        &["kubectl"],
        "windlass",
        "windlass Apply v1 a\nkubectl Update v2 b\nkubectl Update v1/status c",
    );
}

#[test]
fn there_is_nothing_to_migrate_twice() {
    check_migration("windlass Apply v1 a\nother Update v1 b", &["kubectl", "windlass"], "windlass", "");
    check_migration("other Update v1 b", &["kubectl"], "windlass", "");
}

#[test]
fn a_migration_is_a_patch_that_knows_the_version_it_was_made_for() {
    let entries = [entry("windlass Apply v1 a")];
    let object = Value::from_iter([(
        "metadata",
        Value::from_iter([("managedFields", entries.iter().cloned().collect::<Value>())]),
    )]);
    let patch = migration_patch(&Entry::all_of(&object).unwrap(), "7");
    assert_eq!(
        patch.canonical(),
        concat!(
            r#"[{"op":"replace","path":"/metadata/managedFields","value":[{"apiVersion":"v1","fieldsType":"FieldsV1","#,
            r#""fieldsV1":{"f:a":{}},"manager":"windlass","operation":"Apply"}]},"#,
            r#"{"op":"replace","path":"/metadata/resourceVersion","value":"7"}]"#,
        )
    );
}
