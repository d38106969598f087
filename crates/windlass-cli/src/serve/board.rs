//! What is known of a run.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use windlass_core::{Context, Event, EventKind, EventSink, Report, Result, UnitId};

use super::hooks::Came;
use super::record::Record;

/// What became of a unit of the unit files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Entry {
    /// It makes passes.
    #[default]
    Runs,
    /// Its parts cannot be made yet, such as for want of a kubeconfig.
    Unmade,
    /// It waits for itself, or for a unit that is not there.
    Isolated,
}

/// What is known of a run. Everybody who takes part in it tells the board, and whoever asks gets a copy.
pub(crate) struct Board {
    cx: Context,
    /// Counts the requests that were sent to clusters.
    requests: Box<dyn Fn() -> u64 + Send + Sync>,
    facts: Mutex<Facts>,
}

/// What is known of a run at one moment.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// When the loop last came round.
    pub(super) beat: Duration,
    /// The unit files could be read when they last were.
    pub(super) read: bool,
    /// Requests that were sent to clusters.
    pub(super) requests: u64,
    pub(super) units: BTreeMap<UnitId, (Entry, Record)>,
    /// What became of deliveries, by receiver, where any are awaited; those of no path have no name.
    pub(super) deliveries: BTreeMap<String, BTreeMap<Came, u64>>,
}

impl Board {
    /// Makes a board on which no unit is yet; `requests` counts those that were sent to clusters.
    pub(crate) fn new(cx: &Context, requests: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        let facts = Facts {
            beat: cx.now().mono,
            read: true,
            requests: 0,
            units: BTreeMap::new(),
            deliveries: BTreeMap::new(),
        };
        Self { cx: cx.clone(), requests: Box::new(requests), facts: Mutex::new(facts) }
    }

    /// Notes that the loop comes round.
    pub(crate) fn beat(&self) {
        self.facts().beat = self.cx.now().mono;
    }

    /// Notes which units the files hold. What is known of all others is forgotten.
    pub(crate) fn read(&self, entries: impl IntoIterator<Item = (UnitId, Entry)>) {
        let mut facts = self.facts();
        let mut known = std::mem::take(&mut facts.units);
        facts.read = true;
        for (unit, entry) in entries {
            let (before, record) = known.remove(&unit).unwrap_or_default();
            facts.units.insert(unit, (entry, record.on(before, entry)));
        }
    }

    /// Notes that the parts of a unit cannot be made.
    pub(crate) fn unmade(&self, unit: &UnitId) {
        if let Some((entry, record)) = self.facts().units.get_mut(unit) {
            let before = std::mem::replace(entry, Entry::Unmade);
            *record = std::mem::take(record).on(before, Entry::Unmade);
        }
    }

    /// Notes that the unit files cannot be read.
    pub(crate) fn unread(&self) {
        self.facts().read = false;
    }

    /// Notes what came of a pass.
    pub(crate) fn end(&self, unit: &UnitId, result: &Result<Report>) {
        let now = self.cx.now();
        if let Some((_, record)) = self.facts().units.get_mut(unit) {
            record.end(result, now);
        }
    }

    /// Notes which receivers await deliveries. What is known of all others is forgotten.
    pub(super) fn await_from(&self, receivers: impl IntoIterator<Item = String>) {
        let mut facts = self.facts();
        let mut known = std::mem::take(&mut facts.deliveries);
        facts.deliveries = [String::new()]
            .into_iter()
            .chain(receivers)
            .map(|name| {
                let counts = known.remove(&name).unwrap_or_default();
                (name, counts)
            })
            .collect();
    }

    /// Notes what became of a delivery.
    pub(super) fn came(&self, receiver: &str, came: Came) {
        if let Some(counts) = self.facts().deliveries.get_mut(receiver) {
            *counts.entry(came).or_default() += 1;
        }
    }

    pub(super) fn cx(&self) -> &Context {
        &self.cx
    }

    /// Looks at what is known, for a moment in which nobody else can.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Facts) -> T) -> T {
        look(&self.facts())
    }

    /// Gives what is known now. Whoever writes it down keeps nobody waiting.
    pub(super) fn known(&self) -> Facts {
        let requests = (self.requests)();
        Facts { requests, ..self.facts().clone() }
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventSink for Board {
    fn emit(&self, event: &Event) {
        let counts =
            matches!(event.what, EventKind::Started | EventKind::Drifted { .. } | EventKind::Withheld { .. });
        if !counts {
            return;
        }
        let now = self.cx.now();
        if let Some((_, record)) = self.facts().units.get_mut(&event.unit) {
            record.hear(event, now);
        }
    }
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Board({} units)", self.facts().units.len())
    }
}
