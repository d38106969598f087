//! What Argo CD says of an object.

use windlass_core::{Health, HealthStatus, Text};

/// The statuses of Argo CD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Status {
    /// It does what it should.
    Healthy,
    /// It waits for something outside, on purpose.
    Suspended,
    /// It is on its way.
    Progressing,
    /// What it stands for is not there.
    Missing,
    /// It failed, or did not get there in time.
    Degraded,
    /// Nobody can tell.
    Unknown,
}

impl Status {
    /// Names it as Argo CD does.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "Healthy",
            Self::Suspended => "Suspended",
            Self::Progressing => "Progressing",
            Self::Missing => "Missing",
            Self::Degraded => "Degraded",
            Self::Unknown => "Unknown",
        }
    }
}

/// What a rule of Argo CD says of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Assessment {
    /// The status.
    pub status: Status,
    /// Why; often empty where all is well.
    pub message: Text,
    /// Whether waiting may mend what Argo CD calls degraded.
    pub(crate) may_pass: bool,
}

/// What is missing is on its way: Windlass has no status of its own for it.
impl From<Assessment> for Health {
    fn from(found: Assessment) -> Self {
        let status = match found.status {
            Status::Healthy => HealthStatus::Healthy,
            Status::Suspended => HealthStatus::Suspended,
            Status::Progressing | Status::Missing => HealthStatus::Progressing,
            Status::Degraded => HealthStatus::Degraded,
            Status::Unknown => HealthStatus::Unknown,
        };
        Self::new(status, found.message)
    }
}
