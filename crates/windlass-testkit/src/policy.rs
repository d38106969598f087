//! The laws of [`Policy`].

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use windlass_core::{Action, Context, Fence, Now, Object, Plan, Policy, Result, Value, Verdict};

use crate::suite::{Check, Findings, Harness, ensure, exposed, hides, not_applicable, ok, run, run_all};

/// A policy, and plans that it judges.
pub trait PolicyHarness: Harness {
    /// Gives the policy; the same one each time.
    fn policy(&self) -> Arc<dyn Policy>;

    /// Gives plans, and what the policy says of each: one or more that it allows, and one or more that it does not and that
    /// have two actions or more.
    fn judged(&self) -> Vec<(Plan, Ruling)>;

    /// Counts what was written so far, by whomever, to what the policy could write to.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`](crate::suite::Unmet::NotApplicable) where the policy knows no place to write to. That it asks
    /// no fence is checked all the same.
    fn writes(&self) -> Check<usize> {
        not_applicable("the policy knows no place to write to")
    }

    /// Takes away what the policy asks before it decides.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`](crate::suite::Unmet::NotApplicable) where it asks nobody.
    fn cut_off(&self) -> Check {
        not_applicable("the policy asks nobody")
    }
}

/// What a policy says of a plan, without its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// Go on.
    Allow,
    /// Do not, until the plan is another.
    Deny,
    /// Not yet.
    Hold,
}

impl Ruling {
    fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Allow => Self::Allow,
            Verdict::Deny(_) => Self::Deny,
            Verdict::Hold(_) => Self::Hold,
        }
    }
}

crate::__policy_laws!(__law_table(PolicyHarness));

/// Checks every law, each on a harness of its own.
pub fn check_all<H: PolicyHarness + 'static>(make: impl Fn() -> H) -> Findings {
    run_all::<dyn PolicyHarness>(LAWS, || Box::new(make()))
}

fn review_in(harness: &dyn PolicyHarness, cx: &Context, plan: &Plan) -> Result<Verdict> {
    run(harness, async { harness.policy().review(cx, plan).await })
}

fn review(harness: &dyn PolicyHarness, plan: &Plan) -> Check<Verdict> {
    ok(review_in(harness, &harness.context(), plan), "reviewing a plan")
}

fn judged(harness: &dyn PolicyHarness) -> Check<Vec<(Plan, Ruling)>> {
    let judged = harness.judged();
    let allowed = judged.iter().filter(|(_, ruling)| *ruling == Ruling::Allow).count();
    ensure!(
        allowed > 0 && allowed < judged.len(),
        "the harness must have a plan that is allowed and one that is not"
    );
    Ok(judged)
}

/// Each plan gets the verdict that it should.
///
/// # Errors
/// Where it does not hold.
pub fn each_plan_gets_its_verdict(harness: &dyn PolicyHarness) -> Check {
    for (plan, expected) in judged(harness)? {
        let verdict = review(harness, &plan)?;
        ensure!(
            Ruling::of(&verdict) == expected,
            "{expected:?} is due, and the verdict is {verdict:?} of\n{plan}"
        );
    }
    Ok(())
}

/// The same plan gets the same verdict, with the same reason.
///
/// # Errors
/// Where it does not hold.
pub fn the_same_plan_gets_the_same_verdict(harness: &dyn PolicyHarness) -> Check {
    for (plan, _) in judged(harness)? {
        let (first, second) = (review(harness, &plan)?, review(harness, &plan.clone())?);
        ensure!(first == second, "the first verdict is {first:?}, the second {second:?}");
    }
    Ok(())
}

/// The whole plan is looked at: what is not allowed is not allowed wherever its actions stand.
///
/// # Errors
/// Where it does not hold.
pub fn the_whole_plan_is_looked_at(harness: &dyn PolicyHarness) -> Check {
    let mut turned = 0;
    for (plan, _) in judged(harness)?.iter().filter(|(_, due)| *due != Ruling::Allow) {
        let due = Ruling::of(&review(harness, plan)?);
        for by in 1..plan.actions.len() {
            let mut other = plan.clone();
            other.actions.rotate_left(by);
            other.seal(&crate::key());
            let found = Ruling::of(&review(harness, &other)?);
            ensure!(
                found == due,
                "the verdict is {due:?}, and {found:?} where action {by} stands first:\n{other}"
            );
            turned += 1;
        }
    }
    ensure!(turned > 0, "the harness must have a plan of two actions or more that is not allowed");
    Ok(())
}

/// What is denied or held comes with a reason.
///
/// # Errors
/// Where it does not hold.
pub fn a_refusal_says_why(harness: &dyn PolicyHarness) -> Check {
    for (plan, _) in judged(harness)? {
        if let Verdict::Deny(why) | Verdict::Hold(why) = review(harness, &plan)? {
            ensure!(!why.trim().is_empty(), "a plan is not allowed, and nobody learns why:\n{plan}");
        }
    }
    Ok(())
}

/// A review writes nothing, and asks no fence whether it might.
///
/// # Errors
/// Where it does not hold.
pub fn a_review_writes_nothing(harness: &dyn PolicyHarness) -> Check {
    let fence = Arc::new(Counting::default());
    let cx = harness.context().with_fence(fence.clone());
    let before = harness.writes().ok();
    for (plan, _) in judged(harness)? {
        ok(review_in(harness, &cx, &plan), "reviewing a plan")?;
    }
    let asked = fence.0.load(Ordering::SeqCst);
    ensure!(asked == 0, "reviews asked {asked} times whether they may write");
    let after = harness.writes().ok();
    ensure!(before == after, "before the reviews there were {before:?} writes, and {after:?} after them");
    Ok(())
}

/// A fence that lets everything pass and counts how often it is asked.
#[derive(Debug, Default)]
struct Counting(AtomicUsize);

impl Fence for Counting {
    fn check(&self, _now: Now) -> Result<Option<Duration>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(None)
    }
}

/// Neither a verdict nor an error shows what is in the objects of the plan.
///
/// # Errors
/// Where it does not hold.
pub fn a_verdict_shows_no_body(harness: &dyn PolicyHarness) -> Check {
    let secret = "canary-5e1f";
    for (mut plan, _) in judged(harness)? {
        plan.actions.iter_mut().for_each(|action| action.payload = Some(payload(action, secret)));
        plan.seal(&crate::key());
        let verdict = review_in(harness, &harness.context(), &plan);
        let texts = [("verdict", format!("{:?}", verdict.as_ref().ok())), ("error", exposed(&verdict))];
        hides(secret, &texts)?;
    }
    hides(secret, &[("policy's Debug", format!("{:?}", harness.policy()))])
}

/// Makes an object of the identity of an action, or the one that it has, with a secret in it.
fn payload(action: &Action, secret: &str) -> Object {
    let fill = |body: &mut Value| drop(body.as_map_mut().map(|body| body.insert("data", secret)));
    let have = action.payload.as_ref().and_then(|payload| payload.edit(fill).ok());
    have.unwrap_or_else(|| crate::config_map("shop", "secret", secret))
}

/// A policy that cannot ask whom it has to ask lets nothing pass that it has not decided: its error counts as a denial.
///
/// # Errors
/// Where it does not hold.
pub fn a_policy_that_cannot_decide_never_allows(harness: &dyn PolicyHarness) -> Check {
    let judged = judged(harness)?;
    harness.cut_off()?;
    for (plan, due) in judged.iter().filter(|(_, due)| *due != Ruling::Allow) {
        let verdict = review_in(harness, &harness.context(), plan);
        ensure!(verdict != Ok(Verdict::Allow), "{due:?} was due, the policy cannot ask, and allows:\n{plan}");
    }
    Ok(())
}
