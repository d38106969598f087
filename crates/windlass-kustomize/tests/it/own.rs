//! The cases of this crate: small kustomizations with the recorded bytes of kustomize (`tests/cases/record` asks it anew).

use std::fs;
use std::path::{Path, PathBuf};

use windlass_core::{Context, Digest, Result as Done, TreePath};
use windlass_helm::template::HelmVersion;
use windlass_helm::{Chart, TemplateCommand};
use windlass_kustomize::{Helm, HelmTemplate, Options, build};
use windlass_testkit::{MemoryFiles, TestClock};

/// A case: what goes in, and the text that comes out; `None` for an error.
struct Case {
    files: MemoryFiles,
    path: TreePath,
    /// The version of Helm and flags, where charts are rendered.
    helm: Option<String>,
    expected: Option<String>,
}

/// windlass-helm, for the charts of cases.
#[derive(Debug)]
pub(crate) struct InProcess(pub(crate) HelmVersion);

impl Helm for InProcess {
    fn fingerprint(&self) -> Digest {
        Digest::of(format!("{:?}", self.0).as_bytes())
    }

    fn template(&self, cx: &Context, asked: &HelmTemplate<'_>) -> Done<String> {
        let chart = Chart::load(cx, asked.chart, &TreePath::root())?;
        let command = TemplateCommand::parse(asked.args.iter().cloned())?.with_version(self.0);
        Ok(command.run(cx, &chart, &|name| asked.read(name))?.text)
    }
}

/// Gives the options that a case asks for.
fn options(helm: Option<&str>) -> Options {
    let Some(helm) = helm else { return Options::default() };
    let mut words = helm.split(' ');
    let version = if words.next() == Some("3") { HelmVersion::V3 } else { HelmVersion::V4 };
    let (mut kube_version, mut api_versions) = ("", Vec::new());
    for word in words {
        match word.split_once('=').unwrap() {
            ("--helm-kube-version", version) => kube_version = version,
            ("--helm-api-versions", version) => api_versions.push(version),
            _ => panic!("no such flag: {word}"),
        }
    }
    Options::default().with_helm(InProcess(version)).with_helm_cluster(kube_version, api_versions)
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
    let mut case = Case { files: MemoryFiles::new(), path: TreePath::root(), helm: None, expected: None };
    for (title, mut body) in sections(text) {
        match title.split_once(' ').unwrap_or((title, "")) {
            ("build", path) => case.path = TreePath::new(path).unwrap(),
            ("helm", words) => case.helm = Some(words.to_owned()),
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
    match (build(&cx, &case.files, &case.path, &options(case.helm.as_deref())), case.expected) {
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
