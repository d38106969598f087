//! What is told while it happens: each outcome once, and what went wrong.

mod support;

use std::time::Duration;
use support::{World, object, object_id};

use windlass_core::{
    Conflict, Context, Decision, Error, ErrorKind, Event, EventKind, FieldPath, Health, HealthStatus, Owner,
    Plan, Policy, Release, Result, Retry, Suspension, Trigger, Value, Verdict, async_trait,
};
use windlass_engine::Prune;
use windlass_testkit::MemoryTarget;

#[track_caller]
fn check(world: &World, expected: &[&str]) {
    let quiet =
        ["pass started", "source is at", "object rendered", "objects rendered", " write", "state saved"];
    let told = world.told();
    let told: Vec<&str> = told
        .iter()
        .filter(|line| !quiet.iter().any(|quiet| line.contains(quiet)))
        .filter_map(|line| line.lines().next())
        .map(|line| line.split(" (").next().unwrap_or(line))
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn refusals_and_what_they_hold_back_are_told() {
    let world = World::new("a=1; b=1 after:a; c=1");
    world.target.put_foreign(object("a", "0"), Some(Owner::named("flux:apps/shop")));
    world.pass();
    check(
        &world,
        &[
            "failed a: the object has another owner",
            "skipped b",
            "created c",
            "pass finished: 1 created, 1 skipped, 1 failed",
        ],
    );
}

#[test]
fn what_is_kept_is_told() {
    let world = World::with("a=1; b=1", |target| target, |engine| engine.with_prune(Prune::off()));
    world.pass();
    world.commit("a=1");
    world.told();
    world.pass();
    check(&world, &["kept b", "pass finished: 1 kept, 1 unchanged"]);
}

#[test]
fn a_guard_that_stands_in_the_way_is_told() {
    let world = World::new("a=1");
    world.pass();
    world.commit("");
    world.told();
    world.pass();
    check(
        &world,
        &[
            "problem: nothing was rendered, and pruning would delete everything",
            "kept a",
            "pass finished: 1 kept",
        ],
    );
}

#[test]
fn what_is_held_back_from_deletion_and_what_does_not_go_is_told() {
    let world = World::new("a=1; b=1 after:a; z=1");
    world.pass();
    world.target.hold_deletes(&object_id("b"));
    world.commit("z=1");
    world.told();
    world.pass();
    check(
        &world,
        &[
            "deleting b",
            "deleting b, held by testkit",
            "failed b: the object was told to go, and something holds it",
            "skipped a",
            "pass finished: 1 skipped, 1 failed, 1 unchanged",
        ],
    );
}

#[test]
fn a_cancellation_is_told() {
    let world = World::new("a=1");
    let cancel = world.cx.cancel().clone();
    let engine = world.when_written("a", move |_| cancel.cancel());
    world.pass_of(&engine);
    check(&world, &["created a", "problem: cancelled before all was done", "pass finished: 1 created"]);
}

#[test]
fn applying_a_plan_tells_its_beginning_and_what_stops_it_but_not_the_plan_again() {
    let world = World::new("a=1");
    world.pass();
    world.target.edit(&object_id("a"), |body| drop(body.as_map_mut().unwrap().insert("data", "x")));
    world.told();
    let plan = world.clock.block_on(world.engine.plan(&world.cx)).unwrap();
    world.clock.block_on(world.engine.apply(&world.cx, &plan)).unwrap();
    let told = world.told();
    let count = |what: &str| told.iter().filter(|line| line.contains(what)).count();
    assert_eq!((count("drifted a"), count(" write"), count("pass started")), (1, 1, 1), "{told:?}");
    let error = world.clock.block_on(world.engine.apply(&world.cx, &plan)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    check(&world, &["pass failed: what would happen has changed since the plan was made"]);
}

#[test]
fn deleting_tells_its_beginning_and_what_stops_it() {
    let world = World::new("a=1");
    world.pass();
    let plan = world.clock.block_on(world.engine.plan_delete(&world.cx)).unwrap();
    world.store.fail_next_load(Error::new(ErrorKind::Unavailable, "no answer"));
    world.told();
    world.clock.block_on(world.engine.delete(&world.cx, &plan)).unwrap_err();
    assert_eq!(world.told(), ["pass started", "pass failed: no answer"]);
}

#[test]
fn an_event_says_when_in_which_pass_why_at_which_revision_and_by_which_plan() {
    let world = World::new("a=1");
    world.pass();
    world.clock.advance(Duration::from_secs(90));
    world.commit("a=2");
    drop(world.events.take());
    world.run(&world.engine, 1);
    let events = world.events.take();
    let (between, within): (Vec<&Event>, Vec<&Event>) = events.iter().partition(|event| event.pass.is_none());
    assert!(matches!(&between[..], [Event { what: EventKind::Waiting { .. }, .. }]), "{between:?}");
    assert!(events.iter().all(|event| event.at.to_string() == "2026-01-01T00:01:30Z"), "{events:?}");
    for event in &within {
        let pass = event.pass.as_ref().unwrap();
        assert_eq!((pass.number, pass.trigger, pass.began), (2, Trigger::Start, event.at), "{event:?}");
    }
    let known = |event: &Event| {
        let pass = event.pass.clone().unwrap();
        (pass.revision.is_some(), pass.plan.is_some())
    };
    let known: Vec<_> = within.iter().map(|event| known(event)).collect();
    assert_eq!((known[0], known[1]), ((false, false), (true, false)), "a start, and a revision: {within:?}");
    assert_eq!(known.last(), Some(&(true, true)), "{within:?}");
    let plan = world.clock.block_on(world.engine.plan(&world.cx)).err();
    assert_eq!(plan.map(|error| error.kind()), Some(ErrorKind::Cancelled), "the run was stopped");
}

#[test]
fn a_pass_over_what_rests_says_revision_and_plan_too() {
    let world = World::new("a=1");
    world.pass();
    let planned = world.events.take().iter().find_map(|event| event.pass.as_ref()?.plan);
    world.pass();
    let events = world.events.take();
    let last = events.last().and_then(|event| event.pass.clone()).unwrap();
    assert!(matches!(events.last().unwrap().what, EventKind::Finished { .. }) && last.revision.is_some());
    assert!(planned.is_some() && last.plan.is_some(), "{events:?}");
}

#[test]
fn what_has_drifted_is_told_by_field_and_by_whom_and_never_by_value() {
    let world = World::with("a=1", MemoryTarget::with_predict, |engine| engine);
    world.pass();
    let field = FieldPath::root().field("data").field("content");
    world.target.edit(&object_id("a"), |body| {
        let data = body.as_map_mut().and_then(|map| map.get_mut("data")).and_then(Value::as_map_mut);
        data.map(|data| data.insert("content", "hunter2"));
    });
    let holder = "kubectl-edit".into();
    world.target.conflict(&object_id("a"), vec![Conflict { path: field, holder, decision: Decision::Take }]);
    drop(world.events.take());
    world.pass();
    let events = world.events.take();
    let drifted = events.iter().find(|event| matches!(event.what, EventKind::Drifted { .. })).unwrap();
    let id = object_id("a");
    let fields = vec!["data.content".into()];
    assert_eq!(drifted.what, EventKind::Drifted { id, fields, by: Some("kubectl-edit".into()) });
    let told: Vec<String> = events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    assert!(!told.join("\n").contains("hunter2"), "{told:#?}");
}

#[test]
fn what_is_not_healthy_is_counted_where_a_pass_ends() {
    let world = World::new("a=1; b=1");
    world.target.set_health(&object_id("a"), Health::new(HealthStatus::Degraded, "no pods"));
    let report = world.pass();
    assert!(report.is_success() && !report.is_healthy(), "{report}");
    assert_eq!((report.counts().unhealthy, report.counts().degraded), (1, 1));
    check(&world, &["created a", "created b", "pass finished: 2 created; 1 degraded"]);
}

#[test]
fn a_suspended_unit_says_what_resumes_it() {
    let world = World::new("a=1");
    let since = world.cx.now().wall;
    let until = Some(windlass_core::Timestamp::from_unix(since.unix() + 60));
    let ask = world.engine.ask(&world.cx, |control| {
        control.suspended = Some(Suspension::new("an upgrade", "ann", since).with_until(until));
    });
    world.clock.block_on(ask).unwrap();
    let error = world.try_pass().unwrap_err();
    assert_eq!((error.kind(), error.release()), (ErrorKind::Held, Some(&Release::Resumption { until })));
    let told = world.events.take();
    let release = told.iter().find_map(|event| match &event.what {
        EventKind::Withheld { release, .. } => release.clone(),
        _ => None,
    });
    assert_eq!(release, Some(Release::Resumption { until }));
}

#[test]
fn a_wait_that_the_other_side_names_counts_also_where_only_one_object_was_refused() {
    let busy =
        |wait| Error::new(ErrorKind::Denied, "slow down").retrying(Retry::After(Duration::from_secs(wait)));
    for (named, expected) in [(300, 300), (7200, 900)] {
        let world = World::new("a=1; b=1");
        let engine = world.engine.clone().with_interval(Duration::from_secs(60));
        world.target.fail_next_write(&object_id("a"), busy(named));
        assert_eq!(world.run(&engine, 1), [Duration::from_secs(expected)], "named: {named}");
    }
}

#[derive(Debug)]
struct Says(Verdict);

#[async_trait]
impl Policy for Says {
    async fn review(&self, _cx: &Context, _plan: &Plan) -> Result<Verdict> {
        Ok(self.0.clone())
    }
}

#[test]
fn what_a_policy_withholds_is_told_once_and_is_no_failed_pass() {
    for (verdict, told) in [
        (Verdict::Hold("not today".into()), "on hold: not today"),
        (Verdict::Deny("no".into()), "denied: no"),
    ] {
        let world = World::with("a=1", |target| target, |engine| engine.with_policy(Says(verdict)));
        let kind = world.try_pass().unwrap_err().kind();
        assert_eq!(kind, if told.starts_with("denied") { ErrorKind::Denied } else { ErrorKind::Held });
        check(&world, &[told]);
    }
}

#[test]
fn the_help_of_a_store_that_cannot_save_stays_visible() {
    let world = World::new("a=1");
    let cause = Error::new(ErrorKind::Limit, "too large").with_help("split the unit");
    world.store.fail_next_save(cause);
    world.told();
    let error = world.try_pass().unwrap_err();
    let told = world.told();
    assert_eq!(told.last().unwrap(), "pass failed: the state could not be saved", "{told:#?}");
    assert!(
        told.iter().all(|line| !line.starts_with("problem") && !line.starts_with("pass finished")),
        "{told:#?}"
    );
    assert_eq!(
        error.explain(),
        "the state could not be saved\n  because: too large (unit=web)\n  help: split the unit"
    );
}
