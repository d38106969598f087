//! What every call carries: time, cancellation, a deadline, a fence and limits.

mod cancel;
mod limits;

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

pub use cancel::Cancel;
pub use limits::Limits;

use crate::{Clock, Error, ErrorKind, Now, Result};

/// Says whether this process may still write: a lease, a lock, a kill switch.
///
/// For an implementor: `check` is quick, does no I/O, and is asked right before each write. An error stops the write
/// before it starts.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use std::time::Duration;
/// use windlass_core::{Error, ErrorKind, Fence, Now, Result};
///
/// /// A switch that stops all writes.
/// #[derive(Debug, Default)]
/// struct Switch(AtomicBool);
///
/// impl Fence for Switch {
///     fn check(&self, _now: Now) -> Result<Option<Duration>> {
///         if self.0.load(Ordering::SeqCst) {
///             return Err(Error::new(ErrorKind::Conflict, "somebody has stopped all writes"));
///         }
///         Ok(None)
///     }
/// }
/// ```
///
/// [Smaller parts](https://github.com/windlass-dev/windlass/blob/main/docs/smaller-parts.md) has a lease in a whole crate, with its tests.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no fence",
    label = "this does not say whether a write may start",
    note = "how to write one: https://github.com/windlass-dev/windlass/blob/main/docs/smaller-parts.md"
)]
pub trait Fence: fmt::Debug + Send + Sync + 'static {
    /// Says whether a write may start at `now`, and how long the right to write lasts from then on: `None` without end.
    /// A write that takes longer is given up, since another may write by then.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when the right to write is lost.
    fn check(&self, now: Now) -> Result<Option<Duration>>;
}

/// What every call carries. Cheap to clone; a clone shares the clock, the cancellation and the fence.
#[derive(Debug, Clone)]
pub struct Context {
    clock: Arc<dyn Clock>,
    cancel: Cancel,
    deadline: Option<Duration>,
    fence: Option<Arc<dyn Fence>>,
    limits: Arc<Limits>,
}

impl Context {
    /// Makes a context with a clock, the default limits, no deadline and no fence.
    #[must_use]
    pub fn new(clock: impl Clock) -> Self {
        Self::shared(Arc::new(clock))
    }

    /// Makes a context on a clock that others use too.
    #[must_use]
    pub fn shared(clock: Arc<dyn Clock>) -> Self {
        Self { clock, cancel: Cancel::new(), deadline: None, fence: None, limits: Arc::default() }
    }

    /// Replaces the cancellation.
    #[must_use]
    pub fn with_cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }

    /// Sets the fence that is asked before each write.
    #[must_use]
    pub fn with_fence(mut self, fence: Arc<dyn Fence>) -> Self {
        self.fence = Some(fence);
        self
    }

    /// Replaces the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = Arc::new(limits);
        self
    }

    /// Ends what is called with this context after `wait`, unless an earlier deadline stands.
    #[must_use]
    pub fn with_timeout(mut self, wait: Duration) -> Self {
        let at = self.clock.now().mono.saturating_add(wait);
        self.deadline = Some(self.deadline.map_or(at, |have| have.min(at)));
        self
    }

    /// Gives a context for what must not be cut off, such as saving what was done: neither the cancellation nor the
    /// deadline of this one reaches it, only `timeout`. The fence still does.
    #[must_use]
    pub fn shielded(&self, timeout: Duration) -> Self {
        Self { cancel: Cancel::new(), deadline: None, ..self.clone() }.with_timeout(timeout)
    }

    /// Tells the time.
    #[must_use]
    pub fn now(&self) -> Now {
        self.clock.now()
    }

    /// Gives the clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Gives the limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Gives the cancellation.
    #[must_use]
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// Gives what is left until the deadline; `None` without one.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|at| at.saturating_sub(self.now().mono))
    }

    /// Is called in every long loop.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] once cancelled, [`ErrorKind::Timeout`] past the deadline.
    pub fn check(&self) -> Result<()> {
        if self.cancel.is_cancelled() {
            return Err(Error::new(ErrorKind::Cancelled, "cancelled"));
        }
        if self.remaining().is_some_and(|left| left.is_zero()) {
            return Err(Error::new(ErrorKind::Timeout, "the deadline has passed"));
        }
        Ok(())
    }

    /// Is called right before each write: [`Context::check`] and the fence. Gives how long the write may take: what is
    /// left until the deadline and of the right to write; `None` without end.
    ///
    /// # Errors
    /// As [`Context::check`], what the fence says, and [`ErrorKind::Conflict`] where the fence leaves no time.
    pub fn check_write(&self) -> Result<Option<Duration>> {
        self.check()?;
        let held = self.fence.as_ref().map_or(Ok(None), |fence| fence.check(self.now()))?;
        if held.is_some_and(|left| left.is_zero()) {
            return Err(Error::new(ErrorKind::Conflict, "the right to write has run out"));
        }
        Ok([held, self.remaining()].into_iter().flatten().min())
    }

    /// Waits for `work`, no longer than `limit`, than until the deadline, and not past cancellation; then the work is
    /// dropped.
    ///
    /// # Errors
    /// As [`Context::check`]; [`ErrorKind::Timeout`] at the limit, with `limit_seconds` in its context.
    pub async fn within<F: Future>(&self, limit: Duration, work: F) -> Result<F::Output> {
        self.check()?;
        let left = self.remaining().map_or(limit, |left| left.min(limit));
        let (mut work, mut over) = (pin!(work), pin!(self.clock.sleep(left)));
        let first = poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => over.as_mut().poll(cx).map(|()| None),
        });
        match self.cancel.until(first).await {
            Some(Some(done)) => Ok(done),
            Some(None) => {
                self.check()?;
                Err(Error::new(ErrorKind::Timeout, "it took too long").with("limit_seconds", limit.as_secs()))
            }
            None => Err(Error::new(ErrorKind::Cancelled, "cancelled")),
        }
    }

    /// Waits for `work`, no longer than until the deadline and not past cancellation; then the work is dropped.
    ///
    /// # Errors
    /// As [`Context::check`].
    pub async fn unless_over<F: Future>(&self, work: F) -> Result<F::Output> {
        self.within(Duration::MAX, work).await
    }

    /// Waits, no longer than until the deadline and not past cancellation.
    ///
    /// # Errors
    /// As [`Context::check`].
    pub async fn sleep(&self, wait: Duration) -> Result<()> {
        let wait = self.remaining().map_or(wait, |left| left.min(wait));
        self.cancel.until(self.clock.sleep(wait)).await;
        self.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Time that stands still, and a right to write that lasts so long.
    #[derive(Debug)]
    struct Still(Option<Duration>);

    #[async_trait::async_trait]
    impl Clock for Still {
        fn now(&self) -> Now {
            Now::default()
        }

        async fn sleep(&self, _wait: Duration) {}
    }

    impl Fence for Still {
        fn check(&self, _now: Now) -> Result<Option<Duration>> {
            Ok(self.0)
        }
    }

    fn left(held: Option<u64>, timeout: Option<u64>) -> Result<Option<u64>> {
        let fence = Still(held.map(Duration::from_secs));
        let cx = Context::new(Still(None)).with_fence(Arc::new(fence));
        let cx = timeout.map_or(cx.clone(), |timeout| cx.with_timeout(Duration::from_secs(timeout)));
        Ok(cx.check_write()?.map(|left| left.as_secs()))
    }

    #[test]
    fn a_write_may_take_what_is_left_of_the_deadline_and_of_the_right_to_write() {
        assert_eq!(left(None, None), Ok(None));
        assert_eq!(left(Some(9), None), Ok(Some(9)));
        assert_eq!(left(Some(9), Some(5)), Ok(Some(5)));
        assert_eq!(left(Some(3), Some(5)), Ok(Some(3)));
    }

    #[test]
    fn where_nothing_is_left_no_write_starts() {
        assert_eq!(left(Some(0), None).unwrap_err().kind(), ErrorKind::Conflict);
        assert_eq!(left(Some(9), Some(0)).unwrap_err().kind(), ErrorKind::Timeout);
    }
}
