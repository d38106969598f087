//! Fields that somebody else and we set in turn: noticed, told, slowed down.

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::{World, object_id};
use windlass_core::{Conflict, Decision, Event, EventKind, FieldPath, Value};
use windlass_testkit::{MemoryTarget, unit};

fn set(target: &MemoryTarget, name: &str, value: &str) {
    let field = FieldPath::root().field("data").field("content");
    target.edit(&object_id(name), |body| {
        let data = body.as_map_mut().and_then(|map| map.get_mut("data")).and_then(Value::as_map_mut);
        data.map(|data| data.insert("content", value));
    });
    let holder = "mesh-operator".into();
    target.conflict(&object_id(name), vec![Conflict { path: field, holder, decision: Decision::Take }]);
}

/// Lets a controller answer each of our writes, runs for so long, and gives when we wrote, in seconds.
fn fight(world: &World, name: &'static str, lasts: Duration) -> Vec<u64> {
    let (target, cancel) = (world.target.clone(), world.cx.cancel().clone());
    let times = Arc::new(Mutex::new(Vec::new()));
    let (seen, cx) = (Arc::clone(&times), world.cx.clone());
    let engine =
        world.engine.clone().with_interval(Duration::from_secs(1)).with_events(move |event: &Event| {
            let now = cx.now().mono;
            if let EventKind::Object { id, outcome } = &event.what
                && *id == object_id(name)
                && outcome.name() == "changed"
            {
                seen.lock().expect("nobody panics").push(now.as_secs());
                set(&target, name, "theirs");
            }
            if now >= lasts {
                cancel.cancel();
            }
        });
    set(&world.target, name, "theirs");
    world.clock.block_on(engine.run(&world.cx)).expect("it runs until it is stopped");
    std::mem::take(&mut *times.lock().expect("nobody panics"))
}

fn world() -> World {
    let world = World::with("a=1; b=1", MemoryTarget::with_predict, |engine| engine);
    world.pass();
    drop((world.take_writes(), world.told()));
    world
}

#[test]
fn repairs_of_a_field_that_is_set_back_each_time_slow_down() {
    let world = world();
    let times = fight(&world, "a", Duration::from_secs(400));
    let waits: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(waits[0] <= 2 && waits[1] <= 2, "the first repairs come at once: {times:?}");
    let slow = [10, 20, 40, 80, 160];
    assert_eq!(waits.len(), 2 + slow.len(), "{times:?}");
    for (wait, least) in waits[2..].iter().zip(slow) {
        assert!((least..least + 3).contains(wait), "{times:?}");
    }
}

#[test]
fn the_field_and_its_holder_are_told() {
    let world = world();
    fight(&world, "a", Duration::from_secs(30));
    let told = world.told();
    let contests: Vec<&String> = told.iter().filter(|line| line.starts_with("contested")).collect();
    assert_eq!(
        contests,
        [
            "contested a: mesh-operator set data.content back 3 times; the next repair waits 10 s",
            "contested a: mesh-operator set data.content back 4 times; the next repair waits 20 s"
        ],
        "{told:?}"
    );
    let status = world.clock.block_on(world.engine.status(&world.clock.context())).unwrap().to_string();
    assert!(
        status.contains("ConfigMap/ns/a  drifted; mesh-operator set data.content back 4 times\n"),
        "{status}"
    );
}

#[test]
fn who_asks_for_a_pass_gets_it_repaired_at_once_and_is_told() {
    let world = world();
    for _ in 0..4 {
        set(&world.target, "a", "theirs");
        assert_eq!(world.writes(), "change a");
    }
    set(&world.target, "a", "theirs");
    let plan = world.plan_text();
    assert!(
        plan.contains("? ConfigMap/ns/a: mesh-operator set data.content back 5 times; a run repairs it 40 s"),
        "{plan}"
    );
}

#[test]
fn other_objects_and_other_wishes_do_not_wait() {
    let world = world();
    let (target, source) = (world.target.clone(), world.source.clone());
    let done = Arc::new(Mutex::new(false));
    let engine = world.engine.clone().with_events(move |event: &Event| {
        let mut done = done.lock().unwrap();
        if matches!(event.what, EventKind::Contested { .. }) && !*done {
            *done = true;
            target.edit(&object_id("b"), |body| drop(body.as_map_mut().map(|map| map.insert("data", "odd"))));
            source.commit(windlass_testkit::files([("objects", "a=2\nb=1")]));
        }
    });
    let world = World { engine, ..world };
    fight(&world, "a", Duration::from_secs(9));
    let writes = world.take_writes();
    assert!(writes.contains("change b"), "{writes}");
    assert_eq!(
        world.target.get(&object_id("a")).unwrap().body().text_at(&["data", "content"]),
        Some("theirs")
    );
    assert_eq!(writes.matches("change a").count(), 4, "three repairs, and the new wish at once: {writes}");
}

#[test]
fn an_object_that_drifts_now_and_then_is_no_contest() {
    let world = world();
    for _ in 0..5 {
        set(&world.target, "a", "theirs");
        world.pass();
        world.clock.advance(Duration::from_secs(7 * 3600));
    }
    let saved = world.store.peek(&unit("web")).unwrap();
    let contest = saved.inventory.objects[&object_id("a")].contest.clone().unwrap();
    assert_eq!(contest.turns, 1);
    assert!(!world.plan_text().contains(" back "), "{}", world.plan_text());
}
