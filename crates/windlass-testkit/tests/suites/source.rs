//! The source suite holds for `MemorySource`, and catches each saboteur by the one law it breaks.

use crate::saboteurs::source::Stage;
use windlass_testkit::source::{LAWS, check_all};

mod memory {
    use super::Stage;
    windlass_testkit::source_suite!(Stage::honest);
}

#[test]
fn each_saboteur_is_caught_by_its_law_alone() {
    for law in LAWS {
        let found = check_all(|| Stage::breaking(law.name));
        assert_eq!(found.broken(), [law.name], "a source that breaks {}:\n{found}", law.name);
    }
}
