//! Policies that most embedders want.

use windlass_core::{Context, Mode, Plan, Policy, Purpose, Result, Text, Verb, Verdict, async_trait};

/// Denies a plan that deletes more than a share of the objects in it.
///
/// Stricter than the guard of [`Prune`](crate::Prune), for which a few deletions are never too many. A plan whose purpose
/// is to delete the unit passes: that all of it goes is what was asked for.
#[derive(Debug, Clone, Copy)]
pub struct MaxPrune {
    percent: u8,
}

impl MaxPrune {
    /// Denies more than this share, in percent.
    #[must_use]
    pub const fn percent(percent: u8) -> Self {
        Self { percent }
    }
}

#[async_trait]
impl Policy for MaxPrune {
    async fn review(&self, _cx: &Context, plan: &Plan) -> Result<Verdict> {
        if plan.purpose == Purpose::Delete {
            return Ok(Verdict::Allow);
        }
        let deletes = plan.actions.iter().filter(|action| action.verb == Verb::Delete).count();
        if deletes * 100 > plan.actions.len() * usize::from(self.percent) {
            let all = plan.actions.len();
            let why =
                format!("it would delete {deletes} of {all} objects, more than {} percent", self.percent);
            return Ok(Verdict::Deny(why.into()));
        }
        Ok(Verdict::Allow)
    }
}

/// Holds plans until a person [approves](windlass_core::Control::approvals) them.
///
/// What Argo CD calls manual sync, bound to one plan instead of to whatever the source says by then: an approval is for the
/// digest of a plan, and any change, from the source or on the target, makes another plan. A repair of what was changed by
/// hand is a plan like any other.
///
/// A plan that writes nothing is never held, and neither is one whose purpose is to delete the unit: that all of it goes is
/// what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approvals {
    /// Plans that delete nothing are held as well.
    all: bool,
}

impl Approvals {
    /// Holds every plan that writes.
    #[must_use]
    pub const fn always() -> Self {
        Self { all: true }
    }

    /// Holds plans that delete an object, be it to create it anew.
    #[must_use]
    pub const fn deletions() -> Self {
        Self { all: false }
    }
}

#[async_trait]
impl Policy for Approvals {
    async fn review(&self, _cx: &Context, plan: &Plan) -> Result<Verdict> {
        if plan.purpose == Purpose::Delete {
            return Ok(Verdict::Allow);
        }
        let writes = plan.writes();
        let deletes = plan
            .actions
            .iter()
            .filter(|action| match action.verb {
                Verb::Delete => true,
                // What would be created is not there to be deleted.
                Verb::Change | Verb::Apply => action.mode == Mode::Recreate,
                _ => false,
            })
            .count();
        let objects = |count| Text::count(count, "object");
        Ok(match (self.all, writes, deletes) {
            (_, 0, _) | (false, _, 0) => Verdict::Allow,
            (_, _, 0) => Verdict::Hold(format!("it would write {}", objects(writes)).into()),
            (_, all, deletes) if all == deletes => {
                Verdict::Hold(format!("it would delete {}", objects(deletes)).into())
            }
            (_, all, deletes) => Verdict::Hold(
                format!("it would write {} and delete {}", objects(all - deletes), objects(deletes)).into(),
            ),
        })
    }
}
