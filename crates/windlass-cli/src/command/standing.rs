//! How units stand while all of them run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use windlass_core::{Context, Plan, Policy, Result, UnitId, Verdict, async_trait};

/// Whether the last pass of each unit went well. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing(Arc<Mutex<BTreeMap<UnitId, bool>>>);

/// Lets a unit write only while what it depends on is well.
#[derive(Debug)]
pub(super) struct AfterOthers {
    pub(super) depends_on: Vec<UnitId>,
    pub(super) standing: Standing,
}

impl Standing {
    /// Notes how a pass went.
    pub(super) fn note(&self, unit: &UnitId, well: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(unit.clone(), well);
    }

    fn is_well(&self, unit: &UnitId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(unit) == Some(&true)
    }
}

#[async_trait]
impl Policy for AfterOthers {
    async fn review(&self, _cx: &Context, _plan: &Plan) -> Result<Verdict> {
        let waits_for = self.depends_on.iter().find(|unit| !self.standing.is_well(unit));
        Ok(waits_for
            .map_or(Verdict::Allow, |unit| Verdict::Hold(format!("waits for the unit `{unit}`").into())))
    }
}
