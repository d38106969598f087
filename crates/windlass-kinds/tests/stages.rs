//! The rules together, as the graph carries them out: objects in, stages out.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use windlass_core::{Gate, Item, Node, Object, ObjectId, Origin, Value};
use windlass_graph as graph;
use windlass_kinds::order::default_order;

fn item(id: &str, rest: &str) -> Item {
    let id: ObjectId = id.parse().unwrap();
    let mut body: Value = serde_json::from_str(rest).unwrap();
    let map = body.as_map_mut().unwrap();
    map.insert("apiVersion", if id.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", id.group) });
    map.insert("kind", id.kind);
    map.insert(
        "metadata",
        Value::from_iter([("name", Value::from(id.name)), ("namespace", Value::from(id.namespace))]),
    );
    Item::new(Object::new(body).unwrap(), Origin::default())
}

fn wire(node: &Node) -> graph::Node<ObjectId> {
    match node {
        Node::Object(id) => graph::Node::Key(id.clone()),
        Node::Barrier(name) => graph::Node::barrier(name.as_str()),
    }
}

/// Writes the stages, one a line.
fn stages(items: &[Item], more: &[graph::Edge<ObjectId>]) -> String {
    let edges = default_order().iter().flat_map(|rule| rule.edges(items).unwrap()).collect::<Vec<_>>();
    let mut edges: Vec<_> = edges
        .iter()
        .map(|edge| graph::Edge {
            before: wire(&edge.before),
            after: wire(&edge.after),
            gate: if edge.gate == Gate::Healthy { graph::Gate::Healthy } else { graph::Gate::Applied },
            weak: edge.weak,
            why: edge.why.as_str().into(),
        })
        .collect();
    edges.extend_from_slice(more);
    let keys: Vec<ObjectId> = items.iter().map(|item| item.id().clone()).collect();
    let order = graph::order(&keys, &edges, &graph::Limits::default()).unwrap();
    assert_eq!(order.cycles().len(), 0, "no rule closes a cycle that does not yield");
    let line = |stage: Vec<ObjectId>| stage.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    order.stages().into_iter().map(line).collect::<Vec<_>>().join("\n")
}

fn operator() -> Vec<Item> {
    let pods = r#"{"spec":{"template":{"metadata":{"labels":{"app":"op"}}}}}"#;
    let calls = r#"{"webhooks":[{"clientConfig":{"service":{"namespace":"ops","name":"op"}}}]}"#;
    vec![
        item("Widget.example.org/shop/one", "{}"),
        item("ValidatingWebhookConfiguration.admissionregistration.k8s.io//op", calls),
        item("Deployment.apps/ops/op", pods),
        item("Service/ops/op", r#"{"spec":{"selector":{"app":"op"}}}"#),
        item("Secret/ops/tls", "{}"),
        item("ServiceAccount/ops/op", "{}"),
        item("ClusterRoleBinding.rbac.authorization.k8s.io//op", "{}"),
        item("ClusterRole.rbac.authorization.k8s.io//op", "{}"),
        item("Namespace//ops", "{}"),
        item("Namespace//shop", "{}"),
        item(
            "CustomResourceDefinition.apiextensions.k8s.io//widgets.example.org",
            r#"{"spec":{"group":"example.org","names":{"kind":"Widget"}}}"#,
        ),
    ]
}

#[test]
fn an_operator_with_its_objects_comes_up_in_order() {
    let expected = "\
CustomResourceDefinition.apiextensions.k8s.io//widgets.example.org
Namespace//ops Namespace//shop
ClusterRole.rbac.authorization.k8s.io//op
ClusterRoleBinding.rbac.authorization.k8s.io//op
ServiceAccount/ops/op
Secret/ops/tls
Service/ops/op
Deployment.apps/ops/op
Widget.example.org/shop/one
ValidatingWebhookConfiguration.admissionregistration.k8s.io//op";
    assert_eq!(stages(&operator(), &[]), expected);
}

#[test]
fn what_a_person_asks_for_wins_over_ranks() {
    let key = |id: &str| id.parse::<ObjectId>().unwrap();
    let items = [
        item("ConfigMap/shop/from-job", "{}"),
        item("ConfigMap/shop/other", "{}"),
        item("Job.batch/shop/make", "{}"),
        item("Deployment.apps/shop/web", "{}"),
    ];
    let asked =
        graph::Edge::new(key("Job.batch/shop/make"), key("ConfigMap/shop/from-job"), "asked for").healthy();
    let expected = "\
ConfigMap/shop/other Job.batch/shop/make
ConfigMap/shop/from-job Deployment.apps/shop/web";
    assert_eq!(stages(&items, &[asked]), expected);
}
