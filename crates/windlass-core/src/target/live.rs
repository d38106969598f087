//! What is live, and what was seen of it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Digest, Error, Health, Key, Object, ObjectId, Owner, Text, UnitId};

/// A version of one live object, as the target spells it. It changes with every write, whoever wrote, and can be given
/// back as a precondition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version(pub Text);

impl Version {
    /// Makes a version.
    pub fn new(text: impl Into<Text>) -> Self {
        Self(text.into())
    }
}

/// What of a live object an apply could have set, as one digest: it changes only when something that an apply could
/// set has changed, so not with status.
///
/// It never leaves the process, since a password could be guessed by it: it has no serialised form, `Debug` shows none of it,
/// and what is kept of it is [sealed](Stamp::sealed).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(pub Digest);

impl Stamp {
    /// Gives what may be kept of it.
    #[must_use]
    pub fn sealed(self, key: &Key) -> Digest {
        key.seal(self.0)
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stamp(…)")
    }
}

/// An object that was told to go and is still there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Deletion {
    /// What holds it: the names of finalizers, or what else the target calls it; empty where nobody says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_by: Vec<Text>,
}

impl Deletion {
    /// Says what holds the object.
    #[must_use]
    pub const fn held_by(holders: Vec<Text>) -> Self {
        Self { held_by: holders }
    }
}

impl fmt::Display for Deletion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("being deleted")?;
        if self.held_by.is_empty() { Ok(()) } else { write!(f, ", held by {}", self.held_by.join(", ")) }
    }
}

/// A live object, as far as it was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// Which.
    pub id: ObjectId,
    /// Its version.
    pub version: Version,
    /// Its stamp.
    pub stamp: Stamp,
    /// An identity that a delete and a create in between changes, where the target has one.
    pub uid: Option<Text>,
    /// Who owns it, if anybody says so.
    pub owner: Option<Owner>,
    /// It was told to go, and is still there.
    pub deletion: Option<Deletion>,
    /// How it is, where the target can tell without the body.
    pub health: Option<Health>,
    /// Its body, where it was asked for.
    pub body: Option<Object>,
}

/// What was seen where an object was looked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    /// It is there.
    Live(Live),
    /// It is not there.
    Absent,
    /// Its kind is not known, or not yet.
    Undefined,
    /// Nobody could look.
    Unreadable(Error),
}

impl Observation {
    /// Gives the live object, if there is one.
    #[must_use]
    pub fn live(&self) -> Option<&Live> {
        match self {
            Self::Live(live) => Some(live),
            _ => None,
        }
    }
}

/// How to look at one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The `apiVersion` in which to read it.
    pub api_version: Text,
    /// The body may be left out if the stamp [is this one](Look::knows).
    pub known: Option<Known>,
}

/// A stamp as it is kept, and the key by which it was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The stamp, sealed.
    pub sealed: Digest,
    /// The key.
    pub key: Key,
}

impl Look {
    /// Looks at the whole object.
    pub fn new(api_version: impl Into<Text>) -> Self {
        Self { api_version: api_version.into(), known: None }
    }

    /// Lets the body be left out while the stamp is the one that `key` sealed as `sealed`.
    #[must_use]
    pub fn unless(mut self, key: &Key, sealed: Option<Digest>) -> Self {
        self.known = sealed.map(|sealed| Known { sealed, key: key.clone() });
        self
    }

    /// Says whether this is the stamp by which the body may be left out.
    #[must_use]
    pub fn knows(&self, stamp: Stamp) -> bool {
        self.known.as_ref().is_some_and(|known| stamp.sealed(&known.key) == known.sealed)
    }
}

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interest {
    /// For whom: orphans are what names this unit as its owner.
    pub unit: UnitId,
    /// The objects.
    pub objects: BTreeMap<ObjectId, Look>,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observed {
    /// One observation for each object asked for, no more and no fewer.
    pub observations: BTreeMap<ObjectId, Observation>,
    /// What names the unit as its owner and was not asked for, among the kinds looked at; without bodies.
    pub orphans: Vec<Live>,
}
