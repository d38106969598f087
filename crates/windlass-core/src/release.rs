//! What a plan waits for that is held back.

use serde::{Deserialize, Serialize};

use crate::{Digest, Timestamp, UnitId};

/// What lets go on what is held back.
///
/// ```
/// use windlass_core::{Digest, Error, ErrorKind, Release};
/// let plan = Digest::of(b"a plan");
/// let held = Error::new(ErrorKind::Held, "a policy holds the plan").released_by(Release::Approval { plan });
/// assert_eq!(held.release(), Some(&Release::Approval { plan }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "by")]
#[non_exhaustive]
pub enum Release {
    /// Somebody [approves](crate::Approval) the plan with this digest, or what the policy waits for comes by itself.
    Approval {
        /// The digest of the plan.
        plan: Digest,
    },
    /// Somebody resumes the unit.
    Resumption {
        /// When it goes on by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// A unit that this one depends on becomes ready.
    Dependency {
        /// That unit.
        unit: UnitId,
    },
}
