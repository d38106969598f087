//! How the objects of one kind, in one namespace or in all, are kept up to date.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::task::AbortHandle;
use windlass_core::Error;

/// How the objects of one kind, in one namespace or in all, are kept up to date.
#[derive(Default)]
pub(super) struct Scope {
    pub(super) status: Status,
    /// Attempts that came to an end, well or not.
    pub(super) attempts: u64,
    /// Wakes the task where it waits before its next attempt.
    pub(super) hurry: Arc<Notify>,
    pub(super) task: Option<Task>,
}

#[derive(Default)]
pub(super) enum Status {
    /// No list is there yet.
    #[default]
    Starting,
    /// What is kept is what the server says.
    Current,
    /// What is kept may be outdated.
    Broken(Error),
    /// The account may not list; objects are read one by one.
    Denied,
    /// The server does not know the path.
    Unserved,
}

/// A task that ends when this is dropped.
pub(crate) struct Task(AbortHandle);

impl Task {
    pub(crate) fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(work).abort_handle())
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.is_finished()
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Scope {
    /// Says whether nobody keeps the objects up to date: not yet, or because the runtime has gone.
    pub(super) fn is_idle(&self) -> bool {
        self.task.as_ref().is_none_or(Task::is_over)
    }

    /// Says whether there is an answer that is newer than `since` attempts.
    pub(super) fn is_settled(&self, since: u64) -> bool {
        match self.status {
            Status::Starting => false,
            Status::Current | Status::Denied => true,
            Status::Broken(_) | Status::Unserved => self.attempts > since,
        }
    }

    pub(super) fn settle(&mut self, status: Status) {
        self.status = status;
        self.attempts += 1;
    }
}
