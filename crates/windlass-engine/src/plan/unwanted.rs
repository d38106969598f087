//! What would happen to owned objects that are not wanted any more.

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::{
    Action, Error, ErrorKind, Live, ObjectId, Observation, Owned, Taken, Text, Verb, Warning,
};

use super::{conflict, the_same};
use crate::facts::Facts;
use crate::keep::{Stay, may_be_one, stay};
use crate::rules::Rules;

/// What would happen to owned objects that are not wanted any more.
#[derive(Default)]
pub(super) struct Unwanted {
    /// In the order of deletion; `stage` counts from 0.
    pub(super) actions: Vec<Action>,
    pub(super) forget: Vec<ObjectId>,
    pub(super) problems: Vec<Error>,
    pub(super) warnings: Vec<Warning>,
}

enum Fate<'a> {
    Delete(&'a Live),
    Keep(Text),
    KeepAndForget(Text),
    /// Nobody can tell what it is: that it stays is no success.
    Refuse(Error),
    Forget,
}

/// `whole`: everything wanted can be written.
pub(super) fn draft(facts: &Facts, rules: &Rules<'_>, whole: bool) -> Unwanted {
    let gone = facts.unwanted();
    let by_uid = if gone.is_empty() { BTreeMap::new() } else { by_uid(facts) };
    let mut unwanted = Unwanted::default();
    for id in gone {
        let owned = &facts.inventory.objects[id];
        let fate = fate(facts, rules, id, owned, &by_uid);
        let action = match fate {
            Fate::Delete(live) => delete(id, owned, live),
            Fate::Keep(why) => Action::new(id.clone(), Verb::Keep { why }, owned.clone()),
            Fate::KeepAndForget(why) => {
                unwanted.forget.push(id.clone());
                Action::new(id.clone(), Verb::Keep { why }, owned.clone())
            }
            Fate::Refuse(error) => Action::new(id.clone(), Verb::Refuse { error }, owned.clone()),
            Fate::Forget => {
                unwanted.forget.push(id.clone());
                continue;
            }
        };
        unwanted.actions.push(action);
    }
    spare(facts, &mut unwanted);
    let whole_too = whole && is_whole(&unwanted);
    guard(facts, rules, (whole, whole_too), &mut unwanted);
    in_order(&mut unwanted.actions);
    unwanted
}

/// Objects of others that a message names.
const SHOWN_MAX: usize = 5;

fn is_whole(unwanted: &Unwanted) -> bool {
    unwanted.problems.is_empty()
        && !unwanted.actions.iter().any(|action| matches!(action.verb, Verb::Refuse { .. }))
}

fn delete(id: &ObjectId, owned: &Owned, live: &Live) -> Action {
    let mut action = Action::new(id.clone(), Verb::Delete, owned.clone());
    action.expect = the_same(live);
    action
}

/// Wanted objects that are there, by what the target knows them by.
fn by_uid(facts: &Facts) -> BTreeMap<&Text, &ObjectId> {
    let live = |id: &ObjectId| facts.observed.observations.get(id).and_then(Observation::live);
    let wanted = facts.wanted.iter().map(|wanted| wanted.item.id());
    wanted.filter_map(|id| Some((live(id)?.uid.as_ref()?, id))).collect()
}

fn fate<'a>(
    facts: &'a Facts,
    rules: &Rules<'_>,
    id: &ObjectId,
    owned: &Owned,
    by_uid: &BTreeMap<&Text, &ObjectId>,
) -> Fate<'a> {
    let live = match facts.observed.observations.get(id) {
        Some(Observation::Live(live)) => live,
        Some(Observation::Absent | Observation::Undefined) => return Fate::Forget,
        Some(Observation::Unreadable(error)) => return Fate::Refuse(unseen(error)),
        _ => return Fate::Refuse(Error::new(ErrorKind::Internal, "nobody looked at this object")),
    };
    if let Some(why) = facts.held.get(id) {
        return Fate::Keep(why.clone());
    }
    match stay(live, &facts.unit, rules.dialects) {
        Some(Stay::Released(why)) => return Fate::KeepAndForget(why),
        Some(Stay::Owned(why)) => return Fate::Keep(why),
        None => {}
    }
    let same = live.uid.as_ref().and_then(|uid| by_uid.get(uid)).filter(|other| may_be_one(other, id));
    if let Some(other) = same {
        return Fate::KeepAndForget(format!("it is {other}, which is wanted").into());
    }
    if owned.keep {
        return Fate::KeepAndForget("it asked to be kept".into());
    }
    if let Some(unit) = facts.siblings.wants.get(id).and_then(BTreeSet::first) {
        return Fate::Keep(format!("{unit} wants it now, and takes it over").into());
    }
    if let Some(unit) = facts.siblings.unknown.keys().next().filter(|_| !facts.delete_all) {
        // A move to it would look the same as a removal.
        return Fate::Keep(format!("{unit} of the same source cannot be rendered, and may want it").into());
    }
    if !rules.prune.enabled && !facts.delete_all {
        return Fate::Keep("pruning is off".into());
    }
    Fate::Delete(live)
}

/// An object that is not wanted any more and cannot be looked at: it is deleted once it can.
fn unseen(error: &Error) -> Error {
    Error::new(error.kind(), "the object is not wanted any more, and cannot be looked at")
        .with_help("it stays owned, and is deleted by the first pass that can look at it")
        .retrying(error.retry())
        .caused_by(error.clone())
}

/// Keeps what cannot go without taking with it what other units own, or what this one still wants, and says so.
fn spare(facts: &Facts, unwanted: &mut Unwanted) {
    // The end of the unit wants nothing.
    let wanted: BTreeSet<&ObjectId> = match facts.takes.is_empty() || facts.delete_all {
        true => BTreeSet::new(),
        false => facts.wanted.iter().map(|wanted| wanted.item.id()).collect(),
    };
    for action in unwanted.actions.iter_mut().filter(|action| action.verb == Verb::Delete) {
        let taken = facts.takes.get(&action.id).map(Vec::as_slice).unwrap_or_default();
        let others: Vec<String> = taken.iter().filter_map(|taken| of_another(facts, taken)).collect();
        let ours = taken.iter().filter(|taken| wanted.contains(&taken.id));
        let ours: Vec<String> = ours.map(|taken| taken.id.to_string()).collect();
        let (what, why, help, lost) = match (others.is_empty(), ours.is_empty()) {
            (false, _) => (
                "what others own",
                "others own what would go with it",
                "delete these objects or move them first; the object stays until then",
                others,
            ),
            (true, false) => (
                "what the source still has",
                "what the source still has would go with it",
                "bring the object back into the source, or take these out of it as well; the object stays until then",
                ours,
            ),
            (true, true) => {
                unwanted.warnings.extend(of_nobody(&action.id, taken));
                continue;
            }
        };
        let shown = lost.iter().take(SHOWN_MAX).cloned().collect::<Vec<_>>().join(", ");
        let error = conflict(&format!("deleting the object would take with it {what}"))
            .with("object", &action.id)
            .with("count", lost.len())
            .with("objects", &shown)
            .with_help(help);
        unwanted.problems.push(error);
        action.verb = Verb::Keep { why: format!("{why}: {shown}").into() };
    }
}

/// Tells what no unit owns and goes all the same.
fn of_nobody(id: &ObjectId, taken: &[Taken]) -> Option<Warning> {
    let free = taken.iter().filter(|taken| taken.owner.is_none());
    let free: Vec<Text> = free.map(|taken| taken.id.to_string().into()).collect();
    let shown = Text::first(&free, SHOWN_MAX);
    (!free.is_empty())
        .then(|| Warning::new(format!("deleting {id} takes with it what no unit owns: {shown}")))
}

fn of_another(facts: &Facts, taken: &Taken) -> Option<String> {
    let owner = taken.owner.as_ref().filter(|owner| !owner.is_of(&facts.unit))?;
    Some(format!("{} of {owner}", taken.id))
}

/// Turns deletions into keeps where something stands in their way, and says what.
fn guard(facts: &Facts, rules: &Rules<'_>, (hooks_run, whole): (bool, bool), unwanted: &mut Unwanted) {
    let deletes = unwanted.actions.iter().filter(|action| action.verb == Verb::Delete).count();
    if deletes == 0 || (facts.delete_all && hooks_run) {
        return;
    }
    let owned = facts.inventory.objects.len();
    let share_max = usize::from(rules.prune.share_percent_max);
    let why = if facts.delete_all {
        "a hook around the deletion cannot run"
    } else if facts.wanted.is_empty() && !rules.prune.allow_empty {
        unwanted.problems.push(
            conflict("nothing was rendered, and pruning would delete everything")
                .with("owned", owned)
                .with_help(
                    "check the path of the source; to really delete everything, allow an empty render",
                ),
        );
        "nothing was rendered"
    } else if deletes > rules.prune.always_allowed
        && deletes * 100 > owned * share_max
        && !facts.wanted.is_empty()
    {
        unwanted.problems.push(
            conflict("pruning would delete too large a share of what is owned")
                .with("deletes", deletes)
                .with("owned", owned)
                .with("share_percent_max", share_max)
                .with_help("check what was rendered; to go on, raise the share that one pass may delete"),
        );
        "too many would be deleted"
    } else if !whole {
        "something else in this plan cannot be written"
    } else {
        return;
    };
    for action in unwanted.actions.iter_mut().filter(|action| action.verb == Verb::Delete) {
        action.verb = Verb::Keep { why: why.into() };
    }
}

/// From high rank to low; each rank is a stage of its own.
fn in_order(actions: &mut [Action]) {
    actions.sort_by(|a, b| (b.owned.rank, &a.id).cmp(&(a.owned.rank, &b.id)));
    let ranks: BTreeSet<u32> = actions.iter().map(|action| action.owned.rank).collect();
    let stages: BTreeMap<u32, u32> = ranks.into_iter().rev().zip(0..).collect();
    for action in actions {
        action.stage = stages[&action.owned.rank];
    }
}
