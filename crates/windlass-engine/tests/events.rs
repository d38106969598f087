//! What is told while it happens: each outcome once, and what went wrong.

mod support;

use support::{World, object, object_id};
use windlass_core::{Context, Error, ErrorKind, Owner, Plan, Policy, Result, Verdict, async_trait};
use windlass_engine::Prune;

#[track_caller]
fn check(world: &World, expected: &[&str]) {
    let quiet = ["pass started", "source is at", "objects rendered", " writes", "state saved"];
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
    assert_eq!((count("drifted a"), count(" writes"), count("pass started")), (1, 1, 1), "{told:?}");
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
        world.try_pass().unwrap_err();
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
