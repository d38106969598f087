//! What one target asks of a view.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::pin::pin;
use std::sync::Arc;

use futures_util::future::select;
use tokio::sync::Notify;
use windlass_core::{Context, Live, ObjectId, Result, Text, UnitId};

use super::reflector::Reflector;
use super::scope::{Status, Task};
use super::seen::{Found, Seen, Sought};
use super::state::{State, WriteEnd, Written};
use super::table::{News, UnitNo};
use super::{At, View, is_selected, kept, lasting, nurse, revision};
use crate::owner;
use crate::resource::Resource;

/// A place at a view for the units of one target. They are released when it is dropped.
pub(crate) struct Desk {
    view: Arc<View>,
    no: u32,
    told: Arc<Notify>,
}

impl Desk {
    pub(super) fn at(view: Arc<View>) -> Self {
        let (no, told) = view.state().open();
        Self { view, no, told }
    }

    /// Gives what is known of objects, once their kinds have been listed. It asks nobody where they have been. From then on
    /// the unit is told of these objects; of those that it asked for before as well, where this look is a part of a larger.
    ///
    /// # Errors
    /// As [`Context::check`]; what cannot be listed is in what it gives.
    pub(crate) async fn look(
        &self,
        cx: &Context,
        unit: &UnitId,
        sought: &Sought<'_>,
        is_part: bool,
    ) -> Result<Seen> {
        let mut since = Attempts { look: self.view.state().next_look(), is_part, ..Attempts::default() };
        loop {
            let mut settled = pin!(self.view.settled.notified());
            settled.as_mut().enable();
            if let Some(seen) = self.look_now(cx, unit, sought, &mut since) {
                return Ok(seen);
            }
            cx.unless_over(settled).await?;
        }
    }

    /// Gives what is known; `None` where something is still being listed.
    fn look_now(
        &self,
        cx: &Context,
        unit: &UnitId,
        sought: &Sought<'_>,
        since: &mut Attempts,
    ) -> Option<Seen> {
        let mut state = self.view.state();
        let (mut open, mut nos) = (false, BTreeSet::new());
        for (resource, ids) in sought {
            let when = (self.view.now(cx), since.look);
            nos.insert(state.ask((self.no, unit), when, resource, ids.iter().copied()));
            open |= self.start(cx, &mut state, resource, ids, since);
        }
        if !since.is_part {
            nos.iter().for_each(|no| state.forget_others(*no, since.look));
        }
        if open {
            return None;
        }
        let reader = self.view.reader(cx.now().wall);
        let mut seen = Seen::default();
        for (resource, ids) in sought {
            if let Some(table) = state.tables.get(resource) {
                seen.add(table, unit, ids, &reader);
            }
        }
        for no in nos {
            state.tidy(no, self.view.now(cx));
            note_unwatched(&mut state, no, &seen);
        }
        Some(seen)
    }

    /// Starts what keeps a kind up to date where nobody does, and says whether somebody has to wait for it.
    fn start(
        &self,
        cx: &Context,
        state: &mut State,
        resource: &Resource,
        ids: &[&ObjectId],
        since: &mut Attempts,
    ) -> bool {
        let pages_only = state.pages_only;
        let Some(table) = state.tables.get_mut(resource) else { return false };
        let mut open = false;
        for namespace in table.scopes_for(ids) {
            let at = At { resource: resource.clone(), namespace: namespace.clone() };
            if let Some(scopes) = &mut table.narrow {
                scopes.entry(namespace.clone()).or_default();
            }
            let scope = table.scope_mut(&namespace);
            let known = since.get(&at.resource, &namespace);
            let first = known.is_none();
            let before = known.unwrap_or(scope.attempts);
            since.set(&at, before);
            if scope.is_idle() && (first || matches!(scope.status, Status::Starting)) {
                scope.status = Status::Starting;
                let reflector = Reflector::new(&self.view, at, lasting(cx), Arc::clone(&scope.hurry));
                let reflector = if pages_only { reflector.by_pages() } else { reflector };
                scope.task = Some(Task::spawn(reflector.run()));
            } else if first && matches!(scope.status, Status::Broken(_)) {
                scope.hurry.notify_one();
            }
            open |= !scope.is_settled(before);
        }
        open
    }

    /// Waits until units have something to look at again.
    ///
    /// # Errors
    /// As [`Context::check`].
    pub(crate) async fn changed(&self, cx: &Context) -> Result<BTreeSet<UnitId>> {
        loop {
            let mut told = pin!(self.told.notified());
            told.as_mut().enable();
            let now = self.view.now(cx);
            let next = {
                let mut state = self.view.state();
                let next = state.tell_due(self.no, now);
                let changed = state.take(self.no);
                if !changed.is_empty() {
                    return Ok(changed);
                }
                next
            };
            match next {
                None => cx.unless_over(told).await?,
                Some(at) => {
                    let due = pin!(cx.clock().sleep(at.saturating_sub(now)));
                    cx.unless_over(select(told, due)).await?;
                }
            }
        }
    }

    pub(crate) fn release(&self, unit: &UnitId) {
        self.view.state().release(self.no, unit);
    }

    /// Begins a write of `by`.
    pub(crate) fn writing<'a>(
        &'a self,
        cx: &'a Context,
        id: &'a ObjectId,
        by: Option<&'a UnitId>,
    ) -> Writing<'a> {
        self.view.state().begin_write(id);
        Writing { desk: self, cx, id, by, end: None }
    }

    /// Gives the unit that owns an object, as far as it is known.
    pub(crate) fn owner(&self, id: &ObjectId) -> Option<UnitId> {
        let state = self.view.state();
        let mut entries = state.tables.values().filter_map(|table| table.get(id));
        entries.find_map(|entry| owner::unit(entry.live.owner.as_ref()?).cloned())
    }

    /// Takes in what a write gave back. `by` knows it already.
    pub(crate) fn wrote(&self, resource: &Resource, live: &Live, by: Option<&UnitId>) {
        let selected = live.body.as_ref().is_some_and(is_selected);
        let mut state = self.view.state();
        let Some(table) = state.tables.get_mut(resource) else { return };
        if selected && table.keeps(&live.id.namespace) {
            let mut news = News::default();
            table.put(kept(live.clone(), None), &mut news);
            state.tell(&news, by);
        }
    }

    /// Takes in that a delete was carried out and the object is gone.
    pub(crate) fn deleted(&self, resource: &Resource, id: &ObjectId, uid: Option<Text>) {
        let mut state = self.view.state();
        let mut news = News::default();
        let Some(table) = state.tables.get_mut(resource) else { return };
        let owner = table.get(id).and_then(|entry| owner::unit(entry.live.owner.as_ref()?)).cloned();
        table.deleted(id, uid, &mut news);
        state.tell(&news, owner.as_ref());
    }

    /// Looks after the children of what is not ready among `seen`, and gives the health anew.
    pub(crate) async fn visit(&self, cx: &Context, seen: &mut Seen) {
        nurse::visit(&self.view, cx, seen).await;
    }

    /// Gives the health of an object that was read by itself, with what is known of its children.
    pub(crate) fn assess(&self, cx: &Context, resource: &Resource, live: &mut Live) {
        let state = self.view.state();
        let known = state.tables.get(resource).and_then(|table| table.get(&live.id));
        if let Some(known) = known.filter(|known| known.live.version == live.version) {
            live.health = known.shown(&self.view.reader(cx.now().wall)).health;
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.view.state().close(self.no);
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = self.view.state().units_of(self.no);
        f.debug_struct("Desk").field("view", &self.view).field("units", &units).finish()
    }
}

fn note_unwatched(state: &mut State, no: UnitNo, seen: &Seen) {
    let Some(watched) = state.units.get_mut(&no) else { return };
    watched.waits = false;
    for asked in watched.kinds.values_mut() {
        for (id, ask) in &mut asked.objects {
            if let Some(found) = seen.found.get(id) {
                ask.unwatched = matches!(found, Found::Elsewhere { .. });
            }
            watched.waits |= ask.unwatched;
        }
    }
}

/// What is remembered during one look.
#[derive(Default)]
struct Attempts {
    look: u64,
    is_part: bool,
    /// How many attempts each scope had made when the look began.
    before: BTreeMap<Resource, BTreeMap<Text, u64>>,
}

impl Attempts {
    fn get(&self, resource: &Resource, namespace: &str) -> Option<u64> {
        self.before.get(resource)?.get(namespace).copied()
    }

    fn set(&mut self, at: &At, attempts: u64) {
        self.before.entry(at.resource.clone()).or_default().insert(at.namespace.clone(), attempts);
    }
}

/// A write under way: what a watch tells of the object in the meantime is held back.
pub(crate) struct Writing<'a> {
    desk: &'a Desk,
    cx: &'a Context,
    id: &'a ObjectId,
    by: Option<&'a UnitId>,
    end: Option<WriteEnd>,
}

impl Writing<'_> {
    /// Says what the write came to.
    pub(crate) fn done(mut self, written: &windlass_core::Written) {
        self.end = Some(match written {
            windlass_core::Written::Gone => WriteEnd::Gone,
            windlass_core::Written::Deleting(version) => WriteEnd::At(revision(version)),
            other => WriteEnd::At(other.live().and_then(|live| revision(&live.version))),
        });
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        let written = Written { by: self.by, end: self.end };
        self.desk.view.written(self.cx, self.id, &written);
    }
}
