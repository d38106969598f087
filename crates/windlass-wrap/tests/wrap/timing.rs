//! A time-out of its own.

use windlass_core::{Cancel, ErrorKind, Paths, Revision, Source};
use windlass_testkit::{Fault, Faults, Faulty, TestClock};
use windlass_wrap::TimedSource;

use crate::scene::{memory, seconds};

#[test]
fn a_call_ends_at_its_own_limit_also_where_the_source_takes_no_notice() {
    let clock = TestClock::new();
    let (cx, faults) = (clock.context(), Faults::new(&clock));
    let source = TimedSource::new(Faulty::new(memory("a"), &faults))
        .with_resolve_timeout(seconds(5))
        .with_fetch_timeout(seconds(50));
    for (call, limit) in [("resolve", 5), ("fetch", 50)] {
        faults.set(call, Fault::Hangs);
        let began = cx.now().mono;
        let error = clock.block_on(async {
            match call {
                "resolve" => source.resolve(&cx).await.map(drop),
                _ => source.fetch(&cx, &Revision::new("x"), &Paths::All).await.map(drop),
            }
        });
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!(
            error.to_string(),
            format!("the source took too long (call={call}, limit={:?})", seconds(limit))
        );
        assert_eq!(cx.now().mono - began, seconds(limit));
        assert_eq!(faults.under_way(), 0, "what hangs is dropped");
    }
}

#[test]
fn what_answers_within_the_limit_is_as_it_is() {
    let clock = TestClock::new();
    let (cx, faults) = (clock.context(), Faults::new(&clock));
    let source = TimedSource::new(Faulty::new(memory("a"), &faults)).with_resolve_timeout(seconds(5));
    faults.set("resolve", Fault::IsLate(seconds(4)));
    assert!(clock.block_on(source.resolve(&cx)).is_ok());
    faults.set("resolve", Fault::IsLate(seconds(6)));
    assert_eq!(clock.block_on(source.resolve(&cx)).unwrap_err().kind(), ErrorKind::Timeout);
}

#[test]
fn the_deadline_and_the_cancellation_of_the_caller_stay_its_own() {
    let (clock, inner) = (TestClock::new(), memory("a"));
    inner.hang();
    let source = TimedSource::new(inner).with_resolve_timeout(seconds(5));
    let cx = clock.context().with_timeout(seconds(2));
    let error = clock.block_on(source.resolve(&cx)).unwrap_err();
    assert_eq!((error.kind(), error.context("limit")), (ErrorKind::Timeout, None), "{error}");
    assert_eq!(cx.now().mono, seconds(2));
    let cancel = Cancel::new();
    cancel.cancel();
    let error = clock.block_on(source.resolve(&clock.context().with_cancel(cancel))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}
