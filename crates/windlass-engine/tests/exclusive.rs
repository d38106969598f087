//! Objects that the target does not take side by side: the one that leaves the source goes first, behind every guard.

mod support;

use std::time::Duration;

use support::{World, object, object_id};
use windlass_core::{Error, ErrorKind, Owner};
use windlass_engine::{Engine, Prune, Wait};
use windlass_testkit::{MemoryTarget, block_on, poll_once};

/// A target that takes no two objects with the same content.
fn world(objects: &str) -> World {
    world_with(objects, |engine| engine)
}

fn world_with(objects: &str, options: impl FnOnce(Engine) -> Engine) -> World {
    let world = World::with(objects, MemoryTarget::with_predict, options);
    world.target.exclude(&["data", "content"]);
    world.pass();
    drop(world.take_writes());
    world
}

#[test]
fn a_renamed_object_that_excludes_itself_is_deleted_before_it_is_created() {
    let world = world("front=80; other=1");
    world.commit("entry=80; other=1");
    assert_eq!(world.writes(), "delete front, create entry");
    assert_eq!(world.owned(), "entry other");
    assert_eq!(world.writes(), "", "a second pass is still");
}

#[test]
fn the_plan_says_which_goes_first_and_why() {
    let world = world("front=80");
    world.commit("entry=80");
    let plan = world.plan_text().replace("ConfigMap/ns/", "");
    assert!(
        plan.contains(
            "+ create  entry  objects:1  after front is gone, which excludes it: the value is taken\n"
        ),
        "{plan}"
    );
    assert!(plan.contains("- delete  front  first: it makes way for entry\n"), "{plan}");
}

#[test]
fn all_else_is_written_before_and_deleted_after() {
    let world = world("front=80; z=1; leaves=7");
    world.commit("entry=80; z=2; a=3; late=4 after:entry");
    assert_eq!(world.writes(), "create a, change z, delete front, create entry, create late, delete leaves");
}

#[test]
fn what_takes_the_place_of_two_waits_for_both_and_two_may_take_the_place_of_one() {
    let world = world("a=1; b=2");
    world.commit("c=1; d=2");
    let plan = world.plan_text();
    assert_eq!(plan.matches("first: it makes way").count(), 2, "{plan}");
    assert_eq!(world.writes(), "delete a, delete b, create c, create d");
}

#[test]
fn an_object_that_is_there_takes_over_what_the_leaving_one_had() {
    let world = world("a=1; b=2");
    world.commit("b=1");
    assert_eq!(world.writes(), "delete a, change b");
}

#[test]
fn nothing_is_deleted_first_where_the_other_is_wanted_or_somebody_elses() {
    let world = world("a=1; b=2");
    world.commit("a=1; b=2; c=1");
    assert!(world.pass().error().is_some());
    assert_eq!(world.take_writes(), "");
    world.target.set_owner(&object_id("a"), Some(Owner::named("other")));
    world.commit("b=2; c=1");
    assert!(world.pass().error().is_some());
    assert_eq!(world.take_writes(), "");
}

#[test]
fn every_guard_of_pruning_stands_before_it() {
    let off = world_with("front=80", |engine| engine.with_prune(Prune::off()));
    off.commit("entry=80");
    let report = off.pass();
    let error = report.error().unwrap();
    assert_eq!(error.context("excluded_by"), Some("ConfigMap/ns/front"));
    assert!(report.to_string().contains("kept      ConfigMap/ns/front  pruning is off"), "{report}");
    assert_eq!(off.take_writes(), "");

    let share = world_with("a=1; b=2; c=3", |engine| {
        engine.with_prune(Prune::default().with_always_allowed(0).with_share_percent_max(50))
    });
    share.commit("d=1; c=3");
    assert!(share.pass().problems.iter().any(|problem| problem.to_string().contains("too large a share")));
    assert_eq!(share.take_writes(), "");

    let kept = world("front=80 keep");
    kept.commit("entry=80");
    assert!(kept.pass().error().is_some());
    assert_eq!(kept.take_writes(), "");
}

#[test]
fn a_failure_before_it_keeps_the_old_one() {
    let world = world("front=80; z=1");
    world.commit("entry=80; z=2; late=3 after:entry");
    world.target.fail_next_write(&object_id("z"), Error::new(ErrorKind::Invalid, "ordained"));
    let report = world.pass();
    assert_eq!(
        World::outcomes(&report),
        "entry: skipped, z: failed, late: skipped, front: skipped",
        "{report}"
    );
    let text = report.to_string();
    assert!(
        text.contains("ns/entry  what excludes it is deleted first only where nothing else failed\n"),
        "{text}"
    );
    assert!(text.contains("ns/late  depends on ConfigMap/ns/entry, which could not be written\n"), "{text}");
    assert_eq!(world.take_writes(), "");
    assert_eq!(world.writes(), "change z, delete front, create entry, create late", "the next pass goes on");
}

#[test]
fn something_else_that_cannot_be_written_keeps_the_old_one() {
    let world = world("front=80");
    world.commit("entry=80; bad=1");
    world.target.refuse(&object_id("bad"), Error::new(ErrorKind::Invalid, "ordained"));
    assert!(world.pass().error().is_some());
    assert!(world.target.get(&object_id("front")).is_some());
}

#[test]
fn what_changed_hands_since_the_plan_stays_and_the_new_one_is_not_sent() {
    let world = world("front=80; z=1");
    world.commit("entry=80; z=2");
    let engine = world.when_written("z", |target| {
        target.set_owner(&object_id("front"), Some(Owner::named("other")));
    });
    let report = world.pass_of(&engine);
    let error = report.error().unwrap();
    assert_eq!(error.message(), "what excludes the object was not deleted");
    assert_eq!(error.context("which_stays"), Some("other owns it now"), "{error:?}");
    assert_eq!(world.take_writes(), "change z");
}

#[test]
fn what_a_finalizer_holds_is_waited_for_also_where_nothing_else_is() {
    for wait in [Wait::default(), Wait::default().nothing_else()] {
        let wait = wait.with_delete_timeout(Duration::from_secs(5));
        let world = world_with("front=80", |engine| engine.with_wait(wait));
        world.target.hold_deletes(&object_id("front"));
        world.commit("entry=80");
        let report = world.pass();
        assert!(report.error().is_some(), "{report}");
        assert_eq!(world.take_writes(), "deleting front");
        world.target.release(&object_id("front"));
        assert_eq!(world.writes(), "create entry");
        assert_eq!(world.owned(), "entry");
    }
}

#[test]
fn a_crash_at_any_moment_is_resumed() {
    for polls in 1..60 {
        let slow = |target: MemoryTarget| target.with_predict().with_latency(Duration::from_millis(150));
        let world = World::with("front=80; z=1", slow, |engine| engine);
        world.target.exclude(&["data", "content"]);
        world.pass();
        world.commit("entry=80; z=2");
        {
            let mut pass = Box::pin(world.engine.reconcile(&world.cx));
            for _ in 0..polls {
                if block_on(poll_once(pass.as_mut())).is_some() {
                    break;
                }
                world.clock.advance(Duration::from_millis(100));
            }
        }
        let report = world.pass();
        assert!(report.is_success(), "after {polls} polls: {report}");
        assert_eq!(world.owned(), "entry z", "after {polls} polls");
        assert_eq!(world.target.ids(), [object_id("entry"), object_id("z")], "after {polls} polls");
        assert_eq!(world.target.get(&object_id("entry")), Some(object("entry", "80")));
    }
}

#[test]
fn a_refusal_that_stays_is_told_and_nothing_else_is_deleted() {
    let world = world("front=80; leaves=1");
    world.commit("entry=80");
    for _ in 0..4 {
        world.target.fail_next_write(&object_id("entry"), Error::new(ErrorKind::Invalid, "still refused"));
    }
    let report = world.pass();
    let error = report.error().unwrap();
    assert_eq!(
        (error.message(), error.context("deleted_first")),
        ("still refused", Some("ConfigMap/ns/front"))
    );
    assert_eq!(world.take_writes(), "delete front");
    assert_eq!(world.writes(), "create entry, delete leaves");
}

#[test]
fn who_hears_late_that_the_old_one_is_gone_is_asked_again() {
    let world = world("front=80");
    world.commit("entry=80");
    world.target.fail_next_write(&object_id("entry"), Error::new(ErrorKind::Denied, "it is taken"));
    assert!(world.pass().is_success());
    assert_eq!(world.take_writes(), "delete front, create entry");
}
