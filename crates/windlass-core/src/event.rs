//! What is told while it happens.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    ApiVersion, Contest, Counts, Digest, Error, Health, ObjectId, Outcome, Release, Revision, Text,
    Timestamp, Trigger, UnitId,
};

/// Something that happened to a unit. Carries names, digests and numbers, never bodies, and all that a sink has to know of
/// the pass, so that it needs no clock and no memory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[non_exhaustive]
pub struct Event {
    #[serde(default)]
    api_version: ApiVersion,
    /// The unit.
    pub unit: UnitId,
    /// When, by the clock of the engine. The beginning of 1970 in what was written before events had a time.
    #[serde(default)]
    pub at: Timestamp,
    /// The pass in which it happened; `None` for what happens between two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass: Option<Pass>,
    /// What happened.
    #[serde(flatten)]
    pub what: EventKind,
}

impl Event {
    /// Makes an event between two passes.
    #[must_use]
    pub const fn new(unit: UnitId, at: Timestamp, what: EventKind) -> Self {
        Self { api_version: ApiVersion, unit, at, pass: None, what }
    }

    /// Says in which pass it happened.
    #[must_use]
    pub fn within(mut self, pass: Pass) -> Self {
        self.pass = Some(pass);
        self
    }
}

/// A pass, as far as it has come: a plan that is made, carried out or not, or a deletion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Pass {
    /// Counts the passes over the unit in this process, from 1.
    pub number: u64,
    /// When it began.
    pub began: Timestamp,
    /// Why it is made.
    pub trigger: Trigger,
    /// The revision, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// The digest of the plan, once that is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Digest>,
}

impl Pass {
    /// Begins a pass.
    #[must_use]
    pub const fn new(number: u64, began: Timestamp, trigger: Trigger) -> Self {
        Self { number, began, trigger, revision: None, plan: None }
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
        /// The fields that differ, at most [`Contest::FIELDS_MAX`]; none where the object is gone, or where nobody can say.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fields: Vec<Text>,
        /// Who wrote one of them, where the target says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Text>,
    },
    /// We and somebody else set a field of an object in turn, and the next repair of that object waits.
    Contested {
        /// Which.
        id: ObjectId,
        /// Who sets which fields back, and how often.
        contest: Contest,
    },
    /// The plan is not carried out: a policy is against it, the unit is suspended, or it waits for another unit.
    Withheld {
        /// Why.
        why: Text,
        /// Whether a yes or the right time would let it go on.
        hold: bool,
        /// What would let it go on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        release: Option<Release>,
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
        /// How many objects ended how, and how many are not healthy.
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

/// Fields that a text names.
const FIELDS_SHOWN_MAX: usize = 3;

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => f.write_str("pass started"),
            Self::Resolved { revision } => write!(f, "source is at {}", revision.short()),
            Self::Rendered { objects } => write!(f, "{} rendered", Text::count(*objects, "object")),
            Self::Planned { plan, writes } => {
                write!(f, "plan {} with {}", plan.short(), Text::count(*writes, "write"))
            }
            Self::Drifted { id, fields, by } => drifted(id, fields, by.as_ref(), f),
            Self::Contested { id, contest } => {
                write!(f, "contested {id}: {contest}; ")?;
                write!(f, "the next repair waits {}", Text::duration(contest.wait()))
            }
            Self::Withheld { why, hold: true, .. } => write!(f, "on hold: {why}"),
            Self::Withheld { why, hold: false, .. } => write!(f, "denied: {why}"),
            Self::Object { id, outcome: Outcome::Failed { error } } => write!(f, "failed {id}: {error}"),
            Self::Object { id, outcome: Outcome::Deleting { held_by } } if !held_by.is_empty() => {
                write!(f, "deleting {id}, held by {}", held_by.join(", "))
            }
            Self::Object { id, outcome } => write!(f, "{} {id}", outcome.name()),
            Self::Health { id, health } => write!(f, "{id} is {health}"),
            Self::Saved { objects } => write!(f, "state saved, {} owned", Text::count(*objects, "object")),
            Self::Problem { error } => write!(f, "problem: {error}"),
            Self::Failed { error } => write!(f, "pass failed: {error}"),
            Self::Finished { counts } => write!(f, "pass finished: {counts}"),
            Self::Waiting { wait } => write!(f, "next pass in {}", Text::duration(*wait)),
        }
    }
}

fn drifted(id: &ObjectId, fields: &[Text], by: Option<&Text>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "drifted {id}")?;
    if !fields.is_empty() {
        write!(f, ": {}", Text::first(fields, FIELDS_SHOWN_MAX))?;
    }
    by.map_or(Ok(()), |by| write!(f, ", set by {by}"))
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

    fn event(what: EventKind) -> Event {
        let mut pass = Pass::new(7, Timestamp::from_unix(1_767_225_600), Trigger::Source);
        pass.revision = Some(Revision::new("sha1:1a2b"));
        let unit = UnitId::new("shop").unwrap();
        Event::new(unit, Timestamp::from_unix(1_767_225_605), what).within(pass)
    }

    fn waiting(wait: Duration) -> EventKind {
        EventKind::Waiting { wait }
    }

    #[test]
    fn an_event_reads_back_and_one_of_another_version_does_not() {
        let health = Health::new(crate::HealthStatus::Progressing, "1 of 2");
        let id = ObjectId::new("apps", "Deployment", "shop", "web");
        let drifted = EventKind::Drifted { id: id.clone(), fields: vec!["spec.replicas".into()], by: None };
        let waits = [Duration::from_millis(1500), Duration::MAX].map(waiting);
        for what in [EventKind::Started, EventKind::Health { id, health }, drifted].into_iter().chain(waits) {
            let event = event(what);
            let text = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event, "{text}");
            let other = text.replace("v1alpha1", "v9");
            assert!(serde_json::from_str::<Event>(&other).is_err(), "{other}");
        }
    }

    #[test]
    fn an_event_is_one_document_that_says_when_and_in_which_pass() {
        let expected = concat!(
            r#"{"kind":"Event","apiVersion":"windlass.dev/v1alpha1","unit":"shop","at":"2026-01-01T00:00:05Z","#,
            r#""pass":{"number":7,"began":"2026-01-01T00:00:00Z","trigger":"source","revision":{"id":"sha1:1a2b"}},"#,
            r#""event":"waiting","waitSeconds":60}"#
        );
        assert_eq!(serde_json::to_string(&event(waiting(Duration::from_secs(60)))).unwrap(), expected);
    }

    #[test]
    fn an_event_that_was_written_before_it_had_a_time_is_read() {
        let id = ObjectId::new("", "ConfigMap", "shop", "web");
        let id_text = serde_json::to_string(&id).unwrap();
        let text = format!(r#"{{"kind":"Event","unit":"shop","event":"drifted","id":{id_text}}}"#);
        let read: Event = serde_json::from_str(&text).unwrap();
        let what = EventKind::Drifted { id, fields: Vec::new(), by: None };
        assert_eq!(read, Event::new(UnitId::new("shop").unwrap(), Timestamp::default(), what));
    }

    #[test]
    fn numbers_and_times_read_as_one_says_them() {
        let id = || ObjectId::new("", "ConfigMap", "shop", "web");
        let fields = ["data.a", "data.b", "data.c", "data.d"].map(Text::from).to_vec();
        let plan = Digest::of(b"");
        for (what, expected) in [
            (EventKind::Rendered { objects: 1 }, "1 object rendered"),
            (EventKind::Rendered { objects: 2 }, "2 objects rendered"),
            (EventKind::Planned { plan, writes: 1 }, &*format!("plan {} with 1 write", plan.short())),
            (EventKind::Saved { objects: 1 }, "state saved, 1 object owned"),
            (waiting(Duration::from_millis(58_123)), "next pass in 58 s"),
            (EventKind::Drifted { id: id(), fields: Vec::new(), by: None }, "drifted ConfigMap/shop/web"),
            (
                EventKind::Drifted { id: id(), fields, by: Some("kubectl-edit".into()) },
                "drifted ConfigMap/shop/web: data.a, data.b, data.c and 1 more, set by kubectl-edit",
            ),
        ] {
            assert_eq!(what.to_string(), expected);
        }
    }
}
