//! STATUS.md names a test for everything it claims.

use std::collections::BTreeMap;

use crate::papers;

/// Lists what is wrong with a row: what, state, tests.
fn wrong(row: &[String], sources: &BTreeMap<String, String>) -> Vec<String> {
    let [what, state, tests] = row else { return vec![format!("not three cells: {row:?}")] };
    let tests: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
    let mut wrong = Vec::new();
    let is_there = state == "works" || state.strip_prefix("in part: ").is_some_and(|rest| !rest.is_empty());
    match (is_there, state == "not yet", tests.is_empty()) {
        (true, _, false) | (_, true, true) => {}
        (true, _, true) => wrong.push(format!("{what}: no test named")),
        (_, true, false) => wrong.push(format!("{what}: not there, and tested")),
        (false, false, _) => wrong.push(format!("{what}: no such state: {state}")),
    }
    let missing = tests.iter().filter(|test| !exists(test, sources));
    wrong.extend(missing.map(|test| format!("{what}: no such test: {test}")));
    wrong
}

/// Says whether there is a function `name` in the crate or example of `folder::name`.
fn exists(test: &str, sources: &BTreeMap<String, String>) -> bool {
    let Some((folder, name)) = test.split_once("::") else { return false };
    let is_end = |rest: &str| rest.starts_with(['(', '<']);
    let source = sources.get(folder).map_or("", String::as_str);
    let declared = format!("fn {name}");
    source.match_indices(&declared).any(|(at, _)| is_end(&source[at + declared.len()..]))
}

/// The Rust of each crate and example, by the name of its folder.
fn sources() -> BTreeMap<String, String> {
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    for path in papers::files("crates", "rs").into_iter().chain(papers::files("examples", "rs")) {
        let folder = path.components().nth(1).unwrap().as_os_str().to_string_lossy().into_owned();
        let all = sources.entry(folder).or_default();
        all.push_str(&papers::read(&path));
    }
    sources
}

#[test]
fn every_claim_of_the_status_names_a_test_that_exists() {
    let (rows, sources) = (papers::rows(&papers::read("STATUS.md")), sources());
    assert!(rows.len() > 20, "the table is found");
    let wrong: Vec<String> = rows.iter().flat_map(|row| wrong(row, &sources)).collect();
    assert!(wrong.is_empty(), "STATUS.md:\n{}", wrong.join("\n"));
}

#[test]
fn a_claim_without_its_test_is_told() {
    let sources = BTreeMap::from([("windlass-core".to_owned(), "#[test]\nfn it_holds() {}".to_owned())]);
    let check = |state: &str, tests: &str, expected: &[&str]| {
        let row = ["it".to_owned(), state.to_owned(), tests.to_owned()];
        assert_eq!(wrong(&row, &sources), expected);
    };
    check("works", "`windlass-core::it_holds`", &[]);
    check("not yet", "", &[]);
    check("works", "", &["it: no test named"]);
    check("works", "`windlass-core::it_hold`", &["it: no such test: windlass-core::it_hold"]);
    check("in part: half", "`windlass-diff::it_holds`", &["it: no such test: windlass-diff::it_holds"]);
    check("not yet", "`windlass-core::it_holds`", &["it: not there, and tested"]);
    check("soon", "", &["it: no such state: soon"]);
    check("in part", "`windlass-core::it_holds`", &["it: no such state: in part"]);
}
