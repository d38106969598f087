//! Digests that are kept or shown are sealed by the key of the installation.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end by panicking")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use support::{World, object, object_id};
use windlass_core::{
    Approval, Context, Delta, Digest, ErrorKind, HookRun, Interest, Key, Look, ObjectId, Owned, Plan, Policy,
    Result, Saved, StateStore, Target as _, Timestamp, UnitId, Verdict, async_trait,
};
use windlass_engine::{Engine, ObjectStatus};
use windlass_testkit::{MemoryStore, key, unit};

const OBJECTS: &str = "h=1 hook:before; m=1; t=1 transient; k=1";

/// Digests as an earlier release made them: of each object that is wanted, and of all of them for hooks.
fn plain(objects: &str) -> (BTreeMap<ObjectId, Digest>, Digest) {
    let wanted = objects.split("; ").map(|line| line.split_whitespace().next().unwrap());
    let wanted = wanted.map(|first| first.split_once('=').unwrap());
    let digests: BTreeMap<ObjectId, Digest> =
        wanted.map(|(name, content)| (object_id(name), object(name, content).digest())).collect();
    let mut lines: Vec<String> = digests.iter().map(|(id, digest)| format!("{id} {digest}")).collect();
    lines.sort();
    (digests.clone(), Digest::of_parts(lines.iter().map(String::as_bytes)))
}

fn stamps(world: &World) -> BTreeMap<ObjectId, Digest> {
    let objects = world.target.ids().into_iter().map(|id| (id, Look::new("v1"))).collect();
    let interest = Interest { unit: unit("web"), objects };
    let observed = world.clock.block_on(world.target.observe(&world.cx, &interest)).unwrap();
    let stamps = observed.observations.iter().map(|(id, seen)| (id.clone(), seen.live().unwrap().stamp.0));
    stamps.collect()
}

/// A store as an earlier release left it when it had made the world what it is.
fn unsealed(world: &World, objects: &str) -> MemoryStore {
    let (store, (wanted, run), stamps) = (MemoryStore::new(), plain(objects), stamps(world));
    let saved = world.store.peek(&unit("web")).unwrap();
    let unseal = |(id, owned): (&ObjectId, &Owned)| {
        let stamp = Some(stamps.get(id).copied().unwrap_or_else(|| Digest::of(b"gone")));
        (id.clone(), Owned { wanted: wanted[id], stamp, ..owned.clone() })
    };
    let mut delta = Delta::default();
    delta.put = saved.inventory.objects.iter().map(unseal).collect();
    delta.hooks = saved.hooks.iter().map(|(id, ran)| (id.clone(), HookRun { run, ..ran.clone() })).collect();
    let mut history = saved.history;
    history.iter_mut().for_each(|record| record.plan = old());
    delta.history = Some(history);
    save(world, &store, None, &delta);
    store
}

fn old() -> Digest {
    Digest::of(b"an old plan")
}

fn save(world: &World, store: &MemoryStore, at: Option<&Saved>, delta: &Delta) {
    let at = at.map(|saved| &saved.version);
    world.clock.block_on(store.save(&world.cx, &unit("web"), at, delta)).unwrap();
    let _ = store.take_saves();
}

/// Another process on the same target and this store.
fn on(world: &World, store: &MemoryStore) -> Engine {
    world.engine.clone().with_store(Arc::new(store.clone()))
}

#[test]
fn what_an_earlier_release_saved_is_sealed_by_one_save_and_no_object_is_written() {
    for predicts in [false, true] {
        let world = if predicts { World::predicting(OBJECTS) } else { World::new(OBJECTS) };
        world.pass();
        world.target.remove(&object_id("t"));
        let store = unsealed(&world, OBJECTS);
        let _ = (world.target.take_writes(), world.target.take_requests());
        let engine = on(&world, &store);
        assert!(world.pass_of(&engine).is_success());
        assert_eq!(world.take_writes(), "", "what is as it was is not written, nor run, nor made again");
        assert_eq!(store.take_saves(), ["save web +4 hooks"]);
        assert!(!world.target.take_requests().iter().any(|request| request.starts_with("predict")));
        let (before, after) = (world.store.peek(&unit("web")).unwrap(), store.peek(&unit("web")).unwrap());
        let gone = key().seal(Digest::of(b"gone"));
        let mut expected = before.inventory.clone();
        expected.objects.get_mut(&object_id("t")).unwrap().stamp = Some(gone);
        assert_eq!(after.inventory, expected);
        assert_eq!((after.hooks, after.sealed_by), (before.hooks, Some(key().name())));
        assert_eq!(after.history[0].plan, key().seal(old()));
        for engine in [engine, on(&world, &store)] {
            world.pass_of(&engine);
            assert_eq!((world.take_writes().as_str(), store.take_saves()), ("", vec![]));
        }
    }
}

#[test]
fn a_status_of_what_an_earlier_release_saved_is_right_and_seals_nothing() {
    let world = World::new("a=1; b=1");
    world.pass();
    let store = unsealed(&world, "a=1; b=1");
    world.target.edit(&object_id("b"), |body| drop(body.as_map_mut().unwrap().insert("data", "other")));
    let status = world.clock.block_on(on(&world, &store).status(&world.cx)).unwrap();
    let told = status.objects.iter().map(|(id, status)| (&*id.name, status.clone()));
    let expected = [("a", ObjectStatus::InSync(None)), ("b", ObjectStatus::Drifted(None))];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert_eq!(store.saves(), Vec::<String>::new());
    assert_eq!(made(&world, &store), None, "a look makes no key");
}

fn made(world: &World, store: &MemoryStore) -> Option<Key> {
    let made = store.key(&world.cx, UnitId::DEFAULT_INSTALLATION, false);
    world.clock.block_on(made).unwrap()
}

#[test]
fn a_plan_makes_no_key_and_can_be_carried_out_by_the_one_that_is_made_then() {
    let world = World::new("a=1");
    let plan = world.clock.block_on(world.engine.plan(&world.cx)).unwrap();
    assert_eq!(made(&world, &world.store), None);
    let again = world.clock.block_on(world.engine.plan(&world.cx)).unwrap();
    assert_eq!(plan.digest, again.digest, "of one engine, what would happen has one digest");
    let report = world.clock.block_on(world.engine.apply(&world.cx, &plan)).unwrap();
    assert_eq!(World::outcomes(&report), "a: created");
    assert_eq!(report.plan, plan_by(&plan, &key()));
    let saved = world.store.peek(&unit("web")).unwrap();
    assert_eq!(saved.inventory.objects[&object_id("a")].wanted, key().seal(object("a", "1").digest()));
    assert_eq!(saved.history[0].plan, plan_by(&plan, &key()));
}

fn plan_by(plan: &Plan, key: &Key) -> Digest {
    plan.digest_by(key)
}

#[test]
fn what_would_be_deleted_can_be_deleted_though_a_key_was_lost() {
    let world = World::new("a=1");
    world.pass();
    let (saved, store) = (world.store.peek(&unit("web")).unwrap(), MemoryStore::new());
    let mut delta = Delta::default();
    (delta.put, delta.sealed_by) = (saved.inventory.objects, saved.sealed_by);
    save(&world, &store, None, &delta);
    let engine = on(&world, &store);
    let plan = world.clock.block_on(engine.plan_delete(&world.cx)).unwrap();
    let report = world.clock.block_on(engine.delete(&world.cx, &plan)).unwrap();
    assert_eq!(World::outcomes(&report), "a: deleted");
}

#[test]
fn a_lost_key_costs_one_look_and_one_save_and_no_write() {
    let world = World::new("a=1; b=1");
    world.pass();
    let (saved, store) = (world.store.peek(&unit("web")).unwrap(), MemoryStore::new());
    // Who came first has the first key, and the default installation another one than before.
    world.clock.block_on(store.key(&world.cx, "staging", true)).unwrap();
    let mut delta = Delta::default();
    (delta.put, delta.sealed_by) = (saved.inventory.objects.clone(), saved.sealed_by);
    delta.record = saved.history.last().cloned();
    save(&world, &store, None, &delta);
    let _ = world.target.take_writes();
    world.pass_of(&on(&world, &store));
    assert_eq!((world.take_writes().as_str(), store.take_saves()), ("", vec!["save web +2".to_owned()]));
    let after = store.peek(&unit("web")).unwrap();
    let other = made(&world, &store).unwrap();
    assert_eq!(after.sealed_by, Some(other.name()));
    let wanted = after.inventory.objects[&object_id("a")].wanted;
    assert_eq!(wanted, other.seal(object("a", "1").digest()), "two keys, two digests");
    assert_ne!(wanted, saved.inventory.objects[&object_id("a")].wanted);
    world.pass_of(&on(&world, &store));
    assert_eq!(store.take_saves(), Vec::<String>::new());
}

/// Holds every plan that writes.
#[derive(Debug)]
struct FourEyes;

#[async_trait]
impl Policy for FourEyes {
    async fn review(&self, _cx: &Context, plan: &Plan) -> Result<Verdict> {
        Ok(if plan.writes() == 0 { Verdict::Allow } else { Verdict::Hold("four eyes".into()) })
    }
}

#[test]
fn a_plan_that_was_shown_before_there_was_a_key_can_be_approved() {
    let world = World::with("a=1", |target| target, |engine| engine.with_policy(FourEyes));
    let plan = world.clock.block_on(world.engine.plan(&world.cx)).unwrap();
    let approval = Approval { plan: plan.digest, by: "ann".into(), at: Timestamp::from_unix(1) };
    let approve = world.engine.ask(&world.cx, |control| control.approvals.push(approval.clone()));
    world.clock.block_on(approve).unwrap();
    assert_eq!(World::outcomes(&world.pass()), "a: created");
}

#[test]
fn a_held_plan_has_one_digest_in_every_process() {
    let world = World::with("a=1", |target| target, |engine| engine.with_policy(FourEyes));
    let held = |engine: &Engine| {
        let error = world.clock.block_on(engine.reconcile(&world.cx)).unwrap_err();
        error.context("plan").unwrap().to_owned()
    };
    assert_eq!(held(&world.engine), held(&on(&world, &world.store)));
}

#[test]
fn a_plan_that_was_made_before_there_was_a_key_is_carried_out_by_another_process_and_only_at_its_revision() {
    let world = World::new("a=1");
    let plan = world.clock.block_on(world.engine.plan(&world.cx)).unwrap();
    let installation = UnitId::DEFAULT_INSTALLATION;
    world.clock.block_on(world.store.key(&world.cx, installation, true)).unwrap();
    let other = on(&world, &world.store);
    world.commit("a=2");
    let mut forged = plan.clone();
    forged.revision = world.clock.block_on(other.plan(&world.cx)).unwrap().revision;
    let error = world.clock.block_on(other.apply(&world.cx, &forged)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let report = world.clock.block_on(other.apply(&world.cx, &plan)).unwrap();
    assert_eq!(World::outcomes(&report), "a: created");
}
