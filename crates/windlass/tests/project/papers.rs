//! The files of the repository, for the other tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Lists the files below a folder that end in `extension`, relative to the root, sorted.
pub(crate) fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let (root, mut open, mut found) = (root(), vec![PathBuf::from(folder)], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(root.join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|have| have == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A fenced block of a Markdown file: the words after the fence, the line it begins on, and what is in it.
pub(crate) struct Block {
    pub(crate) words: String,
    pub(crate) line: usize,
    pub(crate) text: String,
}

pub(crate) fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for (at, line) in markdown.lines().enumerate() {
        match (line.strip_prefix("```"), inside) {
            (Some(words), false) => {
                blocks.push(Block { words: words.into(), line: at + 1, text: String::new() });
                inside = true;
            }
            (Some(_), true) => inside = false,
            (None, true) => {
                let block = blocks.last_mut().unwrap();
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, false) => {}
        }
    }
    assert!(!inside, "a block does not end");
    blocks
}

/// Gives the rows of the first table of a Markdown file, without its head.
pub(crate) fn rows(markdown: &str) -> Vec<Vec<String>> {
    let table = markdown.lines().skip_while(|line| !line.starts_with("| ---"));
    let rows = table.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// Runs the Cargo that runs this test, at the root, without a network.
pub(crate) fn cargo(args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    let done = command.args(args).arg("--offline").current_dir(root()).output().unwrap();
    let complaint = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "cargo {}: {complaint}", args.join(" "));
    String::from_utf8(done.stdout).unwrap()
}

/// Gives the metadata of the packages of the workspace.
pub(crate) fn packages() -> Vec<serde_json::Value> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1", "--locked"]);
    let mut metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    match metadata["packages"].take() {
        serde_json::Value::Array(packages) => packages,
        other => panic!("not a list: {other}"),
    }
}

/// Gives the crates, without the examples.
pub(crate) fn crates() -> Vec<serde_json::Value> {
    let is_crate = |package: &serde_json::Value| folder(package).starts_with("crates");
    packages().into_iter().filter(is_crate).collect()
}

/// Gives the folder of a package, relative to the root.
pub(crate) fn folder(package: &serde_json::Value) -> PathBuf {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    let folder = manifest.parent().unwrap().canonicalize().unwrap();
    folder.strip_prefix(root()).unwrap().to_owned()
}
