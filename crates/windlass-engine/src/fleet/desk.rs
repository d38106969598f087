//! What a fleet does next.

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
    Context, Control, Controls, Error, ErrorKind, EventKind, Report, Result, Revision, Source, Target, Text,
    Trigger, UnitId,
};

use super::queue::Queue;
use super::standing::{Standing, backoff, jittered};
use super::{Fleet, Member, See, isolated};
use crate::driver::{Engine, Passed, Terms, Waits};

/// How often what people ask is looked at, where the store cannot tell of it.
const CONTROL_POLL: Duration = Duration::from_secs(5);

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

/// A source, and the units on it.
struct Spring {
    source: Arc<dyn Source>,
    engine: Engine,
    units: BTreeSet<UnitId>,
    known: Option<Revision>,
    failed: u32,
    /// Nobody asks it, since no unit is on it any more.
    idle: bool,
}

/// What people ask of units. `None`: it cannot be read, which a pass of the unit says.
type Wishes = BTreeMap<UnitId, Option<Control>>;

/// What people ask of units, and where to follow it from.
type Asked = (Wishes, Option<u64>);

/// A target, and what people ask of the units of one installation on it.
struct Place {
    target: Arc<dyn Target>,
    installation: Text,
    /// `None` until somebody has looked.
    asked: Option<Wishes>,
    /// It tells of changes.
    watched: bool,
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
                watch.release(unit);
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

    fn spring_of(&mut self, engine: &Engine) -> usize {
        let source = engine.source();
        let known = self.springs.iter().position(|spring| Arc::ptr_eq(&spring.source, source));
        let at = known.unwrap_or_else(|| {
            self.springs.push(Spring {
                source: Arc::clone(source),
                engine: engine.clone(),
                units: BTreeSet::new(),
                known: None,
                failed: 0,
                idle: true,
            });
            self.springs.len() - 1
        });
        if std::mem::take(&mut self.springs[at].idle) {
            self.resolve(at, Duration::ZERO);
        }
        at
    }

    fn place_of(&mut self, engine: &Engine) -> usize {
        let (target, installation) = (engine.target(), engine.unit().installation());
        let on_it = |place: &&Place| Arc::ptr_eq(&place.target, target);
        let same = |place: &Place| on_it(&place) && &*place.installation == installation;
        if let Some(at) = self.places.iter().position(same) {
            return at;
        }
        // One watch names the units of all installations.
        let is_first = !self.places.iter().any(|place| on_it(&place));
        let profile = target.profile();
        let asks = profile.control.is_some();
        let watched = profile.watch.is_some() && self.mode == Mode::Forever;
        self.places.push(Place {
            target: Arc::clone(target),
            installation: installation.into(),
            asked: (!asks).then(BTreeMap::new),
            watched,
        });
        let at = self.places.len() - 1;
        if asks {
            self.ask(at, Duration::ZERO, None);
        }
        if watched && is_first {
            self.watch(at);
        }
        at
    }

    /// Asks a source what it is at, after a wait or as soon as it tells of a change.
    fn resolve_when_moved(&self, at: usize, wait: Duration) {
        let (cx, engine) = (self.cx.clone(), self.springs[at].engine.clone());
        self.work.push(Box::pin(async move {
            if let Some(watch) = engine.source().watch() {
                // Whatever ends it, the source is asked.
                drop(cx.within(wait, watch.moved(&cx)).await);
            } else if let Err(error) = cx.sleep(wait).await {
                return Turn::Resolved(at, Err(error));
            }
            Turn::Resolved(at, engine.resolve_plainly(&cx).await)
        }));
    }

    /// Asks a source what it is at, after a wait.
    fn resolve(&self, at: usize, wait: Duration) {
        let (cx, engine) = (self.cx.clone(), self.springs[at].engine.clone());
        self.work.push(Box::pin(async move {
            if let Err(error) = cx.sleep(wait).await {
                return Turn::Resolved(at, Err(error));
            }
            Turn::Resolved(at, engine.resolve_plainly(&cx).await)
        }));
    }

    /// Looks what people ask, after a wait, and once it may be other than at the mark `since`.
    fn ask(&self, at: usize, wait: Duration, since: Option<u64>) {
        let follows = self.mode == Mode::Forever;
        let Place { target, installation, .. } = &self.places[at];
        let (cx, target, installation) = (self.cx.clone(), Arc::clone(target), installation.clone());
        self.work.push(Box::pin(async move {
            let asked = async {
                cx.sleep(wait).await.ok()?;
                let store = target.profile().control?;
                let limit = cx.limits().request_timeout;
                let followed = match since {
                    _ if !follows => None,
                    Some(_) => store.follow(&cx, &installation, since).await.ok().flatten(),
                    None => {
                        let followed = cx.within(limit, store.follow(&cx, &installation, None)).await;
                        followed.ok().and_then(Result::ok).flatten()
                    }
                };
                if let Some(followed) = followed {
                    return Some((wishes(followed.controls), Some(followed.mark)));
                }
                let controls = cx.within(limit, store.controls(&cx, &installation)).await.ok()?.ok()?;
                Some((wishes(controls), None))
            };
            Turn::Asked(at, asked.await)
        }));
    }

    fn watch(&self, at: usize) {
        let (cx, target) = (self.cx.clone(), Arc::clone(&self.places[at].target));
        self.work.push(Box::pin(async move {
            let Some(watch) = target.profile().watch else { return std::future::pending().await };
            match cx.unless_over(watch.changed(&cx)).await {
                Ok(Ok(units)) => Turn::Changed(at, units),
                _ => std::future::pending().await,
            }
        }));
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
            standing.member.engine.tell(EventKind::Withheld { why, hold: true });
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
        let control = asked.get(unit).cloned().unwrap_or_else(|| Some(Control::default()));
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
                standing.member.engine.tell(EventKind::Problem { error });
            }
            if mode == Mode::Forever && !over && !overtaken {
                let wait = standing.wait(passed.as_ref().err(), watched, retry_wait_max);
                standing.member.engine.tell(EventKind::Waiting { wait });
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

    fn resolved(&mut self, at: usize, result: Result<Revision>) {
        if self.cx.check().is_err() {
            return;
        }
        if self.springs[at].units.is_empty() {
            let spring = &mut self.springs[at];
            (spring.idle, spring.known, spring.failed) = (true, None, 0);
            return;
        }
        let interval = self.interval(at);
        match result {
            Ok(revision) => {
                self.springs[at].failed = 0;
                let first = self.springs[at].known.is_none();
                let moved = self.springs[at].known.as_ref().is_none_or(|known| known.id != revision.id);
                self.springs[at].known = Some(revision);
                if first {
                    self.want_waiting(self.springs[at].units.clone());
                } else if moved {
                    self.want_all(Trigger::Source, self.springs[at].units.clone());
                }
                if self.mode == Mode::Forever {
                    self.resolve_when_moved(at, interval);
                }
            }
            Err(error) => self.unresolved(at, &error, interval),
        }
    }

    /// A source that gives no answer: units that have no revision fail, all others stay where they are.
    fn unresolved(&mut self, at: usize, error: &Error, interval: Duration) {
        self.springs[at].failed = self.springs[at].failed.saturating_add(1);
        let known = self.springs[at].known.is_some();
        let of: Vec<UnitId> = self.springs[at].units.iter().cloned().collect();
        let wait = self.retry_wait(at, error, interval);
        for unit in &of {
            let Some(standing) = self.units.get_mut(unit) else { continue };
            let engine = standing.member.engine.clone();
            let error = engine.blame_source(error.clone());
            engine.tell(EventKind::Started);
            engine.tell(EventKind::Failed { error: error.clone() });
            if !known {
                standing.fail();
                if self.mode == Mode::Once {
                    standing.wanted = None;
                }
            }
            if self.mode == Mode::Forever {
                standing.member.engine.tell(EventKind::Waiting { wait });
            }
            self.shown.push((unit.clone(), Err(error)));
        }
        if self.mode == Mode::Once {
            self.park_dependents_of(&of);
        } else {
            self.resolve(at, wait);
        }
    }

    fn park_dependents_of(&mut self, failed: &[UnitId]) {
        let dependents = failed.iter().filter_map(|unit| self.dependents.get(unit)).flatten();
        for unit in dependents.cloned().collect::<Vec<_>>() {
            if let Some(standing) = self.units.get_mut(&unit) {
                standing.parked = true;
            }
        }
    }

    fn retry_wait(&self, at: usize, error: &Error, interval: Duration) -> Duration {
        let Spring { engine, failed, .. } = &self.springs[at];
        let jitter =
            |wait| jittered(wait, engine.options().jitter_percent, engine.unit(), u64::from(*failed));
        let retry_wait_max = self.cx.limits().retry_wait_max;
        backoff(engine.options().retry_min, interval, *failed, jitter, Some(error), retry_wait_max)
    }

    /// The shortest interval of the units on a source.
    fn interval(&self, at: usize) -> Duration {
        let of = self.springs[at].units.iter().filter_map(|unit| self.units.get(unit));
        let shortest = of.map(|standing| standing.options().interval).min();
        shortest.unwrap_or_else(|| self.springs[at].engine.options().interval)
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

    fn asked(&mut self, at: usize, asked: Option<Asked>) {
        if self.cx.check().is_err() {
            return;
        }
        let mark = asked.as_ref().and_then(|(_, mark)| *mark);
        if let Some((now, _)) = asked {
            let before = self.places[at].asked.replace(now);
            let now = self.places[at].asked.as_ref();
            let asked_of = |unit: &UnitId| now.and_then(|now| now.get(unit));
            let is_news =
                |unit: &UnitId| before.as_ref().is_none_or(|before| before.get(unit) != asked_of(unit));
            let here = self.place_of.iter().filter(|(unit, place)| **place == at && is_news(unit));
            let here: Vec<UnitId> = here.map(|(unit, _)| unit.clone()).collect();
            if before.is_none() {
                self.want_waiting(here);
            } else {
                self.want_all(Trigger::Control, here);
            }
        }
        if self.mode == Mode::Forever || self.places[at].asked.is_none() {
            self.ask(at, if mark.is_some() { Duration::ZERO } else { CONTROL_POLL }, mark);
        }
    }

    fn due(&mut self) {
        let now = self.cx.now().mono;
        while let Some((at, unit)) = self.timers.first().cloned().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, unit.clone()));
            let trigger = self.units.get_mut(&unit).map(|standing| {
                standing.due = None;
                if standing.good { Trigger::Interval } else { Trigger::Retry }
            });
            if let Some(trigger) = trigger {
                self.want(&unit, trigger);
            }
        }
    }
}

fn wishes(controls: Controls) -> Wishes {
    controls.into_iter().map(|(unit, found)| (unit, found.ok().map(|(_, control)| control))).collect()
}

fn repeating(engine: &Engine) -> Engine {
    let mut options = engine.options().clone();
    options.repeat_failed_hooks = true;
    engine.clone().with_options(options)
}
