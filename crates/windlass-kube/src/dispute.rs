//! What becomes of an object of which others hold fields: in a plan, and when the write comes.

use windlass_core::{Contest, Decision, Error, ErrorKind, Object, ObjectId, Result, Segment, Value};

use crate::contest::{self, ConflictRules};
use crate::fail::Cause;
use crate::owner::UNIT_LABEL;

/// What the server says of contested fields.
pub(crate) struct Dispute {
    /// Fields that others hold.
    pub(crate) contests: Vec<Contest>,
    /// Whether something is ours that only force can set: a field that our own manager holds, as it once replaced the
    /// object instead of applying it, or our mark, which is not in the payload and so cannot be left to anybody.
    own: bool,
}

impl Dispute {
    pub(crate) fn of(causes: &[Cause], payload: &Object, rules: &ConflictRules, manager: &str) -> Self {
        let marks = |cause: &Cause| cause.field.strip_prefix(".metadata.labels.") == Some(UNIT_LABEL);
        let yields = |cause: &Cause| rules.contest(cause, payload.body()).decision == Decision::Yield;
        let ours = |cause: &&Cause| contest::is_held_by(cause, manager) || (marks(cause) && yields(cause));
        let theirs = causes.iter().filter(|cause| !ours(cause));
        Self {
            contests: theirs.map(|cause| rules.contest(cause, payload.body())).collect(),
            own: causes.iter().any(|cause| ours(&cause)),
        }
    }

    /// Gives the errors of fields that nobody may take.
    pub(crate) fn refuse(&self, id: &ObjectId) -> Result<()> {
        let refused = self.contests.iter().filter(|contest| contest.decision == Decision::Refuse);
        all(refused, id, "the conflict rules refuse it; leave the field out, or take it by a rule")
    }

    /// Gives the errors of fields that `planned` does not take although they would have to be taken.
    pub(crate) fn check(&self, planned: &[Contest], id: &ObjectId) -> Result<()> {
        let unplanned = self.contests.iter().filter(|contest| match contest.decision {
            Decision::Yield => false,
            Decision::Take => !takes(planned).any(|taken| taken.path == contest.path),
            _ => true,
        });
        all(
            unplanned,
            id,
            "the plan did not say that it would be taken; make a new one, or leave the field out",
        )
    }

    /// Says whether something is left that only force can set, once what is yielded is taken out.
    pub(crate) fn needs_force(&self) -> bool {
        self.own || takes(&self.contests).next().is_some()
    }

    /// Leaves fields to their holders.
    pub(crate) fn without_yielded(&self, payload: &Object) -> Result<Object> {
        let mut left: Vec<&Contest> = Vec::new();
        let mut yielded: Vec<&Contest> =
            self.contests.iter().filter(|contest| contest.decision == Decision::Yield).collect();
        yielded.sort_by_key(|contest| contest.path.segments().len());
        let mut kept = Vec::new();
        let edited = payload.edit(|body: &mut Value| {
            for contest in yielded {
                let inside = left.iter().any(|outer| is_within(contest, outer));
                if !inside && !contest::remove(body, &contest.path) {
                    kept.push(contest.clone());
                }
                left.push(contest);
            }
        })?;
        all(kept.iter(), payload.id(), "it should be left to its holder, but cannot be found; leave it out")?;
        Ok(edited)
    }
}

/// Gives the fields that are taken.
pub(crate) fn takes(contests: &[Contest]) -> impl Iterator<Item = &Contest> {
    contests.iter().filter(|contest| contest.decision == Decision::Take)
}

fn is_within(inner: &Contest, outer: &Contest) -> bool {
    let (inner, outer): (&[Segment], &[Segment]) = (inner.path.segments(), outer.path.segments());
    inner.starts_with(outer)
}

fn all<'a>(contests: impl Iterator<Item = &'a Contest>, id: &ObjectId, help: &'static str) -> Result<()> {
    let errors = contests.map(|contest| {
        Error::new(ErrorKind::Conflict, "somebody else holds the field")
            .with("field", &contest.path)
            .with("holder", &contest.holder)
            .with("object", id)
    });
    Error::all(errors).map_or(Ok(()), |error| Err(error.with_help(help)))
}
