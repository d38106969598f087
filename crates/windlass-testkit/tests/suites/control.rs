//! The suite of what is asked holds for `MemoryStore`, and catches each saboteur by the one law it breaks.

use crate::saboteurs::control::Stage;
use windlass_testkit::control::{LAWS, check_all};

mod memory {
    use super::Stage;
    windlass_testkit::control_suite!(Stage::honest);
}

#[test]
fn each_saboteur_is_caught_by_its_law_alone() {
    for law in LAWS {
        let found = check_all(|| Stage::breaking(law.name));
        assert_eq!(found.broken(), [law.name], "a store that breaks {}:\n{found}", law.name);
    }
}
