//! What a fleet does next.

mod places;
mod springs;

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use windlass_core::{
    Context, Control, Error, ErrorKind, EventKind, Outcome, Release, Report, Result, Revision, Trigger,
    UnitId,
};

use places::{Asked, Place};
use springs::Spring;

use super::queue::Queue;
use super::standing::{Standing, named};
use super::{Fleet, Member, See, isolated};
use crate::driver::{Engine, Passed, Terms, Waits, caught};

/// How long a pass may wait before news of what is live end the wait: each step of a rollout is news.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether there is an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// One pass for each unit.
    Once,
    /// Until cancelled.
    Forever,
}

/// What happened.
enum Turn {
    Passed(UnitId, Result<Passed>),
    Resolved(usize, Result<Revision>),
    Changed(usize, BTreeSet<UnitId>),
    Asked(usize, Option<Asked>),
    /// Fewer passes do anything but wait.
    Freed,
    Due,
    Members,
}

/// What a fleet does next.
pub(super) struct Desk<'a> {
    fleet: &'a Fleet,
    cx: &'a Context,
    mode: Mode,
    units: BTreeMap<UnitId, Standing>,
    isolated: BTreeMap<UnitId, Error>,
    springs: Vec<Spring>,
    places: Vec<Place>,
    place_of: BTreeMap<UnitId, usize>,
    /// Who depends on whom.
    dependents: BTreeMap<UnitId, BTreeSet<UnitId>>,
    queue: Queue,
    timers: BTreeSet<(Duration, UnitId)>,
    work: FuturesUnordered<BoxFuture<'static, Turn>>,
    running: usize,
    active: Arc<AtomicUsize>,
    changes: u64,
    /// Results that are shown as soon as possible.
    shown: Vec<(UnitId, Result<Report>)>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(fleet: &'a Fleet, cx: &'a Context, mode: Mode) -> Result<Self> {
        let mut desk = Self {
            fleet,
            cx,
            mode,
            units: BTreeMap::new(),
            isolated: BTreeMap::new(),
            springs: Vec::new(),
            places: Vec::new(),
            place_of: BTreeMap::new(),
            dependents: BTreeMap::new(),
            queue: Queue::default(),
            timers: BTreeSet::new(),
            work: FuturesUnordered::new(),
            running: 0,
            active: Arc::default(),
            changes: u64::MAX,
            shown: Vec::new(),
        };
        desk.take_members()?;
        Ok(desk)
    }

    pub(super) async fn work(mut self, see: See<'_>) -> Result<()> {
        loop {
            let over = self.cx.check();
            if over.is_ok() {
                self.take_members()?;
                self.begin();
            }
            for (unit, result) in self.shown.drain(..) {
                see(&unit, &result);
            }
            if self.running == 0 {
                over?;
                if self.mode == Mode::Once && self.is_done() {
                    self.hold_back(see);
                    return Ok(());
                }
            }
            let turn = self.next().await;
            self.take(turn);
        }
    }

    fn is_done(&self) -> bool {
        let asked = self.units.values().any(|unit| unit.wanted.is_some() && !unit.parked);
        self.queue.is_empty() && !asked
    }

    /// What depends on a unit that failed gets no turn.
    fn hold_back(&self, see: See<'_>) {
        for (unit, standing) in self.units.iter().filter(|(_, standing)| standing.parked) {
            let by = standing.member.depends_on.iter().find(|by| !self.is_ready(standing, by));
            let Some(by) = by else { continue };
            let how = if self.units.get(by).is_some_and(|by| by.good) { "is not healthy" } else { "failed" };
            let error =
                Error::new(ErrorKind::Conflict, format!("held back: it depends on `{by}`, which {how}"))
                    .with_help(format!("mend `{by}` first; nothing of this unit was written or deleted"));
            see(unit, &Err(error));
        }
    }

    /// Takes in which units there are.
    fn take_members(&mut self) -> Result<()> {
        let (members, changes) = {
            let listed = self.fleet.listed();
            if listed.changes == self.changes {
                return Ok(());
            }
            (listed.members.clone(), listed.changes)
        };
        self.changes = changes;
        let known = std::mem::replace(&mut self.isolated, isolated(&members)?);
        for (unit, error) in &self.isolated {
            if !known.contains_key(unit) {
                self.shown.push((unit.clone(), Err(error.clone())));
            }
        }
        let gone: Vec<UnitId> = self
            .units
            .keys()
            .filter(|unit| !members.contains_key(*unit) || self.isolated.contains_key(*unit))
            .cloned()
            .collect();
        gone.iter().for_each(|unit| self.drop_unit(unit));
        for (unit, member) in members {
            let same =
                self.units.get(&unit).is_some_and(|standing| standing.member.version == member.version);
            if !same && !self.isolated.contains_key(&unit) {
                self.add(unit, member);
            }
        }
        Ok(())
    }

    fn drop_unit(&mut self, unit: &UnitId) {
        if let Some(standing) = self.units.remove(unit) {
            self.springs[standing.source].units.remove(unit);
            if let Some(waits) = &standing.running {
                waits.end();
            }
            if let Some(watch) = standing.member.engine.target().profile().watch {
                drop(caught("watch", || {
                    watch.release(unit);
                    Ok(())
                }));
            }
            if let Some(due) = standing.due {
                self.timers.remove(&(due, unit.clone()));
            }
        }
    }

    fn add(&mut self, unit: UnitId, member: Member) {
        let engine = self.tuned(&member.engine);
        let source = self.spring_of(&engine);
        if let Some(before) = self.units.get(&unit) {
            self.springs[before.source].units.remove(&unit);
        }
        self.springs[source].units.insert(unit.clone());
        for by in &member.depends_on {
            self.dependents.entry(by.clone()).or_default().insert(unit.clone());
        }
        let place = self.place_of(&engine);
        self.place_of.insert(unit.clone(), place);
        let trigger = if self.mode == Mode::Once { Trigger::Call } else { Trigger::Start };
        let member = Member { engine, ..member };
        if let Some(standing) = self.units.get_mut(&unit) {
            // What runs goes on with what it began with.
            standing.member = member;
            standing.source = source;
            standing.resolved = None;
        } else {
            self.units.insert(unit.clone(), Standing::new(member, source));
        }
        self.want(&unit, trigger);
    }

    /// Where passes come again and again, none waits for what the next one sees as well.
    fn tuned(&self, engine: &Engine) -> Engine {
        if self.mode == Mode::Once {
            return engine.clone();
        }
        let mut options = engine.options().clone();
        options.wait = options.wait.nothing_else();
        options.repeat_failed_hooks = false;
        engine.clone().with_options(options)
    }

    /// Notes that a unit has something to do.
    fn want(&mut self, unit: &UnitId, trigger: Trigger) {
        let now = self.cx.now().mono;
        let Some(standing) = self.units.get_mut(unit) else { return };
        standing.wanted = Some(standing.wanted.map_or(trigger, |have| have.min(trigger)));
        match &standing.running {
            Some(waits) if waits.only() => {
                let long = now.saturating_sub(waits.began()) >= PATIENCE;
                if trigger != Trigger::Drift || long {
                    waits.end();
                }
            }
            Some(_) => {}
            None => self.queue.push(&standing.member.tenant, unit),
        }
    }

    fn want_all(&mut self, trigger: Trigger, units: impl IntoIterator<Item = UnitId>) {
        units.into_iter().for_each(|unit| self.want(&unit, trigger));
    }

    /// Begins passes, as many as may do something at once.
    fn begin(&mut self) {
        let max = self.cx.limits().passes_in_flight_max.max(1);
        while self.active.load(Ordering::Relaxed) < max {
            let Some(unit) = self.queue.pop() else { return };
            self.begin_one(&unit);
        }
    }

    fn begin_one(&mut self, unit: &UnitId) {
        let Some(standing) = self.units.get(unit) else { return };
        let (Some(trigger), None) = (standing.wanted, &standing.running) else { return };
        let place = &self.places[self.place_of[unit]];
        // Its turn comes as soon as that is known.
        let (Some(known), Some(asked)) = (&self.springs[standing.source].known, &place.asked) else { return };
        let waits_for = standing.member.depends_on.iter().find(|by| !self.is_ready(standing, by)).cloned();
        let blocked = waits_for.is_some();
        if let Some(by) = waits_for.filter(|_| !standing.parked) {
            let why = format!("waits for `{by}`").into();
            let release = Some(Release::Dependency { unit: by });
            standing.member.engine.tell(self.cx, EventKind::Withheld { why, hold: true, release });
        }
        let at = match (&standing.resolved, blocked) {
            (_, false) => known.clone(),
            // Until what it depends on is there it stays where it is, and is repaired there.
            (Some(before), true) if matches!(trigger, Trigger::Drift | Trigger::Interval) => before.clone(),
            _ => {
                if let Some(standing) = self.units.get_mut(unit) {
                    standing.parked = true;
                }
                return;
            }
        };
        let control = match asked.get(unit) {
            Some(control) => control.clone(),
            None => (!place.unreadable).then(Control::default),
        };
        let waits = Arc::new(Waits::new(&self.active, self.cx.now().mono));
        let terms =
            Terms { trigger, control, resolved: Some(at), ahead: None, waits: Some(Arc::clone(&waits)) };
        let (cx, engine, unit) = (self.cx.clone(), standing.member.engine.clone(), unit.clone());
        // A person who asks for a pass wants to see a hook that failed run again.
        let engine = if trigger == Trigger::Control { repeating(&engine) } else { engine };
        if let Some(standing) = self.units.get_mut(&unit) {
            standing.wanted = None;
            standing.parked = blocked;
            if let Some(due) = standing.due.take() {
                self.timers.remove(&(due, unit.clone()));
            }
            standing.running = Some(Arc::clone(&waits));
        }
        self.running += 1;
        self.work.push(Box::pin(async move {
            let passed = engine.pass(&cx, &terms).await;
            drop(waits);
            Turn::Passed(unit, passed)
        }));
    }

    /// Says whether a unit that another depends on is applied and healthy, at the revision that the other is about to take
    /// where both have one source.
    fn is_ready(&self, standing: &Standing, by: &UnitId) -> bool {
        let Some(before) = self.units.get(by) else { return false };
        let known = self.springs[before.source].known.as_ref().map(|known| &known.id);
        let there = before.resolved.as_ref().map(|resolved| &resolved.id) == known;
        before.ready && (standing.source != before.source || there)
    }

    /// Waits for whatever happens first.
    async fn next(&mut self) -> Turn {
        let active = self.active.load(Ordering::Relaxed);
        let now = self.cx.now().mono;
        let first = self.timers.first().map(|(at, _)| at.saturating_sub(now));
        let clock = self.cx.clock().clone();
        let mut due = pin!(async move {
            match first {
                Some(wait) => clock.sleep(wait).await,
                None => std::future::pending().await,
            }
        });
        let changed = self.fleet.listed().changed.clone();
        let mut members = pin!(async move { changed.until(std::future::pending::<()>()).await });
        // A fleet that is over waits for its passes alone, which end by themselves.
        let over = self.cx.check().is_err();
        let (cx, work, gauge) = (self.cx, &mut self.work, &self.active);
        let mut cancelled = pin!(async move { drop(cx.unless_over(std::future::pending::<()>()).await) });
        poll_fn(|waiting| {
            if let Poll::Ready(Some(turn)) = work.poll_next_unpin(waiting) {
                return Poll::Ready(turn);
            }
            if gauge.load(Ordering::Relaxed) < active && !over {
                return Poll::Ready(Turn::Freed);
            }
            if over {
                return Poll::Pending;
            }
            if cancelled.as_mut().poll(waiting).is_ready() {
                return Poll::Ready(Turn::Freed);
            }
            if members.as_mut().poll(waiting).is_ready() {
                return Poll::Ready(Turn::Members);
            }
            due.as_mut().poll(waiting).map(|()| Turn::Due)
        })
        .await
    }

    fn take(&mut self, turn: Turn) {
        match turn {
            Turn::Passed(unit, passed) => {
                self.running -= 1;
                self.passed(&unit, passed);
            }
            Turn::Resolved(at, result) => self.resolved(at, result),
            Turn::Changed(at, units) => {
                units.iter().for_each(|unit| self.want(unit, Trigger::Drift));
                self.watch(at);
            }
            Turn::Asked(at, asked) => self.asked(at, asked),
            Turn::Freed | Turn::Members => {}
            Turn::Due => self.due(),
        }
    }

    fn passed(&mut self, unit: &UnitId, passed: Result<Passed>) {
        let now = self.cx.now().mono;
        let over = self.cx.cancel().is_cancelled();
        let (retry_wait_max, mode) = (self.cx.limits().retry_wait_max, self.mode);
        let watched = self.places[self.place_of[unit]].watched;
        let overtaken = passed.as_ref().is_ok_and(|passed| passed.overtaken);
        if let Some(standing) = self.units.get_mut(unit) {
            standing.running = None;
            if overtaken {
                standing.ready = false;
                standing.wanted.get_or_insert(Trigger::Drift);
            } else {
                standing.take(&passed, now);
            }
            if let Some(error) = passed.as_ref().ok().and_then(|passed| standing.overdue(&passed.report, now))
            {
                standing.member.engine.tell(self.cx, EventKind::Problem { error });
            }
            if mode == Mode::Forever && !over && !overtaken {
                let wait = standing.wait(named_wait(&passed), watched, retry_wait_max);
                standing.member.engine.tell(self.cx, EventKind::Waiting { wait });
                let due = now.saturating_add(wait);
                standing.due = Some(due);
                self.timers.insert((due, unit.clone()));
            }
            let (ready, wanted) = (standing.ready, standing.wanted);
            if let Some(trigger) = wanted {
                self.want(unit, trigger);
            }
            if ready {
                let dependents = self.dependents.get(unit).cloned().unwrap_or_default();
                let parked = |unit: &UnitId| self.units.get(unit).is_some_and(|other| other.parked);
                let parked: Vec<UnitId> = dependents.into_iter().filter(parked).collect();
                self.want_all(Trigger::Dependency, parked);
            }
        }
        self.shown.push((unit.clone(), passed.map(|passed| passed.report)));
    }

    /// Lets units have their turn that waited for what has come to be known.
    fn want_waiting(&mut self, units: impl IntoIterator<Item = UnitId>) {
        for unit in units {
            let waiting = self.units.get(&unit).filter(|standing| standing.running.is_none());
            if let Some(trigger) = waiting.and_then(|standing| standing.wanted) {
                self.want(&unit, trigger);
            }
        }
    }

    fn due(&mut self) {
        let now = self.cx.now().mono;
        while let Some((at, unit)) = self.timers.first().cloned().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, unit.clone()));
            let trigger = self.units.get_mut(&unit).map(|standing| {
                standing.due = None;
                if standing.failed() { Trigger::Retry } else { Trigger::Interval }
            });
            if let Some(trigger) = trigger {
                self.want(&unit, trigger);
            }
        }
    }
}

/// The longest wait that somebody named in a pass: for all of it, or for a single object.
fn named_wait(passed: &Result<Passed>) -> Option<Duration> {
    match passed {
        Err(error) => named(error),
        Ok(Passed { report, .. }) => {
            let failed = report.objects.iter().filter_map(|object| match &object.outcome {
                Outcome::Failed { error } => Some(error),
                _ => None,
            });
            report.problems.iter().chain(failed).filter_map(named).max()
        }
    }
}

fn repeating(engine: &Engine) -> Engine {
    let mut options = engine.options().clone();
    options.repeat_failed_hooks = true;
    engine.clone().with_options(options)
}
