//! Passes over a unit of which everything was as wanted: where nothing has changed since, there is nothing to gather.

use std::collections::BTreeSet;

use windlass_core::{
    Context, Control, Digest, EventKind, Interest, Key, Live, ObjectId, ObjectReport, Observation, Outcome,
    Report, Result, Revision, Saved,
};

use super::Engine;
use super::bases::stand_still;
use super::memo::{Settled, is_settled};
use super::pass::{Passed, Stopped};
use super::voice::Voice;

impl Engine {
    /// Looks whether everything still is as it was after a pass that had nothing to do. `None`: something has changed, or
    /// nobody can tell.
    pub(super) async fn pass_settled(
        &self,
        cx: &Context,
        voice: &Voice<'_>,
        resolved: &Revision,
        control: &Control,
    ) -> Result<Option<Passed>, Stopped> {
        let Some(settled) = self.0.memo.settled() else { return Ok(None) };
        if settled.resolved != resolved.id || settled.control != control_digest(control) {
            return Ok(None);
        }
        let held = self.0.memo.bases();
        if let Some(bases) = self.0.bases.as_deref().filter(|_| !held.is_empty())
            && !stand_still(cx, bases, &held).await?
        {
            self.0.memo.unsettle();
            return Ok(None);
        }
        let interest = Interest { unit: self.0.unit.clone(), objects: settled.looks() };
        let observed = self.look(cx, interest).await?;
        let is_ours = |live: &Live| live.owner.as_ref().is_some_and(|owner| owner.is_of(&self.0.unit));
        if !settled.still_holds(&observed, is_ours) {
            self.0.memo.unsettle();
            return Ok(None);
        }
        let health = |id: &ObjectId, seen: &Observation| {
            let health = seen.live().and_then(|live| live.health.clone())?;
            Some(if settled.unwaited.contains(id) { health.optional() } else { health })
        };
        let healthy =
            |(id, seen): (&ObjectId, &Observation)| health(id, seen).is_none_or(|health| health.is_ready());
        if !settled.last_good && observed.observations.iter().all(healthy) {
            // What was on its way has arrived, which is worth a record.
            return Ok(None);
        }
        self.0.memo.rest();
        let now = cx.now().wall;
        let mut report = Report::new(self.0.unit.clone(), Some(settled.revision.clone()), settled.plan, now);
        report.objects = observed
            .observations
            .into_iter()
            .map(|(id, seen)| {
                let health = health(&id, &seen);
                ObjectReport::new(id, None, Outcome::Unchanged, health)
            })
            .collect();
        report.finished = cx.now().wall;
        voice.knows(Some(&settled.revision), settled.plan);
        voice.tell(EventKind::Finished { counts: report.counts() });
        Ok(Some(Passed {
            report,
            overtaken: false,
            due: None,
            resolved: Some(resolved.clone()),
            saved: None,
        }))
    }
}

/// What is remembered where everything is as wanted, so that the next pass can be short.
pub(super) fn settled(
    resolved: &Revision,
    control: Digest,
    report: &Report,
    saved: Option<Saved>,
    key: Key,
) -> Option<Settled> {
    let done = report.is_success() && report.objects.iter().all(|object| is_settled(&object.outcome));
    let (Some(revision), Some(saved), true) = (report.revision.clone(), saved, done) else { return None };
    let last_good = saved.history.last().is_none_or(|last| last.good);
    let objects = saved.inventory.objects;
    if objects.values().any(|owned| owned.stamp.is_none()) {
        return None;
    }
    Some(Settled {
        resolved: resolved.id.clone(),
        revision,
        plan: report.plan,
        control,
        last_good,
        key,
        objects,
        unwaited: BTreeSet::new(),
    })
}

/// What people ask, as far as a plan depends on it.
pub(super) fn control_digest(control: &Control) -> Digest {
    let pin = control.pin.as_ref().map(|pin| pin.revision.to_string()).unwrap_or_default();
    let objects = control.objects.iter().map(|(id, suspension)| format!("{id} {suspension:?}"));
    let parts: Vec<String> = std::iter::once(pin).chain(objects).collect();
    Digest::of_parts(parts.iter().map(String::as_bytes))
}
