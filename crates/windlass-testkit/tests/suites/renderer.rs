//! The renderer suite holds for `LinesRenderer`, and catches each saboteur by the one law it breaks.

use crate::saboteurs::renderer::Stage;
use windlass_testkit::renderer::{LAWS, check_all};

mod lines {
    use super::Stage;
    windlass_testkit::renderer_suite!(Stage::honest);
}

#[test]
fn each_saboteur_is_caught_by_its_law_alone() {
    let laws = LAWS.iter().map(|law| law.name);
    crate::saboteurs::each_is_caught(laws, |law| check_all(|| Stage::breaking(law)));
}

#[test]
fn problems_that_all_name_one_place_are_caught() {
    let found = check_all(|| Stage::breaking("all problems in one place"));
    assert_eq!(found.broken(), ["each_problem_names_file_and_line"], "{found}");
}
