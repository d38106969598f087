//! Writing what is wanted, as gates open.

use std::time::Duration;

use windlass_core::{Error, ErrorKind, Health, Mark, Now, Outcome, Result, Retry, Verb, Write, Written};
use windlass_graph::Gate;

use super::slot::Phase;
use super::{Effect, State, health, prune};

pub(super) fn go_on(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    if !state.stop {
        retry(state, now, out);
        begin_ready(state, now, out);
    }
    health::look(state, now, out);
    let idle = state.in_flight == 0 && !state.observing;
    let stuck = state.run.is_finished() || (!awaits_anything(state));
    if idle && (state.stop || stuck) {
        state.phase = Phase::Settling;
    }
}

/// Something of the order can still move: a write under way, a retry, a gate that health may open, or a ready object.
fn awaits_anything(state: &State) -> bool {
    state.in_flight > 0
        || !state.retrying.is_empty()
        || state.run.ready().next().is_some()
        || state.waiting.iter().any(|at| state.slots[*at].gates)
}

fn begin_ready(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    while state.in_flight < state.in_flight_max {
        let Some(at) = state.run.take() else { return };
        match &state.slots[at].action.verb {
            Verb::Create | Verb::Change | Verb::Apply => send(state, at, out),
            Verb::Unchanged => applied(state, at, Outcome::Unchanged, None, now, out),
            _ => drop(state.run.failed(&at)),
        }
    }
}

fn retry(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    let due = |state: &State, at: &usize| state.slots[*at].retry_at.is_some_and(|due| due <= now.mono);
    let ready: Vec<usize> = state.retrying.iter().copied().filter(|at| due(state, at)).collect();
    for at in ready {
        if state.in_flight < state.in_flight_max {
            state.slots[at].retry_at = None;
            state.retrying.remove(&at);
            send(state, at, out);
        }
    }
    if let Some(due) = state.retrying.iter().filter_map(|at| state.slots[*at].retry_at).min() {
        out.push(Effect::Wake(due.max(now.mono)));
    }
}

/// Begins the write of a slot.
pub(super) fn send(state: &mut State, at: usize, out: &mut Vec<Effect>) {
    let mark = Mark::of(&state.unit);
    let slot = &mut state.slots[at];
    let action = &slot.action;
    let write = match (&action.verb, &action.payload) {
        (Verb::Delete, _) => Write::Delete {
            id: action.id.clone(),
            api_version: action.owned.api_version.clone(),
            expect: action.expect.clone(),
            cascade: windlass_core::Cascade::Background,
        },
        (_, Some(payload)) => Write::apply(payload.clone(), action.mode, action.expect.clone(), mark),
        (_, None) => {
            let error = Error::new(ErrorKind::Unsupported, "a plan without bodies cannot be carried out");
            slot.outcome = Some(Outcome::Failed { error });
            return drop(state.run.failed(&at));
        }
    };
    slot.attempts += 1;
    slot.busy = true;
    state.in_flight += 1;
    out.push(Effect::Write(write));
}

pub(super) fn ended(state: &mut State, at: usize, result: Result<Written>, now: Now, out: &mut Vec<Effect>) {
    state.slots[at].busy = false;
    if state.slots[at].is_delete() {
        return prune::ended(state, at, result, now, out);
    }
    match result {
        Ok(Written::Created(live)) => applied(state, at, Outcome::Created, Some(live), now, out),
        Ok(Written::Changed(live)) => applied(state, at, Outcome::Changed, Some(live), now, out),
        Ok(Written::Unchanged(live)) => applied(state, at, Outcome::Unchanged, Some(live), now, out),
        Ok(_) => {
            failed(state, at, Error::new(ErrorKind::Internal, "the target deleted what it should set"), out)
        }
        Err(error) => match retry_wait(state, at, &error) {
            Some(wait) => {
                let due = now.mono + wait;
                state.slots[at].retry_at = Some(due);
                state.retrying.insert(at);
                out.push(Effect::Wake(due));
            }
            None => failed(state, at, error, out),
        },
    }
}

/// How long to wait before another attempt; `None` where there is none.
fn retry_wait(state: &State, at: usize, error: &Error) -> Option<Duration> {
    let attempts = state.slots[at].attempts;
    let transient =
        matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Undefined);
    if state.stop || !transient || attempts >= state.wait.write_attempts_max {
        return None;
    }
    match error.retry() {
        Retry::After(wait) => Some(wait),
        Retry::Backoff => Some(Duration::from_millis(250) * 2u32.saturating_pow(attempts)),
        _ => None,
    }
}

fn failed(state: &mut State, at: usize, error: Error, out: &mut Vec<Effect>) {
    state.slots[at].outcome = Some(Outcome::Failed { error });
    state.tell_outcome(at, out);
    let _ = state.run.failed(&at);
}

fn applied(
    state: &mut State,
    at: usize,
    outcome: Outcome,
    live: Option<windlass_core::Live>,
    now: Now,
    out: &mut Vec<Effect>,
) {
    let slot = &mut state.slots[at];
    if let Some(live) = live {
        slot.action.owned.stamp = Some(live.stamp);
        slot.action.owned.uid = live.uid;
        slot.health = live.health;
    }
    let written = outcome != Outcome::Unchanged;
    slot.outcome = Some(outcome);
    // A body without a rule for its health is healthy; one that just was written and is not, is waited for.
    let ready = slot.is_ready();
    if !ready && (state.wait.health || slot.gates) {
        let deadline = now.mono + slot.action.time_limit.unwrap_or(state.wait.health_timeout);
        state.wait_for(at, Some(deadline));
    }
    let gate = if ready { Gate::Healthy } else { Gate::Applied };
    let _ = state.run.done(&at, gate);
    if written {
        state.tell_outcome(at, out);
    }
    if !ready && state.slots[at].health.as_ref().is_some_and(Health::is_hopeless) {
        health::give_up(state, at);
    }
}
