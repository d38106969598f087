//! What the command `control-plane` says where it can build nothing. No test of this file needs Go or a cluster.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

fn control_plane(argument: &str, programs: &Path, cache: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_control-plane"));
    command.arg(argument).env_clear().env("PATH", programs).env("XDG_CACHE_HOME", cache);
    command.output().expect("the command runs")
}

fn check(argument: &str, programs: &Path, cache: &Path, expected: &str) {
    let output = control_plane(argument, programs, cache);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "`control-plane {argument}` fails");
    assert!(message.contains(expected), "`{expected}` in {message}");
}

#[test]
fn without_go_the_error_says_what_to_install_or_to_set() {
    let (programs, cache) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    for argument in ["build", "up"] {
        for expected in ["install Go 1.26 or later", "KUBEBUILDER_ASSETS", "WINDLASS_E2E_KUBECONFIG"] {
            check(argument, programs.path(), cache.path(), expected);
        }
    }
}

#[test]
fn a_failed_build_leaves_nothing_that_could_be_taken_for_programs() {
    let (programs, cache) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let no = ["/bin/false", "/usr/bin/false"].into_iter().find(|path| Path::new(path).exists());
    symlink(no.expect("a program that fails"), programs.path().join("go")).expect("a link");
    let folder = cache.path().join("windlass/controlplane");
    std::fs::create_dir_all(folder.join(".build/src")).expect("what a build leaves that was killed");
    check("build", programs.path(), cache.path(), "go build: exit status: 1");
    let left: Vec<_> = std::fs::read_dir(folder)
        .expect("the cache")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(left, ["lock"], "only the lock is left");
}

#[test]
fn another_argument_shows_the_usage() {
    let folder = tempfile::tempdir().expect("a folder");
    check("down", folder.path(), folder.path(), "usage: control-plane build");
}
