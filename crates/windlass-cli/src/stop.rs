//! Stopping: the first signal in good order, the second at once.

use std::sync::Arc;

use windlass_core::Cancel;

use crate::term::{Term, Tone};

/// The exit code of a process that a signal ended, by the custom of shells.
const KILLED: i32 = 130;

/// Raises `cancel` at the first Ctrl-C or SIGTERM, and ends the process at the second.
pub(crate) fn listen(cancel: Cancel, term: &Arc<Term>) {
    let term = Arc::clone(term);
    tokio::spawn(async move {
        let Some(mut signals) = Signals::new() else { return };
        signals.next().await;
        term.progress(Tone::Odd, "stopping: what was begun is ended and saved; once more to stop at once");
        cancel.cancel();
        signals.next().await;
        std::process::exit(KILLED);
    });
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Option<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let interrupt = signal(SignalKind::interrupt()).ok()?;
        Some(Self { interrupt, terminate: signal(SignalKind::terminate()).ok()? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Option<Self> {
        Some(Self)
    }

    async fn next(&mut self) {
        // Without a handler the system ends the process by itself, which is all that is left to do.
        let _ = tokio::signal::ctrl_c().await;
    }
}
