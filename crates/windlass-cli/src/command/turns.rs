//! Units are carried out at the same time, and shown one after the other.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use windlass_core::{Result, UnitId};

use super::{Ending, Scene};
use crate::term::Term;

/// Shows what came of a unit, and says how that ends the command.
type Told = Box<dyn FnOnce(&Scene, &UnitId) -> Ending + Send>;

/// What is shown of units, in their order: the first that has not ended is shown at once, those behind it once it is their
/// turn.
pub(super) struct Turns(Mutex<State>);

struct State {
    /// The units that were not shown yet, in reverse.
    left: Vec<UnitId>,
    held: BTreeMap<UnitId, Held>,
}

#[derive(Default)]
struct Held {
    texts: Vec<String>,
    told: Option<Told>,
}

impl Turns {
    pub(super) fn new(units: impl Iterator<Item = UnitId>) -> Self {
        let mut left: Vec<UnitId> = units.collect();
        left.reverse();
        Self(Mutex::new(State { left, held: BTreeMap::new() }))
    }

    /// Shows a text of a unit.
    ///
    /// # Errors
    /// What the terminal says.
    pub(super) fn show(&self, unit: &UnitId, text: String, term: &Term) -> Result<()> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.left.last() == Some(unit) {
            return term.raw(&text);
        }
        state.held.entry(unit.clone()).or_default().texts.push(text);
        Ok(())
    }

    /// Shows what came of a unit, and then whatever waited for that. Gives how what was shown ends the command.
    pub(super) fn end(&self, unit: &UnitId, told: Told, scene: &Scene) -> Ending {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.held.entry(unit.clone()).or_default().told = Some(told);
        let mut ending = Ending::Good;
        while let Some(next) = state.left.last().cloned() {
            let Some(held) = state.held.get_mut(&next) else { break };
            for text in held.texts.drain(..) {
                if let Err(error) = scene.term.raw(&text) {
                    scene.term.error(&error);
                    ending = Ending::Failed;
                }
            }
            let Some(told) = held.told.take() else { break };
            ending = ending.max(told(scene, &next));
            state.left.pop();
            state.held.remove(&next);
        }
        ending
    }
}

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Turns")
    }
}
