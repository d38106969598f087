//! Links, names, limits, fences, crashes.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[test]
fn a_crash_between_mark_and_file_leaves_nothing_without_owner() {
    let created = Place::with_web();
    fs::remove_file(created.path(WEB)).unwrap();
    assert_eq!(created.observation("ConfigMap/shop/web"), Observation::Absent, "a mark alone is no object");
    assert!(created.observe(&[]).orphans.is_empty());
    let again = created.write(&expecting(apply(&web("a")), Expect::Absent)).unwrap();
    assert!(matches!(again, Written::Created(_)));

    let deleted = Place::with_web();
    fs::remove_file(deleted.path(WEB)).unwrap();
    assert_eq!(deleted.write(&delete("ConfigMap/shop/web")).unwrap(), Written::Gone);
    assert!(deleted.files().is_empty(), "the next delete takes the mark");
}

#[test]
fn a_half_written_file_is_ignored_and_taken_away() {
    let Place { folder, target } = Place::with_web();
    drop(target);
    let place = Place { target: DirTarget::open(folder.path()).unwrap(), folder };
    // What a crash leaves: nobody has taken the signature back.
    place.put(".windlass/lock", "00000000000000000001\n1 0123456789abcdef\n");
    place.put(".windlass/lock.0123456789abcdef.new", "apiVersion: v1\nki");
    let observed = place.observe(&["ConfigMap/shop/web"]);
    assert_eq!((observed.observations.len(), observed.orphans.len()), (1, 0));
    assert_eq!(place.live("ConfigMap/shop/web").body, Some(web("a")));
    place.write(&apply(&web("b"))).unwrap();
    assert_eq!(place.files(), [MARK, LIST, WEB]);
    assert_eq!(place.live("ConfigMap/shop/web").body, Some(web("b")));
}

#[test]
fn a_forged_signature_deletes_nothing() {
    let place = Place::new();
    place.put("keep.new", "");
    place.put(".windlass/lock", "00000000000000000001\n1 /../../../../../keep\n");
    place.write(&apply(&web("a"))).unwrap();
    assert!(place.path("keep.new").exists());
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
        matches!(&observed.observations[&id(&name)], Observation::Unreadable(error) if error.kind() == ErrorKind::Invalid)
    );
    assert!(observed.observations[&id("ConfigMap/shop/web")].live().is_some());
}

#[test]
fn limits_are_kept_and_named() {
    let place = Place::with_web();
    let cx = limited(|limits| limits.file_bytes_max = 10);
    let seen = block_on(place.target.observe(&cx, &interest(&["ConfigMap/shop/web"]))).unwrap();
    let Some(Observation::Unreadable(error)) = seen.observations.values().next() else {
        panic!("must be unreadable")
    };
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
        fn check(&self, _: Now) -> Result<Option<std::time::Duration>> {
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
fn a_fence_lost_on_the_way_to_a_write_keeps_it_from_happening() {
    /// Holds for so many questions.
    #[derive(Debug)]
    struct Brief(AtomicUsize);
    impl Fence for Brief {
        fn check(&self, _: Now) -> Result<Option<std::time::Duration>> {
            let left = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            left.map(|_| None).map_err(|_| Error::new(ErrorKind::Conflict, "the lease is lost"))
        }
    }
    let (changed, new) = (apply(&web("b")), apply(&config_map("shop", "new", "a")));
    for write in [changed, new, delete("ConfigMap/shop/web")] {
        let place = Place::with_web();
        let files = place.everything();
        let brief = |questions| context().with_fence(Arc::new(Brief(AtomicUsize::new(questions))));
        let error = block_on(place.target.write(&brief(1), &write)).unwrap_err();
        assert_eq!(error.message(), "the lease is lost", "it is asked again right before the change");
        assert_eq!(place.everything(), files);
        block_on(place.target.write(&brief(2), &write)).unwrap();
        assert_ne!(place.everything(), files);
    }
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
