//! What people ask of a unit.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{Context, Digest, ObjectId, Plan, Result, Text, Timestamp, UnitId, Version};

/// A reason to leave something alone until somebody takes it away, or for some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Suspension {
    /// Why.
    pub reason: Text,
    /// Who said so.
    pub by: Text,
    /// Since when.
    pub since: Timestamp,
    /// Until when; `None` until somebody resumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Suspension {
    /// Suspends from `since` on, until somebody resumes.
    pub fn new(reason: impl Into<Text>, by: impl Into<Text>, since: Timestamp) -> Self {
        Self { reason: reason.into(), by: by.into(), since, until: None }
    }

    /// Ends it by itself at this time.
    #[must_use]
    pub const fn with_until(mut self, until: Option<Timestamp>) -> Self {
        self.until = until;
        self
    }

    /// Says whether it holds at `now`.
    #[must_use]
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl fmt::Display for Suspension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "suspended by {} since {}", self.by, self.since)?;
        if let Some(until) = &self.until {
            write!(f, " until {until}")?;
        }
        if self.reason.is_empty() { Ok(()) } else { write!(f, ": {}", self.reason) }
    }
}

/// A person's yes to one plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// The plan; any other needs another yes.
    pub plan: Digest,
    /// Who said so.
    pub by: Text,
    /// When.
    pub at: Timestamp,
}

/// A revision that a person wants instead of what the source is at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pin {
    /// The [`id`](crate::Revision::id) of the revision.
    pub revision: Text,
    /// Who said so.
    pub by: Text,
    /// When.
    pub at: Timestamp,
}

/// A person's wish for a pass now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Who said so.
    pub by: Text,
    /// When; another time is another request.
    pub at: Timestamp,
}

/// What people ask of a unit: a document beside what the unit owns, with a version of its own, so that a person's word never
/// stands in the way of a pass, and a pass never overwrites a person's word.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Control {
    /// Nothing is written while this holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Suspension>,
    /// Objects that are left alone while it holds; everything else goes on.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub objects: BTreeMap<ObjectId, Suspension>,
    /// Plans that a policy may hold and that somebody approved.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
    /// The revision to be at, whatever the source is at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
    /// A pass that is wanted now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
}

impl Control {
    /// Says whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Gives why nothing may be written at `now`.
    #[must_use]
    pub fn suspension_at(&self, now: Timestamp) -> Option<&Suspension> {
        self.suspended.as_ref().filter(|suspension| suspension.holds_at(now))
    }

    /// Says whether somebody approved the plan, by [either of its digests](crate::Plan::goes_by).
    #[must_use]
    pub fn approves(&self, plan: &Plan) -> bool {
        self.approvals.iter().any(|approval| plan.goes_by(approval.plan))
    }
}

/// What is asked of units, each with its version. A document that cannot be read is the error that a read of it gives, so that
/// nobody takes it for one that asks for nothing.
pub type Controls = BTreeMap<UnitId, Result<(Version, Control)>>;

/// What is asked of units at a mark.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Followed {
    /// Where to go on from.
    pub mark: u64,
    /// What is asked of the units of the installation.
    pub controls: Controls,
}

impl Followed {
    /// Makes one.
    #[must_use]
    pub const fn new(mark: u64, controls: Controls) -> Self {
        Self { mark, controls }
    }
}

/// Keeps what people ask of units.
///
/// For an implementor:
/// - What [`set_control`](ControlStore::set_control) confirmed is what every later [`control`](ControlStore::control) gives,
///   also after a crash. A save is whole or it is not.
/// - `expected` is compared and the document replaced in one step: a save whose `expected` is not the present version
///   (`None`: nothing is stored) changes nothing and is a [`Conflict`](crate::ErrorKind::Conflict). Each save gives a version
///   that no earlier save of the unit gave.
/// - A document that is [empty](Control::is_empty) may be stored or removed; a read then gives an empty one, or `None`.
/// - A document that cannot be read is [`Corrupt`](crate::ErrorKind::Corrupt), never `None`.
/// - It shares nothing with the unit's [`StateStore`](crate::StateStore): a save of one is no conflict for the other, and
///   forgetting the state of a unit leaves what people asked.
///
/// As it is written, by a wrapper that lets nobody ask for anything:
///
/// ```
/// use std::sync::Arc;
/// use windlass_core::{
///     Context, Control, ControlStore, Controls, Error, ErrorKind, Result, UnitId, Version, async_trait,
/// };
///
/// #[derive(Debug)]
/// struct ReadOnly(Arc<dyn ControlStore>);
///
/// #[async_trait]
/// impl ControlStore for ReadOnly {
///     async fn control(&self, cx: &Context, unit: &UnitId) -> Result<Option<(Version, Control)>> {
///         self.0.control(cx, unit).await
///     }
///
///     async fn controls(&self, cx: &Context, installation: &str) -> Result<Controls> {
///         self.0.controls(cx, installation).await
///     }
///
///     async fn set_control(
///         &self,
///         _cx: &Context,
///         unit: &UnitId,
///         _expected: Option<&Version>,
///         _control: &Control,
///     ) -> Result<Version> {
///         Err(Error::new(ErrorKind::Denied, "what is asked is only read here").with("unit", unit))
///     }
/// }
/// ```
///
/// [A store of your own](https://github.com/windlass-dev/windlass/blob/main/docs/custom-store.md) is a whole crate, with its tests.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no control store",
    label = "this does not keep what people ask of units",
    note = "above the `impl` stands `#[async_trait]`, which windlass-core and windlass re-export",
    note = "how to write one: https://github.com/windlass-dev/windlass/blob/main/docs/custom-store.md"
)]
#[async_trait]
pub trait ControlStore: fmt::Debug + Send + Sync + 'static {
    /// Gives what is asked of a unit, with its version; `None` where nothing ever was.
    ///
    /// # Errors
    /// [`Corrupt`](crate::ErrorKind::Corrupt), [`Denied`](crate::ErrorKind::Denied),
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn control(&self, cx: &Context, unit: &UnitId) -> Result<Option<(Version, Control)>>;

    /// Gives what is asked of all units of an installation, in one request where the place allows it.
    ///
    /// # Errors
    /// As [`control`](ControlStore::control); that of a single document is in what it gives.
    async fn controls(&self, cx: &Context, installation: &str) -> Result<Controls>;

    /// Gives what is asked of all units of an installation, once it may be other than at the mark `since`; at once where that
    /// is `None`. So a store that keeps itself up to date, such as by a watch, lets many passes know what is asked without a
    /// request for each. It may be a moment old, which [`control`](ControlStore::control) never is.
    ///
    /// `None`, which is what it does unless it is implemented: the store cannot tell of changes, or not now; ask
    /// [`controls`](ControlStore::controls) every now and then.
    ///
    /// # Errors
    /// As [`controls`](ControlStore::controls).
    async fn follow(&self, cx: &Context, installation: &str, since: Option<u64>) -> Result<Option<Followed>> {
        let _ = (cx, installation, since);
        Ok(None)
    }

    /// Replaces what is asked of a unit.
    ///
    /// # Errors
    /// [`Conflict`](crate::ErrorKind::Conflict), [`Denied`](crate::ErrorKind::Denied),
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn set_control(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        control: &Control,
    ) -> Result<Version>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suspension_ends_at_its_time() {
        let since = Timestamp::from_unix(10);
        let suspension = Suspension::new("upgrade", "ann", since).with_until(Some(Timestamp::from_unix(20)));
        assert!(suspension.holds_at(Timestamp::from_unix(19)));
        assert!(!suspension.holds_at(Timestamp::from_unix(20)));
        let control = Control { suspended: Some(suspension), ..Control::default() };
        assert!(control.suspension_at(since).is_some());
        assert_eq!(serde_json::from_str::<Control>("{}").unwrap(), Control::default());
    }
}
