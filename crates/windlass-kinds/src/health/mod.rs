//! How objects are: the rules that Windlass uses unless told otherwise.
//!
//! ```
//! use windlass_core::{NoChildren, HealthCheck, Object};
//! use windlass_kinds::health::KubernetesHealth;
//!
//! let live = Object::new(serde_json::from_str(r#"{
//!     "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "generation": 2},
//!     "spec": {"replicas": 3},
//!     "status": {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 1}
//! }"#)?)?;
//! let health = KubernetesHealth.assess(&live, &NoChildren).expect("it has a rule for every object");
//! assert_eq!(health.to_string(), "progressing: 1 of 3 replicas available");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In this order: an object that is being deleted is progressing; a status that speaks of an older generation says
//! nothing; `Stalled` and `Reconciling` decide wherever they are true; then the rule of the kind; then, for a custom kind,
//! the rule that [`crate::argo::by_rule`] has, with the condition `Ready`; and an object without any of these is healthy
//! once it exists.
//!
//! # Custom kinds
//!
//! Rules for some 290 kinds of operators and the condition `Ready` have a say together:
//!
//! | `Ready` | rule | health |
//! | --- | --- | --- |
//! | any | suspended | suspended |
//! | there and not true, or of an older generation | any other | progressing, with what `Ready` says: waiting may mend it, though Argo CD calls much of it degraded |
//! | true | any | what the rule says |
//! | absent | any | what the rule says |
//!
//! Flux writes `Ready` for all it knows, so its rules only say what is suspended. Where Argo CD calls degraded what passes
//! in every rollout, such as fewer replicas than wanted, it is progressing here: whoever waits must not give up then.
//!
//! Some answers may never come, because a cluster need not have the controller that gives them: the address of an Ingress
//! or a load balancer, the volume of a claim, the metrics of an autoscaler. Such health is [optional](Health::optional): it
//! is reported, and nothing waits for it.
//!
//! # What differs from kstatus
//!
//! | object | kstatus | here |
//! | --- | --- | --- |
//! | Pod that failed | current | degraded, with the reason of the container |
//! | Pod that cannot pull its image or start its container | in progress | degraded |
//! | Job that has started | current | progressing until it is complete |
//! | Job or CronJob that is suspended, Deployment that is paused | current | suspended |
//! | ReplicaSet with `ReplicaFailure` | in progress | degraded, with the message of the condition |
//! | workload whose controller has not looked yet | judged by its empty status | progressing |
//! | StatefulSet updated on delete | current at once | progressing until its replicas are ready |
//! | Service of type LoadBalancer, Ingress | current without an address | progressing until it has one |
//! | PersistentVolumeClaim that lost its volume | in progress | degraded |
//! | Namespace, APIService, HorizontalPodAutoscaler, PersistentVolume | current | judged |
//! | condition `Ready` that speaks of an older generation | current | progressing |
//!
//! [`crate::kstatus::KstatusHealth`] and [`crate::argo::ArgoHealth`] decide as those tools do.
//!
//! A message holds what the object's own status says, cut to a length that a report can hold; nothing of a Secret or
//! a ConfigMap is ever read.

mod cluster;
mod network;
mod pod;
mod workload;

use windlass_core::{Children, Health, HealthCheck, HealthStatus, Object, Value};

use crate::read::View;
use crate::{argo, custom};

/// How many of the troubled Pods of a workload its message names.
const PODS_NAMED_MAX: usize = 2;

/// The rules for the kinds of Kubernetes, and for every other kind by its standard conditions. Has an answer for every
/// object, so it comes last in a list of checks.
#[derive(Debug, Clone, Copy, Default)]
pub struct KubernetesHealth;

/// Assesses a body by itself; `children` gives only its age.
#[must_use]
pub fn assess(body: &Value, children: &dyn Children) -> Health {
    assess_body(View(body), children)
}

impl HealthCheck for KubernetesHealth {
    fn assess(&self, live: &Object, children: &dyn Children) -> Option<Health> {
        let mut health = assess_body(View(live.body()), children);
        let unwell = matches!(health.status, HealthStatus::Progressing | HealthStatus::Degraded);
        if unwell && workload::is_workload(View(live.body())) {
            let pods = troubled_pods(live, children);
            if !pods.is_empty() {
                health.message = format!("{}; {}", health.message, pods.join("; ")).into();
            }
        }
        Some(health)
    }
}

fn assess_body(body: View<'_>, children: &dyn Children) -> Health {
    if body.is_being_deleted() {
        return being_deleted(body);
    }
    if is_bare(body) {
        return Health::healthy();
    }
    of_generation(body)
        .or_else(|| of_standard_conditions(body))
        .or_else(|| of_kind(body, children))
        .or_else(|| of_rule(body))
        .or_else(|| of_ready(body))
        .unwrap_or_else(Health::healthy)
}

/// Kinds without a status, of which nothing may be read: what they hold is nobody's business.
fn is_bare(body: View<'_>) -> bool {
    body.group().is_empty() && matches!(body.kind(), "Secret" | "ConfigMap")
}

fn of_kind(body: View<'_>, children: &dyn Children) -> Option<Health> {
    Some(match (body.group(), body.kind()) {
        ("apps" | "extensions", "Deployment") => workload::deployment(body),
        ("apps" | "extensions", "ReplicaSet") | ("", "ReplicationController") => workload::replica_set(body),
        ("apps", "StatefulSet") => workload::stateful_set(body),
        ("apps" | "extensions", "DaemonSet") => workload::daemon_set(body),
        ("batch", "Job") => workload::job(body),
        ("batch", "CronJob") => workload::cron_job(body),
        ("", "Pod") => pod::pod(body, children.age_seconds()),
        ("", "Service") => network::service(body),
        ("networking.k8s.io" | "extensions", "Ingress") => network::ingress(body),
        ("autoscaling", "HorizontalPodAutoscaler") => network::autoscaler(body, children.age_seconds()),
        ("policy", "PodDisruptionBudget") => network::disruption_budget(body),
        ("", "PersistentVolumeClaim") => cluster::claim(body),
        ("", "PersistentVolume") => cluster::volume(body),
        ("", "Namespace") => cluster::namespace(body),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => cluster::definition(body),
        ("apiregistration.k8s.io", "APIService") => cluster::api_service(body),
        _ => return None,
    })
}

fn being_deleted(body: View<'_>) -> Health {
    let held: Vec<&str> =
        body.list(&["metadata", "finalizers"]).iter().filter_map(|name| name.as_text()).collect();
    progressing(match held.as_slice() {
        [] => "being deleted".to_owned(),
        held => format!("being deleted, held by {}", held.join(", ")),
    })
}

/// A status of an older generation says nothing about this one.
fn of_generation(body: View<'_>) -> Option<Health> {
    let generation = body.int(&["metadata", "generation"])?;
    match body.int(&["status", "observedGeneration"]) {
        Some(observed) if observed != generation => {
            Some(progressing(format!("generation {generation} not observed yet, status is of {observed}")))
        }
        None if workload::is_observed(body) => {
            Some(progressing(format!("generation {generation} not observed yet by its controller")))
        }
        _ => None,
    }
}

fn of_standard_conditions(body: View<'_>) -> Option<Health> {
    if let Some(stalled) = body.conditions().find(|found| found.name == "Stalled" && found.is_true()) {
        return Some(degraded(stalled.sentence()));
    }
    body.conditions()
        .find(|found| found.name == "Reconciling" && found.is_true())
        .map(|found| progressing(found.sentence()))
}

fn of_ready(body: View<'_>) -> Option<Health> {
    let ready = body.condition("Ready")?;
    let generation = body.int(&["metadata", "generation"]);
    if let (Some(generation), Some(observed)) = (generation, ready.observed_generation)
        && observed < generation
    {
        return Some(progressing(format!("Ready speaks of generation {observed}, not of {generation}")));
    }
    Some(if ready.is_true() { Health::healthy() } else { progressing(ready.sentence()) })
}

/// What the rule of a custom kind says, as far as `Ready` leaves it a say.
fn of_rule(body: View<'_>) -> Option<Health> {
    let found = custom::assess(body.0)?;
    let suspended = found.status == argo::Status::Suspended;
    let ready = of_ready(body);
    if !suspended && ready.as_ref().is_some_and(|ready| !ready.is_ready() || is_of_flux(body)) {
        return ready;
    }
    let passes = found.may_pass;
    let mut health = Health::from(found);
    match health.status {
        HealthStatus::Healthy => return Some(Health::healthy()),
        HealthStatus::Degraded if passes => health.status = HealthStatus::Progressing,
        _ => {}
    }
    if health.message.is_empty() {
        health.message = "its status says no more".into();
    }
    Some(health)
}

fn is_of_flux(body: View<'_>) -> bool {
    body.group().ends_with(".toolkit.fluxcd.io")
}

/// Names the Pods that keep a workload from being ready: its own, and those of the ReplicaSets it owns.
fn troubled_pods(live: &Object, children: &dyn Children) -> Vec<String> {
    let owned = children.owned_by(live.id());
    let deeper = owned.iter().filter(|object| object.id().kind == "ReplicaSet");
    let deeper: Vec<Object> = deeper.flat_map(|set| children.owned_by(set.id())).collect();
    let pods = owned.iter().chain(&deeper).filter(|object| object.id().kind == "Pod");
    let troubled = pods.filter_map(|pod| {
        let body = View(pod.body());
        let health = pod::pod(body, None);
        let trouble = health.status == HealthStatus::Degraded || pod::is_unschedulable(body);
        (trouble && !body.is_being_deleted()).then(|| format!("Pod {}: {}", pod.id().name, health.message))
    });
    troubled.take(PODS_NAMED_MAX).collect()
}

fn progressing(message: impl Into<windlass_core::Text>) -> Health {
    Health::new(HealthStatus::Progressing, message)
}

fn degraded(message: impl Into<windlass_core::Text>) -> Health {
    Health::new(HealthStatus::Degraded, message)
}

fn suspended(message: &str) -> Health {
    Health::new(HealthStatus::Suspended, message)
}

/// Says how many of how many there are, where there are fewer than wanted.
fn fewer(have: i64, want: i64, noun: &str, done: &str) -> Option<Health> {
    (have < want).then(|| progressing(format!("{have} of {} {done}", counted(want, noun))))
}

/// `1 replica`, `3 replicas`.
fn counted(count: i64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
