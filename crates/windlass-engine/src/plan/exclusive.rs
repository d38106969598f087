//! Objects that the target does not take side by side: the one that leaves is deleted before the one that comes is written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use windlass_core::{
    Action, Digest, Error, ErrorKind, Exclusion, Live, ObjectId, Observation, Owner, Prediction, Rivalry,
    Text, Verb, Want,
};

use super::order::{self, Ordered};
use super::unwanted::{self, Unwanted};
use super::wanted::{self, Draft};
use super::{Drafts, is_whole};
use crate::facts::Facts;
use crate::rules::Rules;

/// Objects that are about to be deleted, which many wanted ones are asked of.
type Lives<'a> = Arc<[&'a Live]>;

/// What would happen, before it is put into its order.
pub(super) struct Sketch {
    pub(super) drafts: Drafts,
    pub(super) ordered: Ordered,
    pub(super) unwanted: Unwanted,
}

/// Drafts the plan. What excludes an object is deleted first only where every guard lets all of these deletions pass; else
/// the object is refused, and nothing is deleted.
pub(super) fn sketch(facts: &Facts, rules: &Rules<'_>, run: Option<Digest>) -> Sketch {
    let mut sketch = attempt(facts, rules, run, true);
    let goes: BTreeSet<&ObjectId> = sketch
        .unwanted
        .actions
        .iter()
        .filter(|action| action.verb == Verb::Delete)
        .map(|action| &action.id)
        .collect();
    let excluded = || sketch.drafts.values().filter_map(|action| action.in_place_of.as_ref());
    if !excluded().all(|exclusion| exclusion.by.iter().all(|id| goes.contains(id))) {
        return attempt(facts, rules, run, false);
    }
    let mut ways: BTreeMap<ObjectId, Vec<ObjectId>> = BTreeMap::new();
    for (id, action) in &sketch.drafts {
        for by in action.in_place_of.iter().flat_map(|exclusion| &exclusion.by) {
            ways.entry(by.clone()).or_default().push(id.clone());
        }
    }
    for action in &mut sketch.unwanted.actions {
        action.makes_way_for = ways.remove(&action.id).unwrap_or_default();
    }
    sketch
}

fn attempt(facts: &Facts, rules: &Rules<'_>, run: Option<Digest>, first: bool) -> Sketch {
    let mut drafts = wanted::draft(facts, rules, run, first);
    let ordered = order::order(facts, rules, &drafts);
    order::settle(&ordered, &mut drafts);
    let unwanted = unwanted::draft(facts, rules, is_whole(&drafts) && ordered.problems.is_empty());
    Sketch { drafts, ordered, unwanted }
}

impl Draft<'_> {
    /// Writes the object in the place of what excludes it, or says what stands in its way.
    pub(super) fn exclude(
        &self,
        exclusion: &Exclusion,
        live: Option<&Live>,
        action: &mut Action,
    ) -> Result<(), Error> {
        let item = &self.wanted.item;
        if self.first {
            let verb = if live.is_some() { Verb::Apply } else { Verb::Create };
            self.write(action, live, verb, item.object.clone(), item.directives.mode.unwrap_or_default());
            action.in_place_of = Some(exclusion.clone());
            return Ok(());
        }
        let by = exclusion.by.iter().map(ObjectId::to_string).collect::<Vec<_>>().join(", ");
        let is_one = exclusion.by.len() == 1;
        let (it, says, goes) = if is_one { ("it", "says", "goes") } else { ("they", "say", "go") };
        Err(exclusion.error.clone().with("excluded_by", &by).with_help(format!(
            "{by} excludes it, and would be deleted first if nothing kept {it}: see what the plan {says} of {it}; it {goes} \
             once that is mended, or delete {it} by hand",
        )))
    }
}

/// The wanted objects that something may keep from being written which is about to be deleted: those that would be created,
/// and those of which the target says that it refuses them.
pub(crate) fn rivalries<'a>(facts: &'a Facts, rules: &'a Rules<'a>, owner: &'a Owner) -> Vec<Rivalry<'a>> {
    let (leaving, all) = leaving(facts);
    if all.is_empty() {
        return Vec::new();
    }
    let rivalry = |(wanted, observation): (&'a crate::Wanted, &'a Observation)| {
        let leaving = leaving.get(&kind(wanted.item.id())).cloned().unwrap_or_default();
        let refused = match facts.predictions.as_ref()?.get(wanted.item.id())? {
            Prediction::Refused(error) if may_be_excluded(error) => Some(error),
            Prediction::Change { .. } if *observation == Observation::Absent => None,
            _ => return None,
        };
        let want = Want { item: &wanted.item, observation, owner };
        Some(Rivalry { want, refused, leaving, all_leaving: Arc::clone(&all) })
    };
    wanted::unsettled(facts, rules).into_iter().filter_map(rivalry).collect()
}

/// A refusal for what nobody can mend by deleting something is none of these.
fn may_be_excluded(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Invalid | ErrorKind::Denied | ErrorKind::Conflict | ErrorKind::Unavailable
    )
}

/// What of the unit is there and not wanted any more: by kind, and all of it.
fn leaving(facts: &Facts) -> (BTreeMap<(&Text, &Text), Lives<'_>>, Lives<'_>) {
    let mut leaving: BTreeMap<(&Text, &Text), Vec<&Live>> = BTreeMap::new();
    for id in facts.unwanted() {
        let live = facts.observed.observations.get(id).and_then(Observation::live);
        if let Some(live) =
            live.filter(|live| live.owner.as_ref().is_some_and(|owner| owner.is_of(&facts.unit)))
        {
            leaving.entry(kind(id)).or_default().push(live);
        }
    }
    let all = leaving.values().flatten().copied().collect();
    (leaving.into_iter().map(|(kind, lives)| (kind, lives.into())).collect(), all)
}

fn kind(id: &ObjectId) -> (&Text, &Text) {
    (&id.group, &id.kind)
}
