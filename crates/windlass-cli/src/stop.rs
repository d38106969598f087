//! Stopping: the first signal in good order, the second at once.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use tokio::runtime::Builder;
use windlass_core::Cancel;

use crate::term::{Term, Tone};

/// The exit code of a process that a signal ended, by the custom of shells.
const KILLED: i32 = 130;
/// So long the word that it stops may take, so that it comes before what is said of the end.
const WORD: Duration = Duration::from_millis(200);

/// Raises `cancel` at the first Ctrl-C or SIGTERM, and ends the process at the second. It does so on a thread of its own,
/// which no work and no reader of the output can hold up.
///
/// # Errors
/// Where the system gives no thread or no signal.
pub(crate) fn listen(cancel: Cancel, term: &Arc<Term>) -> io::Result<()> {
    let term = Arc::clone(term);
    let (ready, begun) = channel();
    // All of it lives on the thread: a runtime must not end inside of another.
    let listening = move || {
        let runtime = match Builder::new_current_thread().enable_io().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(ready.send(Err(error))),
        };
        runtime.block_on(async {
            let mut signals = match Signals::new() {
                Ok(signals) => signals,
                Err(error) => return drop(ready.send(Err(error))),
            };
            let _ = ready.send(Ok(()));
            signals.next().await;
            say_so(&term);
            cancel.cancel();
            signals.next().await;
            std::process::exit(KILLED);
        });
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(listening)?;
    begun.recv().unwrap_or_else(|_| Err(io::Error::other("the thread of the signals ended")))
}

/// Says that it stops. Where nobody reads that, it is not waited for.
fn say_so(term: &Arc<Term>) {
    let (said, heard) = channel();
    let term = Arc::clone(term);
    let words = "stopping: what was begun is ended and saved; once more to stop at once";
    let saying = std::thread::Builder::new().spawn(move || {
        term.progress(Tone::Odd, words);
        let _ = said.send(());
    });
    if saying.is_ok() {
        let _ = heard.recv_timeout(WORD);
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
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
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        // Without a handler the system ends the process by itself, which is all that is left to do.
        let _ = tokio::signal::ctrl_c().await;
    }
}
