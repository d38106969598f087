//! Writes, their conditions, and what they did.

use serde::{Deserialize, Serialize};

use crate::{Conflict, Live, Object, ObjectId, Owner, Text, Version};

/// How an object is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Mode {
    /// The fields of the payload are set, and fields that others set stay. A target that cannot tell whose a field is
    /// replaces the whole object, and says so in its docs.
    #[default]
    Apply,
    /// The whole object becomes the payload.
    Replace,
    /// The object is deleted and created anew.
    Recreate,
    /// The object is deleted and created anew, also where it is as wanted: what runs once, runs again.
    Renew,
    /// The object is created if absent and else left alone, whoever owns it: what was there before is not taken over.
    CreateOnly,
}

impl Mode {
    /// Names it as messages do.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Replace => "replace",
            Self::Recreate => "recreate",
            Self::Renew => "renew",
            Self::CreateOnly => "create-only",
        }
    }
}

/// What must hold of the live object for a write to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Expect {
    /// It does not exist.
    Absent,
    /// It is at this version.
    At(Version),
    /// It still is the one with this [`Live::uid`], at whatever version: not deleted and created anew since.
    Uid(Text),
    /// Nothing: an apply that may create or change.
    Any,
}

/// What happens to the objects that an object owns, when it is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Cascade {
    /// They go after it.
    #[default]
    Background,
    /// They go before it.
    Foreground,
    /// They stay.
    Orphan,
}

/// One write.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Write {
    /// Sets an object and who owns it.
    Apply {
        /// What is sent, beside the owner.
        payload: Object,
        /// How.
        mode: Mode,
        /// On what condition.
        expect: Expect,
        /// Who owns it from now on.
        owner: Owner,
        /// What the plan said of fields that others hold. One that is held by somebody else when the write comes, and
        /// that the plan did not say would be taken, is a [`Conflict`](crate::ErrorKind::Conflict).
        conflicts: Vec<Conflict>,
    },
    /// Deletes an object.
    Delete {
        /// Which.
        id: ObjectId,
        /// The `apiVersion` by which to reach it.
        api_version: Text,
        /// On what condition.
        expect: Expect,
        /// What happens to what it owns.
        cascade: Cascade,
    },
}

impl Write {
    /// Sets an object and who owns it, and takes no field that somebody else holds.
    #[must_use]
    pub const fn apply(payload: Object, mode: Mode, expect: Expect, owner: Owner) -> Self {
        Self::Apply { payload, mode, expect, owner, conflicts: Vec::new() }
    }

    /// Gives the identity of the object to write.
    #[must_use]
    pub fn id(&self) -> &ObjectId {
        match self {
            Self::Apply { payload, .. } => payload.id(),
            Self::Delete { id, .. } => id,
        }
    }
}

/// What a write did.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// The object is new.
    Created(Live),
    /// The object was changed.
    Changed(Live),
    /// The object was as wanted.
    Unchanged(Live),
    /// The object will go; something holds it still.
    Deleting(Version),
    /// The object is gone.
    Gone,
    /// The target lets nobody delete the object: it stays, without what was ours of it.
    Released {
        /// Why.
        why: Text,
    },
}

impl Written {
    /// Gives the live object after an apply.
    #[must_use]
    pub fn live(&self) -> Option<&Live> {
        match self {
            Self::Created(live) | Self::Changed(live) | Self::Unchanged(live) => Some(live),
            Self::Deleting(_) | Self::Gone | Self::Released { .. } => None,
        }
    }
}
