//! A folder as a target.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use tempfile::TempDir;
use windlass_core::{
    Cancel, Context, Error, ErrorKind, Expect, Fence, Interest, Limits, Live, Look, Mark, Mode, Now, Object,
    Observed, Result, Retry, Sight, Target, Value, Version, Write, Written,
};
use windlass_fs::DirTarget;
use windlass_testkit::{TestClock, block_on, config_map, id, unit};

/// A folder, a target on it, and short ways to use both.
struct Place {
    folder: TempDir,
    target: DirTarget,
}

const WEB: &str = "shop/ConfigMap/web.yaml";
const MARK: &str = ".windlass/marks/shop/ConfigMap/web.json";

fn context() -> Context {
    TestClock::new().context()
}

fn limited(change: impl FnOnce(&mut Limits)) -> Context {
    let mut limits = Limits::default();
    change(&mut limits);
    context().with_limits(limits)
}

fn apply(payload: &Object) -> Write {
    Write::Apply {
        payload: payload.clone(),
        mode: Mode::Apply,
        expect: Expect::Any,
        mark: Mark::of(&unit("web")),
    }
}

fn delete(name: &str) -> Write {
    Write::Delete {
        id: id(name),
        api_version: "v1".into(),
        expect: Expect::Any,
        cascade: windlass_core::Cascade::Background,
    }
}

fn expecting(write: Write, condition: Expect) -> Write {
    let mut write = write;
    if let Write::Apply { expect, .. } | Write::Delete { expect, .. } = &mut write {
        *expect = condition;
    }
    write
}

fn with_mode(write: Write, wanted: Mode) -> Write {
    let mut write = write;
    if let Write::Apply { mode, .. } = &mut write {
        *mode = wanted;
    }
    write
}

fn owned_by(write: Write, name: &str) -> Write {
    let mut write = write;
    if let Write::Apply { mark, .. } = &mut write {
        *mark = Mark::of(&unit(name));
    }
    write
}

fn web(content: &str) -> Object {
    config_map("shop", "web", content)
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let target = DirTarget::open(folder.path()).unwrap();
        Self { folder, target }
    }

    /// A place in which `web` was written with the content `a`.
    fn with_web() -> Self {
        let place = Self::new();
        place.write(&apply(&web("a"))).unwrap();
        place
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), content).unwrap();
    }

    fn write(&self, write: &Write) -> Result<Written> {
        block_on(self.target.write(&context(), write))
    }

    fn observe(&self, names: &[&str]) -> Observed {
        block_on(self.target.observe(&context(), &interest(names))).unwrap()
    }

    fn sight(&self, name: &str) -> Sight {
        self.observe(&[name]).sights.remove(&id(name)).unwrap()
    }

    fn live(&self, name: &str) -> Live {
        self.sight(name)
            .live()
            .unwrap_or_else(|| panic!("{name} must be there: {:?}", self.sight(name)))
            .clone()
    }

    fn unreadable(&self, name: &str) -> Error {
        match self.sight(name) {
            Sight::Unreadable(error) => error,
            other => panic!("{name} must be unreadable, and is {other:?}"),
        }
    }

    /// All files below the folder but the lock, with their contents.
    fn everything(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(self.folder.path()).unwrap().to_str().unwrap().to_owned();
                match fs::symlink_metadata(&path).unwrap() {
                    about if about.is_dir() => folders.push(path),
                    _ if name == ".windlass/lock" => {}
                    _ => drop(found.insert(name, fs::read_to_string(&path).unwrap_or_default())),
                }
            }
        }
        found
    }

    fn files(&self) -> Vec<String> {
        self.everything().into_keys().collect()
    }
}

fn interest(names: &[&str]) -> Interest {
    let objects = names.iter().map(|name| (id(name), Look::new("v1"))).collect();
    Interest { unit: unit("web"), objects }
}

#[test]
fn an_object_is_a_file_that_people_can_read_and_its_owner_is_beside_it() {
    let place = Place::new();
    let written = place.write(&expecting(apply(&web("a")), Expect::Absent)).unwrap();
    assert!(matches!(written, Written::Created(_)));
    let text =
        "apiVersion: v1\ndata:\n  content: a\nkind: ConfigMap\nmetadata:\n  name: web\n  namespace: shop\n";
    assert_eq!(place.read(WEB), text);
    assert_eq!(place.read(MARK), "{\"owner\":\"web\"}\n");
    assert_eq!(place.files(), [MARK, WEB]);
}

#[test]
fn what_was_written_is_what_is_observed() {
    let place = Place::new();
    let written = place.write(&apply(&web("a"))).unwrap().live().unwrap().clone();
    let live = place.live("ConfigMap/shop/web");
    assert_eq!(live.body, Some(web("a")));
    assert_eq!(Live { body: None, ..live }, written);
    assert_eq!(written.mark, Some(Mark::of(&unit("web"))));
    let look = Look::new("v1").unless(Some(written.stamp));
    let known = Interest { unit: unit("web"), objects: [(id("ConfigMap/shop/web"), look)].into() };
    let seen = block_on(place.target.observe(&context(), &known)).unwrap();
    assert_eq!(seen.sights.values().next().unwrap().live().unwrap().body, None, "a known body is left out");
}

#[test]
fn the_second_of_two_equal_writes_changes_nothing() {
    let place = Place::with_web();
    let before = (place.everything(), fs::metadata(place.path(WEB)).unwrap().modified().unwrap());
    let again = place.write(&apply(&web("a"))).unwrap();
    assert!(matches!(again, Written::Unchanged(_)));
    assert_eq!((place.everything(), fs::metadata(place.path(WEB)).unwrap().modified().unwrap()), before);
}

#[test]
fn the_payload_is_the_whole_object_however_it_is_sent() {
    let labelled = web("a").edit(|body| {
        body.as_map_mut().unwrap().insert("immutable", true);
    });
    for mode in [Mode::Apply, Mode::Replace, Mode::Recreate] {
        let place = Place::new();
        place.write(&apply(labelled.as_ref().unwrap())).unwrap();
        let written = place.write(&with_mode(apply(&web("b")), mode)).unwrap();
        assert!(matches!(written, Written::Changed(_)), "{mode:?}");
        assert_eq!(place.live("ConfigMap/shop/web").body, Some(web("b")), "{mode:?}");
    }
}

#[test]
fn what_is_only_to_be_created_is_left_alone_afterwards() {
    let place = Place::new();
    let write = |content: &str| with_mode(owned_by(apply(&web(content)), content), Mode::CreateOnly);
    assert!(matches!(place.write(&write("a")).unwrap(), Written::Created(_)));
    assert!(matches!(place.write(&write("b")).unwrap(), Written::Unchanged(_)));
    assert_eq!(place.live("ConfigMap/shop/web").body, Some(web("a")));
    assert_eq!(place.live("ConfigMap/shop/web").mark, Some(Mark::of(&unit("a"))));
}

#[test]
fn an_edit_by_hand_moves_stamp_and_version_and_is_not_written_over_unseen() {
    let place = Place::with_web();
    let before = place.live("ConfigMap/shop/web");
    place.put(WEB, place.read(WEB).replace("content: a", "content: by hand"));
    let after = place.live("ConfigMap/shop/web");
    assert_ne!(after.stamp, before.stamp);
    assert_ne!(after.version, before.version);
    assert_eq!(after.mark, before.mark, "it still has its owner");

    let files = place.everything();
    let error = place.write(&expecting(apply(&web("b")), Expect::At(before.version))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(error.context("found"), Some(after.version.0.as_str()));
    assert_eq!(place.everything(), files, "a refused write changes nothing");
    assert!(place.write(&expecting(apply(&web("b")), Expect::At(after.version))).is_ok());
}

#[test]
fn a_comment_changes_the_version_and_not_the_stamp_and_stays() {
    let place = Place::with_web();
    let before = place.live("ConfigMap/shop/web");
    let text = format!("# why it is so\n{}", place.read(WEB));
    place.put(WEB, &text);
    let after = place.live("ConfigMap/shop/web");
    assert_eq!(after.stamp, before.stamp);
    assert_ne!(after.version, before.version);
    assert!(matches!(place.write(&apply(&web("a"))).unwrap(), Written::Unchanged(_)));
    assert_eq!(place.read(WEB), text);
}

#[track_caller]
fn check_unreadable(content: &str, expected: &str) {
    let place = Place::with_web();
    place.put(WEB, content);
    let error = place.unreadable("ConfigMap/shop/web");
    let problem = &error.problems()[0];
    let line = problem.context("line").map(|line| format!(" at line {line}")).unwrap_or_default();
    assert_eq!(format!("{}{line}", problem.message()), expected);
    assert!(problem.context("path").unwrap().ends_with(WEB), "it names the file: {error}");
    assert!(!error.explain().contains("hunter2"), "it shows no content: {error}");

    for write in [apply(&web("b")), delete("ConfigMap/shop/web")] {
        assert_eq!(place.write(&write).unwrap_err().kind(), error.kind(), "it is not written over");
        assert_eq!(place.read(WEB), content);
    }
}

#[test]
fn what_is_no_object_any_more_is_unreadable_and_never_absent() {
    check_unreadable("", "the file holds no object");
    check_unreadable("# nothing\n---\n", "the file holds no object");
    check_unreadable("- hunter2\n", "an object must be a map, not list at line 1");
    check_unreadable("\n\napiVersion: v1\nkind: ConfigMap\ndata: hunter2\n", "missing field at line 3");
    check_unreadable(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: dns, namespace: shop}\n",
        "the file holds another object at line 1",
    );
    let one = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\n";
    check_unreadable(&format!("{one}---\n{one}---\n{one}"), "the file holds 3 objects, not one");
}

#[test]
fn invalid_yaml_is_told_with_file_and_line_and_without_content() {
    let place = Place::with_web();
    place.put(WEB, "apiVersion: v1\nkind: ConfigMap\ndata:\n  password: \"hunter2\n  x: [\n");
    let error = place.unreadable("ConfigMap/shop/web");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.problems().iter().all(|problem| problem.context("line").is_some()), "{error}");
    assert!(error.problems()[0].context("path").unwrap().ends_with(WEB));
    assert!(!format!("{error:?}{}", error.explain()).contains("hunter2"), "{error:?}");
}

#[test]
fn what_nobody_owns_has_no_mark_and_is_taken_over_without_a_touch() {
    let place = Place::new();
    let text = "# mine\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: web, namespace: shop}\ndata: {content: a}\n";
    place.put(WEB, text);
    let before = place.live("ConfigMap/shop/web");
    assert_eq!(before.mark, None);
    let write = expecting(apply(&web("a")), Expect::At(before.version.clone()));
    let Written::Changed(after) = place.write(&write).unwrap() else { panic!("its owner is new") };
    assert_eq!(after.mark, Some(Mark::of(&unit("web"))));
    assert_ne!(after.version, before.version);
    assert_eq!(place.read(WEB), text);
}

#[test]
fn a_delete_takes_the_file_the_mark_and_the_empty_folders() {
    let place = Place::with_web();
    place.put("shop/README.md", "keep me");
    place.write(&apply(&config_map("", "alone", "a"))).unwrap();
    assert_eq!(place.write(&delete("ConfigMap/shop/web")).unwrap(), Written::Gone);
    assert_eq!(place.write(&delete("ConfigMap//alone")).unwrap(), Written::Gone);
    assert_eq!(place.files(), ["shop/README.md"]);
    assert!(!place.path("shop/ConfigMap").exists() && !place.path("_").exists());
    assert!(!place.path(".windlass/marks").exists());
    assert_eq!(place.sight("ConfigMap/shop/web"), Sight::Absent);
}

#[test]
fn deleting_the_absent_succeeds() {
    let place = Place::new();
    for expect in [Expect::Any, Expect::At(Version::new("x")), Expect::Absent] {
        assert_eq!(place.write(&expecting(delete("ConfigMap/shop/web"), expect)).unwrap(), Written::Gone);
    }
}

#[test]
fn a_condition_that_does_not_hold_is_a_conflict_and_changes_nothing() {
    let place = Place::with_web();
    let files = place.everything();
    for expect in [Expect::Absent, Expect::At(Version::new("old")), Expect::Uid("1".into())] {
        for write in [apply(&web("b")), delete("ConfigMap/shop/web")] {
            let error = place.write(&expecting(write, expect.clone())).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Conflict, "{expect:?}");
            assert!(!error.may_have_written());
            assert_eq!(place.everything(), files, "{expect:?}");
        }
    }
    let error = place.write(&expecting(apply(&web("b")), Expect::Uid("1".into()))).unwrap_err();
    assert_eq!(error.retry(), Retry::Never, "no wait gives a file an identity");
}

#[test]
fn strays_are_what_carries_our_mark_and_was_not_asked_for() {
    let place = Place::with_web();
    place.write(&apply(&config_map("shop", "ours", "a"))).unwrap();
    place.write(&apply(&config_map("", "broken", "a"))).unwrap();
    place.write(&apply(&config_map("", "deleted", "a"))).unwrap();
    place.write(&owned_by(apply(&config_map("shop", "theirs", "a")), "dns")).unwrap();
    place.put("_/ConfigMap/broken.yaml", "a: [");
    fs::remove_file(place.path("_/ConfigMap/deleted.yaml")).unwrap();
    place.put("_/ConfigMap/nobodys.yaml", "kind: ConfigMap");
    place.put(".windlass/marks/_/ConfigMap/damaged.json", "{");
    place.put(".windlass/marks/notes.txt", "not a mark");
    let observed = place.observe(&["ConfigMap/shop/web"]);
    let strays: Vec<String> = observed.strays.iter().map(|live| live.id.to_string()).collect();
    assert_eq!(strays, ["ConfigMap//broken", "ConfigMap/shop/ours"]);
    assert!(observed.strays.iter().all(|live| live.body.is_none()));
}

#[test]
fn a_mark_that_cannot_be_read_is_not_no_mark() {
    let place = Place::with_web();
    place.put(MARK, "{\"own");
    let error = place.unreadable("ConfigMap/shop/web");
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.context("path").unwrap().ends_with(MARK));
    assert!(place.write(&apply(&web("b"))).is_err());
}

#[test]
fn a_crash_between_mark_and_file_leaves_nothing_without_owner() {
    let created = Place::with_web();
    fs::remove_file(created.path(WEB)).unwrap();
    assert_eq!(created.sight("ConfigMap/shop/web"), Sight::Absent, "a mark alone is no object");
    assert!(created.observe(&[]).strays.is_empty());
    let again = created.write(&expecting(apply(&web("a")), Expect::Absent)).unwrap();
    assert!(matches!(again, Written::Created(_)));

    let deleted = Place::with_web();
    fs::remove_file(deleted.path(WEB)).unwrap();
    assert_eq!(deleted.write(&delete("ConfigMap/shop/web")).unwrap(), Written::Gone);
    assert!(deleted.files().is_empty(), "the next delete takes the mark");
}

#[test]
fn a_half_written_file_is_ignored_and_taken_away() {
    let place = Place::with_web();
    place.put(".windlass/new", "apiVersion: v1\nki");
    let observed = place.observe(&["ConfigMap/shop/web"]);
    assert_eq!((observed.sights.len(), observed.strays.len()), (1, 0));
    assert_eq!(place.live("ConfigMap/shop/web").body, Some(web("a")));
    place.write(&apply(&web("b"))).unwrap();
    assert_eq!(place.files(), [MARK, WEB]);
    assert_eq!(place.live("ConfigMap/shop/web").body, Some(web("b")));
}

#[cfg(unix)]
#[test]
fn no_link_below_the_folder_is_followed() {
    use std::os::unix::fs::symlink;
    let outside = TempDir::new().unwrap();
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\n";
    fs::create_dir(outside.path().join("ConfigMap")).unwrap();
    fs::write(outside.path().join("ConfigMap/web.yaml"), text).unwrap();

    for (link, to) in [("shop", ""), ("shop/ConfigMap", "ConfigMap"), (WEB, "ConfigMap/web.yaml")] {
        let place = Place::new();
        fs::create_dir_all(place.path(link).parent().unwrap()).unwrap();
        symlink(outside.path().join(to), place.path(link)).unwrap();
        let error = place.unreadable("ConfigMap/shop/web");
        assert_eq!(error.message(), "a link, which is not followed here", "{link}");
        assert!(error.context("path").unwrap().ends_with(link));
        for write in [apply(&web("b")), delete("ConfigMap/shop/web")] {
            assert_eq!(place.write(&write).unwrap_err().kind(), ErrorKind::Invalid, "{link}");
        }
        let new = place.write(&apply(&config_map("shop", "new", "a")));
        assert_eq!(new.is_err(), link != WEB, "what is new cannot lie behind a link either: {link}");
    }
    assert_eq!(fs::read_to_string(outside.path().join("ConfigMap/web.yaml")).unwrap(), text);
    assert_eq!(fs::read_dir(outside.path().join("ConfigMap")).unwrap().count(), 1);

    let place = Place::new();
    symlink(outside.path(), place.path(".windlass")).unwrap();
    assert_eq!(place.write(&apply(&web("a"))).unwrap_err().message(), "a link, which is not followed here");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1, "no lock outside the folder");
}

#[test]
fn what_is_in_the_way_is_named() {
    let place = Place::new();
    fs::create_dir_all(place.path(WEB)).unwrap();
    let error = place.unreadable("ConfigMap/shop/web");
    assert_eq!(error.message(), "something else is in its place");
    place.put("file", "");
    let error = place.write(&apply(&config_map("file", "web", "a"))).unwrap_err();
    assert_eq!(error.message(), "something else is in its place");
    assert!(error.context("path").unwrap().ends_with("file"));
}

#[test]
fn odd_names_stay_inside_the_folder_and_apart() {
    let place = Place::new();
    let names = ["../../escape", "..", ".windlass", "a/b", "web", "WEB", "con", "system:node", "é"];
    for name in names {
        place.write(&apply(&config_map("..", name, name))).unwrap();
    }
    for name in names {
        let live = place.live(&format!("ConfigMap/../{name}"));
        assert_eq!(live.body, Some(config_map("..", name, name)));
    }
    let objects = place.files().into_iter().filter(|file| !file.starts_with(".windlass/"));
    assert!(objects.clone().all(|file| file.starts_with("%2e%2e/ConfigMap/")));
    assert_eq!(objects.count(), names.len());
}

#[test]
fn a_name_that_is_too_long_is_invalid_and_harms_no_other() {
    let place = Place::with_web();
    let long = "a".repeat(251);
    let name = format!("ConfigMap/shop/{long}");
    assert_eq!(place.write(&apply(&config_map("shop", &long, "a"))).unwrap_err().kind(), ErrorKind::Invalid);
    let observed = place.observe(&[&name, "ConfigMap/shop/web"]);
    assert!(
        matches!(&observed.sights[&id(&name)], Sight::Unreadable(error) if error.kind() == ErrorKind::Invalid)
    );
    assert!(observed.sights[&id("ConfigMap/shop/web")].live().is_some());
}

#[test]
fn what_yaml_would_change_is_spelled_as_json() {
    let place = Place::new();
    let exact = web("a").edit(|body| {
        body.as_map_mut().unwrap().insert("ratio", Value::Float(1.0));
    });
    let exact = exact.unwrap();
    place.write(&apply(&exact)).unwrap();
    assert_eq!(place.live("ConfigMap/shop/web").body, Some(exact.clone()));
    assert!(place.read(WEB).contains("\"ratio\":1.0"));
    assert!(matches!(place.write(&apply(&exact)).unwrap(), Written::Unchanged(_)));
}

#[test]
fn limits_are_kept_and_named() {
    let place = Place::with_web();
    let cx = limited(|limits| limits.file_bytes_max = 10);
    let seen = block_on(place.target.observe(&cx, &interest(&["ConfigMap/shop/web"]))).unwrap();
    let Some(Sight::Unreadable(error)) = seen.sights.values().next() else { panic!("must be unreadable") };
    assert_eq!((error.kind(), error.context("limit")), (ErrorKind::Limit, Some("file_bytes_max")));

    let cx = limited(|limits| limits.object_bytes_max = 10);
    let error = block_on(place.target.write(&cx, &apply(&web("b")))).unwrap_err();
    assert_eq!((error.kind(), error.context("limit")), (ErrorKind::Limit, Some("object_bytes_max")));

    let deep = (0..200).fold(Value::Null, |inner, _| Value::from_iter([("a", inner)]));
    let deep = web("a").edit(|body| drop(body.as_map_mut().unwrap().insert("deep", deep))).unwrap();
    let error = place.write(&apply(&deep)).unwrap_err();
    assert_eq!((error.kind(), error.context("object")), (ErrorKind::Limit, Some("ConfigMap/shop/web")));
    assert_eq!(
        place.live("ConfigMap/shop/web").body,
        Some(web("a")),
        "what cannot be read back is not written"
    );
}

#[test]
fn a_lost_fence_writes_nothing_at_all() {
    #[derive(Debug)]
    struct Lost;
    impl Fence for Lost {
        fn check(&self, _: Now) -> Result<()> {
            Err(Error::new(ErrorKind::Conflict, "the lease is lost"))
        }
    }
    let place = Place::new();
    let cx = context().with_fence(Arc::new(Lost));
    let error = block_on(place.target.write(&cx, &apply(&web("a")))).unwrap_err();
    assert_eq!(error.message(), "the lease is lost");
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 0);
}

#[test]
fn a_cancelled_call_ends_as_a_whole() {
    let place = Place::with_web();
    let cancel = Cancel::new();
    cancel.cancel();
    let cx = context().with_cancel(cancel);
    let error = block_on(place.target.observe(&cx, &interest(&["ConfigMap/shop/web"]))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(
        block_on(place.target.write(&cx, &apply(&web("b")))).unwrap_err().kind(),
        ErrorKind::Cancelled
    );
    assert_eq!(place.live("ConfigMap/shop/web").body, Some(web("a")));
}

#[test]
fn a_folder_that_is_not_there_is_empty_and_the_first_write_makes_it() {
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("new/out");
    let target = DirTarget::open(&folder).unwrap();
    let seen = block_on(target.observe(&context(), &interest(&["ConfigMap/shop/web"]))).unwrap();
    assert_eq!(seen.sights.values().next(), Some(&Sight::Absent));
    assert!(!folder.exists(), "looking makes nothing");
    block_on(target.write(&context(), &apply(&web("a")))).unwrap();
    assert!(folder.join(WEB).exists());
}

#[test]
fn one_folder_is_one_place_whichever_way_it_is_named() {
    let folder = TempDir::new().unwrap();
    let real = folder.path().canonicalize().unwrap();
    fs::create_dir(real.join("out")).unwrap();
    let place = |path: &Path| DirTarget::open(path).unwrap().profile().place.to_owned();
    let expected = real.join("out").to_str().unwrap().to_owned();
    assert_eq!(place(&real.join("out")), expected);
    assert_eq!(place(&real.join("./out/")), expected);
    assert_eq!(place(&real.join("out/../out")), expected);
    assert_eq!(place(&real.join("not/yet")), real.join("not/yet").to_str().unwrap());
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("out", real.join("link")).unwrap();
        assert_eq!(place(&real.join("link")), expected);
        assert_eq!(place(&real.join("link/new")), real.join("out/new").to_str().unwrap());
    }
    fs::write(real.join("file"), "").unwrap();
    assert_eq!(DirTarget::open(real.join("file")).unwrap_err().message(), "not a folder");
    assert!(DirTarget::open("").is_err());
}

#[cfg(unix)]
#[test]
fn what_is_made_is_readable_by_its_owner_alone_unless_said_otherwise() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let place = Place::with_web();
    for folder in ["shop", "shop/ConfigMap", ".windlass", ".windlass/marks/shop"] {
        assert_eq!(mode(&place.path(folder)), 0o700, "{folder}");
    }
    for file in [WEB, MARK, ".windlass/lock"] {
        assert_eq!(mode(&place.path(file)), 0o600, "{file}");
    }
    fs::set_permissions(place.path(WEB), fs::Permissions::from_mode(0o640)).unwrap();
    place.write(&apply(&web("b"))).unwrap();
    assert_eq!(mode(&place.path(WEB)), 0o640, "what people set stays");

    let folder = TempDir::new().unwrap();
    let open = DirTarget::open(folder.path()).unwrap().readable_by_others();
    block_on(open.write(&context(), &apply(&web("a")))).unwrap();
    fs::write(folder.path().join("plain"), "").unwrap();
    assert_eq!(mode(&folder.path().join(WEB)), mode(&folder.path().join("plain")), "as the umask says");
    assert_eq!(mode(&folder.path().join(MARK)), 0o600);
    assert_eq!(mode(&folder.path().join(".windlass")), 0o700);
}

#[derive(Debug, Clone)]
enum Step {
    Apply(u8, u8, u8),
    Delete(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..3_u8, 0..3_u8, 0..2_u8).prop_map(|(name, content, owner)| Step::Apply(name, content, owner)),
        1 => (0..3_u8).prop_map(Step::Delete),
    ];
    prop::collection::vec(step, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_folder_holds_what_was_last_written(steps in steps()) {
        let place = Place::new();
        let mut model: BTreeMap<u8, (u8, u8)> = BTreeMap::new();
        let name = |at: u8| ["a", "B", "c.d"][usize::from(at)];
        let owner = |at: u8| ["web", "dns"][usize::from(at)];
        for step in steps {
            match step {
                Step::Apply(at, content, by) => {
                    let write = owned_by(apply(&config_map("", name(at), &content.to_string())), owner(by));
                    let written = place.write(&write).unwrap();
                    let before = model.insert(at, (content, by));
                    let told = matches!((before, &written), (None, Written::Created(_)) | (Some(_), Written::Changed(_) | Written::Unchanged(_)));
                    prop_assert!(told, "{before:?} {written:?}");
                    prop_assert_eq!(matches!(written, Written::Unchanged(_)), before == Some((content, by)));
                }
                Step::Delete(at) => {
                    place.write(&delete(&format!("ConfigMap//{}", name(at)))).unwrap();
                    model.remove(&at);
                }
            }
        }
        for at in 0..3 {
            let sight = place.sight(&format!("ConfigMap//{}", name(at)));
            let expected = model.get(&at).map(|(content, by)| (config_map("", name(at), &content.to_string()), Mark::of(&unit(owner(*by)))));
            prop_assert_eq!(sight.live().map(|live| (live.body.clone().unwrap(), live.mark.clone().unwrap())), expected);
        }
        prop_assert_eq!(place.files().len(), model.len() * 2, "a file and a mark for each");
    }
}
