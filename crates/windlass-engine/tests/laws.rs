//! What holds whatever goes wrong: random wishes, failures, edits by others and crashes, on virtual time.

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use support::{World, object, object_id};
use windlass_core::{Error, ErrorKind, Health, HealthStatus, Owner, StateStore as _, UnitId};
use windlass_testkit::{block_on, poll_once, unit};

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// Something that happens between two passes, or to one.
#[derive(Debug, Clone)]
enum Event {
    /// A commit: each wanted object with its content and what it waits for.
    Commit(Vec<(usize, u8, Option<usize>)>),
    FailWrite(usize, ErrorKind),
    LoseWrite(usize),
    FailLook(usize),
    FailSave,
    LoseSave,
    FailObserve,
    Edit(usize),
    Remove(usize),
    Unhealthy(usize, HealthStatus),
    HoldDelete(usize),
    Foreign(usize),
    Pass,
    /// A pass that is dropped after so many polls.
    Crash(u8),
}

fn event() -> impl Strategy<Value = Event> {
    let name = 0..NAMES.len();
    let kinds = prop_oneof![
        Just(ErrorKind::Unavailable),
        Just(ErrorKind::Invalid),
        Just(ErrorKind::Conflict),
        Just(ErrorKind::Denied),
        Just(ErrorKind::Timeout),
    ];
    let health = prop_oneof![
        Just(HealthStatus::Progressing),
        Just(HealthStatus::Degraded),
        Just(HealthStatus::Healthy)
    ];
    let wish = (name.clone(), 0u8..3, prop::option::of(name.clone()));
    prop_oneof![
        3 => prop::collection::vec(wish, 0..6).prop_map(Event::Commit),
        1 => (name.clone(), kinds).prop_map(|(name, kind)| Event::FailWrite(name, kind)),
        1 => name.clone().prop_map(Event::LoseWrite),
        1 => name.clone().prop_map(Event::FailLook),
        1 => Just(Event::FailSave),
        1 => Just(Event::LoseSave),
        1 => Just(Event::FailObserve),
        1 => name.clone().prop_map(Event::Edit),
        1 => name.clone().prop_map(Event::Remove),
        1 => (name.clone(), health).prop_map(|(name, health)| Event::Unhealthy(name, health)),
        1 => name.clone().prop_map(Event::HoldDelete),
        1 => name.prop_map(Event::Foreign),
        4 => Just(Event::Pass),
        3 => (1u8..40).prop_map(Event::Crash),
    ]
}

fn text(wishes: &[(usize, u8, Option<usize>)]) -> String {
    let mut seen = BTreeSet::new();
    let lines = wishes.iter().filter(|(name, ..)| seen.insert(*name)).map(|(name, content, after)| {
        let after = after.map(|after| format!(" after:{}", NAMES[after])).unwrap_or_default();
        format!("{}={content}{after} within:5", NAMES[*name])
    });
    lines.collect::<Vec<_>>().join("; ")
}

fn happen(world: &World, event: &Event) {
    let name = |at: &usize| object_id(NAMES[*at]);
    let error = |kind| Error::new(kind, "it was so ordained");
    match event {
        Event::Commit(wishes) => world.commit(&text(wishes)),
        Event::FailWrite(at, kind) => world.target.fail_next_write(&name(at), error(*kind)),
        Event::LoseWrite(at) => {
            world.target.lose_next_write(&name(at), error(ErrorKind::Timeout).maybe_written())
        }
        Event::FailLook(at) => world.target.fail_look(&name(at), error(ErrorKind::Unavailable)),
        Event::FailSave => world.store.fail_next_save(error(ErrorKind::Unavailable)),
        Event::LoseSave => world.store.lose_next_save(error(ErrorKind::Timeout)),
        Event::FailObserve => world.target.fail_next_observe(error(ErrorKind::Unavailable)),
        Event::Edit(at)
            if world.target.owner_of(&name(at)).is_some_and(|owner| owner == Owner::named("other")) => {}
        Event::Edit(at) => {
            world.target.edit(&name(at), |body| {
                if let Some(map) = body.as_map_mut() {
                    map.insert("data", "edited");
                }
            });
        }
        Event::Remove(at) => drop(world.target.remove(&name(at))),
        Event::Unhealthy(at, status) => world.target.set_health(&name(at), Health::new(*status, "ordained")),
        Event::HoldDelete(at) => world.target.hold_deletes(&name(at)),
        Event::Foreign(at) => {
            if world.target.get(&name(at)).is_none() {
                world.target.put_foreign(object(NAMES[*at], "theirs"), Some(Owner::named("other")));
            }
        }
        Event::Pass => drop(world.try_pass()),
        Event::Crash(polls) => crash(world, *polls),
    }
}

fn crash(world: &World, polls: u8) {
    let mut pass = Box::pin(world.engine.reconcile(&world.cx));
    for _ in 0..polls {
        if block_on(poll_once(pass.as_mut())).is_some() {
            return;
        }
        check_owned(world);
        world.clock.advance(Duration::from_millis(100));
    }
}

/// Everything that names us as its owner is in the inventory.
fn check_owned(world: &World) {
    let saved = world.store.peek(&unit("web"));
    for id in world.target.ids() {
        let ours = world.target.owner_of(&id).is_some_and(|owner| owner.is_of(&unit("web")));
        let owned = saved.as_ref().is_some_and(|saved| saved.inventory.objects.contains_key(&id));
        assert!(!ours || owned, "{id} names the unit as its owner and is not in its inventory");
    }
}

/// Everything that goes wrong ends.
fn heal(world: &World) {
    for name in NAMES {
        let id = object_id(name);
        world.target.heal(&id);
        world.target.release(&id);
        world.target.set_health(&id, Health::healthy());
        if world.target.owner_of(&id).is_some_and(|owner| !owner.is_of(&unit("web"))) {
            world.target.remove(&id);
        }
    }
    settle(world);
}

/// Passes until one succeeds; each ordained failure may spoil one.
fn settle(world: &World) {
    for _ in 0..60 {
        if world.try_pass().is_ok_and(|report| report.is_success()) {
            return;
        }
    }
}

fn check(events: &[Event], world: &World) {
    for event in events {
        happen(world, event);
        check_owned(world);
        for name in NAMES {
            if let Some(object) = world.target.get(&object_id(name)) {
                let theirs = object.body().text_at(&["data", "content"]) == Some("theirs");
                let marked = world
                    .target
                    .owner_of(&object_id(name))
                    .is_some_and(|owner| owner == Owner::named("other"));
                assert_eq!(theirs, marked, "an object of another owner was taken over");
            }
        }
    }
    heal(world);
    // Contents that nothing has had so far, so that no two have to change places.
    world.commit("a=7; b=8 after:a; f=9");
    settle(world);
    let report = world.pass();
    assert!(report.is_success(), "does not converge: {report}");
    drop(world.target.take_writes());
    drop(world.store.take_saves());
    world.pass();
    assert_eq!(
        (world.take_writes().as_str(), world.store.take_saves().len()),
        ("", 0),
        "a second pass must be still"
    );
    let names: Vec<String> = world.target.ids().iter().map(|id| id.name.to_string()).collect();
    assert_eq!(names, ["a", "b", "f"], "nothing is left over and nothing is missing");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_orphaned_taken_over_or_stuck_whatever_goes_wrong(
        events in prop::collection::vec(event(), 0..25),
        predicts in any::<bool>(),
        exclusive in any::<bool>(),
    ) {
        let slow = |target: windlass_testkit::MemoryTarget| {
            let target = target.with_latency(Duration::from_millis(150));
            if predicts { target.with_predict() } else { target }
        };
        let world = World::with("", slow, |engine| engine);
        if exclusive {
            // No two objects may have the same content.
            world.target.exclude(&["data", "content"]);
        }
        check(&events, &world);
    }

    #[test]
    fn the_plan_does_not_depend_on_the_order_of_the_files(
        wishes in prop::collection::vec((0..NAMES.len(), 0u8..3, prop::option::of(0..NAMES.len())), 0..6),
    ) {
        let lines: Vec<String> = text(&wishes).split("; ").map(str::to_owned).collect();
        let mut reversed = lines.clone();
        reversed.reverse();
        let digest = |lines: &[String]| {
            let world = World::new(&lines.join("; "));
            let key = world.store.key(&world.cx, UnitId::DEFAULT_INSTALLATION, true);
            world.clock.block_on(key).unwrap();
            world.clock.block_on(world.engine.plan(&world.cx)).map(|plan| plan.digest)
        };
        prop_assert_eq!(digest(&lines), digest(&reversed));
    }
}
