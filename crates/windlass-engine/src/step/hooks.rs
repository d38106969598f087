//! Hooks: how they end, what becomes of them then, and those that run where something has failed.

use windlass_core::{
    Cascade, Delta, Error, ErrorKind, Expect, Health, Outcome, Result, Verb, Write, Written,
};

use super::slot::Phase;
use super::{Effect, State, write};

/// Takes in that a hook has ended: what ran is remembered, and the hook goes where it was told to.
pub(super) fn ended(state: &mut State, at: usize, good: bool) {
    let slot = &state.slots[at];
    let Some(hook) = slot.action.hook else { return };
    if state.ended_hooks.insert(at, good).is_some() || !slot.ours {
        return;
    }
    if (good && hook.deletion.on_success) || (!good && hook.deletion.on_failure) {
        state.to_clean.push(at);
    }
}

/// Deletes hooks that were told to go, once all of their phase have ended: one may need another, such as a job its account.
pub(super) fn clean_ended(state: &mut State, out: &mut Vec<Effect>) {
    if state.to_clean.is_empty() || state.stop || state.saving {
        return;
    }
    let (over, later) = state.to_clean.iter().partition(|at| phase_is_over(state, **at));
    state.to_clean = later;
    clean_saved(state, over, out);
}

/// Deletes hooks that were told to go, though others of their phase did not run.
pub(super) fn clean_rest(state: &mut State, out: &mut Vec<Effect>) {
    if !state.stop && !state.saving {
        let over = std::mem::take(&mut state.to_clean);
        clean_saved(state, over, out);
    }
}

fn phase_is_over(state: &State, at: usize) -> bool {
    let phase = |at: usize| state.slots[at].action.hook.map(|hook| hook.phase);
    let of_phase = state.hook_slots.iter().filter(|other| phase(**other) == phase(at));
    of_phase.copied().all(|at| has_ended(state, at))
}

fn has_ended(state: &State, at: usize) -> bool {
    let passed_over = || {
        matches!(
            state.slots[at].outcome,
            Some(Outcome::Failed { .. } | Outcome::Skipped { .. } | Outcome::Kept { .. })
        )
    };
    state.ended_hooks.contains_key(&at) || passed_over()
}

/// A hook whose object is gone has run only if that is remembered.
fn clean_saved(state: &mut State, over: Vec<usize>, out: &mut Vec<Effect>) {
    if over.is_empty() {
        return;
    }
    if state.hook_news().is_empty() {
        over.into_iter().for_each(|at| clean(state, at, out));
    } else {
        state.to_clean.extend(over);
        state.save(state.progress(), out);
    }
}

/// Says why a hook that did not succeed has failed.
pub(super) fn failure(state: &State, at: usize) -> Error {
    let slot = &state.slots[at];
    let failed = slot.health.as_ref().is_some_and(Health::is_hopeless);
    let (kind, message) = if failed {
        (ErrorKind::Conflict, "the hook failed")
    } else {
        (ErrorKind::Timeout, "the hook did not end in time")
    };
    let error = Error::new(kind, message).with("object", &slot.action.id);
    let error = match &slot.health {
        Some(health) => error.with("health", health),
        None => error,
    };
    let error = if state.deleting_all {
        error.with_help("mend what it does and delete again, or delete the unit without its hooks")
    } else {
        error
    };
    error.maybe_written()
}

fn clean(state: &mut State, at: usize, out: &mut Vec<Effect>) {
    let slot = &mut state.slots[at];
    let Some(uid) = slot.action.owned.uid.clone() else { return };
    slot.cleaning = true;
    slot.busy = true;
    state.in_flight += 1;
    out.push(Effect::Write(Write::Delete {
        id: slot.action.id.clone(),
        api_version: slot.action.owned.api_version.clone(),
        expect: Expect::Uid(uid),
        cascade: Cascade::Background,
    }));
}

/// Takes in that a hook was deleted after it had ended. One that could not be is deleted with the unit.
pub(super) fn cleaned(state: &mut State, at: usize, result: &Result<Written>) {
    let slot = &mut state.slots[at];
    (slot.cleaning, slot.busy) = (false, false);
    slot.cleaned = matches!(result, Ok(Written::Gone | Written::Deleting(_)));
}

/// Says whether there are hooks for a failure that have not run.
pub(super) fn are_for_failure(state: &State) -> bool {
    state.slots.iter().any(is_pending)
}

fn is_pending(slot: &super::slot::Slot) -> bool {
    slot.is_for_failure() && slot.action.payload.is_some() && !slot.sent
}

/// Runs the hooks for a failure, all at once: they are noted first, as everything that may come to be.
pub(super) fn run_for_failure(state: &mut State, out: &mut Vec<Effect>) {
    if state.saving {
        return;
    }
    if state.stop {
        state.phase = Phase::Settling;
        return;
    }
    let pending: Vec<usize> = (0..state.slots.len()).filter(|at| is_pending(&state.slots[*at])).collect();
    let unknown: Delta = noted(state, &pending);
    if !unknown.is_empty() {
        return state.save(unknown, out);
    }
    for at in pending {
        let slot = &mut state.slots[at];
        slot.outcome = None;
        slot.gates = true;
        slot.action.verb = Verb::Create;
        write::send(state, at, out);
    }
    if state.in_flight == 0 && state.looking.is_none() && state.gating == 0 {
        clean_rest(state, out);
        if state.in_flight == 0 && !state.saving {
            state.phase = Phase::Settling;
        }
    }
}

fn noted(state: &State, pending: &[usize]) -> Delta {
    let mut delta = Delta::default();
    for slot in pending.iter().map(|at| &state.slots[*at]) {
        let (id, owned) = (&slot.action.id, &slot.action.owned);
        if state.known(id).is_none_or(|known| known.wanted != owned.wanted) {
            delta.put.insert(id.clone(), owned.clone());
        }
    }
    delta
}
