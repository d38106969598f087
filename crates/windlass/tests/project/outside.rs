//! A crate outside the workspace, made of the files that docs/custom-source.md shows.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::papers;

/// The files of the guide, by their names: the first line of each block says them.
fn files() -> BTreeMap<String, String> {
    let blocks = papers::blocks(&papers::read("docs/custom-source.md"));
    let name = |block: &papers::Block| {
        let first = block.text.lines().next().unwrap_or_default();
        first.strip_prefix("# ").or_else(|| first.strip_prefix("// ")).map(ToOwned::to_owned)
    };
    blocks.into_iter().filter_map(|block| Some((name(&block)?, block.text))).collect()
}

/// Counts lines that are neither empty nor comments.
fn lines_of_code(text: &str) -> usize {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

#[test]
fn the_guide_shows_the_source_of_the_example() {
    let (_, shown) =
        files()["src/lib.rs"].split_once('\n').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert_eq!(shown, papers::read("examples/custom_source/releases.rs"));
}

#[test]
fn a_source_takes_fewer_than_forty_lines() {
    let count = lines_of_code(&files()["src/lib.rs"]);
    assert!((20..40).contains(&count), "{count} lines");
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

/// Links of the suite are made as Unix makes them.
#[cfg(unix)]
#[test]
fn a_crate_outside_the_workspace_upholds_the_laws_of_a_source() {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("outside");
    for (name, text) in files() {
        let file = place.join(&name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, if name == "Cargo.toml" { unpublished(&text) } else { text }).unwrap();
    }
    fs::copy(papers::root().join("Cargo.lock"), place.join("Cargo.lock")).unwrap();
    let mut command = Command::new(env!("CARGO"));
    command.args(["test", "--offline"]).current_dir(&place).env("CARGO_TARGET_DIR", place.join("target"));
    let done = command.output().unwrap();
    let told = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{told}\n{}", String::from_utf8_lossy(&done.stderr));
    for law in windlass::testkit::source::LAWS {
        assert!(told.contains(&format!("test {} ... ok", law.name)), "{} was not tested:\n{told}", law.name);
    }
}

/// How the guides depend on Windlass: by the address that the manifests of this workspace name.
fn remote() -> String {
    let manifest = papers::read("Cargo.toml");
    let address = manifest.lines().find_map(|line| line.strip_prefix("repository = ")).unwrap();
    format!("windlass = {{ git = {address}, ")
}

/// Takes Windlass from this folder instead of its repository, and keeps the crate out of the workspace around it.
fn unpublished(manifest: &str) -> String {
    let path = papers::root().join("crates/windlass");
    let here = manifest.replace(&remote(), &format!("windlass = {{ path = {path:?}, "));
    assert_ne!(here, manifest, "the guide depends on windlass");
    format!("{here}\n[workspace]\n")
}
