//! Policies that break one law each.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use windlass_core::{
    Action, Context, Digest, Error, ErrorKind, Expect, Mode, ObjectId, Owned, Owner, Plan, Policy, Result,
    Target, Verb, Verdict, Write, async_trait,
};
use windlass_testkit::policy::{PolicyHarness, Ruling};
use windlass_testkit::suite::{Check, Harness};
use windlass_testkit::{MemoryTarget, config_map, id, unit};

/// The policy that breaks the law named, if any.
pub(crate) struct Stage {
    policy: Arc<Gate>,
}

impl Stage {
    pub(crate) fn honest() -> Self {
        Self::breaking("nothing")
    }

    pub(crate) fn breaking(law: &'static str) -> Self {
        let policy = Gate {
            breaks: law,
            approvals: Mutex::default(),
            away: AtomicBool::new(false),
            notes: MemoryTarget::new("notes"),
            calls: AtomicUsize::new(0),
        };
        Self { policy: Arc::new(policy) }
    }
}

impl Harness for Stage {}

impl PolicyHarness for Stage {
    fn policy(&self) -> Arc<dyn Policy> {
        self.policy.clone()
    }

    fn judged(&self) -> Vec<(Plan, Ruling)> {
        let approved = plan("+ConfigMap/shop/a -ConfigMap/shop/b");
        self.policy.approvals.lock().unwrap().insert(approved.digest);
        vec![
            (plan("+ConfigMap/shop/a +ConfigMap/shop/b"), Ruling::Allow),
            (approved, Ruling::Allow),
            (plan("+ConfigMap/shop/a +ConfigMap/shop/b -ConfigMap/shop/c"), Ruling::Hold),
            (plan("+ConfigMap/shop/a -Namespace//shop -ConfigMap/shop/c"), Ruling::Deny),
        ]
    }

    fn writes(&self) -> Check<usize> {
        Ok(self.policy.notes.writes().len())
    }

    fn cut_off(&self) -> Check {
        self.policy.away.store(true, Ordering::SeqCst);
        Ok(())
    }
}

/// Makes a plan of `+id` for a create and `-id` for a delete.
fn plan(text: &str) -> Plan {
    let mut plan = Plan::new(unit("web"), "memory", None);
    plan.actions = text.split(' ').map(|word| action(&word[..1], id(&word[1..]))).collect();
    plan.seal(&windlass_testkit::key());
    plan
}

fn action(sign: &str, id: ObjectId) -> Action {
    let verb = if sign == "-" { Verb::Delete } else { Verb::Create };
    let payload = (sign == "+").then(|| config_map(&id.namespace, &id.name, "one"));
    let mut action = Action::new(id, verb, owned());
    action.payload = payload;
    action
}

fn owned() -> Owned {
    let (api_version, wanted) = ("v1".into(), Digest::of(b"wanted"));
    Owned {
        api_version,
        rank: 0,
        wanted,
        stamp: None,
        uid: None,
        keep: false,
        transient: false,
        contest: None,
    }
}

/// Denies the deletion of a namespace, and holds each other deletion until somebody approves the plan.
#[derive(Debug)]
struct Gate {
    breaks: &'static str,
    approvals: Mutex<BTreeSet<Digest>>,
    /// Nobody can be asked for approvals.
    away: AtomicBool,
    /// A place where it could take notes.
    notes: MemoryTarget,
    calls: AtomicUsize,
}

impl Gate {
    fn approved(&self, plan: &Plan) -> Result<bool> {
        if self.away.load(Ordering::SeqCst) {
            return match self.breaks {
                "a_policy_that_cannot_decide_never_allows" => Ok(true),
                _ => Err(Error::new(ErrorKind::Unavailable, "nobody knows what is approved")),
            };
        }
        Ok(self.approvals.lock().unwrap().contains(&plan.digest))
    }

    fn actions<'a>(&self, plan: &'a Plan) -> &'a [Action] {
        match self.breaks {
            "the_whole_plan_is_looked_at" => &plan.actions[1..],
            _ => &plan.actions,
        }
    }

    async fn take_notes(&self, cx: &Context) -> Result<()> {
        let payload = config_map("notes", &format!("review-{}", self.calls.load(Ordering::SeqCst)), "one");
        // Past the fence, as a policy does that does not know of it.
        let cx = Context::shared(cx.clock().clone());
        let write = Write::apply(payload, Mode::Apply, Expect::Any, Owner::named("policy"));
        self.notes.write(&cx, &write).await.map(drop)
    }
}

#[async_trait]
impl Policy for Gate {
    async fn review(&self, cx: &Context, plan: &Plan) -> Result<Verdict> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        match self.breaks {
            "a_review_writes_nothing" => self.take_notes(cx).await?,
            "a policy that asks the fence" => drop(cx.check_write()?),
            _ => {}
        }
        let deleted = || self.actions(plan).iter().filter(|action| action.verb == Verb::Delete);
        let mut verdict = match deleted().find(|action| action.id.kind == "Namespace") {
            Some(action) => Verdict::Deny(format!("it deletes {}", action.id).into()),
            None if deleted().next().is_none() || self.approved(plan)? => Verdict::Allow,
            None => Verdict::Hold("it deletes something, and nobody approved it".into()),
        };
        match (self.breaks, &mut verdict) {
            ("each_plan_gets_its_verdict", Verdict::Deny(why)) => verdict = Verdict::Hold(why.clone()),
            ("the_same_plan_gets_the_same_verdict", Verdict::Deny(why)) => {
                *why = format!("{why} ({call})").into()
            }
            ("a_refusal_says_why", Verdict::Deny(why)) => *why = " ".into(),
            ("a_verdict_shows_no_body", Verdict::Deny(why)) => {
                *why = format!("{why} beside {:?}", bodies(plan)).into()
            }
            _ => {}
        }
        Ok(verdict)
    }
}

fn bodies(plan: &Plan) -> Vec<String> {
    plan.actions.iter().filter_map(|action| Some(action.payload.as_ref()?.body().canonical())).collect()
}
