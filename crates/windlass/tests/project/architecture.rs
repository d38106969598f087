//! Which crate may know which.

use std::collections::{BTreeMap, BTreeSet};

use crate::papers;

type Edges = BTreeMap<String, BTreeSet<String>>;

/// How a crate is called in the list: without `windlass-`.
fn short(name: &str) -> String {
    name.strip_prefix("windlass-").unwrap_or(name).to_owned()
}

/// The list in ARCHITECTURE.md: `diff: core`.
fn allowed() -> Edges {
    let blocks = papers::blocks(&papers::read("ARCHITECTURE.md"));
    let list = blocks.iter().find(|block| block.words == "edges").expect("a block of edges");
    let lines = list.text.lines().map(|line| line.split_once(':').expect("a crate, a colon, crates"));
    lines.map(|(of, to)| (of.to_owned(), to.split_whitespace().map(ToOwned::to_owned).collect())).collect()
}

/// What the crates depend on for their work, not for their tests.
fn present() -> Edges {
    let normal = |dependency: &&serde_json::Value| dependency["kind"].is_null();
    let edges_of = |package: &serde_json::Value| {
        let dependencies = package["dependencies"].as_array().unwrap().iter().filter(normal);
        let names = dependencies.map(|dependency| dependency["name"].as_str().unwrap());
        names.filter(|name| name.starts_with("windlass")).map(short).collect()
    };
    papers::crates()
        .iter()
        .map(|package| (short(package["name"].as_str().unwrap()), edges_of(package)))
        .collect()
}

fn lines(edges: &Edges) -> BTreeSet<String> {
    let arrows = edges.iter().flat_map(|(of, to)| to.iter().map(move |to| format!("{of} -> {to}")));
    edges.keys().map(|of| format!("crate {of}")).chain(arrows).collect()
}

/// What is in one and not in the other, a line each.
fn difference(allowed: &Edges, present: &Edges) -> Vec<String> {
    let (allowed, present) = (lines(allowed), lines(present));
    let unlisted = present.difference(&allowed).map(|line| format!("+ {line}: not listed"));
    let unused = allowed.difference(&present).map(|line| format!("- {line}: listed, and not there"));
    unlisted.chain(unused).collect()
}

#[test]
fn every_edge_between_crates_is_listed_in_the_architecture() {
    let difference = difference(&allowed(), &present());
    assert!(difference.is_empty(), "the list of edges in ARCHITECTURE.md:\n{}", difference.join("\n"));
}

#[test]
fn an_edge_too_many_and_one_too_few_are_both_told() {
    let edges = |text: &[(&str, &[&str])]| -> Edges {
        text.iter().map(|(of, to)| (of.to_string(), to.iter().map(ToString::to_string).collect())).collect()
    };
    let allowed = edges(&[("core", &[]), ("diff", &["core"])]);
    let present = edges(&[("core", &["diff"]), ("diff", &[]), ("new", &[])]);
    assert_eq!(
        difference(&allowed, &present),
        ["+ core -> diff: not listed", "+ crate new: not listed", "- diff -> core: listed, and not there"]
    );
}

#[track_caller]
fn check_few_dependencies(package: &str) {
    const DEPENDENCIES_MAX: usize = 40;
    let tree = papers::cargo(&["tree", "-p", package, "-e", "normal,build", "--prefix", "none", "--locked"]);
    let names: BTreeSet<&str> =
        tree.lines().filter_map(|line| line.strip_suffix(" (*)").or(Some(line))).collect();
    assert!(names.len() > 1, "{package} has dependencies: {tree}");
    let count = names.len() - 1;
    assert!(count <= DEPENDENCIES_MAX, "{package} brings {count} crates:\n{tree}");
}

#[test]
fn core_graph_and_diff_bring_at_most_forty_crates_each() {
    ["windlass-core", "windlass-graph", "windlass-diff"].into_iter().for_each(check_few_dependencies);
}
