//! Telling what happens.

use std::sync::{Mutex, MutexGuard, PoisonError};

use windlass_core::{Context, Digest, Event, EventKind, Pass, Plan, Result, Revision, Timestamp, Trigger};

use super::Engine;
use super::guard::{caught, whole};
use super::pass::{Prepared, Stopped};
use crate::plan::contested;

/// Tells what happens in one pass, each time with what is known of the pass by then.
pub(crate) struct Voice<'a> {
    engine: &'a Engine,
    cx: &'a Context,
    pass: Mutex<Pass>,
}

impl Engine {
    /// Begins a pass, as far as events know one.
    pub(crate) fn voice<'a>(&'a self, cx: &'a Context, trigger: Trigger) -> Voice<'a> {
        let pass = Pass::new(self.0.memo.next_pass(), now(cx), trigger);
        Voice { engine: self, cx, pass: Mutex::new(pass) }
    }

    /// Tells what happens between two passes.
    pub(crate) fn tell(&self, cx: &Context, what: EventKind) {
        self.emit(&Event::new(self.0.unit.clone(), now(cx), what));
    }

    /// Whether anybody is told anything: a pass over thousands of objects has as many events.
    fn is_heard(&self) -> bool {
        !self.0.events.is_empty() || tracing::enabled!(tracing::Level::DEBUG)
    }

    fn emit(&self, event: &Event) {
        tracing::debug!(%event);
        for sink in &self.0.events {
            // A sink that panics loses its event, and nobody else anything.
            drop(caught("event sink", || {
                sink.emit(event);
                Ok(())
            }));
        }
    }
}

impl Voice<'_> {
    /// Tells that a pass begins, and why it ended where nothing was written. What a policy withheld was told.
    pub(super) async fn telling<T>(&self, pass: impl Future<Output = Result<T, Stopped>>) -> Result<T> {
        self.tell(EventKind::Started);
        match whole(pass).await {
            Ok(done) => Ok(done),
            Err(Stopped::Withheld(error)) => Err(error),
            Err(Stopped::Failed(error)) => {
                self.tell(EventKind::Failed { error: error.clone() });
                Err(error)
            }
        }
    }

    pub(crate) fn tell(&self, what: EventKind) {
        if !self.engine.is_heard() {
            return;
        }
        let event = Event::new(self.engine.0.unit.clone(), now(self.cx), what);
        let pass = self.pass().clone();
        self.engine.emit(&event.within(pass));
    }

    /// Tells which revision it is about.
    pub(super) fn resolved(&self, revision: &Revision) {
        self.pass().revision = Some(revision.clone());
        self.tell(EventKind::Resolved { revision: revision.clone() });
    }

    /// Takes in what is planned, which is told by whoever plans.
    pub(super) fn knows(&self, revision: Option<&Revision>, plan: Digest) {
        let mut pass = self.pass();
        pass.plan = Some(plan);
        if let Some(revision) = revision {
            pass.revision = Some(revision.clone());
        }
    }

    /// Tells what is planned.
    pub(super) fn planned(&self, prepared: &Prepared) {
        let plan: &Plan = &prepared.plan;
        self.tell(EventKind::Planned { plan: plan.digest, writes: plan.writes() });
        for drift in &prepared.drifted {
            let (id, fields, by) = (drift.id.clone(), drift.fields.clone(), drift.by.clone());
            self.tell(EventKind::Drifted { id, fields, by });
        }
        for (id, contest) in contested(plan) {
            self.tell(EventKind::Contested { id: id.clone(), contest: contest.clone() });
        }
    }

    fn pass(&self) -> MutexGuard<'_, Pass> {
        self.pass.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is told is told, also where the clock is out of order.
fn now(cx: &Context) -> Timestamp {
    caught("clock", || Ok(cx.now().wall)).unwrap_or_default()
}
