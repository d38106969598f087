//! A sink that remembers.

use std::sync::{Arc, Mutex};

use windlass_core::{Event, EventSink};

use crate::sync::lock;

/// Keeps every event it is told. Clones share what was kept.
///
/// ```
/// use windlass_core::{Event, EventSink, EventKind, Timestamp};
/// use windlass_testkit::{Recorder, unit};
/// let recorder = Recorder::new();
/// recorder.emit(&Event::new(unit("web"), Timestamp::from_unix(0), EventKind::Started));
/// assert_eq!(recorder.lines(), ["web: pass started"]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Event>>>);

impl Recorder {
    /// Makes one that was told nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the events so far, in order.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        lock(&self.0).clone()
    }

    /// Gives the events so far as lines of text.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        lock(&self.0).iter().map(ToString::to_string).collect()
    }

    /// Gives the events so far and forgets them.
    #[must_use]
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut lock(&self.0))
    }
}

impl EventSink for Recorder {
    fn emit(&self, event: &Event) {
        lock(&self.0).push(event.clone());
    }
}
