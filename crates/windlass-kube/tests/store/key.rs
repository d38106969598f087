//! The key of an installation.

use std::collections::BTreeSet;

use super::*;

fn name() -> &'static str {
    UnitId::DEFAULT_INSTALLATION
}

#[tokio::test(start_paused = true)]
async fn a_key_is_made_once_and_asked_for_once() {
    let (maps, cx) = (Maps::default(), context());
    let store = maps.store();
    assert_eq!(store.key(&cx, name(), false).await.unwrap(), None);
    let key = store.key(&cx, name(), true).await.unwrap().unwrap();
    let secrets = "/api/v1/namespaces/windlass-system/secrets";
    let (get, post) = (format!("GET {secrets}/windlass-key"), format!("POST {secrets}"));
    assert_eq!(maps.log(), format!("{get}\n{get}\n{post}\nPOST /api/v1/namespaces\n{post}"));
    let all = (0..100).map(|_| store.key(&cx, name(), true));
    let all = futures_util::future::join_all(all).await;
    assert!(all.into_iter().all(|found| found.unwrap().as_ref() == Some(&key)));
    assert_eq!(maps.log(), "", "the key is known");
    let other = maps.store();
    let all = futures_util::future::join_all((0..100).map(|_| other.key(&cx, name(), true))).await;
    assert!(all.into_iter().all(|found| found.unwrap().as_ref() == Some(&key)));
    assert_eq!(maps.log(), get, "a hundred that ask at once are one request");
}

#[tokio::test(start_paused = true)]
async fn the_secret_is_opaque_and_names_the_installation() {
    let (maps, cx) = (Maps::default(), context());
    for installation in [name(), "staging"] {
        maps.store().key(&cx, installation, true).await.unwrap();
    }
    let inner = maps.0.lock().unwrap();
    let told = inner.secrets.iter().map(|(name, secret)| {
        let text = |path: &[&str]| secret.text_at(path).unwrap().to_owned();
        let labels = secret.at(&["metadata", "labels"]).unwrap().canonical();
        assert_eq!(text(&["data", "key"]).len(), 44, "32 bytes in base64");
        format!("{name} {} {labels}", text(&["type"]))
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            r#"windlass-key Opaque {"windlass.dev/installation":"windlass","windlass.dev/state-part":"key"}"#,
            r#"windlass-key.staging Opaque {"windlass.dev/installation":"staging","windlass.dev/state-part":"key"}"#,
        ]
    );
    let keys: BTreeSet<&str> =
        inner.secrets.values().map(|secret| secret.text_at(&["data", "key"]).unwrap()).collect();
    assert_eq!(keys.len(), 2, "no two installations share a key");
}

#[tokio::test(start_paused = true)]
async fn a_missing_right_is_one_error_that_names_it() {
    for (verb, make) in [("get", false), ("get", true), ("create", true)] {
        let (maps, cx) = (Maps::default(), context());
        let store = maps.store();
        {
            let mut inner = maps.0.lock().unwrap();
            (inner.namespace, inner.denied) = (true, vec![verb]);
        }
        let error = store.key(&cx, name(), make).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert_eq!(
            error.message(),
            format!("the account may not {verb} the Secret that keeps the key for digests")
        );
        let right = format!("{verb} secrets/windlass-key in namespace windlass-system");
        assert_eq!(error.context("right"), Some(right.as_str()));
        assert!(error.problems().len() <= 1, "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_without_a_key_is_corrupt_and_stays() {
    for data in [r#"{}"#, r#"{"data":{"key":"c2hvcnQ="}}"#, r#"{"data":{"key":"?"}}"#] {
        let (maps, cx) = (Maps::default(), context());
        let store = maps.store();
        let secret: Value = serde_json::from_str(data).unwrap();
        maps.0.lock().unwrap().secrets.insert("windlass-key".into(), secret.clone());
        let error = store.key(&cx, name(), true).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{data}");
        assert_eq!(maps.0.lock().unwrap().secrets["windlass-key"], secret);
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_answer_was_lost_is_the_key() {
    let (maps, cx) = (Maps::default(), context());
    maps.0.lock().unwrap().namespace = true;
    let store = maps.store();
    maps.0.lock().unwrap().fault = Some((1, Fault::Lost));
    assert!(store.key(&cx, name(), true).await.is_err(), "nobody knows whether it was made");
    let key = store.key(&cx, name(), true).await.unwrap();
    assert_eq!(maps.store().key(&cx, name(), false).await.unwrap(), key);
}
