//! What is remembered between passes.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    Contest, Context, Counts, Digest, Key, Limits, ObjectId, Result, Revision, Text, Timestamp, TreePath,
    UnitId, Version,
};

/// What is kept of one owned object: enough to notice a change and to delete it without the render that made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owned {
    /// The `apiVersion` by which it was last written.
    pub api_version: Text,
    /// Its place in the order; deletion goes from high to low.
    pub rank: u32,
    /// What was wanted when it was last written, or is about to be: the digest of the object, sealed by the [`Key`].
    pub wanted: Digest,
    /// Its [stamp](crate::Stamp) after the last confirmed write, sealed by the [`Key`]; `None` while the write is only
    /// intended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<Digest>,
    /// Its identity after the last confirmed write, where the target has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<Text>,
    /// Never delete it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
    /// It may go by itself once it has done its work.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub transient: bool,
    /// Fields of it that somebody else and we set in turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contest: Option<Contest>,
}

/// What a unit owns: recorded before the first write, dropped after a confirmed delete.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Inventory {
    /// The owned objects.
    pub objects: BTreeMap<ObjectId, Owned>,
}

/// Why a pass was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Trigger {
    /// Somebody called for it.
    #[default]
    Call,
    /// The process has begun.
    Start,
    /// The source is at another revision.
    Source,
    /// Something live has changed.
    Drift,
    /// A unit that this one depends on is ready.
    Dependency,
    /// A person asked for something: to go on, to go back, to look now.
    Control,
    /// The time between two passes is over.
    Interval,
    /// The last pass failed.
    Retry,
}

impl Trigger {
    /// Names it as history and events do.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Start => "start",
            Self::Source => "source",
            Self::Drift => "drift",
            Self::Dependency => "dependency",
            Self::Control => "control",
            Self::Interval => "interval",
            Self::Retry => "retry",
        }
    }
}

/// One pass that wrote something, or failed otherwise than the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Record {
    /// When it ended.
    pub at: Timestamp,
    /// The revision, with its author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// The plan.
    pub plan: Digest,
    /// Why it was made.
    #[serde(default)]
    pub trigger: Trigger,
    /// How many objects ended how.
    pub counts: Counts,
    /// Whether all was written that should be and became as healthy as was waited for: what can be rolled back to.
    #[serde(default)]
    pub good: bool,
}

impl Record {
    /// Makes a record of one pass.
    #[must_use]
    pub const fn new(at: Timestamp, revision: Option<Revision>, plan: Digest, counts: Counts) -> Self {
        Self { at, revision, plan, trigger: Trigger::Call, counts, good: false }
    }

    /// Says whether the pass went well.
    #[must_use]
    pub const fn with_good(mut self, good: bool) -> Self {
        self.good = good;
        self
    }

    /// Says why the pass was made.
    #[must_use]
    pub const fn with_trigger(mut self, trigger: Trigger) -> Self {
        self.trigger = trigger;
        self
    }
}

/// Where a unit is rendered from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnitOrigin {
    /// The source, in a spelling that all units of one source share; without credentials.
    pub source: Text,
    /// The folder in it.
    pub path: TreePath,
}

/// A hook that ran: what it was, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HookRun {
    /// What it ran for: a digest over all that was wanted, the hook among it.
    pub run: Digest,
    /// Whether it succeeded; `None` while nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub good: Option<bool>,
    /// What was there when it began, to be made anew: the identity of that object, else its version. While it is there still,
    /// the hook has not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Text>,
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
    /// The namespace into which the target put objects that named none. A unit keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_namespace: Option<Text>,
    /// Where the unit is rendered from, where that is known: units of one source know one another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<UnitOrigin>,
    /// Since when the unit is known by this name: of two that are rendered from the same folder, the younger one is the older
    /// one by its new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The hooks that ran last.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hooks: BTreeMap<ObjectId, HookRun>,
    /// The hooks that run when the unit is deleted, as it was last carried out: the digest of each object, sealed by the
    /// [`Key`]. No body of them is kept; without any, a deletion does not ask the source.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deletion_hooks: BTreeMap<ObjectId, Digest>,
    /// The [name](Key::name) of the key by which the digests in it are sealed; `None` for a state that an earlier release
    /// saved, with digests that anybody can make.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_by: Option<Digest>,
}

impl Saved {
    /// Makes a state in which nothing is remembered.
    #[must_use]
    pub fn empty(version: Version) -> Self {
        Self {
            version,
            inventory: Inventory::default(),
            history: Vec::new(),
            default_namespace: None,
            origin: None,
            since: None,
            hooks: BTreeMap::new(),
            deletion_hooks: BTreeMap::new(),
            sealed_by: None,
        }
    }

    /// Seals the digests of a state that an earlier release saved, so that they are what they would be had they been made
    /// by the key. Gives the change to be saved; `None` where there is nothing to seal.
    pub fn seal(&mut self, key: &Key) -> Option<Delta> {
        if self.sealed_by.is_some() {
            return None;
        }
        for owned in self.inventory.objects.values_mut() {
            owned.wanted = key.seal(owned.wanted);
            owned.stamp = owned.stamp.map(|stamp| key.seal(stamp));
        }
        self.hooks.values_mut().for_each(|run| run.run = key.seal(run.run));
        self.history.iter_mut().for_each(|record| record.plan = key.seal(record.plan));
        self.sealed_by = Some(key.name());
        Some(Delta {
            put: self.inventory.objects.clone(),
            hooks: self.hooks.clone(),
            history: Some(self.history.clone()),
            sealed_by: self.sealed_by,
            ..Delta::default()
        })
    }

    /// Gives the last pass that went well.
    #[must_use]
    pub fn last_good(&self) -> Option<&Record> {
        self.history.iter().rev().find(|record| record.good)
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
    /// The history so far, where it is another one than was saved.
    pub history: Option<Vec<Record>>,
    /// A pass to add to the history.
    pub record: Option<Record>,
    /// The default namespace, where it is recorded for the first time.
    pub default_namespace: Option<Text>,
    /// Where the unit is rendered from, where that is recorded for the first time or has changed.
    pub origin: Option<UnitOrigin>,
    /// Since when the unit is known, where that is recorded for the first time.
    pub since: Option<Timestamp>,
    /// Hooks that ran. One whose object is [dropped](Self::drop) by the same change stays remembered.
    pub hooks: BTreeMap<ObjectId, HookRun>,
    /// Hooks of which nothing is remembered any more, as if they had not run.
    pub unran: Vec<ObjectId>,
    /// All hooks that run when the unit is deleted, where they are others than before.
    pub deletion_hooks: Option<BTreeMap<ObjectId, Digest>>,
    /// The name of the key by which all digests are sealed from now on.
    pub sealed_by: Option<Digest>,
    /// Forget the unit: afterwards nothing is stored of it.
    pub forget: bool,
}

impl Delta {
    /// Says whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Makes the change, but for [`forget`](Delta::forget), which is the store's. The history keeps its newest
    /// [`Limits::history_max`] records, and the last good one beside them. What every store calls, so that a delta means
    /// the same everywhere.
    pub fn apply(&self, saved: &mut Saved, limits: &Limits) {
        for id in &self.drop {
            saved.inventory.objects.remove(id);
        }
        saved.inventory.objects.extend(self.put.iter().map(|(id, owned)| (id.clone(), owned.clone())));
        if let Some(history) = &self.history {
            saved.history.clone_from(history);
        }
        saved.history.extend(self.record.clone());
        trim(&mut saved.history, limits.history_max);
        if self.default_namespace.is_some() {
            saved.default_namespace.clone_from(&self.default_namespace);
        }
        if self.origin.is_some() {
            saved.origin.clone_from(&self.origin);
        }
        saved.since = saved.since.or(self.since);
        saved.sealed_by = self.sealed_by.or(saved.sealed_by);
        for id in self.drop.iter().chain(&self.unran) {
            saved.hooks.remove(id);
        }
        saved.hooks.extend(self.hooks.iter().map(|(id, run)| (id.clone(), run.clone())));
        if let Some(hooks) = &self.deletion_hooks {
            saved.deletion_hooks.clone_from(hooks);
        }
    }
}

/// Drops the oldest records, but keeps the last good one: it is what can be gone back to.
fn trim(history: &mut Vec<Record>, history_max: usize) {
    let surplus = history.len().saturating_sub(history_max);
    let last_good = history.iter().rposition(|record| record.good).filter(|at| *at < surplus);
    let kept = last_good.map(|at| history[at].clone());
    history.drain(..surplus);
    if let Some(kept) = kept {
        history.insert(0, kept);
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
/// - Each installation has one [`Key`], the same for every instance and process, made once and kept where only those can read
///   it who may read secrets: never in the document of a state. Neither `Debug` nor an error shows it.
///
/// As it is written, by a wrapper that lets nobody save, for plans in a pipeline:
///
/// ```
/// use std::sync::Arc;
/// use windlass_core::{
///     Context, Delta, Error, ErrorKind, Key, Result, Saved, StateStore, UnitId, Version, async_trait,
/// };
///
/// #[derive(Debug)]
/// struct ReadOnly(Arc<dyn StateStore>);
///
/// #[async_trait]
/// impl StateStore for ReadOnly {
///     async fn load(&self, cx: &Context, unit: &UnitId) -> Result<Option<Saved>> {
///         self.0.load(cx, unit).await
///     }
///
///     async fn save(&self, _: &Context, unit: &UnitId, _: Option<&Version>, _: &Delta) -> Result<Version> {
///         Err(Error::new(ErrorKind::Denied, "the state is only read here").with("unit", unit))
///     }
///
///     async fn units(&self, cx: &Context) -> Result<Vec<UnitId>> {
///         self.0.units(cx).await
///     }
///
///     async fn key(&self, cx: &Context, installation: &str, make: bool) -> Result<Option<Key>> {
///         if make {
///             return Err(Error::new(ErrorKind::Denied, "no key is made here"));
///         }
///         self.0.key(cx, installation, false).await
///     }
/// }
/// ```
///
/// [A store of your own](https://github.com/windlass-dev/windlass/blob/main/docs/custom-store.md) is a whole crate, with its tests.
///
/// # Cancel safety
/// Dropping `save` leaves the state either as it was or wholly saved.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no store of state",
    label = "this does not keep what is remembered of units",
    note = "above the `impl` stands `#[async_trait]`, which windlass-core and windlass re-export",
    note = "how to write one: https://github.com/windlass-dev/windlass/blob/main/docs/custom-store.md"
)]
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

    /// Gives the key of an installation. Where there is none yet, one is made if `make`, which is a write; else it is `None`,
    /// and nothing is written.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied), saying which right is missing; [`Corrupt`](crate::ErrorKind::Corrupt) for a key
    /// that cannot be read, never another key; [`Unavailable`](crate::ErrorKind::Unavailable).
    async fn key(&self, cx: &Context, installation: &str, make: bool) -> Result<Option<Key>>;
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
    fn the_last_good_record_is_kept_however_many_bad_ones_follow() {
        let mut saved = Saved::empty(Version::new("1"));
        let limits = Limits { history_max: 2, ..Limits::default() };
        for at in 1..=9 {
            let revision = Some(Revision::new("a"));
            let record = Record::new(Timestamp::from_unix(at), revision, Digest::of(b""), Counts::default());
            let delta = Delta { record: Some(record.with_good(at == 3)), ..Delta::default() };
            delta.apply(&mut saved, &limits);
        }
        let times: Vec<u64> = saved.history.iter().map(|record| record.at.unix()).collect();
        assert_eq!(times, [3, 8, 9]);
        assert_eq!(saved.last_good().map(|record| record.at.unix()), Some(3));
    }

    #[test]
    fn a_hook_whose_object_is_dropped_stays_remembered_where_the_same_change_says_that_it_ran() {
        let mut saved = Saved::empty(Version::new("1"));
        let ids = ["cleaned", "gone", "past"].map(|name| ObjectId::new("", "ConfigMap", "shop", name));
        let ran = HookRun { run: Digest::of(b"run"), good: Some(true), before: None };
        saved.hooks = ids.iter().map(|id| (id.clone(), ran.clone())).collect();
        let [cleaned, gone, past] = ids;
        let (drop, unran) = (vec![cleaned.clone(), gone], vec![past]);
        let hooks = BTreeMap::from([(cleaned.clone(), ran.clone())]);
        Delta { drop, unran, hooks, ..Delta::default() }.apply(&mut saved, &Limits::default());
        assert_eq!(saved.hooks, BTreeMap::from([(cleaned, ran)]));
    }

    #[test]
    fn what_an_earlier_release_saved_is_sealed_once_and_whole() {
        let (key, id) = (Key::new([1; 32]), ObjectId::new("", "Secret", "shop", "db"));
        let (wanted, stamp) = (Digest::of(b"wanted"), Digest::of(b"stamp"));
        let mut saved = Saved::empty(Version::new("1"));
        let owned = Owned {
            api_version: "v1".into(),
            rank: 0,
            wanted,
            stamp: Some(stamp),
            uid: None,
            keep: false,
            transient: false,
            contest: None,
        };
        saved.inventory.objects.insert(id.clone(), owned);
        saved.hooks.insert(id.clone(), HookRun { run: wanted, good: None, before: None });
        saved.history.push(Record::new(Timestamp::from_unix(1), None, wanted, Counts::default()));
        let mut stored = saved.clone();
        let delta = saved.seal(&key).expect("it was not sealed");
        delta.apply(&mut stored, &Limits::default());
        assert_eq!(stored, saved);
        let owned = &saved.inventory.objects[&id];
        assert_eq!((owned.wanted, owned.stamp), (key.seal(wanted), Some(key.seal(stamp))));
        assert_eq!((saved.hooks[&id].run, saved.history[0].plan), (key.seal(wanted), key.seal(wanted)));
        assert_eq!(saved.seal(&key), None);
    }
}
