//! Deleting what is not wanted any more, rank by rank.

use std::collections::{BTreeMap, VecDeque};

use windlass_core::{Error, ErrorKind, Now, Outcome, Result, Written};

use super::slot::{Phase, Slot};
use super::{Effect, State, health, write};

/// The ranks that are left to delete, highest first.
#[derive(Debug, Clone)]
pub(super) struct Pruning {
    /// Deletes that were not begun, of each rank after the present one.
    ranks: VecDeque<Vec<usize>>,
    /// Deletes of the present rank that were not begun.
    next: VecDeque<usize>,
    /// Deletes of the present rank.
    present: Vec<usize>,
    /// It was looked at whether anything may be deleted at all.
    allowed: Option<bool>,
}

impl Pruning {
    pub(super) fn of(slots: &[Slot]) -> Self {
        let mut ranks: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (at, slot) in slots.iter().enumerate().filter(|(_, slot)| slot.is_delete()) {
            ranks.entry(slot.action.owned.rank).or_default().push(at);
        }
        let ranks = ranks.into_values().rev().collect();
        Self { ranks, next: VecDeque::new(), present: Vec::new(), allowed: None }
    }
}

pub(super) fn go_on(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    health::expire(state, now);
    let allowed = state.pruning.allowed.unwrap_or_else(|| state.is_whole());
    state.pruning.allowed = Some(allowed);
    if state.stop || !allowed {
        hold(state, if state.stop { "the pass was stopped" } else { "something else failed" });
    }
    begin(state, out);
    health::look(state, now, out);
    let idle = state.in_flight == 0 && !state.observing;
    if idle
        && state.pruning.next.is_empty()
        && state.pruning.ranks.is_empty()
        && (is_settled(state) || state.stop)
    {
        state.phase = Phase::Waiting;
    }
}

/// Whether nothing of the present rank is under way or waited for any more.
fn is_settled(state: &State) -> bool {
    state.pruning.present.iter().all(|at| !state.slots[*at].busy && !state.waiting.contains(at))
}

/// Begins what is left of the present rank; once all of it is gone, the next one.
fn begin(state: &mut State, out: &mut Vec<Effect>) {
    loop {
        while state.in_flight < state.in_flight_max {
            let Some(at) = state.pruning.next.pop_front() else { break };
            write::send(state, at, out);
        }
        if !state.pruning.next.is_empty() || state.in_flight > 0 || !is_settled(state) {
            return;
        }
        let gone = |at: &usize| state.slots[*at].outcome == Some(Outcome::Deleted);
        if !state.pruning.present.iter().all(gone) {
            return hold(state, "waits for the deletion of what depends on it");
        }
        let Some(rank) = state.pruning.ranks.pop_front() else { return };
        state.pruning.next = rank.iter().copied().collect();
        state.pruning.present = rank;
    }
}

/// Nothing more is deleted in this pass.
fn hold(state: &mut State, why: &str) {
    let pruning = &mut state.pruning;
    let left: Vec<usize> = pruning.next.drain(..).chain(pruning.ranks.drain(..).flatten()).collect();
    for at in left {
        state.slots[at].outcome = Some(Outcome::Skipped { why: why.into() });
    }
}

pub(super) fn ended(state: &mut State, at: usize, result: Result<Written>, now: Now, out: &mut Vec<Effect>) {
    let slot = &mut state.slots[at];
    match result {
        Ok(Written::Gone) => slot.outcome = Some(Outcome::Deleted),
        Ok(Written::Deleting(_)) => {
            slot.outcome = Some(Outcome::Deleting);
            let deadline = now.mono + state.wait.delete_timeout;
            return state.wait_for(at, Some(deadline));
        }
        Ok(_) => {
            let error = Error::new(ErrorKind::Internal, "the target set what it should delete");
            slot.outcome = Some(Outcome::Failed { error });
        }
        Err(error) => slot.outcome = Some(Outcome::Failed { error }),
    }
    state.tell_outcome(at, out);
}
