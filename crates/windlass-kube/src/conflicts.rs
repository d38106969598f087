//! Fields that other managers hold: what the plan says of them, and what a write does.

use windlass_core::{Conflict, Decision, Error, ErrorKind, Object, ObjectId, Result, Segment, Value};

use crate::conflict::{self, ConflictRules};
use crate::fail::Cause;
use crate::owner::{INSTALLATION_LABEL, UNIT_LABEL};

/// What the server says of conflicting fields.
pub(crate) struct Conflicts {
    /// Fields that others hold.
    pub(crate) conflicts: Vec<Conflict>,
    /// Whether we own a field that only a forced apply can set: one that our own manager set by a replace, or one of our
    /// labels, which the payload does not have and so cannot leave to anybody.
    own: bool,
}

impl Conflicts {
    pub(crate) fn of(causes: &[Cause], payload: &Object, rules: &ConflictRules, manager: &str) -> Self {
        let labels = |cause: &Cause| {
            let label = cause.field.strip_prefix(".metadata.labels.");
            label.is_some_and(|label| [UNIT_LABEL, INSTALLATION_LABEL].contains(&label))
        };
        let yields = |cause: &Cause| rules.conflict(cause, payload.body()).decision == Decision::Yield;
        let ours = |cause: &&Cause| conflict::is_held_by(cause, manager) || (labels(cause) && yields(cause));
        let theirs = causes.iter().filter(|cause| !ours(cause));
        Self {
            conflicts: theirs.map(|cause| rules.conflict(cause, payload.body())).collect(),
            own: causes.iter().any(|cause| ours(&cause)),
        }
    }

    /// Takes what is known of fields of others without asking the server.
    pub(crate) const fn others(conflicts: Vec<Conflict>) -> Self {
        Self { conflicts, own: false }
    }

    /// Gives the errors of fields that nobody may take.
    pub(crate) fn refuse(&self, id: &ObjectId) -> Result<()> {
        let refused = self.conflicts.iter().filter(|conflict| conflict.decision == Decision::Refuse);
        all(refused, id, "the conflict rules refuse it; leave the field out, or take it by a rule")
    }

    /// Gives the errors of fields that `planned` does not take although they would have to be taken.
    pub(crate) fn check(&self, planned: &[Conflict], id: &ObjectId) -> Result<()> {
        let unplanned = self.conflicts.iter().filter(|conflict| match conflict.decision {
            Decision::Yield => false,
            Decision::Take => !takes(planned).any(|taken| taken.path == conflict.path),
            _ => true,
        });
        all(
            unplanned,
            id,
            "the plan did not say that it would be taken; make a new one, or leave the field out",
        )
    }

    /// Says whether only a forced apply can set what is left once the yielded fields are removed.
    pub(crate) fn needs_force(&self) -> bool {
        self.own || takes(&self.conflicts).next().is_some()
    }

    /// Leaves fields to their holders.
    pub(crate) fn without_yielded(&self, payload: &Object) -> Result<Object> {
        let mut left: Vec<&Conflict> = Vec::new();
        let mut yielded: Vec<&Conflict> =
            self.conflicts.iter().filter(|conflict| conflict.decision == Decision::Yield).collect();
        yielded.sort_by_key(|conflict| conflict.path.segments().len());
        let mut kept = Vec::new();
        let edited = payload.edit(|body: &mut Value| {
            for conflict in yielded {
                let inside = left.iter().any(|outer| is_within(conflict, outer));
                if !inside && !conflict::remove(body, &conflict.path) {
                    kept.push(conflict.clone());
                }
                left.push(conflict);
            }
        })?;
        all(kept.iter(), payload.id(), "it should be left to its holder, but cannot be found; leave it out")?;
        Ok(edited)
    }
}

/// Gives the fields that are taken.
pub(crate) fn takes(conflicts: &[Conflict]) -> impl Iterator<Item = &Conflict> {
    conflicts.iter().filter(|conflict| conflict.decision == Decision::Take)
}

fn is_within(inner: &Conflict, outer: &Conflict) -> bool {
    let (inner, outer): (&[Segment], &[Segment]) = (inner.path.segments(), outer.path.segments());
    inner.starts_with(outer)
}

fn all<'a>(conflicts: impl Iterator<Item = &'a Conflict>, id: &ObjectId, help: &'static str) -> Result<()> {
    let errors = conflicts.map(|conflict| {
        Error::new(ErrorKind::Conflict, "somebody else holds the field")
            .with("field", &conflict.path)
            .with("holder", &conflict.holder)
            .with("object", id)
    });
    Error::all(errors).map_or(Ok(()), |error| Err(error.with_help(help)))
}
