//! The target suite holds for `MemoryTarget`, and catches each saboteur by the one law it breaks.

use std::sync::Arc;

use crate::saboteurs::target::Stage;
use windlass_core::StateStore;
use windlass_testkit::store::{StateOf, StoreHarness};
use windlass_testkit::suite::{Check, Harness};
use windlass_testkit::target::{LAWS, check_all};
use windlass_testkit::{MemoryStore, MemoryTarget};

mod memory {
    use super::Stage;
    windlass_testkit::target_suite!(Stage::honest);
}

#[test]
fn each_saboteur_is_caught_by_its_law_alone() {
    crate::saboteurs::each_is_caught(LAWS.iter().map(|law| law.name), |law| {
        check_all(|| Stage::breaking(law))
    });
}

#[test]
fn a_predictor_that_forgets_what_stands_beside_the_payload_is_caught() {
    let found = check_all(|| Stage::breaking("an after that is the payload"));
    assert_eq!(found.broken(), ["a_write_of_the_prediction_ends_as_predicted"], "{found}");
}

/// The laws of watching begin when a watch has nothing more to tell.
fn laws_of_watching() -> Vec<&'static str> {
    let first = LAWS.iter().position(|law| law.name == "a_change_names_the_units_that_look_at_it").unwrap();
    LAWS[first..].iter().map(|law| law.name).collect()
}

#[test]
fn a_watch_that_tells_without_end_is_broken_and_the_suite_ends() {
    let found = check_all(|| Stage::breaking("a watch that chatters"));
    assert_eq!(found.broken(), laws_of_watching(), "{found}");
}

#[test]
fn a_watch_that_forgets_what_came_while_nobody_asked_is_caught() {
    let found = check_all(|| Stage::breaking("a watch that forgets"));
    assert!(found.broken().contains(&"a_change_names_the_units_that_look_at_it"), "{found}");
    assert!(found.broken().iter().all(|law| laws_of_watching().contains(law)), "{found}");
}

#[test]
fn a_mode_that_a_target_does_not_have_does_not_apply_and_never_holds() {
    let found = check_all(|| Stage::breaking("no mode but apply"));
    let laws = [
        "writing_again_says_unchanged_and_changes_nothing",
        "a_replace_leaves_nothing_of_others",
        "create_only_leaves_alone_what_is_there",
        "a_recreated_object_has_another_uid",
    ];
    assert_eq!((found.broken(), found.not_applicable()), (vec![], laws.to_vec()), "{found}");
    let says = "it has no mode replace, recreate, create-only; in its other modes the law holds";
    assert!(found.to_string().contains(says), "the reason is printed: {found}");
}

struct State(MemoryStore, StateOf);

impl State {
    fn new() -> Self {
        let store = MemoryStore::new();
        let target = MemoryTarget::new("memory").with_state(store.clone());
        Self(store, StateOf(Arc::new(target)))
    }
}

impl Harness for State {}

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
