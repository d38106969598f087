//! From facts to a plan: pure.

mod contests;
mod exclusive;
mod hooks;
mod order;
mod owners;
mod unwanted;
mod wanted;

pub(crate) use contests::{contested, due, moved};
pub(crate) use exclusive::rivalries;
pub(crate) use wanted::unsettled;

use std::collections::BTreeMap;

use windlass_core::{
    Action, Error, ErrorKind, Expect, Live, ObjectId, Phase, Plan, Purpose, Text, Verb, Warning,
};

use crate::facts::Facts;
use crate::rules::Rules;
use exclusive::Sketch;
use order::Ordered;

/// Says what would happen, and why.
///
/// # Guarantees
/// - Pure: the same facts and rules give the same plan, byte for byte, whatever the order of the wanted items.
/// - Deletes only what the inventory names, what still names the unit as its owner, and what does not itself ask to be kept;
///   nothing where anything in the plan cannot be written, and nothing a guard stands before.
/// - An object of another owner is refused, never written, unless [`Adoption::Always`](crate::Adoption::Always); then
///   the plan says whom it is taken from.
/// - What is to be created only, and is there, is left alone, whoever owns it.
/// - An object is deleted before another is written only where the facts say that the target takes the one not beside the other,
///   and only where it is deleted in any case.
#[must_use]
pub fn plan(facts: &Facts, rules: &Rules<'_>) -> Plan {
    let run = facts.run();
    let Sketch { drafts, ordered, unwanted } = exclusive::sketch(facts, rules, run);

    let late = order::needed_after_deletion(facts, rules);
    let is_last = |action: &Action| facts.delete_all && runs_after_deletion(action);
    let (last, first) = in_stages(drafts).into_iter().partition(is_last);
    let (needed, gone) = unwanted.actions.into_iter().partition(|action| late.contains(&action.id));
    let mut actions = Vec::new();
    [first, gone, last, needed].into_iter().for_each(|more| append(&mut actions, more));
    let mut plan = Plan::new(facts.unit.clone(), facts.place.clone(), facts.revision.clone());
    if facts.delete_all {
        plan.purpose = Purpose::Delete;
    } else {
        plan.deletion_hooks = facts.deletion_hooks();
    }
    plan.run = run;
    plan.default_namespace = default_namespace(facts);
    plan.actions = actions;
    let Ordered { edges, problems, warnings, .. } = ordered;
    plan.edges = edges;
    plan.forget = unwanted.forget.into_iter().chain(wanted::not_ours(facts, rules)).collect();
    plan.forget.sort();
    plan.problems = problems.into_iter().chain(unwanted.problems).collect();
    plan.warnings = facts.warnings.iter().cloned().chain(warnings).chain(unwanted.warnings).collect();
    plan.warnings.extend(contests::warnings(&plan.actions, facts));
    plan.warnings.extend(orphans(facts));
    plan.seal(&facts.key);
    plan
}

/// Wanted objects by identity, each with what would happen to it.
type Drafts = BTreeMap<ObjectId, Action>;

fn is_whole(drafts: &Drafts) -> bool {
    !drafts.values().any(|action| matches!(action.verb, Verb::Refuse { .. } | Verb::Skip { .. }))
}

fn in_stages(drafts: Drafts) -> Vec<Action> {
    let mut actions: Vec<Action> = drafts.into_values().collect();
    actions.sort_by(|a, b| (a.stage, &a.id).cmp(&(b.stage, &b.id)));
    actions
}

fn runs_after_deletion(action: &Action) -> bool {
    action.hook.is_some_and(|hook| hook.phase == Phase::AfterDelete)
}

/// Puts stages behind those that are there.
fn append(actions: &mut Vec<Action>, more: Vec<Action>) {
    let next = actions.iter().map(|action| action.stage + 1).max().unwrap_or(0);
    let first = more.iter().map(|action| action.stage).min().unwrap_or(0);
    actions.extend(more.into_iter().map(|mut action| {
        action.stage = action.stage - first + next;
        action
    }));
}

/// Orphans that a warning names.
const ORPHANS_SHOWN_MAX: usize = 5;

/// What names the unit as its owner and is neither wanted nor owned: a lost inventory, or a copied label.
fn orphans(facts: &Facts) -> Option<Warning> {
    let known = |id: &ObjectId| facts.inventory.objects.contains_key(id);
    let orphans = facts.observed.orphans.iter().filter(|live| !known(&live.id));
    let orphans: Vec<Text> = orphans.map(|live| live.id.to_string().into()).collect();
    let names = match orphans.len() {
        0 => return None,
        1 => "1 object names this unit as its owner but is not in the inventory, and stays".to_owned(),
        more => {
            format!("{more} objects name this unit as their owner but are not in its inventory, and stay")
        }
    };
    Some(Warning::new(format!("{names}: {}", Text::first(&orphans, ORPHANS_SHOWN_MAX))))
}

/// The namespace that is recorded because of the first object that went into it without naming it.
fn default_namespace(facts: &Facts) -> Option<Text> {
    let placed = || facts.wanted.iter().find_map(|wanted| wanted.placed.clone());
    if facts.default_namespace.is_some() { None } else { placed() }
}

/// Whatever is deleted, also to be made anew, is what was seen, and not what somebody made in its place since.
pub(crate) fn the_same(live: &Live) -> Expect {
    match &live.uid {
        Some(uid) => Expect::Uid(uid.clone()),
        None => Expect::At(live.version.clone()),
    }
}

pub(crate) fn conflict(message: &str) -> Error {
    Error::new(ErrorKind::Conflict, message)
}
