//! Real projects, as the real kustomize rendered them, from a Git server to the control plane and back.
//!
//! The projects are chosen by a rule, in alphabetical order, and nothing here knows one of them by name.
#![allow(clippy::panic, reason = "a test fails by it, and says more than `expect` would")]
#![allow(clippy::print_stdout, reason = "how far a long test has come")]

mod project;
mod support;

use support::goldens::{PassedOver, projects};

/// How many projects are taken.
const PROJECTS: usize = 16;

#[test]
fn real_projects_converge_are_repaired_and_pruned() {
    let Some((projects, passed_over)) = projects(PROJECTS) else { return };
    assert_eq!(projects.len(), PROJECTS, "there are enough projects");
    let names: Vec<String> =
        projects.iter().map(|project| format!("{}: {}", project.repository, project.case)).collect();
    let choice = format!("{}\n{}", names.join("\n"), text(&passed_over));
    println!("{choice}");
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("choice", choice);
    });
    project::run_all(projects);
}

fn text(passed_over: &[PassedOver]) -> String {
    passed_over.iter().map(|over| format!("passed over {}: {}\n", over.repository, over.why)).collect()
}
