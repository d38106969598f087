//! Progress: what happens, told while it happens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use windlass_core::{Cancel, ErrorKind, Event, EventKind, EventSink, HealthStatus, Outcome, Text, UnitId};

use crate::args::{Format, Loudness};
use crate::term::{Term, Tone};
use crate::words;

/// Tells the events of one pass.
pub(crate) struct Progress {
    term: Arc<Term>,
}

/// Tells the events of passes that go on for ever.
pub(crate) struct Log {
    term: Arc<Term>,
    cancel: Cancel,
    known: Mutex<Known>,
}

/// What was told of units and still holds, and is therefore no news.
#[derive(Default)]
struct Known(BTreeMap<UnitId, Told>);

/// What was told of one unit.
#[derive(Default)]
struct Told {
    state: Option<State>,
    /// What went on in the pass before: what failed, was kept or held back.
    before: BTreeSet<String>,
    /// What goes on in this pass.
    now: BTreeSet<String>,
}

#[derive(PartialEq)]
enum State {
    InSync,
    Waits(Text),
}

impl Progress {
    pub(crate) fn new(term: &Arc<Term>) -> Self {
        Self { term: Arc::clone(term) }
    }
}

impl Log {
    pub(crate) fn new(term: &Arc<Term>, cancel: &Cancel) -> Self {
        Self { term: Arc::clone(term), cancel: cancel.clone(), known: Mutex::default() }
    }
}

impl Known {
    /// Says whether an event is news: a unit that is in sync again, or waits for the same as before, is none.
    fn is_news(&mut self, event: &Event) -> bool {
        let told = self.0.entry(event.unit.clone()).or_default();
        let state = match &event.what {
            what if stands(what) => {
                if !matches!(what, EventKind::Object { .. }) {
                    told.state = None;
                }
                let text = what.to_string();
                let news = !told.before.contains(&text);
                told.now.insert(text);
                return news;
            }
            EventKind::Started => {
                told.before = std::mem::take(&mut told.now);
                return false;
            }
            EventKind::Finished { counts } => {
                let calm = counts.written() == 0 && counts.failed == 0 && counts.skipped == 0;
                calm.then_some(State::InSync)
            }
            EventKind::Withheld { why, hold: true, .. } => Some(State::Waits(why.clone())),
            what => return is_usual(what),
        };
        let news = state.is_none() || told.state != state;
        told.state = state;
        news
    }
}

impl EventSink for Progress {
    fn emit(&self, event: &Event) {
        if self.term.tells_progress() && (self.term.loudness == Loudness::Verbose || is_usual(&event.what)) {
            // With its help it is told once more, when all is over.
            tell(&self.term, event, false);
        }
    }
}

impl EventSink for Log {
    fn emit(&self, event: &Event) {
        let json = self.term.format == Format::Json;
        if json {
            self.term.line(event);
        }
        // Whoever stops a run knows why the rest is left.
        let left = self.cancel.is_cancelled() && is_left(&event.what);
        let news = !left && self.known.lock().unwrap_or_else(PoisonError::into_inner).is_news(event);
        let told = match self.term.loudness {
            // Errors are for people too, whatever reads the events.
            _ if json => news && tone(&event.what) == Tone::Bad,
            Loudness::Quiet => news && tone(&event.what) == Tone::Bad,
            Loudness::Usual => news,
            Loudness::Verbose => true,
        };
        if told {
            tell(&self.term, event, true);
        }
    }
}

fn tell(term: &Term, event: &Event, help: bool) {
    let tone = tone(&event.what);
    for line in words::event(event, help) {
        term.progress(if line.starts_with("  ") { Tone::Faint } else { tone }, &line);
    }
}

/// What comes of a pass that was stopped.
fn is_left(what: &EventKind) -> bool {
    match what {
        EventKind::Object { outcome, .. } => matches!(outcome, Outcome::Skipped { .. }),
        EventKind::Problem { error } | EventKind::Failed { error } => error.kind() == ErrorKind::Cancelled,
        _ => false,
    }
}

/// What may be told in every pass although nothing happens.
const fn stands(what: &EventKind) -> bool {
    match what {
        EventKind::Object { outcome, .. } => {
            matches!(outcome, Outcome::Failed { .. } | Outcome::Kept { .. } | Outcome::Skipped { .. })
        }
        what => matches!(what, EventKind::Problem { .. } | EventKind::Failed { .. }),
    }
}

/// What a person who watches wants to see.
const fn is_usual(what: &EventKind) -> bool {
    matches!(
        what,
        EventKind::Object { .. }
            | EventKind::Health { .. }
            | EventKind::Drifted { .. }
            | EventKind::Contested { .. }
            | EventKind::Withheld { .. }
            | EventKind::Problem { .. }
            | EventKind::Failed { .. }
    )
}

fn tone(what: &EventKind) -> Tone {
    match what {
        EventKind::Failed { .. }
        | EventKind::Problem { .. }
        | EventKind::Object { outcome: Outcome::Failed { .. }, .. } => Tone::Bad,
        EventKind::Health { health, .. } if health.status == HealthStatus::Degraded => Tone::Bad,
        EventKind::Withheld { .. } | EventKind::Drifted { .. } | EventKind::Contested { .. } => Tone::Odd,
        EventKind::Finished { counts } if counts.failed > 0 => Tone::Bad,
        EventKind::Object { .. } | EventKind::Finished { .. } => Tone::Good,
        EventKind::Health { health, .. } if health.is_ready() => Tone::Good,
        _ => Tone::Faint,
    }
}

#[cfg(test)]
mod tests {
    use windlass_core::{Counts, Error, ObjectId, Timestamp};

    use super::*;

    fn event(what: EventKind) -> Event {
        Event::new(UnitId::new("shop").unwrap(), Timestamp::from_unix(0), what)
    }

    #[test]
    fn what_a_unit_waits_for_is_told_once_and_again_after_something_else() {
        let mut known = Known::default();
        let mut is_news = |what| known.is_news(&event(what));
        let waits = |why: &str| EventKind::Withheld { why: why.into(), hold: true, release: None };
        let calm = || EventKind::Finished { counts: Counts::default() };
        assert!(is_news(waits("waits for `a`")));
        assert!(!is_news(waits("waits for `a`")));
        assert!(is_news(waits("waits for `b`")));
        assert!(is_news(calm()));
        assert!(!is_news(calm()));
        assert!(is_news(waits("waits for `b`")));
    }

    #[test]
    fn what_fails_for_the_same_reason_in_every_pass_is_told_once() {
        let mut known = Known::default();
        let mut pass = |reasons: &[&str]| -> Vec<bool> {
            known.is_news(&event(EventKind::Started));
            let failed = |reason: &&str| {
                let error = Error::new(ErrorKind::Invalid, *reason);
                let id = ObjectId::new("", "ConfigMap", "shop", "web");
                event(EventKind::Object { id, outcome: Outcome::Failed { error } })
            };
            reasons.iter().map(|reason| known.is_news(&failed(reason))).collect()
        };
        assert_eq!(pass(&["a", "b"]), [true, true]);
        assert_eq!(pass(&["a", "b"]), [false, false]);
        assert_eq!(pass(&["b", "c"]), [false, true]);
        assert!(pass(&[]).is_empty());
        assert_eq!(pass(&["b"]), [true], "it was well in between");
    }
}
