//! What the API server calls comes up before it is called.

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::{Edge, Gate, Item, Map, Node, ObjectId, OrderRule, Result, Value};

use super::{Turn, in_turn, turn};
use crate::scope::defined_kind;

/// The Service of a webhook or an aggregated API is applied, and the workloads behind it are healthy, before the
/// API server is told to call it: otherwise the calls of everything after it would fail. A custom resource definition
/// with a conversion webhook holds back its objects in the same way.
///
/// The edges are weak, so that whatever else orders objects wins, and stay within one wave, or within hooks of one phase and
/// weight. Each Service has one barrier for each of them in which it is called.
#[derive(Debug, Clone, Copy, Default)]
pub struct BackendFirst;

/// Callers by the namespace and name of the Service, and by turn.
type Callers<'a> = BTreeMap<(&'a str, &'a str), BTreeMap<Turn<'a>, Vec<&'a ObjectId>>>;

impl OrderRule for BackendFirst {
    fn edges(&self, items: &[Item]) -> Result<Vec<Edge>> {
        let mut callers = Callers::new();
        for item in items {
            for service in called(item) {
                add(&mut callers, service, item);
            }
        }
        add_converted(&mut callers, items);
        if callers.is_empty() {
            return Ok(Vec::new());
        }
        let workloads = Workloads::of(items);
        let services = items.iter().filter(|item| item.id().group.is_empty() && item.id().kind == "Service");
        let mut edges = Vec::new();
        for service in services {
            let key = (service.id().namespace.as_str(), service.id().name.as_str());
            for (turn, callers) in callers.get(&key).into_iter().flatten() {
                join(service, *turn, &workloads, callers, &mut edges);
            }
        }
        Ok(edges)
    }
}

fn add<'a>(callers: &mut Callers<'a>, service: (&'a str, &'a str), item: &'a Item) {
    callers.entry(service).or_default().entry(turn(item)).or_default().push(item.id());
}

fn join<'a>(
    service: &'a Item,
    when: Turn<'a>,
    workloads: &Workloads<'a>,
    callers: &[&ObjectId],
    edges: &mut Vec<Edge>,
) {
    let why = format!("{} serves calls of the API server", service.id());
    let barrier = Node::Barrier(in_turn(&why, when).into());
    let object = |id: &ObjectId| Node::Object(id.clone());
    let mut edge = |before, after, gate| edges.push(Edge::new(before, after, gate, &why).weak());
    if turn(service) == when {
        edge(object(service.id()), barrier.clone(), Gate::Applied);
    }
    for workload in workloads.behind(service, when) {
        edge(object(workload), barrier.clone(), Gate::Healthy);
    }
    for caller in callers {
        edge(barrier.clone(), object(caller), Gate::Applied);
    }
}

/// Names the Services, by namespace and name, that the API server calls because of the item.
fn called(item: &Item) -> BTreeSet<(&str, &str)> {
    let body = item.object.body();
    let found: Vec<Option<(&str, &str)>> = match (item.id().group.as_str(), item.id().kind.as_str()) {
        (
            "admissionregistration.k8s.io",
            "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration",
        ) => {
            let webhooks = body.get("webhooks").and_then(Value::as_list).unwrap_or_default();
            webhooks.iter().map(|webhook| reference(webhook.at(&["clientConfig", "service"]))).collect()
        }
        ("apiregistration.k8s.io", "APIService") => vec![reference(body.at(&["spec", "service"]))],
        _ => Vec::new(),
    };
    found.into_iter().flatten().collect()
}

fn reference(service: Option<&Value>) -> Option<(&str, &str)> {
    let service = service?;
    Some((service.text_at(&["namespace"])?, service.text_at(&["name"])?))
}

/// The objects of a definition with a conversion webhook cannot be written without it; the definition itself can.
fn add_converted<'a>(callers: &mut Callers<'a>, items: &'a [Item]) {
    let converters: BTreeMap<(&str, &str), (&str, &str)> = items
        .iter()
        .filter(|item| item.id().kind == "CustomResourceDefinition")
        .filter_map(|item| {
            let body = item.object.body();
            let service = body.at(&["spec", "conversion", "webhook", "clientConfig", "service"]);
            Some((defined_kind(body)?, reference(service)?))
        })
        .collect();
    if converters.is_empty() {
        return;
    }
    for item in items {
        if let Some(service) = converters.get(&(item.id().group.as_str(), item.id().kind.as_str())) {
            add(callers, *service, item);
        }
    }
}

/// The workloads by turn, namespace and one label of their Pods, so that a selector looks at few of them.
struct Workloads<'a> {
    by_label: BTreeMap<Label<'a>, Vec<(&'a ObjectId, &'a Map)>>,
}

/// Turn, namespace, name and value of a label.
type Label<'a> = (Turn<'a>, &'a str, &'a str, &'a str);

impl<'a> Workloads<'a> {
    fn of(items: &'a [Item]) -> Self {
        let mut by_label: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for item in items {
            let Some(labels) = pod_labels(item) else { continue };
            for (name, value) in labels.iter() {
                let Some(value) = value.as_text() else { continue };
                let key = (turn(item), item.id().namespace.as_str(), name.as_str(), value);
                by_label.entry(key).or_default().push((item.id(), labels));
            }
        }
        Self { by_label }
    }

    /// Gives the workloads of a turn whose Pods the Service selects; a Service without a selector has none.
    fn behind(&self, service: &'a Item, when: Turn<'a>) -> Vec<&'a ObjectId> {
        let selector = service.object.body().at(&["spec", "selector"]).and_then(Value::as_map);
        let Some(selector) = selector else { return Vec::new() };
        let candidates = selector.iter().map(|(name, value)| {
            let value = value.as_text().unwrap_or_default();
            let key = (when, service.id().namespace.as_str(), name.as_str(), value);
            self.by_label.get(&key).map(Vec::as_slice).unwrap_or_default()
        });
        let fewest = candidates.min_by_key(|found| found.len()).unwrap_or_default();
        let selected = |labels: &Map| selector.iter().all(|(name, value)| labels.get(name) == Some(value));
        fewest.iter().filter(|(_, labels)| selected(labels)).map(|(id, _)| *id).collect()
    }
}

fn pod_labels(item: &Item) -> Option<&Map> {
    let body = item.object.body();
    let labels: &[&str] = match (item.id().group.as_str(), item.id().kind.as_str()) {
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("", "ReplicationController") => &["spec", "template", "metadata", "labels"],
        ("", "Pod") => &["metadata", "labels"],
        _ => return None,
    };
    body.at(labels).and_then(Value::as_map)
}
