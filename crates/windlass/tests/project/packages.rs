//! What every crate says of itself.

use std::fs;

use crate::papers;

/// Lists what a published crate lacks.
fn lacks(package: &serde_json::Value) -> Vec<String> {
    let folder = papers::root().join(papers::folder(package));
    let mut lacks = Vec::new();
    for field in ["description", "license", "repository", "rust_version"] {
        if package[field].as_str().unwrap_or_default().is_empty() {
            lacks.push(field.to_owned());
        }
    }
    for field in ["keywords", "categories"] {
        let count = package[field].as_array().map_or(0, Vec::len);
        if !(1..=5).contains(&count) {
            lacks.push(format!("one to five {field}"));
        }
    }
    if package["readme"] != "README.md" {
        lacks.push("readme = \"README.md\"".into());
    }
    for file in ["README.md", "LICENSE-APACHE", "LICENSE-MIT"] {
        if fs::read_to_string(folder.join(file)).unwrap_or_default().trim().is_empty() {
            lacks.push(file.into());
        }
    }
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    if !manifest.contains("[lints]\nworkspace = true") {
        lacks.push("[lints] workspace = true".into());
    }
    lacks
}

#[test]
fn every_crate_says_what_it_is_and_brings_its_licences() {
    let mut missing = Vec::new();
    for package in papers::crates() {
        let name = package["name"].as_str().unwrap();
        missing.extend(lacks(&package).iter().map(|what| format!("{name} lacks {what}")));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn no_crate_leaves_the_release_of_another_behind() {
    let versions: Vec<_> = papers::crates().iter().map(|package| package["version"].clone()).collect();
    assert!(versions.windows(2).all(|pair| pair[0] == pair[1]), "{versions:?}");
}

#[test]
fn every_example_is_only_an_example() {
    let examples: Vec<_> = papers::packages()
        .into_iter()
        .filter(|package| papers::folder(package).starts_with("examples"))
        .collect();
    assert!(!examples.is_empty());
    for package in examples {
        assert_eq!(package["publish"], serde_json::json!([]), "{} is not for publishing", package["name"]);
        let kinds: Vec<_> =
            package["targets"].as_array().unwrap().iter().map(|target| &target["kind"]).collect();
        assert_eq!(kinds, [&serde_json::json!(["example"])], "{}", package["name"]);
    }
}

#[test]
fn the_readme_names_the_version_of_rust_that_the_manifests_promise() {
    let readme = papers::read("README.md").replace('\n', " ");
    let manifest = papers::read("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
    let named = format!("Rust {} or newer", version.trim_matches('"'));
    assert!(readme.contains(&named), "the README does not say {named}");
}
