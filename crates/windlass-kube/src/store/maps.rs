//! ConfigMaps as the store uses them: names, labels and requests.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use windlass_core::{Context, Error, ErrorKind, Result, Text, UnitId, Value, Version};

use super::form::corrupt;
use crate::connection::Connection;
use crate::fail;
use crate::list::Page;
use crate::live::parts;
use crate::owner::INSTALLATION_LABEL;
use crate::request::{JSON, METADATA, METADATA_LIST, Request, Response, Subject, read_json};

/// The label of every ConfigMap that holds state of a unit; its value is the name of the unit.
pub const STATE_LABEL: &str = "windlass.dev/state";
/// The label of a ConfigMap that holds what is asked of a unit; its value is the name of the unit.
pub const CONTROL_LABEL: &str = "windlass.dev/control";
/// Tells what is not the head of a state from what is.
pub(super) const PART_LABEL: &str = "windlass.dev/state-part";
/// The key of a packed state, and of a packed part.
const KEY: &str = "state.json.gz";
/// ConfigMaps on one page of a list.
const PAGE_MAPS: usize = 500;
/// Pages of one list.
const PAGES_MAX: usize = 1_000;

/// The ConfigMaps of one namespace, by the identity of whoever runs the engine.
#[derive(Clone)]
pub(super) struct Maps {
    pub(super) cluster: Connection,
    pub(super) namespace: Text,
    pub(super) manager: Text,
}

/// A ConfigMap as it is to be.
pub(super) struct Sheet<'a> {
    pub(super) unit: &'a UnitId,
    pub(super) name: String,
    /// Which label names the unit.
    pub(super) label: &'static str,
    /// What of a state it is, where it is not the head.
    pub(super) part: Option<&'static str>,
    pub(super) annotations: Vec<(&'static str, Value)>,
    /// `data` or `binaryData`, with what is in it.
    pub(super) data: Option<(&'static str, Value)>,
}

/// What came of making a ConfigMap.
pub(super) enum Created {
    At(Version),
    /// There is one already; the error is what that means to whoever did not expect it.
    Exists(Error),
}

impl Maps {
    pub(super) fn new(cluster: Connection, namespace: Text, manager: Text) -> Self {
        Self { cluster, namespace, manager }
    }

    fn collection(&self) -> String {
        format!("/api/v1/namespaces/{}/configmaps", self.namespace)
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.collection())
    }

    /// Reads a ConfigMap; `None` where there is none.
    pub(super) async fn get(&self, cx: &Context, unit: &UnitId, name: &str) -> Result<Option<Value>> {
        let call = Request::get(self.path(name), subject(unit));
        let answer = self.cluster.send(cx, &call).await?;
        if answer.status == 404 && !fail::is_unknown_path(&answer) {
            return Ok(None);
        }
        if answer.is_success() {
            read_json(&answer, &call).map(Some)
        } else {
            Err(fail::refused(&answer, &call))
        }
    }

    /// Makes a ConfigMap, and the namespace with it.
    pub(super) async fn create(&self, cx: &Context, sheet: &Sheet<'_>) -> Result<Created> {
        let call = self.call(Method::POST, self.collection(), sheet, None);
        let mut answer = self.cluster.send(cx, &call).await?;
        if lacks_namespace(&answer) {
            self.make_namespace(cx).await?;
            answer = self.cluster.send(cx, &call).await?;
        }
        match answer.status {
            409 if !fail::asks_to_repeat(&answer) => {
                Ok(Created::Exists(conflicting(fail::refused(&answer, &call))))
            }
            _ if answer.is_success() => crate::live::version_of(&read_json(&answer, &call)?).map(Created::At),
            _ => Err(conflicting(fail::refused(&answer, &call))),
        }
    }

    /// Replaces a ConfigMap that is at this version.
    pub(super) async fn replace(&self, cx: &Context, sheet: &Sheet<'_>, at: &Version) -> Result<Version> {
        let call = self.call(Method::PUT, self.path(&sheet.name), sheet, Some(at));
        let answer = self.cluster.send(cx, &call).await?;
        match answer.status {
            404 => Err(outdated(sheet.unit)),
            _ if answer.is_success() => crate::live::version_of(&read_json(&answer, &call)?),
            _ => Err(conflicting(fail::refused(&answer, &call))),
        }
    }

    /// Writes a ConfigMap; of what comes back only the version is wanted.
    fn call(&self, method: Method, path: String, sheet: &Sheet<'_>, at: Option<&Version>) -> Request {
        Request::write(method, path, subject(sheet.unit), self.body(sheet, at))
            .query("fieldManager", self.manager.as_str())
            .accept(METADATA)
    }

    /// Deletes a ConfigMap, at this version if one is given; says whether it was there. One that went with a lost answer was.
    pub(super) async fn delete(
        &self,
        cx: &Context,
        unit: &UnitId,
        name: &str,
        at: Option<&Version>,
    ) -> Result<bool> {
        let body = at.map_or_else(String::new, |version| preconditions(version).canonical());
        let call = Request::write(Method::DELETE, self.path(name), subject(unit), body);
        let answer = self.cluster.send(cx, &call).await?;
        let gone = answer.status == 404 && !fail::is_unknown_path(&answer);
        if gone || answer.is_success() {
            return Ok(!gone || answer.doubtful);
        }
        Err(conflicting(fail::refused(&answer, &call)))
    }

    /// Lists ConfigMaps, sorted by name as the server gives them.
    pub(super) async fn list(&self, cx: &Context, selector: &str) -> Result<Vec<Value>> {
        Ok(self.pages(cx, selector, JSON).await?.0)
    }

    /// Lists ConfigMaps, and gives the version of the list.
    pub(super) async fn list_at(&self, cx: &Context, selector: &str) -> Result<(Vec<Value>, Text)> {
        self.pages(cx, selector, JSON).await
    }

    /// Watches ConfigMaps from a version on.
    pub(super) fn watch(&self, selector: &str, from: &str, seconds: u64) -> Request {
        Request::get(self.collection(), Subject::new("namespace", self.namespace.clone()))
            .query("labelSelector", selector)
            .query("watch", "true")
            .query("allowWatchBookmarks", "true")
            .query("resourceVersion", from)
            .query("timeoutSeconds", seconds.to_string())
    }

    /// Lists what is around ConfigMaps without what is in them.
    pub(super) async fn list_metadata(&self, cx: &Context, selector: &str) -> Result<Vec<Value>> {
        Ok(self.pages(cx, selector, METADATA_LIST).await?.0)
    }

    async fn pages(&self, cx: &Context, selector: &str, accept: &'static str) -> Result<(Vec<Value>, Text)> {
        let (mut maps, mut token) = (Vec::new(), String::new());
        for _ in 0..PAGES_MAX {
            let mut call = Request::get(self.collection(), Subject::new("namespace", self.namespace.clone()))
                .accept(accept)
                .query("labelSelector", selector)
                .query("limit", PAGE_MAPS.to_string());
            if !token.is_empty() {
                call = call.query("continue", token.as_str());
            }
            let page: Page = self.cluster.ask_json(cx, &call).await?;
            maps.extend(page.items.unwrap_or_default());
            if page.metadata.r#continue.is_empty() {
                return Ok((maps, page.metadata.resource_version));
            }
            token = page.metadata.r#continue;
        }
        Err(Error::new(ErrorKind::Limit, "the list has too many pages").with("pages_max", PAGES_MAX))
    }

    fn body(&self, sheet: &Sheet<'_>, at: Option<&Version>) -> String {
        let unit = sheet.unit;
        let mut labels = vec![
            (sheet.label, Value::from(unit.as_str())),
            (INSTALLATION_LABEL, Value::from(unit.installation())),
        ];
        labels.extend(sheet.part.map(|part| (PART_LABEL, Value::from(part))));
        let mut metadata = vec![
            ("name", Value::from(sheet.name.as_str())),
            ("namespace", self.namespace.clone().into()),
            ("labels", labels.into_iter().collect()),
        ];
        if !sheet.annotations.is_empty() {
            metadata.push(("annotations", sheet.annotations.iter().cloned().collect()));
        }
        if let Some((version, uid)) = at.map(parts) {
            metadata.push(("resourceVersion", version.into()));
            metadata.extend(uid.map(|uid| ("uid", Value::from(uid))));
        }
        let fixed = [
            ("apiVersion", Value::from("v1")),
            ("kind", "ConfigMap".into()),
            ("metadata", metadata.into_iter().collect()),
        ];
        fixed.into_iter().chain(sheet.data.clone()).collect::<Value>().canonical()
    }

    pub(super) async fn make_namespace(&self, cx: &Context) -> Result<()> {
        let body = Value::from_iter([
            ("apiVersion", Value::from("v1")),
            ("kind", "Namespace".into()),
            ("metadata", Value::from_iter([("name", Value::from(self.namespace.clone()))])),
        ]);
        let subject = Subject::new("namespace", self.namespace.clone());
        let call = Request::write(Method::POST, "/api/v1/namespaces", subject, body.canonical())
            .query("fieldManager", self.manager.as_str());
        let answer = self.cluster.send(cx, &call).await?;
        // Another process may have made it in between.
        if answer.is_success() || answer.status == 409 { Ok(()) } else { Err(fail::refused(&answer, &call)) }
    }
}

/// Shows the place, never what is in it.
impl fmt::Debug for Maps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Maps")
            .field("cluster", self.cluster.server())
            .field("namespace", &self.namespace)
            .finish()
    }
}

/// Names the head of a unit. Units may have dots, installations have none, so that no two units have one name.
pub(super) fn head_name(unit: &UnitId) -> String {
    if unit.is_of_default_installation() {
        format!("windlass-{unit}", unit = unit.as_str())
    } else {
        format!("windlass.{}.{}", unit.installation(), unit.as_str())
    }
}

/// Packs a state or a part of one into a ConfigMap.
pub(super) fn binary(packed: &[u8]) -> (&'static str, Value) {
    ("binaryData", Value::from_iter([(KEY, Value::from(STANDARD.encode(packed)))]))
}

/// Takes out what [`binary`] has put in.
pub(super) fn packed_of(map: &Value) -> Option<Vec<u8>> {
    map.text_at(&["binaryData", KEY]).and_then(|text| STANDARD.decode(text).ok())
}

pub(super) fn label<'a>(map: &'a Value, name: &str) -> Option<&'a str> {
    map.text_at(&["metadata", "labels", name])
}

pub(super) fn name_of(map: &Value) -> Option<&str> {
    map.text_at(&["metadata", "name"])
}

/// Gives the unit that the labels name.
pub(super) fn unit_of(map: &Value, name_label: &str) -> Option<UnitId> {
    let unit = UnitId::new(label(map, name_label)?).ok()?;
    // What an earlier release saved has no installation.
    label(map, INSTALLATION_LABEL).map_or(Some(unit.clone()), |name| unit.of_installation(name).ok())
}

/// Says that a ConfigMap of this name is not what it should be.
pub(super) fn not_ours(unit: &UnitId, name: &str, what: &str) -> Error {
    corrupt(unit, what).with("name", name)
}

pub(super) fn outdated(unit: &UnitId) -> Error {
    conflicting(Error::new(ErrorKind::Conflict, "what is stored is not what was expected").with("unit", unit))
}

fn conflicting(error: Error) -> Error {
    if error.kind() != ErrorKind::Conflict {
        return error;
    }
    error.with_help("somebody else saved in between; load again")
}

fn preconditions(version: &Version) -> Value {
    let (version, uid) = parts(version);
    let uid = uid.map(|uid| ("uid", Value::from(uid)));
    let preconditions = std::iter::once(("resourceVersion", Value::from(version))).chain(uid).collect();
    Value::from_iter([("preconditions", preconditions)])
}

fn subject(unit: &UnitId) -> Subject {
    Subject::new("unit", unit.to_string())
}

pub(super) fn lacks_namespace(answer: &Response) -> bool {
    answer.status == 404
        && fail::Status::of(answer).details.is_some_and(|details| details.kind == "namespaces")
}
