//! What is asked of units.

use windlass_core::{Control, ControlStore, Suspension, Target};
use windlass_kube::KubeTarget;

use super::*;

fn suspended(reason: &str) -> Control {
    let mut control = Control::default();
    control.suspended = Some(Suspension::new(reason, "ann", Timestamp::from_unix(60)));
    control
}

#[tokio::test(start_paused = true)]
async fn a_person_can_read_and_edit_what_is_asked() {
    let (maps, cx) = (Maps::default(), context());
    let store = maps.store();
    let version = store.set_control(&cx, &unit(), None, &suspended("upgrade")).await.unwrap();
    let map = maps.0.lock().unwrap().maps["control.windlass-shop"].clone();
    let label = |name: &str| map.text_at(&["metadata", "labels", name]).map(str::to_owned);
    assert_eq!(label("windlass.dev/control").as_deref(), Some("shop"));
    assert_eq!(label("windlass.dev/installation").as_deref(), Some("windlass"));
    assert_eq!(label("windlass.dev/state"), None, "to remove all state leaves what people asked");
    let text = map.text_at(&["data", "control.json"]).unwrap();
    assert_eq!(
        text,
        "{\n  \"suspended\": {\n    \"reason\": \"upgrade\",\n    \"by\": \"ann\",\n    \"since\": \"1970-01-01T00:01:00Z\"\n  }\n}\n"
    );
    maps.edit("control.windlass-shop", |map| {
        let edited = text.replace("upgrade", "holidays");
        let data = Value::from_iter([("control.json", Value::from(edited))]);
        map.as_map_mut().unwrap().insert("data", data);
    });
    assert_eq!(store.control(&cx, &unit()).await.unwrap(), Some((version.clone(), suspended("holidays"))));
    maps.edit("control.windlass-shop", |map| {
        let data = Value::from_iter([("control.json", Value::from("{\n  broken"))]);
        map.as_map_mut().unwrap().insert("data", data);
    });
    let error = store.control(&cx, &unit()).await.unwrap_err();
    assert_eq!((error.kind(), error.context("line")), (ErrorKind::Corrupt, Some("2")), "{error}");
    store.set_control(&cx, &unit(), Some(&version), &Control::default()).await.unwrap();
    assert!(store.control(&cx, &unit()).await.unwrap().unwrap().1.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_of_all_units_of_an_installation_is_one_request() {
    let (maps, cx) = (Maps::default(), context());
    let store = maps.store();
    // The names of one could be taken for those of another.
    for unit in ["web", "control.web", "staging/web", "broken"] {
        let control = suspended(&format!("because of {unit}"));
        store.set_control(&cx, &unit.parse().unwrap(), None, &control).await.unwrap();
        store.save(&cx, &unit.parse().unwrap(), None, &put(1)).await.unwrap();
    }
    maps.edit("control.windlass-broken", |map| drop(map.as_map_mut().unwrap().remove("data")));
    maps.log();
    let found = store.controls(&cx, "windlass").await.unwrap();
    assert_eq!(maps.log(), "GET /api/v1/namespaces/windlass-system/configmaps");
    let told = |(unit, found): (UnitId, windlass_core::Result<(Version, Control)>)| match found {
        Ok((version, control)) => {
            assert!(!version.0.is_empty());
            format!("{unit}: {}", control.suspended.unwrap().reason)
        }
        Err(error) => format!("{unit}: {:?}", error.kind()),
    };
    let found: Vec<String> = found.into_iter().map(told).collect();
    assert_eq!(found, ["broken: Corrupt", "control.web: because of control.web", "web: because of web"]);
    let staging = store.controls(&cx, "staging").await.unwrap();
    assert_eq!(staging.keys().map(ToString::to_string).collect::<Vec<_>>(), ["staging/web"]);
}

#[tokio::test(start_paused = true)]
async fn to_say_the_same_again_is_another_version() {
    let (maps, cx) = (Maps::default(), context());
    let store = maps.store();
    let first = store.set_control(&cx, &unit(), None, &suspended("x")).await.unwrap();
    let second = store.set_control(&cx, &unit(), Some(&first), &suspended("x")).await.unwrap();
    let third = store.set_control(&cx, &unit(), Some(&second), &suspended("x")).await.unwrap();
    assert!(first != second && second != third && first != third);
    let late = store.set_control(&cx, &unit(), Some(&first), &suspended("x")).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Conflict);
    let again = store.set_control(&cx, &unit(), None, &suspended("x")).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Conflict);
}

#[tokio::test(start_paused = true)]
async fn a_persons_word_is_no_conflict_for_a_pass() {
    let (maps, cx) = (Maps::default(), context());
    let store = maps.store();
    let version = store.save(&cx, &unit(), None, &put(1)).await.unwrap();
    maps.store().set_control(&cx, &unit(), None, &suspended("x")).await.unwrap();
    let version = store.save(&cx, &unit(), Some(&version), &put(2)).await.unwrap();
    store.save(&cx, &unit(), Some(&version), &forget()).await.unwrap();
    assert!(store.control(&cx, &unit()).await.unwrap().is_some());
    assert!(names(&store, &cx).await.is_empty(), "what is asked is no state");
}

#[tokio::test(start_paused = true)]
async fn too_much_is_refused_before_anything_is_sent() {
    let (maps, cx) = (Maps::default(), context());
    let error =
        maps.store().set_control(&cx, &unit(), None, &suspended(&"x".repeat(500_000))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert_eq!(maps.log(), "");
}

#[tokio::test(start_paused = true)]
async fn state_is_kept_with_the_identity_of_the_engine_where_a_unit_writes_as_another_account() {
    let (script, cx) = (Script::new(), context());
    let account = script.cluster().as_account("team-a/deployer").unwrap();
    let target = KubeTarget::new(account, KubeOptions::default());
    let own = KubeTarget::new(target.cluster().clone(), KubeOptions::default());
    let own = own.with_store_cluster(script.cluster());
    for (target, expected) in [(target, Some("system:serviceaccount:team-a:deployer")), (own, None)] {
        // Nothing is there, which is all that this needs.
        let _ = target.profile().state.unwrap().load(&cx, &unit()).await;
        let _ = target.profile().control.unwrap().control(&cx, &unit()).await;
        let headers = script.headers();
        assert!(headers.len() >= 2);
        for headers in &headers[headers.len() - 2..] {
            let user = headers.get("impersonate-user").map(|user| user.to_str().unwrap());
            assert_eq!(user, expected);
        }
    }
}
