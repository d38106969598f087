//! Waiting: for objects to become healthy, and for deleted ones to go.

use std::collections::BTreeMap;
use std::time::Duration;

use windlass_core::{
    Error, ErrorKind, EventKind, Health, HealthStatus, Live, Look, Now, ObjectId, Observation, Outcome,
};
use windlass_graph::Gate;

use super::{Effect, State, hooks, retry};
use crate::rules::Wait;

/// The shortest wait between two looks, whatever was asked for: without any, time would stand still.
const POLL_LEAST: Duration = Duration::from_millis(1);

pub(super) fn first_poll(wait: &Wait) -> Duration {
    wait.poll_min.max(POLL_LEAST)
}

/// Says whether it is time to look at what is waited for, and when to come back if not.
pub(super) fn is_due(state: &mut State, now: Now, out: &mut Vec<Effect>) -> bool {
    let Some((deadline, _)) = state.deadlines.first().copied() else {
        state.next_poll = None;
        state.poll = first_poll(&state.wait);
        return false;
    };
    let due = *state.next_poll.get_or_insert(now.mono.saturating_add(state.poll));
    if due > now.mono {
        out.push(Effect::Wake(due.min(deadline)));
        return false;
    }
    state.next_poll = None;
    state.poll = state.poll.saturating_mul(2).min(state.wait.poll_max).max(POLL_LEAST);
    true
}

/// Nothing but health and presence is asked for: no body is needed while the stamp is the one we know.
pub(super) fn looks(state: &State) -> BTreeMap<ObjectId, Look> {
    let look = |(_, at): &(Duration, usize)| {
        let action = &state.slots[*at].action;
        let look = Look::new(action.owned.api_version.clone()).unless(&state.key, action.owned.stamp);
        (action.id.clone(), look)
    };
    state.deadlines.iter().map(look).collect()
}

pub(super) fn seen(state: &mut State, at: usize, observation: Observation, out: &mut Vec<Effect>) {
    if state.slots[at].deadline.is_none() {
        return;
    }
    match observation {
        Observation::Absent | Observation::Undefined if state.slots[at].is_delete() => gone(state, at, out),
        Observation::Live(live) if !state.slots[at].is_delete() => assess(state, at, live, out),
        Observation::Live(live) => held(state, at, live, out),
        // Whoever looks now and then may miss the end of what goes by itself right after it.
        Observation::Absent if state.slots[at].action.owned.transient => {
            note(state, at, Health::healthy(), out);
        }
        Observation::Absent => note(state, at, Health::new(HealthStatus::Degraded, "it is gone"), out),
        _ => {}
    }
}

/// Tells what holds an object that should go, once it is known.
fn held(state: &mut State, at: usize, live: Live, out: &mut Vec<Effect>) {
    let held_by = live.deletion.map(|deletion| deletion.held_by).unwrap_or_default();
    let outcome = Outcome::Deleting { held_by };
    if state.slots[at].outcome.as_ref() != Some(&outcome) {
        state.slots[at].outcome = Some(outcome);
        state.tell_outcome(at, out);
    }
}

fn assess(state: &mut State, at: usize, live: Live, out: &mut Vec<Effect>) {
    note(state, at, live.health.unwrap_or_else(Health::healthy), out);
}

fn note(state: &mut State, at: usize, health: Health, out: &mut Vec<Effect>) {
    let slot = &mut state.slots[at];
    let health = slot.judged(health);
    if slot.health.as_ref() != Some(&health) {
        let id = slot.action.id.clone();
        out.push(Effect::Tell(EventKind::Health { id, health: health.clone() }));
    }
    let (ready, hopeless) = (health.is_ready(), health.is_hopeless());
    slot.health = Some(health);
    if ready {
        state.wait_for(at, None);
        state.poll = first_poll(&state.wait);
        let _ = state.run.done(&at, Gate::Healthy);
        hooks::ended(state, at, true);
    } else if hopeless {
        give_up(state, at, out);
    }
}

fn gone(state: &mut State, at: usize, out: &mut Vec<Effect>) {
    state.wait_for(at, None);
    state.poll = first_poll(&state.wait);
    state.end(at, Outcome::Deleted, out);
}

/// Stops waiting for what is past its deadline.
pub(super) fn expire(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    while let Some((_, at)) = state.deadlines.first().copied().filter(|(deadline, _)| *deadline <= now.mono) {
        give_up(state, at, out);
    }
}

/// Stops waiting for an object. What depends on its health is held back; the object itself was written and stays. One
/// that should go and does not has failed.
pub(super) fn give_up(state: &mut State, at: usize, out: &mut Vec<Effect>) {
    state.wait_for(at, None);
    let goes = state.slots[at].is_delete();
    if state.slots[at].action.hook.is_some() && !goes {
        let error = hooks::failure(state, at);
        if error.kind() != ErrorKind::Timeout {
            hooks::ended(state, at, false);
        }
        return retry::fail(state, at, error, out);
    }
    if !goes {
        let _ = state.run.failed(&at);
        return;
    }
    let held_by = match &state.slots[at].outcome {
        Some(Outcome::Deleting { held_by }) => held_by.join(", "),
        _ => String::new(),
    };
    let error = Error::new(ErrorKind::Timeout, "the object was told to go, and something holds it")
        .with("object", &state.slots[at].action.id)
        .with("held_by", if held_by.is_empty() { "unknown" } else { &held_by })
        .with("waited_seconds", state.wait.delete_timeout.as_secs())
        .with_help(
            "look what holds it, such as a finalizer whose controller is gone; it stays owned until then",
        )
        .maybe_written();
    retry::fail(state, at, error, out);
}
