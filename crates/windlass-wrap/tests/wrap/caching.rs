//! Artifacts that are kept and shared.

use windlass_core::{Artifact, Cancel, ErrorKind, Limits, Paths, Result, Revision, Source, TreePath};
use windlass_testkit::{Fault, Faults, Faulty, MemorySource, TestClock, block_on, files, poll_once};
use windlass_wrap::CachedSource;

use crate::scene::{Liar, all, down, memory, newest, seconds};

/// A source with so many revisions of four bytes each.
fn history(count: usize) -> (MemorySource, Vec<Revision>) {
    let memory = MemorySource::new();
    let revisions = (0..count).map(|at| memory.commit(files([("a.yaml", format!("{at:04}").as_str())])));
    let revisions = revisions.collect();
    (memory, revisions)
}

fn fetch(source: &dyn Source, clock: &TestClock, revision: &Revision, paths: &Paths) -> Result<Artifact> {
    clock.block_on(source.fetch(&clock.context(), revision, paths))
}

fn under(path: &str) -> Paths {
    Paths::Under(vec![TreePath::new(path).unwrap()])
}

#[test]
fn a_revision_is_fetched_once_and_what_the_source_is_now_is_asked_each_time() {
    let (clock, inner) = (TestClock::new(), memory("a"));
    let source = CachedSource::new(inner.clone());
    let first = clock.block_on(newest(&source, &clock.context())).unwrap();
    let second = clock.block_on(newest(&source, &clock.context())).unwrap();
    assert_eq!(first.digest(), second.digest());
    let asked = inner.requests();
    assert_eq!(asked.iter().filter(|request| *request == "resolve").count(), 2, "{asked:?}");
    assert_eq!(asked.len(), 3, "{asked:?}");
}

#[test]
fn what_is_kept_is_there_while_the_source_is_down() {
    let (clock, (inner, revisions)) = (TestClock::new(), history(2));
    let source = CachedSource::new(inner.clone());
    fetch(&source, &clock, &revisions[0], &Paths::All).unwrap();
    inner.go_down(down());
    assert!(fetch(&source, &clock, &revisions[0], &Paths::All).is_ok());
    assert_eq!(fetch(&source, &clock, &revisions[1], &Paths::All).unwrap_err(), down());
    inner.come_up();
    assert!(fetch(&source, &clock, &revisions[1], &Paths::All).is_ok(), "an error is not kept");
}

#[test]
fn the_artifact_that_was_not_asked_for_the_longest_goes_first() {
    let (clock, (inner, revisions)) = (TestClock::new(), history(3));
    for source in [
        CachedSource::new(inner.clone()).with_artifacts_max(2),
        CachedSource::new(inner.clone()).with_bytes_max(8),
    ] {
        let fetched = |at: usize| {
            drop(inner.take_requests());
            fetch(&source, &clock, &revisions[at], &Paths::All).unwrap();
            inner.take_requests().len()
        };
        assert_eq!([0, 1, 0, 2].map(fetched), [1, 1, 0, 1], "{source:?}");
        assert_eq!([0, 2, 1].map(fetched), [0, 0, 1], "{source:?}: 1 had to go");
    }
}

#[test]
fn an_artifact_that_is_larger_than_all_places_is_given_and_not_kept() {
    let (clock, (inner, revisions)) = (TestClock::new(), history(2));
    let source = CachedSource::new(inner.clone()).with_bytes_max(3);
    for _ in 0..2 {
        let artifact = fetch(&source, &clock, &revisions[1], &Paths::All).unwrap();
        assert_eq!(artifact.files().read(&TreePath::new("a.yaml").unwrap()).unwrap(), "0001");
    }
    assert_eq!(inner.requests().len(), 2);
    let none = CachedSource::new(inner.clone()).with_artifacts_max(0);
    fetch(&none, &clock, &revisions[1], &Paths::All).unwrap();
    fetch(&none, &clock, &revisions[1], &Paths::All).unwrap();
    assert_eq!(inner.requests().len(), 4, "nothing is kept where nothing may be");
}

#[test]
fn more_paths_serve_fewer_and_never_the_other_way_round() {
    let clock = TestClock::new();
    let inner = MemorySource::of(files([("apps/web/a.yaml", "a"), ("base/b.yaml", "b")]));
    let revision = clock.block_on(inner.resolve(&clock.context())).unwrap().revision;
    let source = CachedSource::new(inner.clone());
    drop(inner.take_requests());
    let asked = |paths: Paths| {
        fetch(&source, &clock, &revision, &paths).unwrap();
        inner.take_requests().len()
    };
    assert_eq!(asked(under("apps")), 1);
    assert_eq!(asked(under("apps/web")), 0);
    assert_eq!(asked(under("base")), 1);
    assert_eq!(asked(Paths::All), 1);
    assert_eq!([under("apps"), under("base"), Paths::All].map(asked), [0, 0, 0]);
}

#[test]
fn callers_with_other_limits_do_not_share() {
    let (clock, inner) = (TestClock::new(), memory("large"));
    let source = CachedSource::new(inner.clone());
    let mut narrow = Limits::default();
    narrow.file_bytes_max = 2;
    let path = TreePath::new("a.yaml").unwrap();
    let cx = clock.context();
    for (cx, may) in
        [(cx.clone().with_limits(narrow.clone()), false), (cx.clone(), true), (cx.with_limits(narrow), false)]
    {
        let artifact = clock.block_on(newest(&source, &cx)).unwrap();
        assert_eq!(artifact.files().read(&path).is_ok(), may);
    }
}

#[test]
fn those_who_ask_at_once_share_one_fetch() {
    let clock = TestClock::new();
    let (faults, (inner, revisions)) = (Faults::new(&clock), history(2));
    let source = CachedSource::new(Faulty::new(inner.clone(), &faults));
    faults.set("fetch", Fault::IsLate(seconds(9)));
    let cx = clock.context();
    let asks = |at: usize| source.fetch(&cx, &revisions[at], &Paths::All);
    let done = all(&clock, vec![asks(0), asks(0), asks(1), asks(0), asks(0)]);
    assert!(done.iter().all(Result::is_ok));
    assert_eq!(inner.requests().len(), 2, "one for each revision");
    assert_eq!(cx.now().mono, seconds(9), "and the revisions side by side");
}

#[test]
fn where_a_shared_fetch_fails_or_is_dropped_the_next_makes_its_own() {
    let clock = TestClock::new();
    let (cx, (inner, revisions)) = (clock.context(), history(1));
    let source = CachedSource::new(inner.clone());
    inner.fail_next_fetch(down());
    let asks = || source.fetch(&cx, &revisions[0], &Paths::All);
    let done = all(&clock, vec![asks(), asks(), asks()]);
    assert_eq!(done.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true, true]);
    assert_eq!(inner.take_requests().len(), 2);

    let source = CachedSource::new(inner.clone());
    inner.hang();
    let asks = || source.fetch(&cx, &revisions[0], &Paths::All);
    assert!(block_on(poll_once(asks())).is_none(), "dropped while it waits");
    inner.come_up();
    assert!(clock.block_on(asks()).is_ok());
}

#[test]
fn who_waits_for_a_fetch_of_another_keeps_his_own_deadline_and_cancellation() {
    let clock = TestClock::new();
    let (faults, (inner, revisions)) = (Faults::new(&clock), history(1));
    let source = CachedSource::new(Faulty::new(inner, &faults));
    faults.set("fetch", Fault::IsLate(seconds(9)));
    let cancel = Cancel::new();
    cancel.cancel();
    let contexts =
        [clock.context(), clock.context().with_timeout(seconds(2)), clock.context().with_cancel(cancel)];
    let asks = contexts.iter().map(|cx| source.fetch(cx, &revisions[0], &Paths::All)).collect();
    let kinds: Vec<_> =
        all(&clock, asks).iter().map(|done| done.as_ref().err().map(windlass_core::Error::kind)).collect();
    assert_eq!(kinds, [None, Some(ErrorKind::Timeout), Some(ErrorKind::Cancelled)]);
}

#[test]
fn what_is_another_revision_than_asked_for_is_never_kept() {
    let (clock, honest) = (TestClock::new(), memory("a"));
    let revision = clock.block_on(honest.resolve(&clock.context())).unwrap().revision;
    let brings = files([("a.yaml", "other")]);
    let source = CachedSource::new(Liar { honest, brings: brings.clone(), pretends: false });
    fetch(&source, &clock, &revision, &Paths::All).unwrap();
    let other = brings.artifact().revision().clone();
    let again = fetch(&source, &clock, &revision, &Paths::All).unwrap();
    assert_eq!(again.revision().id, other.id, "it is asked for again, and the caller sees what came");
}

#[test]
fn folders_that_lead_around_in_circles_are_given_and_counted_within_limits() {
    let clock = TestClock::new();
    let inner =
        MemorySource::of(files([("a/b.yaml", "b")]).with_link("a/round", "..").with_link("a/again", ".."));
    let (source, mut limits) = (CachedSource::new(inner), Limits::default());
    limits.files_max = 100;
    let cx = clock.context().with_limits(limits);
    let artifact = clock.block_on(newest(&source, &cx)).unwrap();
    assert!(artifact.files().read(&TreePath::new("a/b.yaml").unwrap()).is_ok());
}
