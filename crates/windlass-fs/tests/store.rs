//! A folder as a store of state.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use tempfile::TempDir;
use windlass_core::Controls;
use windlass_core::{
    Context, ControlStore, Delta, Digest, Error, ErrorKind, Fence, Inventory, Key, Now, ObjectId, Owned,
    Result, Saved, StateStore, UnitId, Version,
};
use windlass_fs::FileStore;
use windlass_testkit::control::ControlHarness;
use windlass_testkit::store::StoreHarness;
use windlass_testkit::suite::{Bench, Check};
use windlass_testkit::{TestClock, block_on, unit};

mod laws {
    use super::*;

    struct Shelf {
        place: TempDir,
        store: Arc<FileStore>,
    }

    impl Shelf {
        fn new() -> Self {
            let place = TempDir::new().unwrap();
            let store = Arc::new(FileStore::new(place.path().join("state")));
            Self { place, store }
        }
    }

    impl Bench for Shelf {}

    impl StoreHarness for Shelf {
        fn store(&self) -> Arc<dyn StateStore> {
            self.store.clone()
        }

        fn reopen(&self) -> Check<Arc<dyn StateStore>> {
            Ok(Arc::new(FileStore::new(self.place.path().join("state"))))
        }

        fn damage(&self, unit: &UnitId) -> Check {
            let path = self.place.path().join(format!("state/{unit}.json"));
            let text = fs::read_to_string(&path).unwrap();
            fs::write(path, &text[..text.len() / 2]).unwrap();
            Ok(())
        }
    }

    impl ControlHarness for Shelf {
        fn store(&self) -> Arc<dyn ControlStore> {
            self.store.clone()
        }

        fn controls(&self, cx: &Context, installation: &str) -> Check<Result<Controls>> {
            Ok(block_on(self.store.controls(cx, installation)))
        }

        fn reopen(&self) -> Check<Arc<dyn ControlStore>> {
            Ok(Arc::new(FileStore::new(self.place.path().join("state"))))
        }

        fn damage(&self, unit: &UnitId) -> Check {
            let path = self.place.path().join(format!("state/control/{unit}.json"));
            let text = fs::read_to_string(&path).unwrap();
            fs::write(path, text.replace("ann", "eve")).unwrap();
            Ok(())
        }

        fn state(&self) -> Check<Arc<dyn StateStore>> {
            Ok(self.store.clone())
        }
    }

    mod state {
        windlass_testkit::store_suite!(super::Shelf::new);
    }

    mod control {
        windlass_testkit::control_suite!(super::Shelf::new);
    }
}

fn context() -> Context {
    TestClock::new().context()
}

fn load(folder: &Path, name: &str) -> Result<Option<Saved>> {
    block_on(FileStore::new(folder).load(&context(), &unit(name)))
}

fn save(folder: &Path, name: &str, expected: Option<&Version>, delta: &Delta) -> Result<Version> {
    block_on(FileStore::new(folder).save(&context(), &unit(name), expected, delta))
}

fn put(names: &[&str]) -> Delta {
    let mut delta = Delta::default();
    for name in names {
        delta.put.insert(ObjectId::new("", "ConfigMap", "shop", *name), owned(name));
    }
    delta
}

fn owned(wanted: &str) -> Owned {
    Owned {
        api_version: "v1".into(),
        rank: 1,
        wanted: Digest::of(wanted.as_bytes()),
        stamp: None,
        uid: None,
        keep: false,
        transient: false,
        contest: None,
    }
}

/// Saves one state, changes its file, and gives what loading says then.
fn damaged(change: impl FnOnce(String) -> Vec<u8>) -> Error {
    let folder = TempDir::new().unwrap();
    save(folder.path(), "web", None, &put(&["a"])).unwrap();
    let path = folder.path().join("web.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, change(text)).unwrap();
    let error = load(folder.path(), "web").unwrap_err();
    assert!(error.context("path").unwrap().ends_with("web.json"), "the error names the file: {error}");
    error
}

#[test]
fn whatever_happened_to_a_file_it_is_corrupt_and_never_none() {
    let check = |change: fn(String) -> Vec<u8>, expected: &str| {
        let error = damaged(change);
        assert_eq!((error.kind(), error.message()), (ErrorKind::Corrupt, expected));
        assert!(error.help().is_some());
    };
    check(|_| Vec::new(), "the state cannot be read");
    check(|_| b"\xff\x00".to_vec(), "the state cannot be read");
    check(|text| text[..text.len() - 9].into(), "the state cannot be read");
    check(|_| "null".into(), "the state cannot be read");
    check(
        |text| text.replace("ConfigMap/shop/a", "ConfigMap/shop/b").into(),
        "the state is not as it was saved",
    );
    check(
        |text| text.replace("\"unit\":\"web\"", "\"unit\":\"dns\"").into(),
        "the state is that of another unit",
    );
    check(|text| text.replace("\"format\":1", "\"format\":0").into(), "the state is not as it was saved");
}

#[test]
fn what_a_newer_windlass_saved_is_unsupported_and_not_to_be_deleted() {
    for change in [
        |text: String| text.replace("\"format\":1", "\"format\":2").into(),
        |_| b"{\"format\":7,\"units\":[]}".to_vec(),
    ] {
        let error = damaged(change);
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.message(), "the state was saved by a newer windlass");
        let help = error.help().unwrap();
        assert!(help.contains("use the newer windlass") && !help.contains("delete"), "{help}");
    }
}

#[test]
fn every_byte_counts() {
    let folder = TempDir::new().unwrap();
    save(folder.path(), "web", None, &put(&["a"])).unwrap();
    let path = folder.path().join("web.json");
    let good = fs::read(&path).unwrap();
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
        let error = load(folder.path(), "web").map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "byte {at}");
    }
}

#[test]
fn what_a_crash_left_half_written_is_ignored_and_taken_away() {
    let folder = TempDir::new().unwrap();
    let version = save(folder.path(), "web", None, &put(&["a"])).unwrap();
    // Nobody has taken the signature back.
    fs::write(folder.path().join("web.lock"), "00000000000000000001\n1 0123456789abcdef\n").unwrap();
    fs::write(folder.path().join("web.0123456789abcdef.new"), "{\"format\":1,\"un").unwrap();
    assert_eq!(load(folder.path(), "web").unwrap().unwrap().version, version);
    assert_eq!(block_on(FileStore::new(folder.path()).units(&context())).unwrap(), [unit("web")]);
    save(folder.path(), "web", Some(&version), &put(&["b"])).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "the next save takes it away");
    assert_eq!(load(folder.path(), "web").unwrap().unwrap().inventory.objects.len(), 2);
}

#[test]
fn a_unit_that_is_forgotten_and_comes_back_has_new_versions() {
    let folder = TempDir::new().unwrap();
    let first = save(folder.path(), "web", None, &put(&["a"])).unwrap();
    let mut forget = Delta::default();
    forget.forget = true;
    save(folder.path(), "web", Some(&first), &forget).unwrap();
    assert_eq!(load(folder.path(), "web").unwrap(), None);
    assert!(!folder.path().join("web.json").exists());
    let again = save(folder.path(), "web", None, &put(&["a"])).unwrap();
    assert_ne!(again, first, "an old version must not come to life again");
}

#[test]
fn a_save_that_another_is_in_the_middle_of_is_a_conflict() {
    let folder = TempDir::new().unwrap();
    let version = save(folder.path(), "web", None, &put(&["a"])).unwrap();
    let other = fs::File::open(folder.path().join("web.lock")).unwrap();
    other.lock().unwrap();
    let error = save(folder.path(), "web", Some(&version), &put(&["b"])).unwrap_err();
    assert_eq!(error.to_string().split(" (").next(), Some("somebody else is saving the state"));
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(save(folder.path(), "dns", None, &put(&["b"])).is_ok(), "another unit does not wait for it");
    drop(other);
    assert!(save(folder.path(), "web", Some(&version), &put(&["b"])).is_ok());
}

#[test]
fn of_many_instances_that_save_at_once_one_wins_each_round() {
    let folder = TempDir::new().unwrap();
    let mut version = None;
    for _ in 0..5 {
        let results: Vec<Result<Version>> = std::thread::scope(|scope| {
            let runs: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| save(folder.path(), "web", version.as_ref(), &put(&["a"]))))
                .collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1);
        assert!(
            lost.iter().all(|lost| lost.as_ref().is_err_and(|error| error.kind() == ErrorKind::Conflict))
        );
        version = won.into_iter().next().unwrap().ok();
    }
}

#[test]
fn units_are_those_with_a_state_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let store = FileStore::new(folder.path().join("none"));
    assert!(block_on(store.units(&context())).unwrap().is_empty(), "no folder, no units");
    for name in ["web.a", "con", "dns"] {
        save(folder.path(), name, None, &Delta::default()).unwrap();
    }
    for odd in ["notes.txt", "UPPER.json", ".json", "x.new", "%64ns.json"] {
        fs::write(folder.path().join(odd), "{}").unwrap();
    }
    let units = block_on(FileStore::new(folder.path()).units(&context())).unwrap();
    assert_eq!(units, [unit("con"), unit("dns"), unit("web.a")]);
    assert!(folder.path().join("%63on.json").exists(), "Windows knows no file of the name con");
}

#[test]
fn a_lost_fence_saves_nothing() {
    #[derive(Debug)]
    struct Lost;
    impl Fence for Lost {
        fn check(&self, _: Now) -> Result<Option<std::time::Duration>> {
            Err(Error::new(ErrorKind::Conflict, "the lease is lost"))
        }
    }
    let folder = TempDir::new().unwrap();
    let cx = context().with_fence(Arc::new(Lost));
    let store = FileStore::new(folder.path().join("state"));
    let error = block_on(store.save(&cx, &unit("web"), None, &Delta::default())).unwrap_err();
    assert_eq!(error.message(), "the lease is lost");
    assert!(!folder.path().join("state").exists());
}

#[cfg(unix)]
#[test]
fn state_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = TempDir::new().unwrap();
    let folder = place.path().join("a/state");
    save(&folder, "web", None, &put(&["a"])).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("web.json")), 0o600);
    assert_eq!(mode(&folder.join("web.lock")), 0o600);
}

#[test]
fn a_place_that_cannot_be_a_folder_is_said_to_be_none() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let error = save(&folder.path().join("file/state"), "web", None, &Delta::default()).unwrap_err();
    assert!(!error.may_have_written());
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_store_remembers_what_the_deltas_say(
        steps in prop::collection::vec((prop::collection::btree_set("[a-e]", 0..4), prop::collection::btree_set("[a-e]", 0..3)), 1..6)
    ) {
        let folder = TempDir::new().unwrap();
        let (mut version, mut model) = (None, Inventory::default());
        for (puts, drops) in steps {
            let mut delta = put(&puts.iter().map(String::as_str).collect::<Vec<_>>());
            delta.drop = drops.iter().map(|name| ObjectId::new("", "ConfigMap", "shop", name.as_str())).collect();
            let mut saved = Saved::empty(Version::new(""));
            saved.inventory = model;
            delta.apply(&mut saved, context().limits());
            model = saved.inventory;
            version = Some(save(folder.path(), "web", version.as_ref(), &delta).unwrap());
            let loaded = load(folder.path(), "web").unwrap().unwrap();
            prop_assert_eq!(&loaded.inventory, &model);
            prop_assert_eq!(Some(&loaded.version), version.as_ref());
        }
    }
}

mod key {
    use super::*;

    fn key_of(folder: &Path, installation: &str, make: bool) -> Result<Option<Key>> {
        block_on(FileStore::new(folder).key(&TestClock::new().context(), installation, make))
    }

    #[test]
    fn a_key_is_a_file_of_its_own_for_each_installation() {
        let folder = tempfile::tempdir().unwrap();
        for installation in [UnitId::DEFAULT_INSTALLATION, "staging", "json", "key", "lock"] {
            key_of(folder.path(), installation, true).unwrap();
        }
        let mut names: Vec<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["json.key", "key", "key-lock", "key.key", "lock.key", "staging.key"]);
        let units = block_on(FileStore::new(folder.path()).units(&TestClock::new().context()));
        assert_eq!(units.unwrap(), [], "a key is no unit");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_is_readable_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        key_of(folder.path(), UnitId::DEFAULT_INSTALLATION, true).unwrap();
        let about = std::fs::metadata(folder.path().join("key")).unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_key_is_corrupt_and_never_another_one() {
        let folder = tempfile::tempdir().unwrap();
        key_of(folder.path(), UnitId::DEFAULT_INSTALLATION, true).unwrap();
        let file = folder.path().join("key");
        for content in ["", "00", &"0".repeat(63), &"g".repeat(64), &"0".repeat(4000)] {
            std::fs::write(&file, content).unwrap();
            for make in [false, true] {
                let error = key_of(folder.path(), UnitId::DEFAULT_INSTALLATION, make).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
            }
            assert_eq!(std::fs::read_to_string(&file).unwrap(), content);
        }
    }

    #[test]
    fn many_that_make_a_key_at_once_have_one() {
        let folder = tempfile::tempdir().unwrap();
        let keys: Vec<Key> = std::thread::scope(|scope| {
            let path = folder.path();
            let make = || key_of_real(path);
            let threads: Vec<_> = (0..16).map(|_| scope.spawn(make)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
    }

    /// By a clock whose sleeps end at once: who finds the lock taken looks again.
    fn key_of_real(folder: &Path) -> Key {
        loop {
            let cx = TestClock::auto().context();
            let made = TestClock::auto().block_on(FileStore::new(folder).key(&cx, "windlass", true));
            match made {
                Ok(key) => return key.unwrap(),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{error}"),
            }
        }
    }
}
