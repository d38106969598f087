//! Writes that fail, or of which nobody knows; cancellations and time-outs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end by panicking")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join;
use support::{World, object, object_id};
use windlass_core::{
    Context, Error, ErrorKind, Fence, Interest, Limits, Now, Observed, Outcome, Owner, Profile, Result,
    Retry, Target, Write, Written, async_trait,
};
use windlass_engine::Engine;
use windlass_testkit::{MemoryStore, MemoryTarget, unit};

fn down() -> Error {
    Error::new(ErrorKind::Unavailable, "no answer")
}

fn lost() -> Error {
    Error::new(ErrorKind::Timeout, "cut off").maybe_written()
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn limited(world: &World, change: impl FnOnce(&mut Limits)) -> Context {
    let mut limits = Limits::default();
    change(&mut limits);
    world.cx.clone().with_limits(limits)
}

#[test]
fn a_retry_that_is_due_waits_for_a_free_place_without_spinning() {
    let world = World::with("a=1; b=1", |target| target.with_latency(seconds(10)), |engine| engine);
    world.target.fail_next_write(&object_id("a"), down());
    let cx = limited(&world, |limits| limits.writes_in_flight_max = 1);
    let report = world.clock.block_on(world.engine.reconcile(&cx)).unwrap();
    assert_eq!(World::outcomes(&report), "a: created, b: created");
}

#[test]
fn a_write_that_may_have_happened_is_looked_at_before_it_is_repeated() {
    for world in [World::new("a=1; b=1 after:a"), World::predicting("a=1; b=1 after:a")] {
        world.target.lose_next_write(&object_id("a"), lost());
        assert_eq!(World::outcomes(&world.pass()), "a: created, b: created");
        assert_eq!(world.take_writes(), "create a, create b");
        let requests = world.target.take_requests();
        let applies = requests.iter().filter(|request| request.starts_with("apply ConfigMap/ns/a"));
        assert_eq!(applies.count(), 1, "it was there already: {requests:?}");
        drop(world.store.take_saves());
        assert_eq!(world.writes(), "", "what was confirmed is in the inventory");
        assert_eq!(world.store.take_saves(), [""; 0]);
    }
}

#[test]
fn a_change_that_may_have_happened_is_repeated_on_what_is_seen_then() {
    for world in [World::new("a=1; b=1"), World::predicting("a=1; b=1")] {
        world.pass();
        world.take_writes();
        world.commit("a=2; b=1");
        world.target.fail_next_write(&object_id("a"), lost());
        assert_eq!(World::outcomes(&world.pass()), "a: changed, b: unchanged");
        assert_eq!(world.target.get(&object_id("a")), Some(object("a", "2")));
    }
}

#[test]
fn a_change_that_did_happen_is_told_as_one_though_the_repetition_changes_nothing() {
    let world = World::predicting("a=1");
    world.pass();
    // Somebody's field makes the live object another than what was sent.
    world.target.edit(&object_id("a"), |body| drop(body.as_map_mut().unwrap().insert("extra", "1")));
    world.commit("a=2");
    world.take_writes();
    world.target.lose_next_write(&object_id("a"), lost());
    assert_eq!(World::outcomes(&world.pass()), "a: changed");
    assert_eq!(world.take_writes(), "change a");
}

#[test]
fn an_object_of_somebody_else_that_came_in_between_is_a_conflict() {
    let world = World::new("a=1");
    world.target.fail_next_write(&object_id("a"), lost());
    let meanwhile = async {
        world.cx.sleep(Duration::from_millis(1)).await.unwrap();
        world.target.put_foreign(object("a", "theirs"), None);
    };
    let (report, ()) = world.clock.block_on(join(world.engine.reconcile(&world.cx), meanwhile));
    let error = report.unwrap().error().unwrap();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.may_have_written(), "the first attempt may still have come through");
    assert_eq!(world.target.get(&object_id("a")), Some(object("a", "theirs")));
}

#[test]
fn what_somebody_made_in_the_place_of_an_object_is_not_deleted_to_make_that_one_anew() {
    let world = World::predicting("a=1 anew");
    world.pass();
    world.commit("a=2 anew");
    world.target.fail_next_write(&object_id("a"), lost());
    let meanwhile = async {
        world.cx.sleep(Duration::from_millis(1)).await.unwrap();
        world.target.put_foreign(object("a", "theirs"), None);
    };
    let (report, ()) = world.clock.block_on(join(world.engine.reconcile(&world.cx), meanwhile));
    assert_eq!(report.unwrap().error().unwrap().kind(), ErrorKind::Conflict);
    assert_eq!(world.target.get(&object_id("a")), Some(object("a", "theirs")));
}

#[test]
fn a_write_that_was_to_be_tried_again_when_the_pass_ended_is_a_failure() {
    let world = World::new("a=1; b=1 after:a");
    world.target.lose_next_write(&object_id("a"), lost().retrying(Retry::After(seconds(600))));
    let cx = world.cx.clone().with_timeout(seconds(10));
    let report = world.clock.block_on(world.engine.reconcile(&cx)).unwrap();
    assert_eq!(World::outcomes(&report), "a: failed, b: skipped");
    let Outcome::Failed { error } = &report.objects[0].outcome else { panic!("{report}") };
    assert_eq!((error.message(), error.may_have_written()), ("cut off", true));
}

#[test]
fn a_look_that_fails_for_ever_ends_in_what_the_write_ended_in() {
    let world = World::new("a=1");
    world.target.lose_next_write(&object_id("a"), lost());
    let meanwhile = async {
        world.cx.sleep(Duration::from_millis(1)).await.unwrap();
        world.target.fail_look(&object_id("a"), down());
    };
    let (report, ()) = world.clock.block_on(join(world.engine.reconcile(&world.cx), meanwhile));
    let error = report.unwrap().error().unwrap();
    assert_eq!((error.message(), error.may_have_written()), ("cut off", true));
    assert_eq!(world.owned(), "a");
}

#[test]
fn a_wait_that_the_other_side_names_is_taken_up_to_the_limit() {
    let world = World::new("a=1");
    world.target.fail_next_write(&object_id("a"), down().retrying(Retry::After(Duration::MAX)));
    assert_eq!(World::outcomes(&world.pass()), "a: created");
    assert_eq!(world.elapsed(), Limits::default().retry_wait_max);
}

#[test]
fn a_cancellation_does_not_cut_off_a_write_under_way() {
    let world = World::with("a=1; b=1 after:a", |target| target.with_latency(seconds(10)), |engine| engine);
    let cancelling = async {
        world.cx.sleep(seconds(15)).await.unwrap();
        world.cx.cancel().cancel();
    };
    let (report, ()) = world.clock.block_on(join(world.engine.reconcile(&world.cx), cancelling));
    let report = report.unwrap();
    assert_eq!(World::outcomes(&report), "a: created, b: skipped");
    assert_eq!(report.error().unwrap().kind(), ErrorKind::Cancelled);
    assert!(world.store.peek(&unit("web")).unwrap().inventory.objects[&object_id("a")].stamp.is_some());
}

#[test]
fn a_deadline_does_not_cut_off_a_write_under_way() {
    let world = World::with("a=1; b=1 after:a", |target| target.with_latency(seconds(10)), |engine| engine);
    let cx = world.cx.clone().with_timeout(seconds(15));
    let report = world.clock.block_on(world.engine.reconcile(&cx)).unwrap();
    assert_eq!(World::outcomes(&report), "a: created, b: skipped");
    assert_eq!(report.error().unwrap().kind(), ErrorKind::Timeout);
}

#[test]
fn an_object_that_changed_hands_between_two_attempts_is_left_to_its_new_owner() {
    let world = World::new("a=1");
    world.pass();
    world.commit("a=2");
    world.target.fail_next_write(&object_id("a"), lost());
    let meanwhile = async {
        world.cx.sleep(Duration::from_millis(1)).await.unwrap();
        world.target.put_foreign(object("a", "theirs"), Some(Owner::of(&unit("other"))));
    };
    let (report, ()) = world.clock.block_on(join(world.engine.reconcile(&world.cx), meanwhile));
    let error = report.unwrap().error().unwrap();
    assert_eq!((error.kind(), error.may_have_written()), (ErrorKind::Conflict, true));
    assert_eq!(world.target.get(&object_id("a")), Some(object("a", "theirs")));
}

#[test]
fn a_deadline_that_passes_is_a_time_out_and_no_cancellation() {
    let world = World::new("a=1; b=1 after:a");
    world.target.healthy_after(&object_id("a"), seconds(100));
    let cx = world.cx.clone().with_timeout(seconds(10));
    let report = world.clock.block_on(world.engine.reconcile(&cx)).unwrap();
    assert_eq!(report.error().unwrap().kind(), ErrorKind::Timeout);
    assert_eq!(world.elapsed(), seconds(10));
}

/// Never answers a write, and does not heed its context.
#[derive(Debug)]
struct Deaf(MemoryTarget);

#[async_trait]
impl Target for Deaf {
    fn profile(&self) -> Profile<'_> {
        self.0.profile()
    }

    async fn observe(&self, cx: &Context, interest: &Interest) -> Result<Observed> {
        self.0.observe(cx, interest).await
    }

    async fn write(&self, _cx: &Context, _write: &Write) -> Result<Written> {
        std::future::pending().await
    }
}

#[test]
fn a_write_without_an_answer_is_given_up_and_may_have_happened() {
    let world = World::new("a=1");
    let target = Deaf(MemoryTarget::new("deaf").with_state(MemoryStore::new()));
    let engine = Engine::new(unit("web"), world.source.clone(), support::Lines, target);
    let cx = limited(&world, |limits| limits.write_timeout = seconds(7));
    let report = world.clock.block_on(engine.reconcile(&cx)).unwrap();
    let error = report.error().unwrap();
    assert_eq!((error.kind(), error.may_have_written()), (ErrorKind::Timeout, true));
}

#[derive(Debug)]
struct Lease(Duration);

impl Fence for Lease {
    fn check(&self, now: Now) -> Result<Option<Duration>> {
        let lost = || Error::new(ErrorKind::Conflict, "the lease is lost");
        self.0.checked_sub(now.mono).filter(|left| !left.is_zero()).map(Some).ok_or_else(lost)
    }
}

#[test]
fn a_write_takes_no_longer_than_what_is_left_of_the_lease() {
    let world = World::with("a=1", |target| target.with_latency(seconds(10)), |engine| engine);
    let cx = world.cx.clone().with_fence(Arc::new(Lease(seconds(16))));
    let report = world.clock.block_on(world.engine.reconcile(&cx)).unwrap();
    assert_eq!(World::outcomes(&report), "a: failed");
    assert!(world.elapsed() < seconds(18), "{:?}", world.elapsed());
    assert_eq!(world.take_writes(), "");
}

#[test]
fn no_duration_however_long_ends_a_pass_in_a_panic() {
    let world = World::new("a=1 within:18446744073709551615; b=1 after:a");
    world.clock.advance(seconds(1));
    world.target.healthy_after(&object_id("a"), seconds(30));
    assert_eq!(World::outcomes(&world.pass()), "a: created, b: created");
    let engine = world.engine.clone().with_interval(Duration::MAX);
    assert_eq!(world.run(&engine, 1).len(), 1);
}

#[test]
fn run_waits_as_long_as_the_other_side_names_up_to_the_limit_whatever_the_interval() {
    for (named, expected) in [(300, 300), (86_400, 900)] {
        let world = World::with("a=1", |target| target, |engine| engine.with_interval(seconds(60)));
        world.source.go_down(down().retrying(Retry::After(seconds(named))));
        let waits = world.run(&world.engine, 3);
        assert!(waits.iter().all(|wait| *wait == seconds(expected)), "{named} s are named: {waits:?}");
    }
}

#[cfg(feature = "tokio")]
mod renders {
    use std::sync::{Mutex, mpsc};

    use windlass_core::{Digest, RenderInput, Rendered, Renderer};
    use windlass_testkit::{MemorySource, TestClock, files, poll_once};

    use super::*;

    /// Renders until it is told to end, and says so.
    #[derive(Debug)]
    struct Endless(Mutex<mpsc::Sender<ErrorKind>>);

    impl Renderer for Endless {
        fn fingerprint(&self) -> Digest {
            Digest::of(b"endless")
        }

        fn render(&self, cx: &Context, _input: &RenderInput<'_>) -> Result<Rendered> {
            loop {
                if let Err(error) = cx.check() {
                    self.0.lock().unwrap().send(error.kind()).unwrap();
                    return Err(error);
                }
                std::thread::yield_now();
            }
        }
    }

    #[test]
    fn a_render_ends_when_nobody_waits_for_it_any_more() {
        let (tell, told) = mpsc::channel();
        let cx = TestClock::new().context();
        let source = MemorySource::of(files([("objects", "a=1")]));
        let target = MemoryTarget::new("memory").with_state(MemoryStore::new());
        let engine = Engine::new(unit("web"), source, Endless(Mutex::new(tell)), target);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert!(runtime.block_on(poll_once(engine.plan(&cx))).is_none());
        assert_eq!(told.recv().unwrap(), ErrorKind::Cancelled);
        assert!(!cx.cancel().is_cancelled(), "the caller's own context goes on");
    }
}
