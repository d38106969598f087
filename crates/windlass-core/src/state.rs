//! What is remembered between passes.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    Context, Counts, Digest, Limits, ObjectId, Result, Revision, Stamp, Text, Timestamp, UnitId, Version,
};

/// What is kept of one owned object: enough to notice a change and to delete it without the render that made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owned {
    /// The `apiVersion` by which it was last written.
    pub api_version: Text,
    /// Its place in the order; deletion goes from high to low.
    pub rank: u32,
    /// What was wanted when it was last written, or is about to be.
    pub wanted: Digest,
    /// Its stamp after the last confirmed write; `None` while the write is only intended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<Stamp>,
    /// Its identity after the last confirmed write, where the target has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<Text>,
    /// Never delete it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
}

/// What a unit owns: recorded before the first write, dropped after a confirmed delete.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Inventory {
    /// The owned objects.
    pub objects: BTreeMap<ObjectId, Owned>,
}

/// One pass that changed something, or failed; or several in a row that brought the same revision and ended alike, such
/// as repairs of what drifts again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Record {
    /// When the last of them ended.
    pub at: Timestamp,
    /// The revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// The plan.
    pub plan: Digest,
    /// How many objects ended how.
    pub counts: Counts,
    /// Whether all was written that should be and became as healthy as was waited for: what can be rolled back to.
    #[serde(default)]
    pub good: bool,
    /// How many passes it stands for.
    #[serde(default = "one")]
    pub passes: u32,
}

const fn one() -> u32 {
    1
}

impl Record {
    /// Makes a record of one pass.
    #[must_use]
    pub const fn new(at: Timestamp, revision: Option<Revision>, plan: Digest, counts: Counts) -> Self {
        Self { at, revision, plan, counts, good: false, passes: 1 }
    }

    /// Says whether the pass went well.
    #[must_use]
    pub const fn with_good(mut self, good: bool) -> Self {
        self.good = good;
        self
    }

    fn continues(&self, before: &Self) -> bool {
        self.revision.is_some() && self.revision == before.revision && self.good == before.good
    }
}

/// A reason not to write until somebody takes it away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// Why.
    pub reason: Text,
    /// Who said so.
    pub by: Text,
    /// Since when.
    pub since: Timestamp,
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

/// All that is remembered of one unit, at one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Saved {
    /// The version of this state: changes with every save.
    pub version: Version,
    /// What the unit owns.
    pub inventory: Inventory,
    /// The last passes, oldest first.
    #[serde(default)]
    pub history: Vec<Record>,
    /// Reasons not to write.
    #[serde(default)]
    pub holds: Vec<Hold>,
    /// Approved plans.
    #[serde(default)]
    pub approvals: Vec<Approval>,
}

impl Saved {
    /// Makes a state in which nothing is remembered.
    #[must_use]
    pub fn empty(version: Version) -> Self {
        Self {
            version,
            inventory: Inventory::default(),
            history: Vec::new(),
            holds: Vec::new(),
            approvals: Vec::new(),
        }
    }
}

/// A change of what is remembered. What it does not name stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Delta {
    /// Objects that are owned from now on, or of which something changed.
    pub put: BTreeMap<ObjectId, Owned>,
    /// Objects that are owned no longer.
    pub drop: Vec<ObjectId>,
    /// A pass to add to the history.
    pub record: Option<Record>,
    /// All holds, where they change.
    pub holds: Option<Vec<Hold>>,
    /// All approvals, where they change.
    pub approvals: Option<Vec<Approval>>,
    /// Forget the unit: afterwards nothing is stored of it.
    pub forget: bool,
}

impl Delta {
    /// Says whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Makes the change, but for [`forget`](Delta::forget), which is the store's. A record that goes on where the last one
    /// stopped (the same revision, as good or as bad) joins it; the history keeps its newest [`Limits::history_max`]
    /// records. What every store calls, so that a delta means the same everywhere.
    pub fn apply(&self, saved: &mut Saved, limits: &Limits) {
        for id in &self.drop {
            saved.inventory.objects.remove(id);
        }
        saved.inventory.objects.extend(self.put.iter().map(|(id, owned)| (id.clone(), owned.clone())));
        if let Some(record) = &self.record {
            let passes = match saved.history.pop_if(|last| record.continues(last)) {
                Some(last) => last.passes.saturating_add(record.passes),
                None => record.passes,
            };
            saved.history.push(Record { passes, ..record.clone() });
        }
        let surplus = saved.history.len().saturating_sub(limits.history_max);
        saved.history.drain(..surplus);
        if let Some(holds) = &self.holds {
            saved.holds.clone_from(holds);
        }
        if let Some(approvals) = &self.approvals {
            saved.approvals.clone_from(approvals);
        }
    }
}

/// Keeps what is remembered of units.
///
/// For an implementor:
/// - What [`save`](StateStore::save) confirmed is what every later [`load`](StateStore::load) gives, also after a crash.
///   A save is whole or it is not.
/// - `expected` is compared and the delta applied in one step: a save whose `expected` is not the present version
///   (`None`: nothing is stored) changes nothing and is a [`Conflict`](crate::ErrorKind::Conflict).
/// - Each save gives a version that no earlier save of the unit gave.
/// - A state that cannot be read is [`Corrupt`](crate::ErrorKind::Corrupt), never `None`.
/// - After a delta with `forget`, `load` gives `None` and `units` leaves the unit out.
/// - Units do not touch one another's state.
///
/// # Cancel safety
/// Dropping `save` leaves the state either as it was or wholly saved.
#[async_trait]
pub trait StateStore: fmt::Debug + Send + Sync + 'static {
    /// Gives what is remembered of a unit; `None` where nothing ever was.
    ///
    /// # Errors
    /// [`Corrupt`](crate::ErrorKind::Corrupt), [`Denied`](crate::ErrorKind::Denied),
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn load(&self, cx: &Context, unit: &UnitId) -> Result<Option<Saved>>;

    /// Changes what is remembered of a unit.
    ///
    /// # Errors
    /// [`Conflict`](crate::ErrorKind::Conflict), [`Limit`](crate::ErrorKind::Limit),
    /// [`Denied`](crate::ErrorKind::Denied), [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn save(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        delta: &Delta,
    ) -> Result<Version>;

    /// Lists the units of which something is remembered, sorted.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied), [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn units(&self, cx: &Context) -> Result<Vec<UnitId>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_keeps_its_newest_records() {
        let mut saved = Saved::empty(Version::new("1"));
        let limits = Limits { history_max: 2, ..Limits::default() };
        for at in 1..=3 {
            let record = Record::new(Timestamp::from_unix(at), None, Digest::of(b""), Counts::default());
            Delta { record: Some(record), ..Delta::default() }.apply(&mut saved, &limits);
        }
        let times: Vec<u64> = saved.history.iter().map(|record| record.at.unix()).collect();
        assert_eq!(times, [2, 3]);
    }

    #[test]
    fn repairs_of_one_revision_are_one_record_and_push_nothing_out() {
        let mut saved = Saved::empty(Version::new("1"));
        let passes = [("a", true), ("b", false), ("b", false), ("b", true), ("b", true), ("b", true)];
        for (at, (name, good)) in (1..).zip(passes) {
            let revision = Some(Revision::new(name));
            let record = Record::new(Timestamp::from_unix(at), revision, Digest::of(b""), Counts::default());
            let delta = Delta { record: Some(record.with_good(good)), ..Delta::default() };
            delta.apply(&mut saved, &Limits::default());
        }
        let kept = saved.history.iter().map(|record| (record.at.unix(), record.good, record.passes));
        assert_eq!(kept.collect::<Vec<_>>(), [(1, true, 1), (3, false, 2), (6, true, 3)]);
    }
}
