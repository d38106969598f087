//! What did happen.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    ApiVersion, Digest, Error, Health, HealthStatus, ObjectId, Origin, Revision, Text, Timestamp, UnitId,
    Warning,
};

/// What became of one object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
#[non_exhaustive]
pub enum Outcome {
    /// It is new.
    Created,
    /// It was changed.
    Changed,
    /// It was as wanted.
    Unchanged,
    /// It is gone.
    Deleted,
    /// It was told to go, and something holds it still.
    Deleting {
        /// What holds it, such as the names of finalizers; empty where nobody says.
        #[serde(default, rename = "heldBy", skip_serializing_if = "Vec::is_empty")]
        held_by: Vec<Text>,
    },
    /// It is not wanted any more and stays.
    Kept {
        /// Why.
        why: Text,
    },
    /// It was not touched, because of something else.
    Skipped {
        /// Why.
        why: Text,
    },
    /// It could not be written, or did not become healthy.
    Failed {
        /// Why.
        error: Error,
    },
}

impl Outcome {
    /// Names it as events and metrics do.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Deleted => "deleted",
            Self::Deleting { .. } => "deleting",
            Self::Kept { .. } => "kept",
            Self::Skipped { .. } => "skipped",
            Self::Failed { .. } => "failed",
        }
    }

    /// It was written, or was as wanted, so that its health is of interest.
    const fn is_as_wanted(&self) -> bool {
        matches!(self, Self::Created | Self::Changed | Self::Unchanged)
    }
}

/// What became of one object, and how it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ObjectReport {
    /// Which.
    pub id: ObjectId,
    /// Where it was written down, if it is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Arc<Origin>>,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// How it is, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
}

impl ObjectReport {
    /// Makes a report of one object.
    #[must_use]
    pub const fn new(
        id: ObjectId,
        origin: Option<Arc<Origin>>,
        outcome: Outcome,
        health: Option<Health>,
    ) -> Self {
        Self { id, origin, outcome, health }
    }
}

/// How many objects ended how, and how many are not healthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Counts {
    /// Created.
    pub created: usize,
    /// Changed.
    pub changed: usize,
    /// Unchanged.
    pub unchanged: usize,
    /// Deleted.
    pub deleted: usize,
    /// Told to go, and held by something.
    pub deleting: usize,
    /// Kept.
    pub kept: usize,
    /// Skipped.
    pub skipped: usize,
    /// Failed.
    pub failed: usize,
    /// Of those that are as wanted, the ones that are not healthy: [`Report::unhealthy`].
    pub unhealthy: usize,
    /// Of these, the ones that are degraded, so that waiting alone may not help.
    pub degraded: usize,
}

impl Counts {
    /// Counts what became of objects and how they are, where that is known.
    #[must_use]
    pub fn of<'a>(objects: impl IntoIterator<Item = (&'a Outcome, Option<&'a Health>)>) -> Self {
        let mut counts = Self::default();
        for (outcome, health) in objects {
            *counts.of_outcome(outcome) += 1;
            if let Some(health) = health.filter(|health| outcome.is_as_wanted() && !health.is_ready()) {
                counts.unhealthy += 1;
                counts.degraded += usize::from(health.status == HealthStatus::Degraded);
            }
        }
        counts
    }

    fn of_outcome(&mut self, outcome: &Outcome) -> &mut usize {
        match outcome {
            Outcome::Created => &mut self.created,
            Outcome::Changed => &mut self.changed,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Deleted => &mut self.deleted,
            Outcome::Deleting { .. } => &mut self.deleting,
            Outcome::Kept { .. } => &mut self.kept,
            Outcome::Skipped { .. } => &mut self.skipped,
            Outcome::Failed { .. } => &mut self.failed,
        }
    }

    /// Counts the objects that were written.
    #[must_use]
    pub const fn written(&self) -> usize {
        self.created + self.changed + self.deleted + self.deleting
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            (self.created, "created"),
            (self.changed, "changed"),
            (self.deleted, "deleted"),
            (self.deleting, "deleting"),
            (self.kept, "kept"),
            (self.skipped, "skipped"),
            (self.failed, "failed"),
            (self.unchanged, "unchanged"),
        ];
        let parts: Vec<String> = all
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, name)| format!("{count} {name}"))
            .collect();
        f.write_str(if parts.is_empty() { "nothing to do" } else { "" })?;
        f.write_str(&parts.join(", "))?;
        match (self.unhealthy, self.degraded) {
            (0, _) => Ok(()),
            (unhealthy, 0) => write!(f, "; {unhealthy} not healthy"),
            (unhealthy, degraded) if unhealthy == degraded => write!(f, "; {degraded} degraded"),
            (unhealthy, degraded) => write!(f, "; {unhealthy} not healthy, {degraded} of them degraded"),
        }
    }
}

/// What did happen in one pass, per object. Partial failure is data here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[non_exhaustive]
pub struct Report {
    #[serde(default)]
    api_version: ApiVersion,
    /// The unit.
    pub unit: UnitId,
    /// The revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// The plan that was carried out.
    pub plan: Digest,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// What became of each object, in the order of the plan.
    pub objects: Vec<ObjectReport>,
    /// What went wrong beside single objects: guards, a state that could not be saved, a cancellation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Error>,
    /// What is worth saying.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

impl Report {
    /// Makes a report in which nothing happened yet.
    #[must_use]
    pub fn new(unit: UnitId, revision: Option<Revision>, plan: Digest, started: Timestamp) -> Self {
        Self {
            api_version: ApiVersion,
            unit,
            revision,
            plan,
            started,
            finished: started,
            objects: Vec::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Counts the objects.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(self.objects.iter().map(|object| (&object.outcome, object.health.as_ref())))
    }

    /// Says whether every object was written that should be, and every one deleted; not whether they are healthy, which is
    /// [`is_healthy`](Self::is_healthy).
    #[must_use]
    pub fn is_success(&self) -> bool {
        let counts = self.counts();
        self.problems.is_empty() && counts.failed == 0 && counts.skipped == 0
    }

    /// Says whether all wanted objects that were written, or were as wanted, are healthy as far as anybody knows; not whether
    /// any failed, which is [`is_success`](Self::is_success).
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.unhealthy().next().is_none()
    }

    /// Goes through the wanted objects that were written, or were as wanted, and are not healthy: what was waited for in
    /// vain, and why.
    pub fn unhealthy(&self) -> impl Iterator<Item = (&ObjectReport, &Health)> {
        self.objects.iter().filter_map(|object| {
            let health = object.health.as_ref().filter(|health| !health.is_ready())?;
            object.outcome.is_as_wanted().then_some((object, health))
        })
    }

    /// Gives all that went wrong as one error; `None` where nothing did. An object that is not healthy is no error
    /// here: [`Report::unhealthy`] has those.
    #[must_use]
    pub fn error(&self) -> Option<Error> {
        let failed = self.objects.iter().filter_map(|object| match &object.outcome {
            Outcome::Failed { error } => Some(error.clone().with_each("object", &object.id)),
            _ => None,
        });
        Error::all(self.problems.iter().cloned().chain(failed))
    }
}

/// One line for each object that is not merely unchanged and healthy, and a line of counts.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quiet = |object: &ObjectReport| {
            object.outcome == Outcome::Unchanged && object.health.as_ref().is_none_or(Health::is_ready)
        };
        for object in self.objects.iter().filter(|object| !quiet(object)) {
            writeln!(f, "{object}")?;
        }
        for problem in &self.problems {
            writeln!(f, "! {}", problem.to_string().replace('\n', "\n  "))?;
        }
        for warning in &self.warnings {
            writeln!(f, "? {}", warning.message)?;
        }
        writeln!(f, "{}: {}", self.unit, self.counts())
    }
}

impl fmt::Display for ObjectReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<9} {}", self.outcome.name(), self.id)?;
        match &self.outcome {
            Outcome::Kept { why } | Outcome::Skipped { why } => write!(f, "  {why}")?,
            Outcome::Failed { error } => write!(f, "  {}", error.to_string().replace('\n', "\n  "))?,
            Outcome::Deleting { held_by } if !held_by.is_empty() => {
                write!(f, "  held by {}", held_by.join(", "))?
            }
            _ => {}
        }
        match &self.health {
            Some(health) if !health.is_ready() => write!(f, "  {health}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_healthy_is_counted_beside_what_became_of_it() {
        let health = |status| Some(Health::new(status, ""));
        let (degraded, progressing) = (health(HealthStatus::Degraded), health(HealthStatus::Progressing));
        let skipped = Outcome::Skipped { why: "".into() };
        for (objects, expected) in [
            (vec![(&Outcome::Created, None)], "1 created"),
            (vec![(&Outcome::Unchanged, progressing.as_ref())], "1 unchanged; 1 not healthy"),
            (vec![(&Outcome::Changed, degraded.as_ref())], "1 changed; 1 degraded"),
            (
                vec![(&Outcome::Changed, degraded.as_ref()), (&Outcome::Created, progressing.as_ref())],
                "1 created, 1 changed; 2 not healthy, 1 of them degraded",
            ),
            (vec![(&skipped, degraded.as_ref())], "1 skipped"),
        ] {
            assert_eq!(Counts::of(objects).to_string(), expected);
        }
    }

    #[test]
    fn a_report_may_be_a_success_and_not_healthy() {
        let unit = UnitId::new("shop").unwrap();
        let mut report = Report::new(unit, None, Digest::of(b""), Timestamp::from_unix(0));
        let health = Some(Health::new(HealthStatus::Degraded, "no pods"));
        let id = ObjectId::new("apps", "Deployment", "shop", "web");
        report.objects = vec![ObjectReport::new(id, None, Outcome::Unchanged, health)];
        assert!(report.is_success() && !report.is_healthy());
    }
}
