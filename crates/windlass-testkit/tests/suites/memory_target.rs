//! What a test can make a memory target do.

use std::collections::BTreeMap;
use std::time::Duration;

use windlass_core::{
    Admitted, Cascade, Children, Context, Deletion, Error, ErrorKind, Expect, Health, HealthCheck,
    HealthStatus, Interest, Live, Look, Mode, Node, Object, ObjectId, Observation, Owner, Taken, Target,
    Write, Written,
};
use windlass_testkit::{MemoryTarget, TestClock, block_on, config_map, id, poll_once, unit};

fn apply(object: &Object) -> Write {
    let (payload, owner) = (object.clone(), Owner::of(&unit("web")));
    Write::apply(payload, Mode::Apply, Expect::Any, owner)
}

fn delete(object: &Object) -> Write {
    let (id, api_version) = (object.id().clone(), "v1".into());
    Write::Delete { id, api_version, expect: Expect::Any, cascade: Cascade::Background }
}

fn interest(id: &ObjectId) -> Interest {
    Interest { unit: unit("web"), objects: BTreeMap::from([(id.clone(), Look::new("v1"))]) }
}

fn look(target: &MemoryTarget, cx: &Context, id: &ObjectId) -> Observation {
    let mut seen = block_on(target.observe(cx, &interest(id))).unwrap();
    seen.observations.remove(id).unwrap()
}

fn status(target: &MemoryTarget, cx: &Context, id: &ObjectId) -> Option<HealthStatus> {
    look(target, cx, id).live().and_then(|live| live.health.clone()).map(|health| health.status)
}

#[test]
fn health_comes_after_looks_or_after_time_and_begins_again_with_each_change() {
    use HealthStatus::{Healthy, Progressing};
    let (target, clock) = (MemoryTarget::new("m"), TestClock::new());
    let (cx, a, b) = (clock.context(), config_map("s", "a", "1"), config_map("s", "b", "1"));
    target.healthy_after_observes(a.id(), 2);
    target.healthy_after(b.id(), Duration::from_secs(60));
    for object in [&a, &b] {
        block_on(target.write(&cx, &apply(object))).unwrap();
    }
    let seen: Vec<_> = (0..3).map(|_| status(&target, &cx, a.id())).collect();
    assert_eq!(seen, [Some(Progressing), Some(Progressing), Some(Healthy)], "after two looks");
    assert_eq!(status(&target, &cx, b.id()), Some(Progressing), "at once");
    clock.advance(Duration::from_secs(60));
    assert_eq!(status(&target, &cx, b.id()), Some(Healthy), "after a minute");
    block_on(target.write(&cx, &apply(&config_map("s", "b", "2")))).unwrap();
    assert_eq!(status(&target, &cx, b.id()), Some(Progressing), "after another change");
    target.set_health(b.id(), Health::new(HealthStatus::Degraded, "crash loop"));
    assert_eq!(status(&target, &cx, b.id()), Some(HealthStatus::Degraded));
}

#[test]
fn a_held_deletion_ends_with_its_release() {
    let (target, cx, a) = (MemoryTarget::new("m"), TestClock::new().context(), config_map("s", "a", "1"));
    target.hold_deletes(a.id());
    block_on(target.write(&cx, &apply(&a))).unwrap();
    let done = block_on(target.write(&cx, &delete(&a))).unwrap();
    assert!(matches!(done, Written::Deleting(_)), "{done:?}");
    assert!(target.get(a.id()).is_some());
    target.release(a.id());
    assert!(target.get(a.id()).is_none());
    assert_eq!(target.writes(), ["create ConfigMap/s/a", "deleting ConfigMap/s/a"]);
}

#[test]
fn a_kind_is_known_once_the_object_that_brings_it_is_there() {
    let target = MemoryTarget::new("m").with_predict();
    let (cx, crd, map) = (TestClock::new().context(), config_map("s", "crd", ""), config_map("s", "a", "1"));
    let mut widget = map.edit(|body| drop(body.as_map_mut().unwrap().insert("kind", "Widget"))).unwrap();
    target.defined_by("Widget", crd.id());
    assert_eq!(look(&target, &cx, widget.id()), Observation::Undefined);
    let refused = block_on(target.write(&cx, &apply(&widget))).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Undefined);
    let item = windlass_core::Item::new(widget.clone(), windlass_core::Origin::default());
    let predict = target.profile().predict.unwrap();
    let admitted = block_on(predict.admit(&cx, vec![item])).unwrap();
    let until = Node::Object(crd.id().clone());
    assert!(matches!(&admitted[0], Admitted::Later { until: found, .. } if *found == until));
    block_on(target.write(&cx, &apply(&crd))).unwrap();
    widget = widget.edit(|_| {}).unwrap();
    assert!(matches!(block_on(target.write(&cx, &apply(&widget))), Ok(Written::Created(_))));
}

#[test]
fn errors_come_in_the_order_in_which_they_were_asked_for() {
    let (target, cx, a) = (MemoryTarget::new("m"), TestClock::new().context(), config_map("s", "a", "1"));
    target.fail_next_write(a.id(), Error::new(ErrorKind::Unavailable, "first"));
    target.lose_next_write(a.id(), Error::new(ErrorKind::Timeout, "second"));
    target.fail_next_observe(Error::new(ErrorKind::Denied, "look"));
    let first = block_on(target.write(&cx, &apply(&a))).unwrap_err();
    assert!(!first.may_have_written() && target.ids().is_empty(), "nothing is written: {first}");
    let second = block_on(target.write(&cx, &apply(&a))).unwrap_err();
    assert!(second.may_have_written() && target.ids() == [a.id().clone()], "written: {second}");
    assert!(matches!(block_on(target.write(&cx, &apply(&a))), Ok(Written::Unchanged(_))));
    assert!(block_on(target.observe(&cx, &interest(a.id()))).is_err());
    target.fail_look(a.id(), Error::new(ErrorKind::Denied, "look"));
    assert!(matches!(look(&target, &cx, a.id()), Observation::Unreadable(_)));
    target.heal(a.id());
    assert!(look(&target, &cx, a.id()).live().is_some());
    assert_eq!(
        target.take_requests(),
        [
            "apply ConfigMap/s/a: unavailable",
            "apply ConfigMap/s/a: timeout",
            "apply ConfigMap/s/a: unchanged",
            "observe 1 of web",
            "observe 1 of web",
            "observe 1 of web",
        ]
    );
}

#[test]
fn others_can_interfere() {
    let (target, cx, a) = (MemoryTarget::new("m"), TestClock::new().context(), config_map("s", "a", "1"));
    target.put_foreign(a.clone(), Some(Owner::named("helm")));
    let before: Live = look(&target, &cx, a.id()).live().unwrap().clone();
    assert!(target.set_status(a.id(), "busy".into()));
    let after: Live = look(&target, &cx, a.id()).live().unwrap().clone();
    assert_eq!((before.stamp, before.uid.clone()), (after.stamp, after.uid), "a status is not an apply");
    assert_ne!(before.version, after.version);
    assert!(target.set_owner(a.id(), None) && target.owner_of(a.id()).is_none());
    assert!(!target.edit(a.id(), |body| *body = "nothing".into()), "an edit cannot take the identity away");
    assert!(target.remove(a.id()) && !target.remove(a.id()));
    target.put_foreign(a.clone(), None);
    let renewed = look(&target, &cx, a.id()).live().unwrap().uid.clone();
    assert_ne!(before.uid, renewed, "what was removed and put back is another object");
    assert_eq!(target.writes(), [""; 0], "what others do is no write of ours");
}

#[test]
fn writes_under_way_at_once_are_counted_also_when_they_are_dropped() {
    let target = MemoryTarget::new("m").with_latency(Duration::from_secs(1));
    let (clock, a, b) = (TestClock::new(), config_map("s", "a", "1"), config_map("s", "b", "1"));
    let cx = clock.context();
    let (one, two) = (apply(&a), apply(&b));
    let dropped = block_on(poll_once(target.write(&cx, &one)));
    assert!(dropped.is_none() && target.ids().is_empty(), "half way nothing is written");
    clock.block_on(target.write(&cx, &two)).unwrap();
    assert_eq!(target.writes_in_flight_max(), 1, "one after the other");
    assert_eq!(cx.now().mono, Duration::from_secs(1));
    let (mut one, mut two) = (target.write(&cx, &one), target.write(&cx, &two));
    let mut waiting = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(one.as_mut().poll(&mut waiting).is_pending() && two.as_mut().poll(&mut waiting).is_pending());
    assert_eq!(target.writes_in_flight_max(), 2, "side by side");
}

#[test]
fn a_broken_watch_names_every_unit_that_looks_and_a_released_one_no_more() {
    let target = MemoryTarget::new("m").with_watch();
    let cx = TestClock::new().context();
    let watch = target.profile().watch.unwrap();
    look(&target, &cx, &id("ConfigMap/s/a"));
    target.break_watches();
    assert_eq!(block_on(watch.changed(&cx)).unwrap(), [unit("web")].into());
    assert_eq!(target.watched_units(), 1);
    watch.release(&unit("web"));
    target.break_watches();
    assert_eq!((target.watched_units(), block_on(poll_once(watch.changed(&cx)))), (0, None));
}

/// Healthy once it owns two objects that are there, and older than ten seconds.
#[derive(Debug)]
struct Two;

impl HealthCheck for Two {
    fn assess(&self, live: &Object, children: &dyn Children) -> Option<Health> {
        let there = children.owned_by(live.id()).len() == 2 && children.age_seconds()? > 10;
        Some(if there { Health::healthy() } else { Health::new(HealthStatus::Progressing, "not yet") })
    }
}

#[test]
fn the_health_of_an_object_that_owns_others_is_told_by_the_checks_that_see_them() {
    let (target, clock) = (MemoryTarget::new("m").with_health(Two).with_watch(), TestClock::new());
    let (cx, a) = (clock.context(), config_map("s", "a", "1"));
    block_on(target.write(&cx, &apply(&a))).unwrap();
    assert_eq!(status(&target, &cx, a.id()), None, "without children it is left to who looks");
    target.put_child(a.id(), config_map("s", "one", "1"));
    target.put_child(a.id(), config_map("s", "one", "again"));
    assert_eq!(status(&target, &cx, a.id()), Some(HealthStatus::Progressing), "one child");
    target.put_child(a.id(), config_map("s", "two", "1"));
    let watch = target.profile().watch.unwrap();
    assert_eq!(block_on(watch.changed(&cx)).unwrap(), [unit("web")].into(), "a child is a change");
    clock.advance(Duration::from_secs(11));
    assert_eq!(status(&target, &cx, a.id()), Some(HealthStatus::Healthy));
    assert!(target.get(&id("ConfigMap/s/one")).is_none(), "a child is no object of the target");
}

#[test]
fn an_object_that_others_delete_is_going_until_it_is_released() {
    let (target, cx, a) = (MemoryTarget::new("m"), TestClock::new().context(), config_map("s", "a", "1"));
    assert!(!target.terminate(a.id(), &["example.org/lock"]), "it is not there");
    block_on(target.write(&cx, &apply(&a))).unwrap();
    let before = look(&target, &cx, a.id()).live().unwrap().clone();
    assert!(target.terminate(a.id(), &["example.org/lock"]));
    let after = look(&target, &cx, a.id()).live().unwrap().clone();
    assert_eq!(after.deletion, Some(Deletion::held_by(vec!["example.org/lock".into()])));
    assert_ne!((before.version, before.deletion), (after.version, after.deletion));
    assert!(matches!(block_on(target.write(&cx, &delete(&a))), Ok(Written::Deleting(_))));
    target.release(a.id());
    assert!(target.get(a.id()).is_none());
    assert_eq!(target.writes(), ["create ConfigMap/s/a"], "what others delete is no write of ours");
}

#[test]
fn a_default_namespace_is_filled_in_where_a_kind_lies_in_one() {
    let target =
        MemoryTarget::new("m").with_predict().with_default_namespace("shop").with_cluster_kind("Role");
    let cx = TestClock::new().context();
    let of_kind = |kind: &str, namespace: &str| {
        let object = config_map(namespace, "a", "1");
        let object = object.edit(|body| drop(body.as_map_mut().unwrap().insert("kind", kind))).unwrap();
        windlass_core::Item::new(object, windlass_core::Origin::default())
    };
    let items = [("ConfigMap", ""), ("ConfigMap", "web"), ("Namespace", ""), ("Role", "")];
    let items = items.iter().map(|(kind, namespace)| of_kind(kind, namespace)).collect();
    let admitted = block_on(target.profile().predict.unwrap().admit(&cx, items)).unwrap();
    let ids: Vec<String> = admitted
        .iter()
        .map(|admitted| match admitted {
            Admitted::Item(item) => item.id().to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids, ["ConfigMap/shop/a", "ConfigMap/web/a", "Namespace//a", "Role//a"]);
}

#[test]
fn a_test_can_say_what_else_goes_with_an_object() {
    let target = MemoryTarget::new("m").with_predict();
    let (cx, a) = (TestClock::new().context(), config_map("s", "a", "1"));
    let predict = target.profile().predict.unwrap();
    let other = Taken { id: id("Widget.example.org/s/w"), owner: Some(Owner::named("other")) };
    target.goes_with(a.id(), vec![other.clone()]);
    let ids = [a.id().clone(), id("ConfigMap/s/b")];
    let taken = block_on(predict.takes(&cx, &ids)).unwrap();
    assert_eq!(taken, BTreeMap::from([(a.id().clone(), vec![other])]));
    target.fail_next_takes(Error::new(ErrorKind::Denied, "may not list"));
    assert!(block_on(predict.takes(&cx, &ids)).is_err());
}
