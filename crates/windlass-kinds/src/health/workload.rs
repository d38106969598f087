//! Workloads: what runs Pods.

use windlass_core::Health;

use super::{counted, degraded, fewer, progressing, suspended};
use crate::read::{Condition, View};

/// Kinds whose controller always writes `status.observedGeneration`.
pub(super) fn is_observed(body: View<'_>) -> bool {
    matches!(
        (body.group(), body.kind()),
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
            | ("policy", "PodDisruptionBudget")
            | ("", "ReplicationController")
    )
}

/// Kinds that own Pods.
pub(super) fn is_workload(body: View<'_>) -> bool {
    matches!(
        (body.group(), body.kind()),
        ("apps" | "extensions", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
            | ("batch", "Job")
            | ("", "ReplicationController")
    )
}

fn wanted(body: View<'_>) -> i64 {
    body.int(&["spec", "replicas"]).unwrap_or(1).max(0)
}

pub(super) fn deployment(body: View<'_>) -> Health {
    if body.truth(&["spec", "paused"]) {
        return suspended("the rollout is paused");
    }
    let late = body.condition("Progressing").filter(|found| found.reason == "ProgressDeadlineExceeded");
    let behind = deployment_replicas(body);
    if let Some(late) = late {
        let behind = behind.map_or_else(String::new, |health| format!("{}; ", health.message));
        return degraded(format!("{behind}{}", late.sentence()));
    }
    let Some(behind) = behind else {
        let unavailable = body.condition("Available").filter(Condition::is_false);
        return unavailable.map_or_else(Health::healthy, |found| progressing(found.sentence()));
    };
    // The controller tries again, and the progress deadline says when to give up.
    match body.condition("ReplicaFailure").filter(Condition::is_true) {
        Some(failure) => progressing(format!("{}; {}", behind.message, failure.sentence())),
        None => behind,
    }
}

fn deployment_replicas(body: View<'_>) -> Option<Health> {
    let want = wanted(body);
    let (have, updated) = (body.counted("replicas"), body.counted("updatedReplicas"));
    fewer(updated, want, "replica", "updated")
        .or_else(|| fewer(body.counted("availableReplicas"), want, "replica", "available"))
        .or_else(|| leaving(have.saturating_sub(updated).max(have.saturating_sub(want)), "old replica"))
}

fn leaving(count: i64, noun: &str) -> Option<Health> {
    (count > 0).then(|| progressing(format!("{} still to terminate", counted(count, noun))))
}

pub(super) fn replica_set(body: View<'_>) -> Health {
    if let Some(failure) = body.condition("ReplicaFailure").filter(Condition::is_true) {
        return degraded(failure.sentence());
    }
    let (want, have) = (wanted(body), body.counted("replicas"));
    fewer(have, want, "replica", "created")
        .or_else(|| fewer(body.counted("readyReplicas"), want, "replica", "ready"))
        .or_else(|| fewer(body.counted("availableReplicas"), want, "replica", "available"))
        .or_else(|| leaving(have.saturating_sub(want), "replica"))
        .unwrap_or_else(Health::healthy)
}

pub(super) fn stateful_set(body: View<'_>) -> Health {
    let (want, have) = (wanted(body), body.counted("replicas"));
    fewer(have, want, "replica", "created")
        .or_else(|| fewer(body.counted("readyReplicas"), want, "replica", "ready"))
        .or_else(|| {
            // Absent before Kubernetes 1.22, and where nothing is available.
            let available = body.int(&["status", "availableReplicas"])?;
            fewer(available, want, "replica", "available")
        })
        .or_else(|| leaving(have.saturating_sub(want), "replica"))
        .or_else(|| stateful_update(body, want))
        .unwrap_or_else(Health::healthy)
}

/// Replicas below the partition keep the old revision on purpose; with `OnDelete` a person decides.
fn stateful_update(body: View<'_>, want: i64) -> Option<Health> {
    if body.text(&["spec", "updateStrategy", "type"]) == Some("OnDelete") {
        return None;
    }
    let revision = |field| body.text(&["status", field]);
    if revision("currentRevision") == revision("updateRevision") {
        return None;
    }
    let partition = body.int(&["spec", "updateStrategy", "rollingUpdate", "partition"]).unwrap_or(0).max(0);
    fewer(body.counted("updatedReplicas"), want.saturating_sub(partition).max(0), "replica", "updated")
}

pub(super) fn daemon_set(body: View<'_>) -> Health {
    let Some(want) = body.int(&["status", "desiredNumberScheduled"]) else {
        return progressing("not looked at yet by its controller");
    };
    let by_hand = body.text(&["spec", "updateStrategy", "type"]) == Some("OnDelete");
    fewer(body.counted("currentNumberScheduled"), want, "pod", "scheduled")
        .or_else(|| {
            let updated = body.counted("updatedNumberScheduled");
            if by_hand { None } else { fewer(updated, want, "pod", "updated") }
        })
        .or_else(|| fewer(body.counted("numberReady"), want, "pod", "ready"))
        .or_else(|| fewer(body.counted("numberAvailable"), want, "pod", "available"))
        .unwrap_or_else(Health::healthy)
}

pub(super) fn job(body: View<'_>) -> Health {
    let is = |name| body.condition(name).filter(Condition::is_true);
    if let Some(failed) = is("Failed").or_else(|| is("FailureTarget")) {
        return degraded(failed.sentence());
    }
    if is("Complete").is_some() {
        return Health::healthy();
    }
    if is("Suspended").is_some() || body.truth(&["spec", "suspend"]) {
        return suspended("the job is suspended");
    }
    if body.text(&["status", "startTime"]).is_none() {
        return progressing("not started yet");
    }
    progressing(job_progress(body))
}

fn job_progress(body: View<'_>) -> String {
    // Without a number of completions one success ends the job, whatever the parallelism.
    let want = body.int(&["spec", "completions"]).unwrap_or(1);
    let mut text = format!("{} of {} succeeded", body.counted("succeeded"), counted(want, "completion"));
    for (field, word) in [("active", "running"), ("failed", "failed")] {
        let count = body.counted(field);
        if count > 0 {
            text.push_str(&format!(", {count} {word}"));
        }
    }
    text
}

pub(super) fn cron_job(body: View<'_>) -> Health {
    if body.truth(&["spec", "suspend"]) { suspended("the schedule is suspended") } else { Health::healthy() }
}
