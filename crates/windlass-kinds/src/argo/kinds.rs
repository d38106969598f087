//! The other kinds that Argo CD knows.

use windlass_core::{Health, HealthStatus, Value};

use super::{degraded, healthy, progressing};
use crate::read::{Condition, View};

/// Where `autoscaling/v1` keeps its conditions.
const V1_CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";

pub(super) fn service(body: View<'_>) -> Health {
    let balanced = body.text(&["spec", "type"]) == Some("LoadBalancer");
    if balanced && body.list(&["status", "loadBalancer", "ingress"]).is_empty() {
        return progressing("");
    }
    healthy("")
}

pub(super) fn ingress(body: View<'_>) -> Health {
    if body.list(&["status", "loadBalancer", "ingress"]).is_empty() { progressing("") } else { healthy("") }
}

pub(super) fn claim(body: View<'_>) -> Health {
    match body.text(&["status", "phase"]) {
        Some("Bound") => healthy(""),
        Some("Lost") => degraded(""),
        Some("Pending") => progressing(""),
        _ => Health::new(HealthStatus::Unknown, ""),
    }
}

pub(super) fn api_service(body: View<'_>) -> Health {
    let Some(available) = body.condition("Available") else {
        return progressing("Waiting to be processed");
    };
    let message = format!("{}: {}", available.reason, available.message);
    if available.is_true() { healthy(message) } else { progressing(message) }
}

pub(super) fn workflow(body: View<'_>) -> Health {
    let said = body.text(&["status", "message"]).unwrap_or_default();
    match body.text(&["status", "phase"]).unwrap_or_default() {
        "" | "Pending" | "Running" => progressing(said),
        "Succeeded" => healthy(said),
        "Failed" | "Error" => degraded(said),
        _ => Health::new(HealthStatus::Unknown, said),
    }
}

pub(super) fn autoscaler(body: View<'_>) -> Health {
    if body.text(&["apiVersion"]) != Some("autoscaling/v1") {
        return autoscaler_conditions(body.conditions());
    }
    let Some(stored) = body.text(&["metadata", "annotations", V1_CONDITIONS]) else {
        return autoscaler_conditions(std::iter::empty());
    };
    match serde_json::from_str::<Value>(stored) {
        Ok(list) => autoscaler_conditions(list.as_list().unwrap_or_default().iter().map(Condition::of)),
        Err(_) => Health::new(HealthStatus::Unknown, "failed to convert conditions annotation to typed"),
    }
}

/// A broken condition decides, then one that says that scaling works.
fn autoscaler_conditions<'a>(conditions: impl Iterator<Item = Condition<'a>>) -> Health {
    let conditions: Vec<Condition<'_>> = conditions.collect();
    if let Some(broken) = conditions.iter().find(|found| is_broken(found)) {
        return degraded(broken.message);
    }
    let works =
        |found: &&Condition<'_>| matches!(found.name, "AbleToScale" | "ScalingLimited") && found.is_true();
    conditions
        .iter()
        .find(works)
        .map_or_else(|| progressing("Waiting to Autoscale"), |found| healthy(found.message))
}

fn is_broken(condition: &Condition<'_>) -> bool {
    match condition.name {
        "AbleToScale" => matches!(condition.reason, "FailedGetScale" | "FailedUpdateScale"),
        "ScalingActive" => condition.reason.starts_with("FailedGet") || condition.reason == "InvalidSelector",
        _ => false,
    }
}
