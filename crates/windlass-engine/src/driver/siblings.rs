//! What other units want, so that an object that changes hands is handed over and not deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::select;
use futures_util::stream::{StreamExt as _, iter};
use windlass_core::{
    Admitted, Artifact, Context, Digest, ErrorKind, Item, Need, ObjectId, Owner, Result, Text, Timestamp,
    TreePath, UnitId, UnitOrigin,
};

use super::Engine;
use super::guard::call;
use crate::facts::{Facts, Siblings};

/// Units that the state may name beside those of this process.
const STORED_MAX: usize = 2000;

/// How long the names of the units of a state are believed, so that many units do not all ask for them.
const STORED_FRESH: Duration = Duration::from_secs(5);

/// Units of other sources that are asked in one pass.
const OTHERS_MAX: usize = 200;

/// How long all of them together may take to answer: what leaves is not kept by sources that somebody else cares for.
const OTHERS_TIME: Duration = Duration::from_secs(10);

/// How many of them are asked at a time.
const OTHERS_AT_ONCE: usize = 8;

/// The units of one process, so that each knows what the others are rendered from.
#[derive(Default)]
pub(crate) struct Roster {
    entries: Mutex<BTreeMap<UnitId, Entry>>,
    /// The units that the state of a place names, and when that was read.
    stored: futures_util::lock::Mutex<BTreeMap<Text, Stored>>,
}

/// When the names of units were read, and which they were.
type Stored = (Duration, Arc<Vec<UnitId>>);

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
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The other units of one source on one target.
    fn of_source(&self, origin: &UnitOrigin, of: &Engine) -> BTreeMap<UnitId, Entry> {
        self.beside(of, |_, entry| entry.origin.source == origin.source)
    }

    /// The other units on one target of which something is true.
    fn beside(&self, of: &Engine, is_meant: impl Fn(&UnitId, &Entry) -> bool) -> BTreeMap<UnitId, Entry> {
        let entries = self.entries();
        let place = of.0.target.profile().place;
        let is_meant = |(unit, entry): &(&UnitId, &Entry)| {
            **unit != of.0.unit && entry.engine.0.target.profile().place == place && is_meant(unit, entry)
        };
        entries.iter().filter(is_meant).map(|(unit, entry)| (unit.clone(), entry.clone())).collect()
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
    /// Finds out what other units want, where that decides what becomes of an object: one that this unit does not want any
    /// more, or one that another unit owns so far.
    pub(super) async fn siblings(
        &self,
        cx: &Context,
        artifact: &Artifact,
        facts: &Facts,
    ) -> Result<Siblings> {
        let hands = Hands::of(facts);
        if hands.is_empty() {
            return Ok(Siblings::default());
        }
        let entries = self.units_of_source(cx, facts).await?;
        let mut siblings = self.wanted_by(cx, artifact, &hands, entries).await?;
        self.add_others(cx, &hands, self.units_of_other_sources(&hands), &mut siblings).await;
        Ok(siblings)
    }

    /// The other units of the source.
    async fn units_of_source(&self, cx: &Context, facts: &Facts) -> Result<BTreeMap<UnitId, Entry>> {
        let Some(origin) = self.origin() else { return Ok(BTreeMap::new()) };
        let mut entries = self.0.roster.of_source(&origin, self);
        self.add_stored(cx, &origin, facts.since, &mut entries).await?;
        Ok(entries)
    }

    /// The units of other sources: any of them may want what leaves, but only the owner lets go of what comes. Only those of
    /// this process: of no other it is known how to render it.
    fn units_of_other_sources(&self, hands: &Hands<'_>) -> BTreeMap<UnitId, Entry> {
        let source = self.origin().map(|origin| origin.source);
        let owners: BTreeSet<&UnitId> = hands.comes.values().copied().collect();
        let is_meant = |unit: &UnitId, entry: &Entry| {
            Some(&entry.origin.source) != source.as_ref()
                && (!hands.leaves.is_empty() || owners.contains(unit))
        };
        self.0.roster.beside(self, is_meant)
    }

    /// Adds what units of other sources want, each at the revision that its source is at. One that cannot be asked, or does not
    /// answer in time, holds nothing back: it may be broken for years, and belong to somebody else.
    async fn add_others(
        &self,
        cx: &Context,
        hands: &Hands<'_>,
        others: BTreeMap<UnitId, Entry>,
        siblings: &mut Siblings,
    ) {
        let questions = others.into_iter().take(OTHERS_MAX).map(async |(unit, entry)| {
            let wants = self.wants_now(cx, &unit, entry).await;
            (unit, wants)
        });
        let mut answers = iter(questions).buffer_unordered(OTHERS_AT_ONCE);
        let answered = pin!(async {
            while let Some((unit, wants)) = answers.next().await {
                if let Ok(wants) = wants {
                    siblings.add(unit, &wants, hands);
                }
            }
        });
        select(answered, pin!(cx.clock().sleep(OTHERS_TIME))).await;
    }

    async fn wants_now(&self, cx: &Context, unit: &UnitId, entry: Entry) -> Result<Arc<BTreeSet<ObjectId>>> {
        let revision = entry.engine.resolve(cx).await?;
        let artifact = entry.engine.fetch(cx, &revision).await?;
        self.wants(cx, &artifact, unit, entry).await
    }

    async fn wanted_by(
        &self,
        cx: &Context,
        artifact: &Artifact,
        hands: &Hands<'_>,
        entries: BTreeMap<UnitId, Entry>,
    ) -> Result<Siblings> {
        let mut siblings = Siblings::default();
        for (unit, entry) in entries {
            if entry.was_ours {
                siblings.known.insert(unit);
                continue;
            }
            match self.wants(cx, artifact, &unit, entry).await {
                Ok(wants) => siblings.add(unit, &wants, hands),
                Err(error) => drop(siblings.unknown.insert(unit, error)),
            }
        }
        Ok(siblings)
    }

    /// Finds out what has moved from a unit that is deleted to another unit, so that it is not taken from that one. What both
    /// want goes, and so does all where the source cannot be asked: a deletion does not depend on it.
    pub(super) async fn siblings_of_deleted(&self, cx: &Context, facts: &Facts) -> Siblings {
        self.moved_away(cx, facts).await.unwrap_or_default()
    }

    async fn moved_away(&self, cx: &Context, facts: &Facts) -> Result<Siblings> {
        let hands = Hands::of(facts);
        if hands.is_empty() {
            return Ok(Siblings::default());
        }
        let (entries, others) = (self.units_of_source(cx, facts).await?, self.units_of_other_sources(&hands));
        let Some(origin) = self.origin().filter(|_| !entries.is_empty() || !others.is_empty()) else {
            return Ok(Siblings::default());
        };
        let revision = self.resolve(cx).await?;
        let artifact = self.fetch(cx, &revision).await?;
        let engine = self.clone().with(|parts| parts.roster = Arc::default());
        let own = Entry { origin, engine, wants: None, was_ours: false };
        let own = self.wants(cx, &artifact, &self.0.unit, own).await.unwrap_or_default();
        let mut siblings = self.wanted_by(cx, &artifact, &hands, entries).await?;
        self.add_others(cx, &hands, others, &mut siblings).await;
        siblings.wants.retain(|id, _| !own.contains(id));
        Ok(siblings)
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
        let units = self.stored_units(cx).await?;
        for unit in units.iter().filter(|unit| of_us(unit) && !self.0.roster.has(unit)).take(STORED_MAX) {
            let saved = call(cx, "state store", limit, store.load(cx, unit)).await?;
            let Some(saved) = saved else { continue };
            let Some(stored) = saved.origin.filter(|stored| stored.source == origin.source) else { continue };
            let older = since.is_none_or(|since| saved.since.is_some_and(|its| its < since));
            let was_ours = stored == *origin && older;
            let engine = self.clone().with(|parts| {
                parts.unit = unit.clone();
                parts.path = stored.path.clone();
                parts.roster = Arc::default();
            });
            entries.insert(unit.clone(), Entry { origin: stored, engine, wants: None, was_ours });
        }
        Ok(())
    }

    /// The units that the state names. Who asks while another unit of the process does waits for that answer.
    async fn stored_units(&self, cx: &Context) -> Result<Arc<Vec<UnitId>>> {
        let (place, now) = (self.0.target.profile().place, cx.now().mono);
        let mut stored = cx.unless_over(self.0.roster.stored.lock()).await?;
        if let Some((read, units)) = stored.get(place)
            && now.saturating_sub(*read) < STORED_FRESH
        {
            return Ok(Arc::clone(units));
        }
        let (store, limit) = (self.store()?, cx.limits().request_timeout);
        let units = Arc::new(call(cx, "state store", limit, store.units(cx)).await?);
        stored.insert(place.into(), (now, Arc::clone(&units)));
        Ok(units)
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
        let wants = Arc::new(engine.identities(cx, rendered.items).await?);
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

impl Siblings {
    /// Adds a unit of which it is known what it wants.
    fn add(&mut self, unit: UnitId, wants: &BTreeSet<ObjectId>, hands: &Hands<'_>) {
        let asked = hands.leaves.iter().chain(hands.comes.keys()).copied();
        for id in asked.filter(|id| wants.contains(*id)) {
            self.wants.entry(id.clone()).or_default().insert(unit.clone());
        }
        self.known.insert(unit);
    }
}

/// The objects of which it matters what others want.
struct Hands<'f> {
    /// Those of this unit that are not wanted any more.
    leaves: BTreeSet<&'f ObjectId>,
    /// Those that are wanted and that another unit owns, with that unit.
    comes: BTreeMap<&'f ObjectId, &'f UnitId>,
}

impl<'f> Hands<'f> {
    fn of(facts: &'f Facts) -> Self {
        let owner = |id: &ObjectId| -> Option<&'f Owner> {
            facts.observed.observations.get(id)?.live()?.owner.as_ref()
        };
        let is_ours = |id: &&ObjectId| owner(id).is_some_and(|owner| owner.is_of(&facts.unit));
        let of_another = |id: &'f ObjectId| {
            let sibling = owner(id)?.sibling_of(&facts.unit)?;
            (*sibling != facts.unit).then_some((id, sibling))
        };
        Self {
            leaves: facts.unwanted().into_iter().filter(is_ours).collect(),
            comes: facts.wanted.iter().filter_map(|wanted| of_another(wanted.item.id())).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.leaves.is_empty() && self.comes.is_empty()
    }
}

/// A unit whose folder is gone wants nothing any more. Whatever else is not found leaves unknown what it wants.
fn is_gone(artifact: &Artifact, path: &TreePath) -> bool {
    artifact.files().list(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}
