//! Progress: what happens, told while it happens.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use windlass_core::{Event, EventSink, Happening, HealthStatus, Outcome, UnitId};

use crate::args::{Format, Loudness};
use crate::term::{Term, Tone};

/// Tells the events of one pass.
pub(crate) struct Progress {
    term: Arc<Term>,
}

/// Tells the events of passes that go on for ever.
pub(crate) struct Log {
    term: Arc<Term>,
    /// Units that were seen in sync; a pass of theirs that changes nothing is not news.
    settled: Mutex<BTreeSet<UnitId>>,
}

impl Progress {
    pub(crate) fn new(term: &Arc<Term>) -> Self {
        Self { term: Arc::clone(term) }
    }
}

impl Log {
    pub(crate) fn new(term: &Arc<Term>) -> Self {
        Self { term: Arc::clone(term), settled: Mutex::default() }
    }

    fn is_news(&self, event: &Event) -> bool {
        let Happening::Finished { counts } = &event.what else { return is_usual(&event.what) };
        let calm = counts.written() == 0 && counts.failed == 0 && counts.skipped == 0;
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        if calm {
            return settled.insert(event.unit.clone());
        }
        settled.remove(&event.unit);
        true
    }
}

impl EventSink for Progress {
    fn emit(&self, event: &Event) {
        if self.term.tells_progress() && (self.term.loudness == Loudness::Verbose || is_usual(&event.what)) {
            self.term.progress(tone(&event.what), &event.to_string());
        }
    }
}

impl EventSink for Log {
    fn emit(&self, event: &Event) {
        if self.term.format == Format::Json {
            return self.term.line(event);
        }
        let told = match self.term.loudness {
            Loudness::Quiet => tone(&event.what) == Tone::Bad,
            Loudness::Usual => self.is_news(event),
            Loudness::Verbose => true,
        };
        if !told {
            return;
        }
        self.term.progress(tone(&event.what), &event.to_string());
        if let Happening::Failed { error } = &event.what {
            for problem in error.problems() {
                let lines = problem.explain();
                lines.lines().skip(1).for_each(|line| self.term.progress(Tone::Faint, line));
            }
        }
    }
}

/// What a person who watches wants to see.
const fn is_usual(what: &Happening) -> bool {
    matches!(
        what,
        Happening::Object { .. }
            | Happening::Health { .. }
            | Happening::Drifted { .. }
            | Happening::Withheld { .. }
            | Happening::Failed { .. }
    )
}

fn tone(what: &Happening) -> Tone {
    match what {
        Happening::Failed { .. } | Happening::Object { outcome: Outcome::Failed { .. }, .. } => Tone::Bad,
        Happening::Health { health, .. } if health.status == HealthStatus::Degraded => Tone::Bad,
        Happening::Withheld { .. } | Happening::Drifted { .. } => Tone::Odd,
        Happening::Finished { counts } if counts.failed > 0 => Tone::Bad,
        Happening::Object { .. } | Happening::Finished { .. } => Tone::Good,
        Happening::Health { health, .. } if health.is_ready() => Tone::Good,
        _ => Tone::Faint,
    }
}
