//! Each part of an engine on each of its bad days: the call ends within its limit, nothing is deleted that should stay, no
//! other unit suffers, no text of a panic is told, and the next pass repairs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end by panicking")]

mod scene;

use std::time::Duration;

use scene::Scene;
use windlass_core::{Cancel, Context, ErrorKind, Limits, Report, Result};
use windlass_testkit::{Fault, Faults, Faulty, block_on, poll_once};

/// How long a call may take; `None` for one that cannot wait.
type Limit = fn(&Limits) -> Option<Duration>;

/// What a part is asked in a pass, by the name of the method, and how long it may take to answer. With `base` it is the
/// source of another artifact.
const CALLS: [(&str, Limit); 26] = [
    ("resolve", asking),
    ("fetch", fetching),
    ("render", rendering),
    ("transform", rendering),
    ("source", never), // of an address
    ("base resolve", asking),
    ("base fetch", fetching),
    ("observe", gathering),
    ("admit", gathering),
    ("predict", gathering),
    ("takes", gathering),
    ("capabilities", gathering),
    ("apply", writing),
    ("delete", writing),
    ("load", asking),
    ("key", asking),
    ("save", saving),
    ("units", asking),
    ("controls", asking),
    ("review", asking),
    ("emit", never),
    ("assess", never),
    ("edges", never),
    ("read", never),
    ("check", never),
    ("exclusions", gathering),
];

/// How much longer than its limit a call may take.
const GRACE: Duration = Duration::from_secs(1);

fn asking(limits: &Limits) -> Option<Duration> {
    Some(limits.request_timeout)
}

fn fetching(limits: &Limits) -> Option<Duration> {
    Some(limits.fetch_timeout)
}

fn rendering(limits: &Limits) -> Option<Duration> {
    Some(limits.render_timeout)
}

fn gathering(limits: &Limits) -> Option<Duration> {
    Some(limits.gather_timeout)
}

fn writing(limits: &Limits) -> Option<Duration> {
    Some(limits.write_timeout)
}

fn saving(limits: &Limits) -> Option<Duration> {
    Some(limits.save_timeout)
}

/// It cannot wait.
fn never(_: &Limits) -> Option<Duration> {
    None
}

/// Says whether an object may have been deleted in a pass that ended so: all else was well by then.
fn may_delete(call: &str, report: &Result<Report>) -> bool {
    let all_else = |report: &Report| report.counts().failed + report.counts().skipped == 0;
    // What comes behind a deletion is its own end, and a save.
    match call {
        "delete" => true,
        "save" => report.as_ref().is_ok_and(all_else),
        _ => report.as_ref().is_ok_and(Report::is_success),
    }
}

/// Converges, lets a call go wrong in a pass that has everything to do, and then repairs.
#[track_caller]
fn check(call: &'static str, limit: Option<Duration>, fault: Fault) {
    let scene = Scene::converged(call);
    scene.spoil(call, fault);
    for _ in 0..3 {
        let before = scene.was_deleted();
        let report = scene.apply();
        if scene.was_deleted() != before {
            assert!(may_delete(call, &report), "{call} {fault:?}: deleted, and yet: {report:?}");
        }
        scene.check_others(&report);
    }
    assert!(scene.faults.calls() > 0, "{call} is never called");
    if let Some(limit) = limit {
        let longest = scene.faults.longest();
        assert!(longest <= limit + GRACE, "{call} {fault:?}: a call took {longest:?}");
        assert!(longest >= limit || fault != Fault::Hangs, "{call}: a call was cut off after {longest:?}");
    }
    scene.repair();
}

#[test]
fn a_call_that_hangs_ends_at_its_limit_and_the_next_pass_repairs() {
    for (call, limit) in CALLS.map(|(call, limit)| (call, limit(&Limits::default()))) {
        if limit.is_some() {
            check(call, limit, Fault::Hangs);
        }
    }
}

#[test]
fn a_call_that_panics_is_an_error_and_the_next_pass_repairs() {
    for (call, limit) in CALLS {
        check(call, limit(&Limits::default()), Fault::Panics);
    }
}

#[test]
fn a_call_that_fails_every_second_time_deletes_nothing_and_the_next_pass_repairs() {
    for (call, limit) in CALLS {
        check(call, limit(&Limits::default()), Fault::FailsEverySecond);
    }
}

#[test]
fn a_call_that_is_late_ends_at_its_limit_and_the_next_pass_repairs() {
    for (call, limit) in CALLS.map(|(call, limit)| (call, limit(&Limits::default()))) {
        let late = limit.unwrap_or(Duration::from_secs(60)) + Duration::from_secs(10);
        // What cannot wait cannot be cut off either, so that its time is its own affair.
        let limit = limit.filter(|_| !matches!(call, "render" | "transform"));
        check(call, limit, Fault::IsLate(late));
    }
}

/// The calls that wait, and can be left alone.
fn awaited() -> impl Iterator<Item = (&'static str, Duration)> {
    let waits = |call: &str| !matches!(call, "render" | "transform");
    let limits = Limits::default();
    CALLS.into_iter().filter_map(move |(call, limit)| Some((call, limit(&limits).filter(|_| waits(call))?)))
}

#[test]
fn a_pass_that_is_dropped_in_the_middle_of_a_call_deletes_nothing_and_the_next_pass_repairs() {
    for (call, _) in awaited() {
        let scene = Scene::converged(call);
        scene.spoil(call, Fault::Hangs);
        let mut pass = Box::pin(scene.fleet.apply(&scene.cx));
        for _ in 0..10_000 {
            let done = block_on(poll_once(pass.as_mut())).is_some();
            assert!(!done, "{call} is never called");
            if scene.faults.under_way() > 0 {
                break;
            }
            scene.clock.advance(Duration::from_millis(10));
        }
        drop(pass);
        assert_eq!(scene.faults.under_way(), 0, "{call} is dropped with its pass");
        assert!(!scene.was_deleted(), "{call}: deleted");
        scene.repair();
    }
}

#[test]
fn a_pass_that_is_cancelled_in_the_middle_of_a_call_ends_at_once_and_the_next_pass_repairs() {
    for (call, limit) in awaited() {
        let scene = Scene::converged(call);
        scene.spoil(call, Fault::Hangs);
        let cancel = Cancel::new();
        let cx = scene.cx.clone().with_cancel(cancel.clone());
        let meanwhile = async {
            while scene.faults.under_way() == 0 {
                scene.cx.sleep(Duration::from_millis(10)).await.unwrap();
            }
            cancel.cancel();
            scene.cx.now().mono
        };
        let both = futures_util::future::join(scene.fleet.apply(&cx), meanwhile);
        let (reports, cancelled) = scene.clock.block_on(both);
        let took = scene.cx.now().mono.saturating_sub(cancelled);
        // What is being written is waited for, within its limit.
        let limit = if matches!(call, "apply" | "delete" | "save") { limit } else { Duration::ZERO };
        assert!(took <= limit + GRACE, "{call}: ended {took:?} after it was cancelled: {reports:?}");
        assert!(!scene.was_deleted(), "{call}: deleted");
        scene.repair();
    }
}

#[test]
fn a_watch_that_breaks_is_made_up_for_at_the_interval() {
    for call in ["changed", "moved", "follow"] {
        for fault in
            [Fault::Hangs, Fault::Panics, Fault::FailsEverySecond, Fault::IsLate(Duration::from_secs(90))]
        {
            let scene = Scene::watched();
            scene.faults.set(call, fault);
            scene.run(async || {
                scene.sleep(100).await;
                assert_eq!(scene.content("a").as_deref(), Some("1"), "{call} {fault:?}");
                scene.edit("a");
                scene.sleep(240).await;
                assert_eq!(scene.content("a").as_deref(), Some("1"), "{call} {fault:?}: it was put back");
                scene.commit_next();
                scene.sleep(240).await;
                assert_eq!(
                    scene.content("a").as_deref(),
                    Some("2"),
                    "{call} {fault:?}: the commit is applied"
                );
                assert!(scene.is_alive(), "{call} {fault:?}: and the other unit goes on");
            });
            assert!(scene.faults.calls() > 0, "{call} is never called");
            scene.check_told();
        }
    }
}

#[test]
fn a_clock_that_panics_is_an_error_of_the_pass() {
    let scene = Scene::converged("now");
    let faults = Faults::new(&scene.clock);
    let cx = Context::new(Faulty::new(scene.clock.clone(), &faults));
    for call in ["now", "sleep"] {
        // Somebody has to wait for a clock to be asked.
        scene.faults.set("observe", Fault::Hangs);
        faults.set(call, Fault::Panics);
        let error = scene.clock.block_on(scene.engine.reconcile(&cx)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal, "{call}: {error}");
        scene.check_others(&Err(error));
        assert!(!scene.was_deleted(), "{call}");
        faults.clear();
    }
    scene.repair();
}

#[test]
fn where_nobody_can_read_what_is_asked_of_a_unit_its_pass_says_so_and_writes_nothing() {
    for (fault, kind) in [
        (Fault::Hangs, ErrorKind::Timeout),
        (Fault::Panics, ErrorKind::Internal),
        (Fault::IsLate(Duration::from_secs(90)), ErrorKind::Timeout),
    ] {
        let scene = Scene::converged("control");
        scene.faults.set("control", fault);
        let error = scene.clock.block_on(scene.engine.reconcile(&scene.cx)).unwrap_err();
        assert_eq!(error.kind(), kind, "{fault:?}: {error}");
        assert!(scene.faults.longest() <= scene.cx.limits().request_timeout + GRACE);
        assert_eq!(scene.content("a").as_deref(), Some("1"), "{fault:?}: nothing is written");
        scene.check_others(&Err(error));
        scene.repair();
    }
}
