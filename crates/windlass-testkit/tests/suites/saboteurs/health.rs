//! Health checks that break one law each.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use windlass_core::{Children, Health, HealthCheck, HealthStatus, Object, Value};
use windlass_testkit::config_map;
use windlass_testkit::health::HealthHarness;
use windlass_testkit::suite::{Check, Harness};

/// A check of `Task` by its phase, or one that breaks the law named.
pub(crate) struct Stage(Arc<Phases>);

impl Stage {
    pub(crate) fn honest() -> Self {
        Self::breaking("nothing")
    }

    pub(crate) fn breaking(breaks: &'static str) -> Self {
        Self(Arc::new(Phases { breaks, calls: AtomicUsize::new(0) }))
    }
}

fn task(phase: &str) -> Object {
    let set = |body: &mut Value| {
        let body = body.as_map_mut().unwrap();
        body.insert("kind", "Task");
        body.insert("status", Value::from_iter([("phase", Value::from(phase))]));
    };
    config_map("shop", "it", "").edit(set).unwrap()
}

impl Harness for Stage {}

impl HealthHarness for Stage {
    fn check(&self) -> Arc<dyn HealthCheck> {
        self.0.clone()
    }

    fn known(&self) -> Vec<(Object, HealthStatus)> {
        vec![(task("done"), HealthStatus::Healthy), (task("busy"), HealthStatus::Progressing)]
    }

    fn unknown(&self) -> Check<Object> {
        Ok(config_map("shop", "it", ""))
    }
}

#[derive(Debug)]
struct Phases {
    breaks: &'static str,
    calls: AtomicUsize,
}

impl HealthCheck for Phases {
    fn assess(&self, live: &Object, _around: &dyn Children) -> Option<Health> {
        let body = live.body();
        let secret = live.id().kind == "Secret";
        if secret && self.breaks == "nothing_of_a_secret_is_told" {
            return Some(Health::new(HealthStatus::Unknown, body.canonical()));
        }
        if live.id().kind != "Task" {
            let all = self.breaks == "a_kind_without_a_rule_has_no_answer";
            return all.then(Health::healthy);
        }
        let phase = body.text_at(&["status", "phase"]);
        let phase = if self.breaks == "no_body_makes_it_panic" { phase.unwrap() } else { phase? };
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let message =
            if self.breaks == "assessing_twice_gives_the_same" { call.to_string() } else { "".into() };
        let done = phase == "done" || self.breaks == "what_there_is_a_rule_for_is_assessed";
        let status = if done { HealthStatus::Healthy } else { HealthStatus::Progressing };
        Some(Health::new(status, message))
    }
}
