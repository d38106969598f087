//! A folder as a source.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use tempfile::TempDir;
use windlass_core::{
    Artifact, Cancel, Context, EntryKind, ErrorKind, Limits, Paths, Result, Retry, Revision, Source, TreePath,
};
use windlass_fs::{DirSource, Notifier};
use windlass_testkit::source::SourceHarness;
use windlass_testkit::suite::{Bench, Check, stated};
use windlass_testkit::{TestClock, block_on};

mod laws {
    use super::*;

    struct Folder {
        place: TempDir,
        source: Arc<DirSource>,
    }

    impl Folder {
        fn new() -> Self {
            Self::told_by(&Notifier::new())
        }

        fn polling() -> Self {
            Self::told_by(&Notifier::polling())
        }

        fn told_by(notifier: &Notifier) -> Self {
            let place = TempDir::new().unwrap();
            let source = DirSource::new(place.path().join("root")).with_notifier(notifier);
            Self { place, source: Arc::new(source) }
        }

        fn root(&self) -> std::path::PathBuf {
            self.place.path().join("root")
        }
    }

    impl Bench for Folder {
        fn skips(&self) -> Vec<(&'static str, &'static str)> {
            vec![("no_credential_is_shown", "a folder needs no credential")]
        }
    }

    impl SourceHarness for Folder {
        fn source(&self) -> Arc<dyn Source> {
            self.source.clone()
        }

        fn commit(&self, files: &[(&str, &[u8])]) {
            let _ = fs::remove_dir_all(self.root());
            fs::create_dir(self.root()).unwrap();
            files.iter().for_each(|(path, content)| put(&self.root(), path, content));
        }

        #[cfg(unix)]
        fn commit_links(&self, files: &[(&str, &[u8])], links: &[(&str, &str)]) -> Check {
            self.commit(files);
            for (path, target) in links {
                std::os::unix::fs::symlink(target, self.root().join(path)).unwrap();
            }
            Ok(())
        }

        fn tells_case(&self) -> Check {
            put(self.place.path(), "case", "");
            match self.place.path().join("CASE").exists() {
                true => stated("the file system takes upper and lower case for one"),
                false => Ok(()),
            }
        }

        fn cut_off(&self) -> Check {
            fs::rename(self.root(), self.place.path().join("away")).unwrap();
            Ok(())
        }
    }

    windlass_testkit::source_suite!(Folder::new);

    mod polled {
        windlass_testkit::source_suite!(super::Folder::polling);
    }
}

fn put(root: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Makes a folder from lines: `web.yaml = text`, `apps/`, `up -> ../web.yaml`.
fn folder(lines: &str) -> TempDir {
    let root = TempDir::new().unwrap();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some((path, content)) = line.split_once(" = ") {
            put(root.path(), path, content);
        } else if let Some((path, target)) = line.split_once(" -> ") {
            fs::create_dir_all(root.path().join(path).parent().unwrap()).unwrap();
            #[cfg(unix)]
            std::os::unix::fs::symlink(target, root.path().join(path)).unwrap();
            #[cfg(not(unix))]
            let _ = target;
        } else {
            fs::create_dir_all(root.path().join(line)).unwrap();
        }
    }
    root
}

fn context() -> Context {
    TestClock::new().context()
}

fn limited(change: impl FnOnce(&mut Limits)) -> Context {
    let mut limits = Limits::default();
    change(&mut limits);
    context().with_limits(limits)
}

fn resolve(root: &Path, cx: &Context) -> Result<Revision> {
    block_on(DirSource::new(root).resolve(cx)).map(|now| now.revision)
}

fn fetch(root: &Path, cx: &Context) -> Result<Artifact> {
    let revision = resolve(root, &context())?;
    block_on(DirSource::new(root).fetch(cx, &revision, &Paths::All))
}

fn revision(lines: &str) -> String {
    resolve(folder(lines).path(), &context()).unwrap().id.to_string()
}

fn path(text: &str) -> TreePath {
    TreePath::new(text).unwrap()
}

#[track_caller]
fn check_read(lines: &str, asked: &str, expected: &str) {
    let root = folder(lines);
    let got = fetch(root.path(), &context()).unwrap().files().read(&path(asked));
    let text = match got {
        Ok(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        Err(error) => error.to_string(),
    };
    assert_eq!(text, expected);
}

#[test]
fn the_revision_tells_paths_kinds_and_contents_apart() {
    let states = [
        "",
        "a = 1",
        "a = 2",
        "b = 1",
        "a/",
        "a/b = 1",
        "a/b = 1\nc/",
        "a = 12\nb = 3",
        "a = 1\nb = 23",
        "a -> b",
        "a -> c",
    ];
    let mut revisions: Vec<String> = states.iter().map(|state| revision(state)).collect();
    assert!(revisions.iter().all(|revision| revision.starts_with("sha256:")));
    revisions.sort();
    revisions.dedup();
    assert_eq!(revisions.len(), states.len(), "two states share a revision");
}

#[test]
fn the_revision_is_of_the_content_and_not_of_the_place_or_the_limits() {
    assert_eq!(revision("a = 1\nb/c = 2"), revision("b/c = 2\na = 1"));
    let root = folder("a = 123456789");
    let small = resolve(root.path(), &limited(|limits| limits.file_bytes_max = 2)).unwrap();
    assert_eq!(small, resolve(root.path(), &context()).unwrap());
}

#[test]
fn of_a_huge_file_length_and_time_count() {
    const HUGE: u64 = (16 << 20) + 1;
    let root = folder("a = 1\nhuge = 1");
    let file = fs::File::options().write(true).open(root.path().join("huge")).unwrap();
    let at = |seconds, length| {
        file.set_len(length).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
        resolve(root.path(), &context()).unwrap()
    };
    let before = at(1, HUGE);
    assert_eq!(at(1, HUGE), before);
    assert_ne!(at(2, HUGE), before, "it was touched");
    assert_ne!(at(1, HUGE + 1), before, "it has grown");
    assert_eq!(at(1, HUGE - 1), at(2, HUGE - 1), "of others times do not count");

    let cx = limited(|limits| limits.file_bytes_max = HUGE);
    let revision = at(1, HUGE);
    let artifact = block_on(DirSource::new(root.path()).fetch(&cx, &revision, &Paths::All)).unwrap();
    assert_eq!(artifact.files().read(&path("huge")).unwrap().len() as u64, HUGE, "who may read it can");
}

/// It would take hours.
#[cfg(unix)]
#[test]
fn a_huge_file_is_not_read() {
    let root = folder("a = 1");
    fs::File::create(root.path().join("large")).unwrap().set_len(1 << 40).unwrap();
    let artifact = fetch(root.path(), &context()).unwrap();
    assert_eq!(artifact.files().read(&path("a")).unwrap(), "1");
    assert_eq!(artifact.files().read(&path("large")).unwrap_err().kind(), ErrorKind::Limit);
}

#[cfg(unix)]
#[test]
fn all_that_is_read_counts_also_where_nothing_is_wanted() {
    let root = folder("a = 12345\nb = 12345");
    fs::File::create(root.path().join("huge")).unwrap().set_len(1 << 40).unwrap();
    let limits = |max| limited(move |limits| limits.artifact_bytes_max = max);
    let error = resolve(root.path(), &limits(9)).unwrap_err();
    assert_eq!((error.kind(), error.context("limit")), (ErrorKind::Limit, Some("artifact_bytes_max")));
    let revision = resolve(root.path(), &limits(10)).unwrap();
    let fetch =
        |max| block_on(DirSource::new(root.path()).fetch(&limits(max), &revision, &Paths::Under(vec![])));
    assert_eq!(fetch(9).unwrap_err().context("limit"), Some("artifact_bytes_max"));
    assert!(fetch(10).is_ok());
}

#[test]
fn what_git_and_a_target_keep_for_themselves_is_left_out() {
    let root = folder("sub/a = 1");
    let before = resolve(root.path(), &context()).unwrap();
    put(root.path(), ".git/HEAD", "ref");
    put(root.path(), ".windlass/lock", "1");
    put(root.path(), "sub/.git", "gitdir: elsewhere");
    assert_eq!(resolve(root.path(), &context()).unwrap(), before);
    let artifact = fetch(root.path(), &context()).unwrap();
    assert_eq!(artifact.files().list(&TreePath::root()).unwrap().len(), 1);
    assert_eq!(artifact.files().read(&path(".git/HEAD")).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_folder_that_changed_since_it_was_resolved_is_said_to_have() {
    let root = folder("a = 1");
    let revision = resolve(root.path(), &context()).unwrap();
    put(root.path(), "a", "2");
    let error = block_on(DirSource::new(root.path()).fetch(&context(), &revision, &Paths::All)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.message(), "the folder has changed since it was resolved");
    assert_eq!(error.retry(), Retry::Backoff);
    put(root.path(), "a", "1");
    assert!(block_on(DirSource::new(root.path()).fetch(&context(), &revision, &Paths::All)).is_ok());
}

#[cfg(unix)]
#[test]
fn links_are_followed_as_a_file_system_does_and_never_past_the_root() {
    let lines = "a/b.yaml = b\nto-a -> a\na/up -> ../e\ne = e\ndeep -> to-a/../e\nback -> ../back\n\
        out -> ../../etc/passwd\nabs -> /etc/passwd\nloop -> loop\nnowhere -> gone\nthrough -> e/x";
    check_read(lines, "to-a/b.yaml", "b");
    check_read(lines, "to-a/up", "e");
    check_read(lines, "deep", "e");
    for leaving in ["out", "abs", "back"] {
        check_read(lines, leaving, &format!("the link leaves the folder (path={leaving})"));
    }
    check_read(lines, "loop", "too many links, perhaps in a cycle (limit=links_max, max=40, path=loop)");
    check_read(lines, "nowhere", "the link leads to what is not there (path=nowhere)");
    check_read(lines, "through", "the link leads to what is not there (path=through)");
    check_read(lines, "to-a", "a folder, not a file (path=to-a)");
}

#[cfg(unix)]
#[test]
fn a_listing_says_other_of_what_cannot_be_read() {
    let root = folder("e = e\na/\nto-a -> a\nout -> ../x\nloop -> loop");
    let _socket = std::os::unix::net::UnixListener::bind(root.path().join("socket")).unwrap();
    let artifact = fetch(root.path(), &context()).unwrap();
    let entries = artifact.files().list(&TreePath::root()).unwrap();
    let kinds: Vec<(String, EntryKind)> =
        entries.iter().map(|entry| (entry.name.to_string(), entry.kind)).collect();
    let expected = [
        ("a", EntryKind::Folder),
        ("e", EntryKind::File),
        ("loop", EntryKind::Other),
        ("out", EntryKind::Other),
        ("socket", EntryKind::Other),
        ("to-a", EntryKind::Folder),
    ];
    assert_eq!(kinds, expected.map(|(name, kind)| (name.to_owned(), kind)));
    let error = artifact.files().read(&path("socket")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_no_path_can_hold_stands_in_nobodys_way() {
    use std::os::unix::ffi::OsStrExt;
    let root = folder("e = e");
    fs::write(root.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9")), "x").unwrap();
    fs::write(root.path().join("back\\slash"), "x").unwrap();
    let artifact = fetch(root.path(), &context()).unwrap();
    let entries = artifact.files().list(&TreePath::root()).unwrap();
    let kinds: Vec<_> = entries.iter().map(|entry| (entry.name.as_str(), entry.kind)).collect();
    let other = EntryKind::Other;
    assert_eq!(kinds, [("back\u{fffd}slash", other), ("caf\u{fffd}", other), ("e", EntryKind::File)]);
    let error = artifact.files().read(&path("caf\u{fffd}")).unwrap_err();
    assert!(error.to_string().starts_with("no path can hold the name of this file"), "{error}");
}

#[test]
fn every_limit_is_kept_and_named() {
    let root = folder("a/b/c = 1\nd = 22222\ne = 33333");
    let check = |name: &str, change: fn(&mut Limits)| {
        let error = fetch(root.path(), &limited(change)).unwrap_err();
        assert_eq!((error.kind(), error.context("limit")), (ErrorKind::Limit, Some(name)), "{error}");
    };
    check("files_max", |limits| limits.files_max = 4);
    check("folder_depth_max", |limits| limits.folder_depth_max = 1);
    check("artifact_bytes_max", |limits| limits.artifact_bytes_max = 10);
    assert!(fetch(root.path(), &limited(|limits| limits.files_max = 5)).is_ok());
    assert!(fetch(root.path(), &limited(|limits| limits.folder_depth_max = 2)).is_ok());
    assert!(fetch(root.path(), &limited(|limits| limits.artifact_bytes_max = 11)).is_ok());
}

#[test]
fn a_file_that_is_too_large_harms_only_who_reads_it() {
    let root = folder("large = 123456789\nsmall = 1");
    let artifact = fetch(root.path(), &limited(|limits| limits.file_bytes_max = 8)).unwrap();
    assert_eq!(artifact.files().read(&path("small")).unwrap(), "1");
    let error = artifact.files().read(&path("large")).unwrap_err();
    assert_eq!(error.to_string(), "the file is too large (limit=file_bytes_max, max=8, path=large)");
}

#[cfg(unix)]
#[test]
fn a_link_to_what_was_not_fetched_names_what_to_fetch() {
    let root = folder("a/link -> ../base/b\nbase/b = b");
    let revision = resolve(root.path(), &context()).unwrap();
    let fetch = |under: Vec<TreePath>| {
        block_on(DirSource::new(root.path()).fetch(&context(), &revision, &Paths::Under(under))).unwrap()
    };
    let error = fetch(vec![path("a")]).files().read(&path("a/link")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unfetched);
    let windlass_core::Need::File(need) = error.needs()[0].clone() else { panic!("must need a file") };
    assert_eq!(fetch(vec![path("a"), need]).files().read(&path("a/link")).unwrap(), "b");
}

#[test]
fn a_folder_that_is_none_is_said_to_be() {
    let root = folder("file = 1");
    let check = |name: &str, expected: &str| {
        let error = resolve(&root.path().join(name), &context()).unwrap_err();
        assert_eq!(error.message(), expected);
        assert!(error.context("path").unwrap().ends_with(name));
    };
    check("gone", "no such file or folder");
    check("file", "not a folder");
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_denied_by_its_path() {
    use std::os::unix::fs::PermissionsExt;
    let root = folder("a/secret.yaml = 1\nb = 2");
    let file = root.path().join("a/secret.yaml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads everything; then there is nothing to deny, and the content must come whole.
    match resolve(root.path(), &context()) {
        Ok(_) => assert!(fs::read(&file).is_ok()),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Denied);
            assert_eq!(error.to_string(), format!("no permission to read (path={})", file.display()));
            assert!(error.help().is_some());
        }
    }
}

#[test]
fn a_cancelled_walk_ends() {
    let root = folder("a = 1");
    let cancel = Cancel::new();
    cancel.cancel();
    let error = resolve(root.path(), &context().with_cancel(cancel)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

#[test]
fn a_file_of_several_pieces_comes_whole() {
    let root = TempDir::new().unwrap();
    let content: Vec<u8> = (0..(2 << 20) + 7_u32).map(|at| (at % 251) as u8).collect();
    put(root.path(), "large", &content);
    let artifact = fetch(root.path(), &context()).unwrap();
    assert!(artifact.files().read(&path("large")).unwrap() == content);
    let before = artifact.revision().clone();
    let mut other = content;
    other[(2 << 20) + 1] ^= 1;
    put(root.path(), "large", &other);
    assert_ne!(resolve(root.path(), &context()).unwrap(), before, "a change in the last piece counts");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_is_what_is_fetched(
        files in prop::collection::btree_map("[a-c]/[a-c]{1,2}\\.yaml", prop::collection::vec(any::<u8>(), 0..40), 0..8)
    ) {
        let root = TempDir::new().unwrap();
        files.iter().for_each(|(path, content)| put(root.path(), path, content));
        let artifact = fetch(root.path(), &context()).unwrap();
        for (name, content) in &files {
            prop_assert_eq!(&artifact.files().read(&path(name)).unwrap(), content);
        }
    }
}
