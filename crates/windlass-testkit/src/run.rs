//! Running futures without a runtime.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Runs a future to its end on this thread, which is parked while the future waits.
///
/// It drives no timers: work that sleeps on a [`TestClock`](crate::TestClock) is run with
/// [`TestClock::block_on`](crate::TestClock::block_on), or on a clock made with
/// [`TestClock::auto`](crate::TestClock::auto).
///
/// ```
/// assert_eq!(windlass_testkit::block_on(async { 6 * 7 }), 42);
/// ```
pub fn block_on<F: Future>(work: F) -> F::Output {
    drive(work, || false)
}

/// Polls a future exactly once and drops it; gives its output where that was enough. What a cancelled caller does.
///
/// ```
/// use windlass_testkit::{block_on, poll_once};
/// assert_eq!(block_on(poll_once(async { 1 })), Some(1));
/// assert_eq!(block_on(poll_once(std::future::pending::<()>())), None);
/// ```
pub async fn poll_once<F: Future>(work: F) -> Option<F::Output> {
    poll_times(work, 1).await
}

/// Runs a future until it has waited `times` times, and drops it there; gives its output where it ended before.
pub(crate) async fn poll_times<F: Future>(work: F, times: usize) -> Option<F::Output> {
    let (mut work, mut waits) = (pin!(work), 0);
    poll_fn(|cx| {
        let done = poll(work.as_mut(), cx);
        waits += 1;
        if done.is_some() || waits >= times { Poll::Ready(done) } else { Poll::Pending }
    })
    .await
}

/// Runs two futures side by side to their ends.
pub(crate) async fn join<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut first, mut second) = (None, None);
    poll_fn(|cx| {
        first = first.take().map_or_else(|| poll(a.as_mut(), cx), Some);
        second = second.take().map_or_else(|| poll(b.as_mut(), cx), Some);
        match (first.take(), second.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            (one, two) => {
                (first, second) = (one, two);
                Poll::Pending
            }
        }
    })
    .await
}

/// Runs work until `over` ends, and drops it then; gives its output where it ended before.
pub(crate) async fn unless<A: Future>(work: A, over: impl Future<Output = ()>) -> Option<A::Output> {
    let (mut work, mut over) = (pin!(work), pin!(over));
    poll_fn(|cx| match poll(work.as_mut(), cx) {
        Some(done) => Poll::Ready(Some(done)),
        None => over.as_mut().poll(cx).map(|()| None),
    })
    .await
}

fn poll<F: Future>(work: Pin<&mut F>, cx: &mut Context<'_>) -> Option<F::Output> {
    match work.poll(cx) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

/// Polls until done. When nothing woke the work, `idle` may move things on (and says whether it did); else the thread
/// is parked until somebody wakes it.
pub(crate) fn drive<F: Future>(work: F, mut idle: impl FnMut() -> bool) -> F::Output {
    let mut work = pin!(work);
    let alarm = Arc::new(Alarm { rung: AtomicBool::new(false), sleeper: thread::current() });
    let waker = Waker::from(Arc::clone(&alarm));
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut cx) {
            return done;
        }
        while !alarm.rung.swap(false, Ordering::SeqCst) {
            if !idle() {
                thread::park();
            }
        }
    }
}

struct Alarm {
    rung: AtomicBool,
    sleeper: Thread,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::SeqCst);
        self.sleeper.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_from_another_thread_is_not_missed() {
        let (done, flag) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (seen, raised) = (Arc::clone(&done), Arc::clone(&flag));
        block_on(poll_fn(move |cx| {
            if seen.load(Ordering::SeqCst) {
                return Poll::Ready(());
            }
            if !raised.swap(true, Ordering::SeqCst) {
                let (waker, done) = (cx.waker().clone(), Arc::clone(&seen));
                thread::spawn(move || {
                    done.store(true, Ordering::SeqCst);
                    waker.wake();
                });
            }
            Poll::Pending
        }));
        assert!(done.load(Ordering::SeqCst));
    }
}
