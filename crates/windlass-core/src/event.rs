//! What is told while it happens.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{ApiVersion, Contest, Counts, Digest, Error, Health, ObjectId, Outcome, Revision, Text, UnitId};

/// Something that happened to a unit. Carries names, digests and numbers, never bodies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[non_exhaustive]
pub struct Event {
    #[serde(default)]
    api_version: ApiVersion,
    /// The unit.
    pub unit: UnitId,
    /// What happened.
    #[serde(flatten)]
    pub what: EventKind,
}

impl Event {
    /// Makes an event.
    #[must_use]
    pub const fn new(unit: UnitId, what: EventKind) -> Self {
        Self { api_version: ApiVersion, unit, what }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "event")]
#[non_exhaustive]
pub enum EventKind {
    /// A pass began.
    Started,
    /// The source is at this revision.
    Resolved {
        /// The revision.
        revision: Revision,
    },
    /// The files were rendered.
    Rendered {
        /// How many objects are wanted.
        objects: usize,
    },
    /// A plan was made.
    Planned {
        /// Its digest.
        plan: Digest,
        /// How many objects would be written.
        writes: usize,
    },
    /// A live object has moved away from what was last applied.
    Drifted {
        /// Which.
        id: ObjectId,
    },
    /// We and somebody else set a field of an object in turn, and the next repair of that object waits.
    Contested {
        /// Which.
        id: ObjectId,
        /// Who sets which fields back, and how often.
        contest: Contest,
    },
    /// A policy keeps the plan from being carried out.
    Withheld {
        /// Why.
        why: Text,
        /// Whether a yes or the right time would let it go on.
        hold: bool,
    },
    /// Something became of an object.
    Object {
        /// Which.
        id: ObjectId,
        /// What became of it.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// The health of an object changed while it was waited for.
    Health {
        /// Which.
        id: ObjectId,
        /// How it is now.
        health: Health,
    },
    /// The state was saved.
    Saved {
        /// How many objects the unit owns.
        objects: usize,
    },
    /// Something is wrong that is no single object's: a guard, a cancellation, a state that could not be saved. The pass
    /// ends in good order.
    Problem {
        /// What.
        error: Error,
    },
    /// A pass could not be made; nothing was written in it.
    Failed {
        /// Why.
        error: Error,
    },
    /// A pass ended.
    Finished {
        /// How many objects ended how.
        counts: Counts,
    },
    /// The next pass begins after this wait.
    Waiting {
        /// How long.
        #[serde(rename = "waitSeconds", with = "crate::time::seconds")]
        wait: Duration,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.unit, self.what)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => f.write_str("pass started"),
            Self::Resolved { revision } => write!(f, "source is at {}", revision.short()),
            Self::Rendered { objects } => write!(f, "{objects} objects rendered"),
            Self::Planned { plan, writes } => write!(f, "plan {} with {writes} writes", plan.short()),
            Self::Drifted { id } => write!(f, "drifted {id}"),
            Self::Contested { id, contest } => {
                write!(f, "contested {id}: {contest}; ")?;
                write!(f, "the next repair waits {}", humantime::format_duration(contest.wait()))
            }
            Self::Withheld { why, hold: true } => write!(f, "on hold: {why}"),
            Self::Withheld { why, hold: false } => write!(f, "denied: {why}"),
            Self::Object { id, outcome: Outcome::Failed { error } } => write!(f, "failed {id}: {error}"),
            Self::Object { id, outcome: Outcome::Deleting { held_by } } if !held_by.is_empty() => {
                write!(f, "deleting {id}, held by {}", held_by.join(", "))
            }
            Self::Object { id, outcome } => write!(f, "{} {id}", outcome.name()),
            Self::Health { id, health } => write!(f, "{id} is {health}"),
            Self::Saved { objects } => write!(f, "state saved, {objects} objects owned"),
            Self::Problem { error } => write!(f, "problem: {error}"),
            Self::Failed { error } => write!(f, "pass failed: {error}"),
            Self::Finished { counts } => write!(f, "pass finished: {counts}"),
            Self::Waiting { wait } => write!(f, "next pass in {}", humantime::format_duration(*wait)),
        }
    }
}

/// Is told what happens.
///
/// For an implementor: `emit` returns at once, never blocks on anything slow, and never fails; what cannot be kept is
/// dropped. A function of one event is a sink.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use windlass_core::{Event, EventKind, EventSink};
///
/// /// Counts passes that could not be made.
/// #[derive(Debug, Default)]
/// struct Failures(AtomicU64);
///
/// impl EventSink for Failures {
///     fn emit(&self, event: &Event) {
///         if matches!(event.what, EventKind::Failed { .. }) {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// fn add(sink: impl EventSink) {
///     drop(sink);
/// }
/// add(Failures::default());
/// add(|event: &Event| eprintln!("{event}"));
/// ```
///
/// A function says the type that it takes, a reference. This one takes the event itself, and is no sink:
///
/// ```compile_fail,E0631
/// # use windlass_core::{Event, EventSink};
/// # fn add(sink: impl EventSink) {
/// #     drop(sink);
/// # }
/// add(|event: Event| eprintln!("{event}"));
/// ```
///
/// Nor is one that others hold too, in an `Arc`; a function that owns a clone of it is:
///
/// ```compile_fail,E0277
/// # use std::sync::Arc;
/// # use windlass_core::{Event, EventSink};
/// # fn add(sink: impl EventSink) {
/// #     drop(sink);
/// # }
/// # #[derive(Default)]
/// # struct Failures;
/// # impl EventSink for Failures {
/// #     fn emit(&self, event: &Event) {
/// #         drop(event.clone());
/// #     }
/// # }
/// let failures = Arc::new(Failures::default());
/// add(failures);
/// ```
///
/// [An event sink of your own](https://github.com/windlass-dev/windlass/blob/main/docs/custom-sink.md) is a whole crate, with its tests.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event sink",
    label = "this does not take an `&Event`",
    note = "a function is a sink if it says its type: `|event: &Event| …`",
    note = "one that is shared goes into a function: `move |event: &Event| shared.emit(event)`",
    note = "how to write one: https://github.com/windlass-dev/windlass/blob/main/docs/custom-sink.md"
)]
pub trait EventSink: Send + Sync + 'static {
    /// Takes one event.
    fn emit(&self, event: &Event);
}

impl<F: Fn(&Event) + Send + Sync + 'static> EventSink for F {
    fn emit(&self, event: &Event) {
        self(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_reads_back_and_one_of_another_version_does_not() {
        let health = Health::new(crate::HealthStatus::Progressing, "1 of 2");
        let id = ObjectId::new("apps", "Deployment", "shop", "web");
        let waiting = |wait| EventKind::Waiting { wait };
        let waits = [Duration::from_millis(1500), Duration::MAX].map(waiting);
        for what in [EventKind::Started, EventKind::Health { id, health }].into_iter().chain(waits) {
            let event = Event::new(UnitId::new("shop").unwrap(), what);
            let text = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event, "{text}");
            let other = text.replace("v1alpha1", "v9");
            assert!(serde_json::from_str::<Event>(&other).is_err(), "{other}");
        }
    }

    #[test]
    fn an_event_is_one_flat_document() {
        let wait = Duration::from_secs(60);
        let event = Event::new(UnitId::new("shop").unwrap(), EventKind::Waiting { wait });
        let expected = r#"{"kind":"Event","apiVersion":"windlass.dev/v1alpha1","unit":"shop","event":"waiting","waitSeconds":60}"#;
        assert_eq!(serde_json::to_string(&event).unwrap(), expected);
    }
}
