//! What follows once the objects of a unit were deleted with it: the hooks after that, the hooks' own objects, and what the
//! hooks needed.

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::{Expect, ObjectId, Outcome, Plan, Purpose, Result};
use windlass_graph as graph;

use super::prune::Pruning;
use super::slot::{Part, Phase, Slot, order};
use super::{Effect, State, gates, retry};

/// What is left to do once the present objects are gone; a pass that does not delete a unit with hooks has none.
#[derive(Debug, Clone)]
pub(super) struct Rounds {
    /// The hooks after the deletion, until they have their turn.
    after: Option<graph::Run<usize>>,
    /// What these hooks need.
    late: Vec<usize>,
    /// The hooks' own objects go, and then what they needed.
    swept: bool,
    /// Something stays, and so do the hooks' objects.
    given_up: bool,
}

impl Rounds {
    /// Finds in a plan what follows the deletion; `None` where nothing does.
    ///
    /// # Errors
    /// As [`order`].
    pub(super) fn of(
        plan: &Plan,
        slots: &mut [Slot],
        index: &BTreeMap<ObjectId, usize>,
    ) -> Result<Option<Self>> {
        if plan.purpose != Purpose::Delete || !slots.iter().any(Slot::is_wanted) {
            return Ok(None);
        }
        let after = order(plan, slots, index, Part::AfterDeletion)?;
        gates::find(plan, &after, slots);
        let hooks = slots.iter().filter(|slot| slot.is_wanted_in(Part::AfterDeletion));
        let first = hooks.map(|slot| slot.action.stage).min();
        let is_late = |slot: &Slot| slot.is_delete() && first.is_some_and(|first| slot.action.stage > first);
        let late = (0..slots.len()).filter(|at| is_late(&slots[*at])).collect();
        let after = first.is_some().then(|| after.run());
        Ok(Some(Self { after, late, swept: false, given_up: false }))
    }

    pub(super) fn is_late(&self, at: usize) -> bool {
        self.late.binary_search(&at).is_ok()
    }

    /// Says whether hooks after the deletion have not had their turn.
    pub(super) const fn has_hooks_to_come(&self) -> bool {
        self.after.is_some()
    }

    /// Says whether the unit can be forgotten: all hooks have run, and nothing was left for another pass.
    pub(super) const fn are_done(&self) -> bool {
        self.swept && !self.given_up
    }
}

/// Says what comes after a deletion that has ended.
pub(super) fn next(state: &mut State, out: &mut Vec<Effect>) -> Phase {
    let Some(rounds) = &state.rounds else { return Phase::Waiting };
    if rounds.swept || rounds.given_up {
        return Phase::Waiting;
    }
    if state.stop || !state.is_whole() {
        let why = if state.stop { state.why_stopped() } else { "something else failed" };
        give_up(state, why, out);
        return Phase::Waiting;
    }
    if let Some(left) = left_behind(state) {
        let why = format!("waits for {left} to go");
        keep(state, &why, out);
        return Phase::Waiting;
    }
    if let Some(run) = state.rounds.as_mut().and_then(|rounds| rounds.after.take()) {
        state.run = run;
        return Phase::Applying;
    }
    sweep(state);
    Phase::Settling
}

/// Nothing more is begun: hooks that have not run do not, and what they need stays.
pub(super) fn give_up(state: &mut State, why: &str, out: &mut Vec<Effect>) {
    for at in end_of(state) {
        retry::abandon(state, at, why, out);
    }
}

/// As after [`give_up`], and it is no failure: the next deletion goes on.
fn keep(state: &mut State, why: &str, out: &mut Vec<Effect>) {
    for at in end_of(state) {
        if state.slots[at].outcome.is_none() {
            state.end(at, Outcome::Kept { why: why.into() }, out);
        }
    }
}

/// Ends the rounds, and gives what had not had its turn.
fn end_of(state: &mut State) -> Vec<usize> {
    let Some(rounds) = state.rounds.as_mut().filter(|rounds| !rounds.swept) else { return Vec::new() };
    (rounds.after, rounds.given_up) = (None, true);
    let late = rounds.late.clone();
    let hooks = (0..state.slots.len()).filter(|at| state.slots[*at].is_wanted_in(Part::AfterDeletion));
    hooks.chain(late).collect()
}

/// Names an object that the unit still owns, beside hooks and what they need.
fn left_behind(state: &State) -> Option<&ObjectId> {
    let gone = |id: &ObjectId| {
        let at = state.index.get(id).copied();
        at.is_some_and(|at| {
            let slot = &state.slots[at];
            let late = state.rounds.as_ref().is_some_and(|rounds| rounds.is_late(at));
            slot.is_wanted() || late || slot.outcome == Some(Outcome::Deleted)
        })
    };
    let forgotten: BTreeSet<&ObjectId> = state.forget.iter().collect();
    let mut owned = state.saved.iter().flat_map(|saved| saved.inventory.objects.keys());
    owned.find(|id| !gone(id) && !forgotten.contains(id))
}

/// Lets the hooks' own objects go, and then what the hooks needed.
fn sweep(state: &mut State) {
    let hooks: Vec<usize> = (0..state.slots.len()).filter(|at| state.slots[*at].is_wanted()).collect();
    let mut leaving = Vec::new();
    for at in hooks {
        let slot = &state.slots[at];
        if slot.cleaned || state.known(&slot.action.id).is_none() {
            continue;
        }
        if slot.action.owned.keep {
            state.forget.push(slot.action.id.clone());
            continue;
        }
        let slot = &mut state.slots[at];
        slot.action.expect = slot.action.owned.uid.clone().map_or(Expect::Any, Expect::Uid);
        (slot.attempts, slot.error) = (0, None);
        slot.leaving = slot.outcome.take();
        leaving.push(at);
    }
    let Some(rounds) = &mut state.rounds else { return };
    rounds.swept = true;
    state.pruning = Pruning::of(&state.slots, leaving).then(Pruning::of(&state.slots, rounds.late.clone()));
}
