//! What a pass goes through.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use windlass_core::{
    Artifact, Cancel, Control, Error, ErrorKind, ObjectId, Plan, Report, Result, Revision, Saved, Text,
    Trigger,
};

use super::key::Sealed;
use super::reads::Reads;
use crate::facts::Facts;
use crate::plan::moved;

/// Facts, and the state they were gathered from.
pub(super) struct Gathered {
    pub(super) facts: Facts,
    /// What the source said it is at, where it was asked or told.
    pub(super) resolved: Option<Revision>,
    pub(super) sealed: Sealed,
    /// What the render asked of its files.
    pub(super) reads: Option<Arc<Reads>>,
}

/// What a pass starts from.
pub(super) struct Start {
    pub(super) revision: Revision,
    /// The files of the revision, where they were fetched already.
    pub(super) artifact: Option<Artifact>,
}

impl From<Revision> for Start {
    fn from(revision: Revision) -> Self {
        Self { revision, artifact: None }
    }
}

/// What comes of what is gathered.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Manner {
    /// It may be saved, for which a key is made.
    pub(super) make_key: bool,
    /// Nobody asked for it just now, so that what is contested waits for its time.
    pub(super) patient: bool,
}

impl Manner {
    /// A pass that is made for this reason.
    pub(super) const fn of(trigger: Trigger) -> Self {
        Self { make_key: true, patient: !matches!(trigger, Trigger::Call | Trigger::Control) }
    }
}

/// Why a pass is made, and on what terms.
#[derive(Debug, Clone, Default)]
pub(crate) struct Terms {
    pub(crate) trigger: Trigger,
    /// What people ask for, where somebody has looked; else the engine looks itself.
    pub(crate) control: Option<Control>,
    /// What the source is at, where somebody has asked; else the engine asks itself.
    pub(crate) resolved: Option<Revision>,
    /// How often to see whether the source has moved on, while all there is to do is to wait.
    pub(crate) ahead: Option<Duration>,
    /// Is told once all there is to do is to wait.
    pub(crate) waits: Option<Arc<Waits>>,
}

/// Whether a pass only waits, and whether it should go on doing so.
#[derive(Debug)]
pub(crate) struct Waits {
    only: AtomicBool,
    ends: Cancel,
    /// Counts the passes that do something else.
    active: Arc<AtomicUsize>,
    began: Duration,
}

impl Waits {
    /// Begins a pass, which counts as active until it only waits, or is dropped.
    pub(crate) fn new(active: &Arc<AtomicUsize>, began: Duration) -> Self {
        active.fetch_add(1, Ordering::Relaxed);
        Self { only: AtomicBool::new(false), ends: Cancel::new(), active: Arc::clone(active), began }
    }

    pub(crate) fn only(&self) -> bool {
        self.only.load(Ordering::Relaxed)
    }

    /// When the pass began.
    pub(crate) const fn began(&self) -> Duration {
        self.began
    }

    pub(super) fn set_only(&self, only: bool) {
        match (self.only.swap(only, Ordering::Relaxed), only) {
            (false, true) => drop(self.active.fetch_sub(1, Ordering::Relaxed)),
            (true, false) => drop(self.active.fetch_add(1, Ordering::Relaxed)),
            _ => {}
        }
    }

    /// Ends the wait: something else is to be done.
    pub(crate) fn end(&self) {
        self.ends.cancel();
    }

    pub(super) const fn ends(&self) -> &Cancel {
        &self.ends
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        if !self.only() {
            self.active.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// A plan, and the state it was made from.
pub(super) struct Prepared {
    pub(super) plan: Plan,
    pub(super) drifted: Vec<Drift>,
    /// When the first repair that waits is due.
    pub(super) due: Option<Duration>,
    pub(super) resolved: Option<Revision>,
    pub(super) sealed: Sealed,
    pub(super) reads: Option<Arc<Reads>>,
}

/// An object that moved away from what was last applied.
pub(super) struct Drift {
    pub(super) id: ObjectId,
    /// The fields that differ, where somebody can say.
    pub(super) fields: Vec<Text>,
    /// Who wrote one of them.
    pub(super) by: Option<Text>,
}

/// What came of a pass.
pub(crate) struct Passed {
    pub(crate) report: Report,
    /// It ended because something else is to be done.
    pub(crate) overtaken: bool,
    /// When the first repair that waits is due: how long after the plan was made.
    pub(crate) due: Option<Duration>,
    /// What the source was at.
    pub(crate) resolved: Option<Revision>,
    /// What is remembered of the unit afterwards.
    pub(crate) saved: Option<Saved>,
}

/// Why a pass was not made.
pub(super) enum Stopped {
    /// A policy withheld it, which was told.
    Withheld(Error),
    /// It could not be.
    Failed(Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

pub(super) fn check_same(planned: &Plan, now: &Plan) -> Result<()> {
    if now.goes_by(planned.digest) && planned.problems == now.problems {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Conflict, "what would happen has changed since the plan was made")
        .with("planned", planned.digest.short())
        .with("now", now.digest.short())
        .with_help("plan again"))
}

/// What was as wanted after its last write, is still wanted so, and is not so any more.
pub(super) fn drifted<'a>(facts: &'a Facts, plan: &'a Plan) -> impl Iterator<Item = Drift> + 'a {
    plan.actions.iter().filter(|action| action.verb.writes()).filter_map(|action| {
        let known = facts.inventory.objects.get(&action.id)?;
        let is_drift =
            action.origin.is_some() && known.stamp.is_some() && known.wanted == action.owned.wanted;
        is_drift.then(|| {
            let (fields, by) = moved(action);
            Drift { id: action.id.clone(), fields, by }
        })
    })
}
