//! What is known behind the lock of a view: tables, units, and the news for them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use windlass_core::{ObjectId, Text, UnitId};

use super::scope::{Scope, Status, Task};
use super::table::{Ask, Asked, News, Table, UnitNo};
use super::{About, At, Told};
use crate::resource::Resource;

/// How long a kind is kept up to date for a unit that does not ask for it and owns nothing of it: a look at a part of its
/// objects is no loss of interest in the others.
const LINGER: Duration = Duration::from_secs(120);
/// How often units look again at objects that no watch tells of.
pub(super) const UNWATCHED_AGAIN: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(super) struct State {
    pub(super) tables: BTreeMap<Resource, Table>,
    pub(super) units: BTreeMap<UnitNo, Watched>,
    numbers: HashMap<UnitId, Vec<UnitNo>>,
    desks: BTreeMap<u32, Inbox>,
    next: u32,
    /// The task that looks after what is not ready.
    pub(super) nurse: Option<Task>,
    /// The server refuses lists by watches.
    pub(super) pages_only: bool,
    /// Objects that are being written.
    writing: HashMap<ObjectId, Writing>,
    looks: u64,
}

/// An object that is being written: a watch may tell of it before the response comes.
#[derive(Default)]
struct Writing {
    writes: usize,
    /// Whom it concerns that the object is gone, and the version that was told.
    gone: Option<(News, Option<u64>)>,
    /// The last that was told of the object as it is.
    told: Option<(About, Told)>,
}

/// What a write was, once its response is there.
pub(super) struct Written<'a> {
    pub(super) by: Option<&'a UnitId>,
    /// What it came to; `None` where nobody knows.
    pub(super) end: Option<WriteEnd>,
}

impl Written<'_> {
    /// Says whether what was told of the object at this version is what the write did.
    pub(super) fn is_echo(&self, told: Option<u64>) -> bool {
        match self.end {
            Some(WriteEnd::Gone) => true,
            Some(WriteEnd::At(Some(at))) => told.is_some_and(|told| told <= at),
            Some(WriteEnd::At(None)) | None => false,
        }
    }
}

/// What a write came to.
#[derive(Clone, Copy)]
pub(super) enum WriteEnd {
    /// The object is at this version.
    At(Option<u64>),
    Gone,
}

/// The units of one desk that have something to look at again.
struct Inbox {
    changed: BTreeSet<UnitId>,
    told: Arc<Notify>,
}

/// A unit that was asked for at one desk.
pub(super) struct Watched {
    desk: u32,
    pub(super) unit: UnitId,
    pub(super) kinds: BTreeMap<Resource, Asked>,
    /// When it looked last, or was last told to.
    looked: Duration,
    /// Whether its last look asked for anything that no watch tells of.
    pub(super) waits: bool,
}

impl State {
    /// Opens a desk.
    pub(super) fn open(&mut self) -> (u32, Arc<Notify>) {
        self.next += 1;
        let told = Arc::new(Notify::new());
        self.desks.insert(self.next, Inbox { changed: BTreeSet::new(), told: Arc::clone(&told) });
        (self.next, told)
    }

    /// Closes a desk and releases its units.
    pub(super) fn close(&mut self, desk: u32) {
        let units: Vec<UnitNo> =
            self.units.iter().filter(|(_, watched)| watched.desk == desk).map(|(no, _)| *no).collect();
        units.into_iter().for_each(|no| self.release_no(no));
        self.desks.remove(&desk);
    }

    /// Takes the units of a desk that have something to look at again.
    pub(super) fn take(&mut self, desk: u32) -> BTreeSet<UnitId> {
        self.desks.get_mut(&desk).map(|news| std::mem::take(&mut news.changed)).unwrap_or_default()
    }

    /// Notes that a unit asks for objects of a kind, and gives its number.
    pub(super) fn ask<'a>(
        &mut self,
        (desk, unit): (u32, &UnitId),
        (now, look): (Duration, u64),
        resource: &Resource,
        ids: impl Iterator<Item = &'a ObjectId>,
    ) -> UnitNo {
        let no = self.number(desk, unit);
        let Some(watched) = self.units.get_mut(&no) else { return no };
        watched.looked = now;
        let table = self.tables.entry(resource.clone()).or_default();
        table.units.insert(no);
        let asked = watched.kinds.entry(resource.clone()).or_default();
        asked.at = now;
        for id in ids {
            match asked.objects.get_mut(id) {
                Some(ask) => ask.look = look,
                None => {
                    asked.objects.insert(id.clone(), Ask { look, unwatched: false });
                    table.ask(no, id);
                }
            }
        }
        no
    }

    /// Forgets what a unit asked for before `look`, and asks for no more.
    pub(super) fn forget_others(&mut self, no: UnitNo, look: u64) {
        let Some(watched) = self.units.get_mut(&no) else { return };
        for (resource, asked) in &mut watched.kinds {
            let Some(table) = self.tables.get_mut(resource) else { continue };
            asked.objects.retain(|id, ask| {
                let keep = ask.look >= look;
                if !keep {
                    table.ask_no_more(no, id);
                }
                keep
            });
        }
    }

    /// Lets go of kinds that a unit has not asked for in a while and has no object of.
    pub(super) fn tidy(&mut self, no: UnitNo, now: Duration) {
        let Some(watched) = self.units.get(&no) else { return };
        let over = |(resource, asked): &(&Resource, &Asked)| {
            let table = self.tables.get(*resource);
            asked.at + LINGER < now
                && table.is_none_or(|table| table.owned_by(&watched.unit).next().is_none())
        };
        let over: Vec<Resource> =
            watched.kinds.iter().filter(over).map(|(resource, _)| resource.clone()).collect();
        for resource in over {
            self.let_go(no, &resource);
        }
    }

    pub(super) fn release(&mut self, desk: u32, unit: &UnitId) {
        let no = self.number_of(desk, unit);
        if let Some(no) = no {
            self.release_no(no);
        }
        if let Some(news) = self.desks.get_mut(&desk) {
            news.changed.remove(unit);
        }
    }

    fn release_no(&mut self, no: UnitNo) {
        let kinds: Vec<Resource> =
            self.units.get(&no).map(|watched| watched.kinds.keys().cloned().collect()).unwrap_or_default();
        kinds.iter().for_each(|resource| self.let_go(no, resource));
        if let Some(watched) = self.units.remove(&no)
            && let Some(numbers) = self.numbers.get_mut(&watched.unit)
        {
            numbers.retain(|have| *have != no);
            if numbers.is_empty() {
                self.numbers.remove(&watched.unit);
            }
        }
    }

    /// A unit needs a kind no more. With the last one its table goes, and with it the tasks.
    fn let_go(&mut self, no: UnitNo, resource: &Resource) {
        let asked = self.units.get_mut(&no).and_then(|watched| watched.kinds.remove(resource));
        let Some(table) = self.tables.get_mut(resource) else { return };
        table.units.remove(&no);
        if table.units.is_empty() {
            self.tables.remove(resource);
            return;
        }
        let asked = asked.unwrap_or_default();
        asked.objects.keys().for_each(|id| table.ask_no_more(no, id));
    }

    /// Tells the units that something concerns; not the one that did it.
    pub(super) fn tell(&mut self, news: &News, by: Option<&UnitId>) {
        let owners = news.owners.iter().filter_map(|unit| self.numbers.get(unit)).flatten();
        let concerned: BTreeSet<UnitNo> = news.askers.iter().chain(owners).copied().collect();
        concerned.into_iter().for_each(|no| self.tell_one(no, by));
    }

    /// Numbers a look.
    pub(super) fn next_look(&mut self) -> u64 {
        self.looks += 1;
        self.looks
    }

    pub(super) fn begin_write(&mut self, id: &ObjectId) {
        self.writing.entry(id.clone()).or_default().writes += 1;
    }

    /// Holds back what is told of an object that is being written; gives it back where none is.
    pub(super) fn hold_back(&mut self, about: About, told: Told) -> Option<(About, Told)> {
        match self.writing.get_mut(&about.id) {
            Some(writing) => {
                writing.told = Some((about, told));
                None
            }
            None => Some((about, told)),
        }
    }

    /// Ends a write, and tells that the object is gone where that was held back: to all but the writer where it is the echo of
    /// the write. Gives what else was held back, with the last of several writes.
    pub(super) fn end_write(&mut self, id: &ObjectId, written: &Written<'_>) -> Option<(About, Told)> {
        let writing = self.writing.get_mut(id)?;
        writing.writes = writing.writes.saturating_sub(1);
        let gone = writing.gone.take();
        let told = if writing.writes == 0 { self.writing.remove(id)?.told } else { None };
        if let Some((news, revision)) = gone {
            self.tell(&news, written.by.filter(|_| written.is_echo(revision)));
        }
        told
    }

    /// Tells that an object is gone, or holds the news back while it is being written. What was held back before is old.
    pub(super) fn tell_event(&mut self, id: &ObjectId, revision: Option<u64>, news: News) {
        match self.writing.get_mut(id) {
            Some(writing) => {
                writing.told = None;
                if !news.is_empty() {
                    let (held, told) = writing.gone.get_or_insert_default();
                    held.extend(news);
                    *told = (*told).max(revision);
                }
            }
            None => self.tell(&news, None),
        }
    }

    /// Tells all units that need what could not be seen for a while.
    pub(super) fn tell_all(&mut self, at: &At) {
        let units = self.tables.get(&at.resource).map(|table| table.units.clone()).unwrap_or_default();
        units.into_iter().for_each(|no| self.tell_one(no, None));
    }

    fn tell_one(&mut self, no: UnitNo, by: Option<&UnitId>) {
        let Some(watched) = self.units.get(&no) else { return };
        if by == Some(&watched.unit) {
            return;
        }
        if let Some(news) = self.desks.get_mut(&watched.desk) {
            news.changed.insert(watched.unit.clone());
            news.told.notify_one();
        }
    }

    /// Tells units of a desk to look again at what no watch tells of, once that is due. Gives when the next one is.
    pub(super) fn tell_due(&mut self, desk: u32, now: Duration) -> Option<Duration> {
        let mut next = None;
        let mut due = Vec::new();
        for (no, watched) in self.units.iter_mut().filter(|(_, watched)| watched.desk == desk) {
            if !watched.waits {
                continue;
            }
            if watched.looked + UNWATCHED_AGAIN <= now {
                watched.looked = now;
                due.push(*no);
            }
            let at = watched.looked + UNWATCHED_AGAIN;
            next = Some(next.map_or(at, |next: Duration| next.min(at)));
        }
        due.into_iter().for_each(|no| self.tell_one(no, None));
        next
    }

    pub(super) fn units_of(&self, desk: u32) -> usize {
        self.units.values().filter(|watched| watched.desk == desk).count()
    }

    fn number(&mut self, desk: u32, unit: &UnitId) -> UnitNo {
        if let Some(no) = self.number_of(desk, unit) {
            return no;
        }
        self.next += 1;
        let (kinds, looked) = (BTreeMap::new(), Duration::ZERO);
        let watched = Watched { desk, unit: unit.clone(), kinds, looked, waits: false };
        self.units.insert(self.next, watched);
        self.numbers.entry(unit.clone()).or_default().push(self.next);
        self.next
    }

    fn number_of(&self, desk: u32, unit: &UnitId) -> Option<UnitNo> {
        let numbers = self.numbers.get(unit)?;
        numbers.iter().copied().find(|no| self.units.get(no).is_some_and(|watched| watched.desk == desk))
    }
}

impl Table {
    /// Gives the scope of a namespace, or that of all.
    pub(super) fn scope(&self, namespace: &str) -> &Scope {
        self.narrow.as_ref().and_then(|scopes| scopes.get(namespace)).unwrap_or(&self.wide)
    }

    pub(super) fn scope_mut(&mut self, namespace: &str) -> &mut Scope {
        match self.narrow.as_mut().and_then(|scopes| scopes.get_mut(namespace)) {
            Some(scope) => scope,
            None => &mut self.wide,
        }
    }

    /// Gives the namespaces whose scopes decide about objects: all in one where all may be listed.
    pub(super) fn scopes_for(&self, ids: &[&ObjectId]) -> BTreeSet<Text> {
        match &self.narrow {
            Some(_) => ids.iter().map(|id| id.namespace.clone()).collect(),
            None => [Text::default()].into(),
        }
    }

    /// Says whether objects of a namespace are kept, so that what we write may be kept as well.
    pub(super) fn keeps(&self, namespace: &str) -> bool {
        let scope = match &self.narrow {
            Some(scopes) => scopes.get(namespace),
            None => Some(&self.wide),
        };
        scope.is_some_and(|scope| !matches!(scope.status, Status::Denied | Status::Unserved))
    }
}
