//! What a server fills in, in small cases recorded from kube-apiserver 1.34.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use windlass_core::Value;
use windlass_kinds::defaults::{created, filled};

fn read(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

/// Checks what becomes of a field of an object.
fn check(object: &str, path: &[&str], expected: &str) {
    let filled = filled(&read(object));
    assert_eq!(filled.at(path).map(Value::canonical).unwrap_or_default(), expected);
    assert_eq!(windlass_kinds::defaults::filled(&filled), filled, "filling twice is filling once");
}

#[test]
fn a_strategy_of_its_own_gets_no_parts_of_another() {
    let deployment = |strategy: &str| {
        format!(r#"{{"apiVersion": "apps/v1", "kind": "Deployment", "spec": {{"strategy": {strategy}}}}}"#)
    };
    let rolling = r#"{"rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"},"type":"RollingUpdate"}"#;
    check(&deployment("{}"), &["spec", "strategy"], rolling);
    check(&deployment(r#"{"type": "Recreate"}"#), &["spec", "strategy"], r#"{"type":"Recreate"}"#);
    let half = r#"{"rollingUpdate":{"maxSurge":1,"maxUnavailable":"25%"},"type":"RollingUpdate"}"#;
    check(&deployment(r#"{"rollingUpdate": {"maxSurge": 1}}"#), &["spec", "strategy"], half);
}

#[test]
fn an_image_says_when_it_is_pulled() {
    for (image, policy) in [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("host:5000/nginx", "Always"),
        ("nginx:1.27", "IfNotPresent"),
        ("host:5000/nginx:1.27", "IfNotPresent"),
        ("nginx@sha256:00", "IfNotPresent"),
    ] {
        let pod = format!(
            r#"{{"apiVersion": "v1", "kind": "Pod", "spec": {{"containers": [{{"name": "c", "image": "{image}"}}]}}}}"#
        );
        let filled = filled(&read(&pod));
        let containers = filled.at(&["spec", "containers"]).and_then(Value::as_list).unwrap();
        assert_eq!(containers[0].text_at(&["imagePullPolicy"]), Some(policy), "{image}");
    }
}

#[test]
fn quantities_are_written_as_a_server_writes_them() {
    let claim = r#"{"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "spec": {"resources": {"requests": {"storage": "1024Mi"}}}}"#;
    check(claim, &["spec", "resources"], r#"{"requests":{"storage":"1Gi"}}"#);
}

#[test]
fn a_kind_has_the_defaults_of_its_version() {
    let scaler = |version: &str| {
        format!(
            r#"{{"apiVersion": "autoscaling/{version}", "kind": "HorizontalPodAutoscaler", "spec": {{}}}}"#
        )
    };
    check(&scaler("v1"), &["spec"], r#"{"minReplicas":1,"targetCPUUtilizationPercentage":80}"#);
    check(&scaler("v3"), &["spec"], "{}");
}

#[test]
fn what_is_set_stays_and_unknown_kinds_do() {
    let service =
        r#"{"apiVersion":"v1","kind":"Service","spec":{"sessionAffinity":"ClientIP","type":"ExternalName"}}"#;
    check(service, &["spec", "type"], r#""ExternalName""#);
    let custom = r#"{"apiVersion":"example.org/v1","kind":"Service","spec":{}}"#;
    check(custom, &[], custom);
}

#[test]
fn a_new_object_has_its_namespace_and_its_first_status() {
    let config =
        created(&read(r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}"#), "shop");
    assert_eq!(config.text_at(&["metadata", "namespace"]), Some("shop"));
    let namespace =
        created(&read(r#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}"#), "shop");
    assert_eq!(
        namespace.canonical(),
        concat!(
            r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"labels":{"kubernetes.io/metadata.name":"a"},"name":"a"},"#,
            r#""spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}"#,
        )
    );
}

#[test]
fn bodies_that_are_no_objects_stay_as_they_are() {
    for odd in
        ["null", "[]", "1", r#"{"apiVersion":"v1","kind":"Pod","metadata":[],"spec":{"containers":{"a":1}}}"#]
    {
        let value = read(odd);
        let filled = created(&value, "n");
        assert_eq!(filled.type_name(), value.type_name());
    }
}
