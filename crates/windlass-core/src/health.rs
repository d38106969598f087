//! Whether an object does its work.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Object, ObjectId, Text};

/// How an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum HealthStatus {
    /// It does what it should.
    Healthy,
    /// It was told to pause.
    Suspended,
    /// It is on its way.
    Progressing,
    /// Nobody can tell.
    Unknown,
    /// It will not get there by waiting.
    Degraded,
}

impl HealthStatus {
    /// Names it as reports do.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Suspended => "suspended",
            Self::Progressing => "progressing",
            Self::Unknown => "unknown",
            Self::Degraded => "degraded",
        }
    }
}

/// How an object is, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// How.
    pub status: HealthStatus,
    /// Why, as a sentence for people; may be empty.
    pub message: Text,
    /// Nobody should wait for it to become healthy: that is up to something that may never come, such as a controller that
    /// gives addresses, or the first pod that uses a claim.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

impl Health {
    /// Makes a finding.
    pub fn new(status: HealthStatus, message: impl Into<Text>) -> Self {
        Self { status, message: message.into(), optional: false }
    }

    /// Says that nobody should wait for it to become healthy.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Says that it does what it should.
    #[must_use]
    pub fn healthy() -> Self {
        Self::new(HealthStatus::Healthy, "")
    }

    /// Says whether waiting for it is over: healthy, paused on purpose, or nothing to wait for.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.optional || matches!(self.status, HealthStatus::Healthy | HealthStatus::Suspended)
    }

    /// Says whether waiting for it is in vain.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        self.status == HealthStatus::Degraded && !self.optional
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.status.name())?;
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}

/// What an object owns, directly and further down, for checks that look at more than the object.
pub trait Children: fmt::Debug {
    /// Gives the objects that name `owner` as their owner, as far as they were observed.
    fn owned_by(&self, owner: &ObjectId) -> Vec<Object>;

    /// Gives the age of the object in seconds, where it is known.
    fn age_seconds(&self) -> Option<u64>;
}

/// There are no children, and the age is not known.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoChildren;

impl Children for NoChildren {
    fn owned_by(&self, _owner: &ObjectId) -> Vec<Object> {
        Vec::new()
    }

    fn age_seconds(&self) -> Option<u64> {
        None
    }
}

/// Tells how objects of some kinds are.
///
/// For an implementor: pure; `None` for a kind it has no rule for, so that the next check is asked; never panics on a
/// body that does not follow its schema; no content of a Secret in a message.
///
/// ```
/// use windlass_core::{Children, Health, HealthCheck, HealthStatus, Object};
///
/// /// A `Backup` is healthy once it says when it ended.
/// #[derive(Debug)]
/// struct Backups;
///
/// impl HealthCheck for Backups {
///     fn assess(&self, live: &Object, _children: &dyn Children) -> Option<Health> {
///         if live.id().group_kind() != "Backup.store.example" {
///             return None;
///         }
///         Some(match live.body().text_at(&["status", "endedAt"]) {
///             Some(_) => Health::healthy(),
///             None => Health::new(HealthStatus::Progressing, "it has not ended"),
///         })
///     }
/// }
/// ```
///
/// [A health check of your own](https://github.com/windlass-dev/windlass/blob/main/docs/custom-health.md) is a whole crate, with its tests.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no health check",
    label = "this does not assess objects",
    note = "how to write one: https://github.com/windlass-dev/windlass/blob/main/docs/custom-health.md"
)]
pub trait HealthCheck: fmt::Debug + Send + Sync + 'static {
    /// Assesses a live object.
    fn assess(&self, live: &Object, children: &dyn Children) -> Option<Health>;
}
