//! Waiting: for objects to become healthy, and for deleted ones to go.

use windlass_core::{Happening, Health, Live, Look, Now, Observed, Outcome, Result, Sight};
use windlass_graph::Gate;

use super::slot::Phase;
use super::{Effect, State};

pub(super) fn go_on(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    if !state.stop {
        look(state, now, out);
    }
    let waits = !state.stop && !state.waiting.is_empty();
    if !waits && !state.observing {
        state.phase = Phase::Closing;
    }
}

/// Looks at what is waited for, now and then.
pub(super) fn look(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    expire(state, now);
    if state.observing || state.stop {
        return;
    }
    if state.waiting.is_empty() {
        state.next_poll = None;
        state.poll = state.wait.poll_min;
        return;
    }
    let due = *state.next_poll.get_or_insert(now.mono + state.poll);
    if due > now.mono {
        out.push(Effect::Wake(due));
        return;
    }
    state.next_poll = None;
    state.poll = (state.poll * 2).min(state.wait.poll_max);
    state.observing = true;
    out.push(Effect::Observe(state.waiting.iter().map(|at| look_at(&state.slots[*at])).collect()));
}

/// Nothing but health and presence is asked for: no body is needed while the stamp is the one we know.
fn look_at(slot: &super::Slot) -> (windlass_core::ObjectId, Look) {
    let owned = &slot.action.owned;
    (slot.action.id.clone(), Look::new(owned.api_version.clone()).unless(owned.stamp))
}

pub(super) fn seen(state: &mut State, result: Result<Observed>, now: Now, out: &mut Vec<Effect>) {
    // A look that failed is no news; the deadline still stands.
    let Ok(observed) = result else { return };
    for (id, sight) in observed.sights {
        let Some(at) = state.index.get(&id).copied() else { continue };
        if !state.waiting.contains(&at) {
            continue;
        }
        match sight {
            Sight::Absent | Sight::Undefined if state.slots[at].is_delete() => gone(state, at, out),
            Sight::Live(live) if !state.slots[at].is_delete() => assess(state, at, live, out),
            Sight::Absent => {
                note(state, at, Health::new(windlass_core::HealthStatus::Degraded, "it is gone"), out)
            }
            _ => {}
        }
    }
    expire(state, now);
}

fn assess(state: &mut State, at: usize, live: Live, out: &mut Vec<Effect>) {
    note(state, at, live.health.unwrap_or_else(Health::healthy), out);
}

fn note(state: &mut State, at: usize, health: Health, out: &mut Vec<Effect>) {
    let slot = &mut state.slots[at];
    if slot.health.as_ref() != Some(&health) {
        let id = slot.action.id.clone();
        out.push(Effect::Tell(Happening::Health { id, health: health.clone() }));
    }
    let (ready, hopeless) = (health.is_ready(), health.is_hopeless());
    slot.health = Some(health);
    if ready {
        state.wait_for(at, None);
        state.poll = state.wait.poll_min;
        let _ = state.run.done(&at, Gate::Healthy);
    } else if hopeless {
        give_up(state, at);
    }
}

fn gone(state: &mut State, at: usize, out: &mut Vec<Effect>) {
    state.wait_for(at, None);
    state.slots[at].outcome = Some(Outcome::Deleted);
    state.poll = state.wait.poll_min;
    state.tell_outcome(at, out);
}

/// Stops waiting for what is past its deadline.
pub(super) fn expire(state: &mut State, now: Now) {
    let past = |at: &usize| state.slots[*at].deadline.is_some_and(|deadline| deadline <= now.mono);
    let past: Vec<usize> = state.waiting.iter().copied().filter(past).collect();
    past.into_iter().for_each(|at| give_up(state, at));
}

/// Stops waiting for an object. What depends on its health is held back; the object itself was written and stays.
pub(super) fn give_up(state: &mut State, at: usize) {
    state.wait_for(at, None);
    if state.slots[at].is_wanted() {
        let _ = state.run.failed(&at);
    }
}
