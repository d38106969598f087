//! Crates outside the workspace, made of the files that the pages of docs/ show.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use crate::{pages, papers};

#[test]
fn the_guide_shows_the_source_of_the_example() {
    let pages = pages::all();
    let page = pages.iter().find(|page| page.path.ends_with("custom-source.md")).unwrap();
    let (_, shown) = page.files["src/lib.rs"].split_once('\n').unwrap();
    assert_eq!(shown, papers::read("examples/custom_source/releases.rs"));
}

/// The Rust itself is compiled by `src/guides.rs`, with the dependencies of the facade.
#[test]
fn the_guide_for_embedders_depends_on_what_its_example_uses() {
    let blocks = papers::blocks(&papers::read("docs/embed.md"));
    let of = |words: &str| blocks.iter().find(|block| block.words == words).unwrap();
    let (manifest, example) = (&of("toml").text, &of("rust").text);
    assert!(manifest.contains(&remote()), "{manifest}");
    for name in ["windlass", "tempfile", "tokio"] {
        assert!(example.contains(&format!("{name}::")), "the example uses {name}");
        assert!(manifest.contains(&format!("\n{name} = ")), "the manifest has {name}");
    }
    let words = example.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | ':'));
    let paths = words.filter_map(|word| word.split_once("::"));
    let roots = paths.map(|(root, _)| root).filter(|root| root.starts_with(char::is_lowercase));
    let unknown: Vec<&str> = roots
        .filter(|root| !matches!(*root, "std" | "kubernetes" | "windlass" | "tempfile" | "tokio"))
        .collect();
    assert_eq!(unknown, [""; 0], "are these dependencies?");
}

/// Each suite, and its laws.
fn suites() -> Vec<(&'static str, Vec<&'static str>)> {
    use windlass::testkit as kit;
    macro_rules! names {
        ($($suite:literal $module:ident),+) => {
            vec![$(($suite, kit::$module::LAWS.iter().map(|law| law.name).collect())),+]
        };
    }
    names!(
        "source" source, "renderer" renderer, "transform" transform, "bases" bases, "target" target, "store" store,
        "control" control, "order" order, "dialect" dialect, "health" health, "policy" policy, "clock" time,
        "fence" fence
    )
}

#[test]
fn every_suite_is_run_on_a_page() {
    let pages = pages::all();
    let tests: String = pages.iter().flat_map(|page| page.files.get("tests/laws.rs").cloned()).collect();
    for (suite, _) in suites() {
        assert!(
            tests.contains(&format!("windlass::testkit::{suite}_suite!(")),
            "no page shows {suite}_suite!"
        );
    }
}

/// Links of the suites are made as Unix makes them.
#[cfg(unix)]
#[test]
fn crates_made_of_the_pages_alone_uphold_the_laws_of_their_traits() {
    let done = cargo(&["test", "--workspace", "--exclude", "*-mistake-*"]);
    let (told, complaint) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{told}\n{complaint}");
    for (suite, laws) in suites() {
        for law in laws {
            let held = told.lines().any(|line| line.ends_with(&format!("{law} ... ok")));
            assert!(held, "{law} of {suite}_suite! was not tested:\n{told}");
        }
    }
}

#[cfg(unix)]
#[test]
fn each_mistake_breaks_the_laws_that_its_page_says_and_prints_those_lines() {
    let programs = programs();
    let mut checked = 0;
    for page in pages::all() {
        for (at, mistake) in page.mistakes.iter().enumerate() {
            let folder = folder(&page.name, at);
            let done = Command::new(&programs[&folder]).output().unwrap();
            let told = String::from_utf8_lossy(&done.stdout);
            let failed =
                told.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
            let failed: BTreeSet<&str> = failed.filter_map(|name| name.rsplit("::").next()).collect();
            assert_eq!(failed, mistake.laws(), "{folder}: {told}");
            for printed in &mistake.printed {
                assert!(told.lines().any(|line| line == printed), "{folder} prints no {printed}\n{told}");
            }
            checked += 1;
        }
    }
    assert!(checked >= 8, "{checked} mistakes");
}

/// Builds the tests of all crates, and gives the program of each that is a mistake, by its folder.
fn programs() -> BTreeMap<String, PathBuf> {
    let done = cargo(&["test", "--workspace", "--tests", "--no-run", "--message-format", "json"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let told = String::from_utf8(done.stdout).unwrap();
    let program = |line: &str| {
        let said: serde_json::Value = serde_json::from_str(line).unwrap();
        let is_laws = said["target"]["kind"] == serde_json::json!(["test"]);
        let folder = Path::new(said["manifest_path"].as_str()?).parent()?.file_name()?.to_str()?.to_owned();
        let program = PathBuf::from(said["executable"].as_str()?);
        is_laws.then_some((folder, program))
    };
    told.lines().filter_map(program).collect()
}

/// Where the crates lie: a workspace of their own, so that what they share is built once.
static PLACE: LazyLock<PathBuf> = LazyLock::new(|| {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("outside");
    // What was built stays: all else is made anew.
    for old in fs::read_dir(&place).into_iter().flatten() {
        let old = old.unwrap().path();
        match old.ends_with("target") {
            true => {}
            false if old.is_dir() => fs::remove_dir_all(old).unwrap(),
            false => fs::remove_file(old).unwrap(),
        }
    }
    let mut members = Vec::new();
    for page in pages::all() {
        write(&place.join(&page.name), &page.files, &page.name);
        members.push(page.name.clone());
        for (at, mistake) in page.mistakes.iter().enumerate() {
            members.push(folder(&page.name, at));
            write(&place.join(folder(&page.name, at)), &mistake.files, &page.name);
        }
    }
    let manifest =
        format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n[profile.dev]\ndebug = false\n");
    fs::write(place.join("Cargo.toml"), manifest).unwrap();
    fs::copy(papers::root().join("Cargo.lock"), place.join("Cargo.lock")).unwrap();
    place
});

fn folder(name: &str, at: usize) -> String {
    format!("{name}-mistake-{at}")
}

/// Writes a crate into a folder, which gives the package its name: no two of a workspace have one.
fn write(folder: &Path, files: &BTreeMap<String, String>, name: &str) {
    for (file, text) in files {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let package = folder.file_name().unwrap().to_str().unwrap();
        let named = |text: &str| {
            let renamed =
                text.replace(&format!("\nname = \"{name}\"\n"), &format!("\nname = \"{package}\"\n"));
            format!("{renamed}\n[lib]\nname = \"{name}\"\n")
        };
        fs::write(path, if file == "Cargo.toml" { named(&unpublished(text)) } else { text.clone() }).unwrap();
    }
}

/// Runs Cargo among the crates, without a network.
fn cargo(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO"));
    command.args(args).arg("--offline").current_dir(&*PLACE).env("CARGO_TARGET_DIR", PLACE.join("target"));
    command.output().unwrap()
}

/// How the guides depend on Windlass: by the address that the manifests of this workspace name.
fn remote() -> String {
    let manifest = papers::read("Cargo.toml");
    let address = manifest.lines().find_map(|line| line.strip_prefix("repository = ")).unwrap();
    format!("windlass = {{ git = {address}, ")
}

/// Takes Windlass from this folder instead of its repository.
fn unpublished(manifest: &str) -> String {
    let path = papers::root().join("crates/windlass");
    let here = manifest.replace(&remote(), &format!("windlass = {{ path = {path:?}, "));
    assert_ne!(here, manifest, "the guide depends on windlass");
    here
}
