//! What is deleted, and what stays though it was to be.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end by panicking")]

mod support;

use std::time::Duration;

use support::{World, object, object_id};
use windlass_core::{
    Context, Delta, Dialect, Directives, Error, ErrorKind, Object, Owner, Plan, Policy, Purpose, Result,
    StateStore, Value, Verdict, async_trait,
};
use windlass_engine::MaxPrune;
use windlass_testkit::{MemoryStore, MemoryTarget, unit};

/// Reads `metadata.annotations.keep`.
#[derive(Debug)]
struct Keep;

impl Dialect for Keep {
    fn read(&self, object: &Object, into: &mut Directives) -> Result<()> {
        match object.annotation("keep") {
            None => {}
            Some("yes") => into.keep = true,
            Some("apart") => return Err(Error::new(ErrorKind::Unsupported, "not to be applied")),
            Some("alone") => {
                into.keep = true;
                return Err(Error::new(ErrorKind::Unsupported, "not to be applied"));
            }
            Some("apart, odd") => {
                let problems =
                    [(ErrorKind::Unsupported, "not to be applied"), (ErrorKind::Invalid, "not yes")];
                return Error::all(problems.map(|(kind, what)| Error::new(kind, what))).map_or(Ok(()), Err);
            }
            Some(other) => return Err(Error::new(ErrorKind::Invalid, "not yes").with("value", other)),
        }
        Ok(())
    }
}

fn annotate(target: &MemoryTarget, name: &str, value: &str) {
    target.edit(&object_id(name), |body| {
        let annotations = Value::from_iter([("keep", value.into())]);
        let metadata = body.as_map_mut().unwrap().get_mut("metadata").unwrap();
        metadata.as_map_mut().unwrap().insert("annotations", annotations);
    });
}

/// A unit that wants `x` no more, and waits a minute for `g` before it may delete.
fn slow() -> World {
    let world = World::with("x=1; g=1; h=1 after:g", |target| target.with_dialect(Keep), |engine| engine);
    world.pass();
    world.take_writes();
    world.target.healthy_after(&object_id("g"), Duration::from_secs(60));
    world.commit("g=2; h=2 after:g");
    world
}

#[track_caller]
fn check_kept(why: &str, owned: &str, meanwhile: impl Fn(&MemoryTarget) + Send + Sync + 'static) {
    let world = slow();
    let report = world.pass_of(&world.when_written("g", meanwhile));
    assert_eq!(world.take_writes(), "change g, change h", "x must stay");
    assert!(report.to_string().contains(&format!("kept      ConfigMap/ns/x  {why}")), "{report}");
    assert_eq!(world.owned(), owned);
    assert!(report.is_success(), "{report}");
}

#[test]
fn what_another_takes_over_while_the_pass_waits_is_not_deleted() {
    check_kept("other owns it now", "g h", |target| {
        target.set_owner(&object_id("x"), Some(Owner::named("other")));
    });
}

#[test]
fn what_loses_its_mark_while_the_pass_waits_is_not_deleted() {
    check_kept("it does not name this unit as its owner any more", "g h", |target| {
        target.set_owner(&object_id("x"), None);
    });
}

#[test]
fn what_is_made_anew_while_the_pass_waits_is_not_deleted() {
    check_kept("it was made anew since the plan was made", "g h x", |target| {
        target.put_foreign(object("x", "2"), Some(Owner::of(&unit("web"))));
    });
}

#[test]
fn what_asks_to_be_kept_while_the_pass_waits_is_not_deleted() {
    check_kept("it asks to be kept", "g h", |target| annotate(target, "x", "yes"));
}

#[test]
fn what_goes_by_itself_while_the_pass_waits_is_deleted() {
    let world = slow();
    let report = world.pass_of(&world.when_written("g", |target| assert!(target.remove(&object_id("x")))));
    assert_eq!(World::outcomes(&report), "g: changed, h: changed, x: deleted");
    assert_eq!(world.owned(), "g h");
}

#[test]
fn an_annotation_on_the_live_object_keeps_it() {
    for (value, owned) in [("yes", "b"), ("certainly", "a b"), ("alone", "b"), ("apart, odd", "a b")] {
        let world = World::with("a=1; b=1", |target| target.with_dialect(Keep), |engine| engine);
        world.pass();
        world.take_writes();
        annotate(&world.target, "a", value);
        world.commit("b=1");
        assert_eq!(world.writes(), "", "{value}: an annotation that cannot be read keeps as well");
        assert_eq!(world.owned(), owned);
    }
}

#[test]
fn what_is_only_not_to_be_applied_is_deleted() {
    let world = World::with("a=1; b=1", |target| target.with_dialect(Keep), |engine| engine);
    world.pass();
    world.take_writes();
    annotate(&world.target, "a", "apart");
    world.commit("b=1");
    assert_eq!(world.writes(), "delete a");
    assert_eq!(world.owned(), "b");
}

#[test]
fn deleting_the_unit_leaves_what_the_live_object_asks_to_keep() {
    let world = World::with("a=1; b=1", |target| target.with_dialect(Keep), |engine| engine);
    world.pass();
    world.take_writes();
    annotate(&world.target, "a", "yes");
    let plan = world.clock.block_on(world.engine.plan_delete(&world.cx)).unwrap();
    assert!(world.clock.block_on(world.engine.delete(&world.cx, &plan)).unwrap().is_success());
    assert_eq!(world.take_writes(), "delete b");
    assert_eq!(world.store.peek(&unit("web")), None);
}

/// Saves something of its own while the plan is reviewed.
#[derive(Debug)]
struct OtherProcess(MemoryStore);

#[async_trait]
impl Policy for OtherProcess {
    async fn review(&self, cx: &Context, plan: &Plan) -> Result<Verdict> {
        let saved = self.0.peek(&plan.unit).unwrap();
        self.0.save(cx, &plan.unit, Some(&saved.version), &Delta::default()).await?;
        Ok(Verdict::Allow)
    }
}

#[test]
fn nothing_is_deleted_by_a_process_that_another_has_overtaken() {
    let world = World::new("a=1; b=1");
    world.pass();
    world.take_writes();
    world.commit("a=1");
    let engine = world.engine.clone().with_policy(OtherProcess(world.store.clone()));
    let error = world.clock.block_on(engine.reconcile(&world.cx)).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Conflict, "the state could not be saved"));
    assert_eq!(world.take_writes(), "");
}

#[test]
fn a_delete_that_may_succeed_later_is_tried_again() {
    for error in [
        Error::new(ErrorKind::Unavailable, "no answer"),
        Error::new(ErrorKind::Timeout, "cut off").maybe_written(),
    ] {
        let world = World::new("a=1; b=1");
        world.pass();
        world.take_writes();
        world.commit("a=1");
        world.target.fail_next_write(&object_id("b"), error);
        assert_eq!(World::outcomes(&world.pass()), "a: unchanged, b: deleted");
    }
}

#[test]
fn a_delete_is_tried_again_only_while_the_object_is_ours() {
    let world = World::new("a=1; b=1");
    world.pass();
    world.take_writes();
    world.commit("a=1");
    let target = world.target.clone();
    world.target.fail_next_write(&object_id("b"), Error::new(ErrorKind::Unavailable, "no answer"));
    let (clock, cx, engine) = (world.clock.clone(), world.cx.clone(), world.engine.clone());
    let meanwhile = async {
        cx.sleep(Duration::from_millis(1)).await.unwrap();
        target.set_owner(&object_id("b"), None);
    };
    let (report, ()) = clock.block_on(futures_util::future::join(engine.reconcile(&cx), meanwhile));
    assert_eq!(World::outcomes(&report.unwrap()), "a: unchanged, b: kept");
    assert_eq!(world.take_writes(), "");
}

#[test]
fn a_look_before_a_delete_that_fails_for_ever_fails_the_delete() {
    let world = World::new("a=1; b=1");
    world.pass();
    world.commit("a=2; b=1");
    world.commit("a=2");
    let engine = world.when_written("a", |target| {
        target.fail_look(&object_id("b"), Error::new(ErrorKind::Unavailable, "no answer"));
    });
    let report = world.pass_of(&engine);
    assert_eq!(World::outcomes(&report), "a: changed, b: failed");
    assert_eq!(world.owned(), "a b");
}

#[test]
fn a_delete_that_something_holds_is_a_failure_that_names_the_object() {
    let world = World::new("a=1; b=1");
    world.pass();
    world.take_writes();
    world.target.hold_deletes(&object_id("b"));
    world.commit("a=1");
    let report = world.pass();
    assert!(!report.is_success());
    let error = report.error().unwrap();
    assert_eq!((error.kind(), error.context("object")), (ErrorKind::Timeout, Some("ConfigMap/ns/b")));
    assert!(
        error.explain().contains("something holds it") && error.explain().contains("finalizer"),
        "{error}"
    );
    assert_eq!(world.owned(), "a b");
    drop(world.store.take_saves());
    world.pass();
    assert!(!world.store.take_saves().concat().contains("record"), "the same again is not remembered again");
    world.target.release(&object_id("b"));
    assert!(world.pass().is_success());
    assert_eq!(world.owned(), "a");
}

#[test]
fn a_plan_to_delete_the_unit_says_so_and_passes_the_guard_of_shares() {
    let world = World::with("a=1; b=1", |target| target, |engine| engine.with_policy(MaxPrune::percent(100)));
    world.pass();
    let engine = world.engine.clone().with_policy(MaxPrune::percent(1));
    assert_eq!(world.clock.block_on(engine.plan(&world.cx)).unwrap().purpose, Purpose::Apply);
    let plan = world.clock.block_on(engine.plan_delete(&world.cx)).unwrap();
    assert_eq!(plan.purpose, Purpose::Delete);
    assert!(world.clock.block_on(engine.delete(&world.cx, &plan)).unwrap().is_success());
    assert_eq!(world.store.peek(&unit("web")), None);
}
