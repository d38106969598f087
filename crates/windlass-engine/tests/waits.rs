//! What health is waited for, and by whom it is said.

#![allow(clippy::unwrap_used, reason = "a test may end by panicking")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use support::{World, object_id};
use windlass_core::{
    Children, Edge, Event, Gate, Health, HealthCheck, HealthStatus, Item, Node, Object, OrderRule, Report,
    Result, UnitId,
};
use windlass_engine::{Fleet, Wait};
use windlass_testkit::unit;

/// Knows by its content how an object is.
#[derive(Debug)]
struct ByContent;

impl HealthCheck for ByContent {
    fn assess(&self, live: &Object, _around: &dyn Children) -> Option<Health> {
        match live.body().text_at(&["data", "content"]) {
            Some("slow") => Some(Health::new(HealthStatus::Progressing, "slow")),
            Some("broken") => Some(Health::new(HealthStatus::Degraded, "broken")),
            _ => None,
        }
    }
}

fn progressing() -> Health {
    Health::new(HealthStatus::Progressing, "not yet")
}

#[test]
fn the_checks_of_a_target_gate_also_where_it_gives_no_body() {
    for predicts in [false, true] {
        let world = World::with(
            "a=slow within:5; b=1 after:a; c=1",
            |target| {
                let target = target.with_health(ByContent);
                if predicts { target.with_predict() } else { target }
            },
            |engine| engine,
        );
        let report = world.pass();
        assert_eq!(World::outcomes(&report), "a: created, c: created, b: skipped");
        assert!(
            report.to_string().contains("waits for ConfigMap/ns/a, which is progressing: slow"),
            "{report}"
        );
        let again = world.pass();
        assert_eq!(
            World::outcomes(&again),
            "a: unchanged, c: unchanged, b: skipped",
            "its body is not sent now"
        );
        world.commit("a=1; b=1 after:a; c=1");
        assert!(world.pass().is_success());
    }
}

#[test]
fn the_checks_of_a_target_end_a_wait_by_what_they_see_then() {
    let world = World::with("a=slow; b=1 after:a", |target| target.with_health(ByContent), |engine| engine);
    let engine = world.when_written("a", |target| {
        target.edit(&object_id("a"), |body| {
            let data = windlass_core::Value::from_iter([("content", "broken".into())]);
            body.as_map_mut().unwrap().insert("data", data);
        });
    });
    assert_eq!(World::outcomes(&world.pass_of(&engine)), "a: created, b: skipped");
    assert!(world.elapsed() < Duration::from_secs(1), "what is degraded is not waited for");
}

#[test]
fn checks_given_to_the_engine_replace_those_of_the_target() {
    let world = World::with(
        "a=slow within:5; b=1 after:a",
        |target| target,
        |engine| engine.with_health(vec![Arc::new(ByContent)]),
    );
    world.target.set_health(&object_id("a"), Health::healthy());
    assert_eq!(World::outcomes(&world.pass()), "a: created, b: skipped");
    assert_eq!(World::outcomes(&world.pass()), "a: unchanged, b: skipped");
}

#[test]
fn where_no_check_has_an_answer_the_word_of_the_target_stands() {
    let checks: Vec<Arc<dyn HealthCheck>> = vec![Arc::new(ByContent)];
    let world = World::with("a=1 within:5; b=1 after:a", |t| t, |engine| engine.with_health(checks));
    world.target.set_health(&object_id("a"), progressing());
    assert_eq!(World::outcomes(&world.pass()), "a: created, b: skipped");
}

/// `a` enters a barrier by one gate, and `z` leaves it by another.
#[derive(Debug)]
struct Barrier {
    enter: Gate,
    leave: Gate,
}

impl OrderRule for Barrier {
    fn edges(&self, items: &[Item]) -> Result<Vec<Edge>> {
        let barrier = |name: &str| Node::Barrier(name.into());
        let edges = items.iter().map(|item| {
            let node = Node::Object(item.id().clone());
            match &*item.id().name {
                "z" => Edge::new(barrier("second"), node, self.leave, "test"),
                _ => Edge::new(node, barrier("first"), self.enter, "test").weak(),
            }
        });
        Ok(edges.chain([Edge::new(barrier("first"), barrier("second"), Gate::Applied, "test")]).collect())
    }
}

fn barrier(enter: Gate, leave: Gate) -> World {
    let world = World::with(
        "a=1; z=1",
        |target| target.with_order(Barrier { enter, leave }),
        |engine| engine.with_wait(Wait::only_gates().with_health_timeout(Duration::from_secs(9))),
    );
    world.target.set_health(&object_id("a"), progressing());
    world
}

#[test]
fn a_barrier_of_what_is_applied_makes_no_gate_of_health() {
    let world = barrier(Gate::Applied, Gate::Applied);
    assert_eq!(World::outcomes(&world.pass()), "a: created, z: created");
    assert_eq!(world.elapsed(), Duration::ZERO, "nothing waits for the health of a");
}

#[test]
fn a_barrier_waits_for_health_where_it_is_entered_or_left_by_it() {
    for (enter, leave) in [(Gate::Healthy, Gate::Applied), (Gate::Applied, Gate::Healthy)] {
        let world = barrier(enter, leave);
        world.target.healthy_after(&object_id("a"), Duration::from_secs(3));
        assert_eq!(world.writes(), "create a, create z");
        assert!(world.elapsed() >= Duration::from_secs(3), "{enter:?} {leave:?}");
    }
}

#[test]
fn a_pass_is_remembered_as_good_only_if_all_became_as_healthy_as_was_waited_for() {
    let world = World::new("a=1 within:5; b=1");
    let last = || world.store.peek(&unit("web")).unwrap().history.last().cloned().unwrap();
    world.target.set_health(&object_id("a"), progressing());
    assert!(world.pass().is_success(), "not to be healthy is no failed write");
    assert!(!last().good);
    world.target.set_health(&object_id("a"), Health::healthy());
    world.pass();
    assert!(last().good, "this is a revision to go back to");
    drop(world.store.take_saves());
    world.pass();
    assert_eq!(world.store.take_saves(), [""; 0]);
}

/// Runs a unit that commits another revision after a minute, until that is written.
fn overtaken(objects: &str, then: &str) -> (World, Vec<String>) {
    let world = World::new(objects);
    world.target.set_health(&object_id("a"), progressing());
    let (cancel, target) = (world.cx.cancel().clone(), world.target.clone());
    let engine = world.engine.clone().with_interval(Duration::from_secs(20)).with_events(move |_: &Event| {
        if target.writes().contains(&"change ConfigMap/ns/a".to_owned()) {
            cancel.cancel();
        }
    });
    let commits = async {
        world.cx.sleep(Duration::from_secs(60)).await.unwrap();
        world.commit(then);
    };
    let mut reports = Vec::new();
    let mut see = |_: &UnitId, result: &Result<Report>| reports.push(result.as_ref().unwrap().to_string());
    let fleet = Fleet::of([engine]).unwrap();
    let both = futures_util::future::join(fleet.run_seeing(&world.cx, &mut see), commits);
    world.clock.block_on(both).0.unwrap();
    (world, reports)
}

#[test]
fn run_takes_the_next_revision_while_something_is_not_healthy() {
    let (world, _) = overtaken("a=1; b=1", "a=2 within:5; b=1");
    assert!(world.elapsed() < Duration::from_secs(100), "{:?}: a may take five minutes", world.elapsed());
    assert_eq!(world.take_writes(), "create a, create b, change a");
}

#[test]
fn run_ends_a_gate_of_health_when_the_source_has_moved_on() {
    let (world, reports) = overtaken("a=1; b=1 after:a", "a=2 within:5; c=1");
    assert!(world.elapsed() < Duration::from_secs(100), "{:?}: a may take five minutes", world.elapsed());
    assert!(
        reports[0].contains("skipped   ConfigMap/ns/b  something else is to be done first"),
        "{}",
        reports[0]
    );
    assert!(world.take_writes().starts_with("create a, change a"));
}

#[test]
fn a_single_pass_waits_for_health_whatever_the_source_says() {
    let world = World::new("a=1 within:90");
    world.target.set_health(&object_id("a"), progressing());
    let engine = world.engine.clone().with_interval(Duration::from_secs(10));
    let commits = async {
        world.cx.sleep(Duration::from_secs(5)).await.unwrap();
        world.commit("a=2");
    };
    world.clock.block_on(futures_util::future::join(engine.reconcile(&world.cx), commits)).0.unwrap();
    assert!(world.elapsed() >= Duration::from_secs(90));
}
