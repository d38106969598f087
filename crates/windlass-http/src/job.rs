//! Blocking work for an async caller, on a thread of its own and on any runtime.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, oneshot};
use windlass_core::{Context, Error, ErrorKind, Limits, Result, Timestamp};

use crate::access::Peer;

/// What a piece of blocking work must heed.
#[derive(Debug, Clone)]
pub struct Job {
    stop: Arc<AtomicBool>,
    deadline: Option<Instant>,
    now: Timestamp,
    limits: Limits,
}

impl Job {
    /// The flag that is raised when nobody waits for the work any more, or when its time is up.
    #[must_use]
    pub fn stop(&self) -> &Arc<AtomicBool> {
        &self.stop
    }

    /// The limits of the context.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// When the work was asked for.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The same work, which has to be done in so long, whatever else stops it earlier.
    #[must_use]
    pub fn within(&self, time_max: Duration) -> Self {
        let deadline = [self.deadline, Instant::now().checked_add(time_max)].into_iter().flatten().min();
        Self { deadline, ..self.clone() }
    }

    /// Is asked in every long loop.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] and [`ErrorKind::Cancelled`].
    pub fn check(&self) -> Result<()> {
        if self.is_late() {
            return Err(Error::new(ErrorKind::Timeout, "it took too long"));
        }
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Cancelled, "cancelled"));
        }
        Ok(())
    }

    /// What is left until the work has to be done; `None` without a deadline.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// What is left for an exchange with the other side, which is to blame where nothing is.
    pub(crate) fn left_of(&self, peer: Peer) -> Result<Option<Duration>> {
        self.check().map_err(|error| match error.kind() {
            ErrorKind::Timeout => Error::new(ErrorKind::Timeout, peer.says("took too long")),
            _ => error,
        })?;
        Ok(self.left())
    }

    fn is_late(&self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }

    /// Does what heeds nothing but the flag, and raises that when the time is up.
    pub fn watched<T>(&self, work: impl FnOnce() -> T) -> T {
        let Some(left) = self.left() else { return work() };
        let (done, waits) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            let watching = move || {
                if waits.recv_timeout(left) == Err(RecvTimeoutError::Timeout) {
                    self.stop.store(true, Ordering::Relaxed);
                }
            };
            // Where no thread can be had, the work is stopped by its own checks alone.
            let _ = std::thread::Builder::new().spawn_scoped(scope, watching);
            let result = work();
            drop(done);
            result
        })
    }
}

/// Threads for blocking work. Clones share them.
#[derive(Debug, Clone)]
pub struct Workers {
    name: &'static str,
    permits: Arc<Semaphore>,
}

impl Workers {
    /// Threads of a name, and never more at once than `most`; at least one.
    #[must_use]
    pub fn new(name: &'static str, most: usize) -> Self {
        Self { name, permits: Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS))) }
    }

    /// Does the work on a thread, and tells it to stop when the context is cancelled, when its deadline has passed, or when
    /// the future is dropped.
    ///
    /// # Errors
    /// What the work says, and [`ErrorKind::Timeout`] and [`ErrorKind::Cancelled`] of the context.
    ///
    /// # Cancel safety
    /// The work goes on until it next looks at its [`Job`], and keeps its place among the threads until it ends.
    pub async fn run<T: Send + 'static>(
        &self,
        cx: &Context,
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
        let done = first(self.on_thread(cx, work), deadline);
        cx.cancel().until(done).await.ok_or_else(cancelled)?.ok_or_else(late)?
    }

    async fn on_thread<T: Send + 'static>(
        &self,
        cx: &Context,
        work: impl FnOnce(&Job) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let ended = || Error::new(ErrorKind::Internal, "the work ended without an answer");
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| ended())?;
        let stop = Arc::new(AtomicBool::new(false));
        let deadline = cx.remaining().and_then(|left| Instant::now().checked_add(left));
        let job = Job { stop: Arc::clone(&stop), deadline, now: cx.now().wall, limits: cx.limits().clone() };
        let _stop = StopOnDrop(stop);
        let (sender, receiver) = oneshot::channel();
        let thread = std::thread::Builder::new().name(self.name.to_owned());
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

    /// Work that heeds nothing but the flag.
    fn stuck(job: &Job) -> Result<()> {
        while !job.stop().load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        job.check()
    }

    #[test]
    fn the_deadline_of_the_context_ends_a_call_whose_work_is_stuck() {
        let clock = TestClock::new();
        let cx = clock.context().with_timeout(Duration::from_secs(5));
        let threads = Workers::new("work", 1);
        let error = clock.block_on(threads.run(&cx, stuck)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        let endless = |job: &Job| job.within(Duration::MAX).check().map(|()| 7);
        let again = clock.block_on(threads.run(&clock.context(), endless));
        assert_eq!(again.unwrap(), 7, "the thread was told to stop and gave its permit back");
    }

    #[test]
    fn work_over_its_own_time_is_told_to_stop() {
        let threads = Workers::new("work", 1);
        let work = |job: &Job| {
            let job = job.within(Duration::ZERO);
            job.watched(|| stuck(&job))
        };
        let error = windlass_testkit::block_on(threads.run(&TestClock::new().context(), work)).unwrap_err();
        assert_eq!(error.to_string(), "it took too long");
        assert_eq!(error.kind(), ErrorKind::Timeout);
    }

    #[test]
    fn no_more_threads_work_than_there_are_permits() {
        let threads = Workers::new("work", 2);
        let most = Arc::new(std::sync::Mutex::new((0_u32, 0_u32)));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                let (threads, most) = (&threads, Arc::clone(&most));
                scope.spawn(move || {
                    let work = move |_: &Job| {
                        let mut now = most.lock().unwrap();
                        *now = (now.0 + 1, now.1.max(now.0 + 1));
                        drop(now);
                        std::thread::yield_now();
                        most.lock().unwrap().0 -= 1;
                        Ok(())
                    };
                    windlass_testkit::block_on(threads.run(&TestClock::new().context(), work)).unwrap();
                });
            }
        });
        assert!(most.lock().unwrap().1 <= 2);
    }
}
