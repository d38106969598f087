//! Status as kstatus computes it, to the letter.
//!
//! ```
//! use windlass_core::{Timestamp, Value};
//! use windlass_kinds::kstatus::{self, Status};
//!
//! let claim: Value = serde_json::from_str(
//!     r#"{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "status": {"phase": "Pending"}}"#,
//! )?;
//! let computed = kstatus::compute(&claim, Timestamp::default());
//! assert_eq!(computed.status, Status::InProgress);
//! assert_eq!(&*computed.message, "PVC is not Bound. phase: Pending");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The rules are those of [`sigs.k8s.io/cli-utils/pkg/kstatus`], with what is known to be odd in them: a failed Pod and
//! a Job that has started are current, and so is every object that nobody has a rule for. Flux, kpt, Config Sync and
//! Helm 4 decide by them; [`crate::health`] mends them.
//!
//! [`sigs.k8s.io/cli-utils/pkg/kstatus`]: https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus

mod kinds;

use windlass_core::{Children, Health, HealthCheck, HealthStatus, Object, Text, Timestamp, Value};

use crate::read::{Condition as Read, View};

/// How long a Pod may wait for a node before it counts as failed, in seconds.
const SCHEDULE_WINDOW: u64 = 15;

/// The statuses of kstatus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Status {
    /// The actual state is not the wanted one yet.
    InProgress,
    /// Something went wrong.
    Failed,
    /// The actual state is the wanted one.
    Current,
    /// It is being deleted.
    Terminating,
    /// Nobody can tell: the object does not follow its schema.
    Unknown,
}

impl Status {
    /// Names it as kstatus does.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Failed => "Failed",
            Self::Current => "Current",
            Self::Terminating => "Terminating",
            Self::Unknown => "Unknown",
        }
    }
}

/// A condition that kstatus would add to the object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Condition {
    /// `Reconciling` or `Stalled`.
    pub name: &'static str,
    /// Why, in one word.
    pub reason: Text,
    /// Why, as a sentence.
    pub message: Text,
}

impl Condition {
    /// The status of every condition that kstatus adds.
    pub const STATUS: &'static str = "True";
}

/// What kstatus says of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Computed {
    /// The status.
    pub status: Status,
    /// Why.
    pub message: Text,
    /// The standard conditions that follow from it.
    pub conditions: Vec<Condition>,
}

impl Computed {
    fn plain(status: Status, message: impl Into<Text>) -> Self {
        Self { status, message: message.into(), conditions: Vec::new() }
    }

    fn current(message: impl Into<Text>) -> Self {
        Self::plain(Status::Current, message)
    }

    fn in_progress(reason: &str, message: impl Into<Text>) -> Self {
        let message = message.into();
        let condition = Condition { name: "Reconciling", reason: reason.into(), message: message.clone() };
        Self { status: Status::InProgress, message, conditions: vec![condition] }
    }

    fn failed(reason: &str, message: impl Into<Text>) -> Self {
        let message = message.into();
        let condition = Condition { name: "Stalled", reason: reason.into(), message: message.clone() };
        Self { status: Status::Failed, message, conditions: vec![condition] }
    }
}

/// Computes the status of a live object. Never panics; an object that does not follow its schema is
/// [`Status::Unknown`].
#[must_use]
pub fn compute(body: &Value, now: Timestamp) -> Computed {
    let created = body.text_at(&["metadata", "creationTimestamp"]).and_then(|at| at.parse().ok());
    // kstatus counts from the year 1 where there is no creation time.
    let age = created.map_or(u64::MAX, |at: Timestamp| now.unix().saturating_sub(at.unix()));
    compute_at_age(View(body), age)
}

fn compute_at_age(body: View<'_>, age: u64) -> Computed {
    of_any(body)
        .or_else(|| kinds::of_kind(body, age))
        .or_else(|| of_ready(body))
        .unwrap_or_else(|| Computed::current("Resource is current"))
}

/// What is decided before the kind is asked.
fn of_any(body: View<'_>) -> Option<Computed> {
    if body.is_being_deleted() {
        return Some(Computed::plain(Status::Terminating, "Resource scheduled for deletion"));
    }
    of_generation(body).or_else(|| body.conditions().find_map(|condition| of_standard(&condition)))
}

fn of_generation(body: View<'_>) -> Option<Computed> {
    let generation = body.int(&["metadata", "generation"])?;
    let observed = body.0.at(&["status", "observedGeneration"])?;
    let Some(observed) = observed.as_int() else {
        let message = format!("status.observedGeneration is of the type {}", observed.type_name());
        return Some(Computed::plain(Status::Unknown, message));
    };
    (observed != generation).then(|| {
        let kind = body.kind();
        Computed::in_progress(
            "LatestGenerationNotObserved",
            format!("{kind} generation is {generation}, but latest observed generation is {observed}"),
        )
    })
}

fn of_standard(condition: &Read<'_>) -> Option<Computed> {
    match condition.name {
        "Reconciling" if condition.is_true() => {
            Some(Computed::in_progress(condition.reason, condition.message))
        }
        "Stalled" if condition.is_true() => Some(Computed::failed(condition.reason, condition.message)),
        _ => None,
    }
}

/// What the condition `Ready` decides, where the kind has no rule.
fn of_ready(body: View<'_>) -> Option<Computed> {
    let ready = body.condition("Ready")?;
    Some(match ready.status {
        "True" => Computed::current("Resource is Ready"),
        _ => Computed::in_progress(ready.reason, ready.message),
    })
}

/// Health as kstatus sees it, for an embedder who must decide as Flux and Helm 4 do.
#[derive(Debug, Clone, Copy, Default)]
pub struct KstatusHealth;

impl HealthCheck for KstatusHealth {
    fn assess(&self, live: &Object, around: &dyn Children) -> Option<Health> {
        let computed = compute_at_age(View(live.body()), around.age_seconds().unwrap_or(0));
        Some(Health::new(health_status(computed.status), computed.message))
    }
}

fn health_status(status: Status) -> HealthStatus {
    match status {
        Status::Current => HealthStatus::Healthy,
        Status::InProgress | Status::Terminating => HealthStatus::Progressing,
        Status::Failed => HealthStatus::Degraded,
        Status::Unknown => HealthStatus::Unknown,
    }
}
