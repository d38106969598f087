//! Blocking work for an async caller, on a thread of its own and on any runtime.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use windlass_core::{Context, Error, ErrorKind, Limits, Result};

/// What a piece of blocking work must heed.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    stop: Arc<AtomicBool>,
    deadline: Option<Instant>,
    limits: Limits,
}

impl Job {
    /// The flag that is raised when nobody waits for the work any more.
    pub(crate) fn stop(&self) -> &Arc<AtomicBool> {
        &self.stop
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// When something that may take so long has to be done.
    pub(crate) fn deadline(&self, time_max: Duration) -> Instant {
        let own = Instant::now() + time_max;
        self.deadline.map_or(own, |deadline| deadline.min(own))
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Does the work on a thread, and tells it to stop when the context is cancelled or the future is dropped.
pub(crate) async fn run<T: Send + 'static>(
    cx: &Context,
    work: impl FnOnce(&Job) -> Result<T> + Send + 'static,
) -> Result<T> {
    cx.check()?;
    let stop = Arc::new(AtomicBool::new(false));
    let deadline = cx.remaining().map(|left| Instant::now() + left);
    let job = Job { stop: Arc::clone(&stop), deadline, limits: cx.limits().clone() };
    let _stop = StopOnDrop(stop);
    let (sender, receiver) = oneshot::channel();
    let thread = std::thread::Builder::new().name("windlass-git".to_owned());
    let started = thread.spawn(move || drop(sender.send(work(&job))));
    started.map_err(|error| {
        Error::new(ErrorKind::Unavailable, "no thread for blocking work").caused_by(error)
    })?;
    match cx.cancel().until(receiver).await {
        Some(Ok(done)) => done,
        Some(Err(_)) => Err(Error::new(ErrorKind::Internal, "the work ended without an answer")),
        None => Err(Error::new(ErrorKind::Cancelled, "cancelled")),
    }
}

struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
