//! The objects that carry our label, watched once for all units on one connection and account.
//!
//! A [`View`] has a [`Table`](table::Table) for each kind that a unit asked for, and a task that lists and watches it. Each
//! target has a [`Desk`] at a view: its units, and the news for them. Everything that is known is behind one lock, so that
//! a look is of one moment.

mod desk;
mod nurse;
mod reflector;
mod scope;
mod seen;
mod state;
mod table;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use windlass_core::{
    Context, HealthCheck, Live, Object, ObjectId, Result, Text, Timestamp, UnitId, Value, Version,
};

pub(crate) use desk::Desk;
pub(crate) use scope::Task;
pub(crate) use seen::{Found, Seen, Sought};

use crate::connection::Connection;
use crate::live::{Reader, is_controlled, parts, version_of};
use crate::owner;
use crate::resource::Resource;
use crate::survey::{OneClock, Surveys};
use scope::Status;
use state::{State, Written};
use table::{Entry, News, is_open};

/// The views of one connection. They live as long as a target uses them.
#[derive(Clone, Default)]
pub(crate) struct Views(Arc<Mutex<Shared>>);

#[derive(Default)]
struct Shared {
    views: BTreeMap<Key, Weak<View>>,
    surveys: BTreeMap<Option<String>, Weak<Surveys>>,
}

/// What makes two targets see the same: who reads, whose fields a stamp covers, and what health is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    account: Option<String>,
    manager: Text,
    health: String,
}

/// What is known of the objects of many units.
pub(crate) struct View {
    connection: Connection,
    manager: Text,
    health: Arc<[Arc<dyn HealthCheck>]>,
    state: Mutex<State>,
    clock: OneClock,
    /// Told whenever a scope has come to an answer.
    settled: Notify,
}

impl Views {
    /// Makes a place for the units of one target at the view that fits.
    pub(crate) fn desk(
        &self,
        connection: &Connection,
        manager: &Text,
        health: &Arc<[Arc<dyn HealthCheck>]>,
    ) -> Desk {
        let account = connection.account().map(str::to_owned);
        let key = Key { account, manager: manager.clone(), health: format!("{health:?}") };
        let views = &mut self.0.lock().unwrap_or_else(PoisonError::into_inner).views;
        views.retain(|_, view| view.strong_count() > 0);
        let view = views.get(&key).and_then(Weak::upgrade).unwrap_or_else(|| {
            let view = Arc::new(View {
                connection: connection.clone(),
                manager: manager.clone(),
                health: Arc::clone(health),
                state: Mutex::default(),
                clock: OneClock::default(),
                settled: Notify::new(),
            });
            views.insert(key, Arc::downgrade(&view));
            view
        });
        Desk::at(view)
    }

    /// Gives the surveys of an account.
    pub(crate) fn surveys(&self, connection: &Connection) -> Arc<Surveys> {
        let account = connection.account().map(str::to_owned);
        let surveys = &mut self.0.lock().unwrap_or_else(PoisonError::into_inner).surveys;
        surveys.retain(|_, surveys| surveys.strong_count() > 0);
        surveys.get(&account).and_then(Weak::upgrade).unwrap_or_else(|| {
            let made = Arc::new(Surveys::default());
            surveys.insert(account, Arc::downgrade(&made));
            made
        })
    }
}

impl View {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the time, by one clock whoever asks.
    fn now(&self, cx: &Context) -> Duration {
        self.clock.now(cx)
    }

    fn reader(&self, now: Timestamp) -> Reader<'_> {
        Reader { manager: &self.manager, health: &self.health, now, pasts: None }
    }

    /// Reads an object as it is kept.
    fn entry(&self, resource: &Resource, body: Value, now: Timestamp) -> Result<Entry> {
        let (live, whole) = self.reader(now).read_whole(resource, body)?;
        Ok(kept(live, Some(whole)))
    }

    /// A whole list is there.
    fn listed(&self, at: &At, revision: Option<u64>, entries: Vec<Entry>, missed: bool) {
        let mut state = self.state();
        let mut news = News::default();
        let Some(table) = state.tables.get_mut(&at.resource) else { return };
        let first = matches!(table.scope(&at.namespace).status, Status::Starting);
        table.replace(&at.namespace, revision, entries, &mut news);
        if at.namespace.is_empty() {
            table.narrow = None;
        }
        table.scope_mut(&at.namespace).settle(Status::Current);
        if missed {
            state.tell_all(at);
        } else if !first {
            state.tell(&news, None);
        }
        self.settled.notify_waiters();
    }

    /// A watch goes on after a gap; what it missed, it will tell.
    fn resumed(&self, at: &At, lost: bool) {
        let mut state = self.state();
        let Some(table) = state.tables.get_mut(&at.resource) else { return };
        let scope = table.scope_mut(&at.namespace);
        let broken = matches!(scope.status, Status::Broken(_));
        if broken {
            scope.settle(Status::Current);
        }
        if broken || lost {
            state.tell_all(at);
        }
        self.settled.notify_waiters();
    }

    /// Nothing, or nothing more, can be seen for now.
    fn settle(&self, at: &At, status: Status) {
        let mut state = self.state();
        let Some(table) = state.tables.get_mut(&at.resource) else { return };
        let was_same = matches!(
            (&table.scope(&at.namespace).status, &status),
            (Status::Broken(_), Status::Broken(_)) | (Status::Denied, Status::Denied) | (Status::Starting, _)
        );
        if matches!(status, Status::Denied | Status::Unserved) {
            table.forget(&at.namespace);
        }
        if matches!(status, Status::Denied) && at.namespace.is_empty() && at.resource.namespaced {
            table.narrow.get_or_insert_default();
        }
        table.scope_mut(&at.namespace).settle(status);
        if !was_same {
            state.tell_all(at);
        }
        self.settled.notify_waiters();
    }

    /// Takes what a watch tells of an object that is there. While the object is being written, it is held back: it may be the
    /// echo of the write.
    fn told(self: &Arc<Self>, cx: &Context, event: Told) -> Result<()> {
        let about = About::of(&event)?;
        let Some((about, event)) = self.state().hold_back(about, event) else { return Ok(()) };
        self.take_in(cx, about, event, None)
    }

    /// Reads an object that a watch told of unless it is known, and tells whom it concerns but for `by`. Where a unit asks for
    /// it, it is kept whole if it changed.
    fn take_in(self: &Arc<Self>, cx: &Context, about: About, event: Told, by: Option<&UnitId>) -> Result<()> {
        let Told { resource, body, bytes } = event;
        let keeps = match self.state().tables.get(&resource) {
            Some(table) if !table.knows(&about.id, &about.version) => table.is_asked_for(&about.id),
            _ => return Ok(()),
        };
        let told = keeps.then(|| Box::new(table::Told { body: body.clone(), bytes }));
        let entry = Entry { told, ..self.entry(&resource, body, cx.now().wall)? };
        let open = entry.whole.is_some();
        let mut news = News::default();
        {
            let mut state = self.state();
            let Some(table) = state.tables.get_mut(&resource) else { return Ok(()) };
            table.put(entry, &mut news);
            state.tell(&news, by);
        }
        if open {
            nurse::start(self, cx);
        }
        Ok(())
    }

    /// An object is gone, or carries our label no more.
    fn removed(&self, resource: &Resource, id: &ObjectId, revision: Option<u64>) {
        let mut state = self.state();
        let mut news = News::default();
        let Some(table) = state.tables.get_mut(resource) else { return };
        table.remove(id, revision, &mut news);
        state.tell_event(id, revision, news);
    }

    /// A write has ended: what was held back of the object meanwhile is taken in.
    fn written(self: &Arc<Self>, cx: &Context, id: &ObjectId, written: &Written<'_>) {
        let held = self.state().end_write(id, written);
        let Some((about, event)) = held else { return };
        let by = written.by.filter(|_| written.is_echo(revision(&about.version)));
        // What it is about was read before, and nothing else of it can be wrong.
        drop(self.take_in(cx, about, event, by));
    }

    fn is_kept(&self, at: &At) -> bool {
        let state = self.state();
        state.tables.get(&at.resource).is_some_and(|table| {
            at.namespace.is_empty()
                || table.narrow.as_ref().is_some_and(|scopes| scopes.contains_key(&at.namespace))
        })
    }
}

/// What a task keeps up to date: a kind, in one namespace or, where that is empty, in all.
#[derive(Clone)]
struct At {
    resource: Resource,
    namespace: Text,
}

/// What a watch tells of an object that is there.
struct Told {
    resource: Resource,
    body: Value,
    /// How many bytes it was written in.
    bytes: usize,
}

/// Which object it is, and at which version.
struct About {
    id: ObjectId,
    version: Version,
}

impl About {
    fn of(told: &Told) -> Result<Self> {
        Ok(Self { id: ObjectId::of(&told.body)?, version: version_of(&told.body)? })
    }
}

/// Makes of a live object what is kept of it. `whole` is the object as it came.
fn kept(live: Live, whole: Option<Object>) -> Entry {
    let controlled = whole.as_ref().or(live.body.as_ref()).is_some_and(is_controlled);
    let open = is_open(&live);
    let revision = revision(&live.version);
    Entry {
        live: Live { body: None, ..live },
        whole: whole.filter(|_| open).map(Box::new),
        revision,
        controlled,
        children: None,
        visits: 0,
        next_visit: Duration::ZERO,
        told: None,
    }
}

/// Gives the number in a version, where it is one.
fn revision(version: &Version) -> Option<u64> {
    parts(version).0.parse().ok()
}

/// Says whether an object carries both our labels, so that a watch tells of it.
fn is_selected(object: &Object) -> bool {
    [owner::UNIT_LABEL, owner::INSTALLATION_LABEL].iter().all(|label| object.label(label).is_some())
}

/// Makes the context of a task that outlives the look that started it.
pub(crate) fn lasting(cx: &Context) -> Context {
    Context::shared(Arc::clone(cx.clock())).with_limits(cx.limits().clone())
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("connection", &self.connection).finish_non_exhaustive()
    }
}
