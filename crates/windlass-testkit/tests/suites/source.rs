//! The source suite holds for `MemorySource`, and catches each saboteur by the one law it breaks.

use crate::saboteurs::source::Stage;
use windlass_testkit::source::{LAWS, check_all};

mod memory {
    use super::Stage;
    windlass_testkit::source_suite!(Stage::honest);
}

#[test]
fn each_saboteur_is_caught_by_its_law_alone() {
    let laws = LAWS.iter().map(|law| law.name);
    crate::saboteurs::each_is_caught(laws, |law| check_all(|| Stage::breaking(law)));
}
