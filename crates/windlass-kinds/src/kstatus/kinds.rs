//! The kinds that kstatus knows.

use super::{Computed, Condition, SCHEDULE_WINDOW, Status};
use crate::read::View;

/// Where the controller of Deployments keeps "no deadline".
const NO_DEADLINE: i64 = i32::MAX as i64;

pub(super) fn of_kind(body: View<'_>, age: u64) -> Option<Computed> {
    Some(match (body.group(), body.kind()) {
        ("", "Service") => service(body),
        ("", "Pod") => pod(body, age),
        ("", "Secret" | "ConfigMap") | ("batch", "CronJob") => Computed::current("Resource is always ready"),
        ("", "PersistentVolumeClaim") => claim(body),
        ("apps", "StatefulSet") => stateful_set(body),
        ("apps" | "extensions", "DaemonSet") => daemon_set(body),
        ("apps" | "extensions", "Deployment") => deployment(body),
        ("apps" | "extensions", "ReplicaSet") => replica_set(body),
        ("policy", "PodDisruptionBudget") => Computed::current("AllowedDisruptions has been computed."),
        ("batch", "Job") => job(body),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(body),
        _ => return None,
    })
}

/// `have` must reach `want`, else `reason` with a message `label: have/want`.
fn short(reason: &str, label: &str, have: i64, want: i64) -> Option<Computed> {
    (want > have).then(|| Computed::in_progress(reason, format!("{label}: {have}/{want}")))
}

fn extra(have: i64, want: i64) -> Option<Computed> {
    (have > want).then(|| {
        Computed::in_progress("ExtraPods", format!("Pending termination: {}", have.saturating_sub(want)))
    })
}

fn wanted(body: View<'_>) -> i64 {
    body.int(&["spec", "replicas"]).unwrap_or(1)
}

fn stateful_set(body: View<'_>) -> Computed {
    if body.text(&["spec", "updateStrategy", "type"]) == Some("OnDelete") {
        return Computed::current("StatefulSet is using the ondelete update strategy");
    }
    let (want, have) = (wanted(body), body.counted("replicas"));
    short("LessReplicas", "Replicas", have, want)
        .or_else(|| short("LessReady", "Ready", body.counted("readyReplicas"), want))
        .or_else(|| extra(have, want))
        .or_else(|| partition(body, want))
        .or_else(|| short("LessCurrent", "current", body.counted("currentReplicas"), want))
        .or_else(|| revision(body))
        .unwrap_or_else(|| Computed::current(format!("All replicas scheduled as expected. Replicas: {have}")))
}

fn partition(body: View<'_>, want: i64) -> Option<Computed> {
    let partition = body.int(&["spec", "updateStrategy", "rollingUpdate", "partition"]);
    let partition = partition.filter(|at| *at != -1)?;
    let updated = body.counted("updatedReplicas");
    short("PartitionRollout", "updated", updated, want.saturating_sub(partition))
        .or_else(|| Some(Computed::current(format!("Partition rollout complete. updated: {updated}"))))
}

fn revision(body: View<'_>) -> Option<Computed> {
    let current = body.text(&["status", "currentRevision"]);
    (current != body.text(&["status", "updateRevision"]))
        .then(|| Computed::in_progress("RevisionMismatch", "Waiting for updated revision to match current"))
}

fn deployment(body: View<'_>) -> Computed {
    let late = body
        .conditions()
        .find(|condition| condition.name == "Progressing" && condition.reason == "ProgressDeadlineExceeded");
    if let Some(late) = late {
        let stalled = Condition { name: "Stalled", reason: late.reason.into(), message: late.message.into() };
        return Computed {
            conditions: vec![stalled],
            ..Computed::plain(Status::Failed, "Progress deadline exceeded")
        };
    }
    let (want, have) = (wanted(body), body.counted("replicas"));
    let (updated, available) = (body.counted("updatedReplicas"), body.counted("availableReplicas"));
    short("LessReplicas", "Replicas", have, want)
        .or_else(|| short("LessUpdated", "Updated", updated, want))
        .or_else(|| extra(have, want))
        .or_else(|| short("LessAvailable", "Available", available, updated))
        .or_else(|| short("LessReady", "Ready", body.counted("readyReplicas"), want))
        .or_else(|| deployment_conditions(body))
        .unwrap_or_else(|| Computed::current(format!("Deployment is available. Replicas: {have}")))
}

fn deployment_conditions(body: View<'_>) -> Option<Computed> {
    let deadline = body.int(&["spec", "progressDeadlineSeconds"]).unwrap_or(NO_DEADLINE);
    let progressed = deadline == NO_DEADLINE
        || body.conditions().any(|condition| {
            condition.name == "Progressing"
                && condition.is_true()
                && condition.reason == "NewReplicaSetAvailable"
        });
    if !progressed {
        return Some(Computed::in_progress("ReplicaSetNotAvailable", "ReplicaSet not Available"));
    }
    (!body.has_condition("Available", "True"))
        .then(|| Computed::in_progress("DeploymentNotAvailable", "Deployment not Available"))
}

fn replica_set(body: View<'_>) -> Computed {
    if body.has_condition("ReplicaFailure", "True") {
        return Computed::in_progress("ReplicaFailure", "Replica Failure condition. Check Pods");
    }
    let (want, have) = (wanted(body), body.counted("replicas"));
    short("LessLabelled", "Labelled", body.counted("fullyLabeledReplicas"), want)
        .or_else(|| short("LessAvailable", "Available", body.counted("availableReplicas"), want))
        .or_else(|| short("LessReady", "Ready", body.counted("readyReplicas"), want))
        .or_else(|| extra(have, want))
        .unwrap_or_else(|| Computed::current(format!("ReplicaSet is available. Replicas: {have}")))
}

fn daemon_set(body: View<'_>) -> Computed {
    if let Some(missing) = generation_is_set(body) {
        return missing;
    }
    let Some(want) = body.int(&["status", "desiredNumberScheduled"]).filter(|want| *want != -1) else {
        return Computed::in_progress("NoDesiredNumber", "Missing .status.desiredNumberScheduled");
    };
    short("LessCurrent", "Current", body.counted("currentNumberScheduled"), want)
        .or_else(|| short("LessUpdated", "Updated", body.counted("updatedNumberScheduled"), want))
        .or_else(|| short("LessAvailable", "Available", body.counted("numberAvailable"), want))
        .or_else(|| short("LessReady", "Ready", body.counted("numberReady"), want))
        .unwrap_or_else(|| Computed::current(format!("All replicas scheduled as expected. Replicas: {want}")))
}

fn generation_is_set(body: View<'_>) -> Option<Computed> {
    let kind = body.kind();
    if body.int(&["metadata", "generation"]).is_none() {
        return Some(Computed::in_progress("NoGeneration", format!("{kind} metadata.generation not found")));
    }
    body.int(&["status", "observedGeneration"]).is_none().then(|| {
        Computed::in_progress("NoObservedGeneration", format!("{kind} status.observedGeneration not found"))
    })
}

fn claim(body: View<'_>) -> Computed {
    match body.text(&["status", "phase"]).unwrap_or("unknown") {
        "Bound" => Computed::current("PVC is Bound"),
        phase => Computed::in_progress("NotBound", format!("PVC is not Bound. phase: {phase}")),
    }
}

fn pod(body: View<'_>, age: u64) -> Computed {
    match body.text(&["status", "phase"]) {
        Some("Succeeded") => Computed::current("Pod has completed successfully"),
        Some("Failed") => Computed::current("Pod has completed, but not successfully"),
        Some("Running") => running_pod(body),
        Some("Pending") => pending_pod(body, age),
        None => Computed::in_progress("PodNotObserved", "Pod phase not available"),
        Some(phase) => Computed::plain(Status::Unknown, format!("unknown phase {phase}")),
    }
}

fn running_pod(body: View<'_>) -> Computed {
    if body.has_condition("Ready", "True") {
        return Computed::current("Pod is Ready");
    }
    let looping: Vec<&str> = body
        .list(&["status", "containerStatuses"])
        .iter()
        .filter(|state| state.text_at(&["state", "waiting", "reason"]) == Some("CrashLoopBackOff"))
        .filter_map(|state| state.text_at(&["name"]))
        .collect();
    if looping.is_empty() {
        return Computed::in_progress("PodRunningNotReady", "Pod is running but is not Ready");
    }
    let message = format!("Containers in CrashLoop state: {}", looping.join(","));
    Computed::failed("ContainerCrashLooping", message)
}

fn pending_pod(body: View<'_>, age: u64) -> Computed {
    let scheduled = body.conditions().find(|found| found.name == "PodScheduled" && found.is_false());
    match scheduled {
        Some(found) if found.reason == "Unschedulable" && age < SCHEDULE_WINDOW => {
            Computed::in_progress("PodNotScheduled", "Pod has not been scheduled")
        }
        Some(found) if found.reason == "Unschedulable" => {
            Computed::failed("PodUnschedulable", "Pod could not be scheduled")
        }
        _ => Computed::in_progress("PodPending", "Pod is in the Pending phase"),
    }
}

fn job(body: View<'_>) -> Computed {
    let parallel = body.int(&["spec", "parallelism"]).unwrap_or(1);
    let completions = body.int(&["spec", "completions"]).unwrap_or(parallel);
    let (succeeded, failed) = (body.counted("succeeded"), body.counted("failed"));
    let ended =
        body.conditions().filter(crate::read::Condition::is_true).find_map(|condition| {
            match condition.name {
                "Complete" => {
                    Some(Computed::current(format!("Job Completed. succeeded: {succeeded}/{completions}")))
                }
                "Failed" => {
                    Some(Computed::failed("JobFailed", format!("Job Failed. failed: {failed}/{completions}")))
                }
                "Suspended" => Some(Computed::current("Job is suspended")),
                _ => None,
            }
        });
    ended.unwrap_or_else(|| match body.text(&["status", "startTime"]) {
        None => Computed::in_progress("JobNotStarted", "Job not started"),
        Some(_) => {
            let active = body.counted("active");
            Computed::current(format!(
                "Job in progress. success:{succeeded}, active: {active}, failed: {failed}"
            ))
        }
    })
}

fn service(body: View<'_>) -> Computed {
    let balanced = body.text(&["spec", "type"]) == Some("LoadBalancer");
    if balanced && body.text(&["spec", "clusterIP"]).is_none() {
        return Computed::in_progress("NoIPAssigned", "ClusterIP not set. Service type: LoadBalancer");
    }
    Computed::current("Service is ready")
}

fn definition(body: View<'_>) -> Computed {
    for condition in body.conditions() {
        match (condition.name, condition.status) {
            ("NamesAccepted", "False") => return Computed::failed(condition.reason, condition.message),
            ("Established", "False") if condition.reason != "Installing" => {
                return Computed::failed(condition.reason, condition.message);
            }
            ("Established", "True") => return Computed::current("CRD is established"),
            _ => {}
        }
    }
    Computed::in_progress("Installing", "Install in progress")
}
