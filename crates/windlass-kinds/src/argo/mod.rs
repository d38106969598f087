//! Health as Argo CD's built-in checks see it, to the letter.
//!
//! ```
//! use windlass_core::Value;
//! let paused: Value = serde_json::from_str(
//!     r#"{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"paused": true}}"#,
//! )?;
//! let health = windlass_kinds::argo::built_in(&paused).expect("Argo CD has a rule for Deployments");
//! assert_eq!(health.to_string(), "suspended: Deployment is paused");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The rules of [`built_in`] are those of [`gitops-engine/pkg/health`]. What the Lua scripts decide that Argo CD has for
//! some 240 other kinds, [`by_rule`] decides by rules of Windlass that are data; [`by_conditions`] does what most of
//! them have in common. The annotation, new in 2026 and called alpha, by which a Pod's restart policy is ignored, is not
//! here.
//!
//! [`gitops-engine/pkg/health`]: https://github.com/argoproj/argo-cd/tree/master/gitops-engine/pkg/health

mod assessment;
mod kinds;
mod workload;

use windlass_core::{Children, Health, HealthCheck, HealthStatus, Object, Text, Value};

use crate::custom;
use crate::read::{View, shortened};

pub use assessment::{Assessment, Status};

/// Holds a hook until its phase ends: how it ended still counts.
const HOOK_FINALIZER: &str = "argocd.argoproj.io/hook-finalizer";

/// Assesses by the rule that Argo CD has built in for the kind; `None` where it has none.
#[must_use]
pub fn built_in(body: &Value) -> Option<Health> {
    let body = View(body);
    being_deleted(body).or_else(|| of_kind(body))
}

fn being_deleted(body: View<'_>) -> Option<Health> {
    let held =
        || body.list(&["metadata", "finalizers"]).iter().any(|name| name.as_text() == Some(HOOK_FINALIZER));
    (body.is_being_deleted() && !held()).then(|| progressing("Pending deletion"))
}

/// Assesses a custom kind, and the few built-in ones that have such a rule, as the script that Argo CD keeps for it
/// does, whether or not the object is being deleted; `None` where it keeps none.
///
/// What no rule can know here is the time: a Shoot of Gardener that has just become unhealthy is degraded at once.
#[must_use]
pub fn by_rule(body: &Value) -> Option<Assessment> {
    custom::assess(body)
}

fn of_kind(body: View<'_>) -> Option<Health> {
    Some(match (body.group(), body.kind()) {
        ("apps", "Deployment") => workload::deployment(body),
        ("apps", "ReplicaSet") => workload::replica_set(body),
        ("apps", "DaemonSet") => workload::daemon_set(body),
        ("apps", "StatefulSet") => workload::stateful_set(body),
        ("batch", "Job") => workload::job(body),
        ("", "Pod") => workload::pod(body),
        ("", "Service") => kinds::service(body),
        ("", "PersistentVolumeClaim") => kinds::claim(body),
        ("networking.k8s.io" | "extensions", "Ingress") => kinds::ingress(body),
        ("autoscaling", "HorizontalPodAutoscaler") => kinds::autoscaler(body),
        ("apiregistration.k8s.io", "APIService") => kinds::api_service(body),
        ("argoproj.io", "Workflow") => kinds::workflow(body),
        _ => return None,
    })
}

/// Conditions that say, where they are true, that something is wrong.
const TROUBLES: [&str; 6] = ["Stalled", "Failed", "Degraded", "Error", "Invalid", "NotReady"];

/// Conditions that say whether all is well, the first that is there decides.
const SUMMARIES: [&str; 7] =
    ["Ready", "Available", "Synced", "Valid", "Succeeded", "Compliant", "Established"];

/// Assesses as most of Argo CD's scripts do: a status of an older generation says nothing, a condition that names a
/// trouble decides, then one that sums up, above all `Ready`; its message is the message. `None` without any of them.
///
/// Each script has its own words and exceptions, so this agrees with many of them and stands for none.
#[must_use]
pub fn by_conditions(body: &Value) -> Option<Health> {
    let body = View(body);
    let trouble = body.conditions().find(|found| TROUBLES.contains(&found.name) && found.is_true());
    let summary = || SUMMARIES.iter().find_map(|name| body.condition(name));
    let found = trouble.or_else(summary)?;
    let generation = body.int(&["metadata", "generation"]).unwrap_or(0);
    if body.int(&["status", "observedGeneration"]).is_some_and(|observed| observed < generation) {
        return Some(progressing("Waiting for spec update to be observed"));
    }
    let message = shortened(found.message);
    Some(match found.status {
        _ if trouble.is_some() => degraded(message),
        "True" => healthy(message),
        "False" => degraded(message),
        _ => progressing(message),
    })
}

/// Health as Argo CD sees it: what is being deleted is progressing, then [`by_rule`] decides, then [`built_in`], then
/// [`by_conditions`]; else the next check is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct ArgoHealth;

impl HealthCheck for ArgoHealth {
    fn assess(&self, live: &Object, _around: &dyn Children) -> Option<Health> {
        let body = live.body();
        being_deleted(View(body))
            .or_else(|| by_rule(body).map(Health::from))
            .or_else(|| of_kind(View(body)))
            .or_else(|| by_conditions(body))
    }
}

fn progressing(message: impl Into<Text>) -> Health {
    Health::new(HealthStatus::Progressing, message)
}

fn degraded(message: impl Into<Text>) -> Health {
    Health::new(HealthStatus::Degraded, message)
}

fn healthy(message: impl Into<Text>) -> Health {
    Health::new(HealthStatus::Healthy, message)
}

fn suspended(message: impl Into<Text>) -> Health {
    Health::new(HealthStatus::Suspended, message)
}
