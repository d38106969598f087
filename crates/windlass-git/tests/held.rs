//! An artifact outlives whatever happens to the repository of this machine that it was read from.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use std::path::{Path, PathBuf};

use support::*;
use windlass_core::{Artifact, Limits, Paths, Revision, Source};
use windlass_git::GitSource;
use windlass_git::write::Change;
use windlass_testkit::block_on;

/// The newer and the older commit of `tests/packed`.
const TWO: &str = "a19b0ad499cb19c112e0e9cc8e37d277b128ec00";
const ONE: &str = "9dadea2cb90c016fa0260761f545447fd27e38c1";

/// The loose object of a file that holds `lost`.
const LOST: &str = "objects/a5/0bcb6003fee24cd0dcb7d7da23c9150cd95457";

/// A repository with all its objects in one pack.
fn packed(folder: &Path) -> PathBuf {
    let path = folder.join("packed.git");
    windlass_git::write::Repository::init(&path).unwrap();
    let pack = path.join("objects/pack");
    std::fs::create_dir_all(&pack).unwrap();
    std::fs::write(pack.join("pack-1.pack"), include_bytes!("packed/fleet.pack")).unwrap();
    std::fs::write(pack.join("pack-1.idx"), include_bytes!("packed/fleet.idx")).unwrap();
    path
}

fn at(path: &Path, commit: &str) -> Artifact {
    fetch(&GitSource::new(path.display().to_string()), &Revision::new(format!("sha1:{commit}"))).unwrap()
}

#[test]
fn copied_objects_outlive_the_folder() {
    let fleet = Fleet::new();
    let artifact = bring(&fleet.source()).unwrap();
    std::fs::remove_dir_all(fleet.repository.path()).unwrap();
    assert_eq!(list(&artifact, "").unwrap(), "README apps/");
    assert_eq!(list(&artifact, "apps").unwrap(), "web.yaml");
    assert_eq!(read(&artifact, "apps/web.yaml").unwrap(), "replicas: 2\n");
}

// Windows does not remove a file that is mapped.
#[cfg(unix)]
#[test]
fn mapped_packs_outlive_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = packed(folder.path());
    let (one, two) = (at(&path, ONE), at(&path, TWO));
    std::fs::remove_dir_all(&path).unwrap();
    for (artifact, lines) in [(one, 200), (two, 201)] {
        assert_eq!(list(&artifact, "apps").unwrap(), "web.yaml");
        assert_eq!(read(&artifact, "apps/web.yaml").unwrap().lines().count(), lines);
        let missing = read(&artifact, "gone").unwrap_err();
        assert_eq!(shown(&missing), "not found: no such file or folder (path=gone)");
        assert_eq!(read(&artifact, "apps/web.yaml").unwrap().lines().count(), lines, "after a miss");
    }
}

#[test]
fn objects_in_two_places_are_read_from_either() {
    let folder = tempfile::tempdir().unwrap();
    let path = packed(folder.path());
    let repository = windlass_git::write::Repository::open(&path).unwrap();
    repository.point("refs/heads/main", TWO).unwrap();
    repository.commit("main", "three", &author(), &[Change::file("loose.yaml", "a: 1\n")]).unwrap();
    let artifact = bring(&GitSource::new(path.display().to_string())).unwrap();
    std::fs::remove_dir_all(&path).unwrap();
    assert_eq!(read(&artifact, "loose.yaml").unwrap(), "a: 1\n");
    assert_eq!(read(&artifact, "apps/web.yaml").unwrap().lines().count(), 201);
}

// Windows does not remove a file that is mapped.
#[cfg(unix)]
#[test]
fn a_look_for_what_is_missing_forgets_no_pack() {
    let folder = tempfile::tempdir().unwrap();
    let path = packed(folder.path());
    let repository = windlass_git::write::Repository::open(&path).unwrap();
    repository.point("refs/heads/main", TWO).unwrap();
    repository.commit("main", "lose", &author(), &[Change::file("lost", "lost\n")]).unwrap();
    std::fs::remove_file(path.join(LOST)).unwrap();
    let artifact = bring(&GitSource::new(path.display().to_string())).unwrap();
    std::fs::remove_dir_all(path.join("objects/pack")).unwrap();
    assert!(read(&artifact, "lost").is_err());
    assert_eq!(read(&artifact, "apps/web.yaml").unwrap().lines().count(), 201);
}

#[test]
fn a_rewritten_branch_leaves_what_is_held() {
    let fleet = Fleet::new();
    let source = fleet.source().branch("main");
    let held = bring(&source).unwrap();
    fleet.repository.point("refs/heads/main", &fleet.first).unwrap();
    let amended = [Change::file("apps/web.yaml", "replicas: 3\n")];
    fleet.repository.commit("main", "amended", &author(), &amended).unwrap();
    assert_eq!(read(&bring(&source).unwrap(), "apps/web.yaml").unwrap(), "replicas: 3\n");
    assert_eq!(read(&held, "apps/web.yaml").unwrap(), "replicas: 2\n");
}

#[cfg(feature = "git-program")]
#[test]
fn garbage_that_git_collects_leaves_what_is_held() {
    for packed_before in [false, true] {
        let fleet = Fleet::new();
        let git = |arguments: &str| {
            let mut git = std::process::Command::new("git");
            git.args(arguments.split(' ')).current_dir(fleet.repository.path());
            let done = git.env("GIT_CONFIG_GLOBAL", "/dev/null").status().unwrap();
            assert!(done.success(), "{arguments}");
        };
        if packed_before {
            git("gc --quiet");
        }
        let held = bring(&fleet.source()).unwrap();
        fleet.repository.point("refs/heads/main", &fleet.first).unwrap();
        git("reflog expire --expire=now --all");
        git("gc --quiet --prune=now");
        let gone = fetch(&fleet.source(), held.revision()).unwrap_err();
        assert_eq!(gone.message(), "no such commit", "the commit was collected");
        assert_eq!(read(&held, "apps/web.yaml").unwrap(), "replicas: 2\n");
        assert_eq!(list(&held, "").unwrap(), "README apps/");
    }
}

#[test]
fn a_commit_is_what_its_name_says_whatever_replaces_it() {
    let fleet = Fleet::new();
    fleet.repository.point(&format!("refs/replace/{}", fleet.second), &fleet.first).unwrap();
    let artifact = bring(&fleet.source()).unwrap();
    assert_eq!(artifact.revision().message.as_deref(), Some("grow"));
    assert_eq!(read(&artifact, "apps/web.yaml").unwrap(), "replicas: 2\n");
}

#[test]
fn more_loose_objects_than_the_limit_are_refused() {
    let fleet = Fleet::new();
    let mut limits = Limits::default();
    limits.artifact_bytes_max = 64;
    let source = fleet.source();
    let revision = resolve(&source).unwrap();
    let refused = block_on(source.fetch(&context().with_limits(limits.clone()), &revision, &Paths::All));
    let error = refused.unwrap_err();
    let shown = shown(&error).replace(&fleet.url(), "FLEET");
    assert_eq!(
        shown,
        "limit: the loose objects of a commit are too large to hold (artifact_bytes_max=64, path=FLEET)"
    );
    assert_eq!(error.help(), Some("Pack the repository with `git gc`."));

    let folder = tempfile::tempdir().unwrap();
    let source = GitSource::new(packed(folder.path()).display().to_string());
    let packed = block_on(source.fetch(
        &context().with_limits(limits),
        &Revision::new(format!("sha1:{TWO}")),
        &Paths::All,
    ));
    assert!(packed.is_ok(), "packed objects are not copied");
}

#[test]
fn a_missing_object_is_an_error_of_who_reads_it() {
    let fleet = Fleet::new();
    let lost = [Change::file("lost", "lost\n")];
    fleet.repository.commit("main", "lose", &author(), &lost).unwrap();
    std::fs::remove_file(fleet.repository.path().join(LOST)).unwrap();
    let artifact = bring(&fleet.source()).unwrap();
    assert_eq!(list(&artifact, "").unwrap(), "README apps/ lost");
    assert_eq!(read(&artifact, "README").unwrap(), "fleet\n");
    let error = read(&artifact, "lost").unwrap_err();
    let expected = "corrupt: an object is missing (path=lost, id=a50bcb6003fee24cd0dcb7d7da23c9150cd95457)";
    assert_eq!(shown(&error), expected);
}
