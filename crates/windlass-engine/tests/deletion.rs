//! Hooks around the deletion of a unit: when they run, what they decide, and where they come from.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end by panicking")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use support::{World, object, object_id};
use windlass_core::{
    Edge, Error, ErrorKind, Gate, Health, HealthStatus, Item, Node, OrderRule, Outcome, Result,
};
use windlass_engine::{Engine, Wait};
use windlass_testkit::unit;

fn applied(objects: &str) -> World {
    let world = World::new(objects);
    world.pass();
    world.take_writes();
    world
}

fn ill(world: &World, name: &str) {
    world.target.set_health(&object_id(name), Health::new(HealthStatus::Degraded, "exit 1"));
}

fn well(world: &World, name: &str) {
    world.target.set_health(&object_id(name), Health::healthy());
}

fn is_forgotten(world: &World) -> bool {
    world.store.peek(&unit("web")).is_none()
}

fn without_hooks(engine: &Engine) -> Engine {
    let mut options = engine.options().clone();
    options.deletion_hooks = false;
    engine.clone().with_options(options)
}

#[test]
fn hooks_run_before_and_after_the_objects_go_and_then_they_go_themselves() {
    let world = applied("b=1 hook:predelete; m=1; n=1 after:m; e=1 hook:postdelete");
    let report = world.delete();
    assert_eq!(world.take_writes(), "create b, delete n, delete m, create e, delete e, delete b", "{report}");
    assert_eq!(World::outcomes(&report), "b: created, n: deleted, m: deleted, e: created");
    assert!(report.is_success() && is_forgotten(&world), "{report}");
}

#[test]
fn hooks_run_in_the_order_of_their_weights_and_go_when_they_were_told_to() {
    let world = applied(
        "z=1 hook:predelete+-1+success; a=1 hook:predelete+5; m=1; y=1 hook:postdelete+-1; x=1 hook:postdelete+success",
    );
    world.delete();
    assert_eq!(
        world.take_writes(),
        "create z, create a, delete z, delete m, create y, create x, delete x, delete y, delete a"
    );
    assert!(is_forgotten(&world));
}

#[test]
fn an_ordinary_pass_keeps_them_out_of_the_target_and_a_second_one_saves_nothing() {
    let world = World::new("b=1 hook:predelete; m=1; e=1 hook:postdelete");
    assert_eq!(world.writes(), "create m");
    drop(world.store.take_saves());
    assert_eq!(world.writes(), "");
    assert_eq!(world.store.take_saves(), Vec::<String>::new());
    let saved = world.store.peek(&unit("web")).unwrap();
    let names: Vec<&str> = saved.deletion_hooks.keys().map(|id| &*id.name).collect();
    assert_eq!(names, ["b", "e"], "the state knows of them");
    world.commit("m=1");
    world.pass();
    assert!(world.store.peek(&unit("web")).unwrap().deletion_hooks.is_empty());
}

#[test]
fn a_hook_before_the_deletion_that_fails_keeps_the_whole_unit() {
    let world = applied("b=1 hook:predelete; m=1; e=1 hook:postdelete");
    ill(&world, "b");
    let report = world.delete();
    assert_eq!(world.take_writes(), "create b");
    assert_eq!(World::outcomes(&report), "b: failed, m: skipped, e: skipped");
    let error = report.error().unwrap();
    assert!(
        error.explain().contains("the hook failed") && error.explain().contains("without its hooks"),
        "{error}"
    );
    let why = report.objects.iter().find(|object| object.id == object_id("m")).unwrap();
    assert_eq!(why.outcome, Outcome::Skipped { why: "a hook failed".into() });
    assert_eq!(world.owned(), "b e m");
}

#[test]
fn a_failed_hook_runs_again_in_the_next_deletion_and_those_that_succeeded_do_not() {
    let world = applied("a=1 hook:predelete+-1; b=1 hook:predelete; m=1");
    ill(&world, "b");
    assert!(!world.delete().is_success());
    assert_eq!(world.take_writes(), "create a, create b");
    well(&world, "b");
    assert!(world.delete().is_success());
    assert_eq!(world.take_writes(), "change b, delete m, delete b, delete a");
    assert!(is_forgotten(&world));
}

#[test]
fn an_ordinary_pass_in_between_makes_it_another_deletion() {
    let world = applied("a=1 hook:predelete+-1; b=1 hook:predelete; m=1");
    ill(&world, "b");
    assert!(!world.delete().is_success());
    world.pass();
    well(&world, "b");
    world.take_writes();
    assert!(world.delete().is_success());
    assert_eq!(world.take_writes(), "change a, change b, delete m, delete b, delete a");
}

#[test]
fn a_hook_after_the_deletion_that_fails_keeps_the_unit_known_and_runs_again() {
    let world = applied("m=1; d=1 hook:postdelete+-1; e=1 hook:postdelete");
    ill(&world, "e");
    let report = world.delete();
    assert_eq!(World::outcomes(&report), "m: deleted, d: created, e: failed");
    assert_eq!(world.take_writes(), "delete m, create d, create e");
    assert!(!is_forgotten(&world));
    well(&world, "e");
    assert!(world.delete().is_success());
    assert_eq!(world.take_writes(), "change e, delete e, delete d");
    assert!(is_forgotten(&world));
}

#[test]
fn a_failed_hook_that_went_is_not_forgotten_with_the_last_object() {
    let world = applied("m=1; e=1 hook:postdelete+failed");
    ill(&world, "e");
    assert!(!world.delete().is_success());
    assert_eq!(world.take_writes(), "delete m, create e, delete e");
    assert!(!is_forgotten(&world), "a hook has not run");
    well(&world, "e");
    assert!(world.delete().is_success());
    assert_eq!(world.take_writes(), "create e, delete e");
    assert!(is_forgotten(&world));
}

#[test]
fn a_commit_mends_a_hook_that_has_failed() {
    let world = applied("b=1 hook:predelete; m=1");
    ill(&world, "b");
    assert!(!world.delete().is_success());
    well(&world, "b");
    world.commit("b=2 hook:predelete; m=1");
    world.delete();
    assert_eq!(world.take_writes(), "create b, change b, delete m, delete b");
}

#[test]
fn hooks_are_those_of_the_revision_that_was_carried_out_last() {
    let world = applied("b=1 hook:predelete; m=1");
    world.commit("nothing=1");
    world.delete();
    assert_eq!(world.take_writes(), "create b, delete m, delete b");
}

#[test]
fn where_the_source_has_lost_that_revision_hooks_come_from_what_it_is_at_and_that_is_said() {
    let world = applied("b=1 hook:predelete; m=1");
    world.commit("b=2 hook:predelete; m=1");
    let applied = world.store.peek(&unit("web")).unwrap().history[0].revision.clone().unwrap();
    world.source.forget(&applied);
    let plan = world.clock.block_on(world.engine.plan_delete(&world.cx)).unwrap();
    assert!(
        plan.warnings[0].message.contains("are others than when the unit was applied: ConfigMap/ns/b"),
        "{plan}"
    );
    world.delete();
    assert_eq!(world.target.get(&object_id("b")), None);
    assert!(is_forgotten(&world));
}

#[test]
fn a_source_that_cannot_be_reached_is_one_error_that_names_the_way_out_and_nothing_is_deleted() {
    let world = applied("b=1 hook:predelete; m=1");
    world.source.go_down(Error::new(ErrorKind::Unavailable, "no answer"));
    let error = world.try_delete_with(&world.engine).unwrap_err();
    let text = error.explain();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    for part in
        ["cannot be rendered", "nothing was deleted", "ConfigMap/ns/b", "no answer", "without its hooks"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(world.take_writes(), "");
    assert!(world.try_delete_with(&without_hooks(&world.engine)).unwrap().is_success());
    assert_eq!(world.take_writes(), "delete m");
    assert!(is_forgotten(&world));
}

#[test]
fn a_source_that_never_answers_does_not_hold_the_deletion_for_ever() {
    let world = applied("b=1 hook:predelete; m=1");
    world.source.hang();
    let error = world.try_delete_with(&world.engine).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(world.elapsed() < Duration::from_secs(3600), "{:?}", world.elapsed());
    assert_eq!(world.take_writes(), "");
}

#[test]
fn a_unit_without_such_hooks_is_deleted_without_its_source() {
    let world = applied("h=1 hook:before; m=1");
    world.source.go_down(Error::new(ErrorKind::Unavailable, "no answer"));
    assert!(world.delete().is_success());
    assert_eq!(world.take_writes(), "delete m, delete h");
}

#[test]
fn without_hooks_what_they_left_goes_too() {
    let world = applied("b=1 hook:predelete; m=1");
    ill(&world, "b");
    assert!(!world.delete().is_success());
    world.take_writes();
    assert!(world.try_delete_with(&without_hooks(&world.engine)).unwrap().is_success());
    assert_eq!(world.take_writes(), "delete b, delete m");
    assert!(is_forgotten(&world));
}

#[test]
fn an_object_may_be_a_hook_of_an_apply_and_one_of_the_deletion() {
    let world = World::new("h=1 hook:before also:predelete; m=1");
    assert_eq!(world.writes(), "create h, create m");
    world.delete();
    assert_eq!(world.take_writes(), "change h, delete m, delete h");
    assert!(is_forgotten(&world));
}

#[test]
fn a_hook_after_the_deletion_waits_until_all_else_has_gone() {
    let world = applied("m=1; e=1 hook:postdelete");
    world.target.hold_deletes(&object_id("m"));
    let report = world.delete();
    assert_eq!(World::outcomes(&report), "m: failed, e: skipped");
    assert_eq!(world.take_writes(), "deleting m");
    world.target.release(&object_id("m"));
    world.delete();
    assert_eq!(world.take_writes(), "create e, delete e");
    assert!(is_forgotten(&world));
}

#[test]
fn where_nobody_waits_for_what_goes_the_next_deletion_runs_the_hooks_after_it() {
    let quick = |engine: Engine| engine.with_wait(Wait::default().nothing_else());
    let world = World::with("m=1; e=1 hook:postdelete", |target| target, quick);
    world.pass();
    world.take_writes();
    world.target.hold_deletes(&object_id("m"));
    let report = world.delete();
    assert_eq!(World::outcomes(&report), "m: deleting, e: kept");
    world.target.release(&object_id("m"));
    world.delete();
    assert_eq!(world.take_writes(), "deleting m, create e, delete e");
}

/// Objects need what is named `space`.
#[derive(Debug)]
struct Space;

impl OrderRule for Space {
    fn edges(&self, items: &[Item]) -> Result<Vec<Edge>> {
        let space = object_id("space");
        let is_there = items.iter().any(|item| *item.id() == space);
        let others = items.iter().filter(|item| is_there && *item.id() != space);
        let node = |id: &windlass_core::ObjectId| Node::Object(id.clone());
        Ok(others.map(|item| Edge::new(node(&space), node(item.id()), Gate::Healthy, "in it")).collect())
    }
}

#[test]
fn what_a_hook_after_the_deletion_needs_goes_after_it() {
    let ordered = |engine: Engine| engine.with_order(vec![Arc::new(Space)]);
    let world = World::with("space=1; m=1; e=1 hook:postdelete", |target| target, ordered);
    world.pass();
    world.take_writes();
    let plan = world.clock.block_on(world.engine.plan_delete(&world.cx)).unwrap();
    let order: Vec<String> =
        plan.actions.iter().map(|action| format!("{} {}", action.verb.name(), action.id.name)).collect();
    assert_eq!(order, ["delete m", "create e", "delete space"]);
    assert!(world.delete().is_success());
    assert_eq!(world.take_writes(), "delete m, create e, delete e, delete space");
    assert!(is_forgotten(&world));
}

#[test]
fn a_hook_that_takes_its_time_is_waited_for_and_not_begun_again() {
    let short =
        |engine: Engine| engine.with_wait(Wait::default().with_health_timeout(Duration::from_secs(5)));
    let world = World::with("b=1 hook:predelete; m=1", |target| target, short);
    world.pass();
    world.take_writes();
    world.target.set_health(&object_id("b"), Health::new(HealthStatus::Progressing, "running"));
    let report = world.delete();
    assert!(report.error().unwrap().to_string().contains("did not end in time"), "{report}");
    well(&world, "b");
    world.delete();
    assert_eq!(world.take_writes(), "create b, delete m, delete b");
}

#[test]
fn somebody_elses_object_is_not_taken_for_a_hook() {
    let world = applied("b=1 hook:predelete; m=1");
    let other = windlass_core::Owner::of(&unit("other"));
    world.target.put_foreign(object("b", "0"), Some(other));
    let report = world.delete();
    assert_eq!(World::outcomes(&report), "b: failed, m: kept", "{report}");
    assert_eq!(world.take_writes(), "");
}

/// Counts how often each hook began, by what was written to it.
fn runs(writes: &str, name: &str) -> usize {
    writes.matches(&format!("create {name}")).count() + writes.matches(&format!("change {name}")).count()
}

#[test]
fn killed_at_any_moment_the_deletion_goes_on_and_no_hook_runs_twice() {
    let objects = "a=1 hook:predelete+-1+success; b=1 hook:predelete; m=1; n=1 after:m; d=1 hook:postdelete+-1+success; e=1 hook:postdelete";
    let mut ended = 0;
    for polls in 1..160 {
        let slow = |target: windlass_testkit::MemoryTarget| target.with_latency(Duration::from_millis(250));
        let world = World::with(objects, slow, |engine| engine);
        world.pass();
        world.take_writes();
        for hook in ["b", "e"] {
            world.target.healthy_after(&object_id(hook), Duration::from_millis(600));
        }
        let engine = world.another_engine();
        let whole = world.kill_after(polls, async {
            let plan = engine.plan_delete(&world.cx).await.unwrap();
            engine.delete(&world.cx, &plan).await.unwrap()
        });
        ended += usize::from(whole);
        if !is_forgotten(&world) {
            let report = world.try_delete_with(&world.another_engine()).unwrap();
            assert!(report.is_success(), "killed after {polls} polls: {report}");
        }
        let writes = world.take_writes();
        for hook in ["a", "b", "d", "e"] {
            assert_eq!(runs(&writes, hook), 1, "killed after {polls} polls, {hook}: {writes}");
            assert!(
                world.target.get(&object_id(hook)).is_none(),
                "killed after {polls} polls: {hook} is left"
            );
        }
        assert!(
            world.target.get(&object_id("m")).is_none() && is_forgotten(&world),
            "killed after {polls} polls"
        );
        let at = |what: &str| writes.find(what).unwrap();
        assert!(at("create b") < at("delete n") && at("delete m") < at("create d"), "{polls}: {writes}");
    }
    assert!(ended > 0, "more polls: none has ended by itself");
}
