//! Deleting what is not wanted any more, rank by rank.

use windlass_core::{Error, ErrorKind, Now, Outcome, Result, Written};

use super::slot::Phase;
use super::{Effect, State, health, write};

pub(super) fn go_on(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    if state.stop || !state.is_whole() {
        hold(state, if state.stop { "the pass was stopped" } else { "something else failed" });
    }
    health::expire(state, now);
    begin_rank(state, out);
    health::look(state, now, out);
    let under_way = state.slots.iter().any(|slot| slot.is_delete() && (slot.busy || slot.deadline.is_some()));
    let left = state.slots.iter().any(|slot| slot.is_delete() && slot.outcome.is_none());
    if !left && (!under_way || state.stop) && state.in_flight == 0 && !state.observing {
        state.phase = Phase::Waiting;
    }
}

/// Begins the highest rank that has anything left, unless a higher one is not gone yet.
fn begin_rank(state: &mut State, out: &mut Vec<Effect>) {
    let open = |slot: &super::Slot| slot.is_delete() && slot.outcome != Some(Outcome::Deleted);
    let Some(rank) = state.slots.iter().filter(|slot| open(slot)).map(|slot| slot.action.owned.rank).max()
    else {
        return;
    };
    let stuck = state.slots.iter().any(|slot| {
        slot.action.owned.rank == rank
            && open(slot)
            && slot.outcome.is_some()
            && slot.deadline.is_none()
            && !slot.busy
    });
    for at in 0..state.slots.len() {
        let slot = &state.slots[at];
        if !slot.is_delete() || slot.outcome.is_some() || slot.busy {
            continue;
        }
        if slot.action.owned.rank == rank {
            if state.in_flight < state.in_flight_max {
                write::send(state, at, out);
            }
        } else if stuck {
            let why = "waits for the deletion of what depends on it".into();
            state.slots[at].outcome = Some(Outcome::Skipped { why });
        }
    }
}

/// Nothing more is deleted in this pass.
fn hold(state: &mut State, why: &str) {
    for slot in state.slots.iter_mut().filter(|slot| slot.is_delete() && slot.outcome.is_none() && !slot.busy)
    {
        slot.outcome = Some(Outcome::Skipped { why: why.into() });
    }
}

pub(super) fn ended(state: &mut State, at: usize, result: Result<Written>, now: Now, out: &mut Vec<Effect>) {
    let slot = &mut state.slots[at];
    match result {
        Ok(Written::Gone) => slot.outcome = Some(Outcome::Deleted),
        Ok(Written::Deleting(_)) => {
            slot.outcome = Some(Outcome::Deleting);
            slot.deadline = Some(now.mono + state.wait.delete_timeout);
            return;
        }
        Ok(_) => {
            let error = Error::new(ErrorKind::Internal, "the target set what it should delete");
            slot.outcome = Some(Outcome::Failed { error });
        }
        Err(error) => slot.outcome = Some(Outcome::Failed { error }),
    }
    state.tell_outcome(at, out);
}
