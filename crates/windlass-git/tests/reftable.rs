//! A repository that keeps its references as a reftable, made by git 2.47.3 with `reftable/make.sh`.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::*;
use windlass_git::{GitSource, Reference};

const FLEET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reftable/fleet.git");
const ONE: &str = "5c7ab9d850f77f5df6a82f7aa82135dd1e8504b2";
const TWO: &str = "1fcc4fa158d925dae9cbf6a9ae39e9aece852901";

fn resolved(fleet: &Path, reference: Reference) -> String {
    let source = GitSource::new(fleet.display().to_string()).reference(reference);
    let shown = resolve(&source).map_or_else(|error| shown(&error), |revision| revision.to_string());
    shown.replace(ONE, "ONE").replace(TWO, "TWO").replace(&fleet.display().to_string(), "FLEET")
}

#[track_caller]
fn check(reference: Reference, expected: &str) {
    assert_eq!(resolved(Path::new(FLEET), reference), expected);
}

#[test]
fn every_kind_of_reference_resolves() {
    check(Reference::Head, "main@sha1:TWO");
    check(Reference::Branch("main".into()), "main@sha1:TWO");
    check(Reference::Branch("current".into()), "main@sha1:TWO");
    check(Reference::Tag("v1".into()), "v1@sha1:ONE");
    let all = windlass_git::TagRange::new("*");
    check(Reference::Semver(all), "not found: no tag is in the range (range=*, path=FLEET)");
    for team in [100, 149, 151, 299] {
        check(Reference::Branch(format!("team/{team}")), &format!("team/{team}@sha1:ONE"));
    }
}

#[test]
fn what_was_deleted_is_not_there_and_the_nearest_are_told() {
    let expected = "not found: no such reference (reference=branch team/150, \
                    existing=team/100 team/110 team/120 team/130 team/140, path=FLEET)";
    check(Reference::Branch("team/150".into()), expected);
    check(
        Reference::Tag("v2".into()),
        "not found: no such reference (reference=tag v2, existing=v1, path=FLEET)",
    );
}

#[test]
fn its_files_are_read() {
    let artifact = bring(&GitSource::new(FLEET)).unwrap();
    assert_eq!(read(&artifact, "web.yaml").unwrap(), "replicas: 2\n");
}

/// A copy of the repository, and the table in it that holds most.
fn copied() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let mut open = vec![PathBuf::new()];
    while let Some(inner) = open.pop() {
        fs::create_dir_all(folder.path().join(&inner)).unwrap();
        for entry in fs::read_dir(Path::new(FLEET).join(&inner)).unwrap() {
            let entry = entry.unwrap();
            let path = inner.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                open.push(path);
            } else {
                fs::write(folder.path().join(&path), fs::read(entry.path()).unwrap()).unwrap();
            }
        }
    }
    let table = fs::read_dir(folder.path().join("reftable")).unwrap().map(|entry| entry.unwrap().path());
    let table = table.max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    (folder, table)
}

#[test]
fn no_damage_makes_it_panic_or_give_another_commit() {
    let (folder, table) = copied();
    let sound = fs::read(&table).unwrap();
    let team = || resolved(folder.path(), Reference::Branch("team/299".into()));
    assert_eq!(team(), "team/299@sha1:ONE");
    for place in (0..sound.len()).step_by(7) {
        let mut bytes = sound.clone();
        bytes[place] ^= 0x55;
        fs::write(&table, &bytes).unwrap();
        team();
        fs::write(&table, &sound[..place]).unwrap();
        let said = team();
        assert!(said.starts_with("corrupt: damaged reftable (path="), "{place}: {said}");
    }
}

#[test]
fn a_missing_table_is_said_to_be_missing() {
    let (folder, table) = copied();
    fs::remove_file(&table).unwrap();
    let said = resolved(folder.path(), Reference::Branch("team/299".into()));
    assert!(said.starts_with("unavailable: the tables of the references change all the time"), "{said}");
    fs::write(folder.path().join("reftable/tables.list"), "../../elsewhere.ref\n").unwrap();
    let said = resolved(folder.path(), Reference::Head);
    assert!(said.starts_with("corrupt: a table of references lies elsewhere"), "{said}");
}
