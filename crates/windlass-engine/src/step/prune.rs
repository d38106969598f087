//! Deleting what is not wanted any more, rank by rank.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use windlass_core::{
    Error, ErrorKind, Expect, Live, Now, ObjectId, Observation, Outcome, Result, Text, Written,
};

use super::slot::Slot;
use super::{Effect, State, look, retry, write};
use crate::keep::{Stay, may_be_one, stay};
use crate::plan::the_same;

/// The ranks that are left to delete, highest first.
#[derive(Debug, Clone)]
pub(super) struct Pruning {
    /// Deletes of each rank after the present one.
    ranks: VecDeque<Vec<usize>>,
    /// Deletes of the present rank.
    present: Vec<usize>,
    /// Those of them that have not ended.
    left: BTreeSet<usize>,
    /// Objects of the unit by their uid, which must not be deleted by another name.
    wanted: Option<BTreeMap<Text, ObjectId>>,
}

impl Pruning {
    /// Deletes these, from high rank to low.
    pub(super) fn of(slots: &[Slot], deletes: impl IntoIterator<Item = usize>) -> Self {
        let mut ranks: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for at in deletes {
            ranks.entry(slots[at].action.owned.rank).or_default().push(at);
        }
        let ranks = ranks.into_values().rev().collect();
        Self { ranks, present: Vec::new(), left: BTreeSet::new(), wanted: None }
    }

    /// Deletes these, and then those.
    pub(super) fn then(mut self, those: Self) -> Self {
        self.ranks.extend(those.ranks);
        self
    }

    pub(super) fn is_pending(&self) -> bool {
        !self.ranks.is_empty()
    }

    pub(super) fn ended(&mut self, at: usize) {
        self.left.remove(&at);
    }
}

/// Goes on with what is to be deleted, and says whether it has ended: all of it is gone, or the pass was stopped.
pub(super) fn go_on(state: &mut State, now: Now, out: &mut Vec<Effect>) -> bool {
    if state.stop {
        hold(state, state.why_stopped(), out);
    } else {
        retry::take_due(state, now, out);
        begin_next(state, out);
    }
    look::begin(state, now, out);
    state.in_flight == 0 && state.looking.is_none() && (state.stop || !is_under_way(state))
}

/// Says whether anything is left to delete, or to be seen gone.
fn is_under_way(state: &State) -> bool {
    !state.pruning.left.is_empty() || state.pruning.is_pending()
}

/// Begins what is left of the present rank; once all of it is gone, the next one, by looking at it.
fn begin_next(state: &mut State, out: &mut Vec<Effect>) {
    write::send_ready(state, out);
    if !state.pruning.left.is_empty() {
        return;
    }
    let ended_well =
        |at: &usize| matches!(state.slots[*at].outcome, Some(Outcome::Deleted | Outcome::Kept { .. }));
    if !state.pruning.present.iter().all(ended_well) {
        return keep_the_rest(state, out);
    }
    let Some(rank) = state.pruning.ranks.pop_front() else { return };
    state.doubts.extend(rank.iter().copied());
    state.pruning.left = rank.iter().copied().collect();
    state.pruning.present = rank;
}

/// Nothing more is deleted in this pass.
pub(super) fn hold(state: &mut State, why: &str, out: &mut Vec<Effect>) {
    retry::clear(state);
    let present = state.pruning.left.iter().copied().filter(|at| !state.slots[*at].busy).collect::<Vec<_>>();
    let ranks = std::mem::take(&mut state.pruning.ranks);
    for at in present.into_iter().chain(ranks.into_iter().flatten()) {
        retry::abandon(state, at, why, out);
    }
}

/// What something held that comes before it stays for now: it is no failure, and the next pass goes on.
fn keep_the_rest(state: &mut State, out: &mut Vec<Effect>) {
    let failed = |at: &usize| matches!(state.slots[*at].outcome, Some(Outcome::Failed { .. }));
    let why = "waits for the deletion of what depends on it";
    if state.pruning.present.iter().any(failed) {
        return hold(state, why, out);
    }
    for at in std::mem::take(&mut state.pruning.ranks).into_iter().flatten() {
        state.end(at, Outcome::Kept { why: why.into() }, out);
    }
}

/// Takes in how an object is that is about to be deleted. What was decided when the plan was made may be long ago.
pub(super) fn seen(state: &mut State, at: usize, observation: Observation, now: Now, out: &mut Vec<Effect>) {
    let live = match observation {
        Observation::Live(live) => live,
        Observation::Absent | Observation::Undefined => return state.end(at, Outcome::Deleted, out),
        Observation::Unreadable(error) => return retry::after_look(state, at, error, now, out),
    };
    match why_kept(state, at, &live) {
        Some(Stay::Released(why)) => {
            state.forget.push(state.slots[at].action.id.clone());
            state.end(at, Outcome::Kept { why }, out);
        }
        Some(Stay::Owned(why)) => state.end(at, Outcome::Kept { why }, out),
        None if live.deletion.is_some() => {
            // It was told to go before.
            let held_by = live.deletion.map(|deletion| deletion.held_by).unwrap_or_default();
            going(state, at, held_by, now, out);
        }
        None => {
            let action = &mut state.slots[at].action;
            action.expect = the_same(&live);
            state.ready.push_back(at);
        }
    }
}

fn why_kept(state: &mut State, at: usize, live: &Live) -> Option<Stay> {
    let found = stay(live, &state.unit, &state.dialects).or_else(|| by_another_name(state, live));
    found.or_else(|| match &state.slots[at].action.expect {
        Expect::Uid(uid) if live.uid.as_ref() != Some(uid) => {
            Some(Stay::Owned("it was made anew since the plan was made".into()))
        }
        _ => None,
    })
}

/// A wanted object that the inventory also names in another group: deleting it here would take it away there.
fn by_another_name(state: &mut State, live: &Live) -> Option<Stay> {
    let slots = &state.slots;
    let wanted = state.pruning.wanted.get_or_insert_with(|| {
        let wanted = slots.iter().filter(|slot| slot.is_wanted() && !slot.is_delete());
        wanted.filter_map(|slot| Some((slot.action.owned.uid.clone()?, slot.action.id.clone()))).collect()
    });
    let other = wanted.get(live.uid.as_ref()?).filter(|id| may_be_one(id, &live.id))?;
    Some(Stay::Released(format!("it is {other}, which is wanted").into()))
}

pub(super) fn ended(state: &mut State, at: usize, result: Result<Written>, now: Now, out: &mut Vec<Effect>) {
    match result {
        Ok(Written::Gone) => state.end(at, Outcome::Deleted, out),
        Ok(Written::Released { why }) => {
            state.forget.push(state.slots[at].action.id.clone());
            state.end(at, Outcome::Kept { why }, out);
        }
        Ok(Written::Deleting(_)) => going(state, at, Vec::new(), now, out),
        Ok(_) => {
            let error = Error::new(ErrorKind::Internal, "the target set what it should delete");
            retry::fail(state, at, error, out);
        }
        Err(error) => retry::after_write(state, at, error, now, out),
    }
}

/// The object was told to go. It is waited for where that was asked for; else the next pass sees it gone.
fn going(state: &mut State, at: usize, held_by: Vec<Text>, now: Now, out: &mut Vec<Effect>) {
    // What it makes way for cannot be written before it is gone.
    if state.wait.deletion || !state.slots[at].action.makes_way_for.is_empty() {
        state.wait_for(at, Some(now.mono.saturating_add(state.wait.delete_timeout)));
    } else {
        state.pruning.ended(at);
    }
    state.end(at, Outcome::Deleting { held_by }, out);
}
