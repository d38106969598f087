//! A thread that writes, so that whoever has something to say never waits for whoever reads.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// So many lines wait to be written. What comes beyond them is dropped and counted.
const LINES_MAX: usize = 4096;

/// Says how many lines were dropped.
pub(crate) type Lost = fn(usize) -> String;

/// Writes lines in their order, on a thread of its own. Nobody who says a line is ever held up.
pub(crate) struct Scribe(Arc<Desk>);

struct Desk {
    pile: Mutex<Pile>,
    turned: Condvar,
    lines_max: usize,
}

/// Invariant: lines are dropped only while `lines_max` of them wait, and told before any that comes after them.
#[derive(Default)]
struct Pile {
    lines: VecDeque<String>,
    lost: usize,
    writing: bool,
}

impl Scribe {
    /// Begins to write to `to`.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub(crate) fn new(to: impl Write + Send + 'static, lost: Lost) -> io::Result<Self> {
        Self::holding(LINES_MAX, to, lost)
    }

    fn holding(lines_max: usize, mut to: impl Write + Send + 'static, lost: Lost) -> io::Result<Self> {
        let desk = Arc::new(Desk { pile: Mutex::default(), turned: Condvar::new(), lines_max });
        let mine = Arc::clone(&desk);
        std::thread::Builder::new().name("scribe".to_owned()).spawn(move || {
            loop {
                let text = mine.take(lost);
                // Where nobody reads any more there is nobody left to tell.
                let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
                mine.pile().writing = false;
                mine.turned.notify_all();
            }
        })?;
        Ok(Self(desk))
    }

    /// Takes a line, with its end. Returns at once.
    pub(crate) fn say(&self, line: String) {
        let mut pile = self.0.pile();
        if pile.lines.len() < self.0.lines_max && pile.lost == 0 {
            pile.lines.push_back(line);
        } else {
            pile.lost += 1;
        }
        self.0.turned.notify_all();
    }

    /// Waits until all is written, but no longer than `limit`; says whether it is.
    pub(crate) fn finish(&self, limit: Duration) -> bool {
        let busy = |pile: &mut Pile| pile.writing || pile.is_something();
        let waited = self.0.turned.wait_timeout_while(self.0.pile(), limit, busy);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl fmt::Debug for Scribe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scribe({} waiting)", self.0.pile().lines.len())
    }
}

impl Desk {
    fn pile(&self) -> MutexGuard<'_, Pile> {
        self.pile.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for something to write, and takes all of it.
    fn take(&self, lost: Lost) -> String {
        let nothing = |pile: &mut Pile| !pile.is_something();
        let mut pile = self.turned.wait_while(self.pile(), nothing).unwrap_or_else(PoisonError::into_inner);
        pile.writing = true;
        let text: String = pile.lines.drain(..).collect();
        match std::mem::take(&mut pile.lost) {
            0 => text,
            count => text + &lost(count),
        }
    }
}

impl Pile {
    fn is_something(&self) -> bool {
        self.lost > 0 || !self.lines.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Takes what is written, and lets the writer go on only when it is told to.
    struct Slow {
        seen: Sender<String>,
        go_on: Receiver<()>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.seen.send(String::from_utf8_lossy(bytes).into_owned());
            let _ = self.go_on.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn slow(lines_max: usize) -> (Scribe, Receiver<String>, Sender<()>) {
        let (seen, reader) = channel();
        let (hand, go_on) = channel();
        let lost = |count| format!("{count} lost\n");
        (Scribe::holding(lines_max, Slow { seen, go_on }, lost).unwrap(), reader, hand)
    }

    #[test]
    fn what_nobody_reads_is_dropped_and_counted_and_the_count_is_told_in_its_place() {
        let (scribe, reader, hand) = slow(2);
        scribe.say("first\n".into());
        assert_eq!(reader.recv().unwrap(), "first\n");
        for at in 0..5 {
            scribe.say(format!("{at}\n"));
        }
        hand.send(()).unwrap();
        assert_eq!(reader.recv().unwrap(), "0\n1\n3 lost\n");
        scribe.say("after\n".into());
        hand.send(()).unwrap();
        assert_eq!(reader.recv().unwrap(), "after\n");
    }

    #[test]
    fn an_end_waits_for_what_is_written_and_for_no_longer_than_its_limit() {
        let (scribe, reader, hand) = slow(2);
        assert!(scribe.finish(Duration::ZERO), "there is nothing to wait for");
        scribe.say("first\n".into());
        reader.recv().unwrap();
        assert!(!scribe.finish(Duration::ZERO), "nobody reads");
        drop(hand);
        assert!(scribe.finish(Duration::MAX), "everything is written");
    }
}
