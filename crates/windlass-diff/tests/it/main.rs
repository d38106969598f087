//! Tests of windlass-diff from outside.

#[cfg(test)]
#[cfg(test)]
mod compare;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod mask;
#[cfg(test)]
mod merge;
#[cfg(test)]
mod patches;
#[cfg(test)]
mod render;
#[cfg(test)]
mod smd;
#[cfg(test)]
mod structured;
#[cfg(test)]
mod structured_laws;
#[cfg(test)]
mod yaml;

use windlass_diff::Schemas;

fn schemas() -> Schemas {
    serde_json::from_str(include_str!("kubernetes.json")).expect("the table reads")
}

#[test]
fn the_schemas_of_the_tests_are_sound() {
    assert_eq!(schemas().problems(), []);
}
