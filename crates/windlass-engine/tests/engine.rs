//! The whole loop, in memory and on virtual time.

mod support;

use std::time::Duration;

use support::{World, object, object_id};
use windlass_core::{Error, ErrorKind, Health, HealthStatus, Outcome, Owner};
use windlass_engine::{Adoption, Prune, Wait};
use windlass_testkit::unit;

fn down() -> Error {
    Error::new(ErrorKind::Unavailable, "no answer")
}

#[test]
fn a_first_pass_creates_what_is_wanted() {
    let world = World::new("a=1; b=2");
    assert_eq!(world.writes(), "create a, create b");
    assert_eq!(world.owned(), "a b");
}

#[test]
fn a_second_pass_writes_nothing_to_target_or_store() {
    for world in [World::new("a=1; b=2 after:a"), World::predicting("a=1; b=2 after:a")] {
        world.pass();
        drop(world.target.take_writes());
        drop(world.target.take_requests());
        drop(world.store.take_saves());
        assert!(world.pass().is_success());
        assert_eq!(world.target.take_writes(), [""; 0]);
        assert_eq!(world.store.take_saves(), [""; 0]);
        let requests = world.target.take_requests();
        assert!(requests.iter().all(|request| !request.starts_with("predict")), "{requests:?}");
    }
}

#[test]
fn an_edit_by_somebody_else_is_repaired_and_told() {
    let world = World::new("a=1");
    world.pass();
    world.take_writes();
    world.target.edit(&object_id("a"), |body| {
        body.as_map_mut()
            .unwrap()
            .insert("data", windlass_core::Value::from_iter([("content", "hacked".into())]));
    });
    drop(world.events.take());
    assert_eq!(world.writes(), "change a");
    assert!(
        world.events.lines().iter().any(|line| line.contains("drifted ConfigMap/ns/a")),
        "{:?}",
        world.events.lines()
    );
    assert_eq!(world.target.get(&object_id("a")).unwrap(), object("a", "1"));
}

#[test]
fn a_delete_by_somebody_else_is_repaired() {
    let world = World::new("a=1; b=1");
    world.pass();
    world.take_writes();
    world.target.remove(&object_id("a"));
    assert_eq!(world.writes(), "create a");
}

#[test]
fn what_is_not_wanted_any_more_is_pruned_and_forgotten() {
    let world = World::new("a=1; b=1");
    world.pass();
    world.take_writes();
    world.commit("a=1");
    assert_eq!(world.writes(), "delete b");
    assert_eq!(world.owned(), "a");
}

#[test]
fn pruning_goes_backwards_through_the_order() {
    let world = World::new("a=1 after:b; b=1 after:c; c=1; z=1");
    assert_eq!(world.writes(), "create c, create z, create b, create a");
    world.commit("z=1");
    assert_eq!(world.writes(), "delete a, delete b, delete c");
}

#[test]
fn a_lower_rank_waits_until_the_higher_is_gone() {
    let world = World::new("a=1; b=1 after:a; z=1");
    world.pass();
    world.take_writes();
    world.target.hold_deletes(&object_id("b"));
    world.commit("z=1");
    let report = world.pass();
    assert_eq!(World::outcomes(&report), "z: unchanged, b: failed, a: skipped");
    assert_eq!(world.owned(), "a b z", "what is not confirmed to be gone stays owned");
    world.target.release(&object_id("b"));
    world.pass();
    assert_eq!(world.owned(), "z");
}

#[test]
fn the_whole_intent_is_saved_before_the_first_write() {
    let world = World::new("a=1; b=1 after:a; c=1");
    world.store.fail_next_save(down());
    let error = world.try_pass().unwrap_err();
    assert_eq!(error.message(), "the state could not be saved");
    assert_eq!(world.take_writes(), "", "nothing may be written before the intent is saved");
}

#[test]
fn a_crash_after_the_intent_leaves_nothing_unowned() {
    let slow = |target: windlass_testkit::MemoryTarget| target.with_latency(Duration::from_secs(1));
    let world = World::with("a=1; b=1 after:a; c=1", slow, |engine| engine);
    let mut pass = Box::pin(world.engine.reconcile(&world.cx));
    for _ in 0..5 {
        assert!(windlass_testkit::block_on(windlass_testkit::poll_once(pass.as_mut())).is_none());
        world.clock.advance(Duration::from_millis(500));
        let owned = world.owned();
        for id in world.target.ids() {
            assert!(owned.contains(&*id.name), "{id} exists and is not in the inventory");
        }
    }
    drop(pass);
    assert!(!world.target.ids().is_empty(), "the crash must come after a write");
    assert!(world.pass().is_success());
    assert_eq!(world.target.ids().len(), 3);
}

#[test]
fn a_failed_write_holds_back_only_what_depends_on_it() {
    let world = World::new("a=1; b=1 after:a; c=1 after:b; d=1");
    world.target.fail_next_write(&object_id("a"), Error::new(ErrorKind::Invalid, "no such field"));
    let report = world.pass();
    assert_eq!(World::outcomes(&report), "a: failed, d: created, b: skipped, c: skipped");
}

#[test]
fn a_pass_in_which_anything_failed_prunes_nothing() {
    let world = World::new("a=1; b=1");
    world.pass();
    world.take_writes();
    world.commit("b=2; c=1");
    world.target.fail_next_write(&object_id("c"), Error::new(ErrorKind::Invalid, "no such field"));
    let report = world.pass();
    assert_eq!(World::outcomes(&report), "b: changed, c: failed, a: skipped");
    assert_eq!(world.owned(), "a b c");
}

#[test]
fn a_dependency_cycle_fails_only_its_members_and_what_depends_on_them() {
    let world = World::new("a=1 after:b; b=1 after:a; c=1 after:a; d=1");
    let report = world.pass();
    assert_eq!(World::outcomes(&report), "a: failed, b: failed, c: skipped, d: created");
    assert!(report.to_string().contains("the objects wait for one another"), "{report}");
}

#[test]
fn a_dependency_on_an_object_that_is_not_there_fails_the_object() {
    let world = World::new("a=1 after:nobody; b=1");
    let report = world.pass();
    assert_eq!(World::outcomes(&report), "a: failed, b: created");
    assert!(
        report
            .to_string()
            .contains("depends on an object that is not in this unit (dependency=ConfigMap/ns/nobody")
    );
}

#[test]
fn an_edge_waits_until_the_object_is_healthy() {
    let world = World::new("a=1; b=1 after:a");
    world.target.healthy_after(&object_id("a"), Duration::from_secs(30));
    let report = world.pass();
    assert_eq!(World::outcomes(&report), "a: created, b: created");
    assert!(
        world.clock.context().now().mono >= Duration::from_secs(30),
        "b was written before a was healthy"
    );
}

#[test]
fn what_never_becomes_healthy_is_waited_for_until_its_deadline() {
    let world = World::new("a=1 within:7; b=1 after:a; c=1");
    world.target.set_health(&object_id("a"), Health::new(HealthStatus::Progressing, "1 of 3 ready"));
    let report = world.pass();
    assert_eq!(World::outcomes(&report), "a: created, c: created, b: skipped");
    assert!(
        report.to_string().contains("waits for ConfigMap/ns/a, which is progressing: 1 of 3 ready"),
        "{report}"
    );
    let waited = world.clock.context().now().mono;
    assert!((Duration::from_secs(7)..Duration::from_secs(12)).contains(&waited), "waited {waited:?}");
}

#[test]
fn the_report_names_what_is_not_healthy_also_where_it_was_not_written() {
    let world = World::new("a=1 within:3; b=1");
    world.target.set_health(&object_id("a"), Health::new(HealthStatus::Progressing, "no address yet"));
    world.pass();
    let report = world.pass();
    assert_eq!(
        report.to_string(),
        "unchanged ConfigMap/ns/a  progressing: no address yet\nweb: 2 unchanged; 1 not healthy\n"
    );
    assert_eq!(report.unhealthy().count(), 1);
    assert!(report.is_success());
}

#[test]
fn what_is_degraded_is_not_waited_for() {
    let world = World::new("a=1; b=1 after:a");
    world.target.set_health(&object_id("a"), Health::new(HealthStatus::Degraded, "crash loop"));
    assert_eq!(World::outcomes(&world.pass()), "a: created, b: skipped");
    assert!(world.clock.context().now().mono < Duration::from_secs(1));
}

#[test]
fn an_object_without_dependents_does_not_hold_up_pruning() {
    let world = World::new("a=1; b=1");
    world.pass();
    world.take_writes();
    world.target.set_health(&object_id("a"), Health::new(HealthStatus::Progressing, "no address yet"));
    world.commit("a=2");
    assert_eq!(world.writes(), "change a, delete b");
}

#[test]
fn waves_wait_for_one_another() {
    let world = World::new("a=1 wave:2; b=1 wave:-1; c=1; d=1 wave:2");
    world.target.healthy_after(&object_id("c"), Duration::from_secs(3));
    assert_eq!(world.writes(), "create b, create c, create a, create d");
}

#[test]
fn what_an_earlier_wave_needs_goes_with_it() {
    let world = World::new("a=1 wave:-1 after:b; b=1 wave:3 after:c; c=1; d=1");
    assert_eq!(world.writes(), "create c, create b, create a, create d");
}

#[test]
fn an_empty_render_deletes_nothing_unless_it_may() {
    let world = World::new("a=1; b=1");
    world.pass();
    world.take_writes();
    world.commit("");
    let report = world.pass();
    assert_eq!(world.take_writes(), "");
    assert!(report.error().unwrap().to_string().contains("pruning would delete everything"));
    let engine = world.engine.clone().with_prune(Prune::default().allowing_empty());
    assert!(world.clock.block_on(engine.reconcile(&world.cx)).unwrap().is_success());
    assert_eq!(world.take_writes(), "delete a, delete b");
}

#[test]
fn pruning_too_large_a_share_is_refused() {
    let many: String = (0..20).map(|n| format!("o{n:02}=1; ")).collect();
    let world = World::new(&many);
    world.pass();
    world.take_writes();
    world.commit("o00=1; o01=1; o02=1");
    let report = world.pass();
    assert!(report.error().unwrap().to_string().contains("too large a share"));
    assert_eq!(world.take_writes(), "");
}

#[test]
fn a_broken_render_writes_and_prunes_nothing() {
    let world = World::new("a=1; b=1");
    world.pass();
    world.take_writes();
    world.commit("a=1; nonsense");
    let error = world.try_pass().unwrap_err();
    assert_eq!(error.message(), "not name=content");
    assert_eq!(world.take_writes(), "");
    assert_eq!(world.owned(), "a b");
}

#[test]
fn a_source_that_is_down_writes_and_prunes_nothing() {
    let world = World::new("a=1");
    world.pass();
    world.take_writes();
    world.source.go_down(down());
    assert_eq!(world.try_pass().unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!((world.take_writes(), world.owned()), (String::new(), "a".into()));
}

#[test]
fn what_nobody_owns_is_adopted_and_the_plan_says_so() {
    let world = World::new("a=1");
    world.target.put_foreign(object("a", "0"), None);
    assert!(world.plan_text().contains("adopts: nobody owned it"), "{}", world.plan_text());
    assert_eq!(world.writes(), "change a");
    assert_eq!(world.target.owner_of(&object_id("a")), Some(Owner::of(&unit("web"))));
}

#[test]
fn an_object_that_is_as_wanted_but_unowned_is_marked() {
    for world in [World::new("a=1"), World::predicting("a=1")] {
        world.target.put_foreign(object("a", "1"), None);
        world.pass();
        assert_eq!(world.target.owner_of(&object_id("a")), Some(Owner::of(&unit("web"))));
    }
}

#[test]
fn an_object_of_another_owner_is_a_conflict_and_stays() {
    let world = World::new("a=1; b=1");
    world.target.put_foreign(object("a", "0"), Some(Owner::named("other")));
    let report = world.pass();
    assert_eq!(World::outcomes(&report), "a: failed, b: created");
    assert_eq!(report.error().unwrap().kind(), ErrorKind::Conflict);
    assert_eq!(world.target.get(&object_id("a")).unwrap(), object("a", "0"));
}

#[test]
fn adoption_can_be_switched_off() {
    let world = World::with("a=1", |target| target, |engine| engine.with_adoption(Adoption::Never));
    world.target.put_foreign(object("a", "0"), None);
    assert_eq!(World::outcomes(&world.pass()), "a: failed");
}

#[test]
fn what_lost_its_mark_is_not_deleted() {
    let world = World::new("a=1; b=1; c=1");
    world.pass();
    world.take_writes();
    world.target.set_owner(&object_id("a"), None);
    world.target.set_owner(&object_id("b"), Some(Owner::named("other")));
    world.commit("c=1");
    assert_eq!(world.writes(), "");
    assert_eq!(world.owned(), "c");
}

#[test]
fn what_asked_to_be_kept_is_kept() {
    let world = World::new("a=1 keep; b=1");
    world.pass();
    world.take_writes();
    world.commit("b=1");
    assert_eq!(world.writes(), "");
    assert!(world.target.get(&object_id("a")).is_some());
}

#[test]
fn what_is_created_only_is_left_alone_afterwards() {
    let world = World::new("a=1 once");
    world.pass();
    world.take_writes();
    world.target.edit(&object_id("a"), |body| {
        body.as_map_mut().unwrap().insert("data", windlass_core::Value::Null);
    });
    assert_eq!(world.writes(), "");
}

#[test]
fn a_write_that_may_have_happened_stays_owned_and_is_looked_at_by_the_next_pass() {
    let world = World::new("a=1");
    world.target.lose_next_write(&object_id("a"), Error::new(ErrorKind::Denied, "cut off").maybe_written());
    assert_eq!(World::outcomes(&world.pass()), "a: failed");
    assert_eq!(world.owned(), "a", "it may exist, so it is owned");
    world.take_writes();
    assert!(world.pass().is_success());
    assert_eq!(world.take_writes(), "", "it was written the first time");
}

#[test]
fn a_write_that_may_succeed_later_is_tried_again() {
    let world = World::new("a=1");
    world.target.fail_next_write(&object_id("a"), down());
    assert_eq!(World::outcomes(&world.pass()), "a: created");
}

#[test]
fn what_cannot_be_looked_at_is_neither_written_nor_pruned() {
    let world = World::new("a=1; b=1");
    world.pass();
    world.take_writes();
    world.commit("a=2");
    world.target.fail_look(&object_id("a"), down());
    world.target.fail_look(&object_id("b"), down());
    let report = world.pass();
    assert_eq!(World::outcomes(&report), "a: failed, b: failed");
    assert_eq!(world.take_writes(), "");
}

#[test]
fn a_plan_is_applied_only_while_it_is_still_true() {
    let world = World::new("a=1");
    let plan = world.clock.block_on(world.engine.plan(&world.cx)).unwrap();
    assert_eq!(world.take_writes(), "", "planning writes nothing");
    world.target.put_foreign(object("a", "0"), None);
    let error = world.clock.block_on(world.engine.apply(&world.cx, &plan)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(world.take_writes(), "");
    world.target.remove(&object_id("a"));
    assert!(world.clock.block_on(world.engine.apply(&world.cx, &plan)).unwrap().is_success());
}

#[test]
fn a_plan_is_applied_at_its_revision_though_the_source_moved_on() {
    let world = World::new("a=1");
    let plan = world.clock.block_on(world.engine.plan(&world.cx)).unwrap();
    world.commit("a=2");
    world.clock.block_on(world.engine.apply(&world.cx, &plan)).unwrap();
    assert_eq!(world.target.get(&object_id("a")).unwrap(), object("a", "1"));
}

#[test]
fn a_policy_sees_the_plan_before_anything_is_written() {
    let world = World::new("a=1; b=1; c=1");
    world.pass();
    world.take_writes();
    world.commit("a=2");
    let engine = world.engine.clone().with_policy(windlass_engine::MaxPrune::percent(20));
    let error = world.clock.block_on(engine.reconcile(&world.cx)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(world.take_writes(), "");
}

#[test]
fn deleting_the_unit_removes_all_it_owns_and_forgets_it() {
    let world = World::new("a=1; b=1 after:a; c=1 keep");
    world.pass();
    world.take_writes();
    let plan = world.clock.block_on(world.engine.plan_delete(&world.cx)).unwrap();
    assert!(world.clock.block_on(world.engine.delete(&world.cx, &plan)).unwrap().is_success());
    assert_eq!(world.take_writes(), "delete b, delete a");
    assert_eq!(world.store.peek(&unit("web")), None);
}

#[test]
fn cancelling_saves_what_was_done() {
    let world = World::new("a=1; b=1 after:a");
    world.target.set_health(&object_id("a"), Health::new(HealthStatus::Progressing, "slow"));
    let cancel = world.cx.cancel().clone();
    let engine = world.engine.clone().with_events(move |event: &windlass_core::Event| {
        if matches!(&event.what, windlass_core::EventKind::Object { outcome: Outcome::Created, .. }) {
            cancel.cancel();
        }
    });
    let report = world.clock.block_on(engine.reconcile(&world.cx)).unwrap();
    assert_eq!(report.error().unwrap().kind(), ErrorKind::Cancelled);
    let saved = world.store.peek(&unit("web")).unwrap();
    assert!(
        saved.inventory.objects[&object_id("a")].stamp.is_some(),
        "what was written is confirmed in the inventory"
    );
}

#[test]
fn a_timeout_of_the_context_ends_the_pass() {
    let world = World::new("a=1; b=1 after:a");
    world.target.set_health(&object_id("a"), Health::new(HealthStatus::Progressing, "slow"));
    let cx = world.cx.clone().with_timeout(Duration::from_secs(10));
    let report = world.clock.block_on(world.engine.reconcile(&cx)).unwrap();
    assert!(!report.is_success());
    assert!(world.clock.context().now().mono < Duration::from_secs(20));
}

#[test]
fn run_passes_at_its_interval_and_repairs_drift() {
    let world = World::with("a=1", |target| target, |engine| engine.with_interval(Duration::from_secs(60)));
    let cancel = world.cx.cancel().clone();
    let target = world.target.clone();
    let passes = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let engine = world.engine.clone().with_events(move |event: &windlass_core::Event| {
        if let windlass_core::EventKind::Waiting { .. } = event.what {
            target.remove(&object_id("a"));
            if passes.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 3 {
                cancel.cancel();
            }
        }
    });
    world.clock.block_on(engine.run(&world.cx)).unwrap();
    assert_eq!(world.take_writes(), "create a, create a, create a, create a");
    let elapsed = world.clock.context().now().mono;
    assert!((Duration::from_secs(170)..Duration::from_secs(190)).contains(&elapsed), "{elapsed:?}");
}

#[test]
fn run_backs_off_while_a_source_is_down() {
    let world = World::with("a=1", |target| target, |engine| engine.with_interval(Duration::from_secs(60)));
    world.source.go_down(down());
    let cx = world.cx.clone();
    let (cancel, waits) = (cx.cancel().clone(), std::sync::Arc::new(std::sync::Mutex::new(Vec::new())));
    let seen = waits.clone();
    let engine = world.engine.clone().with_events(move |event: &windlass_core::Event| {
        if let windlass_core::EventKind::Waiting { wait } = event.what {
            seen.lock().unwrap().push(wait.as_secs_f64());
            if seen.lock().unwrap().len() == 8 {
                cancel.cancel();
            }
        }
    });
    world.clock.block_on(engine.run(&cx)).unwrap();
    let waits = waits.lock().unwrap().clone();
    for (wait, doubled) in waits.iter().zip([2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]) {
        assert!((doubled * 0.95..=(doubled * 1.05f64).min(60.0)).contains(wait), "{doubled}: {waits:?}");
    }
    assert!(waits.iter().any(|wait| wait.fract() != 0.0), "units must not all come back at once: {waits:?}");
}

#[test]
fn writes_stay_below_the_limit_of_writes_in_flight() {
    let many: String = (0..100).map(|n| format!("o{n:03}=1; ")).collect();
    let world = World::with(&many, |target| target.with_latency(Duration::from_secs(1)), |engine| engine);
    world.pass();
    assert_eq!(world.target.writes_in_flight_max(), world.cx.limits().writes_in_flight_max);
}

#[test]
fn waiting_for_health_can_be_left_to_gates() {
    let world = World::with("a=1; b=1", |target| target, |engine| engine.with_wait(Wait::only_gates()));
    world.target.set_health(&object_id("a"), Health::new(HealthStatus::Progressing, "slow"));
    assert!(world.pass().is_success());
    assert!(world.clock.context().now().mono < Duration::from_secs(1));
}

#[test]
fn status_says_what_drifted_and_what_is_missing() {
    let world = World::new("a=1; b=1; c=1");
    world.pass();
    world.target.remove(&object_id("a"));
    world.target.edit(&object_id("b"), |body| {
        body.as_map_mut().unwrap().insert("data", windlass_core::Value::Null);
    });
    let status = world.clock.block_on(world.engine.status(&world.cx)).unwrap();
    let text = status.to_string();
    assert!(
        text.contains("ConfigMap/ns/a  missing\nConfigMap/ns/b  drifted\nConfigMap/ns/c  in sync"),
        "{text}"
    );
}

#[test]
fn a_plan_names_each_field_and_why_it_differs() {
    let world = World::new("a=1; b=1; c=1; d=1");
    world.pass();
    world.target.edit(&object_id("a"), |body| {
        body.as_map_mut()
            .unwrap()
            .insert("data", windlass_core::Value::from_iter([("content", "hacked".into())]));
    });
    world.commit("a=1; b=2; c=1; e=1 after:c");
    insta::assert_snapshot!(world.plan_text(), @r#"
    web -> memory  main@sha256:4622e0668bd6
    ~ change  ConfigMap/ns/a  objects:1
        data.content: "hacked" -> "1"  (drifted)
    ~ change  ConfigMap/ns/b  objects:2
        data.content: "1" -> "2"
    + create  ConfigMap/ns/e  objects:4
    - delete  ConfigMap/ns/d
    1 create, 2 change, 1 delete, 1 unchanged
    "#);
}
