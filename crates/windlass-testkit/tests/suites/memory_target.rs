//! What a test can make a memory target do.

use std::collections::BTreeMap;
use std::time::Duration;

use windlass_core::{
    Cascade, Context, Error, ErrorKind, Expect, Health, HealthStatus, Interest, Live, Look, Mode, Node,
    Notice, Object, ObjectId, Observation, Owner, Target, Write, Written,
};
use windlass_testkit::{MemoryTarget, TestClock, block_on, config_map, id, unit};

fn apply(object: &Object) -> Write {
    let (payload, mark) = (object.clone(), Owner::of(&unit("web")));
    Write::apply(payload, Mode::Apply, Expect::Any, mark)
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
    assert!(matches!(&admitted[0], windlass_core::Admitted::Later { until: found, .. } if *found == until));
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
    let dropped = block_on(windlass_testkit::poll_once(target.write(&cx, &one)));
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
fn a_broken_watch_tells_a_gap_and_a_dropped_one_ends() {
    let target = MemoryTarget::new("m").with_watch();
    let cx = TestClock::new().context();
    let watch = target.profile().watch.unwrap();
    let mut news = block_on(watch.watch(&cx, &interest(&id("ConfigMap/s/a")))).unwrap();
    target.break_watches(&Error::new(ErrorKind::Unavailable, "cut"));
    let mut told = || block_on(std::future::poll_fn(|waiting| news.as_mut().poll_next(waiting)));
    assert_eq!(told(), Some(Notice::Synced));
    assert!(matches!(told(), Some(Notice::Gap(_))));
    assert_eq!(target.watches(), 1);
    drop(news);
    assert_eq!(target.watches(), 0);
}
