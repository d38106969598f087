//! Writing what is wanted, as gates open.

use windlass_core::{
    Cascade, Error, ErrorKind, Expect, Health, Live, Mode, Now, Observation, Outcome, Owner, Result, Verb,
    Write, Written,
};
use windlass_graph::Gate;

use super::slot::Slot;
use super::{Effect, State, clearing, health, hooks, retry};

/// Something of the order can still move: a retry, a look, a ready object, or a gate that health may open.
pub(super) fn awaits_anything(state: &State) -> bool {
    let pending = !state.retries.is_empty() || !state.doubts.is_empty() || !state.ready.is_empty();
    let opens =
        !state.run.is_finished() && (pending || state.run.ready().next().is_some() || state.gating > 0);
    // Nothing of the order may wait for a hook around the deletion, and yet nothing may go before it has ended.
    opens || (state.rounds.is_some() && state.gating > 0)
}

pub(super) fn begin_ready(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    send_ready(state, out);
    while state.in_flight < in_flight_max(state) {
        let Some(at) = state.run.take() else { return };
        match &state.slots[at].action.verb {
            Verb::Create | Verb::Apply if state.slots[at].action.in_place_of.is_some() => {
                clearing::park(state, at);
            }
            Verb::Create | Verb::Change | Verb::Apply => send(state, at, out),
            Verb::Unchanged => applied(state, at, Outcome::Unchanged, None, now, out),
            _ if state.slots[at].is_passed_over() => drop(state.run.done(&at, Gate::Healthy)),
            _ => drop(state.run.failed(&at)),
        }
    }
}

fn in_flight_max(state: &State) -> usize {
    state.limits.writes_in_flight_max.max(1)
}

/// Begins the writes that wait for nothing but others to end.
pub(super) fn send_ready(state: &mut State, out: &mut Vec<Effect>) {
    while state.in_flight < in_flight_max(state) {
        let Some(at) = state.ready.pop_front() else { return };
        send(state, at, out);
    }
}

pub(super) fn send(state: &mut State, at: usize, out: &mut Vec<Effect>) {
    let owner = Owner::of(&state.unit);
    let slot = &mut state.slots[at];
    let Some(write) = write_of(slot, owner) else {
        let error = Error::new(ErrorKind::Unsupported, "a plan without bodies cannot be carried out");
        return retry::fail(state, at, error, out);
    };
    slot.attempts += 1;
    slot.sent = true;
    slot.busy = true;
    state.in_flight += 1;
    out.push(Effect::Write(write));
}

fn write_of(slot: &Slot, owner: Owner) -> Option<Write> {
    let action = &slot.action;
    if slot.is_delete() {
        return Some(Write::Delete {
            id: action.id.clone(),
            api_version: action.owned.api_version.clone(),
            expect: action.expect.clone(),
            cascade: Cascade::Background,
        });
    }
    Some(Write::Apply {
        payload: action.payload.clone()?,
        mode: action.mode,
        expect: action.expect.clone(),
        owner,
        conflicts: action.conflicts.clone(),
    })
}

pub(super) fn ended(state: &mut State, at: usize, result: Result<Written>, now: Now, out: &mut Vec<Effect>) {
    let may_have = state.slots[at].error.as_ref().is_some_and(Error::may_have_written);
    match result {
        Ok(Written::Created(live)) => applied(state, at, Outcome::Created, Some(live), now, out),
        Ok(Written::Changed(live)) => applied(state, at, Outcome::Changed, Some(live), now, out),
        Ok(Written::Unchanged(live)) => {
            let outcome = if may_have { written_before(&state.slots[at]) } else { Outcome::Unchanged };
            applied(state, at, outcome, Some(live), now, out);
        }
        Ok(_) => {
            let error = Error::new(ErrorKind::Internal, "the target deleted what it should set");
            retry::fail(state, at, error, out);
        }
        Err(error) => retry::after_write(state, at, error, now, out),
    }
}

/// What an earlier attempt did of which no answer came.
fn written_before(slot: &Slot) -> Outcome {
    if slot.action.verb == Verb::Change { Outcome::Changed } else { Outcome::Created }
}

/// Takes in how an object is that may have been written: as it should be, or it is written again, on the condition that
/// it stays as it was seen now.
pub(super) fn seen(state: &mut State, at: usize, observation: Observation, now: Now, out: &mut Vec<Effect>) {
    match observation {
        Observation::Live(live) => seen_live(state, at, live, now, out),
        Observation::Absent => {
            state.slots[at].action.expect = Expect::Absent;
            state.ready.push_back(at);
        }
        Observation::Undefined => state.ready.push_back(at),
        Observation::Unreadable(error) => retry::after_look(state, at, error, now, out),
    }
}

fn seen_live(state: &mut State, at: usize, live: Live, now: Now, out: &mut Vec<Effect>) {
    let slot = &mut state.slots[at];
    let ours = live.owner.as_ref().is_some_and(|owner| owner.is_of(&state.unit));
    if slot.is_created_only() {
        let outcome = if ours { Outcome::Created } else { Outcome::Unchanged };
        return applied(state, at, outcome, Some(live), now, out);
    }
    if ours && is_as_sent(slot, &live) {
        let outcome = written_before(slot);
        return applied(state, at, outcome, Some(live), now, out);
    }
    let another =
        live.owner.as_ref().filter(|owner| !ours && Some(*owner) != slot.action.taken_from.as_ref());
    if let Some(owner) = another {
        let error =
            Error::new(ErrorKind::Conflict, "the object has another owner by now").with("owner", owner);
        let may_have = slot.error.as_ref().is_some_and(Error::may_have_written);
        return retry::fail(state, at, if may_have { error.maybe_written() } else { error }, out);
    }
    // What was absent, or another one, and now is there without naming us is somebody else's, and the write says so.
    let new = match &slot.action.expect {
        Expect::Absent => true,
        Expect::Uid(uid) => live.uid.as_ref() != Some(uid),
        _ => false,
    };
    if ours || !new {
        slot.action.expect = afresh(&slot.action.expect, &live);
    }
    state.ready.push_back(at);
}

fn is_as_sent(slot: &Slot, live: &Live) -> bool {
    let sent = slot.action.payload.as_ref().map(windlass_core::Object::body);
    let renews = matches!(slot.action.mode, Mode::Recreate | Mode::Renew);
    let anew = !renews || slot.action.owned.uid != live.uid;
    anew && live.body.as_ref().is_some_and(|body| Some(body.body()) == sent)
}

/// The same condition, of what was seen now.
fn afresh(expect: &Expect, live: &Live) -> Expect {
    match (expect, &live.uid) {
        (Expect::Any, _) => Expect::Any,
        (Expect::Absent | Expect::Uid(_), Some(uid)) => Expect::Uid(uid.clone()),
        _ => Expect::At(live.version.clone()),
    }
}

fn applied(
    state: &mut State,
    at: usize,
    outcome: Outcome,
    live: Option<Live>,
    now: Now,
    out: &mut Vec<Effect>,
) {
    if let Some(live) = live {
        take_in(state, at, live);
    }
    let slot = &mut state.slots[at];
    let told = outcome != Outcome::Unchanged;
    slot.error = None;
    slot.outcome = Some(outcome);
    // A body without a rule for its health is healthy; one that just was written and is not, is waited for.
    let ready = slot.is_ready();
    // What this pass did not change, and no earlier one that is not over, is not waited for.
    let own = state.wait.health && (told || !state.was_good);
    if !ready && (own || slot.gates) {
        let limit = slot.action.time_limit.unwrap_or(state.wait.health_timeout);
        state.wait_for(at, Some(now.mono.saturating_add(limit)));
    }
    let gate = if ready { Gate::Healthy } else { Gate::Applied };
    let _ = state.run.done(&at, gate);
    if told {
        state.tell_outcome(at, out);
    }
    if ready {
        hooks::ended(state, at, true);
    }
    if !ready && state.slots[at].health.as_ref().is_some_and(Health::is_hopeless) {
        health::give_up(state, at, out);
    }
}

fn take_in(state: &mut State, at: usize, live: Live) {
    let slot = &mut state.slots[at];
    let elsewhere = live.owner.as_ref().is_none_or(|owner| !owner.is_of(&state.unit));
    if slot.is_created_only() && elsewhere {
        // Somebody else was first; what was only to be created is left to them.
        slot.ours = false;
        state.forget.push(slot.action.id.clone());
    }
    slot.action.owned.stamp = Some(live.stamp.sealed(&state.key));
    slot.action.owned.uid = live.uid;
    slot.health = live.health.map(|health| slot.judged(health));
}
