//! What writes do to files.

use super::*;

#[test]
fn an_object_is_a_file_that_people_can_read_and_its_owner_is_beside_it() {
    let place = Place::new();
    let written = place.write(&expecting(apply(&web("a")), Expect::Absent)).unwrap();
    assert!(matches!(written, Written::Created(_)));
    let text =
        "apiVersion: v1\ndata:\n  content: a\nkind: ConfigMap\nmetadata:\n  name: web\n  namespace: shop\n";
    assert_eq!(place.read(WEB), text);
    assert_eq!(place.read(MARK), "{\"owner\":\"web\",\"write\":\"1.1\"}\n");
    assert_eq!(place.files(), [MARK, LIST, WEB]);
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
    assert_eq!(place.live("ConfigMap/shop/web").owner, Some(Owner::of(&unit("a"))));
}

#[test]
fn what_is_only_to_be_created_and_is_there_does_not_become_ours() {
    let place = Place::new();
    place.put(WEB, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\n");
    let files = place.everything();
    let written = place.write(&with_mode(apply(&web("a")), Mode::CreateOnly)).unwrap();
    assert!(matches!(&written, Written::Unchanged(live) if live.owner.is_none()), "{written:?}");
    assert_eq!(place.everything(), files);
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
    assert!(!place.path(".windlass/marks").exists() && !place.path(".windlass/units").exists());
    assert_eq!(place.observation("ConfigMap/shop/web"), Observation::Absent);
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
