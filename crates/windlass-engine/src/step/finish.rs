//! What is saved, and how a pass ends.

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::{
    Counts, Delta, Digest, EventKind, Expect, HookRun, Now, ObjectId, ObjectReport, Outcome, Owned, Record,
    Saved, Timestamp, Verb, Version,
};

use super::rounds::Rounds;
use super::slot::{Part, Phase, Slot};
use super::{Effect, State, clearing, hooks, prune, retry, rounds};
use crate::facts::run_of_deletion;

impl State {
    /// What has to be remembered before the first write: every object that may be created, and every object of which
    /// something else will be wanted.
    pub(super) fn intent(&self) -> Delta {
        let mut delta = self.resealed.clone();
        for slot in self.slots.iter().filter(|slot| writes_wanted(slot)) {
            let (id, owned) = (&slot.action.id, &slot.action.owned);
            let known = self.known(id);
            // The stamp stays while the write is not confirmed, where what is wanted stays: then it is drift that is
            // repaired, and the stamp says what the repaired object will be.
            let same = known.is_some_and(|known| known.wanted == owned.wanted);
            if !same {
                delta.put.insert(id.clone(), owned.clone());
            }
            delta.hooks.extend(self.hook_run(slot, None));
        }
        if !delta.put.is_empty() {
            self.note_unit(&mut delta);
        }
        delta
    }

    /// What is recorded of the unit itself, where it is not yet.
    fn note_unit(&self, delta: &mut Delta) {
        let saved = self.saved.as_ref();
        if saved.is_none_or(|saved| saved.default_namespace.is_none()) {
            delta.default_namespace.clone_from(&self.default_namespace);
        }
        if let Some(hooks) = &self.deletion_hooks {
            self.note_deletion_hooks(hooks, delta);
        }
        if self.origin.is_some() && saved.is_none_or(|saved| saved.origin != self.origin) {
            delta.origin.clone_from(&self.origin);
        }
        if saved.is_none_or(|saved| saved.since.is_none()) && delta.origin.is_some() {
            delta.since = Some(self.report.started);
        }
    }

    /// An ordinary pass records which hooks the deletion has, and forgets that any of them ran: so the next deletion is one of
    /// its own. It forgets hooks as well that neither are wanted nor have left anything.
    fn note_deletion_hooks(&self, hooks: &BTreeMap<ObjectId, Digest>, delta: &mut Delta) {
        let Some(saved) = &self.saved else {
            delta.deletion_hooks = Some(hooks.clone()).filter(|hooks| !hooks.is_empty());
            return;
        };
        if saved.deletion_hooks != *hooks {
            delta.deletion_hooks = Some(hooks.clone());
        }
        let run = run_of_deletion(&self.key);
        let is_past = |id: &ObjectId| !self.index.contains_key(id) && self.known(id).is_none();
        let past = saved.hooks.iter().filter(|(id, ran)| ran.run == run || is_past(id));
        delta.unran = past.map(|(id, _)| id.clone()).collect();
    }

    /// What is remembered of a hook, with how it ended.
    pub(super) fn hook_run(&self, slot: &Slot, good: Option<bool>) -> Option<(ObjectId, HookRun)> {
        slot.action.hook?;
        let before = match &slot.action.expect {
            Expect::Uid(uid) if good.is_none() => Some(uid.clone()),
            Expect::At(version) if good.is_none() => Some(version.0.clone()),
            _ => None,
        };
        Some((slot.action.id.clone(), HookRun { run: self.run_of?, good, before }))
    }

    /// What has changed for the inventory since the last save.
    pub(super) fn progress(&self) -> Delta {
        let mut delta = Delta::default();
        for slot in &self.slots {
            let id = &slot.action.id;
            if slot.is_delete() {
                if slot.outcome == Some(Outcome::Deleted) && self.known(id).is_some() {
                    delta.drop.push(id.clone());
                }
            } else if slot.cleaned {
                if self.known(id).is_some() {
                    delta.drop.push(id.clone());
                }
            } else if slot.is_applied() && slot.ours && self.known(id) != Some(&slot.action.owned) {
                delta.put.insert(id.clone(), slot.action.owned.clone());
            }
        }
        delta.hooks = self.hook_news();
        // That a hook ran stays remembered, though its object is dropped.
        for at in delta.drop.iter().filter_map(|id| self.index.get(id)) {
            let ran = self.ended_hooks.get(at).and_then(|good| self.hook_run(&self.slots[*at], Some(*good)));
            delta.hooks.extend(ran);
        }
        delta
    }

    /// The hooks that have ended since the last save.
    pub(super) fn hook_news(&self) -> BTreeMap<ObjectId, HookRun> {
        let ended =
            self.ended_hooks.iter().filter_map(|(at, good)| self.hook_run(&self.slots[*at], Some(*good)));
        let known = |id: &ObjectId| self.saved.as_ref().and_then(|saved| saved.hooks.get(id));
        ended.filter(|(id, run)| known(id) != Some(run)).collect()
    }

    fn last(&self, now: Timestamp) -> Delta {
        let mut delta = self.progress();
        let mut gone: BTreeSet<&ObjectId> = delta.drop.iter().collect();
        let forget = self.forget.iter().filter(|id| self.known(id).is_some() && gone.insert(id)).cloned();
        let forget: Vec<ObjectId> = forget.collect();
        let left = self.owned_count().saturating_sub(gone.len());
        delta.drop.extend(forget);
        let hooks_ran = self.rounds.as_ref().is_none_or(Rounds::are_done);
        if self.deleting_all && left == 0 && !self.stop && hooks_ran {
            let mut delta = Delta::default();
            delta.forget = self.saved.is_some();
            return delta;
        }
        self.note_unit(&mut delta);
        delta.record = self.record(now);
        delta
    }

    /// A pass is remembered that wrote something, or that differs from the one remembered last.
    fn record(&self, now: Timestamp) -> Option<Record> {
        let counts = self.counts();
        let record = Record::new(now, self.report.revision.clone(), self.report.plan, counts)
            .with_good(self.is_whole() && self.is_as_healthy_as_waited_for())
            .with_trigger(self.trigger);
        let last = self.saved.as_ref().and_then(|saved| saved.history.last());
        let wrote = counts.written() > 0;
        let incomplete = counts.failed + counts.skipped > 0;
        let news = last.is_none_or(|last| last.revision != record.revision || last.good != record.good);
        let other = last.is_none_or(|last| !is_same(last, &record));
        (wrote || (other && (incomplete || news))).then_some(record)
    }

    fn is_as_healthy_as_waited_for(&self) -> bool {
        self.slots.iter().filter(|slot| slot.is_wanted()).all(Slot::is_ready)
    }

    pub(super) fn counts(&self) -> Counts {
        Counts::of(self.slots.iter().filter_map(|slot| Some((slot.told()?, slot.wanted_health()))))
    }

    /// Nothing failed and nothing was held back, and no guard stands in the way.
    pub(super) fn is_whole(&self) -> bool {
        let to_come = self.rounds.as_ref().is_some_and(Rounds::has_hooks_to_come);
        let fine = |slot: &Slot| match &slot.outcome {
            None => slot.is_delete() || (to_come && slot.is_after_deletion()),
            Some(outcome) => !matches!(outcome, Outcome::Failed { .. } | Outcome::Skipped { .. }),
        };
        self.report.problems.is_empty() && self.slots.iter().all(fine)
    }

    pub(super) fn owned_count(&self) -> usize {
        self.inventory().map_or(0, BTreeMap::len)
    }

    /// The part of the order that has its turn.
    fn part(&self) -> Option<Part> {
        self.rounds.as_ref().filter(|rounds| rounds.has_hooks_to_come()).map(|_| Part::First)
    }

    fn inventory(&self) -> Option<&BTreeMap<ObjectId, Owned>> {
        self.saved.as_ref().map(|saved| &saved.inventory.objects)
    }

    pub(super) fn known(&self, id: &ObjectId) -> Option<&Owned> {
        self.inventory().and_then(|objects| objects.get(id))
    }

    /// Asks for a save, and takes its success for granted in what `known` answers; a failed save ends the pass.
    pub(super) fn save(&mut self, mut delta: Delta, out: &mut Vec<Effect>) {
        let saved = self.saved.get_or_insert_with(|| Saved::empty(Version::new("")));
        let forget = delta.forget;
        let sealed_by = Some(self.key.name());
        if saved.sealed_by != sealed_by && !forget {
            delta.sealed_by = sealed_by;
        }
        out.push(Effect::Save(delta.clone()));
        delta.apply(saved, &self.limits);
        if forget {
            saved.inventory.objects.clear();
        }
        self.saving = true;
    }

    pub(super) fn confirm(&mut self, version: Version) {
        if let Some(saved) = &mut self.saved {
            saved.version = version;
        }
    }
}

fn writes_wanted(slot: &Slot) -> bool {
    matches!(slot.action.verb, Verb::Create | Verb::Change | Verb::Apply)
}

/// Whether two records say the same, but for when, and for health that comes and goes.
fn is_same(a: &Record, b: &Record) -> bool {
    let outcomes = |record: &Record| {
        let mut counts = record.counts;
        (counts.unhealthy, counts.degraded) = (0, 0);
        counts
    };
    (&a.revision, &a.plan, outcomes(a), a.good) == (&b.revision, &b.plan, outcomes(b), b.good)
}

/// Before anything is deleted, what was written is saved: a crash in between must not lose a stamp or an object. Where
/// nothing was, the store is asked all the same: who saved since the plan was made may want what would be deleted.
pub(super) fn settle(state: &mut State, out: &mut Vec<Effect>) {
    if state.saving {
        return;
    }
    hold_back_the_rest(state, state.part(), out);
    clearing::end(state, out);
    if !state.stop && !state.is_whole() && hooks::are_for_failure(state) {
        state.phase = Phase::Failing;
        return;
    }
    if !state.stop && !state.is_whole() {
        let why = if state.deleting_all { "a hook failed" } else { "something else failed" };
        prune::hold(state, why, out);
        rounds::give_up(state, why, out);
    }
    if state.stop || !state.pruning.is_pending() {
        state.phase = Phase::Pruning;
    } else {
        state.save(state.progress(), out);
    }
}

/// Whatever of the order was not reached waits for something that did not come.
fn hold_back_the_rest(state: &mut State, part: Option<Part>, out: &mut Vec<Effect>) {
    retry::clear(state);
    let blocked: BTreeMap<usize, String> =
        state.run.blocked().into_iter().map(|blocked| (blocked.key, describe(state, &blocked.by))).collect();
    let is_reached = |slot: &Slot| part.map_or(slot.is_wanted(), |part| slot.is_wanted_in(part));
    for at in (0..state.slots.len()).filter(|at| is_reached(&state.slots[*at])).collect::<Vec<_>>() {
        if state.slots[at].is_delete() {
            continue;
        }
        let why = blocked.get(&at).map_or(state.why_stopped(), String::as_str);
        retry::abandon(state, at, why, out);
    }
}

fn describe(state: &State, by: &windlass_graph::Node<usize>) -> String {
    let Some(at) = by.key() else { return format!("waits for {by}") };
    let slot = &state.slots[*at];
    match (&slot.outcome, &slot.health) {
        (Some(Outcome::Created | Outcome::Changed | Outcome::Unchanged), Some(health)) => {
            format!("waits for {}, which is {health}", slot.action.id)
        }
        _ => format!("depends on {}, which could not be written", slot.action.id),
    }
}

pub(super) fn close(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    if state.saving {
        return;
    }
    if state.phase == Phase::Closed {
        state.phase = Phase::Done;
        return;
    }
    let delta = state.last(now.wall);
    if delta.is_empty() {
        state.phase = Phase::Done;
    } else {
        state.save(delta, out);
    }
}

pub(super) fn finish(state: &mut State, now: Now, out: &mut Vec<Effect>) {
    if state.in_flight > 0 || state.looking.is_some() || state.saving {
        return;
    }
    let mut told = Vec::new();
    hold_back_the_rest(state, None, &mut told);
    clearing::end(state, &mut told);
    prune::hold(state, state.why_stopped(), &mut told);
    rounds::give_up(state, state.why_stopped(), &mut told);
    state.report.finished = now.wall;
    state.report.objects = state.slots.iter().map(object_report).collect();
    state.phase = Phase::Finished;
    told.push(Effect::Tell(EventKind::Finished { counts: state.counts() }));
    // Of a pass that wrote nothing because its state was lost, all there is to tell is that it failed.
    if state.lost_before_writing().is_none() {
        out.append(&mut told);
    }
    out.push(Effect::Finish);
}

fn object_report(slot: &Slot) -> ObjectReport {
    let outcome = slot.told().cloned().unwrap_or(Outcome::Skipped { why: "the pass was stopped".into() });
    let health = slot.wanted_health().cloned();
    ObjectReport::new(slot.action.id.clone(), slot.action.origin.clone(), outcome, health)
}
