//! Units whose state is one ConfigMap.

use super::*;

#[tokio::test(start_paused = true)]
async fn what_was_saved_is_loaded_by_anybody() {
    let (maps, cx) = (Maps::default(), context());
    assert_eq!(maps.store().load(&cx, &unit()).await.unwrap(), None);
    let version = maps.store().save(&cx, &unit(), None, &put(3)).await.unwrap();
    let saved = maps.store().load(&cx, &unit()).await.unwrap().unwrap();
    assert_eq!(saved.version, version);
    assert_eq!(saved.inventory.objects, put(3).put);
}

#[tokio::test(start_paused = true)]
async fn the_namespace_is_made_with_the_first_save() {
    let (maps, cx) = (Maps::default(), context());
    maps.store().save(&cx, &unit(), None, &put(1)).await.unwrap();
    let path = "/api/v1/namespaces/windlass-system/configmaps";
    assert_eq!(maps.log(), format!("POST {path}\nPOST /api/v1/namespaces\nPOST {path}"));
}

#[tokio::test(start_paused = true)]
async fn a_save_after_a_load_is_one_request() {
    let (maps, cx) = (Maps::default(), context());
    maps.store().save(&cx, &unit(), None, &put(1)).await.unwrap();
    let store = maps.store();
    let saved = store.load(&cx, &unit()).await.unwrap().unwrap();
    maps.log();
    let version = store.save(&cx, &unit(), Some(&saved.version), &put(2)).await.unwrap();
    store.save(&cx, &unit(), Some(&version), &put(3)).await.unwrap();
    let path = "PUT /api/v1/namespaces/windlass-system/configmaps/windlass-shop";
    assert_eq!(maps.log(), format!("{path}\n{path}"));
    assert_eq!(maps.store().load(&cx, &unit()).await.unwrap().unwrap().inventory.objects.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn of_two_writers_one_has_a_conflict() {
    let (maps, cx) = (Maps::default(), context());
    let first = maps.store().save(&cx, &unit(), None, &put(1)).await.unwrap();
    let again = maps.store().save(&cx, &unit(), None, &put(2)).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Conflict);
    let (one, two) = (maps.store(), maps.store());
    one.load(&cx, &unit()).await.unwrap();
    two.load(&cx, &unit()).await.unwrap();
    one.save(&cx, &unit(), Some(&first), &put(2)).await.unwrap();
    let late = two.save(&cx, &unit(), Some(&first), &put(3)).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Conflict, "its memory of the state is outdated");
    let later = maps.store().save(&cx, &unit(), Some(&first), &put(3)).await.unwrap_err();
    assert_eq!(later.kind(), ErrorKind::Conflict);
    assert_eq!(maps.store().load(&cx, &unit()).await.unwrap().unwrap().inventory.objects.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_save_that_changes_nothing_still_sends_something_new() {
    let (maps, cx) = (Maps::default(), context());
    let store = maps.store();
    let version = store.save(&cx, &unit(), None, &Delta::default()).await.unwrap();
    let data = |maps: &Maps| {
        maps.0.lock().unwrap().maps["windlass-shop"]
            .text_at(&["binaryData", "state.json.gz"])
            .unwrap()
            .to_owned()
    };
    let before = data(&maps);
    store.save(&cx, &unit(), Some(&version), &Delta::default()).await.unwrap();
    assert_ne!(data(&maps), before, "a server gives no new version to an equal object");
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_unit_leaves_nothing() {
    let (maps, cx) = (Maps::default(), context());
    let store = maps.store();
    let version = store.save(&cx, &unit(), None, &put(1)).await.unwrap();
    let old = Version::new("999@u-windlass-shop");
    assert_eq!(
        store.save(&cx, &unit(), Some(&old), &forget()).await.unwrap_err().kind(),
        ErrorKind::Conflict
    );
    store.save(&cx, &unit(), Some(&version), &forget()).await.unwrap();
    assert_eq!(store.load(&cx, &unit()).await.unwrap(), None);
    assert!(names(&store, &cx).await.is_empty());
    store.save(&cx, &unit(), None, &put(1)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_unit_whose_state_went_with_a_lost_answer_is_forgotten() {
    let maps = "/api/v1/namespaces/windlass-system/configmaps";
    let script = Script::new()
        .on(
            &format!("POST {maps}?fieldManager=windlass"),
            201,
            r#"{"metadata":{"resourceVersion":"1","uid":"u"}}"#,
        )
        .on(&format!("DELETE {maps}/windlass-shop"), 503, "upstream connect error")
        .on(&format!("DELETE {maps}/windlass-shop"), 404, &absent("configmaps", "windlass-shop"))
        .on(&format!("GET {maps}/windlass-shop"), 404, &absent("configmaps", "windlass-shop"));
    let (store, cx) = (KubeStore::new(script.cluster(), &KubeOptions::default()), context());
    let version = store.save(&cx, &unit(), None, &put(1)).await.unwrap();
    store.save(&cx, &unit(), Some(&version), &forget()).await.unwrap();
    script.log();
    let error = store.save(&cx, &unit(), Some(&version), &put(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(script.log(), format!("GET {maps}/windlass-shop"), "nothing of it is remembered");
    let gone = store.save(&cx, &unit(), Some(&version), &forget()).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::Conflict, "without a lost answer somebody else deleted it");
}

#[tokio::test(start_paused = true)]
async fn units_are_listed_sorted_and_other_maps_are_none() {
    let (maps, cx) = (Maps::default(), context());
    let store = maps.store();
    for name in ["web", "db.eu", "api"] {
        store.save(&cx, &UnitId::new(name).unwrap(), None, &put(1)).await.unwrap();
    }
    let mut copy = maps.0.lock().unwrap().maps["windlass-web"].clone();
    copy.as_map_mut().unwrap().get_mut("metadata").unwrap().as_map_mut().unwrap().insert("name", "a-copy");
    maps.0.lock().unwrap().maps.insert("a-copy".into(), copy);
    assert_eq!(names(&store, &cx).await, ["api", "db.eu", "web"]);
}

#[tokio::test(start_paused = true)]
async fn a_state_that_cannot_be_read_is_corrupt_and_never_nothing() {
    let set = |map: &mut Value, key: &str, value: Value| {
        map.as_map_mut().unwrap().insert(key, value);
    };
    let data = |text: &str| Value::from_iter([("state.json.gz", Value::from(text))]);
    // In turn: nothing, no base64, no gzip, and gzip of `{}`.
    let broken = [Value::Null, data("%"), data("aGVsbG8="), data("H4sIAAAAAAAAA6uuBQBDv6ajAgAAAA==")];
    for broken in broken {
        let (maps, cx) = (Maps::default(), context());
        let store = maps.store();
        store.save(&cx, &unit(), None, &put(1)).await.unwrap();
        maps.edit("windlass-shop", |map| set(map, "binaryData", broken.clone()));
        assert_eq!(
            store.load(&cx, &unit()).await.unwrap_err().kind(),
            ErrorKind::Corrupt,
            "{}",
            broken.canonical()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_config_map_is_not_taken_for_a_state() {
    let (maps, cx) = (Maps::default(), context());
    let store = maps.store();
    store.save(&cx, &unit(), None, &put(1)).await.unwrap();
    maps.edit("windlass-shop", |map| {
        let metadata = map.as_map_mut().unwrap().get_mut("metadata").unwrap();
        metadata.as_map_mut().unwrap().remove("labels");
    });
    assert_eq!(store.load(&cx, &unit()).await.unwrap_err().kind(), ErrorKind::Corrupt);
}

#[tokio::test(start_paused = true)]
async fn without_rights_it_is_denied_and_not_empty() {
    let path = "GET /api/v1/namespaces/windlass-system/configmaps/windlass-shop";
    let script = Script::new().on(path, 403, &status(403, "Forbidden", "no", "{}"));
    let store = KubeStore::new(script.cluster(), &KubeOptions::default());
    assert_eq!(store.load(&context(), &unit()).await.unwrap_err().kind(), ErrorKind::Denied);
}
