//! One writer at a time.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use windlass_core::{
    Context, Delta, ErrorKind, Expect, Interest, Mode, Owner, Result, Target, Write, Written,
};
use windlass_fs::DirTarget;
use windlass_testkit::{TestClock, block_on, config_map, unit};

/// Says to a copy of this test which folder to lock.
const FOLDER: &str = "WINDLASS_FS_TEST_LOCKS";

fn context() -> Context {
    TestClock::new().context()
}

fn open(folder: &Path) -> DirTarget {
    DirTarget::open(folder).unwrap()
}

fn write(target: &DirTarget, name: &str) -> Result<Written> {
    let write =
        Write::apply(config_map("shop", name, "a"), Mode::Apply, Expect::Any, Owner::of(&unit("web")));
    block_on(target.write(&context(), &write))
}

fn save(target: &DirTarget, name: &str) -> Result<()> {
    let store = target.profile().state.unwrap();
    block_on(store.save(&context(), &unit(name), None, &Delta::default())).map(drop)
}

#[test]
fn two_targets_of_one_process_exclude_each_other() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (open(folder.path()), open(folder.path()));
    write(&first, "a").unwrap();
    for refused in [write(&second, "b").map(drop), save(&second, "web")] {
        let error = refused.unwrap_err();
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::Conflict, "somebody else writes to this folder")
        );
        assert_eq!(error.context("pid"), Some(std::process::id().to_string().as_str()));
        assert_eq!(error.context("path"), Some(first.profile().place));
        let help = error.help().unwrap();
        assert!(help.contains("this process has another target") && help.contains("container"), "{help}");
        assert!(!error.may_have_written());
    }
    assert!(!folder.path().join("shop/ConfigMap/b.yaml").exists());
    drop(first);
    write(&second, "b").unwrap();
    save(&second, "web").unwrap();
}

#[test]
fn a_save_takes_the_lock_too() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (open(folder.path()), open(folder.path()));
    save(&first, "web").unwrap();
    assert_eq!(write(&second, "a").unwrap_err().kind(), ErrorKind::Conflict);
    assert!(folder.path().join(".windlass/state/web.json").exists());
}

#[test]
fn clones_share_the_lock_until_the_last_is_dropped() {
    let folder = TempDir::new().unwrap();
    let first = open(folder.path());
    let clone = first.clone();
    write(&first, "a").unwrap();
    write(&clone, "b").unwrap();
    drop(first);
    let second = open(folder.path());
    assert!(write(&second, "c").is_err());
    drop(clone);
    assert!(write(&second, "c").is_ok());
    let held = || fs::read_to_string(folder.path().join(".windlass/lock")).unwrap();
    assert!(held().starts_with(&format!("00000000000000000002\n{} ", std::process::id())), "{}", held());
    drop(second);
    assert_eq!(held(), "00000000000000000002\n", "nobody holds it");
}

#[cfg(unix)]
#[test]
fn a_folder_deleted_under_a_run_is_locked_anew() {
    let place = TempDir::new().unwrap();
    let folder = place.path().join("out");
    let (first, second) = (open(&folder), open(&folder));
    write(&first, "a").unwrap();
    fs::remove_dir_all(&folder).unwrap();
    write(&second, "b").unwrap();
    let error = write(&first, "c").unwrap_err();
    assert_eq!(error.message(), "somebody else writes to this folder");
    assert!(save(&first, "web").is_err());
    drop(second);
    write(&first, "c").unwrap();

    fs::remove_dir_all(&folder).unwrap();
    write(&first, "d").unwrap();
    assert!(write(&open(&folder), "e").is_err(), "the lock that is there now is held");
    assert!(folder.join("shop/ConfigMap/d.yaml").exists());
}

#[cfg(unix)]
#[test]
fn a_number_never_comes_twice_though_the_folder_was_deleted() {
    let place = TempDir::new().unwrap();
    let folder = place.path().join("out");
    let target = open(&folder);
    let version = || write(&target, "a").unwrap().live().unwrap().version.clone();
    let before = version();
    fs::remove_dir_all(&folder).unwrap();
    assert_ne!(version(), before);
}

#[test]
fn two_targets_prepare_their_files_under_names_of_their_own() {
    let folder = TempDir::new().unwrap();
    let signature = || fs::read_to_string(folder.path().join(".windlass/lock")).unwrap();
    let signatures = [(); 3].map(|()| {
        let target = open(folder.path());
        write(&target, "a").unwrap();
        signature().lines().nth(1).unwrap().to_owned()
    });
    assert_eq!(std::collections::BTreeSet::from(signatures).len(), 3);
}

#[test]
fn looking_needs_no_lock() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (open(folder.path()), open(folder.path()));
    write(&first, "a").unwrap();
    save(&first, "web").unwrap();
    let interest = Interest { unit: unit("web"), objects: Default::default() };
    assert_eq!(block_on(second.observe(&context(), &interest)).unwrap().orphans.len(), 1);
    let store = second.profile().state.unwrap();
    assert!(block_on(store.load(&context(), &unit("web"))).unwrap().is_some());
    assert_eq!(block_on(store.units(&context())).unwrap(), [unit("web")]);
}

/// Started a second time, with a folder to lock, this test is the other process.
#[test]
fn another_process_is_named_and_its_crash_releases_the_lock() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let target = open(Path::new(&folder));
        write(&target, "a").unwrap();
        println!("\nlocked");
        // Until the parent kills this process.
        std::io::stdin().lines().for_each(drop);
        return;
    }
    let folder = TempDir::new().unwrap();
    let target = open(folder.path());
    let mut child = start(folder.path());
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let locked = lines.map_while(Result::ok).any(|line| line == "locked");
    let error = write(&target, "b").unwrap_err();
    let pid = child.id().to_string();
    child.kill().unwrap();
    child.wait().unwrap();

    assert!(locked, "the other process must get the lock");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(error.context("pid"), Some(pid.as_str()));
    assert_eq!(error.help(), Some("wait for that process to end, or stop it"));
    write(&target, "b").unwrap();
}

fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "another_process_is_named_and_its_crash_releases_the_lock", "--nocapture"])
        .env(FOLDER, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}
