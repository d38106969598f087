//! What a pass goes through.

use windlass_core::{Error, ErrorKind, ObjectId, Plan, Report, Result, Revision, Saved};

use crate::facts::Facts;

/// Facts, and the state they were gathered from.
pub(super) struct Gathered {
    pub(super) facts: Facts,
    /// What the source said it is at, where it was asked or told.
    pub(super) resolved: Option<Revision>,
    pub(super) saved: Option<Saved>,
}

/// A plan, and the state it was made from.
pub(super) struct Prepared {
    pub(super) plan: Plan,
    pub(super) drifted: Vec<ObjectId>,
    pub(super) resolved: Option<Revision>,
    pub(super) saved: Option<Saved>,
}

/// What came of a pass.
pub(super) struct Passed {
    pub(super) report: Report,
    /// It ended because the source has moved on.
    pub(super) overtaken: bool,
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
    if planned.digest == now.digest && planned.problems == now.problems {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Conflict, "what would happen has changed since the plan was made")
        .with("planned", planned.digest.short())
        .with("now", now.digest.short())
        .with_help("plan again"))
}

/// What was as wanted after its last write, is still wanted so, and is not so any more.
pub(super) fn drifted<'a>(facts: &'a Facts, plan: &'a Plan) -> impl Iterator<Item = ObjectId> + 'a {
    plan.actions.iter().filter(|action| action.verb.writes()).filter_map(|action| {
        let known = facts.inventory.objects.get(&action.id)?;
        let moved = action.origin.is_some() && known.stamp.is_some() && known.wanted == action.owned.wanted;
        moved.then(|| action.id.clone())
    })
}
