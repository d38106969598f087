//! The API server as anybody but the engine writes to it: over HTTP with any field manager, and by the real `kubectl`.

use std::collections::BTreeMap;

use base64::Engine as _;
use http::Method;
use serde_json::{Value, json};

use super::bare::{Access, Bare};
use super::history::{Act, Means};
use super::kinds::Kind;
use super::model::anew;
use super::shape::{leaves, merge, remove};
use super::support::plane::{ACCOUNTS, plane};

const APPLY: &str = "application/apply-patch+yaml";
const JSON: &str = "application/json";
const JSON_PATCH: &str = "application/json-patch+json";
const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";

pub(crate) struct Server {
    bare: Bare,
    namespace: String,
}

impl Server {
    pub(crate) fn new(namespace: &str) -> Self {
        let read = |path: &str| {
            let output = format!("jsonpath={{{path}}}");
            plane()
                .kubectl_run(&["config", "view", "--raw", "--flatten", "-o", &output])
                .expect("a kubeconfig")
        };
        let authority = read(".clusters[0].cluster.certificate-authority-data");
        let authority = base64::engine::general_purpose::STANDARD.decode(authority.trim()).expect("base64");
        let access = Access {
            server: read(".clusters[0].cluster.server"),
            token: read(".users[0].user.token"),
            authority: String::from_utf8(authority).expect("PEM"),
        };
        Self { bare: Bare::new(&access), namespace: namespace.into() }
    }

    fn path(&self, kind: &Kind, version: usize, name: &str) -> String {
        let api = &kind.versions[version];
        let root = if api.contains('/') { "apis" } else { "api" };
        let slash = if name.is_empty() { "" } else { "/" };
        format!("/{root}/{api}/namespaces/{}/{}{slash}{name}", self.namespace, kind.plural)
    }

    async fn send(&self, method: Method, path: &str, media: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer) = self.bare.send(method, path, media, body).await;
        (status, serde_json::from_slice(&answer).unwrap_or(Value::Null))
    }

    /// Reads an object; `None` where there is none.
    pub(crate) async fn get(&self, kind: &Kind, name: &str) -> Option<Value> {
        let path = self.path(kind, kind.latest(), name);
        let (status, body) = self.send(Method::GET, &path, JSON, &Value::Null).await;
        assert!(matches!(status, 200 | 404), "{path}: {status} {body}");
        (status == 200).then_some(body)
    }

    /// Says what the server would make of an object that is new.
    pub(crate) async fn would_make(&self, kind: &Kind, name: &str, asked: &Value) -> Result<Value, String> {
        let path = self.path(kind, kind.latest(), "") + "?dryRun=All";
        let body = anew(&kind.versions[kind.latest()], kind.name, name, asked);
        let (status, answer) = self.send(Method::POST, &path, JSON, &body).await;
        if status == 201 { Ok(answer) } else { Err(format!("{status} {answer}")) }
    }

    /// Does one thing to an object; gives what it is then, or why the server did not take it.
    pub(crate) async fn act(
        &self,
        kind: &Kind,
        name: &str,
        act: &Act,
        live: Option<&Value>,
    ) -> Result<Value, String> {
        let path = self.path(kind, act.version, name);
        let api = &kind.versions[act.version];
        let body = anew(api, kind.name, name, &act.body);
        let manager = format!("?fieldManager={}", act.manager);
        let (method, path, media, body) = match act.means {
            Means::Apply => (Method::PATCH, format!("{path}{manager}&force=true"), APPLY, body),
            Means::Create => (Method::POST, self.path(kind, act.version, "") + &manager, JSON, body),
            Means::Put => {
                let mut body = body;
                if let Some(version) = live.map(|live| live["metadata"]["resourceVersion"].clone()) {
                    merge(&mut body, &json!({"metadata": {"resourceVersion": version}}));
                }
                (Method::PUT, path + &manager, JSON, body)
            }
            Means::Edit => {
                (Method::PUT, path + &manager, JSON, anew(api, kind.name, name, &edited(act, live)))
            }
            Means::Json => (Method::PATCH, path + &manager, JSON_PATCH, json_patch(&edited(act, live), live)),
            Means::Merge => (Method::PATCH, path + &manager, MERGE, act.body.clone()),
            Means::Strategic => (Method::PATCH, path + &manager, STRATEGIC, act.body.clone()),
            Means::Scale => {
                let body = json!({"spec": {"replicas": act.body}});
                (Method::PATCH, format!("{path}/scale{manager}"), MERGE, body)
            }
            Means::Status => (Method::PATCH, format!("{path}/status{manager}"), MERGE, act.body.clone()),
            Means::Wipe => {
                (Method::PATCH, path + &manager, MERGE, json!({"metadata": {"managedFields": [{}]}}))
            }
            Means::Absent => (
                Method::PATCH,
                path + &manager,
                JSON_PATCH,
                json!([{"op": "remove", "path": "/metadata/managedFields"}]),
            ),
            Means::Lose => (Method::PATCH, path + &manager, JSON_PATCH, without_ours(live)?),
            Means::Client => return Err("kubectl does that".into()),
        };
        let (status, answer) = self.send(method, &path, media, &body).await;
        if !(200..300).contains(&status) {
            return Err(format!("{status} {}", answer["message"]));
        }
        Ok(self.get(kind, name).await.unwrap_or(answer))
    }

    /// Has `kubectl apply` all of these at once. What it could not do shows in the objects.
    pub(crate) fn client_apply(&self, manifests: &[Value]) {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": manifests});
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("all.json");
        std::fs::write(&file, list.to_string()).expect("a file");
        let mut command = plane().kubectl();
        command.args(["apply", "--validate=false", "--namespace", &self.namespace, "-f"]).arg(file);
        command.output().expect("kubectl runs");
    }

    /// Waits until a version of a group is served, or is not.
    pub(crate) async fn until_served(&self, api: &str, plural: &str, served: bool) {
        for _ in 0..600 {
            let path = format!("/apis/{api}/namespaces/{}/{plural}", self.namespace);
            let (status, _) = self.send(Method::GET, &path, JSON, &Value::Null).await;
            if (status == 200) == served {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("{api} should be served: {served}");
    }

    /// Defines the custom kind, as it is from now on.
    pub(crate) async fn define(&self, definition: &Value) {
        let name = definition["metadata"]["name"].as_str().expect("a name");
        let path = format!(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}?fieldManager=test&force=true"
        );
        let (status, answer) = self.send(Method::PATCH, &path, APPLY, definition).await;
        assert!(matches!(status, 200 | 201), "{status} {answer}");
    }
}

/// The object as somebody edits it.
fn edited(act: &Act, live: Option<&Value>) -> Value {
    let mut body = live.cloned().unwrap_or_default();
    for path in act.less.iter().flat_map(|less| leaves(less).into_keys()) {
        remove(&mut body, &path.0);
    }
    merge(&mut body, &act.body);
    body
}

/// Replaces whatever part is another.
fn json_patch(body: &Value, live: Option<&Value>) -> Value {
    let empty = json!({});
    let live = live.unwrap_or(&empty);
    let mut patch = Vec::new();
    let parts = body
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, part)| (format!("/{name}"), part, &live[name.as_str()]));
    let metadata = ["labels", "annotations"]
        .map(|name| (format!("/metadata/{name}"), &body["metadata"][name], &live["metadata"][name]));
    for (path, part, old) in parts.filter(|(path, ..)| path != "/metadata").chain(metadata) {
        if part != old && !part.is_null() {
            patch.push(json!({"op": "add", "path": path, "value": part}));
        }
    }
    Value::Array(patch)
}

fn without_ours(live: Option<&Value>) -> Result<Value, String> {
    let entries = live.and_then(|live| live["metadata"]["managedFields"].as_array()).ok_or("no entries")?;
    let is_ours = |entry: &&Value| entry["manager"] == super::model::OURS && entry["operation"] == "Apply";
    let left: Vec<&Value> = entries.iter().filter(|entry| !is_ours(entry)).collect();
    if left.len() == entries.len() || left.is_empty() {
        return Err("our entry is none, or the only one".into());
    }
    Ok(json!([{"op": "replace", "path": "/metadata/managedFields", "value": left}]))
}

/// The writes of a unit so far, by the audit log: how often each object was written, and how often by an apply.
pub(crate) fn writes(unit: &str) -> BTreeMap<String, (usize, usize)> {
    let log = plane().kubeconfig().with_file_name("audit.log");
    let text =
        std::fs::read_to_string(log).expect("an audit log; unset WINDLASS_E2E_KUBECONFIG for this test");
    let account = format!("system:serviceaccount:{ACCOUNTS}:{unit}");
    let mut writes = BTreeMap::<String, (usize, usize)>::new();
    for line in text.lines().filter(|line| line.contains(&account)) {
        let event: Value = serde_json::from_str(line).expect("an event");
        let uri = event["requestURI"].as_str().unwrap_or_default();
        if uri.contains("dryRun=All") || event["impersonatedUser"]["username"] != account.as_str() {
            continue;
        }
        if event["responseStatus"]["code"].as_u64().is_none_or(|code| code >= 300) {
            continue;
        }
        let name = event["objectRef"]["name"].as_str().unwrap_or_default().to_owned();
        let (all, applies) = writes.entry(name).or_default();
        *all += 1;
        *applies += usize::from(uri.contains("force="));
    }
    writes
}
