//! What lives in no namespace.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::sync::Arc;

use windlass_core::{
    Artifact, Digest, Item, Object, Origin, RenderInput, Rendered, Revision, Transform, TreePath,
};
use windlass_kinds::scope::Unscoped;
use windlass_testkit::{TestClock, files};

const DEFINITION: &str = r#"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"relays.acme.example"},
    "spec":{"group":"acme.example","scope":"Cluster","names":{"kind":"Relay","plural":"relays"},"versions":[{"name":"v1","served":true}]}}"#;

fn named(api_version: &str, kind: &str, namespace: &str) -> String {
    let namespace =
        if namespace.is_empty() { String::new() } else { format!(r#","namespace":"{namespace}""#) };
    format!(r#"{{"apiVersion":"{api_version}","kind":"{kind}","metadata":{{"name":"x"{namespace}}}}}"#)
}

/// Says which objects there are afterwards, or what is wrong.
fn check(objects: &[String], expected: &str) {
    let items = objects.iter().zip(1..).map(|(text, line)| {
        let object = Object::new(serde_json::from_str(text).unwrap()).unwrap();
        Item::new(object, Origin::new(TreePath::new("a.yaml").unwrap(), 1, line))
    });
    let rendered = Rendered { items: items.collect(), ..Rendered::default() };
    let artifact = Artifact::new(Revision::new("1"), Digest::of(b"1"), Arc::new(files([("a.yaml", "")])));
    let root = TreePath::root();
    let input = RenderInput::new(&artifact, &root);
    let said = match Unscoped.transform(&TestClock::new().context(), &input, rendered) {
        Ok(rendered) => rendered.items.iter().map(|item| item.id().to_string()).collect::<Vec<_>>().join(" "),
        Err(error) => error.to_string(),
    };
    assert_eq!(said, expected);
}

#[test]
fn a_namespace_of_what_lives_in_none_is_taken_off() {
    let role = named("rbac.authorization.k8s.io/v1", "ClusterRole", "shop");
    check(&[role], "ClusterRole.rbac.authorization.k8s.io//x");
    check(&[named("v1", "ConfigMap", "shop")], "ConfigMap/shop/x");
    check(&[named("acme.example/v1", "Relay", "shop")], "Relay.acme.example/shop/x");
    check(
        &[named("acme.example/v1", "Relay", "shop"), DEFINITION.to_owned()],
        "Relay.acme.example//x CustomResourceDefinition.apiextensions.k8s.io//relays.acme.example",
    );
}

#[test]
fn two_that_are_one_without_it_are_told_with_both_places() {
    let volume = |namespace: &str| named("v1", "PersistentVolume", namespace);
    check(
        &[volume("shop"), volume("")],
        "the same object is written down more than once (object=PersistentVolume//x, first=a.yaml:1, again=a.yaml:2)",
    );
}
