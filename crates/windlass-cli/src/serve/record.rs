//! What is known of one unit.

use std::time::Duration;

use windlass_core::{
    Counts, Error, ErrorKind, Event, EventKind, Now, Report, Result, Revision, Text, Timestamp,
};

use super::Entry;

/// The longest passes of each bucket, in seconds.
pub(super) const BOUNDS: [f64; 10] = [0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, f64::INFINITY];

/// The words by which windlass-engine refuses to write anything of a unit that a person has suspended.
const SUSPENDED: &str = "the unit is suspended";

/// How a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    /// Nobody has looked at it yet.
    #[default]
    New,
    /// All is written and healthy.
    Ready,
    /// All is written, and something is not healthy yet.
    Progressing,
    /// Something could not be done.
    Failed,
    /// A person has stopped it.
    Suspended,
    /// It waits for another unit, or for a policy.
    Waiting,
}

/// Passes by how they ended.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Passes {
    pub(super) succeeded: u64,
    pub(super) failed: u64,
    pub(super) withheld: u64,
}

/// Objects that were written, and those that somebody else had changed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Writes {
    pub(super) created: u64,
    pub(super) changed: u64,
    pub(super) deleted: u64,
    pub(super) drifted: u64,
}

/// How long passes took.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Durations {
    pub(super) seconds: f64,
    pub(super) buckets: [u64; BOUNDS.len()],
}

/// What is known of one unit since the run began, or since the unit was put in.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    pub(super) state: State,
    pub(super) passes: Passes,
    pub(super) durations: Durations,
    pub(super) writes: Writes,
    /// What became of the objects in the last pass that was carried out.
    pub(super) objects: Option<Counts>,
    /// The last revision of which all was written.
    pub(super) applied: Option<Text>,
    pub(super) ended: Option<Timestamp>,
    pub(super) succeeded: Option<Timestamp>,
    /// When the pass under way began.
    began: Option<Duration>,
    /// It was withheld since then.
    withheld: bool,
}

impl State {
    pub(super) const ALL: [Self; 6] =
        [Self::New, Self::Ready, Self::Progressing, Self::Failed, Self::Suspended, Self::Waiting];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Ready => "ready",
            Self::Progressing => "progressing",
            Self::Failed => "failed",
            Self::Suspended => "suspended",
            Self::Waiting => "waiting",
        }
    }
}

impl Durations {
    pub(super) fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    fn take(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        self.seconds += seconds;
        if let Some(at) = BOUNDS.iter().position(|bound| seconds <= *bound) {
            self.buckets[at] += 1;
        }
    }
}

impl Record {
    /// Takes in what happens, as far as it is counted.
    pub(super) fn hear(&mut self, event: &Event, now: Now) {
        match &event.what {
            EventKind::Started => (self.began, self.withheld) = (Some(now.mono), false),
            EventKind::Drifted { .. } => self.writes.drifted += 1,
            EventKind::Withheld { .. } => {
                self.withheld = true;
                // Outside of a pass it waits for its turn.
                if self.began.is_none() {
                    self.state = State::Waiting;
                }
            }
            _ => {}
        }
    }

    /// Takes in what came of a pass.
    pub(super) fn end(&mut self, result: &Result<Report>, now: Now) {
        let (began, withheld) = (self.began.take(), std::mem::take(&mut self.withheld));
        // Whoever stops a run ends its passes, which says nothing of the unit.
        if result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Cancelled) {
            return;
        }
        if let Some(began) = began {
            self.durations.take(now.mono.saturating_sub(began));
        }
        self.ended = Some(now.wall);
        match result {
            Ok(report) => self.carried_out(report, now),
            Err(error) => self.refused(error, withheld),
        }
    }

    /// Gives what is known once the unit is this after having been that.
    pub(super) fn on(mut self, before: Entry, now: Entry) -> Self {
        match (before, now) {
            (Entry::Runs, Entry::Runs) => {}
            (_, Entry::Runs) => self.state = State::New,
            (_, Entry::Unmade | Entry::Isolated) => self.state = State::Failed,
        }
        self
    }

    fn carried_out(&mut self, report: &Report, now: Now) {
        let counts = report.counts();
        self.objects = Some(counts);
        for (total, of_pass) in [
            (&mut self.writes.created, counts.created),
            (&mut self.writes.changed, counts.changed),
            (&mut self.writes.deleted, counts.deleted),
        ] {
            *total += u64::try_from(of_pass).unwrap_or(u64::MAX);
        }
        if !report.is_success() {
            self.passes.failed += 1;
            self.state = State::Failed;
            return;
        }
        self.passes.succeeded += 1;
        self.succeeded = Some(now.wall);
        self.applied = report.revision.as_ref().map(|Revision { id, .. }| id.clone());
        let is_healthy = report.unhealthy().next().is_none();
        self.state = if is_healthy { State::Ready } else { State::Progressing };
    }

    fn refused(&mut self, error: &Error, withheld: bool) {
        let count = if withheld { &mut self.passes.withheld } else { &mut self.passes.failed };
        *count += 1;
        self.state = match withheld {
            true if error.message() == SUSPENDED => State::Suspended,
            true => State::Waiting,
            false => State::Failed,
        };
    }
}
