//! Policies that most embedders want.

use windlass_core::{Context, Plan, Policy, Purpose, Result, Verb, Verdict, async_trait};

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
