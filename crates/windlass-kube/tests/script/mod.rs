//! A scripted API server in the process: it answers what it was told to, and writes down what it was asked.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

pub mod writes;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use windlass_core::{
    Clock, Context, Interest, Item, Look, Now, Object, ObjectId, Origin, Owner, Timestamp, UnitId,
    async_trait,
};
use windlass_kube::{Cluster, KubeOptions, KubeTarget};

pub const CORE: &str = r#"{"kind":"APIGroupDiscoveryList","items":[{"metadata":{},"versions":[{"version":"v1","freshness":"Current","resources":[
    {"resource":"configmaps","responseKind":{"group":"","version":"v1","kind":"ConfigMap"},"scope":"Namespaced","verbs":["get","list","patch","watch"]},
    {"resource":"secrets","responseKind":{"group":"","version":"v1","kind":"Secret"},"scope":"Namespaced","verbs":["get","list","patch","watch"]},
    {"resource":"namespaces","responseKind":{"group":"","version":"v1","kind":"Namespace"},"scope":"Cluster","verbs":["get","list","patch","watch"]}]}]}]}"#;
pub const GROUPS: &str = r#"{"kind":"APIGroupDiscoveryList","items":[
    {"metadata":{"name":"apps"},"versions":[{"version":"v1","freshness":"Current","resources":[
        {"resource":"deployments","responseKind":{"group":"apps","version":"v1","kind":"Deployment"},"scope":"Namespaced","verbs":["get","list","patch","watch"]}]}]},
    {"metadata":{"name":"apiextensions.k8s.io"},"versions":[{"version":"v1","freshness":"Current","resources":[
        {"resource":"customresourcedefinitions","responseKind":{"group":"apiextensions.k8s.io","version":"v1","kind":"CustomResourceDefinition"},"scope":"Cluster","verbs":["get","list","patch","watch"]}]}]},
    {"metadata":{"name":"rbac.authorization.k8s.io"},"versions":[{"version":"v1","freshness":"Current","resources":[
        {"resource":"clusterroles","responseKind":{"group":"rbac.authorization.k8s.io","version":"v1","kind":"ClusterRole"},"scope":"Cluster","verbs":["get","list","patch","watch"]}]}]},
    {"metadata":{"name":"metrics.k8s.io"},"versions":[{"version":"v1beta1","freshness":"Stale"}]}]}"#;

/// The clock of tokio, which the tests hold still: waiting takes no time.
#[derive(Debug)]
pub struct TokioClock(tokio::time::Instant);

#[async_trait]
impl Clock for TokioClock {
    fn now(&self) -> Now {
        let mono = self.0.elapsed();
        Now { wall: Timestamp::from_unix(1_800_000_000 + mono.as_secs()), mono }
    }

    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }
}

pub fn context() -> Context {
    Context::new(TokioClock(tokio::time::Instant::now()))
}

#[derive(Default)]
struct Pages {
    answers: BTreeMap<String, VecDeque<(u16, String)>>,
    watches: BTreeMap<String, VecDeque<tokio::sync::mpsc::UnboundedReceiver<String>>>,
    log: Vec<String>,
    headers: Vec<http::HeaderMap>,
}

/// What the server answers, by request line. The last answer to a line is repeated.
#[derive(Clone, Default)]
pub struct Script(Arc<Mutex<Pages>>);

impl Script {
    /// A server that serves ConfigMaps, Secrets, Namespaces, Deployments and definitions, and nothing else.
    pub fn new() -> Self {
        Self::default().on("GET /api", 200, CORE).on("GET /apis", 200, GROUPS)
    }

    pub fn on(self, line: &str, status: u16, body: &str) -> Self {
        self.0.lock().unwrap().answers.entry(line.into()).or_default().push_back((status, body.into()));
        self
    }

    /// Gives what was asked since the last call, one line for each request, with the bodies of writes.
    pub fn log(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap().log).join("\n")
    }

    pub fn headers(&self) -> Vec<http::HeaderMap> {
        self.0.lock().unwrap().headers.clone()
    }

    pub fn cluster(&self) -> Cluster {
        self.cluster_in("default")
    }

    /// A connection whose context names a namespace.
    pub fn cluster_in(&self, namespace: &str) -> Cluster {
        let script = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let script = script.clone();
            async move { Ok::<_, std::convert::Infallible>(script.answer(request).await) }
        });
        Cluster::from_kube_client(Client::new(service, namespace), "https://script.example")
    }

    pub fn target(&self) -> KubeTarget {
        self.target_with(KubeOptions::default())
    }

    /// A target that asks at every look.
    pub fn target_with(&self, options: KubeOptions) -> KubeTarget {
        KubeTarget::new(self.cluster(), options.with_polling())
    }

    pub fn watching_target(&self) -> KubeTarget {
        KubeTarget::new(self.cluster(), KubeOptions::default())
    }

    /// Opens the next watch of a path to what is sent here. It ends when the sender is dropped; without a watch opened for
    /// it, a watch is silent for ever.
    pub fn watch(&self, path: &str) -> Feed {
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        self.0.lock().unwrap().watches.entry(path.into()).or_default().push_back(receiver);
        Feed(sender)
    }

    /// Refuses the next watch of a path.
    pub fn refuse_watch(&self, path: &str, status: u16, body: &str) {
        let line = format!("WATCH {path}");
        self.0.lock().unwrap().answers.entry(line).or_default().push_back((status, body.into()));
    }

    fn opened(&self, path: &str) -> Response<Reply> {
        let mut pages = self.0.lock().unwrap();
        if let Some((status, text)) =
            pages.answers.get_mut(&format!("WATCH {path}")).and_then(VecDeque::pop_front)
        {
            let response = Response::builder().status(status);
            let response = if status == 429 { response.header("retry-after", "1") } else { response };
            return response.body(whole(text)).unwrap();
        }
        let receiver = pages.watches.get_mut(path).and_then(VecDeque::pop_front);
        let lines = futures_util::stream::unfold(receiver, |receiver| async move {
            let Some(mut receiver) = receiver else { return std::future::pending().await };
            let line = receiver.recv().await?;
            let frame = if line.is_empty() {
                Err(std::io::Error::other("the connection was reset"))
            } else {
                Ok(http_body::Frame::data(bytes::Bytes::from(line)))
            };
            Some((frame, Some(receiver)))
        });
        Response::new(http_body_util::StreamBody::new(Box::pin(lines)).boxed_unsync())
    }

    /// Answers a request; status 0 means never.
    async fn answer(&self, request: Request<Body>) -> Response<Reply> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let line = format!("{} {}", parts.method, parts.uri);
        if line.contains("watch=true") {
            let (told, _) = line.split_once("&timeoutSeconds=").unwrap();
            self.0.lock().unwrap().log.push(told.replacen("GET", "WATCH", 1));
            return self.opened(parts.uri.path());
        }
        let (status, text) = {
            let mut pages = self.0.lock().unwrap();
            let partial = parts.headers["accept"].to_str().unwrap().contains("PartialObjectMetadata");
            let mut told = line.clone();
            if partial {
                told.push_str(" (metadata)");
            }
            if !body.is_empty() {
                told.push_str(&format!(" {}", String::from_utf8_lossy(&body)));
            }
            pages.log.push(told);
            pages.headers.push(parts.headers);
            let answers = pages.answers.get_mut(&line);
            answers
                .and_then(
                    |answers| if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() },
                )
                .unwrap_or_else(|| (404, "404 page not found".into()))
        };
        if status == 0 {
            std::future::pending::<()>().await;
        }
        let mut response = Response::builder().status(status);
        if status == 429 || status == 503 {
            response = response.header("retry-after", "2");
        }
        response.body(whole(text)).unwrap()
    }
}

/// The body of a response.
pub type Reply = http_body_util::combinators::UnsyncBoxBody<bytes::Bytes, std::io::Error>;

pub fn whole(text: String) -> Reply {
    http_body_util::Full::new(bytes::Bytes::from(text)).map_err(|never| match never {}).boxed_unsync()
}

/// What a watch tells.
pub struct Feed(tokio::sync::mpsc::UnboundedSender<String>);

impl Feed {
    pub fn tell(&self, sort: &str, object: &str) {
        self.0.send(format!("{{\"type\":\"{sort}\",\"object\":{object}}}\n")).unwrap();
    }

    /// Breaks the connection.
    pub fn reset(self) {
        self.0.send(String::new()).unwrap();
    }

    /// Waits until nobody watches any more.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

pub fn unit() -> UnitId {
    UnitId::new("shop").unwrap()
}

pub fn mark() -> Owner {
    Owner::of(&unit())
}

pub fn object(json: &str) -> Object {
    Object::new(serde_json::from_str(json).unwrap()).unwrap()
}

pub fn item(json: &str) -> Item {
    Item::new(object(json), Origin::default())
}

/// `ConfigMap/a/x` with one value, as it is wanted.
pub fn config_map(name: &str, value: &str) -> String {
    format!(
        r#"{{"apiVersion":"v1","data":{{"k":"{value}"}},"kind":"ConfigMap","metadata":{{"name":"{name}","namespace":"a"}}}}"#
    )
}

/// The same as it is live, applied by us.
pub fn live_map(name: &str, value: &str, version: u32) -> String {
    let fields = r#"{"f:data":{"f:k":{}},"f:metadata":{"f:labels":{"f:windlass.dev/installation":{},"f:windlass.dev/unit":{}}}}"#;
    format!(
        r#"{{"apiVersion":"v1","data":{{"k":"{value}"}},"kind":"ConfigMap","metadata":{{"labels":{{"windlass.dev/installation":"windlass","windlass.dev/unit":"shop"}},"managedFields":[{{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{fields},"manager":"windlass","operation":"Apply"}}],"name":"{name}","namespace":"a","resourceVersion":"{version}","uid":"u-{name}"}}}}"#
    )
}

pub fn list(items: &[String], token: &str) -> String {
    format!(r#"{{"kind":"List","metadata":{{"continue":"{token}"}},"items":[{}]}}"#, items.join(","))
}

pub fn list_at(version: u64, items: &[String]) -> String {
    let items = items.join(",");
    format!(r#"{{"kind":"List","metadata":{{"resourceVersion":"{version}"}},"items":[{items}]}}"#)
}

pub fn status(code: u16, reason: &str, message: &str, details: &str) -> String {
    format!(
        r#"{{"kind":"Status","apiVersion":"v1","status":"Failure","message":{message:?},"reason":"{reason}","details":{details},"code":{code}}}"#
    )
}

pub fn absent(kind: &str, name: &str) -> String {
    let details = format!(r#"{{"name":"{name}","kind":"{kind}"}}"#);
    status(404, "NotFound", &format!("{kind} \"{name}\" not found"), &details)
}

pub fn interest(ids: &[&str]) -> Interest {
    let look = |id: &ObjectId| {
        let version = if id.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", id.group) };
        Look::new(version)
    };
    let objects =
        ids.iter().map(|id| id.parse::<ObjectId>().unwrap()).map(|id| (id.clone(), look(&id))).collect();
    Interest { unit: unit(), objects }
}

/// Discovery of `Widget.x.io` in these versions.
pub fn widgets(versions: &[&str]) -> String {
    let served = |version: &&str| {
        format!(
            r#"{{"version":"{version}","freshness":"Current","resources":[{{"resource":"widgets","responseKind":{{"kind":"Widget"}},"scope":"Namespaced","verbs":["get","list","watch"]}}]}}"#
        )
    };
    let versions: Vec<String> = versions.iter().map(served).collect();
    let versions = versions.join(",");
    format!(
        r#"{{"kind":"APIGroupDiscoveryList","items":[{{"metadata":{{"name":"x.io"}},"versions":[{versions}]}}]}}"#
    )
}
