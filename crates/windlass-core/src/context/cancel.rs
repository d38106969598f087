//! Cancellation without a runtime.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

/// A flag that is raised once and wakes whoever waits for it. Clones share it.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Shared>);

#[derive(Default)]
struct Shared {
    raised: Arc<AtomicBool>,
    waiting: Mutex<Vec<Waker>>,
}

impl Cancel {
    /// Makes a flag that is not raised.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises the flag, for ever, and wakes all who wait.
    pub fn cancel(&self) {
        self.0.raised.store(true, Ordering::SeqCst);
        let waiting = std::mem::take(&mut *self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Says whether the flag is raised.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.raised.load(Ordering::SeqCst)
    }

    /// Gives the flag itself, for libraries that poll one.
    #[must_use]
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0.raised)
    }

    /// Runs `work` until it ends or the flag is raised; `None` where it was cancelled.
    pub async fn until<F: Future>(&self, work: F) -> Option<F::Output> {
        let mut work = pin!(work);
        poll_fn(|cx| {
            if let Poll::Ready(done) = work.as_mut().poll(cx) {
                return Poll::Ready(Some(done));
            }
            self.wake_later(cx.waker());
            if self.is_cancelled() { Poll::Ready(None) } else { Poll::Pending }
        })
        .await
    }

    /// Registers before the flag is looked at once more, so that a cancel in between is not missed.
    fn wake_later(&self, waker: &Waker) {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.iter().any(|have| have.will_wake(waker)) {
            waiting.push(waker.clone());
        }
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cancel({})", self.is_cancelled())
    }
}

#[cfg(test)]
mod tests {
    use std::task::Context;

    use super::*;

    #[test]
    fn cancelling_ends_what_would_wait_for_ever() {
        let cancel = Cancel::new();
        let mut waits = pin!(cancel.until(std::future::pending::<()>()));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(waits.as_mut().poll(&mut cx).is_pending());
        cancel.clone().cancel();
        assert_eq!(waits.as_mut().poll(&mut cx), Poll::Ready(None));
    }
}
