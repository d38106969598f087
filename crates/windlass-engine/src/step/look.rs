//! Looking: at what is waited for, at what may have been written, and at what is about to be deleted.

use std::collections::BTreeMap;

use windlass_core::{Look, Now, ObjectId};

use super::{Effect, State, health};

/// Looks where there is a doubt, and now and then at what is waited for.
pub(super) fn begin(state: &mut State, now: Now, out: &mut Vec<Effect>) {
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
