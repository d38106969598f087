//! Looking: at what is waited for, at what may have been written, and at what is about to be deleted.

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::{Error, ErrorKind, Look, Now, ObjectId, Observed, Result};

use super::{Effect, State, health, prune, retry, write};

/// Looks where there is a doubt, and now and then at what is waited for.
pub(super) fn go_on(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    if state.looking.is_some() || state.stop {
        return;
    }
    let doubts = std::mem::take(&mut state.doubts);
    let mut objects: BTreeMap<ObjectId, Look> =
        if health::is_due(state, now, out) { health::looks(state) } else { BTreeMap::new() };
    objects.extend(doubts.iter().map(|at| whole(state, *at)));
    if !objects.is_empty() {
        state.looking = Some(doubts);
        out.push(Effect::Observe(objects));
    }
}

/// The body says what was written, and what the object asks for.
fn whole(state: &State, at: usize) -> (ObjectId, Look) {
    let action = &state.slots[at].action;
    (action.id.clone(), Look::new(action.owned.api_version.clone()))
}

/// Takes in what was seen. A look at what is waited for that failed is no news: the deadline still stands.
pub(super) fn ended(state: &mut State, result: Result<Observed>, now: Now, out: &mut Vec<Effect>) {
    let mut doubts = state.looking.take().unwrap_or_default();
    // What a stop has ended meanwhile stays as it ended.
    doubts.retain(|at| state.slots[*at].outcome.is_none());
    match result {
        Err(error) => doubts.iter().for_each(|at| retry::after_look(state, *at, error.clone(), now, out)),
        Ok(observed) => sort(state, observed, &doubts, now, out),
    }
}

fn sort(state: &mut State, observed: Observed, doubts: &BTreeSet<usize>, now: Now, out: &mut Vec<Effect>) {
    let mut observations = observed.observations;
    for at in doubts {
        let observation = observations.remove(&state.slots[*at].action.id);
        match observation {
            Some(observation) if state.slots[*at].is_delete() => {
                prune::seen(state, *at, observation, now, out)
            }
            Some(observation) => write::seen(state, *at, observation, now, out),
            None => {
                let error = Error::new(ErrorKind::Internal, "nobody looked at this object");
                retry::after_look(state, *at, error, now, out);
            }
        }
    }
    for (id, observation) in observations {
        if let Some(at) = state.index.get(&id).copied() {
            health::seen(state, at, observation, out);
        }
    }
}
