//! Trying again what failed and may succeed later.

use std::time::Duration;

use windlass_core::{Error, ErrorKind, Now, Outcome, Retry};

use super::{Effect, State, clearing};

/// The wait before a second attempt, where nobody named one; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// Takes up what is due: in doubt it is looked at first, else it is written once fewer writes are under way.
pub(super) fn take_due(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    while let Some((due, at)) = state.retries.first().copied() {
        if due > now.mono {
            out.push(Effect::Wake(due));
            return;
        }
        state.retries.pop_first();
        if state.slots[at].is_doubtful() {
            state.doubts.insert(at);
        } else {
            state.ready.push_back(at);
        }
    }
}

/// Takes in that a write failed: it is tried again, or the slot has failed.
pub(super) fn after_write(state: &mut State, at: usize, error: Error, now: Now, out: &mut Vec<Effect>) {
    // A refusal that comes later does not undo a write that may have happened.
    let may_have = state.slots[at].error.as_ref().is_some_and(Error::may_have_written);
    let error = if may_have { error.maybe_written() } else { error };
    state.slots[at].error = Some(error.clone());
    later(state, at, &error, now, out);
}

/// Takes in that nobody could look: it is tried again, or the slot has failed, with what the write ended in before.
pub(super) fn after_look(state: &mut State, at: usize, error: Error, now: Now, out: &mut Vec<Effect>) {
    state.slots[at].attempts += 1;
    state.slots[at].error.get_or_insert_with(|| error.clone());
    later(state, at, &error, now, out);
}

fn later(state: &mut State, at: usize, error: &Error, now: Now, out: &mut Vec<Effect>) {
    match wait_after(state, at, error) {
        Some(wait) => drop(state.retries.insert((now.mono.saturating_add(wait), at))),
        None => {
            let error = state.slots[at].error.take().unwrap_or_else(|| error.clone());
            fail(state, at, error, out);
        }
    }
}

/// How long to wait before another attempt; `None` where there is none.
fn wait_after(state: &State, at: usize, error: &Error) -> Option<Duration> {
    let attempts = state.slots[at].attempts;
    let transient =
        matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Undefined);
    let lags = clearing::may_lag(&state.slots[at], error);
    if state.stop || !(transient || lags) || attempts >= state.wait.write_attempts_max {
        return None;
    }
    let wait = match error.retry() {
        Retry::After(wait) => wait,
        Retry::Never if !lags => return None,
        Retry::Backoff | Retry::Never => {
            FIRST_WAIT.saturating_mul(2u32.saturating_pow(attempts.saturating_sub(1)))
        }
        _ => return None,
    };
    Some(wait.min(state.limits.retry_wait_max))
}

pub(super) fn fail(state: &mut State, at: usize, error: Error, out: &mut Vec<Effect>) {
    let error = clearing::explain(state, at, error);
    state.end(at, Outcome::Failed { error }, out);
    if state.slots[at].is_wanted() {
        let _ = state.run.failed(&at);
    }
}

/// Ends a slot for which nothing more is done: with what its last attempt ended in, else because of `why`.
pub(super) fn abandon(state: &mut State, at: usize, why: &str, out: &mut Vec<Effect>) {
    let slot = &mut state.slots[at];
    if slot.outcome.is_none() {
        let outcome = match slot.error.take() {
            Some(error) => Outcome::Failed { error },
            None => Outcome::Skipped { why: why.into() },
        };
        state.end(at, outcome, out);
    }
}

/// Nothing that is pending is begun any more.
pub(super) fn clear(state: &mut State) {
    state.retries.clear();
    state.doubts.clear();
    state.ready.clear();
}
