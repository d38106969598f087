//! What a server fills in, in small cases recorded from kube-apiserver 1.34.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use windlass_core::Value;
use windlass_kinds::defaults::{created, created_among, filled};

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

/// As LimitRanger and Priority of kube-apiserver 1.34 do it.
#[test]
fn a_pod_gets_what_a_limit_range_says_and_the_priority_of_its_class() {
    let range = r#"{"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "a", "namespace": "shop"}, "spec":
        {"limits": [{"type": "Container", "max": {"cpu": "2", "memory": "1024Mi"}, "default": {"cpu": "500m"}}]}}"#;
    let class = r#"{"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"},
        "value": 10, "preemptionPolicy": "Never"}"#;
    let pod = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"priorityClassName": "high",
        "containers": [{"name": "web", "image": "nginx", "resources": {"limits": {"cpu": "1"}}}]}}"#;
    let held = [read(range), read(class)];
    let made = |namespace: &str| created_among(&read(pod), namespace, &held);
    let at = |pod: &Value, path: &[&str]| pod.at(path).map(Value::canonical).unwrap_or_default();
    let shop = made("shop");
    assert_eq!(
        at(&shop, &["metadata", "annotations"]),
        concat!(
            r#"{"kubernetes.io/limit-ranger":"LimitRanger plugin set: memory request for container web; "#,
            r#"memory limit for container web"}"#,
        )
    );
    let containers = shop.at(&["spec", "containers"]).and_then(Value::as_list).unwrap();
    assert_eq!(
        at(&containers[0], &["resources"]),
        r#"{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"1","memory":"1Gi"}}"#
    );
    assert_eq!(
        (at(&shop, &["spec", "priority"]).as_str(), at(&shop, &["spec", "preemptionPolicy"]).as_str()),
        ("10", "\"Never\"")
    );
    assert_eq!(at(&shop, &["status", "qosClass"]), "\"Guaranteed\"");
    let other = made("other");
    assert_eq!(
        (at(&other, &["metadata", "annotations"]).as_str(), at(&other, &["status", "qosClass"]).as_str()),
        ("", "\"Burstable\"")
    );
}

#[test]
fn texts_of_a_secret_become_data_once_it_is_made() {
    let secret = r#"{"apiVersion": "v1", "kind": "Secret", "data": {"a": "YQ==", "k": "YQ=="}, "stringData": {"k": "v"}}"#;
    let made = created(&read(secret), "n");
    assert_eq!(made.get("data").map(Value::canonical).unwrap(), r#"{"a":"YQ==","k":"dg=="}"#);
    assert!(made.get("stringData").is_none() && filled(&read(secret)).get("stringData").is_some());
}
