//! What is seen of files.

use super::*;

#[test]
fn what_was_written_is_what_is_observed() {
    let place = Place::new();
    let written = place.write(&apply(&web("a"))).unwrap().live().unwrap().clone();
    let live = place.live("ConfigMap/shop/web");
    assert_eq!(live.body, Some(web("a")));
    assert_eq!(Live { body: None, ..live }, written);
    assert_eq!(written.owner, Some(Owner::of(&unit("web"))));
    let look = Look { known: Some(windlass_testkit::known(written.stamp)), ..Look::new("v1") };
    let known = Interest { unit: unit("web"), objects: [(id("ConfigMap/shop/web"), look)].into() };
    let seen = block_on(place.target.observe(&context(), &known)).unwrap();
    assert_eq!(
        seen.observations.values().next().unwrap().live().unwrap().body,
        None,
        "a known body is left out"
    );
}

#[test]
fn an_edit_by_hand_moves_stamp_and_version_and_is_not_written_over_unseen() {
    let place = Place::with_web();
    let before = place.live("ConfigMap/shop/web");
    place.put(WEB, place.read(WEB).replace("content: a", "content: by hand"));
    let after = place.live("ConfigMap/shop/web");
    assert_ne!(after.stamp, before.stamp);
    assert_ne!(after.version, before.version);
    assert_eq!(after.owner, before.owner, "it still has its owner");

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
    assert_eq!(before.owner, None);
    let write = expecting(apply(&web("a")), Expect::At(before.version.clone()));
    let Written::Changed(after) = place.write(&write).unwrap() else { panic!("its owner is new") };
    assert_eq!(after.owner, Some(Owner::of(&unit("web"))));
    assert_ne!(after.version, before.version);
    assert_eq!(place.read(WEB), text);
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
    let orphans: Vec<String> = observed.orphans.iter().map(|live| live.id.to_string()).collect();
    assert_eq!(orphans, ["ConfigMap//broken", "ConfigMap/shop/ours"]);
    assert!(observed.orphans.iter().all(|live| live.body.is_none()));
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
fn a_folder_that_is_not_there_is_empty_and_the_first_write_makes_it() {
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("new/out");
    let target = DirTarget::open(&folder).unwrap();
    let seen = block_on(target.observe(&context(), &interest(&["ConfigMap/shop/web"]))).unwrap();
    assert_eq!(seen.observations.values().next(), Some(&Observation::Absent));
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
