//! Further attempts.

use std::sync::Mutex;
use std::time::Duration;

use windlass_core::{Cancel, Error, ErrorKind, Limits, Paths, Result, Retry, Source};
use windlass_testkit::{Fault, Faults, Faulty, MemorySource, TestClock};
use windlass_wrap::{Backoff, RetryingSource, TimedSource};

use crate::scene::{all, down, memory, newest, seconds};

fn backoff() -> Backoff {
    Backoff::default().with_attempts_max(4).with_first_wait(seconds(1)).with_wait_max(seconds(3))
}

/// Resolves a source whose calls all end in `error`; gives how often it was asked, after how long it ended, and in what.
fn failing(error: Error, backoff: Backoff, limits: Limits) -> (usize, Duration, Error) {
    let (clock, inner) = (TestClock::new(), MemorySource::new());
    inner.go_down(error);
    let source = RetryingSource::new(inner.clone()).with_backoff(backoff);
    let ended = clock.block_on(source.resolve(&clock.context().with_limits(limits))).unwrap_err();
    (inner.requests().len(), clock.context().now().mono, ended)
}

#[test]
fn a_resolve_is_asked_as_often_as_the_limit_says_and_no_more() {
    for attempts in [1, 2, 4] {
        let (asked, _, error) = failing(down(), backoff().with_attempts_max(attempts), Limits::default());
        assert_eq!(asked, attempts as usize);
        let told = error.context("attempts").map(str::to_owned);
        assert_eq!(told, (attempts > 1).then(|| attempts.to_string()), "{error}");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
    assert_eq!(
        failing(down(), backoff().with_attempts_max(0), Limits::default()).0,
        1,
        "never less than once"
    );
}

#[test]
fn waits_double_up_to_the_longest() {
    let (_, took, _) = failing(down(), backoff(), Limits::default());
    assert_eq!(took, seconds(1 + 2 + 3));
}

#[test]
fn an_injected_number_says_how_much_of_the_second_half_of_a_wait_is_waited() {
    for (number, expected) in
        [(0.0, 3000), (0.5, 4500), (1.0, 6000), (7.0, 6000), (-1.0, 3000), (f64::NAN, 6000)]
    {
        let (_, took, _) = failing(down(), backoff().with_jitter(move || number), Limits::default());
        assert_eq!(took, Duration::from_millis(expected), "{number}");
    }
    let numbers = Mutex::new(vec![1.0, 0.0, 0.5]);
    let jitter = move || numbers.lock().unwrap().pop().unwrap();
    let (_, took, _) = failing(down(), backoff().with_jitter(jitter), Limits::default());
    assert_eq!(took, Duration::from_millis(750 + 1000 + 3000), "one number for each wait");
}

#[test]
fn only_what_may_pass_by_itself_is_tried_again() {
    for kind in [
        ErrorKind::NotFound,
        ErrorKind::Denied,
        ErrorKind::Invalid,
        ErrorKind::Corrupt,
        ErrorKind::Limit,
        ErrorKind::Cancelled,
        ErrorKind::Unsupported,
        ErrorKind::Internal,
    ] {
        let error = Error::new(kind, "no");
        assert_eq!(failing(error.clone(), backoff(), Limits::default()), (1, Duration::ZERO, error));
    }
    let helps = Error::new(ErrorKind::NotFound, "it moved").retrying(Retry::Backoff);
    assert_eq!(failing(helps, backoff(), Limits::default()).0, 4, "the error says so itself");
    let never = down().retrying(Retry::Never);
    assert_eq!(failing(never, backoff(), Limits::default()).0, 1);
    let written = down().maybe_written();
    assert_eq!(failing(written, backoff(), Limits::default()).0, 1, "it may have written");
}

#[test]
fn a_wait_that_the_other_side_names_is_waited_whole() {
    let named = |wait| down().retrying(Retry::After(seconds(wait)));
    assert_eq!(failing(named(2), backoff(), Limits::default()).1, seconds(3 * 2));
    let jitter = backoff().with_jitter(|| 0.5);
    assert_eq!(failing(named(2), jitter, Limits::default()).1, Duration::from_millis(3 * 2500));
    let (asked, took, error) = failing(named(60), backoff(), Limits::default());
    assert_eq!((asked, took), (1, Duration::ZERO), "longer than anybody waits here");
    assert_eq!(error.retry(), Retry::After(seconds(60)), "and told to whoever can wait");
}

#[test]
fn no_attempt_begins_that_would_not_begin_in_time() {
    let limits = |wait| {
        let mut limits = Limits::default();
        limits.request_timeout = seconds(wait);
        limits
    };
    let (asked, took, error) = failing(down(), backoff(), limits(3));
    assert_eq!((asked, took), (2, seconds(1)), "the wait of 2 s would end with the limit");
    assert_eq!(error.message(), "no route to host");
    let (clock, inner) = (TestClock::new(), MemorySource::new());
    inner.go_down(down());
    let source = RetryingSource::new(inner.clone()).with_backoff(backoff());
    let cx = clock.context().with_timeout(seconds(2));
    assert_eq!(clock.block_on(source.resolve(&cx)).unwrap_err().message(), "no route to host");
    assert_eq!((inner.requests().len(), cx.now().mono), (2, seconds(1)));
}

#[test]
fn a_cancelled_wait_ends_at_once_and_says_for_what_it_waited() {
    let (clock, inner, cancel) = (TestClock::new(), MemorySource::new(), Cancel::new());
    inner.go_down(down());
    let source = RetryingSource::new(inner.clone()).with_backoff(backoff());
    let cx = clock.context().with_cancel(cancel.clone());
    let resolving: std::pin::Pin<Box<dyn Future<Output = Result<()>>>> =
        Box::pin(async { source.resolve(&cx).await.map(drop) });
    let cancelling = Box::pin(async {
        clock.context().sleep(Duration::from_millis(300)).await?;
        cancel.cancel();
        Ok(())
    });
    let done = all(&clock, vec![resolving, cancelling]);
    let error = done[0].clone().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(error.explain().contains("no route to host"), "{}", error.explain());
    assert_eq!(clock.context().now().mono, Duration::from_millis(300));
    assert_eq!(inner.requests().len(), 1, "nobody is asked any more");
}

#[test]
fn a_call_that_fails_every_second_time_succeeds() {
    let clock = TestClock::new();
    let (cx, faults) = (clock.context(), Faults::new(&clock));
    let source = RetryingSource::new(Faulty::new(memory("a"), &faults)).with_backoff(backoff());
    for call in ["resolve", "fetch"] {
        faults.set(call, Fault::FailsEverySecond);
        for _ in 0..4 {
            assert!(clock.block_on(newest(&source, &cx)).is_ok(), "{call}");
        }
        assert_eq!(faults.calls(), 7, "{call}: the first, and two for each of three");
    }
}

#[test]
fn each_attempt_has_the_limit_of_the_time_out_inside() {
    let clock = TestClock::new();
    let (cx, faults) = (clock.context(), Faults::new(&clock));
    let timed = TimedSource::new(Faulty::new(memory("a"), &faults)).with_resolve_timeout(seconds(5));
    let source = RetryingSource::new(timed).with_backoff(backoff());
    faults.set("resolve", Fault::Hangs);
    let error = clock.block_on(source.resolve(&cx)).unwrap_err();
    assert_eq!(faults.calls(), 4);
    assert_eq!(cx.now().mono, seconds(4 * 5 + 1 + 2 + 3));
    assert_eq!(error.to_string(), "the source took too long (call=resolve, limit=5s, attempts=4)");
}

#[test]
fn a_fetch_may_take_as_long_as_fetches_may() {
    let (clock, inner) = (TestClock::new(), memory("a"));
    let cx = clock.context();
    let revision = clock.block_on(inner.resolve(&cx)).unwrap().revision;
    inner.go_down(down());
    let slow =
        Backoff::default().with_attempts_max(9).with_first_wait(seconds(60)).with_wait_max(seconds(60));
    let source = RetryingSource::new(inner.clone()).with_backoff(slow);
    drop(inner.take_requests());
    clock.block_on(source.fetch(&cx, &revision, &Paths::All)).unwrap_err();
    assert_eq!(inner.requests().len(), 9, "within 600 s");
}
