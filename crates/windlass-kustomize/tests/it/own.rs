//! The cases of this crate: small kustomizations with the recorded bytes of kustomize (`tests/cases/record` asks it anew).

use std::fs;
use std::path::{Path, PathBuf};

use windlass_core::{Context, TreePath};
use windlass_kustomize::{Options, build};
use windlass_testkit::{MemoryFiles, TestClock};

/// A case: what goes in, and the text that comes out; `None` for an error.
struct Case {
    files: MemoryFiles,
    path: TreePath,
    expected: Option<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// Cuts a case at the lines that begin with `==== `.
fn sections(text: &str) -> Vec<(&str, String)> {
    let mut out: Vec<(&str, String)> = Vec::new();
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n').skip(1) {
        match (line.strip_prefix("==== "), out.last_mut()) {
            (Some(title), _) => out.push((title, String::new())),
            (None, Some((_, body))) => {
                body.push_str(line);
                body.push('\n');
            }
            (None, None) => panic!("a case begins with its files"),
        }
    }
    out
}

fn read(text: &str) -> Case {
    let mut case = Case { files: MemoryFiles::new(), path: TreePath::root(), expected: None };
    for (title, mut body) in sections(text) {
        match title.split_once(' ').unwrap_or((title, "")) {
            ("build", path) => case.path = TreePath::new(path).unwrap(),
            ("output", _) => case.expected = Some(body),
            ("error", _) => case.expected = None,
            ("file", mut name) => {
                if let Some(shorter) = name.strip_suffix(" (carriage returns)") {
                    name = shorter;
                    body = body.replace('\n', "\r\n");
                }
                if let Some(shorter) = name.strip_suffix(" (no line end)") {
                    name = shorter;
                    body.pop();
                }
                case.files = case.files.with(name, body);
            }
            _ => panic!("no such section: {title}"),
        }
    }
    case
}

fn check(text: &str) -> Result<(), String> {
    let case = read(text);
    let cx = Context::new(TestClock::new());
    match (build(&cx, &case.files, &case.path, &Options::default()), case.expected) {
        (Ok(built), Some(expected)) if built.text == expected => Ok(()),
        (Ok(built), Some(expected)) => Err(format!("ours:\n{}\ntheirs:\n{expected}", built.text)),
        (Ok(built), None) => Err(format!("built what kustomize refuses:\n{}", built.text)),
        (Err(error), Some(_)) => Err(format!("refused: {error}")),
        (Err(_), None) => Ok(()),
    }
}

#[test]
fn every_case_gives_the_bytes_of_kustomize() {
    let mut names: Vec<PathBuf> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|name| name.extension().is_some_and(|extension| extension == "case"));
    names.sort();
    assert!(names.len() >= 200, "only {} cases", names.len());
    let mut misses = String::new();
    for name in &names {
        if let Err(why) = check(&fs::read_to_string(name).unwrap()) {
            misses.push_str(&format!("== {}: {why}\n", name.file_stem().unwrap().to_str().unwrap()));
        }
    }
    assert!(misses.is_empty(), "{} cases miss\n{misses}", misses.matches("\n== ").count() + 1);
}
