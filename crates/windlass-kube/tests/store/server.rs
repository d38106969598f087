//! A server that keeps ConfigMaps, and Secrets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, Response, Uri};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use windlass_core::Value;
use windlass_kube::{Cluster, KubeOptions, KubeStore};

use crate::script::{self, Reply, absent, status};

/// ConfigMaps of one namespace, with versions and preconditions as Kubernetes has them.
#[derive(Clone, Default)]
pub(crate) struct Maps(pub(crate) Arc<Mutex<Inner>>);

#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) namespace: bool,
    pub(crate) counter: u64,
    pub(crate) maps: BTreeMap<String, Value>,
    pub(crate) secrets: BTreeMap<String, Value>,
    /// What may not be done with Secrets.
    pub(crate) denied: Vec<&'static str>,
    pub(crate) log: Vec<String>,
    /// What a watch tells, with its version, and who watches what.
    events: Vec<(u64, String)>,
    watches: Vec<(Vec<String>, tokio::sync::mpsc::UnboundedSender<String>)>,
    /// Bytes of the largest request.
    pub(crate) largest: usize,
    /// After so many requests of the log, what goes wrong.
    pub(crate) fault: Option<(usize, Fault)>,
}

#[derive(Clone, Copy)]
pub(crate) enum Fault {
    /// Nothing is answered any more.
    Down,
    /// One request is carried out, and its answer lost.
    Lost,
}

fn parameter<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let pairs = uri.query().unwrap_or_default().split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Reads `labelSelector`: `a`, `!a`, `a=b`, joined by commas.
fn selector(uri: &Uri) -> Vec<String> {
    let selector = parameter(uri, "labelSelector").unwrap_or_default();
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
    pub(crate) fn store(&self) -> KubeStore {
        let maps = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let maps = maps.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.unwrap().to_bytes();
                if parameter(&parts.uri, "watch") == Some("true") {
                    return Ok(Response::new(maps.watch(&parts.uri)));
                }
                let (status, text) = maps.0.lock().unwrap().answer(&parts.method, &parts.uri, &body);
                let response = Response::builder().status(status).body(script::whole(text));
                Ok::<_, std::convert::Infallible>(response.unwrap())
            }
        });
        let cluster = Cluster::from_kube_client(Client::new(service, "default"), "https://maps.example");
        KubeStore::new(cluster, &KubeOptions::default())
    }

    /// Opens a watch of what is selected, from a version on. It never ends.
    fn watch(&self, uri: &Uri) -> Reply {
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        let (selector, mut inner) = (selector(uri), self.0.lock().unwrap());
        inner.log.push(format!("WATCH {}", uri.path()));
        let from: u64 = parameter(uri, "resourceVersion").unwrap().parse().unwrap();
        for (_, line) in inner.events.iter().filter(|(at, _)| *at > from) {
            sender.send(line.clone()).unwrap();
        }
        inner.watches.push((selector, sender));
        let lines = futures_util::stream::unfold(receiver, |mut receiver| async {
            let line: String = receiver.recv().await?;
            Some((Ok(http_body::Frame::data(Bytes::from(line))), receiver))
        });
        http_body_util::StreamBody::new(Box::pin(lines)).boxed_unsync()
    }

    /// Makes a server of its own that keeps the same.
    pub(crate) fn fork(&self) -> Self {
        let inner = self.0.lock().unwrap();
        let Inner { namespace, counter, maps, secrets, .. } = &*inner;
        let (namespace, counter, maps, secrets) = (*namespace, *counter, maps.clone(), secrets.clone());
        let fork = Inner { namespace, counter, maps, secrets, ..Inner::default() };
        Self(Arc::new(Mutex::new(fork)))
    }

    pub(crate) fn log(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap().log).join("\n")
    }

    pub(crate) fn edit(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut inner = self.0.lock().unwrap();
        let mut map = inner.maps[name].clone();
        change(&mut map);
        inner.maps.insert(name.to_owned(), map);
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
        if path.contains("/secrets") {
            return self.on_secret(method.as_str(), path, body);
        }
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
                (200, script::list_at(self.counter, &items.collect::<Vec<_>>()))
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
                self.counter += 1;
                self.tell("DELETED", &map);
                (200, "{}".into())
            }
            other => panic!("{other:?}"),
        }
    }

    fn on_secret(&mut self, method: &str, path: &str, body: Value) -> (u16, String) {
        let denied = || (403, status(403, "Forbidden", "secrets is forbidden: User \"u\" cannot", "{}"));
        match method {
            "GET" if self.denied.contains(&"get") => denied(),
            "GET" => {
                let name = path.rsplit_once('/').unwrap().1;
                let found = self.secrets.get(name).map(|secret| (200, secret.canonical()));
                found.unwrap_or_else(|| (404, absent("secrets", name)))
            }
            "POST" if !self.namespace => (404, absent("namespaces", "windlass-system")),
            "POST" if self.denied.contains(&"create") => denied(),
            "POST" => {
                let name = body.text_at(&["metadata", "name"]).unwrap().to_owned();
                if self.secrets.contains_key(&name) {
                    return (409, status(409, "AlreadyExists", "already exists", "{}"));
                }
                let text = body.canonical();
                self.secrets.insert(name, body);
                (201, text)
            }
            other => panic!("{other} of a Secret"),
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
        let known = self.maps.contains_key(&name);
        self.tell(if known { "MODIFIED" } else { "ADDED" }, &body);
        self.maps.insert(name, body);
        text
    }

    fn tell(&mut self, what: &str, map: &Value) {
        let line = format!("{{\"type\":\"{what}\",\"object\":{}}}\n", map.canonical());
        self.watches.retain(|(selector, watch)| !selects(selector, map) || watch.send(line.clone()).is_ok());
        self.events.push((self.counter, line));
    }
}
