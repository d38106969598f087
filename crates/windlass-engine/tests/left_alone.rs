//! Objects that are left alone, and what goes on all the same.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end by panicking")]

mod support;

use std::time::Duration;

use support::{World, object, object_id};
use windlass_core::{Health, HealthStatus, Outcome, Owner};
use windlass_engine::Wait;
use windlass_testkit::unit;

fn content(world: &World, name: &str) -> Option<String> {
    let object = world.target.get(&object_id(name))?;
    object.body().text_at(&["data", "content"]).map(str::to_owned)
}

#[test]
fn what_the_source_suspends_is_neither_written_nor_pruned_and_the_rest_goes_on() {
    let world = World::new("a=1; b=1; c=1");
    world.pass();
    world.commit("a=2 suspended; c=2");
    let report = world.pass();
    assert!(report.is_success(), "{report}");
    assert_eq!(content(&world, "a").as_deref(), Some("1"));
    assert_eq!(content(&world, "b"), None);
    assert_eq!(content(&world, "c").as_deref(), Some("2"));
}

#[test]
fn what_went_by_itself_once_it_had_done_its_work_is_done_until_something_else_is_wanted() {
    let world = World::new("job=1 transient; b=1");
    world.pass();
    world.target.remove(&object_id("job"));
    let _ = world.target.take_writes();
    assert!(world.pass().is_success());
    assert!(world.target.take_writes().is_empty(), "the job is done");
    world.commit("job=2 transient; b=1");
    world.pass();
    assert_eq!(world.target.take_writes(), ["create ConfigMap/ns/job"]);
}

#[test]
fn what_goes_by_itself_while_its_health_is_awaited_has_done_its_work() {
    let world = World::new("job=1 transient; last=1 after:job");
    world.target.set_health(&object_id("job"), Health::new(HealthStatus::Progressing, "it runs"));
    let engine = world.when_written("job", |target| assert!(target.remove(&object_id("job"))));
    let report = world.clock.block_on(engine.reconcile(&world.cx)).unwrap();
    assert!(report.is_success(), "{report}");
    assert!(content(&world, "last").is_some(), "what waits for it goes on");
    let status = world.clock.block_on(world.engine.status(&world.cx)).unwrap();
    assert!(status.is_good() && status.to_string().contains("done, and gone by itself"), "{status}");
}

#[test]
fn what_two_units_want_alike_is_owned_by_one_and_the_other_is_content() {
    let world = World::new("shared=1; own=1 after:shared");
    world.target.put_foreign(object("shared", "1"), Some(Owner::of(&unit("other"))));
    let report = world.pass();
    assert!(report.is_success(), "{report}");
    assert_eq!(world.target.owner_of(&object_id("shared")), Some(Owner::of(&unit("other"))));
    assert!(report.to_string().contains("other owns it"), "{report}");
    assert!(content(&world, "own").is_some());
}

#[test]
fn an_object_of_another_unit_that_differs_is_a_conflict_and_what_depends_on_it_goes_on() {
    let world = World::new("shared=2; own=1 after:shared");
    world.target.put_foreign(object("shared", "1"), Some(Owner::of(&unit("other"))));
    let report = world.pass();
    assert!(!report.is_success(), "{report}");
    assert_eq!(content(&world, "shared").as_deref(), Some("1"));
    assert!(content(&world, "own").is_some());
}

#[test]
fn an_object_that_is_being_deleted_is_told_and_made_anew_once_it_is_gone() {
    let quick = Wait::default().with_delete_timeout(Duration::from_secs(3));
    let world = World::with("a=1; b=1", |target| target, |engine| engine.with_wait(quick));
    world.pass();
    world.target.hold_deletes(&object_id("a"));
    world.commit("b=1");
    let report = world.pass();
    assert!(report.to_string().contains("held_by=testkit"), "{report}");
    world.commit("a=1; b=1");
    let report = world.pass();
    assert!(report.error().unwrap().to_string().contains("is being deleted"), "{report}");
    world.target.release(&object_id("a"));
    assert!(world.pass().is_success());
    assert!(content(&world, "a").is_some());
}

#[test]
fn a_delete_that_is_held_stops_nothing_where_nobody_waits_for_it() {
    let world =
        World::with("a=1; b=1", |target| target, |engine| engine.with_wait(Wait::default().nothing_else()));
    world.pass();
    world.target.hold_deletes(&object_id("a"));
    world.commit("b=2");
    let report = world.pass();
    assert_eq!(content(&world, "b").as_deref(), Some("2"));
    let held = report.objects.iter().find(|object| object.id == object_id("a")).unwrap();
    assert!(matches!(held.outcome, Outcome::Deleting { .. }), "{report}");
    assert_eq!(report.counts().deleted, 0, "it is there, and not counted as deleted");
    let again = world.pass();
    assert!(again.to_string().contains("held by testkit"), "{again}");
}

#[test]
fn nothing_waits_for_health_that_may_never_come() {
    let world = World::new("ingress=1; later=1 wave:1");
    let waiting = Health::new(HealthStatus::Progressing, "no address yet").optional();
    world.target.set_health(&object_id("ingress"), waiting);
    assert!(world.pass().is_success());
    assert!(content(&world, "later").is_some());
}

#[test]
fn a_wait_is_switched_off_for_one_object() {
    let world = World::new("slow=1 nowait; later=1 wave:1");
    world.target.set_health(&object_id("slow"), Health::new(HealthStatus::Progressing, "slow"));
    for state in ["created", "as wanted"] {
        let report = world.pass();
        assert!(
            report.is_success() && report.is_healthy(),
            "no unit that depends on it waits: {state}: {report}"
        );
    }
    assert!(content(&world, "later").is_some());
}

#[test]
fn what_no_pass_changed_is_not_waited_for_again() {
    let world = World::new("a=1");
    world.pass();
    world.target.set_health(&object_id("a"), Health::new(HealthStatus::Progressing, "busy"));
    let before = world.cx.now().mono;
    world.pass();
    assert_eq!(world.cx.now().mono, before, "nothing is waited for");
}
