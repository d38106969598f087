//! The state of units in ConfigMaps, against a server that keeps them.

#![allow(clippy::unwrap_used, clippy::panic)]

mod script;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use http::{Method, Request, Response, Uri};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use script::{Script, absent, context, status, unit};
use windlass_core::{
    Context, Counts, Delta, Digest, ErrorKind, ObjectId, Owned, Record, Stamp, StateStore, Timestamp, UnitId,
    Value, Version,
};
use windlass_kube::{Cluster, KubeOptions, KubeStore};
use windlass_testkit::store::StoreHarness;
use windlass_testkit::suite::{Bench, Check};

/// ConfigMaps of one namespace, with versions and preconditions as Kubernetes has them.
#[derive(Clone, Default)]
struct Maps(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    namespace: bool,
    counter: u64,
    maps: BTreeMap<String, Value>,
    log: Vec<String>,
    /// Bytes of the largest request.
    largest: usize,
    /// After so many requests of the log, what goes wrong.
    fault: Option<(usize, Fault)>,
}

#[derive(Clone, Copy)]
enum Fault {
    /// Nothing is answered any more.
    Down,
    /// One request is carried out, and its answer lost.
    Lost,
}

/// Reads `labelSelector`: `a`, `!a`, `a=b`, joined by commas.
fn selector(uri: &Uri) -> Vec<String> {
    let query = uri.query().unwrap_or_default();
    let selector = query.split('&').find_map(|pair| pair.strip_prefix("labelSelector=")).unwrap_or_default();
    let plain = selector.replace("%2C", ",").replace("%21", "!").replace("%3D", "=");
    plain.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn selects(selector: &[String], map: &Value) -> bool {
    let label = |name: &str| map.text_at(&["metadata", "labels", name]);
    selector.iter().all(|part| match (part.strip_prefix('!'), part.split_once('=')) {
        (Some(name), _) => label(name).is_none(),
        (None, Some((name, value))) => label(name) == Some(value),
        (None, None) => label(part).is_some(),
    })
}

impl Maps {
    fn store(&self) -> KubeStore {
        let maps = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let maps = maps.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.unwrap().to_bytes();
                let (status, text) = maps.0.lock().unwrap().answer(&parts.method, &parts.uri, &body);
                let response = Response::builder().status(status).body(Body::from(text.into_bytes()));
                Ok::<_, std::convert::Infallible>(response.unwrap())
            }
        });
        let cluster = Cluster::from_kube_client(Client::new(service, "default"), "https://maps.example");
        KubeStore::new(cluster, &KubeOptions::default())
    }

    fn log(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap().log).join("\n")
    }

    fn edit(&self, name: &str, change: impl FnOnce(&mut Value)) {
        change(self.0.lock().unwrap().maps.get_mut(name).unwrap());
    }
}

impl Inner {
    fn answer(&mut self, method: &Method, uri: &Uri, body: &[u8]) -> (u16, String) {
        let path = uri.path();
        self.log.push(format!("{method} {path}"));
        self.largest = self.largest.max(body.len());
        if let Some((at, outcome)) = self.fault
            && self.log.len() > at
        {
            match outcome {
                Fault::Down => return (500, status(500, "InternalError", "down", "{}")),
                Fault::Lost => {
                    self.fault = None;
                    let _ = self.carry_out(method, uri, body);
                    return (500, status(500, "InternalError", "down", "{}"));
                }
            }
        }
        self.carry_out(method, uri, body)
    }

    fn carry_out(&mut self, method: &Method, uri: &Uri, body: &[u8]) -> (u16, String) {
        let path = uri.path();
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let name = path.rsplit_once("configmaps/").map_or("", |(_, name)| name).to_owned();
        match (method.as_str(), self.maps.get(&name).cloned()) {
            ("POST", _) if path == "/api/v1/namespaces" => {
                self.namespace = true;
                (201, "{}".into())
            }
            ("POST", _) if !self.namespace => (404, absent("namespaces", "windlass-system")),
            ("POST", _) => {
                let name = body.text_at(&["metadata", "name"]).unwrap().to_owned();
                if self.maps.contains_key(&name) {
                    return (409, status(409, "AlreadyExists", "already exists", "{}"));
                }
                (201, self.keep(name, body))
            }
            ("GET", _) if name.is_empty() => {
                let selector = selector(uri);
                let items = self.maps.values().filter(|map| selects(&selector, map)).map(Value::canonical);
                (200, script::list(&items.collect::<Vec<_>>(), ""))
            }
            (_, None) => (404, absent("configmaps", &name)),
            ("GET", Some(map)) => (200, map.canonical()),
            ("PUT", Some(map)) => {
                let version =
                    |value: &Value| value.text_at(&["metadata", "resourceVersion"]).map(str::to_owned);
                if version(&map) != version(&body) {
                    return (409, status(409, "Conflict", "modified", "{}"));
                }
                if map == body {
                    return (200, map.canonical());
                }
                (200, self.keep(name, body))
            }
            ("DELETE", Some(map)) => {
                for key in ["resourceVersion", "uid"] {
                    let wanted = body.text_at(&["preconditions", key]);
                    if wanted.is_some_and(|wanted| map.text_at(&["metadata", key]) != Some(wanted)) {
                        return (409, status(409, "Conflict", "modified", "{}"));
                    }
                }
                self.maps.remove(&name);
                (200, "{}".into())
            }
            other => panic!("{other:?}"),
        }
    }

    fn keep(&mut self, name: String, mut body: Value) -> String {
        self.counter += 1;
        let metadata = body.as_map_mut().unwrap().get_mut("metadata").unwrap().as_map_mut().unwrap();
        metadata.insert("resourceVersion", self.counter.to_string());
        if metadata.get("uid").is_none() {
            metadata.insert("uid", format!("u-{}", self.counter));
        }
        let text = body.canonical();
        self.maps.insert(name, body);
        text
    }
}

fn owned(at: u32) -> (ObjectId, Owned) {
    let hex = Digest::of(format!("uid {at}").as_bytes()).to_string();
    let uid = format!("{}-{}-{}-{}-{}", &hex[7..15], &hex[15..19], &hex[19..23], &hex[23..27], &hex[27..39]);
    let id = ObjectId::new("apps", "Deployment", format!("team-{}", at % 50), format!("workload-{at}"));
    let owned = Owned {
        api_version: "apps/v1".into(),
        rank: at,
        wanted: Digest::of(format!("wanted {at}").as_bytes()),
        stamp: Some(Stamp(Digest::of(format!("stamp {at}").as_bytes()))),
        uid: Some(uid.into()),
        keep: false,
    };
    (id, owned)
}

fn put(count: u32) -> Delta {
    let mut delta = Delta::default();
    delta.put = (0..count).map(owned).collect();
    delta
}

fn forget() -> Delta {
    let mut delta = Delta::default();
    delta.forget = true;
    delta
}

async fn names(store: &KubeStore, cx: &Context) -> Vec<String> {
    store.units(cx).await.unwrap().iter().map(ToString::to_string).collect()
}

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
async fn eight_thousand_objects_fit_and_too_many_are_refused_before_anything_is_sent() {
    let (maps, cx) = (Maps::default(), context());
    let store = maps.store();
    let version = store.save(&cx, &unit(), None, &put(8_000)).await.unwrap();
    let data = maps.0.lock().unwrap().maps["windlass-shop"].canonical().len() * 3 / 4;
    assert!((105..120).contains(&(data / 8_000)), "{} bytes for each object, as the docs say", data / 8_000);
    maps.log();
    let error = store.save(&cx, &unit(), Some(&version), &put(12_000)).await.unwrap_err();
    assert_eq!((error.kind(), error.context("objects")), (ErrorKind::Limit, Some("12000")), "{error}");
    assert_eq!(maps.log(), "");
}

#[tokio::test(start_paused = true)]
async fn what_can_be_intended_can_be_settled() {
    let intent = |count: u32| {
        let mut delta = put(count);
        for owned in delta.put.values_mut() {
            (owned.stamp, owned.uid) = (None, None);
        }
        delta
    };
    let (maps, cx) = (Maps::default(), context());
    let (store, of) = (maps.store(), |count: u32| UnitId::new(&format!("n{count}")).unwrap());
    let (mut fits, mut too_many) = (5_000, 30_000);
    let mut version = store.save(&cx, &of(fits), None, &intent(fits)).await.unwrap();
    while too_many - fits > 50 {
        let middle = (fits + too_many) / 2;
        match store.save(&cx, &of(middle), None, &intent(middle)).await {
            Ok(saved) => (fits, version) = (middle, saved),
            Err(_) => too_many = middle,
        }
    }
    assert!(fits >= 7_500, "{fits} objects can be intended");
    let unit = of(fits);
    let mut settled = put(fits);
    let plan = Digest::of(b"plan");
    settled.record = Some(Record::new(Timestamp::from_unix(1), None, plan, Counts::default()));
    store.save(&cx, &unit, Some(&version), &settled).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn without_rights_it_is_denied_and_not_empty() {
    let path = "GET /api/v1/namespaces/windlass-system/configmaps/windlass-shop";
    let script = Script::new().on(path, 403, &status(403, "Forbidden", "no", "{}"));
    let store = KubeStore::new(script.cluster(), &KubeOptions::default());
    assert_eq!(store.load(&context(), &unit()).await.unwrap_err().kind(), ErrorKind::Denied);
}

mod laws {
    use std::future::Future;
    use std::pin::Pin;

    use super::*;

    struct Harness {
        runtime: tokio::runtime::Runtime,
        maps: Maps,
        store: Arc<KubeStore>,
    }

    impl Harness {
        fn new() -> Self {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
            let (runtime, maps) = (runtime.unwrap(), Maps::default());
            let store = Arc::new(runtime.block_on(async { maps.store() }));
            Self { runtime, maps, store }
        }
    }

    impl Bench for Harness {
        fn context(&self) -> Context {
            self.runtime.block_on(async { script::context() })
        }

        fn block_on(&self, work: Pin<Box<dyn Future<Output = ()> + '_>>) {
            self.runtime.block_on(work);
        }
    }

    impl StoreHarness for Harness {
        fn store(&self) -> Arc<dyn StateStore> {
            self.store.clone()
        }

        fn reopen(&self) -> Check<Arc<dyn StateStore>> {
            Ok(Arc::new(self.runtime.block_on(async { self.maps.store() })))
        }

        fn damage(&self, unit: &UnitId) -> Check {
            self.maps.edit(&format!("windlass-{unit}"), |map| {
                let data = Value::from_iter([("state.json.gz", Value::from("aGVsbG8="))]);
                map.as_map_mut().unwrap().insert("binaryData", data);
            });
            Ok(())
        }
    }

    windlass_testkit::store_suite!(Harness::new);
}
