//! Commands that stand for another tool, beside what that tool prints. `tests/tools/record` asks the tools.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const WORDS: &str = "greeting: from stdin\n";

/// A copy of the inputs.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/in");
        for file in files(&inputs) {
            let to = folder.path().join("in").join(&file);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(inputs.join(&file), to).unwrap();
        }
        fs::create_dir(folder.path().join("in/in-a-folder")).unwrap();
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("in")
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_windlass"))
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads no stdin may have closed it.
        let _ = child.stdin.take().unwrap().write_all(WORDS.as_bytes());
        child.wait_with_output().unwrap()
    }
}

/// The files below a folder.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let (mut found, mut folders) = (BTreeSet::new(), vec![folder.to_owned()]);
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(&inner).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                found.insert(entry.path().strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    found
}

/// Runs a command of a tool as windlass does it, and writes what came of it as `record` does.
fn answer(command: &str) -> String {
    let folder = Folder::new();
    let before = files(&folder.path());
    let mut args: Vec<&str> = command.split_whitespace().collect();
    match args[0] {
        "helm3" => args.splice(..2, ["helm", "template", "--helm-version=3"]).for_each(drop),
        "helm4" => args[0] = "helm",
        _ => {}
    }
    let done = folder.run(&args);
    let stdout = String::from_utf8(done.stdout).unwrap();
    let mut out = format!("---- exit {}\n{stdout}", done.status.code().unwrap());
    for file in files(&folder.path()).difference(&before) {
        let text = fs::read_to_string(folder.path().join(file)).unwrap();
        write!(out, "---- file {}\n{text}", file.display()).unwrap();
    }
    out
}

#[test]
fn what_the_tools_print_is_printed() {
    let expected = include_str!("tools/expected.txt");
    let cases: Vec<(&str, &str)> =
        expected.split("==== ").skip(1).map(|case| case.split_once('\n').unwrap()).collect();
    assert!(cases.len() >= 80, "{} cases", cases.len());
    for (command, expected) in cases {
        assert_eq!(answer(command), expected, "{command}");
    }
}

#[test]
fn what_kustomize_warns_of_is_warned_of() {
    let done = Folder::new().run(&["kustomize", "build", "base", "--reorder=none"]);
    // Recorded from kustomize 5.8.2.
    let expected = "\
Flag --reorder has been deprecated, use the new 'sortOptions' field in kustomization.yaml instead.
# Warning: 'commonLabels' is deprecated. Please use 'labels' instead. Run 'kustomize edit fix' to update your Kustomization automatically.
";
    assert_eq!(String::from_utf8(done.stderr).unwrap(), expected);
}

#[test]
fn an_error_names_the_file_and_the_field_from_where_one_stands() {
    for (args, expected) in [
        (
            &["kustomize", "build", "overlays/helm"][..],
            "error: Helm charts are not rendered here (chart=web, option=helm, field=helmCharts[0], \
             kustomization=overlays/helm/kustomization.yaml)\n  help: say --enable-helm\n",
        ),
        (
            &["kustomize", "build", "overlays/helm", "--enable-helm"],
            "error: remote resources are not allowed (resource=https://example.org#web@, option=remote, \
             field=helmCharts[0], kustomization=overlays/helm/kustomization.yaml)\n  help: bring the files into the same \
             tree; a unit may allow remote resources with spec.bases\n",
        ),
        (
            &["kustomize", "build", "overlays/charts", "--enable-helm", "--helm-command=/bin/charts"],
            "error: no program is started for charts (flag=--helm-command, value=/bin/charts)\n  help: helm or helm4 \
             stands for Helm 4, and helm3 for Helm 3\n",
        ),
        (
            &["helm", "template", "shop", "chart", "--validate"],
            "error: --validate is not supported: nothing here reaches a cluster, a repository or a plugin\n  \
             help: `windlass help helm template` says what is taken\n",
        ),
        (
            &["helm", "template", "shop", "missing"],
            "error: no such chart on the disk (chart=missing)\n  help: nothing is fetched: get it with `helm pull`, \
             and name the folder or the archive\n",
        ),
    ] {
        let done = Folder::new().run(args);
        assert_eq!(String::from_utf8(done.stderr).unwrap(), expected);
        assert_eq!((done.status.code(), done.stdout.as_slice()), (Some(1), &b""[..]));
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_not_out_of_the_folder_of_a_kustomization() {
    let folder = Folder::new();
    let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, folder.path().join(at)).unwrap();
    let build = |text: &str, args: &[&str]| {
        fs::create_dir_all(folder.path().join("links")).unwrap();
        fs::write(folder.path().join("links/kustomization.yaml"), format!("resources: [{text}]\n")).unwrap();
        folder.run(&[&["kustomize", "build", "links"], args].concat()).status.code()
    };
    assert_eq!(build("out.yaml", &[]), Some(1), "nothing is there yet");
    link("../base/space.yaml", "links/out.yaml");
    link("../base", "links/base");
    // As kustomize 5.8.2.
    assert_eq!(build("out.yaml", &[]), Some(1));
    assert_eq!(build("out.yaml", &["--load-restrictor", "LoadRestrictionsNone"]), Some(0));
    assert_eq!(build("base", &[]), Some(0), "the folder behind a link is one of its own");
}
