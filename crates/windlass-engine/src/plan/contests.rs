//! Fields that somebody else and we set in turn.

use std::time::Duration;

use windlass_core::{Action, Cause, Contest, Decision, FieldPath, Live, ObjectId, Plan, Text, Verb, Warning};

use super::wanted::Draft;
use crate::facts::Facts;

impl Draft<'_> {
    /// Counts a repair of fields that moved away. One that was repaired often in a row waits for its time, and is kept as it is
    /// until then; whatever else moved, or is wanted otherwise, is written at once.
    pub(super) fn contest(&self, live: Option<&Live>, action: &mut Action) {
        if action.verb != Verb::Change || self.cause(live) != Cause::Drifted {
            return;
        }
        let now = self.facts.now;
        let fields = drifted(action);
        let before = action.owned.contest.take();
        let waits = before.as_ref().filter(|before| {
            self.facts.patient && before.is_recent(now) && before.is_about(&fields) && !before.is_due(now)
        });
        if let Some(contest) = waits {
            action.verb = Verb::Keep { why: format!("{contest}: {}", slowed(contest)).into() };
            (action.payload, action.changes, action.conflicts) = (None, Vec::new(), Vec::new());
            return;
        }
        if !fields.is_empty() {
            action.owned.contest = Some(Contest::turn(before.as_ref(), &fields, holder(action), now));
        }
    }
}

/// How long repairs of the object wait, without a time that is another in each pass.
fn slowed(contest: &Contest) -> String {
    format!("repaired {} after the last time", Text::duration(contest.wait()))
}

/// The fields that moved away, and who holds one of them; none where nobody can say which.
pub(crate) fn moved(action: &Action) -> (Vec<Text>, Option<Text>) {
    let mut fields = drifted(action);
    fields.truncate(Contest::FIELDS_MAX);
    let by = if fields.is_empty() { None } else { holder(action) };
    (fields, by)
}

/// The fields that moved away.
fn drifted(action: &Action) -> Vec<Text> {
    let drifted = action.changes.iter().filter(|change| change.cause == Cause::Drifted);
    let mut fields: Vec<Text> = drifted.map(|change| spelled(&change.path)).collect();
    fields.dedup();
    fields
}

fn spelled(path: &FieldPath) -> Text {
    path.to_string().into()
}

/// Whoever holds one of the fields that are taken back.
fn holder(action: &Action) -> Option<Text> {
    let taken = |path: &FieldPath| {
        action.conflicts.iter().find(|conflict| conflict.path == *path && conflict.decision == Decision::Take)
    };
    let drifted = action.changes.iter().filter(|change| change.cause == Cause::Drifted);
    let of_field = drifted.filter_map(|change| taken(&change.path)).next();
    let any = || action.conflicts.iter().find(|conflict| conflict.decision == Decision::Take);
    of_field.or_else(any).map(|conflict| conflict.holder.clone())
}

/// Says of each contest that goes on that it does.
pub(super) fn warnings<'a>(actions: &'a [Action], facts: &'a Facts) -> impl Iterator<Item = Warning> + 'a {
    let told = |action: &'a Action| of(action, facts).map(|contest| warning(&action.id, contest));
    actions.iter().filter_map(told)
}

/// The contests whose next turn is this plan's, each with its object.
pub(crate) fn contested(plan: &Plan) -> impl Iterator<Item = (&ObjectId, &Contest)> {
    let turns = plan.actions.iter().filter(|action| is_turn(action));
    turns.filter_map(|action| {
        Some((&action.id, action.owned.contest.as_ref().filter(|contest| contest.is_told())?))
    })
}

fn is_turn(action: &Action) -> bool {
    action.verb == Verb::Change && action.changes.iter().any(|change| change.cause == Cause::Drifted)
}

/// How long it is until the first repair is due that waits.
pub(crate) fn due(facts: &Facts, plan: &Plan) -> Option<Duration> {
    let kept = plan
        .actions
        .iter()
        .filter(|action| action.origin.is_some() && matches!(action.verb, Verb::Keep { .. }));
    let contests = kept.filter_map(|action| of(action, facts));
    contests.map(|contest| contest.due_in(facts.now)).filter(|wait| !wait.is_zero()).min()
}

/// The contest of a wanted object that is worth telling.
fn of<'a>(action: &'a Action, facts: &Facts) -> Option<&'a Contest> {
    let contest = action.owned.contest.as_ref().filter(|_| action.origin.is_some())?;
    (contest.is_told() && contest.is_recent(facts.now)).then_some(contest)
}

fn warning(id: &ObjectId, contest: &Contest) -> Warning {
    Warning::new(format!(
        "{id}: {contest}; a run repairs it {} after the last time: leave the field out of the source, or keep the other from setting it",
        Text::duration(contest.wait())
    ))
}
