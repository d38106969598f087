//! Carrying out a plan, as a pure state machine.

mod clearing;
mod finish;
mod gates;
mod health;
mod hooks;
mod look;
mod prune;
mod retry;
mod rounds;
mod slot;
mod write;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use windlass_core::{
    Delta, Dialect, Digest, Error, ErrorKind, EventKind, Key, Limits, Look, Now, ObjectId, Observation,
    Observed, Outcome, Plan, Purpose, Report, Result, Revision, Saved, Text, Trigger, UnitId, UnitOrigin,
    Version, Warning, Write, Written,
};
use windlass_graph as graph;

use crate::rules::Wait;
use prune::Pruning;
use rounds::Rounds;
use slot::{Part, Phase, Slot};

/// What happened since the last step.
#[derive(Debug)]
#[non_exhaustive]
pub enum Happened {
    /// Begin.
    Begun,
    /// A save ended.
    Saved(Result<Version>),
    /// A write ended.
    Wrote(ObjectId, Result<Written>),
    /// A look ended.
    Observed(Result<Observed>),
    /// The time asked for has come.
    Woke,
    /// Somebody cancelled: nothing more is begun, what is under way is waited for, and what is known is saved.
    Cancelled,
    /// The time for the pass is over: as after a cancellation.
    TimedOut,
    /// The source has another revision: a pass that [only waits](State::only_waits) ends. Any other goes on.
    Overtaken(Revision),
    /// Something else is to be done: as after [`Overtaken`](Happened::Overtaken).
    Interrupted,
}

/// What has to be done next.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub enum Effect {
    /// Save; one at a time. An empty delta asks whether the state is still the one we know.
    Save(Delta),
    /// Write; several at once, never two of one object.
    Write(Write),
    /// Look; one at a time.
    Observe(BTreeMap<ObjectId, Look>),
    /// Come back no later than at this time of the monotonic clock. Of several the earliest counts, and those of this
    /// step replace those of earlier ones.
    Wake(Duration),
    /// Tell.
    Tell(EventKind),
    /// All is done: [`State::report`] is complete.
    Finish,
}

/// Where the carrying out of a plan stands. A simulator and a driver both hold one, feed it what [`Happened`], and carry
/// out each [`Effect`].
#[derive(Debug, Clone)]
pub struct State {
    unit: UnitId,
    wait: Wait,
    limits: Limits,
    dialects: Vec<Arc<dyn Dialect>>,
    slots: Vec<Slot>,
    index: BTreeMap<ObjectId, usize>,
    run: graph::Run<usize>,
    forget: Vec<ObjectId>,
    /// Slots that are tried again, by when.
    retries: BTreeSet<(Duration, usize)>,
    /// Slots that have to be looked at before they are written.
    doubts: BTreeSet<usize>,
    /// Slots that may be written as soon as fewer writes are under way.
    ready: VecDeque<usize>,
    /// Slots that are waited for, those with a `deadline`, by it.
    deadlines: BTreeSet<(Duration, usize)>,
    /// How many of those something else waits for.
    gating: usize,
    pruning: Pruning,
    clearing: clearing::Clearing,
    /// What follows once the objects of the unit were deleted with it.
    rounds: Option<Rounds>,
    /// What the store holds.
    saved: Option<Saved>,
    /// By which what is saved is sealed.
    key: Key,
    /// What of the state was saved unsealed, and has to be saved sealed.
    resealed: Delta,
    phase: Phase,
    in_flight: usize,
    saving: bool,
    /// The doubts that the look under way is about; `None` while nobody looks.
    looking: Option<BTreeSet<usize>>,
    poll: Duration,
    next_poll: Option<Duration>,
    /// Stop beginning anything.
    stop: bool,
    overtaken: bool,
    /// Why the state could not be saved.
    lost: Option<Error>,
    deleting_all: bool,
    /// The revision was good when it was last carried out: what is not healthy now was not changed by it.
    was_good: bool,
    trigger: Trigger,
    origin: Option<UnitOrigin>,
    default_namespace: Option<Text>,
    /// What hooks run for.
    run_of: Option<Digest>,
    /// The hooks.
    hook_slots: Vec<usize>,
    /// Hooks that have ended, and whether they succeeded.
    ended_hooks: BTreeMap<usize, bool>,
    /// Hooks that have ended and are to be deleted, once that they have is saved.
    to_clean: Vec<usize>,
    /// Which hooks run when the unit is deleted; `None` in a pass that deletes it.
    deletion_hooks: Option<BTreeMap<ObjectId, Digest>>,
    report: Report,
}

impl State {
    /// Makes ready to carry out `plan`, of a unit of which `saved` is remembered, both sealed by `key`.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] where the plan is too large to be ordered.
    pub fn new(
        plan: &Plan,
        saved: Option<Saved>,
        wait: &Wait,
        limits: &Limits,
        now: Now,
        key: &Key,
    ) -> Result<Self> {
        let mut slots: Vec<Slot> = plan.actions.iter().map(Slot::new).collect();
        let index: BTreeMap<ObjectId, usize> =
            slots.iter().enumerate().map(|(at, slot)| (slot.action.id.clone(), at)).collect();
        let order = slot::order(plan, &slots, &index, Part::First)?;
        gates::find(plan, &order, &mut slots);
        let rounds = Rounds::of(plan, &mut slots, &index)?;
        let is_late = |at: &usize| rounds.as_ref().is_some_and(|rounds| rounds.is_late(*at));
        let is_rest = |at: &usize| !is_late(at) && !clearing::is_first(&slots[*at]);
        let deletes = (0..slots.len()).filter(|at| slots[*at].is_delete() && is_rest(at));
        let pruning = Pruning::of(&slots, deletes);
        let mut report = Report::new(plan.unit.clone(), plan.revision.clone(), plan.digest, now.wall);
        let last = saved.as_ref().and_then(|saved| saved.history.last());
        let was_good = last.is_some_and(|last| last.good && last.revision == plan.revision);
        report.problems.clone_from(&plan.problems);
        report.warnings.clone_from(&plan.warnings);
        Ok(Self {
            unit: plan.unit.clone(),
            wait: wait.clone(),
            limits: limits.clone(),
            dialects: Vec::new(),
            run: order.run(),
            retries: BTreeSet::new(),
            doubts: BTreeSet::new(),
            ready: VecDeque::new(),
            deadlines: BTreeSet::new(),
            gating: 0,
            pruning,
            clearing: clearing::Clearing::default(),
            rounds,
            hook_slots: (0..slots.len()).filter(|at| slots[*at].action.hook.is_some()).collect(),
            slots,
            index,
            forget: plan.forget.clone(),
            saved,
            key: key.clone(),
            resealed: Delta::default(),
            phase: Phase::Intent,
            in_flight: 0,
            saving: false,
            looking: None,
            poll: health::first_poll(wait),
            next_poll: None,
            stop: false,
            overtaken: false,
            lost: None,
            deleting_all: false,
            was_good,
            trigger: Trigger::default(),
            origin: None,
            default_namespace: plan.default_namespace.clone(),
            run_of: plan.run,
            ended_hooks: BTreeMap::new(),
            to_clean: Vec::new(),
            deletion_hooks: (plan.purpose == Purpose::Apply).then(|| plan.deletion_hooks.clone()),
            report,
        })
    }

    /// Saves first what [`Saved::seal`] says has changed, whether or not anything is to be written.
    #[must_use]
    pub fn with_resealed(mut self, resealed: Option<Delta>) -> Self {
        self.resealed = resealed.unwrap_or_default();
        self
    }

    /// Reads what live objects ask for by these dialects, before it deletes them.
    #[must_use]
    pub fn with_dialects(mut self, dialects: &[Arc<dyn Dialect>]) -> Self {
        self.dialects = dialects.to_vec();
        self
    }

    /// Says why the pass is made, for the history.
    #[must_use]
    pub const fn with_trigger(mut self, trigger: Trigger) -> Self {
        self.trigger = trigger;
        self
    }

    /// Records where the unit is rendered from.
    #[must_use]
    pub fn with_origin(mut self, origin: Option<UnitOrigin>) -> Self {
        self.origin = origin;
        self
    }

    /// Forgets the unit in the end, if all of it could be deleted.
    #[must_use]
    pub const fn forgetting_all(mut self) -> Self {
        self.deleting_all = true;
        self
    }

    /// Gives what did happen so far; complete after [`Effect::Finish`].
    #[must_use]
    pub const fn report(&self) -> &Report {
        &self.report
    }

    /// Gives what is remembered of the unit, where the last save was confirmed.
    pub(crate) fn into_saved(self) -> Option<Saved> {
        self.saved.filter(|_| self.lost.is_none())
    }

    /// Says whether any write was begun.
    #[must_use]
    pub fn has_begun_to_write(&self) -> bool {
        self.slots.iter().any(|slot| slot.sent)
    }

    /// Says whether all there is to do is to wait: for health, or for what was deleted to be gone.
    #[must_use]
    pub fn only_waits(&self) -> bool {
        let pending = !self.retries.is_empty() || !self.doubts.is_empty() || !self.ready.is_empty();
        let looks_to_write = self.looking.as_ref().is_some_and(|doubts| !doubts.is_empty());
        let begins = self.stop || self.saving || self.in_flight > 0 || pending || looks_to_write;
        !begins
            && !self.deadlines.is_empty()
            && matches!(self.phase, Phase::Applying | Phase::MakingWay | Phase::Pruning | Phase::Waiting)
    }

    /// Gives why the state could not be saved, where nothing was written before that was tried.
    pub(crate) fn lost_before_writing(&self) -> Option<&Error> {
        self.lost.as_ref().filter(|_| !self.has_begun_to_write())
    }

    /// Says whether it ended because the source had another revision.
    #[must_use]
    pub const fn was_overtaken(&self) -> bool {
        self.overtaken
    }

    const fn why_stopped(&self) -> &'static str {
        if self.overtaken { "something else is to be done first" } else { "the pass was stopped" }
    }

    /// Says what became of a slot, and tells it.
    fn end(&mut self, at: usize, outcome: Outcome, out: &mut Vec<Effect>) {
        if !matches!(outcome, Outcome::Deleting { .. }) {
            self.pruning.ended(at);
        }
        self.slots[at].error = None;
        self.slots[at].outcome = Some(outcome);
        self.tell_outcome(at, out);
    }

    fn tell_outcome(&self, at: usize, out: &mut Vec<Effect>) {
        if let Some(outcome) = &self.slots[at].outcome {
            let id = self.slots[at].action.id.clone();
            out.push(Effect::Tell(EventKind::Object { id, outcome: outcome.clone() }));
        }
    }

    /// Waits for a slot until `deadline`, or no longer.
    fn wait_for(&mut self, at: usize, deadline: Option<Duration>) {
        let slot = &mut self.slots[at];
        let before = std::mem::replace(&mut slot.deadline, deadline);
        let counts = usize::from(slot.gates);
        if let Some(before) = before {
            self.deadlines.remove(&(before, at));
            self.gating = self.gating.saturating_sub(counts);
        }
        if let Some(deadline) = deadline {
            self.deadlines.insert((deadline, at));
            self.gating += counts;
        }
    }

    fn problem(&mut self, error: Error) {
        self.report.problems.push(error);
    }

    fn halt(&mut self, kind: ErrorKind, message: &'static str, out: &mut Vec<Effect>) {
        if !self.stop {
            self.stop = true;
            let error = Error::new(kind, message);
            out.push(Effect::Tell(EventKind::Problem { error: error.clone() }));
            self.problem(error);
        }
    }
}

/// Takes in what happened and says what has to be done next. Pure.
///
/// # Guarantees
/// - No write is begun before the intent of all writes is saved.
/// - No write is begun before every gate of every edge into its object is open.
/// - Nothing is deleted once anything in the pass failed or was skipped. What makes way for a wanted object is deleted when all
///   else is written that can be before that object; all other deletes come after the last write. Deletion goes from high rank to low, and
///   each rank is confirmed to be gone before the next begins.
/// - A hook that has ended is not deleted before that is saved.
/// - Hooks after the deletion of the unit are written once all else of it is gone; their objects go, and the unit is
///   forgotten, only after all of them have succeeded.
/// - Nothing is deleted before the store has said that the state is still ours, and before the objects of its rank were
///   looked at once more: what has another owner by now, or asks to be kept, stays.
/// - What may have been written is looked at before it is written again.
/// - What the inventory named, or was intended to be written, leaves it only after a confirmed delete, as the plan
///   says, or because it has another owner.
/// - What became of each object is told once; of what is unchanged, nothing.
/// - `Finish` is the last effect, and always comes.
///
/// The work of one step grows with what it begins, not with the size of the plan; that of a look with what is looked at.
///
/// # Assumptions
/// Each `Save`, `Write` and `Observe` is answered exactly once.
pub fn step(state: &mut State, happened: Happened, now: Now, out: &mut Vec<Effect>) {
    match happened {
        Happened::Begun => begin(state, out),
        Happened::Saved(result) => saved(state, result, out),
        Happened::Wrote(id, result) => {
            state.in_flight = state.in_flight.saturating_sub(1);
            if let Some(at) = state.index.get(&id).copied() {
                wrote(state, at, result, now, out);
            }
        }
        Happened::Observed(result) => observed(state, result, now, out),
        Happened::Woke => {}
        Happened::Cancelled => state.halt(ErrorKind::Cancelled, "cancelled before all was done", out),
        Happened::Overtaken(revision) => {
            overtake(
                state,
                Some(format!("the source is at {}: not waited for any longer", revision.short())),
            );
        }
        Happened::Interrupted => overtake(state, None),
        Happened::TimedOut => state.halt(ErrorKind::Timeout, "the time was over before all was done", out),
    }
    health::expire(state, now, out);
    advance(state, now, out);
}

/// Takes in that a write ended.
fn wrote(state: &mut State, at: usize, result: Result<Written>, now: Now, out: &mut Vec<Effect>) {
    if state.slots[at].cleaning {
        return hooks::cleaned(state, at, &result);
    }
    state.slots[at].busy = false;
    if state.slots[at].is_delete() {
        prune::ended(state, at, result, now, out);
    } else {
        write::ended(state, at, result, now, out);
    }
}

/// Takes in what was seen. A look at what is waited for that failed is no news: the deadline still stands.
fn observed(state: &mut State, result: Result<Observed>, now: Now, out: &mut Vec<Effect>) {
    let mut doubts = state.looking.take().unwrap_or_default();
    // What a stop has ended meanwhile stays as it ended.
    doubts.retain(|at| state.slots[*at].outcome.is_none());
    let mut observations = match result {
        Ok(observed) => observed.observations,
        Err(error) => {
            return doubts.iter().for_each(|at| retry::after_look(state, *at, error.clone(), now, out));
        }
    };
    for at in doubts {
        let observation = observations.remove(&state.slots[at].action.id);
        let observation = observation.unwrap_or_else(|| {
            Observation::Unreadable(Error::new(ErrorKind::Internal, "nobody looked at this object"))
        });
        if state.slots[at].is_delete() {
            prune::seen(state, at, observation, now, out);
        } else {
            write::seen(state, at, observation, now, out);
        }
    }
    for (id, observation) in observations {
        if let Some(at) = state.index.get(&id).copied() {
            health::seen(state, at, observation, out);
        }
    }
}

/// The intent is saved before the first write; without one, and without anything else to remember, nothing is.
fn begin(state: &mut State, out: &mut Vec<Effect>) {
    for error in state.report.problems.clone() {
        out.push(Effect::Tell(EventKind::Problem { error }));
    }
    (0..state.slots.len()).for_each(|at| state.tell_outcome(at, out));
    let intent = state.intent();
    if intent.is_empty() {
        state.phase = Phase::Applying;
    } else {
        state.save(intent, out);
    }
}

/// What is not healthy yet may never be: perhaps what comes next is what mends it.
fn overtake(state: &mut State, warning: Option<String>) {
    if state.only_waits() {
        (state.stop, state.overtaken) = (true, true);
        state.report.warnings.extend(warning.map(Warning::new));
    }
}

fn saved(state: &mut State, result: Result<Version>, out: &mut Vec<Effect>) {
    state.saving = false;
    match result {
        Ok(version) => {
            state.confirm(version);
            out.push(Effect::Tell(EventKind::Saved { objects: state.owned_count() }));
            if state.phase == Phase::Clearing {
                return clearing::saved(state);
            }
            state.phase = match state.phase {
                Phase::Intent => Phase::Applying,
                Phase::Settling => Phase::Pruning,
                Phase::Closing => Phase::Done,
                other => other,
            };
        }
        Err(error) => {
            let retry = error.retry();
            let error = error.with("unit", &state.unit);
            let error =
                Error::new(error.kind(), "the state could not be saved").retrying(retry).caused_by(error);
            if state.has_begun_to_write() {
                out.push(Effect::Tell(EventKind::Problem { error: error.clone() }));
            }
            state.problem(error.clone());
            state.lost = Some(error);
            state.stop = true;
            state.phase = if state.phase == Phase::Intent { Phase::Done } else { Phase::Closed };
        }
    }
}

/// Does what there is to do in the phase, and goes on to the next one once there is nothing.
fn advance(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    loop {
        let phase = state.phase;
        match phase {
            Phase::Intent | Phase::Finished => {}
            Phase::Applying => apply(state, now, out),
            Phase::Clearing => clearing::begin(state, out),
            Phase::MakingWay => clearing::make_way(state, now, out),
            Phase::Failing => {
                hooks::clean_ended(state, out);
                hooks::run_for_failure(state, out);
                look::begin(state, now, out);
            }
            Phase::Settling => finish::settle(state, out),
            Phase::Pruning => delete(state, now, out),
            Phase::Waiting => wait(state, now, out),
            Phase::Closing | Phase::Closed => finish::close(state, now, out),
            Phase::Done => finish::finish(state, now, out),
        }
        if state.phase == phase {
            return;
        }
    }
}

fn apply(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    if !state.stop {
        retry::take_due(state, now, out);
        write::begin_ready(state, now, out);
    }
    hooks::clean_ended(state, out);
    look::begin(state, now, out);
    let idle = state.in_flight == 0 && state.looking.is_none() && !state.saving;
    if idle && (state.stop || !write::awaits_anything(state)) {
        hooks::clean_rest(state, out);
        if state.in_flight == 0 && !state.saving {
            state.phase = clearing::next(state, out);
        }
    }
}

fn delete(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    if prune::go_on(state, now, out) {
        state.phase = rounds::next(state, out);
    }
}

fn wait(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    look::begin(state, now, out);
    let waits = !state.stop && !state.deadlines.is_empty();
    if !waits && state.looking.is_none() {
        state.phase = Phase::Closing;
    }
}
