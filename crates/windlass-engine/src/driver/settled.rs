//! Passes over a unit of which everything was as wanted: where nothing has changed since, there is nothing to gather.

use windlass_core::{
    Context, Control, Digest, EventKind, Interest, Live, ObjectId, ObjectReport, Observation, Outcome,
    Report, Result, Revision, Saved, Trigger,
};

use super::Engine;
use super::bases::stand_still;
use super::guard::caught;
use super::memo::{Basis, Moved, Settled, is_settled};
use super::pass::{Passed, Prepared, Start, Stopped};
use super::voice::Voice;

impl Engine {
    /// Looks whether everything still is as it was after a pass that had nothing to do. `None`: something has changed, or
    /// nobody can tell.
    pub(super) async fn pass_settled(
        &self,
        cx: &Context,
        voice: &Voice<'_>,
        start: &mut Start,
        control: &Control,
        trigger: Trigger,
    ) -> Result<Option<Passed>, Stopped> {
        let Some((settled, moved)) = self.0.memo.settled() else { return Ok(None) };
        if settled.basis.control != control_digest(control) {
            return Ok(None);
        }
        let at = match (moved, settled.basis.resolved == start.revision.id) {
            (_, true) => Some(settled.revision.clone()),
            // Who asks for a pass is answered by one that is recorded at the revision.
            _ if matches!(trigger, Trigger::Call | Trigger::Control) => return Ok(None),
            (Some(moved), _) if moved.resolved == start.revision.id => Some(moved.revision),
            _ => None,
        };
        let held = self.0.memo.bases();
        if let Some(bases) = self.0.bases.as_deref().filter(|_| !held.is_empty())
            && !stand_still(cx, bases, &held).await?
        {
            self.0.memo.unsettle();
            return Ok(None);
        }
        let revision = match at {
            Some(revision) => revision,
            None => match self.unread(cx, &settled, start).await? {
                Some(revision) => revision,
                None => return Ok(None),
            },
        };
        let interest = Interest { unit: self.0.unit.clone(), objects: settled.looks() };
        let observed = self.look(cx, interest).await?;
        let is_ours = |live: &Live| live.owner.as_ref().is_some_and(|owner| owner.is_of(&self.0.unit));
        if !settled.still_holds(&observed, is_ours) {
            self.0.memo.unsettle();
            return Ok(None);
        }
        let health = |id: &ObjectId, seen: &Observation| {
            let health = seen.live().and_then(|live| live.health.clone())?;
            Some(if settled.basis.unwaited.contains(id) { health.optional() } else { health })
        };
        let healthy =
            |(id, seen): (&ObjectId, &Observation)| health(id, seen).is_none_or(|health| health.is_ready());
        if !settled.last_good && observed.observations.iter().all(healthy) {
            // What was on its way has arrived, which is worth a record.
            return Ok(None);
        }
        self.0.memo.rest();
        if start.artifact.is_some() {
            let resolved = start.revision.id.clone();
            self.0.memo.move_to(Moved { resolved, revision: revision.clone() });
            voice.resolved(&start.revision);
        }
        let now = cx.now().wall;
        let mut report = Report::new(self.0.unit.clone(), Some(revision.clone()), settled.plan, now);
        report.objects = observed
            .observations
            .into_iter()
            .map(|(id, seen)| {
                let health = health(&id, &seen);
                ObjectReport::new(id, None, Outcome::Unchanged, health)
            })
            .collect();
        report.finished = cx.now().wall;
        voice.knows(Some(&revision), settled.plan);
        voice.tell(EventKind::Finished { counts: report.counts() });
        Ok(Some(Passed {
            report,
            overtaken: false,
            due: None,
            resolved: Some(start.revision.clone()),
            saved: None,
        }))
    }

    /// What a pass of this plan stands on.
    pub(super) fn basis(&self, resolved: &Revision, control: &Control, prepared: &Prepared) -> Basis {
        let unwaited = prepared.plan.actions.iter().filter(|action| action.no_wait);
        Basis {
            resolved: resolved.id.clone(),
            control: control_digest(control),
            key: prepared.sealed.key.clone(),
            reads: prepared.reads.clone(),
            shape: self.shape(),
            unwaited: unwaited.map(|action| action.id.clone()).collect(),
        }
    }

    /// Fetches another revision than the one that was carried out, and gives it where nothing that the unit reads is another
    /// there: then it wants the same.
    async fn unread(&self, cx: &Context, settled: &Settled, start: &mut Start) -> Result<Option<Revision>> {
        let Some(reads) = settled.basis.reads.as_ref().filter(|_| settled.basis.shape == self.shape()) else {
            return Ok(None);
        };
        let artifact = self.fetch(cx, &start.revision).await?;
        let found = start.artifact.insert(artifact);
        let holds = caught("source", || Ok(reads.hold(&**found.files())))?;
        Ok(holds.then(|| found.revision().clone()))
    }
}

/// What is remembered where everything is as wanted, so that the next pass can be short.
pub(super) fn settled(basis: Basis, report: &Report, saved: Option<Saved>) -> Option<Settled> {
    let done = report.is_success() && report.objects.iter().all(|object| is_settled(&object.outcome));
    let (Some(revision), Some(saved), true) = (report.revision.clone(), saved, done) else { return None };
    let last_good = saved.history.last().is_none_or(|last| last.good);
    let objects = saved.inventory.objects;
    if objects.values().any(|owned| owned.stamp.is_none()) {
        return None;
    }
    Some(Settled { basis, revision, plan: report.plan, last_good, objects })
}

/// What people ask, as far as a plan depends on it.
fn control_digest(control: &Control) -> Digest {
    let pin = control.pin.as_ref().map(|pin| pin.revision.to_string()).unwrap_or_default();
    let objects = control.objects.iter().map(|(id, suspension)| format!("{id} {suspension:?}"));
    let parts: Vec<String> = std::iter::once(pin).chain(objects).collect();
    Digest::of_parts(parts.iter().map(String::as_bytes))
}
