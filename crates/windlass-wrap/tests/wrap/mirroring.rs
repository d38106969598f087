//! The first that answers.

use windlass_core::{Artifact, Cancel, Error, ErrorKind, Paths, Result, Retry, Source, TreePath};
use windlass_testkit::{Fault, Faults, Faulty, MemorySource, TestClock, block_on, files, poll_once};
use windlass_wrap::MirroredSource;

use crate::scene::{Liar, all, down, memory, newest, seconds};

fn two() -> (MemorySource, MemorySource, MirroredSource) {
    let (first, second) = (memory("a"), memory("a"));
    let source = MirroredSource::new(first.clone()).with_mirror(second.clone());
    (first, second, source)
}

fn text(artifact: &Artifact) -> String {
    let bytes = artifact.files().read(&TreePath::new("a.yaml").unwrap()).unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_second_is_asked_where_the_first_fails_and_only_there() {
    let ((first, second, source), clock) = (two(), TestClock::new());
    clock.block_on(newest(&source, &clock.context())).unwrap();
    assert_eq!((first.take_requests().len(), second.take_requests().len()), (2, 0));
    for kind in [ErrorKind::Unavailable, ErrorKind::NotFound, ErrorKind::Denied, ErrorKind::Corrupt] {
        first.go_down(Error::new(kind, "no"));
        clock.block_on(newest(&source, &clock.context())).unwrap();
        assert_eq!(second.take_requests().len(), 2, "{kind:?}");
        assert_eq!(first.take_requests().len(), 1, "{kind:?}: the second said it, so it is asked first");
    }
}

#[test]
fn a_revision_is_fetched_from_whoever_said_it_and_then_from_the_others() {
    let ((first, second, source), clock) = (two(), TestClock::new());
    let cx = clock.context();
    first.fail_next_resolve(down());
    let now = clock.block_on(source.resolve(&cx)).unwrap().revision;
    drop(first.take_requests());
    clock.block_on(source.fetch(&cx, &now, &Paths::All)).unwrap();
    assert_eq!(first.take_requests().len(), 0);
    second.go_down(down());
    clock.block_on(source.fetch(&cx, &now, &Paths::All)).unwrap();
    assert_eq!(first.take_requests().len(), 1, "the second is down, the first has it too");
}

#[test]
fn where_all_fail_each_is_told_those_first_that_may_answer_later() {
    let ((first, second, source), clock) = (two(), TestClock::new());
    let source = source.with_mirrors(vec![std::sync::Arc::new(MemorySource::new())]);
    first.go_down(Error::new(ErrorKind::Denied, "the token is wrong"));
    second.go_down(down().retrying(Retry::After(seconds(7))));
    let error = clock.block_on(source.resolve(&clock.context())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "3 problems\n\
         - no route to host (mirror=2 of 3)\n\
         - the token is wrong (mirror=1 of 3)\n\
         - no revision yet (mirror=3 of 3)"
    );
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::After(seconds(7))));
}

#[test]
fn what_is_not_found_is_said_by_all() {
    let (clock, lacks) = (TestClock::new(), MemorySource::new());
    let second = MemorySource::new();
    let source = MirroredSource::new(lacks).with_mirror(second.clone());
    let error = clock.block_on(source.resolve(&clock.context())).unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::NotFound, Retry::Never));
    for (kind, retry) in [(ErrorKind::Denied, Retry::Never), (ErrorKind::Unavailable, Retry::Backoff)] {
        second.go_down(Error::new(kind, "no"));
        let error = clock.block_on(source.resolve(&clock.context())).unwrap_err();
        assert_eq!((error.kind(), error.retry()), (kind, retry), "it may have it");
    }
}

#[test]
fn one_alone_fails_as_the_bare_one_does() {
    let (clock, first) = (TestClock::new(), memory("a"));
    first.go_down(down());
    let source = MirroredSource::new(first);
    assert_eq!(clock.block_on(source.resolve(&clock.context())).unwrap_err(), down());
}

#[test]
fn one_that_hangs_leaves_the_others_their_share_of_the_time() {
    let clock = TestClock::new();
    let (cx, faults) = (clock.context(), Faults::new(&clock));
    let source = MirroredSource::new(Faulty::new(memory("a"), &faults))
        .with_mirror(Faulty::new(memory("a"), &faults))
        .with_mirror(memory("a"));
    faults.set("resolve", Fault::Hangs);
    assert!(clock.block_on(source.resolve(&cx)).is_ok());
    assert_eq!(cx.now().mono, seconds(20 + 20), "of the 60 s that an engine waits");
    let cx = clock.context().with_timeout(seconds(9));
    assert!(clock.block_on(source.resolve(&cx)).is_ok(), "of what is left until the deadline");
    assert_eq!((faults.calls(), faults.under_way()), (4, 0));
}

#[test]
fn a_mirror_that_brings_another_revision_is_refused() {
    let (clock, honest) = (TestClock::new(), memory("a"));
    let liar = Liar { honest: honest.clone(), brings: files([("a.yaml", "evil")]), pretends: false };
    let source = MirroredSource::new(liar).with_mirror(honest.clone());
    let artifact = clock.block_on(newest(&source, &clock.context())).unwrap();
    assert_eq!(text(&artifact), "a");
    honest.go_down(down());
    let liar = Liar { honest: memory("a"), brings: files([("a.yaml", "evil")]), pretends: false };
    let source = MirroredSource::new(liar).with_mirror(honest);
    let error = clock.block_on(newest(&source, &clock.context())).unwrap_err();
    let lies = error.problems().iter().find(|problem| problem.kind() == ErrorKind::Corrupt).unwrap();
    assert_eq!(lies.message(), "another revision came");
    assert_eq!(lies.context("mirror"), Some("1 of 2"));
}

#[test]
fn a_mirror_that_lies_about_the_content_of_a_revision_is_refused() {
    let (clock, honest) = (TestClock::new(), memory("a"));
    let liar = Liar { honest: honest.clone(), brings: files([("a.yaml", "evil")]), pretends: true };
    let source = MirroredSource::new(honest.clone()).with_mirror(liar);
    let first = clock.block_on(newest(&source, &clock.context())).unwrap();
    honest.fail_next_fetch(down());
    let fetch = |revision| clock.block_on(source.fetch(&clock.context(), revision, &Paths::All));
    let error = fetch(first.revision()).unwrap_err();
    assert_eq!(error.problems()[1].kind(), ErrorKind::Corrupt);
    assert_eq!(error.problems()[1].message(), "the revision came with other content than before");
    assert_eq!(fetch(first.revision()).map(|artifact| text(&artifact)), Ok("a".into()));
}

#[test]
fn a_cancelled_call_asks_no_further_mirror() {
    let ((first, second, source), clock) = (two(), TestClock::new());
    let cancel = Cancel::new();
    let cx = clock.context().with_cancel(cancel.clone());
    first.hang();
    type Work<'a> = std::pin::Pin<Box<dyn Future<Output = Result<()>> + 'a>>;
    let resolving: Work<'_> = Box::pin(async { source.resolve(&cx).await.map(drop) });
    let cancelling: Work<'_> = Box::pin(async {
        clock.context().sleep(seconds(1)).await?;
        cancel.cancel();
        Ok(())
    });
    let done = all(&clock, vec![resolving, cancelling]);
    assert_eq!(done[0].as_ref().unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(second.requests(), [""; 0]);
    assert_eq!(clock.context().now().mono, seconds(1));
}

#[test]
fn whoever_answered_last_is_watched() {
    let (first, second) = (memory("a").with_watch(), memory("a").with_watch());
    let source = MirroredSource::new(first.clone()).with_mirror(second.clone());
    let clock = TestClock::new();
    let cx = clock.context();
    let moved = || block_on(poll_once(source.watch().unwrap().moved(&cx))).is_some();
    clock.block_on(source.resolve(&cx)).unwrap();
    second.commit(files([("a.yaml", "b")]));
    assert!(!moved(), "the first answered");
    first.commit(files([("a.yaml", "b")]));
    assert!(moved());
    first.go_down(down());
    clock.block_on(source.resolve(&cx)).unwrap();
    first.commit(files([("a.yaml", "c")]));
    assert!(!moved(), "the second answered");
    second.commit(files([("a.yaml", "c")]));
    assert!(moved());
}

#[test]
fn a_wait_that_began_before_another_answered_is_told_of_its_changes() {
    let (first, second) = (memory("a").with_watch(), memory("a").with_watch());
    let source = MirroredSource::new(first.clone()).with_mirror(second.clone());
    let clock = TestClock::new();
    let cx = clock.context();
    clock.block_on(source.resolve(&cx)).unwrap();
    let mut moved = source.watch().unwrap().moved(&cx);
    let waits = |moved: &mut std::pin::Pin<Box<dyn Future<Output = Result<()>> + Send + '_>>| {
        block_on(poll_once(std::future::poll_fn(|cx| moved.as_mut().poll(cx)))).is_none()
    };
    assert!(waits(&mut moved));
    first.go_down(down());
    clock.block_on(source.resolve(&cx)).unwrap();
    assert!(waits(&mut moved));
    second.commit(files([("a.yaml", "b")]));
    assert!(!waits(&mut moved));
}

#[test]
fn without_a_watch_of_each_there_is_none() {
    let source = MirroredSource::new(memory("a").with_watch());
    assert!(source.watch().is_some());
    assert!(source.with_mirror(memory("a")).watch().is_none());
}

#[test]
fn what_is_remembered_is_bounded_and_what_was_forgotten_is_asked_in_order() {
    let ((first, second, source), clock) = (two(), TestClock::new());
    let cx = clock.context();
    first.fail_next_resolve(down());
    let old = clock.block_on(source.resolve(&cx)).unwrap().revision;
    for at in 0..100 {
        first.commit(files([("a.yaml", format!("{at}").as_str())]));
        clock.block_on(source.resolve(&cx)).unwrap();
    }
    drop(first.take_requests());
    drop(second.take_requests());
    clock.block_on(source.fetch(&cx, &old, &Paths::All)).unwrap();
    assert_eq!((first.requests().len(), second.requests().len()), (1, 0));
}
