//! Carrying out a plan, as a pure state machine.

mod finish;
mod health;
mod prune;
mod slot;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use windlass_core::{
    Delta, Error, ErrorKind, Happening, Look, Now, ObjectId, Observed, Plan, Record, Report, Result, Saved,
    UnitId, Version, Write, Written,
};
use windlass_graph as graph;

use crate::rules::Wait;
use slot::{Phase, Slot};

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
}

/// What has to be done next.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub enum Effect {
    /// Save; one at a time.
    Save(Delta),
    /// Write; several at once, never two of one object.
    Write(Write),
    /// Look; one at a time.
    Observe(BTreeMap<ObjectId, Look>),
    /// Come back no later than at this time of the monotonic clock. Of several the earliest counts, and those of this
    /// step replace those of earlier ones.
    Wake(Duration),
    /// Tell.
    Tell(Happening),
    /// All is done: [`State::report`] is complete.
    Finish,
}

/// Where the carrying out of a plan stands. A simulator and a driver both hold one, feed it what [`Happened`], and carry
/// out each [`Effect`].
#[derive(Debug, Clone)]
pub struct State {
    unit: UnitId,
    wait: Wait,
    in_flight_max: usize,
    slots: Vec<Slot>,
    index: BTreeMap<ObjectId, usize>,
    run: graph::Run<usize>,
    forget: Vec<ObjectId>,
    /// Slots whose write is tried again: those with `retry_at`.
    retrying: BTreeSet<usize>,
    /// Slots that are waited for: those with `deadline`.
    waiting: BTreeSet<usize>,
    pruning: prune::Pruning,
    /// What the store holds.
    saved: Option<Saved>,
    phase: Phase,
    in_flight: usize,
    saving: bool,
    observing: bool,
    poll: Duration,
    next_poll: Option<Duration>,
    /// Stop beginning anything.
    stop: bool,
    deleting_all: bool,
    report: Report,
}

impl State {
    /// Makes ready to carry out `plan`, of a unit of which `saved` is remembered. `in_flight_max`: writes at once.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] where the plan is too large to be ordered.
    pub fn new(
        plan: &Plan,
        saved: Option<Saved>,
        wait: &Wait,
        in_flight_max: usize,
        now: Now,
    ) -> Result<Self> {
        let mut slots: Vec<Slot> = plan.actions.iter().map(Slot::new).collect();
        let index: BTreeMap<ObjectId, usize> =
            slots.iter().enumerate().map(|(at, slot)| (slot.action.id.clone(), at)).collect();
        let order = slot::order(plan, &slots, &index)?;
        slot::find_gates(&order, &mut slots);
        let mut report = Report::new(plan.unit.clone(), plan.revision.clone(), plan.digest, now.wall);
        report.problems.clone_from(&plan.problems);
        report.warnings.clone_from(&plan.warnings);
        Ok(Self {
            unit: plan.unit.clone(),
            wait: wait.clone(),
            in_flight_max: in_flight_max.max(1),
            run: order.run(),
            retrying: BTreeSet::new(),
            waiting: BTreeSet::new(),
            pruning: prune::Pruning::of(&slots),
            slots,
            index,
            forget: plan.forget.clone(),
            saved,
            phase: Phase::Intent,
            in_flight: 0,
            saving: false,
            observing: false,
            poll: wait.poll_min,
            next_poll: None,
            stop: false,
            deleting_all: false,
            report,
        })
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

    /// Says whether any write was begun.
    #[must_use]
    pub fn has_begun_to_write(&self) -> bool {
        self.slots.iter().any(|slot| slot.attempts > 0)
    }

    fn tell_outcome(&self, at: usize, out: &mut Vec<Effect>) {
        if let Some(outcome) = &self.slots[at].outcome {
            let id = self.slots[at].action.id.clone();
            out.push(Effect::Tell(Happening::Object { id, outcome: outcome.clone() }));
        }
    }

    /// Waits for a slot until `deadline`, or no longer.
    fn wait_for(&mut self, at: usize, deadline: Option<Duration>) {
        self.slots[at].deadline = deadline;
        match deadline {
            Some(_) => self.waiting.insert(at),
            None => self.waiting.remove(&at),
        };
    }

    fn problem(&mut self, error: Error) {
        self.report.problems.push(error);
    }
}

/// Takes in what happened and says what has to be done next. Pure.
///
/// # Guarantees
/// - No write is begun before the intent of all writes is saved.
/// - No write is begun before every gate of every edge into its object is open.
/// - Nothing is deleted in a pass in which anything failed or was skipped; deletion goes from high rank to low, and
///   each rank is confirmed to be gone before the next begins.
/// - What the inventory named, or was intended to be written, leaves it only after a confirmed delete or as the plan
///   says.
/// - `Finish` is the last effect, and always comes.
///
/// The work of one step grows with what it begins and with what is waited for, not with the size of the plan.
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
                write::ended(state, at, result, now, out);
            }
        }
        Happened::Observed(result) => {
            state.observing = false;
            health::seen(state, result, now, out);
        }
        Happened::Woke => {}
        Happened::Cancelled => cancel(state),
    }
    go_on(state, now, out);
}

/// The intent is saved before the first write; without one, and without anything else to remember, nothing is.
fn begin(state: &mut State, out: &mut Vec<Effect>) {
    let intent = state.intent();
    if intent.is_empty() {
        state.phase = Phase::Applying;
    } else {
        state.save(intent, out);
    }
}

fn saved(state: &mut State, result: Result<Version>, out: &mut Vec<Effect>) {
    state.saving = false;
    match result {
        Ok(version) => {
            state.confirm(version);
            out.push(Effect::Tell(Happening::Saved { objects: state.owned_count() }));
            state.phase = match state.phase {
                Phase::Intent => Phase::Applying,
                Phase::Settling => Phase::Pruning,
                Phase::Closing => Phase::Done,
                other => other,
            };
        }
        Err(error) => {
            let error = error.with("unit", &state.unit);
            state.problem(Error::new(error.kind(), "the state could not be saved").caused_by(error));
            state.stop = true;
            state.phase = if state.phase == Phase::Intent { Phase::Done } else { Phase::Closed };
        }
    }
}

fn cancel(state: &mut State) {
    if !state.stop {
        state.stop = true;
        state.problem(Error::new(ErrorKind::Cancelled, "cancelled before all was done"));
    }
}

fn go_on(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    loop {
        let phase = state.phase;
        match phase {
            Phase::Intent | Phase::Finished => {}
            Phase::Applying => write::go_on(state, now, out),
            Phase::Settling => finish::settle(state, out),
            Phase::Pruning => prune::go_on(state, now, out),
            Phase::Waiting => health::go_on(state, now, out),
            Phase::Closing | Phase::Closed => finish::close(state, now, out),
            Phase::Done => finish::finish(state, now, out),
        }
        if state.phase == phase {
            return;
        }
    }
}

/// Whether two records say the same, but for when.
fn same_record(a: &Record, b: &Record) -> bool {
    (&a.revision, &a.plan, &a.counts) == (&b.revision, &b.plan, &b.counts)
}
