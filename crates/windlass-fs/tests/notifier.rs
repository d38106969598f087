//! Being told of changes in folders: what the system cannot tell, and what it tells in an odd way.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use windlass_core::{Context, ErrorKind, Source};
use windlass_fs::{DirSource, Notifier};
use windlass_testkit::{TestClock, block_on};

/// A folder as a source, on one clock.
struct Place {
    folder: TempDir,
    source: DirSource,
    clock: TestClock,
}

impl Place {
    fn new() -> Self {
        Self::told_by(&Notifier::new())
    }

    /// With a file, resolved, and until it is quiet.
    fn told_by(notifier: &Notifier) -> Self {
        let folder = TempDir::new().unwrap();
        let root = folder.path().join("root");
        let place =
            Self { source: DirSource::new(&root).with_notifier(notifier), folder, clock: TestClock::auto() };
        place.put("a/b/web.yaml", "one");
        place.settle();
        place
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join("root").join(below)
    }

    fn put(&self, below: &str, content: &str) {
        put(&self.path(below), content);
    }

    fn context(&self) -> Context {
        self.clock.context()
    }

    fn resolve(&self) {
        block_on(self.source.resolve(&self.context())).unwrap();
    }

    /// Says whether it moves within so many seconds.
    fn moves_within(&self, seconds: u64) -> bool {
        let cx = self.context().with_timeout(Duration::from_secs(seconds));
        match block_on(self.source.watch().unwrap().moved(&cx)) {
            Ok(()) => true,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Timeout);
                false
            }
        }
    }

    #[track_caller]
    fn settle(&self) {
        for _ in 0..5 {
            self.resolve();
            if !self.moves_within(3) {
                return;
            }
        }
        panic!("it is told again and again of what did not change");
    }

    /// Checks that a change is told within a second, and then nothing.
    #[track_caller]
    fn check(&self, what: &str, change: impl FnOnce()) {
        change();
        assert!(self.moves_within(1), "{what}");
        self.settle();
    }
}

fn put(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn every_way_to_change_a_folder_is_told_at_once() {
    let place = Place::new();
    place.check("a file in a new folder", || place.put("c/d/e/new.yaml", "one"));
    place.check("a file in what was new", || place.put("c/d/e/new.yaml", "two"));
    place.check("a folder moved inside", || fs::rename(place.path("c"), place.path("a/moved")).unwrap());
    place.check("a file in what was moved", || place.put("a/moved/d/e/new.yaml", "three"));
    place.check("a folder moved in", || {
        put(&place.folder.path().join("outside/f/g.yaml"), "one");
        fs::rename(place.folder.path().join("outside"), place.path("inside")).unwrap();
    });
    place.check("a file in what was moved in", || place.put("inside/f/g.yaml", "two"));
    place.check("a folder moved out", || {
        fs::rename(place.path("inside"), place.folder.path().join("outside")).unwrap();
    });
    place.check("a file in its place", || place.put("inside/f/g.yaml", "three"));
    place.check("a link", || std::os::unix::fs::symlink("web.yaml", place.path("a/b/link")).unwrap());
    place.check("a file put in the place of another", || {
        put(&place.folder.path().join("beside"), "four");
        fs::rename(place.folder.path().join("beside"), place.path("a/b/web.yaml")).unwrap();
    });
    place.check("all deleted", || fs::remove_dir_all(place.path("a")).unwrap());
}

#[test]
fn what_is_no_part_of_the_state_is_not_told() {
    let place = Place::new();
    place.put(".git/index", "one");
    place.settle();
    place.put(".git/index", "two");
    place.put("a/.windlass/lock", "two");
    put(&place.folder.path().join("outside.yaml"), "one");
    place.settle();
    assert!(!place.moves_within(300));
}

#[test]
fn a_folder_in_the_place_of_the_first_is_told_and_watched() {
    let place = Place::new();
    place.check("another folder", || {
        fs::rename(place.path(""), place.folder.path().join("old")).unwrap();
        place.put("web.yaml", "other");
    });
    place.check("a file in it", || place.put("web.yaml", "another"));
}

#[test]
fn a_link_that_is_turned_to_another_folder_is_told_within_some_seconds() {
    let folder = TempDir::new().unwrap();
    let (link, clock) = (folder.path().join("root"), TestClock::auto());
    for name in ["one", "two"] {
        put(&folder.path().join(name).join("web.yaml"), name);
    }
    std::os::unix::fs::symlink("one", &link).unwrap();
    let place = Place { source: DirSource::new(&link), folder, clock };
    place.settle();
    std::os::unix::fs::symlink("two", place.folder.path().join("next")).unwrap();
    fs::rename(place.folder.path().join("next"), &link).unwrap();
    assert!(place.moves_within(10));
    place.settle();
    place.check("a file behind the link", || place.put("web.yaml", "three"));
}

#[test]
fn a_queue_that_ran_over_leads_to_a_full_look() {
    let place = Place::new();
    let (one, other) = (place.path("a/b/web.yaml"), place.path("a/b/bew.yaml"));
    // Two events each; the queue of the system holds 16,384 unless somebody has set it.
    let queue = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    for _ in 0..queue.trim().parse::<usize>().unwrap() / 4 + 100 {
        fs::rename(&one, &other).unwrap();
        fs::rename(&other, &one).unwrap();
    }
    place.put("c/d/lost.yaml", "one");
    assert!(place.moves_within(1));
    place.settle();
    place.check("a file in a folder that nobody told of", || place.put("c/d/lost.yaml", "two"));
}

#[test]
fn past_the_limit_folders_are_polled_and_that_is_told_once() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&told);
    let tell = move |folder: &Path, why: &windlass_core::Error| {
        list.lock().unwrap().push(format!("{}: {}", folder.file_name().unwrap().display(), why.message()));
    };
    let place = Place::told_by(&Notifier::new().with_watches_max(4).on_fallback(tell));
    assert_eq!(*told.lock().unwrap(), [""; 0], "three folders are watched");
    place.put("c/d/new.yaml", "one");
    assert!(place.moves_within(3));
    place.settle();
    for content in ["longer", "much longer"] {
        place.put("c/d/new.yaml", content);
        assert!(place.moves_within(3), "polled");
        place.settle();
    }
    assert_eq!(*told.lock().unwrap(), ["root: too many folders to watch, which are polled now"]);
}
