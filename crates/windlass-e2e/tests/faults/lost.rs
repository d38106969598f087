//! Requests whose answer is lost, and those that nobody answers.

use std::time::{Duration, Instant};

use windlass_core::{ErrorKind, Outcome, Report};

use crate::stage::{Stage, config_map, proxied, shown};
use crate::support::proxy::{ALWAYS, Fault, Proxy};
use crate::support::running::{Run, WAIT_MAX, until};
use crate::support::world::{World, failure, run, with_outcome};

/// Two units with one object that is created, changed and deleted; once, the answer to a write of the one is lost.
struct Lost {
    stage: Stage,
    run: Run,
}

impl Lost {
    fn begin(name: &'static str) -> Self {
        let stage = Stage::new(name, &["ill", "well"]);
        for unit in ["ill", "well"] {
            stage.put(unit, "keep.yaml", &config_map("keep", "1"));
        }
        let run = stage.converged(&["ill", "well"]);
        Self { stage, run }
    }

    fn lose(&self, verb: &'static str) -> std::sync::Arc<crate::support::proxy::Rule> {
        let path = format!("/namespaces/{}/configmaps/a", self.stage.unit("ill"));
        self.stage.proxy.rule(verb, &path, 1, Fault::Lost)
    }

    fn put(&self, value: &str) {
        ["ill", "well"].iter().for_each(|unit| self.stage.put(unit, "a.yaml", &config_map("a", value)));
    }

    /// Both units have done the same, and neither has anything left to do.
    fn end(&mut self, writes: &[&str]) {
        self.stage.until_ready(&self.run, &["ill", "well"]);
        for unit in ["ill", "well"] {
            let written = self.stage.proxy.written(&self.stage.unit(unit));
            assert_eq!(written, writes, "{unit}:\n{}", self.stage.proxy.log());
        }
    }
}

#[test]
fn a_create_whose_answer_is_lost_is_told_as_one_and_not_repeated() {
    let mut lost = Lost::begin("lcreate");
    let rule = lost.lose("PATCH");
    lost.put("1");
    let ill = lost.stage.unit("ill");
    lost.run.until(&format!("{ill}: created ConfigMap/{ill}/a"));
    assert_eq!(rule.hits(), 1, "the answer was lost");
    lost.end(&["PATCH configmaps/keep", "PATCH configmaps/a"]);
    lost.stage.calm(&mut lost.run, &["ill", "well"]);
}

#[test]
fn a_change_whose_answer_is_lost_is_told_as_one_and_not_repeated() {
    let mut lost = Lost::begin("lchange");
    lost.put("1");
    let ill = lost.stage.unit("ill");
    lost.run.until(&format!("{ill}: created ConfigMap/{ill}/a"));
    let rule = lost.lose("PATCH");
    lost.put("2");
    lost.run.until(&format!("{ill}: changed ConfigMap/{ill}/a"));
    assert_eq!(rule.hits(), 1, "the answer was lost");
    lost.end(&["PATCH configmaps/keep", "PATCH configmaps/a", "PATCH configmaps/a"]);
    lost.stage.calm(&mut lost.run, &["ill", "well"]);
}

#[test]
fn a_delete_whose_answer_is_lost_is_told_as_one_and_deletes_nothing_else() {
    let mut lost = Lost::begin("ldelete");
    lost.put("1");
    let ill = lost.stage.unit("ill");
    lost.run.until(&format!("{ill}: created ConfigMap/{ill}/a"));
    let rule = lost.lose("DELETE");
    for unit in ["ill", "well"] {
        std::fs::remove_file(lost.stage.path(&format!("{unit}/a.yaml"))).expect("a file");
    }
    lost.run.until(&format!("{ill}: deleted ConfigMap/{ill}/a"));
    assert_eq!(rule.hits(), 1, "the answer was lost");
    lost.end(&["PATCH configmaps/keep", "PATCH configmaps/a", "DELETE configmaps/a"]);
    let ill_lines: Vec<&String> = lost
        .run
        .log()
        .iter()
        .filter(|line| line.contains(": failed ") || line.contains(": problem"))
        .collect();
    assert_eq!(ill_lines, Vec::<&String>::new());
}

/// Each answer to a write of the state is lost in turn: the first, the second and so on of a change.
#[test]
fn a_save_of_the_state_whose_answer_is_lost_loses_nothing_and_writes_nothing_twice() {
    let mut lost = Lost::begin("lstate");
    let ill = lost.stage.unit("ill");
    for (at, verb) in ["POST", "PUT", "PATCH"].into_iter().enumerate() {
        let rule = lost.stage.proxy.rule(verb, "/namespaces/windlass-system/configmaps", 1, Fault::Lost);
        let value = format!("{}", at + 1);
        lost.put(&value);
        lost.stage.until_value("ill", "a", &value);
        lost.stage.until_ready(&lost.run, &["ill"]);
        rule.end();
    }
    lost.end(&["PATCH configmaps/keep", "PATCH configmaps/a", "PATCH configmaps/a", "PATCH configmaps/a"]);
    // What it owns it still knows: what is taken out is deleted, and nothing else.
    std::fs::remove_file(lost.stage.path("ill/a.yaml")).expect("a file");
    lost.run.until(&format!("{ill}: deleted ConfigMap/{ill}/a"));
    assert_eq!(shown(&ill, "configmap/keep", ".data.key"), "1", "what is wanted stays");
}

/// A unit by itself, whose requests may take half a second.
fn brief(name: &str) -> (World, Proxy, windlass_engine::Engine) {
    let mut world = World::new(name);
    let proxy = Proxy::new();
    let mut limits = world.cx.limits().clone();
    limits.request_timeout = Duration::from_millis(500);
    limits.write_timeout = Duration::from_secs(2);
    world.cx = world.cx.clone().with_limits(limits);
    let engine = world.engine_on(proxied(&proxy, name), 15);
    (world, proxy, engine)
}

fn pass(world: &World, engine: &windlass_engine::Engine) -> Report {
    run(engine.reconcile(&world.cx)).unwrap_or_else(|error| panic!("no pass: {}", error.explain()))
}

#[test]
fn a_write_that_was_done_and_never_answered_is_found_done() {
    const NS: &str = "lunanswered";
    let (world, proxy, engine) = brief(NS);
    let rule = proxy.rule("PATCH", &format!("/namespaces/{NS}/configmaps/a"), 1, Fault::Unanswered);
    world.write(&[("a.yaml", config_map("a", "1")), ("b.yaml", config_map("b", "1"))]);
    let report = pass(&world, &engine);
    assert_eq!(rule.hits(), 1, "no answer came");
    let both = ["a", "b"].map(|name| format!("ConfigMap/{NS}/{name}"));
    assert_eq!(with_outcome(&report, "created"), both, "{report}");
    let mut written = proxy.written(NS);
    written.sort();
    assert_eq!(written, ["PATCH configmaps/a", "PATCH configmaps/b"], "each once");
    assert_eq!(pass(&world, &engine).counts().written(), 0, "nothing is left to do");
}

#[test]
fn a_write_that_stalls_fails_its_own_object_in_time_and_is_made_when_the_fault_ends() {
    const NS: &str = "lstalled";
    let (world, proxy, engine) = brief(NS);
    world.write(&[("a.yaml", config_map("a", "1")), ("b.yaml", config_map("b", "1"))]);
    assert!(pass(&world, &engine).is_success(), "all is well");
    let rule = proxy.rule("PATCH", &format!("/namespaces/{NS}/configmaps/a"), ALWAYS, Fault::Stalled);
    world.write(&[("a.yaml", config_map("a", "2")), ("b.yaml", config_map("b", "2"))]);
    let began = Instant::now();
    let report = pass(&world, &engine);
    assert!(began.elapsed() < Duration::from_secs(10), "it does not wait for ever: {:?}", began.elapsed());
    let (kind, text) = failure(&report, &format!("ConfigMap/{NS}/a"));
    assert_eq!(kind, ErrorKind::Timeout, "{text}");
    assert!(text.contains("no answer in time"), "{text}");
    assert_eq!(with_outcome(&report, "changed"), [format!("ConfigMap/{NS}/b")], "{report}");
    rule.end();
    let report = pass(&world, &engine);
    assert_eq!(with_outcome(&report, "changed"), [format!("ConfigMap/{NS}/a")], "{report}");
    assert!(report.objects.iter().all(|object| !matches!(object.outcome, Outcome::Deleted)), "{report}");
    assert_eq!(proxy.written(NS).len(), 4, "two creates and two changes:\n{}", proxy.log());
    until("nothing is left to do", WAIT_MAX, || {
        (pass(&world, &engine).counts().written() == 0).then_some(())
    });
}

/// More writes of one unit, and more reads, than a connection has under way at once get no answer.
#[test]
fn a_unit_whose_requests_all_stall_holds_up_no_other() {
    let stage = Stage::new("lmany", &["ill", "well"]);
    stage.put("well", "a.yaml", &config_map("a", "1"));
    let run = stage.converged(&["ill", "well"]);
    let ill = stage.unit("ill");
    let rule = stage.proxy.rule("PATCH", &format!("/namespaces/{ill}/"), ALWAYS, Fault::Stalled);
    let many: Vec<String> = (0..70).map(|at| config_map(&format!("m{at}"), "1")).collect();
    stage.put("ill", "many.yaml", &many.join("---\n"));
    until("all turns are taken", WAIT_MAX, || (rule.hits() >= 32).then_some(()));
    stage.put("well", "a.yaml", &config_map("a", "2"));
    let began = Instant::now();
    stage.until_value("well", "a", "2");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    drop(run);
    assert_eq!(stage.proxy.written(&stage.unit("well")).len(), 2, "created and changed");
}
