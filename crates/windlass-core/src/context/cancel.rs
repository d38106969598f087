//! Cancellation without a runtime.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// A flag that is raised once and wakes whoever waits for it. Clones share it.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Shared>);

#[derive(Default)]
struct Shared {
    raised: Arc<AtomicBool>,
    waiting: Mutex<Waiting>,
}

/// Invariant: holds one waker for each call of `until` that is being waited for, and none besides.
#[derive(Default)]
struct Waiting {
    next: u64,
    wakers: BTreeMap<u64, Waker>,
}

/// The place of one call of `until`, given back when the call ends or is dropped.
struct Place<'a> {
    of: &'a Shared,
    number: Option<u64>,
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
        let wakers = std::mem::take(&mut self.0.waiting().wakers);
        wakers.into_values().for_each(Waker::wake);
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

    /// Runs `work` until it ends or the flag is raised; `None` where it was cancelled. What is left of the call, also of
    /// one that was dropped, is nothing.
    pub async fn until<F: Future>(&self, work: F) -> Option<F::Output> {
        let mut place = Place { of: &self.0, number: None };
        let mut work = pin!(work);
        poll_fn(|cx| {
            if let Poll::Ready(done) = work.as_mut().poll(cx) {
                return Poll::Ready(Some(done));
            }
            // Registered before the flag is looked at once more, so that a cancel in between is not missed.
            place.wake_later(cx.waker());
            if self.is_cancelled() { Poll::Ready(None) } else { Poll::Pending }
        })
        .await
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    fn wake_later(&mut self, waker: &Waker) {
        let mut waiting = self.of.waiting();
        let number = *self.number.get_or_insert_with(|| {
            waiting.next += 1;
            waiting.next
        });
        waiting
            .wakers
            .entry(number)
            .and_modify(|have| have.clone_from(waker))
            .or_insert_with(|| waker.clone());
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.of.waiting().wakers.remove(&number);
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

    #[test]
    fn nothing_is_left_of_work_that_ended_or_was_dropped() {
        let cancel = Cancel::new();
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..3 {
            let mut waits: Vec<_> =
                (0..100).map(|_| Box::pin(cancel.until(std::future::pending::<()>()))).collect();
            for _ in 0..2 {
                assert!(waits.iter_mut().all(|waits| waits.as_mut().poll(&mut cx).is_pending()));
                assert_eq!(cancel.0.waiting().wakers.len(), 100, "one for each, however often it is polled");
            }
            drop(waits);
            assert_eq!(pin!(cancel.until(std::future::ready(1))).poll(&mut cx), Poll::Ready(Some(1)));
            assert!(cancel.0.waiting().wakers.is_empty());
        }
    }
}
