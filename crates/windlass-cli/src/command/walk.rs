//! Going through units one after the other.

use std::collections::BTreeSet;

use windlass_core::{Error, ErrorForm, ErrorKind, Result, UnitId};

use super::{Ending, Scene};
use crate::args::Format;
use crate::spec::Unit;
use crate::term::Failure;

/// What holds a unit back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Nothing: the command writes nothing, so that each unit stands for itself.
    Nothing,
    /// A unit that it depends on and that failed.
    Dependencies,
    /// A unit that depends on it and that failed: the way back.
    Dependents,
}

/// Goes through the units in their order, or backwards for [`Holds::Dependents`]. A unit that fails holds back only
/// what it has to; every failure is told.
///
/// # Errors
/// [`ErrorKind::Cancelled`] once cancelled.
pub(super) async fn walk(
    scene: &Scene,
    holds: Holds,
    mut visit: impl AsyncFnMut(&Unit) -> Result<Ending>,
) -> Result<Ending> {
    let mut ending = Ending::Good;
    let mut failed: BTreeSet<UnitId> = BTreeSet::new();
    let mut units: Vec<&Unit> = scene.fleet.units().collect();
    if holds == Holds::Dependents {
        units.reverse();
    }
    for unit in &units {
        let held = match scene.fleet.isolation(&unit.id) {
            Some(error) => Some(error.clone()),
            None => held_back(unit, &units, holds, &failed),
        };
        let came_of_it = match held {
            Some(error) => Err(error),
            None => visit(unit).await,
        };
        let came_of_it = came_of_it.unwrap_or_else(|error| {
            // That it was stopped is told once, at the end.
            if error.kind() != ErrorKind::Cancelled || !scene.cx.cancel().is_cancelled() {
                tell(scene, &unit.id, &error);
            }
            Ending::Failed
        });
        if came_of_it == Ending::Failed {
            failed.insert(unit.id.clone());
        }
        ending = ending.max(came_of_it);
        if scene.cx.cancel().is_cancelled() {
            return Err(stopped());
        }
    }
    Ok(ending)
}

/// Says that somebody stopped the command.
pub(super) fn stopped() -> Error {
    Error::new(ErrorKind::Cancelled, "stopped before all was done")
        .with_help("what was done is saved; the same command goes on from there")
}

fn held_back(unit: &Unit, units: &[&Unit], holds: Holds, failed: &BTreeSet<UnitId>) -> Option<Error> {
    let waits = |other: &&&Unit| match holds {
        Holds::Nothing => false,
        Holds::Dependencies => unit.depends_on.contains(&other.id),
        Holds::Dependents => other.depends_on.contains(&unit.id),
    };
    let by = units.iter().filter(waits).find(|other| failed.contains(&other.id))?;
    let message = if holds == Holds::Dependencies {
        format!("held back: it depends on `{}`, which failed", by.id)
    } else {
        format!("held back: `{}`, which depends on it, failed", by.id)
    };
    let help = format!("mend `{}` first; nothing of this unit was written or deleted", by.id);
    Some(Error::new(ErrorKind::Conflict, message).with_help(help))
}

fn tell(scene: &Scene, unit: &UnitId, error: &Error) {
    let error = error.clone().with_each("unit", unit);
    if scene.term.format != Format::Text {
        let form = Failure { unit: unit.as_str(), error: ErrorForm::from(&error) };
        // The error itself is told below in any case.
        let _ = scene.term.result(String::new, &form);
    }
    scene.term.error(&error);
}
