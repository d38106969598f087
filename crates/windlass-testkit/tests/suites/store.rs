//! The store suite holds for `MemoryStore`, and catches each saboteur by the one law it breaks.

use crate::saboteurs::store::Stage;
use windlass_testkit::store::{LAWS, check_all};

mod memory {
    use super::Stage;
    windlass_testkit::store_suite!(Stage::honest);
}

#[test]
fn each_saboteur_is_caught_by_its_law_alone() {
    for law in LAWS {
        let found = check_all(|| Stage::breaking(law.name));
        assert_eq!(found.broken(), [law.name], "a store that breaks {}:\n{found}", law.name);
    }
}

#[test]
fn a_store_that_loses_intents_revisions_or_escapes_is_caught() {
    for broken in ["a store without intents", "a store without revisions", "a store without escapes"] {
        let found = check_all(|| Stage::breaking(broken)).broken();
        assert!(found.contains(&"what_was_saved_is_loaded"), "{broken}: {found:?}");
    }
}
