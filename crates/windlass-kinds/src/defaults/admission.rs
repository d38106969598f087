//! What admission puts into a new object, from what other objects say.

use windlass_core::{Map, Value};

use crate::quantity::Quantity;

/// The annotation of a pod that limit ranges changed.
const NOTE: &str = "kubernetes.io/limit-ranger";

/// The taints of nodes that fail.
const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

/// Priorities that every cluster has.
const SYSTEM: [(&str, i64); 2] =
    [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)];

/// Changes a new object as the plugins LimitRanger, Priority, DefaultTolerationSeconds and TaintNodesByCondition do. `others`
/// are what the cluster holds.
pub(super) fn admit(object: &mut Value, others: &[Value]) {
    match (object.text_at(&["apiVersion"]), object.text_at(&["kind"])) {
        (Some("v1"), Some("Pod")) => admit_pod(object, others),
        (Some("v1"), Some("Node")) => taint(object),
        _ => {}
    }
}

fn admit_pod(object: &mut Value, others: &[Value]) {
    let namespace = object.text_at(&["metadata", "namespace"]).unwrap_or_default().to_owned();
    for range in of_kind(others, "v1", "LimitRange") {
        if range.text_at(&["metadata", "namespace"]).is_none_or(|own| own == namespace) {
            let mut range = range.clone();
            fill_range(&mut range);
            limit(object, &range);
        }
    }
    prioritize(object, others);
    tolerate(object);
}

/// A node is not ready before it says so.
fn taint(node: &mut Value) {
    let Some(node) = node.as_map_mut() else { return };
    let Value::Map(spec) = node.entry("spec", || Map::new().into()) else { return };
    let Value::List(taints) = spec.entry("taints", || Value::List(Vec::new())) else { return };
    let is_there = |taint: &Value| {
        taint.text_at(&["key"]) == Some(NOT_READY) && taint.text_at(&["effect"]) == Some("NoSchedule")
    };
    if !taints.iter().any(is_there) {
        taints.push(
            [("effect", Value::from("NoSchedule")), ("key", NOT_READY.into())]
                .into_iter()
                .collect::<Map>()
                .into(),
        );
    }
}

/// A pod stays for five minutes on a node that fails, unless it says for how long.
fn tolerate(pod: &mut Value) {
    let spec = pod.as_map_mut().and_then(|pod| pod.get_mut("spec")).and_then(Value::as_map_mut);
    let Some(spec) = spec else { return };
    let Value::List(own) = spec.entry("tolerations", || Value::List(Vec::new())) else { return };
    let missing = [NOT_READY, UNREACHABLE].into_iter().filter(|key| {
        let tolerates = |one: &Value| {
            let text = |field| one.text_at(&[field]).unwrap_or_default();
            (text("key").is_empty() || text("key") == *key) && matches!(text("effect"), "" | "NoExecute")
        };
        !own.iter().any(tolerates)
    });
    let more: Vec<Value> = missing.map(toleration).collect();
    own.extend(more);
}

fn toleration(key: &str) -> Value {
    let fields = [
        ("effect", Value::from("NoExecute")),
        ("key", key.into()),
        ("operator", "Exists".into()),
        ("tolerationSeconds", 300.into()),
    ];
    fields.into_iter().collect::<Map>().into()
}

fn of_kind<'v>(others: &'v [Value], version: &'v str, kind: &'v str) -> impl Iterator<Item = &'v Value> {
    others.iter().filter(move |one| {
        one.text_at(&["apiVersion"]) == Some(version) && one.text_at(&["kind"]) == Some(kind)
    })
}

/// Fills in the defaults of a limit range: of limits from the most that is allowed, of requests from those and from the least.
pub(super) fn fill_range(range: &mut Value) {
    let limits = range.as_map_mut().and_then(|map| map.get_mut("spec")).and_then(Value::as_map_mut);
    let Some(Value::List(limits)) = limits.and_then(|spec| spec.get_mut("limits")) else { return };
    for limit in limits {
        let Some(limit) = limit.as_map_mut() else { continue };
        if limit.get("type").and_then(Value::as_text) != Some("Container") {
            continue;
        }
        for (into, from) in [("default", "max"), ("defaultRequest", "default"), ("defaultRequest", "min")] {
            let Some(Value::Map(found)) = limit.get(from).cloned() else { continue };
            if let Value::Map(into) = limit.entry(into, || Map::new().into()) {
                found.iter().for_each(|(name, value)| _ = into.entry(name, || value.clone()));
            }
        }
        for name in ["default", "defaultRequest", "max", "min"] {
            if let Some(Value::Map(amounts)) = limit.get_mut(name) {
                amounts.iter_mut().for_each(|(_, value)| super::fill::write_quantity(value));
            }
        }
    }
}

/// A container of a pod asks for what it is limited to, where it does not say what it asks for.
pub(super) fn ask_for_limits(pod: &mut Value) {
    for list in ["containers", "initContainers"] {
        for container in containers(pod, list) {
            let Some(resources) = container.get_mut("resources").and_then(Value::as_map_mut) else {
                continue;
            };
            if let Some(limits) = resources.get("limits").and_then(Value::as_map).cloned() {
                add(resources, "requests", &limits);
            }
        }
    }
}

/// Gives each container of a pod the defaults of a limit range, and notes what it did.
fn limit(pod: &mut Value, range: &Value) {
    let (mut limits, mut requests) = (Map::new(), Map::new());
    let items = range.at(&["spec", "limits"]).and_then(Value::as_list).unwrap_or_default();
    for item in items.iter().filter(|item| item.text_at(&["type"]) == Some("Container")) {
        for (into, from) in [(&mut limits, "default"), (&mut requests, "defaultRequest")] {
            let found = item.get(from).and_then(Value::as_map);
            found
                .into_iter()
                .flat_map(Map::iter)
                .for_each(|(name, value)| _ = into.insert(name.as_str(), value.clone()));
        }
    }
    let mut notes = Vec::new();
    for (list, what) in [("containers", "container"), ("initContainers", "init container")] {
        for container in containers(pod, list) {
            let name = container.get("name").and_then(Value::as_text).unwrap_or_default().to_owned();
            if let Value::Map(resources) = container.entry("resources", || Map::new().into()) {
                for (kind, defaults) in [("request", &requests), ("limit", &limits)] {
                    let set = add(resources, &format!("{kind}s"), defaults);
                    if !set.is_empty() {
                        notes.push(format!("{} {kind} for {what} {name}", set.join(", ")));
                    }
                }
            }
        }
    }
    let metadata = pod.as_map_mut().map(|pod| pod.entry("metadata", || Map::new().into()));
    if let (Some(Value::Map(metadata)), false) = (metadata, notes.is_empty())
        && let Value::Map(annotations) = metadata.entry("annotations", || Map::new().into())
    {
        annotations.insert(NOTE, format!("LimitRanger plugin set: {}", notes.join("; ")));
    }
}

fn containers<'v>(pod: &'v mut Value, list: &str) -> impl Iterator<Item = &'v mut Map> {
    let spec = pod.as_map_mut().and_then(|pod| pod.get_mut("spec")).and_then(Value::as_map_mut);
    let items = match spec.and_then(|spec| spec.get_mut(list)) {
        Some(Value::List(items)) => items.iter_mut(),
        _ => [].iter_mut(),
    };
    items.filter_map(Value::as_map_mut)
}

/// Adds what is missing; gives its names in order.
fn add(resources: &mut Map, field: &str, defaults: &Map) -> Vec<String> {
    let mut set = Vec::new();
    if defaults.is_empty() {
        return set;
    }
    if let Value::Map(own) = resources.entry(field, || Map::new().into()) {
        for (name, value) in defaults.iter().filter(|(name, _)| !own.contains(name)).collect::<Vec<_>>() {
            own.insert(name.as_str(), value.clone());
            set.push(name.as_str().to_owned());
        }
    }
    set.sort();
    set
}

/// Gives a pod the priority of its class, or of the class that is the default.
fn prioritize(pod: &mut Value, others: &[Value]) {
    let classes = || of_kind(others, "scheduling.k8s.io/v1", "PriorityClass");
    let name = pod.text_at(&["spec", "priorityClassName"]).unwrap_or_default().to_owned();
    let class = match name.as_str() {
        "" => classes()
            .filter(|class| class.get("globalDefault") == Some(&true.into()))
            .min_by_key(|class| class.get("value").and_then(Value::as_int)),
        name => classes().find(|class| class.text_at(&["metadata", "name"]) == Some(name)),
    };
    let system = SYSTEM.into_iter().find(|(system, _)| *system == name).map(|(_, value)| value);
    let value = class.and_then(|class| class.get("value")).and_then(Value::as_int).or(system);
    let spec = pod.as_map_mut().and_then(|pod| pod.get_mut("spec")).and_then(Value::as_map_mut);
    let (Some(spec), Some(value)) = (spec, value) else { return };
    spec.entry("priority", || value.into());
    if let Some(class) = class {
        let named = class.text_at(&["metadata", "name"]).unwrap_or_default();
        spec.entry("priorityClassName", || named.into());
        let policy = class.text_at(&["preemptionPolicy"]).unwrap_or("PreemptLowerPriority");
        spec.entry("preemptionPolicy", || policy.into());
    }
}

/// How well a pod is served where there is too little for all, by what its containers ask for.
pub(super) fn quality(pod: &Value) -> &'static str {
    let lists = ["containers", "initContainers"].into_iter().filter_map(|list| pod.at(&["spec", list]));
    let (mut asks, mut is_guaranteed) = (false, true);
    for container in lists.filter_map(Value::as_list).flatten() {
        for name in ["cpu", "memory"] {
            let amount = |field: &str| {
                let found = container.at(&["resources", field, name]).and_then(Quantity::of);
                found.filter(|amount| Some(*amount) > Quantity::of(&"0".into()))
            };
            let (request, limit) = (amount("requests"), amount("limits"));
            asks |= request.is_some() || limit.is_some();
            is_guaranteed &= limit.is_some() && request.is_none_or(|request| Some(request) == limit);
        }
    }
    match (asks, is_guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}
