//! Links in what the target keeps for itself: a folder may come from elsewhere, links and all.

use std::os::unix::fs::symlink;

use windlass_core::Delta;

use super::*;

const LINK: &str = "a link, which is not followed here";

/// A place that has `link` pointing outside, and what lies outside: a file and a folder.
fn linked(link: &str, to: &str) -> (Place, TempDir) {
    let outside = TempDir::new().unwrap();
    fs::write(outside.path().join("file"), "precious").unwrap();
    fs::create_dir(outside.path().join("folder")).unwrap();
    let place = Place::new();
    fs::create_dir_all(place.path(link).parent().unwrap()).unwrap();
    symlink(outside.path().join(to), place.path(link)).unwrap();
    (place, outside)
}

fn save(place: &Place) -> Result<Version> {
    let state = place.target.profile().state.unwrap();
    block_on(state.save(&context(), &unit("web"), None, &Delta::default()))
}

#[track_caller]
fn check(link: &str, to: &str, attempt: impl FnOnce(&Place) -> Result<()>) {
    let (place, outside) = linked(link, to);
    let error = attempt(&place).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Invalid, LINK), "{link}: {error}");
    assert!(error.context("path").unwrap().ends_with(link), "{error}");
    assert_eq!(fs::read_to_string(outside.path().join("file")).unwrap(), "precious", "{link}");
    assert_eq!(fs::read_dir(outside.path().join("folder")).unwrap().count(), 0, "{link}");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 2, "{link}");
}

#[test]
fn a_lock_that_is_a_link_locks_and_overwrites_nothing() {
    check(".windlass/lock", "file", |place| place.write(&apply(&web("a"))).map(drop));
    check(".windlass/lock", "file", |place| save(place).map(drop));
    check(".windlass/lock", "not-there", |place| place.write(&apply(&web("a"))).map(drop));
}

#[test]
fn a_state_folder_that_is_a_link_is_neither_written_nor_read() {
    check(".windlass/state", "folder", |place| save(place).map(drop));
    let state = |place: &Place| place.target.clone();
    check(".windlass/state", "folder", |place| {
        block_on(state(place).profile().state.unwrap().units(&context())).map(drop)
    });
    check(".windlass/state", "folder", |place| {
        block_on(state(place).profile().state.unwrap().load(&context(), &unit("web"))).map(drop)
    });
}

#[test]
fn a_state_file_that_is_a_link_is_neither_written_nor_read() {
    for link in [".windlass/state/web.lock", ".windlass/state/web.json"] {
        check(link, "file", |place| save(place).map(drop));
        check(link, "not-there", |place| save(place).map(drop));
    }
    check(".windlass/state/web.json", "file", |place| {
        block_on(place.target.profile().state.unwrap().load(&context(), &unit("web"))).map(drop)
    });
}

#[test]
fn a_mark_folder_that_is_a_link_is_neither_written_nor_read() {
    for link in [".windlass/marks", ".windlass/marks/shop", ".windlass/marks/shop/ConfigMap"] {
        check(link, "folder", |place| place.write(&apply(&web("a"))).map(drop));
        check(link, "folder", |place| place.write(&delete("ConfigMap/shop/web")).map(drop));
    }
}

#[test]
fn a_list_of_what_a_unit_has_that_is_a_link_is_neither_written_nor_read() {
    for link in [".windlass/units", ".windlass/units/web", ".windlass/units/web/shop"] {
        check(link, "folder", |place| place.write(&apply(&web("a"))).map(drop));
        check(link, "folder", |place| block_on(place.target.observe(&context(), &interest(&[]))).map(drop));
    }
}

#[test]
fn a_link_put_in_the_way_later_keeps_deletes_inside() {
    let place = Place::with_web();
    let outside = TempDir::new().unwrap();
    let precious = outside.path().join("ConfigMap/web.json");
    fs::create_dir(outside.path().join("ConfigMap")).unwrap();
    fs::write(&precious, place.read(MARK)).unwrap();
    fs::remove_dir_all(place.path(".windlass/marks/shop")).unwrap();
    symlink(outside.path(), place.path(".windlass/marks/shop")).unwrap();
    assert_eq!(place.write(&delete("ConfigMap/shop/web")).unwrap_err().message(), LINK);
    assert!(precious.exists());
}
