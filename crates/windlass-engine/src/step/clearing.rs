//! Deleting what excludes a wanted object, before that is written.

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::{Error, ErrorKind, Exclusion, Now, ObjectId, Outcome};

use super::prune::Pruning;
use super::slot::{Phase, Slot};
use super::{Effect, State, prune, retry};

/// Wanted objects whose turn has come, and what they wait to see gone.
#[derive(Debug, Clone, Default)]
pub(super) struct Clearing {
    /// Wanted objects that only wait for that.
    parked: Vec<usize>,
    /// All that is deleted in the end, while what is deleted first goes.
    later: Option<Pruning>,
}

/// Says whether a delete comes before the write of what it makes way for.
pub(super) fn is_first(slot: &Slot) -> bool {
    slot.is_delete() && !slot.action.makes_way_for.is_empty()
}

/// Lets a wanted object wait whose turn has come.
pub(super) fn park(state: &mut State, at: usize) {
    state.clearing.parked.push(at);
}

/// What comes after the writes: the deletions for what waits, or, where these must not be begun, the end.
pub(super) fn next(state: &mut State, out: &mut Vec<Effect>) -> Phase {
    if is_due(state) {
        return Phase::Clearing;
    }
    // What a stop leaves is abandoned with the rest.
    let parked = if state.stop { Vec::new() } else { std::mem::take(&mut state.clearing.parked) };
    for at in parked {
        let why = "what excludes it is deleted first only where nothing else failed".into();
        state.end(at, Outcome::Skipped { why }, out);
        let _ = state.run.failed(&at);
    }
    Phase::Settling
}

/// Says whether the deletions have to be begun: all else that could be written is, and nothing failed. So as little as
/// possible can still go wrong between a deletion and the write that it makes way for.
fn is_due(state: &State) -> bool {
    let spoiled =
        |slot: &Slot| matches!(slot.outcome, Some(Outcome::Failed { .. } | Outcome::Skipped { .. }));
    let whole = state.report.problems.is_empty() && !state.slots.iter().any(spoiled);
    !state.clearing.parked.is_empty() && !state.stop && whole && state.run.blocked().is_empty()
}

/// Asks the store whether the state is still ours, and saves what was written.
pub(super) fn begin(state: &mut State, out: &mut Vec<Effect>) {
    if !state.saving {
        state.save(state.progress(), out);
    }
}

/// The state is saved: what stands in the way of what waits is deleted from now on.
pub(super) fn saved(state: &mut State) {
    let exclusions =
        state.clearing.parked.iter().filter_map(|at| state.slots[*at].action.in_place_of.as_ref());
    let goes: BTreeSet<&ObjectId> = exclusions.flat_map(|exclusion| &exclusion.by).collect();
    let makes_way = |slot: &Slot| is_first(slot) && slot.outcome.is_none() && goes.contains(&slot.action.id);
    let first = (0..state.slots.len()).filter(|at| makes_way(&state.slots[*at]));
    let first = Pruning::of(&state.slots, first);
    state.clearing.later = Some(std::mem::replace(&mut state.pruning, first));
    state.phase = Phase::MakingWay;
}

/// Deletes, sees it gone, and then lets what waited for that go on.
pub(super) fn make_way(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    if prune::go_on(state, now, out) {
        if let Some(later) = state.clearing.later.take() {
            state.pruning = later;
        }
        release(state, out);
        state.phase = Phase::Applying;
    }
}

/// What is cleared the way for is written; what is not has failed. Where the pass was stopped it is abandoned with the rest.
fn release(state: &mut State, out: &mut Vec<Effect>) {
    for at in std::mem::take(&mut state.clearing.parked) {
        match not_gone(state, at) {
            None => state.ready.push_back(at),
            Some(_) if state.stop => {}
            Some(error) => retry::fail(state, at, error, out),
        }
    }
}

fn not_gone(state: &State, at: usize) -> Option<Error> {
    let exclusion = state.slots[at].action.in_place_of.as_ref()?;
    let stays: BTreeMap<&ObjectId, String> =
        exclusion.by.iter().filter_map(|id| Some((id, why_it_stays(state, id)?))).collect();
    if stays.is_empty() {
        return None;
    }
    let by = ids(stays.keys().copied());
    let why = stays.into_values().collect::<Vec<_>>().join("; ");
    Some(refusal(exclusion).with("excluded_by", by).with("which_stays", why))
}

fn refusal(exclusion: &Exclusion) -> Error {
    Error::new(ErrorKind::Conflict, "what excludes the object was not deleted")
        .caused_by(exclusion.error.clone())
}

/// Says whether a refusal may come from somebody who has not yet heard that what was in the way is gone.
pub(super) fn may_lag(slot: &Slot, error: &Error) -> bool {
    let refused = matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Denied | ErrorKind::Conflict);
    slot.action.in_place_of.is_some() && refused && !error.may_have_written()
}

/// Says of a write that failed what was deleted for it.
pub(super) fn explain(state: &State, at: usize, error: Error) -> Error {
    let slot = &state.slots[at];
    let Some(exclusion) = slot.action.in_place_of.as_ref().filter(|_| slot.sent) else { return error };
    let by = ids(&exclusion.by);
    let help = format!("{by} was deleted to make way for it; to have it again, put it back into the source");
    let error = error.with("deleted_first", by);
    if error.help().is_some() { error } else { error.with_help(help) }
}

fn ids<'a>(ids: impl IntoIterator<Item = &'a ObjectId>) -> String {
    ids.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn why_it_stays(state: &State, id: &ObjectId) -> Option<String> {
    let at = state.index.get(id)?;
    match &state.slots[*at].outcome {
        Some(Outcome::Deleted) => None,
        Some(Outcome::Kept { why } | Outcome::Skipped { why }) => Some(why.to_string()),
        Some(Outcome::Failed { error }) => Some(error.message().to_owned()),
        _ => Some("it is not gone yet".to_owned()),
    }
}

/// What was to go first, and was not begun, stays.
pub(super) fn end(state: &mut State, out: &mut Vec<Effect>) {
    for at in (0..state.slots.len()).filter(|at| is_first(&state.slots[*at])).collect::<Vec<_>>() {
        retry::abandon(state, at, "what it makes way for was not reached", out);
    }
}
