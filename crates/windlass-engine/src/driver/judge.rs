//! Asking policies.

use windlass_core::{
    Context, Control, Error, ErrorKind, EventKind, Plan, Policy, Release, Result, Text, Verdict,
};

use super::Engine;
use super::guard::call;
use super::pass::Stopped;
use super::voice::Voice;

impl Engine {
    /// Asks every policy what it would say of a plan, with what people have approved by now: one answer for each, in the order
    /// in which they were added. The plan is carried out if all allow it. Writes nothing.
    ///
    /// # Errors
    /// What a policy and the control store say.
    pub async fn verdicts(&self, cx: &Context, plan: &Plan) -> Result<Vec<Verdict>> {
        let control = self.control(cx).await?;
        let mut verdicts = Vec::with_capacity(self.0.policies.len());
        for policy in &self.0.policies {
            verdicts.push(judge(cx, &**policy, plan, &control).await?);
        }
        Ok(verdicts)
    }

    /// Lets a plan be carried out that no policy is against.
    pub(super) async fn review(
        &self,
        cx: &Context,
        voice: &Voice<'_>,
        plan: &Plan,
        control: &Control,
    ) -> Result<(), Stopped> {
        for policy in &self.0.policies {
            match judge(cx, &**policy, plan, control).await? {
                Verdict::Allow => {}
                Verdict::Hold(why) => {
                    let release = Release::Approval { plan: plan.digest };
                    return Err(voice.hold(why, "a policy holds the plan", plan, release));
                }
                Verdict::Deny(why) => return Err(voice.deny(why, plan)),
            }
        }
        Ok(())
    }
}

/// What a policy says of a plan. What it holds back and somebody approved, it allows.
async fn judge(cx: &Context, policy: &dyn Policy, plan: &Plan, control: &Control) -> Result<Verdict> {
    let verdict = call(cx, "policy", cx.limits().request_timeout, policy.review(cx, plan)).await?;
    Ok(if matches!(verdict, Verdict::Hold(_)) && control.approves(plan) { Verdict::Allow } else { verdict })
}

impl Voice<'_> {
    /// Tells why a plan is not carried out yet.
    pub(super) fn hold(&self, why: Text, message: &'static str, plan: &Plan, release: Release) -> Stopped {
        self.tell(EventKind::Withheld { why: why.clone(), hold: true, release: Some(release.clone()) });
        let error = Error::new(ErrorKind::Held, message).released_by(release);
        Stopped::Withheld(error.with("why", why).with("plan", plan.digest))
    }

    /// Tells why a plan is not carried out.
    fn deny(&self, why: Text, plan: &Plan) -> Stopped {
        self.tell(EventKind::Withheld { why: why.clone(), hold: false, release: None });
        let error = Error::new(ErrorKind::Denied, "a policy denies the plan");
        Stopped::Withheld(error.with("why", why).with("plan", plan.digest))
    }
}
