//! How a unit is, without looking at its source.

use std::collections::BTreeMap;
use std::fmt;

use windlass_core::{
    Contest, Context, Control, Health, Interest, Look, ObjectId, Observation, Owned, Owner, Record, Result,
    UnitId,
};

use super::Engine;
use super::key::Sealed;
use crate::facts::Facts;

/// How an owned object is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ObjectStatus {
    /// It is there, as it was after the last write.
    InSync(Option<Health>),
    /// It is there, and somebody has changed it, or its last write is not confirmed.
    Drifted(Option<Health>),
    /// It is not there.
    Missing,
    /// It was written as it is wanted, may go by itself once it has done its work, and is gone.
    Done,
    /// It does not name the unit as its owner any more, nor another one.
    Lost,
    /// Another unit has taken it over; the next pass forgets it.
    Given(UnitId),
    /// It could not be looked at.
    Unknown(windlass_core::Error),
}

/// How a unit is: what it owns, and how that is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Status {
    /// The unit.
    pub unit: UnitId,
    /// The target's place.
    pub place: windlass_core::Text,
    /// The last pass that is remembered.
    pub last: Option<Record>,
    /// What it owns.
    pub objects: Vec<(ObjectId, ObjectStatus)>,
    /// Fields of these objects that somebody else and we set in turn, lately.
    pub contests: BTreeMap<ObjectId, Contest>,
}

impl Status {
    /// Says whether everything owned is there, unchanged and healthy. What another unit has taken over is not owned any more.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.objects.iter().all(|(_, status)| match status {
            ObjectStatus::InSync(health) => health.as_ref().is_none_or(Health::is_ready),
            ObjectStatus::Given(_) | ObjectStatus::Done => true,
            _ => false,
        })
    }
}

impl Engine {
    /// Says how the unit is: what is remembered, and how what it owns is now. Writes nothing, and does not ask the
    /// source.
    ///
    /// # Errors
    /// What target and store say.
    pub async fn status(&self, cx: &Context) -> Result<Status> {
        let sealed = self.load_sealed(cx, false).await?;
        let facts = self.begin(cx, &sealed, &Control::default());
        let Sealed { saved, key, .. } = sealed;
        let look = |owned: &Owned| Look::new(owned.api_version.clone()).unless(&key, owned.stamp);
        let objects = facts.inventory.objects.iter().map(|(id, owned)| (id.clone(), look(owned)));
        let interest = Interest { unit: self.unit().clone(), objects: objects.collect() };
        let observed = self.look(cx, interest).await?;
        let owner = Owner::of(self.unit());
        let objects = facts.inventory.objects.iter().map(|(id, owned)| {
            let status = match observed.observations.get(id) {
                Some(Observation::Live(live)) if live.owner.as_ref() != Some(&owner) => match &live.owner {
                    Some(Owner::Unit(unit)) => ObjectStatus::Given(unit.clone()),
                    _ => ObjectStatus::Lost,
                },
                Some(Observation::Live(live)) if owned.stamp == Some(live.stamp.sealed(&key)) => {
                    ObjectStatus::InSync(live.health.clone())
                }
                Some(Observation::Live(live)) => ObjectStatus::Drifted(live.health.clone()),
                Some(Observation::Unreadable(error)) => ObjectStatus::Unknown(error.clone()),
                Some(Observation::Absent) if owned.transient && owned.stamp.is_some() => ObjectStatus::Done,
                _ => ObjectStatus::Missing,
            };
            (id.clone(), status)
        });
        Ok(Status {
            unit: self.unit().clone(),
            place: facts.place.clone(),
            objects: objects.collect(),
            contests: contests(&facts),
            last: saved.as_ref().and_then(|saved| saved.history.last().cloned()),
        })
    }
}

fn contests(facts: &Facts) -> BTreeMap<ObjectId, Contest> {
    let lasts = |contest: &&Contest| contest.is_told() && contest.is_recent(facts.now);
    let contests = facts.inventory.objects.iter();
    contests
        .filter_map(|(id, owned)| Some((id.clone(), owned.contest.as_ref().filter(lasts)?.clone())))
        .collect()
}

impl fmt::Display for ObjectStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InSync(None) => f.write_str("in sync"),
            Self::InSync(Some(health)) => write!(f, "in sync, {health}"),
            Self::Drifted(None) => f.write_str("drifted"),
            Self::Drifted(Some(health)) => write!(f, "drifted, {health}"),
            Self::Missing => f.write_str("missing"),
            Self::Done => f.write_str("done, and gone by itself"),
            Self::Lost => f.write_str("not ours any more"),
            Self::Given(unit) => write!(f, "{unit} has taken it over"),
            Self::Unknown(error) => write!(f, "unknown: {error}"),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.unit, self.place)?;
        match &self.last {
            None => writeln!(f, "  nothing remembered")?,
            Some(last) => {
                let revision = last.revision.as_ref().map(windlass_core::Revision::short).unwrap_or_default();
                writeln!(f, "  {revision} at {}: {}", last.at, last.counts)?;
            }
        }
        self.objects.iter().try_for_each(|(id, status)| match self.contests.get(id) {
            None => writeln!(f, "{id}  {status}"),
            Some(contest) => writeln!(f, "{id}  {status}; {contest}"),
        })
    }
}
