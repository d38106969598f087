//! Services, ways in, autoscalers and budgets.

use windlass_core::{Health, Value};

use super::{degraded, progressing};
use crate::read::{Condition, View};

/// How long an autoscaler may be without metrics before that counts as a fault, in seconds: the metrics of a new
/// workload take a minute or two to arrive.
const METRICS_SECONDS_MAX: u64 = 300;

/// Where `autoscaling/v1` keeps its conditions.
const V1_CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";

pub(super) fn service(body: View<'_>) -> Health {
    let balanced = body.text(&["spec", "type"]) == Some("LoadBalancer");
    if balanced && body.list(&["status", "loadBalancer", "ingress"]).is_empty() {
        return progressing("waiting for an address from the load balancer of the cloud").optional();
    }
    Health::healthy()
}

pub(super) fn ingress(body: View<'_>) -> Health {
    if body.list(&["status", "loadBalancer", "ingress"]).is_empty() {
        return progressing("waiting for an address from the ingress controller").optional();
    }
    Health::healthy()
}

pub(super) fn autoscaler(body: View<'_>, age: Option<u64>) -> Health {
    let stored = body.text(&["metadata", "annotations", V1_CONDITIONS]);
    let stored: Option<Value> = stored.and_then(|text| serde_json::from_str(text).ok());
    let stored = stored.as_ref().and_then(Value::as_list).unwrap_or_default();
    let conditions: Vec<Condition<'_>> = body.conditions().chain(stored.iter().map(Condition::of)).collect();
    if conditions.is_empty() {
        return progressing("not looked at yet by the autoscaler").optional();
    }
    let Some(broken) = conditions.iter().find(|found| is_broken(found)) else {
        return Health::healthy();
    };
    if age.is_some_and(|age| age < METRICS_SECONDS_MAX) {
        return progressing(broken.sentence()).optional();
    }
    degraded(broken.sentence()).optional()
}

/// Scaling that is switched off, by zero replicas, is no fault.
fn is_broken(condition: &Condition<'_>) -> bool {
    match condition.name {
        "AbleToScale" => condition.is_false() || condition.reason.starts_with("Failed"),
        "ScalingActive" => condition.is_false() && condition.reason != "ScalingDisabled",
        _ => false,
    }
}

pub(super) fn disruption_budget(body: View<'_>) -> Health {
    match body.condition("DisruptionAllowed") {
        Some(found) if found.reason == "SyncFailed" => degraded(found.sentence()).optional(),
        _ => Health::healthy(),
    }
}
