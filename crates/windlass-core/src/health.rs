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
}

impl Health {
    /// Makes a finding.
    pub fn new(status: HealthStatus, message: impl Into<Text>) -> Self {
        Self { status, message: message.into() }
    }

    /// Says that it does what it should.
    #[must_use]
    pub fn healthy() -> Self {
        Self::new(HealthStatus::Healthy, "")
    }

    /// Says whether waiting for it is over: healthy, or paused on purpose.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self.status, HealthStatus::Healthy | HealthStatus::Suspended)
    }

    /// Says whether waiting for it is in vain.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        self.status == HealthStatus::Degraded
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.status.name())?;
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}

/// What lies around an object, for checks that look at more than the object.
pub trait Around: fmt::Debug {
    /// Gives the objects that name `owner` as their owner, as far as they were observed.
    fn owned_by(&self, owner: &ObjectId) -> Vec<Object>;

    /// Gives the age of the object in seconds, where it is known.
    fn age_seconds(&self) -> Option<u64>;
}

/// Nothing is around.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alone;

impl Around for Alone {
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
pub trait HealthCheck: fmt::Debug + Send + Sync + 'static {
    /// Assesses a live object.
    fn assess(&self, live: &Object, around: &dyn Around) -> Option<Health>;
}
