//! What the guides show is run: Rust by the doctests of `src/guides.rs`, commands by the tests named here.

use std::fs;
use std::path::PathBuf;

use crate::{pages, papers};

/// The README and the guides, without the records of decisions.
fn guides() -> Vec<PathBuf> {
    let papers = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "ARCHITECTURE.md", "STATUS.md"];
    let guides = papers::files("docs", "md").into_iter().filter(|path| !path.starts_with("docs/decisions"));
    papers.into_iter().map(PathBuf::from).chain(guides).collect()
}

#[test]
fn every_guide_with_rust_is_compiled() {
    let compiled = papers::read("crates/windlass/src/guides.rs");
    for path in guides() {
        let blocks = papers::blocks(&papers::read(&path));
        let has_rust = blocks.iter().any(|block| block.words.starts_with("rust"));
        let is_included = compiled.contains(&format!("\"../../../{}\"", path.display()));
        // The files of such a page are a crate of their own, which tests/project/outside.rs runs.
        let is_a_crate = pages::is_a_crate(&papers::read(&path));
        assert_eq!(has_rust && !is_a_crate, is_included, "{} in src/guides.rs", path.display());
    }
}

/// Says why a command of a guide does not work, as far as that can be told without running it. What the examples do is
/// run by their own tests.
fn fault(command: &str) -> Option<String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let is_there = |path: &str| papers::root().join(path).exists();
    let missing = |what: &str| Some(format!("there is no {what}"));
    match words.as_slice() {
        ["cargo", "test", "--workspace"] | ["cargo", "doc", "--no-deps", "--workspace", "--open"] => None,
        ["cargo", "install", "--path", path, "--locked"] => {
            let is_a_program = papers::read(format!("{path}/Cargo.toml")).contains("\n[[bin]]\n");
            (!is_a_program).then(|| format!("{path} is no program"))
        }
        ["cargo", "run", "--example", name, rest @ ..] => {
            let lost = rest.iter().skip(1).find(|path| path.starts_with("examples/") && !is_there(path));
            match lost {
                Some(path) => missing(path),
                None if is_there(&format!("examples/{name}/main.rs")) => None,
                None => missing(name),
            }
        }
        ["cargo", "bench", "-p", package, rest @ ..] => {
            let manifest = papers::read(format!("crates/{package}/Cargo.toml"));
            let name = rest.iter().skip_while(|word| **word != "--bench").nth(1).copied().unwrap_or_default();
            let bench = format!("[[bench]]\nname = \"{name}");
            (!manifest.contains(&bench)).then(|| format!("{package} has no bench {name}"))
        }
        ["kubectl", "apply", "-k", path] => {
            (!is_there(&format!("{path}/kustomization.yaml"))).then(|| format!("{path} is no kustomization"))
        }
        ["docker", "build", "-f", path, "-t", _, "."] if is_there(path) => None,
        [script] if script.starts_with(".ci/") => (!is_executable(script)).then(|| "it cannot be run".into()),
        _ => Some("no test runs it: change the command, or teach this test".into()),
    }
}

#[cfg(unix)]
fn is_executable(path: &str) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(papers::root().join(path)).is_ok_and(|found| found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &str) -> bool {
    fs::metadata(papers::root().join(path)).is_ok()
}

#[test]
fn every_command_of_the_guides_works() {
    let mut faults = Vec::new();
    let plays = papers::read("crates/windlass-cli/tests/guide.rs");
    let is_played = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.starts_with("docs") && plays.contains(&format!("check(\"{name}\");"))
    };
    for path in guides().into_iter().filter(|path| !is_played(path)) {
        for block in papers::blocks(&papers::read(&path)) {
            for command in block.text.lines().filter_map(|line| line.strip_prefix("$ ")) {
                let command = command.split(" #").next().unwrap_or(command).trim();
                let told = |why| format!("{}:{}: {command}: {why}", path.display(), block.line);
                faults.extend(fault(command).map(told));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_link_between_the_papers_leads_somewhere() {
    let mut lost = Vec::new();
    for path in guides() {
        let text = papers::read(&path);
        let folder = papers::root().join(path.parent().unwrap());
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let inner = links.filter(|link| !link.contains("://") && !link.starts_with('#'));
        let targets = inner.map(|link| link.split('#').next().unwrap_or(link));
        let missing = targets.filter(|link| !folder.join(link).exists());
        lost.extend(missing.map(|link| format!("{}: {link}", path.display())));
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

/// What the documentation of the traits, and the compiler's errors about them, lead to.
#[test]
fn every_page_that_the_sources_lead_to_is_there() {
    let mut links = 0;
    for path in papers::files("crates", "rs") {
        let text = papers::read(&path);
        for rest in text.split("/windlass/blob/main/").skip(1) {
            let link = rest.split([')', '"', '#', '>', ' ', '\n']).next().unwrap_or_default();
            assert!(papers::root().join(link).exists(), "{}: there is no {link}", path.display());
            links += 1;
        }
    }
    assert!(links > 20, "{links} links");
}
