//! Blocking work for an async caller, on a thread of its own and on any runtime.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, oneshot};
use windlass_core::{Context, Error, ErrorKind, Limits, Result, Timestamp};

/// What a piece of blocking work must heed.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    stop: Arc<AtomicBool>,
    deadline: Option<Instant>,
    now: Timestamp,
    limits: Limits,
}

impl Job {
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// When the work was asked for.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// The same work, which has to be done in so long, whatever else stops it earlier.
    pub(crate) fn within(&self, time_max: Duration) -> Self {
        let deadline = [self.deadline, Instant::now().checked_add(time_max)].into_iter().flatten().min();
        Self { deadline, ..self.clone() }
    }

    /// Gives what is left until the work has to be done, `None` without a deadline. Is asked in every long loop.
    pub(crate) fn time_left(&self) -> Result<Option<Duration>> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Cancelled, "cancelled"));
        }
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(Error::new(ErrorKind::Timeout, "the registry took too long"));
        }
        Ok(left)
    }
}

/// Does the work on a thread, of which there are never more than `threads` has permits, and tells it to stop when the
/// context is cancelled, when its deadline has passed, or when the future is dropped.
pub(crate) async fn run<T: Send + 'static>(
    cx: &Context,
    threads: &Arc<Semaphore>,
    work: impl FnOnce(&Job) -> Result<T> + Send + 'static,
) -> Result<T> {
    cx.check()?;
    let late = || Error::new(ErrorKind::Timeout, "the deadline has passed");
    let cancelled = || Error::new(ErrorKind::Cancelled, "cancelled");
    let deadline = async {
        match cx.remaining() {
            Some(left) => cx.clock().sleep(left).await,
            None => std::future::pending().await,
        }
    };
    let done = first(on_thread(cx, threads, work), deadline);
    cx.cancel().until(done).await.ok_or_else(cancelled)?.ok_or_else(late)?
}

async fn on_thread<T: Send + 'static>(
    cx: &Context,
    threads: &Arc<Semaphore>,
    work: impl FnOnce(&Job) -> Result<T> + Send + 'static,
) -> Result<T> {
    let ended = || Error::new(ErrorKind::Internal, "the work ended without an answer");
    let permit = Arc::clone(threads).acquire_owned().await.map_err(|_| ended())?;
    let stop = Arc::new(AtomicBool::new(false));
    let deadline = cx.remaining().and_then(|left| Instant::now().checked_add(left));
    let job = Job { stop: Arc::clone(&stop), deadline, now: cx.now().wall, limits: cx.limits().clone() };
    let _stop = StopOnDrop(stop);
    let (sender, receiver) = oneshot::channel();
    let thread = std::thread::Builder::new().name("windlass-oci".to_owned());
    let started = thread.spawn(move || {
        // Kept by the thread, which may outlive the call.
        let _permit = permit;
        drop(sender.send(work(&job)));
    });
    started.map_err(|error| {
        Error::new(ErrorKind::Unavailable, "no thread for blocking work").caused_by(error)
    })?;
    receiver.await.map_err(|_| ended())?
}

/// What the work gives, or `None` where `end` came before it.
async fn first<T>(work: impl Future<Output = T>, end: impl Future<Output = ()>) -> Option<T> {
    let (mut work, mut end) = (pin!(work), pin!(end));
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => end.as_mut().poll(cx).map(|()| None),
    })
    .await
}

struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by it")]

    use windlass_testkit::TestClock;

    use super::*;

    #[test]
    fn the_deadline_of_the_context_ends_a_call_whose_work_is_stuck() {
        let clock = TestClock::new();
        let cx = clock.context().with_timeout(Duration::from_secs(5));
        let threads = Arc::new(Semaphore::new(1));
        let stuck = |job: &Job| -> Result<()> {
            loop {
                job.time_left()?;
                std::thread::yield_now();
            }
        };
        let error = clock.block_on(run(&cx, &threads, stuck)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        let again = clock.block_on(run(&clock.context(), &threads, Job::time_left));
        assert_eq!(again.unwrap(), None, "the thread was told to stop and gave its permit back");
    }
}
