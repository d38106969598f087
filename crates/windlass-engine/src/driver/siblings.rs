//! What other units of the same source want, so that an object that changes hands is handed over and not deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use windlass_core::{
    Admitted, Artifact, Context, Digest, ErrorKind, Item, Need, ObjectId, Observation, Result, Timestamp,
    TreePath, UnitId, UnitOrigin,
};

use super::Engine;
use super::guard::call;
use crate::facts::{Facts, Siblings};

/// Units that the state may name beside those of this process.
const STORED_MAX: usize = 2000;

/// The units of one process, so that each knows what the others are rendered from.
#[derive(Default)]
pub(crate) struct Roster(Mutex<BTreeMap<UnitId, Entry>>);

#[derive(Clone)]
struct Entry {
    origin: UnitOrigin,
    /// Renders what it is rendered from. Knows no other units.
    engine: Engine,
    /// What it wants, of the artifact that it was asked for last.
    wants: Option<(Digest, Arc<BTreeSet<ObjectId>>)>,
    /// It is the unit itself, by the name that it had before.
    was_ours: bool,
}

impl Roster {
    pub(crate) fn enter(&self, origin: UnitOrigin, engine: &Engine) {
        let engine = engine.clone().with(|parts| parts.roster = Arc::default());
        let entry = Entry { origin, engine: engine.clone(), wants: None, was_ours: false };
        self.entries().insert(engine.0.unit.clone(), entry);
    }

    pub(crate) fn leave(&self, unit: &UnitId) {
        self.entries().remove(unit);
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, BTreeMap<UnitId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The other units of one source on one target.
    fn of_source(&self, origin: &UnitOrigin, of: &Engine) -> BTreeMap<UnitId, Entry> {
        let entries = self.entries();
        let place = of.0.target.profile().place;
        let is_sibling = |(unit, entry): &(&UnitId, &Entry)| {
            **unit != of.0.unit
                && entry.origin.source == origin.source
                && entry.engine.0.target.profile().place == place
        };
        entries.iter().filter(is_sibling).map(|(unit, entry)| (unit.clone(), entry.clone())).collect()
    }

    fn has(&self, unit: &UnitId) -> bool {
        self.entries().contains_key(unit)
    }

    fn remember(&self, unit: &UnitId, artifact: Digest, wants: &Arc<BTreeSet<ObjectId>>) {
        if let Some(entry) = self.entries().get_mut(unit) {
            entry.wants = Some((artifact, Arc::clone(wants)));
        }
    }
}

impl fmt::Debug for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roster({} units)", self.entries().len())
    }
}

impl Engine {
    /// Finds out what the other units of the source want, where that decides what becomes of an object: one that this unit
    /// does not want any more, or one that another unit owns so far.
    pub(super) async fn siblings(
        &self,
        cx: &Context,
        artifact: &Artifact,
        facts: &Facts,
    ) -> Result<Siblings> {
        let Some(origin) = self.origin().filter(|_| self.changes_hands(facts)) else {
            return Ok(Siblings::default());
        };
        let mut entries = self.0.roster.of_source(&origin, self);
        self.add_stored(cx, &origin, facts.since, &mut entries).await?;
        let mut siblings = Siblings::default();
        for (unit, entry) in entries {
            if entry.was_ours {
                siblings.known.insert(unit);
                continue;
            }
            match self.wants(cx, artifact, &unit, entry).await {
                Ok(wants) => {
                    for id in wants.iter() {
                        siblings.wants.entry(id.clone()).or_default().insert(unit.clone());
                    }
                    siblings.known.insert(unit);
                }
                Err(error) => drop(siblings.unknown.insert(unit, error)),
            }
        }
        Ok(siblings)
    }

    fn changes_hands(&self, facts: &Facts) -> bool {
        let live = |id: &ObjectId| facts.observed.observations.get(id).and_then(Observation::live);
        let leaves = facts
            .unwanted()
            .into_iter()
            .filter_map(live)
            .any(|live| live.owner.as_ref().is_some_and(|owner| owner.is_of(&facts.unit)));
        leaves
            || facts.wanted.iter().filter_map(|wanted| live(wanted.item.id())).any(|live| {
                let sibling = live.owner.as_ref().and_then(|owner| owner.sibling_of(&facts.unit));
                sibling.is_some_and(|unit| *unit != facts.unit)
            })
    }

    /// Adds units that are not of this process, as far as the state names them.
    async fn add_stored(
        &self,
        cx: &Context,
        origin: &UnitOrigin,
        since: Option<Timestamp>,
        entries: &mut BTreeMap<UnitId, Entry>,
    ) -> Result<()> {
        let (store, limit) = (self.store()?, cx.limits().request_timeout);
        let of_us = |unit: &UnitId| unit.installation() == self.0.unit.installation() && *unit != self.0.unit;
        let units = call(cx, "state store", limit, store.units(cx)).await?;
        for unit in units.into_iter().filter(of_us).take(STORED_MAX) {
            if self.0.roster.has(&unit) {
                continue;
            }
            let saved = call(cx, "state store", limit, store.load(cx, &unit)).await?;
            let Some(saved) = saved else { continue };
            let Some(stored) = saved.origin.filter(|stored| stored.source == origin.source) else { continue };
            let older = since.is_none_or(|since| saved.since.is_some_and(|its| its < since));
            let was_ours = stored == *origin && older;
            let engine = self.clone().with(|parts| {
                parts.unit = unit.clone();
                parts.path = stored.path.clone();
                parts.roster = Arc::default();
            });
            entries.insert(unit, Entry { origin: stored, engine, wants: None, was_ours });
        }
        Ok(())
    }

    async fn wants(
        &self,
        cx: &Context,
        artifact: &Artifact,
        unit: &UnitId,
        entry: Entry,
    ) -> Result<Arc<BTreeSet<ObjectId>>> {
        if let Some((digest, wants)) = entry.wants
            && digest == artifact.digest()
        {
            return Ok(wants);
        }
        if is_gone(artifact, &entry.origin.path) {
            return Ok(Arc::default());
        }
        // What it renders is of no use to its own passes, and would only be kept.
        let engine = entry.engine.with(|parts| parts.memo = Arc::default());
        let rendered = Box::pin(engine.render(cx, artifact)).await?;
        let hermetic = rendered.reads.keys().all(|need| matches!(need, Need::File(_)));
        let wants = Arc::new(self.identities(cx, rendered.items).await?);
        if hermetic {
            self.0.roster.remember(unit, artifact.digest(), &wants);
        }
        Ok(wants)
    }

    /// The identities of items as the target completes them.
    async fn identities(&self, cx: &Context, items: Vec<Item>) -> Result<BTreeSet<ObjectId>> {
        let Some(predict) = self.0.target.profile().predict else {
            return Ok(items.iter().map(|item| item.id().clone()).collect());
        };
        let limit = cx.limits().gather_timeout;
        let admitted = call(cx, "target", limit, predict.admit(cx, items)).await?;
        Ok(admitted
            .into_iter()
            .map(|admitted| match admitted {
                Admitted::Item(item) | Admitted::Later { item, .. } | Admitted::Refused(item, _) => {
                    item.id().clone()
                }
            })
            .collect())
    }
}

/// A unit whose folder is gone wants nothing any more. Whatever else is not found leaves unknown what it wants.
fn is_gone(artifact: &Artifact, path: &TreePath) -> bool {
    artifact.files().list(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}
