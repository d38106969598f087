//! Going through units one after the other.

use std::collections::BTreeSet;

use windlass_core::{Error, ErrorKind, Result, UnitId};

use super::{Ending, Scene};
use crate::spec::Unit;

/// What holds a unit back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Nothing: the command writes nothing, so that each unit stands for itself.
    Nothing,
    /// A unit that depends on it and that failed: the way back.
    Dependents,
}

/// What came of a unit of which there is a result.
#[derive(Debug)]
pub(super) struct Came {
    pub(super) ending: Ending,
    /// What went wrong all the same; the result has told it to whoever reads documents.
    pub(super) error: Option<Error>,
}

impl From<Ending> for Came {
    fn from(ending: Ending) -> Self {
        Self { ending, error: None }
    }
}

impl From<Error> for Came {
    fn from(error: Error) -> Self {
        Self { ending: Ending::Failed, error: Some(error) }
    }
}

/// Goes through the units in their order, or backwards for [`Holds::Dependents`]. A unit that fails holds back only
/// what it has to; every failure is told, and has a document where there is no result.
///
/// # Errors
/// [`ErrorKind::Cancelled`] once cancelled.
pub(super) async fn walk(
    scene: &Scene,
    holds: Holds,
    visit: impl AsyncFnMut(&Unit) -> Result<Came>,
) -> Result<Ending> {
    walk_with(scene, holds, |unit, error| scene.term.failure(Some(unit), error), visit).await
}

/// Does as [`walk`], and leaves it to `failed` to write down why there is no result of a unit.
pub(super) async fn walk_with(
    scene: &Scene,
    holds: Holds,
    mut failed: impl FnMut(&UnitId, &Error),
    mut visit: impl AsyncFnMut(&Unit) -> Result<Came>,
) -> Result<Ending> {
    let mut ending = Ending::Good;
    let mut bad: BTreeSet<UnitId> = BTreeSet::new();
    let mut units: Vec<&Unit> = scene.fleet.units().collect();
    if holds == Holds::Dependents {
        units.reverse();
    }
    for unit in &units {
        let held = match scene.fleet.isolation(&unit.id) {
            Some(error) => Some(error.clone()),
            None => held_back(unit, &units, holds, &bad),
        };
        let visited = match held {
            Some(error) => Err(error),
            None => visit(unit).await,
        };
        let came = visited.unwrap_or_else(|error| {
            let error = error.with_each("unit", &unit.id);
            if is_news(scene, &error) {
                failed(&unit.id, &error);
            }
            error.into()
        });
        if let Some(error) = came.error.filter(|error| is_news(scene, error)) {
            scene.term.error(&error.with_each("unit", &unit.id));
        }
        if came.ending == Ending::Failed {
            bad.insert(unit.id.clone());
        }
        ending = ending.max(came.ending);
        if scene.cx.cancel().is_cancelled() {
            return Err(stopped());
        }
    }
    Ok(ending)
}

/// That it was stopped is told once, at the end.
pub(super) fn is_news(scene: &Scene, error: &Error) -> bool {
    error.kind() != ErrorKind::Cancelled || !scene.cx.cancel().is_cancelled()
}

/// Says that somebody stopped the command.
pub(super) fn stopped() -> Error {
    Error::new(ErrorKind::Cancelled, "stopped before all was done")
        .with_help("what was done is saved; the same command goes on from there")
}

fn held_back(unit: &Unit, units: &[&Unit], holds: Holds, bad: &BTreeSet<UnitId>) -> Option<Error> {
    let waits = |other: &&&Unit| match holds {
        Holds::Nothing => false,
        Holds::Dependents => other.depends_on.contains(&unit.id),
    };
    let by = units.iter().filter(waits).find(|other| bad.contains(&other.id))?;
    let message = format!("held back: `{}`, which depends on it, failed", by.id);
    let help = format!("mend `{}` first; nothing of this unit was written or deleted", by.id);
    Some(Error::new(ErrorKind::Conflict, message).with_help(help))
}
