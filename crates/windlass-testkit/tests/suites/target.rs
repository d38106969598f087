//! The target suite holds for `MemoryTarget`, and catches each saboteur by the one law it breaks.

use std::sync::Arc;

use crate::saboteurs::target::Stage;
use windlass_core::StateStore;
use windlass_testkit::store::{StateOf, StoreHarness};
use windlass_testkit::suite::{Bench, Check};
use windlass_testkit::target::{LAWS, check_all};
use windlass_testkit::{MemoryStore, MemoryTarget};

mod memory {
    use super::Stage;
    windlass_testkit::target_suite!(Stage::honest);
}

#[test]
fn each_saboteur_is_caught_by_its_law_alone() {
    for law in LAWS {
        let found = check_all(|| Stage::breaking(law.name));
        assert_eq!(found.broken(), [law.name], "a target that breaks {}:\n{found}", law.name);
    }
}

struct State(MemoryStore, StateOf);

impl State {
    fn new() -> Self {
        let store = MemoryStore::new();
        let target = MemoryTarget::new("memory").with_state(store.clone());
        Self(store, StateOf(Arc::new(target)))
    }
}

impl Bench for State {}

impl StoreHarness for State {
    fn store(&self) -> Arc<dyn StateStore> {
        Arc::new(self.1.clone())
    }

    fn reopen(&self) -> Check<Arc<dyn StateStore>> {
        Ok(Arc::new(self.0.clone()))
    }

    fn damage(&self, unit: &windlass_core::UnitId) -> Check {
        self.0.damage(unit);
        Ok(())
    }
}

mod state {
    use super::State;
    windlass_testkit::store_suite!(State::new);
}
