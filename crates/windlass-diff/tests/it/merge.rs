//! Tables of merges: what was applied, what is wanted, what is live, and what comes out.

use windlass_core::{Limits, Value};
use windlass_diff::merge::{MergeError, Merged, Sides, three_way};
use windlass_diff::{SchemaRef, Schemas};

use super::{schemas, yaml};

fn merge(schema: SchemaRef<'_>, base: &str, desired: &str, live: &str) -> Result<Merged, MergeError> {
    let (base, desired, live) = (yaml::read(base), yaml::read(desired), yaml::read(live));
    let given = |value: &'_ Value| !value.is_null();
    let sides = Sides {
        base: Some(&base).filter(|value| given(value)),
        desired: &desired,
        live: Some(&live).filter(|value| given(value)),
    };
    three_way(schema, &sides, &Limits::default())
}

/// Merges values of which nothing is known.
fn check(base: &str, desired: &str, live: &str, expected: &str) {
    let merged = merge(SchemaRef::any(), base, desired, live).unwrap();
    assert_eq!(merged.value.canonical(), yaml::read(expected).canonical());
}

/// Merges the field `at` of a kind.
fn check_at(kind: &str, at: &[&str], base: &str, desired: &str, live: &str, expected: &str) {
    let schemas = schemas();
    let merged = merge(schema_at(&schemas, kind, at), base, desired, live).unwrap();
    assert_eq!(merged.value.canonical(), yaml::read(expected).canonical());
}

fn check_err(kind: &str, at: &[&str], desired: &str, expected: &[&str]) {
    let schemas = schemas();
    let error = merge(schema_at(&schemas, kind, at), "", desired, "").unwrap_err();
    let problems: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, expected);
}

fn schema_at<'a>(schemas: &'a Schemas, kind: &str, at: &[&str]) -> SchemaRef<'a> {
    let (kind, group) = kind.split_once('.').unwrap_or((kind, ""));
    schemas.get(group, "v1", kind).unwrap().at(at)
}

const POD: [&str; 3] = ["spec", "template", "spec"];

fn check_pod(base: &str, desired: &str, live: &str, expected: &str) {
    check_at("Deployment.apps", &POD, base, desired, live, expected);
}

#[test]
fn what_is_wanted_wins() {
    check("a: 1", "a: 2", "a: 1", "a: 2");
    check("a: 1", "a: 2", "a: 9", "a: 2");
    check("", "a: 2", "", "a: 2");
    check("", "a: {}", "b: 1", r#"{"a": {}, "b": 1}"#);
}

#[test]
fn what_was_applied_and_is_not_wanted_goes() {
    check("a: 1\nb: 2", "b: 2", "a: 1\nb: 2", "b: 2");
    check("a: 1\nb: 2", "b: 2", "a: 7\nb: 2", "b: 2");
    check("a: 1", "{}", "a: 1", "{}");
    check("a: 1", "b: 1", "c: 1", "b: 1\nc: 1");
}

#[test]
fn what_others_set_stays() {
    check("a: 1", "a: 1", "a: 1\nb: 2", "a: 1\nb: 2");
    check("m:\n  a: 1", "m:\n  a: 2", "m:\n  a: 1\n  b: 3", "m:\n  a: 2\n  b: 3");
    check("", "a: 1", r#"{"a": 1, "status": {"ok": true}}"#, r#"{"a": 1, "status": {"ok": true}}"#);
}

#[test]
fn of_a_removed_map_only_what_was_applied_goes() {
    check("m:\n  a: 1", "{}", "m:\n  a: 1\n  b: 2", "m:\n  b: 2");
    check("m:\n  a: 1", "{}", "m:\n  a: 1", "{}");
    check("m: {}", "{}", "m: {}", "{}");
    check("m: {}", "{}", "m:\n  b: 2", "m:\n  b: 2");
    check("m:\n  n:\n    a: 1", "{}", "m:\n  n:\n    a: 2", "{}");
}

#[test]
fn null_is_a_removal() {
    check("", "a: null", "a: 1\nb: 2", "b: 2");
    check("", "m: {\"a\": null}", "m: {\"a\": 1, \"b\": 2}", "m: {\"b\": 2}");
    check("", "m: {\"a\": null, \"b\": 1}", "", "m: {\"b\": 1}");
    check("a: null", "{}", "a: 1", "a: 1");
}

#[test]
fn null_inside_an_atomic_list_is_a_value() {
    check("", "l: [null, {\"a\": null}]", "l: [1]", "l: [null, {\"a\": null}]");
}

#[test]
fn another_type_gives_way_to_the_wanted_one() {
    check("a: {\"b\": 1}", "a: 1", "a: {\"b\": 1, \"c\": 2}", "a: 1");
    check("a: 1", "a: {\"b\": 1}", "a: 1", "a: {\"b\": 1}");
    check("a: [1]", "a: {\"b\": 1}", "a: [1]", "a: {\"b\": 1}");
    check("a: {\"b\": 1}", "a: [1]", "a: {\"b\": 1}", "a: [1]");
    check("a: {\"b\": 1}", "c: 1", "a: text", "c: 1");
}

#[test]
fn lists_of_which_nothing_is_known_are_replaced() {
    check("l: [1, 2]", "l: [2, 3]", "l: [1, 4]", "l: [2, 3]");
    check("l: [1]", "{}", "l: [1, 2]", "{}");
    check(
        "l: [{\"name\": \"a\"}]",
        "l: [{\"name\": \"b\"}]",
        "l: [{\"name\": \"a\"}]",
        "l: [{\"name\": \"b\"}]",
    );
}

#[test]
fn containers_merge_by_name() {
    check_pod(
        "containers:\n- name: web\n  image: a:1",
        "containers:\n- name: web\n  image: a:2",
        "containers:\n- name: web\n  image: a:1\n  imagePullPolicy: Always\n- name: istio\n  image: proxy",
        "containers:\n- name: web\n  image: a:2\n  imagePullPolicy: Always\n- name: istio\n  image: proxy",
    );
}

#[test]
fn a_container_that_is_not_wanted_any_more_goes_with_all_it_holds() {
    check_pod(
        "containers:\n- name: web\n- name: log\n  image: l",
        "containers:\n- name: web",
        "containers:\n- name: web\n- name: log\n  image: l\n  imagePullPolicy: Always",
        "containers:\n- name: web",
    );
}

#[test]
fn a_sidecar_in_front_keeps_its_place() {
    check_pod(
        "containers:\n- name: web\n  image: a",
        "containers:\n- name: web\n  image: b",
        "containers:\n- name: istio\n- name: web\n  image: a\n- name: log",
        "containers:\n- name: istio\n- name: web\n  image: b\n- name: log",
    );
}

#[test]
fn wanted_items_come_in_the_wanted_order_and_others_behind_what_they_followed() {
    check_pod(
        "",
        "containers: [{\"name\": \"b\"}, {\"name\": \"a\"}, {\"name\": \"c\"}]",
        "containers: [{\"name\": \"a\"}, {\"name\": \"x\"}, {\"name\": \"b\"}, {\"name\": \"y\"}]",
        "containers: [{\"name\": \"b\"}, {\"name\": \"y\"}, {\"name\": \"a\"}, {\"name\": \"x\"}, {\"name\": \"c\"}]",
    );
}

#[test]
fn what_followed_a_removed_item_moves_up() {
    check_pod(
        "containers: [{\"name\": \"a\"}, {\"name\": \"b\"}]",
        "containers: [{\"name\": \"b\"}, {\"name\": \"c\"}]",
        "containers: [{\"name\": \"a\"}, {\"name\": \"b\"}, {\"name\": \"x\"}]",
        "containers: [{\"name\": \"b\"}, {\"name\": \"x\"}, {\"name\": \"c\"}]",
    );
}

#[test]
fn a_missing_key_field_counts_as_its_default() {
    let port = ["spec", "template", "spec", "containers"];
    check_at(
        "Deployment.apps",
        &port,
        "- name: web\n  ports:\n  - containerPort: 80",
        "- name: web\n  ports:\n  - containerPort: 80\n    name: http",
        "- name: web\n  ports:\n  - containerPort: 80\n    protocol: TCP",
        "- name: web\n  ports:\n  - containerPort: 80\n    protocol: TCP\n    name: http",
    );
}

#[test]
fn one_port_with_two_protocols_is_two_items() {
    check_at(
        "Service",
        &["spec", "ports"],
        "- port: 53\n  protocol: UDP\n- port: 53\n  protocol: TCP",
        "- port: 53\n  protocol: UDP",
        "- port: 53\n  protocol: UDP\n  nodePort: 30001\n- port: 53\n  protocol: TCP\n  nodePort: 30002",
        "- port: 53\n  protocol: UDP\n  nodePort: 30001",
    );
}

#[test]
fn environment_variables_merge_by_name() {
    check_pod(
        "containers:\n- name: web\n  env:\n  - name: A\n    value: one\n  - name: B\n    value: two",
        "containers:\n- name: web\n  env:\n  - name: B\n    value: three",
        "containers:\n- name: web\n  env:\n  - name: A\n    value: one\n  - name: B\n    value: two\n  - name: INJECTED\n    value: x",
        "containers:\n- name: web\n  env:\n  - name: B\n    value: three\n  - name: INJECTED\n    value: x",
    );
}

#[test]
fn atomic_lists_and_maps_are_replaced() {
    check_pod(
        "tolerations: [{\"key\": \"a\"}]",
        "tolerations: [{\"key\": \"b\"}]",
        "tolerations: [{\"key\": \"a\"}, {\"key\": \"x\"}]",
        "tolerations: [{\"key\": \"b\"}]",
    );
    check_pod(
        "nodeSelector:\n  a: b",
        "nodeSelector:\n  c: d",
        "nodeSelector:\n  a: b\n  x: y",
        "nodeSelector:\n  c: d",
    );
    check_pod("nodeSelector:\n  a: b", "{}", "nodeSelector:\n  a: b\n  x: y", "{}");
    check_at(
        "Deployment.apps",
        &["spec"],
        "selector:\n  matchLabels:\n    a: b",
        "selector:\n  matchLabels:\n    c: d",
        "selector:\n  matchLabels:\n    a: b\n    e: f",
        "selector:\n  matchLabels:\n    c: d",
    );
}

#[test]
fn sets_are_joined_less_what_is_not_wanted_any_more() {
    let at = ["metadata"];
    check_at(
        "ConfigMap",
        &at,
        "finalizers: [\"ours/a\", \"ours/b\"]",
        "finalizers: [\"ours/b\"]",
        "finalizers: [\"ours/a\", \"ours/b\", \"theirs\"]",
        "finalizers: [\"ours/b\", \"theirs\"]",
    );
    check_at(
        "ConfigMap",
        &at,
        "finalizers: [\"a\"]",
        "{}",
        "finalizers: [\"a\", \"b\"]",
        "finalizers: [\"b\"]",
    );
    check_at("ConfigMap", &at, "finalizers: [\"a\"]", "{}", "finalizers: [\"a\"]", "{}");
}

#[test]
fn a_list_with_keys_that_is_not_wanted_any_more_keeps_the_items_of_others() {
    check_pod(
        "volumes:\n- name: a",
        "{}",
        "volumes:\n- name: a\n  emptyDir: {}\n- name: token\n  projected: {}",
        "volumes:\n- name: token\n  projected: {}",
    );
}

#[test]
fn a_removed_probe_takes_the_defaults_of_the_server_with_it() {
    check_pod(
        "containers:\n- name: web\n  livenessProbe:\n    httpGet:\n      path: /\n      port: 80",
        "containers:\n- name: web",
        "containers:\n- name: web\n  livenessProbe:\n    httpGet:\n      path: /\n      port: 80\n      scheme: HTTP\n    timeoutSeconds: 1\n    periodSeconds: 10",
        "containers:\n- name: web",
    );
}

#[test]
fn what_somebody_set_in_a_removed_probe_stays() {
    check_pod(
        "containers:\n- name: web\n  livenessProbe:\n    httpGet:\n      port: 80",
        "containers:\n- name: web",
        "containers:\n- name: web\n  livenessProbe:\n    httpGet:\n      port: 80\n    timeoutSeconds: 7",
        "containers:\n- name: web\n  livenessProbe:\n    timeoutSeconds: 7",
    );
}

#[test]
fn labels_of_others_stay_when_ours_go() {
    check_at(
        "ConfigMap",
        &["metadata"],
        "labels:\n  app: web\nannotations:\n  a: b",
        "labels:\n  app: shop",
        "labels:\n  app: web\n  team: x\nannotations:\n  a: b\nresourceVersion: r7",
        "labels:\n  app: shop\n  team: x\nresourceVersion: r7",
    );
}

#[test]
fn a_deployment_with_a_new_image_keeps_what_the_cluster_filled_in() {
    check_at(
        "Deployment.apps",
        &[],
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels:\n    tier: front\nspec:\n  replicas: 2\n  template:\n    spec:\n      containers:\n      - name: web\n        image: nginx:1.26",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: nginx:1.27",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  uid: u\n  generation: 3\n  labels:\n    tier: front\nspec:\n  replicas: 5\n  progressDeadlineSeconds: 600\n  template:\n    metadata:\n      creationTimestamp: null\n    spec:\n      dnsPolicy: ClusterFirst\n      containers:\n      - name: web\n        image: nginx:1.26\n        terminationMessagePath: /dev/termination-log\nstatus:\n  readyReplicas: 5",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  uid: u\n  generation: 3\nspec:\n  progressDeadlineSeconds: 600\n  template:\n    metadata:\n      creationTimestamp: null\n    spec:\n      dnsPolicy: ClusterFirst\n      containers:\n      - name: web\n        image: nginx:1.27\n        terminationMessagePath: /dev/termination-log\nstatus:\n  readyReplicas: 5",
    );
}

#[test]
fn a_service_keeps_its_address_and_node_ports() {
    check_at(
        "Service",
        &[],
        "kind: Service\nspec:\n  ports:\n  - port: 80\n  selector:\n    app: web",
        "kind: Service\nspec:\n  ports:\n  - port: 80\n    targetPort: http\n  - port: 443\n  selector:\n    app: shop",
        "kind: Service\nspec:\n  clusterIP: 10.0.0.7\n  ports:\n  - port: 80\n    protocol: TCP\n    nodePort: 30080\n    targetPort: 80\n  selector:\n    app: web",
        "kind: Service\nspec:\n  clusterIP: 10.0.0.7\n  ports:\n  - port: 80\n    protocol: TCP\n    nodePort: 30080\n    targetPort: http\n  - port: 443\n  selector:\n    app: shop",
    );
}

#[test]
fn a_custom_resource_merges_by_its_own_schema() {
    check_at(
        "Database.example.org",
        &["spec"],
        "users: [{\"login\": \"a\", \"role\": \"r\"}, {\"login\": \"b\"}]\nzones: [\"z1\"]\nsettings:\n  x: 1",
        "users: [{\"login\": \"a\"}]\nzones: [\"z2\"]\nsettings:\n  y: 1",
        "users: [{\"login\": \"b\"}, {\"login\": \"a\", \"role\": \"r\", \"id\": 7}]\nzones: [\"z1\", \"z9\"]\nsettings:\n  x: 1\n  z: 1",
        "users: [{\"login\": \"a\", \"id\": 7}]\nzones: [\"z9\", \"z2\"]\nsettings:\n  y: 1\n  z: 1",
    );
}

#[test]
fn a_kind_without_a_schema_still_merges_its_metadata() {
    check_at(
        "Thing.unknown.org",
        &[],
        "kind: Thing\nmetadata:\n  finalizers: [\"a\"]\nspec:\n  l: [1]",
        "kind: Thing\nmetadata:\n  finalizers: [\"b\"]\nspec:\n  l: [2]",
        "kind: Thing\nmetadata:\n  finalizers: [\"x\", \"a\"]\nspec:\n  l: [1]\n  m: 1",
        "kind: Thing\nmetadata:\n  finalizers: [\"x\", \"b\"]\nspec:\n  l: [2]\n  m: 1",
    );
}

#[test]
fn a_long_list_with_keys_merges_like_a_short_one() {
    let item = |n: usize, extra: &str| format!("{{\"name\": \"c{n}\"{extra}}}");
    let list = |items: Vec<String>| format!("containers: [{}]", items.join(", "));
    check_pod(
        &list((0..40).map(|n| item(n, "")).collect()),
        &list((0..39).map(|n| item(n, "")).collect()),
        &list((0..40).map(|n| item(n, ", \"x\": 1")).collect()),
        &list((0..39).map(|n| item(n, ", \"x\": 1")).collect()),
    );
}

#[test]
fn repeated_keys_in_the_live_list_collapse_into_the_first() {
    let schemas = schemas();
    let schema = schema_at(&schemas, "Deployment.apps", &["spec", "template", "spec", "containers"]);
    let live = "- name: web\n  env: [{\"name\": \"A\", \"value\": \"1\"}, {\"name\": \"A\", \"value\": \"2\"}, {\"name\": \"B\"}, {\"name\": \"B\"}]";
    let merged = merge(schema, "", "- name: web\n  env:\n  - name: A\n    value: three", live).unwrap();
    assert_eq!(
        merged.value.canonical(),
        r#"[{"env":[{"name":"A","value":"three"},{"name":"B"},{"name":"B"}],"name":"web"}]"#
    );
    let collapsed: Vec<String> = merged.collapsed.iter().map(ToString::to_string).collect();
    assert_eq!(collapsed, ["[name=web].env[name=A]"]);
}

#[test]
fn live_items_without_a_key_stay() {
    check_pod(
        "",
        "containers:\n- name: web",
        "containers: [7, {\"image\": \"a\"}, {\"name\": \"web\"}]",
        "containers: [7, {\"image\": \"a\"}, {\"name\": \"web\"}]",
    );
}

#[test]
fn every_problem_of_what_is_wanted_is_named() {
    check_err(
        "Deployment.apps",
        &POD,
        "containers:\n- name: a\n- name: a\n- image: b\n- 7\n- name: c\n  env:\n  - name: E\n  - name: E",
        &[
            "an item without its key (field=containers[2], key=name)",
            "an item must be a map, not integer (field=containers[3])",
            "two items with one key (field=containers[name=a])",
            "two items with one key (field=containers[name=c].env[name=E])",
        ],
    );
}

#[test]
fn a_default_does_not_hide_a_repeated_key() {
    check_err(
        "Service",
        &["spec"],
        "ports:\n- port: 80\n- port: 80\n  protocol: TCP",
        &["two items with one key (field=ports[port=80,protocol=TCP])"],
    );
}

#[test]
fn an_item_twice_in_a_set_is_a_problem() {
    check_err(
        "ConfigMap",
        &["metadata"],
        "finalizers: [\"a\", \"a\"]",
        &["two items with one key (field=finalizers[1])"],
    );
}

#[test]
fn what_is_too_deep_is_refused_and_not_followed() {
    let deep = "{\"a\": ".repeat(110) + "1" + &"}".repeat(110);
    let error = merge(SchemaRef::any(), "", &deep, "").unwrap_err();
    assert!(error.to_string().contains("too deep"), "{error}");
    assert!(error.to_string().contains("value_depth_max=100"), "{error}");
}

#[test]
fn problems_become_one_error_of_core_with_help() {
    let schemas = schemas();
    let schema = schema_at(&schemas, "Deployment.apps", &POD);
    let error = merge(schema, "", "containers:\n- name: a\n- name: a\n- image: b", "").unwrap_err();
    let error = windlass_core::Error::from(error);
    assert_eq!(error.kind(), windlass_core::ErrorKind::Invalid);
    assert_eq!(error.problems().len(), 2);
    assert_eq!(error.problems()[0].context("key"), Some("name"));
    assert!(error.problems().iter().all(|problem| problem.help().is_some()));
}

#[test]
fn a_map_of_one_member_keeps_no_defaults_of_another() {
    let live = r#"strategy: {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}}"#;
    let spec = |base: &str, desired: &str, expected: &str| {
        check_at("Deployment.apps", &["spec"], base, desired, live, expected);
    };
    spec(
        r#"strategy: {"type": "RollingUpdate"}"#,
        r#"strategy: {"type": "Recreate"}"#,
        r#"strategy: {"type": "Recreate"}"#,
    );
    spec("", r#"strategy: {"type": "RollingUpdate"}"#, live);
    spec("", r#"replicas: 2"#, &format!("replicas: 2\n{live}"));
    check_pod(
        r#"volumes: [{"name": "v", "emptyDir": {}}]"#,
        r#"volumes: [{"name": "v", "secret": {"secretName": "s"}}]"#,
        r#"volumes: [{"name": "v", "hostPath": {"path": "/"}}, {"name": "w", "emptyDir": {}}]"#,
        r#"volumes: [{"name": "v", "secret": {"secretName": "s"}}, {"name": "w", "emptyDir": {}}]"#,
    );
    check_pod(
        "",
        r#"volumes: [{"name": "v", "secret": {"secretName": "s"}}]"#,
        r#"volumes: [{"name": "v", "secret": {"secretName": "s", "defaultMode": 420}}]"#,
        r#"volumes: [{"name": "v", "secret": {"secretName": "s", "defaultMode": 420}}]"#,
    );
}

#[test]
fn secrets_in_keys_reach_no_error() {
    let schemas: Schemas =
        serde_json::from_str(r#"{"kinds": {"T": {"list": "any", "by": ["token"]}}}"#).unwrap();
    let schema = schemas.get("", "v1", "T").unwrap();
    let error = merge(schema, "", r#"[{"token": "hunter2"}, {"token": "hunter2"}]"#, "").unwrap_err();
    assert_eq!(error.to_string(), "two items with one key (field=[token=\"<secret>\"])");
}
