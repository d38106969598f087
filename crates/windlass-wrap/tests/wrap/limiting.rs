//! Limits of its own.

use windlass_core::{Cancel, ErrorKind, Limits, Paths, Source, TreePath};
use windlass_testkit::{Fault, Faults, Faulty, MemorySource, TestClock, files};
use windlass_wrap::LimitedSource;

use crate::scene::{all, memory, newest, seconds};

fn two() -> MemorySource {
    MemorySource::of(files([("a/a.yaml", "1234"), ("b.yaml", "5678")]))
}

/// Fetches, and gives the limit that was reached.
#[track_caller]
fn check(source: LimitedSource, expected: Option<(&str, &str)>) {
    let clock = TestClock::new();
    let error = clock.block_on(newest(&source, &clock.context())).err();
    assert_eq!(error.as_ref().map(windlass_core::Error::kind), expected.map(|_| ErrorKind::Limit));
    let limit = error.as_ref().and_then(|error| error.contexts().next());
    assert_eq!(limit, expected);
}

#[test]
fn an_artifact_over_a_limit_is_refused_and_one_at_the_limit_is_not() {
    check(LimitedSource::new(two()).with_artifact_bytes_max(8).with_files_max(2), None);
    check(LimitedSource::new(two()).with_artifact_bytes_max(7), Some(("artifact_bytes_max", "7")));
    check(LimitedSource::new(two()).with_files_max(1), Some(("files_max", "1")));
    check(LimitedSource::new(two()), None);
}

#[test]
fn only_what_was_asked_for_counts() {
    let clock = TestClock::new();
    let (cx, source) = (clock.context(), LimitedSource::new(two()).with_artifact_bytes_max(4));
    let now = clock.block_on(source.resolve(&cx)).unwrap().revision;
    let asks = |paths: Paths| clock.block_on(source.fetch(&cx, &now, &paths)).is_ok();
    let under =
        |paths: &[&str]| Paths::Under(paths.iter().map(|path| TreePath::new(path).unwrap()).collect());
    assert!(asks(under(&["a"])) && asks(under(&["b.yaml"])) && asks(under(&["none"])));
    assert!(asks(under(&["a", "a/a.yaml"])), "nothing counts twice");
    assert!(!asks(under(&["a", "b.yaml"])) && !asks(Paths::All));
}

#[test]
fn the_limit_of_a_file_goes_to_the_source_and_is_never_wider_than_the_callers() {
    let clock = TestClock::new();
    let path = TreePath::new("b.yaml").unwrap();
    let reads = |own: u64, callers: u64| {
        let mut limits = Limits::default();
        limits.file_bytes_max = callers;
        let source = LimitedSource::new(two()).with_file_bytes_max(own);
        let artifact = clock.block_on(newest(&source, &clock.context().with_limits(limits))).unwrap();
        artifact.files().read(&path).is_ok()
    };
    assert!(reads(4, 100) && reads(100, 4));
    assert!(!reads(3, 100) && !reads(100, 3));
}

#[test]
fn so_many_calls_are_under_way_at_once_and_no_more() {
    let clock = TestClock::new();
    let (cx, faults) = (clock.context(), Faults::new(&clock));
    for (calls, rounds) in [(1, 6), (2, 3), (4, 2), (0, 6)] {
        faults.set("resolve", Fault::IsLate(seconds(10)));
        let source = LimitedSource::new(Faulty::new(memory("a"), &faults)).with_calls_max(calls);
        let began = cx.now().mono;
        let done = all(&clock, (0..6).map(|_| source.resolve(&cx)).collect());
        assert!(done.iter().all(Result::is_ok));
        assert_eq!(cx.now().mono - began, seconds(10 * rounds), "{calls} at once");
    }
}

#[test]
fn who_waits_for_a_turn_keeps_his_own_deadline_and_cancellation_and_gives_it_on() {
    let clock = TestClock::new();
    let faults = Faults::new(&clock);
    let source = LimitedSource::new(Faulty::new(memory("a"), &faults)).with_calls_max(1);
    faults.set("resolve", Fault::IsLate(seconds(10)));
    let cancel = Cancel::new();
    cancel.cancel();
    let contexts = [
        clock.context(),
        clock.context().with_timeout(seconds(2)),
        clock.context().with_cancel(cancel),
        clock.context(),
    ];
    let done = all(&clock, contexts.iter().map(|cx| source.resolve(cx)).collect());
    let kinds: Vec<_> = done.iter().map(|done| done.as_ref().err().map(windlass_core::Error::kind)).collect();
    assert_eq!(kinds, [None, Some(ErrorKind::Timeout), Some(ErrorKind::Cancelled), None]);
    assert_eq!(faults.calls(), 2, "who gave up never asked");
    assert_eq!(clock.context().now().mono, seconds(20));
}
