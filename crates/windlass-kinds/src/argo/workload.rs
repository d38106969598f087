//! Workloads as Argo CD sees them.

use windlass_core::{Health, HealthStatus, Value};

use super::{degraded, healthy, progressing, suspended};
use crate::read::{Condition, View};

fn is_outdated(body: View<'_>) -> bool {
    let generation = body.int(&["metadata", "generation"]).unwrap_or(0);
    generation > body.counted("observedGeneration")
}

fn outdated(noun: &str) -> Health {
    progressing(format!(
        "Waiting for rollout to finish: observed {noun} generation less then desired generation"
    ))
}

/// Go leaves an absent number of replicas alone.
fn replicas(body: View<'_>) -> Option<i64> {
    body.int(&["spec", "replicas"])
}

pub(super) fn deployment(body: View<'_>) -> Health {
    if body.truth(&["spec", "paused"]) {
        return suspended("Deployment is paused");
    }
    if is_outdated(body) {
        return outdated("deployment");
    }
    if body.condition("Progressing").is_some_and(|found| found.reason == "ProgressDeadlineExceeded") {
        return degraded(format!("Deployment {} exceeded its progress deadline", quoted(body.name())));
    }
    let (have, updated) = (body.counted("replicas"), body.counted("updatedReplicas"));
    let available = body.counted("availableReplicas");
    if let Some(want) = replicas(body).filter(|want| updated < *want) {
        return rollout(format!("{updated} out of {want} new replicas have been updated..."));
    }
    if have > updated {
        let old = have.saturating_sub(updated);
        return rollout(format!("{old} old replicas are pending termination..."));
    }
    if available < updated {
        return rollout(format!("{available} of {updated} updated replicas are available..."));
    }
    healthy("")
}

fn rollout(what: String) -> Health {
    progressing(format!("Waiting for rollout to finish: {what}"))
}

pub(super) fn replica_set(body: View<'_>) -> Health {
    if is_outdated(body) {
        return outdated("replica set");
    }
    if let Some(failure) = body.condition("ReplicaFailure").filter(Condition::is_true) {
        return degraded(failure.message);
    }
    let available = body.counted("availableReplicas");
    match replicas(body).filter(|want| available < *want) {
        Some(want) => rollout(format!("{available} out of {want} new replicas are available...")),
        None => healthy(""),
    }
}

pub(super) fn daemon_set(body: View<'_>) -> Health {
    if is_outdated(body) {
        return outdated("daemon set");
    }
    let (want, updated) = (body.counted("desiredNumberScheduled"), body.counted("updatedNumberScheduled"));
    if body.text(&["spec", "updateStrategy", "type"]) == Some("OnDelete") {
        return healthy(format!("daemon set {updated} out of {want} new pods have been updated"));
    }
    let name = quoted(body.name());
    let waiting =
        |what: String| progressing(format!("Waiting for daemon set {name} rollout to finish: {what}"));
    let available = body.counted("numberAvailable");
    if updated < want {
        return waiting(format!("{updated} out of {want} new pods have been updated..."));
    }
    if available < want {
        return waiting(format!("{available} of {want} updated pods are available..."));
    }
    healthy("")
}

pub(super) fn stateful_set(body: View<'_>) -> Health {
    if body.counted("observedGeneration") == 0 || is_outdated(body) {
        return progressing("Waiting for statefulset spec update to be observed...");
    }
    let (ready, updated) = (body.counted("readyReplicas"), body.counted("updatedReplicas"));
    if let Some(want) = replicas(body).filter(|want| ready < *want) {
        return progressing(format!("Waiting for {} pods to be ready...", want.saturating_sub(ready)));
    }
    let strategy = body.text(&["spec", "updateStrategy", "type"]).unwrap_or_default();
    let rolling = body.0.at(&["spec", "updateStrategy", "rollingUpdate"]).is_some_and(|at| !at.is_null());
    match strategy {
        "RollingUpdate" if rolling => partitioned(body, updated),
        "OnDelete" => healthy(format!("statefulset has {ready} ready pods")),
        _ => revised(body, updated),
    }
}

fn partitioned(body: View<'_>, updated: i64) -> Health {
    let partition = body.int(&["spec", "updateStrategy", "rollingUpdate", "partition"]);
    if let (Some(want), Some(partition)) = (replicas(body), partition) {
        let want = want.saturating_sub(partition);
        if updated < want {
            return progressing(format!(
                "Waiting for partitioned roll out to finish: {updated} out of {want} new pods have been updated..."
            ));
        }
    }
    healthy(format!("partitioned roll out complete: {updated} new pods have been updated..."))
}

fn revised(body: View<'_>, updated: i64) -> Health {
    let revision = |field| body.text(&["status", field]).unwrap_or_default();
    let (current, update) = (revision("currentRevision"), revision("updateRevision"));
    if current != update {
        return progressing(format!(
            "waiting for statefulset rolling update to complete {updated} pods at revision {update}..."
        ));
    }
    let pods = body.counted("currentReplicas");
    healthy(format!("statefulset rolling update complete {pods} pods at revision {current}..."))
}

/// By the type of the conditions, whatever their status: a Job that was resumed counts as done, as for Argo CD.
pub(super) fn job(body: View<'_>) -> Health {
    if let Some(failed) = body.conditions().filter(|found| found.name == "Failed").last() {
        return degraded(failed.message);
    }
    let ended = body.conditions().filter(|found| matches!(found.name, "Complete" | "Suspended")).last();
    match ended {
        Some(ended) if body.has_condition("Suspended", "True") => suspended(ended.message),
        Some(ended) => healthy(ended.message),
        None => progressing(""),
    }
}

pub(super) fn pod(body: View<'_>) -> Health {
    let always = body.text(&["spec", "restartPolicy"]) == Some("Always");
    let stuck: Vec<&str> =
        body.list(&["status", "containerStatuses"]).iter().filter_map(stuck_message).collect();
    if always && !stuck.is_empty() {
        return degraded(stuck.join(", "));
    }
    let said = body.text(&["status", "message"]).unwrap_or_default();
    match body.text(&["status", "phase"]).unwrap_or_default() {
        "Pending" => progressing(said),
        "Succeeded" => healthy(said),
        "Failed" => degraded(failure(body, said)),
        "Running" => running(body, said),
        _ => Health::new(HealthStatus::Unknown, said),
    }
}

fn stuck_message(container: &Value) -> Option<&str> {
    let reason = container.text_at(&["state", "waiting", "reason"])?;
    let stuck = reason.starts_with("Err") || reason.ends_with("Error") || reason.ends_with("BackOff");
    stuck.then(|| container.text_at(&["state", "waiting", "message"]).unwrap_or_default())
}

fn failure(body: View<'_>, said: &str) -> String {
    if !said.is_empty() {
        return said.to_owned();
    }
    let first = body.list(&["status", "initContainerStatuses"]).iter();
    let mut all = first.chain(body.list(&["status", "containerStatuses"]));
    all.find_map(container_failure).unwrap_or_default()
}

fn container_failure(container: &Value) -> Option<String> {
    let ended = View(container.at(&["state", "terminated"])?);
    if let Some(message) = ended.text(&["message"]) {
        return Some(message.to_owned());
    }
    if ended.text(&["reason"]) == Some("OOMKilled") {
        return Some("OOMKilled".to_owned());
    }
    let code = ended.int(&["exitCode"]).filter(|code| *code != 0)?;
    let name = quoted(View(container).text(&["name"]).unwrap_or_default());
    Some(format!("container {name} failed with exit code {code}"))
}

fn running(body: View<'_>, said: &str) -> Health {
    match body.text(&["spec", "restartPolicy"]) {
        Some("Always") if body.has_condition("Ready", "True") => healthy(said),
        Some("Always") => {
            let crashed = body.list(&["status", "containerStatuses"]).iter().any(|container| {
                container.at(&["lastState", "terminated"]).is_some_and(|ended| !ended.is_null())
            });
            if crashed { degraded(said) } else { progressing(said) }
        }
        Some("OnFailure" | "Never") => progressing(said),
        _ => Health::new(HealthStatus::Unknown, said),
    }
}

/// Quotes as Go's `%q` does for names, which have no character to escape.
fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}
