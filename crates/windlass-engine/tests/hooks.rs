//! Hooks: when they run, how often, and what becomes of them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end by panicking")]

mod support;

use std::time::Duration;

use support::{World, object_id};
use windlass_core::{Health, HealthStatus};
use windlass_engine::Wait;

fn failing(world: &World, name: &str) {
    world.target.set_health(&object_id(name), Health::new(HealthStatus::Degraded, "exit 1"));
}

fn healthy(world: &World, name: &str) {
    world.target.set_health(&object_id(name), Health::healthy());
}

fn check_writes(world: &World, expected: &str) {
    let writes = world.target.take_writes();
    let short: Vec<String> = writes.iter().map(|write| write.replace("ConfigMap/ns/", "")).collect();
    assert_eq!(short.join(", "), expected);
}

#[test]
fn hooks_run_before_and_after_the_rest_and_the_rest_waits_for_them() {
    let world = World::new("z=1 hook:before; m=1; a=1 hook:after");
    world.pass();
    check_writes(&world, "create z, create m, create a");
}

#[test]
fn a_hook_runs_once_for_all_that_is_wanted_and_again_for_the_next() {
    let world = World::new("h=1 hook:before; m=1");
    world.pass();
    check_writes(&world, "create h, create m");
    world.pass();
    check_writes(&world, "");
    world.commit("h=1 hook:before; m=2");
    world.pass();
    check_writes(&world, "change h, change m");
    world.pass();
    check_writes(&world, "");
}

#[test]
fn a_hook_that_fails_holds_back_the_rest() {
    let world = World::new("h=1 hook:before; m=1");
    failing(&world, "h");
    let report = world.pass();
    check_writes(&world, "create h");
    assert!(!report.is_success());
    assert!(report.error().unwrap().to_string().contains("the hook failed"), "{report}");
    healthy(&world, "h");
    world.commit("h=2 hook:before; m=1");
    world.pass();
    check_writes(&world, "change h, create m");
}

#[test]
fn a_hook_that_is_still_running_is_waited_for_and_not_begun_again() {
    let world = World::with(
        "h=1 hook:before; m=1",
        |target| target,
        |engine| engine.with_wait(Wait::default().with_health_timeout(Duration::from_secs(5))),
    );
    world.target.set_health(&object_id("h"), Health::new(HealthStatus::Progressing, "running"));
    let report = world.pass();
    assert!(report.error().unwrap().to_string().contains("did not end in time"), "{report}");
    check_writes(&world, "create h");
    healthy(&world, "h");
    world.pass();
    check_writes(&world, "create m");
}

#[test]
fn a_hook_runs_for_what_is_wanted_though_the_pass_that_was_to_run_it_was_killed_at_any_moment() {
    for polls in 1..16 {
        let slow = |target: windlass_testkit::MemoryTarget| target.with_latency(Duration::from_millis(300));
        let world = World::with("h=1 hook:before; m=1", slow, |engine| engine);
        world.pass();
        world.commit("h=2 hook:before; m=2");
        let mut pass = Box::pin(world.engine.reconcile(&world.cx));
        for _ in 0..polls {
            if windlass_testkit::block_on(windlass_testkit::poll_once(pass.as_mut())).is_some() {
                break;
            }
            world.clock.advance(Duration::from_millis(100));
        }
        drop(pass);
        assert!(world.pass().is_success());
        let says =
            |name| world.target.get(&object_id(name)).map(|live| serde_json::to_string(live.body()).unwrap());
        for name in ["h", "m"] {
            let says = says(name).unwrap_or_default();
            assert!(says.contains('2'), "killed after {polls} polls, {name} says {says}");
        }
    }
}

#[test]
fn a_hook_goes_when_it_was_told_to_and_does_not_come_back() {
    let world = World::new("h=1 hook:before+success; m=1");
    world.pass();
    assert!(world.target.get(&object_id("h")).is_none(), "it succeeded, and goes");
    check_writes(&world, "create h, create m, delete h");
    world.pass();
    check_writes(&world, "");
    let another = world.another_engine();
    assert!(world.pass_of(&another).is_success());
    check_writes(&world, "");
}

#[test]
fn a_hook_that_goes_when_it_succeeded_stays_until_those_that_may_need_it_have_ended() {
    let world = World::new("account=1 hook:before+success+-1; job=1 hook:before+success; m=1");
    world.pass();
    check_writes(&world, "create account, create job, create m, delete account, delete job");
}

#[test]
fn a_hook_that_has_gone_is_not_run_again_where_the_pass_was_killed_at_any_moment() {
    for polls in 1..24 {
        let slow = |target: windlass_testkit::MemoryTarget| target.with_latency(Duration::from_millis(300));
        let world = World::with("h=1 hook:before+success; m=1", slow, |engine| engine);
        world.kill_after(polls, world.engine.reconcile(&world.cx));
        assert!(world.pass_of(&world.another_engine()).is_success());
        let writes = world.take_writes();
        let runs = writes.matches("create h").count();
        assert_eq!(runs, 1, "killed after {polls} polls: {writes}");
    }
}

#[test]
fn a_hook_for_a_failure_runs_only_where_something_failed() {
    let world = World::new("f=1 hook:failure; m=1");
    world.pass();
    check_writes(&world, "create m");
    world.commit("f=1 hook:failure; m=2; n=1");
    let refused = windlass_core::Error::new(windlass_core::ErrorKind::Invalid, "no");
    world.target.fail_next_write(&object_id("n"), refused.clone());
    assert!(!world.pass().is_success());
    check_writes(&world, "change m, create f");
    world.target.fail_next_write(&object_id("n"), refused);
    world.pass();
    check_writes(&world, "");
}

#[test]
fn hooks_that_leave_the_source_are_pruned() {
    let world = World::new("h=1 hook:before; m=1");
    world.pass();
    world.commit("m=1");
    let _ = world.target.take_writes();
    world.pass();
    check_writes(&world, "delete h");
}
