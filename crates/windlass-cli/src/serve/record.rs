//! What is known of one unit.

use std::time::Duration;

use windlass_core::{
    Counts, Error, ErrorKind, Event, EventKind, Now, Release, Report, Result, Revision, Text, Timestamp,
};

use super::Entry;

/// The longest passes of each bucket, in seconds.
pub(super) const BOUNDS: [f64; 10] = [0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, f64::INFINITY];

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
        self.state = if report.is_healthy() { State::Ready } else { State::Progressing };
    }

    fn refused(&mut self, error: &Error, withheld: bool) {
        let count = if withheld { &mut self.passes.withheld } else { &mut self.passes.failed };
        *count += 1;
        self.state = match withheld {
            true if matches!(error.release(), Some(Release::Resumption { .. })) => State::Suspended,
            true => State::Waiting,
            false => State::Failed,
        };
    }
}

#[cfg(test)]
mod tests {
    use windlass_core::{Digest, ObjectId, ObjectReport, Outcome, UnitId};

    use super::*;

    fn at(seconds: u64) -> Now {
        Now { wall: Timestamp::from_unix(seconds), mono: Duration::from_secs(seconds) }
    }

    fn event(what: EventKind) -> Event {
        Event::new(UnitId::new("shop").unwrap(), Timestamp::from_unix(0), what)
    }

    fn report(outcome: Outcome) -> Result<Report> {
        let revision = Revision::new("sha1:1a2b");
        let unit = UnitId::new("shop").unwrap();
        let mut report = Report::new(unit, Some(revision), Digest::of(b""), Timestamp::from_unix(0));
        let id = ObjectId::new("", "ConfigMap", "shop", "web");
        report.objects = vec![ObjectReport::new(id, None, outcome, None)];
        Ok(report)
    }

    fn passed(record: &mut Record, from: u64, to: u64, result: &Result<Report>) {
        record.hear(&event(EventKind::Started), at(from));
        record.end(result, at(to));
    }

    #[test]
    fn a_pass_counts_by_how_it_ended_and_a_failed_one_leaves_the_revision_that_was_applied() {
        let mut record = Record::default();
        passed(&mut record, 10, 12, &report(Outcome::Created));
        assert_eq!(record.state, State::Ready);
        let error = Error::new(ErrorKind::Denied, "no rights");
        passed(&mut record, 20, 90, &report(Outcome::Failed { error }));
        assert_eq!(record.state, State::Failed);
        assert_eq!((record.passes.succeeded, record.passes.failed, record.passes.withheld), (1, 1, 0));
        assert_eq!((record.writes.created, record.durations.seconds), (1, 72.0));
        assert_eq!(record.durations.buckets, [0, 0, 0, 0, 0, 1, 0, 0, 1, 0]);
        assert_eq!(record.applied.as_deref(), Some("sha1:1a2b"));
        let ends = [record.ended, record.succeeded].map(|time| time.map(Timestamp::unix));
        assert_eq!(ends, [Some(90), Some(12)]);
    }

    #[test]
    fn what_withholds_a_pass_tells_a_suspension_from_all_else() {
        let withheld = |release| {
            let mut record = Record::default();
            record.hear(&event(EventKind::Started), at(1));
            record.hear(&event(EventKind::Withheld { why: "…".into(), hold: true, release: None }), at(1));
            record.end(&Err(Error::new(ErrorKind::Held, "not now").released_by(release)), at(2));
            assert_eq!((record.passes.withheld, record.passes.failed), (1, 0));
            record.state
        };
        assert_eq!(withheld(Release::Resumption { until: None }), State::Suspended);
        assert_eq!(withheld(Release::Approval { plan: Digest::of(b"") }), State::Waiting);
    }

    #[test]
    fn a_unit_that_waits_for_its_turn_makes_no_pass() {
        let mut record = Record::default();
        record.hear(
            &event(EventKind::Withheld { why: "waits for `base`".into(), hold: true, release: None }),
            at(1),
        );
        assert_eq!((record.state, record.passes.withheld), (State::Waiting, 0));
    }

    #[test]
    fn a_pass_that_ends_because_the_run_is_stopped_says_nothing_of_the_unit() {
        let mut record = Record::default();
        passed(&mut record, 1, 2, &report(Outcome::Unchanged));
        passed(&mut record, 3, 9, &Err(Error::new(ErrorKind::Cancelled, "stopped")));
        assert_eq!((record.state, record.passes.failed, record.durations.count()), (State::Ready, 0, 1));
    }

    #[test]
    fn a_unit_that_can_be_made_at_last_has_still_to_be_looked_at() {
        let record = Record::default().on(Entry::Runs, Entry::Unmade);
        assert_eq!(record.state, State::Failed);
        assert_eq!(record.on(Entry::Unmade, Entry::Runs).state, State::New);
    }
}
