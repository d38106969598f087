//! What an API server fills in.
//!
//! ```
//! use windlass_kinds::defaults;
//!
//! let wanted = serde_json::from_str(r#"{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
//!     "spec": {"ports": [{"port": 80}]}}"#)?;
//! let filled = defaults::filled(&wanted);
//! assert_eq!(
//!     filled.get("spec").unwrap().canonical(),
//!     concat!(
//!         r#"{"internalTrafficPolicy":"Cluster","ports":[{"port":80,"protocol":"TCP","targetPort":80}],"#,
//!         r#""sessionAffinity":"None","type":"ClusterIP"}"#,
//!     ),
//! );
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! [`filled`] is what to compare with a live object where no server can be asked. [`created`] adds what a server without
//! controllers puts into a new object: its namespace, its generation, its first status.
//!
//! [`created_among`] adds what admission takes from other objects: limit ranges and priority classes.
//!
//! The table is `built_in.defaults`, by what kube-apiserver 1.34 and 1.37 were recorded to answer. What it lacks: addresses, ports
//! and names that a server hands out, default storage classes, and kinds of beta and alpha versions.

mod admission;
mod definition;
mod fill;
mod table;

use std::sync::OnceLock;

use base64::Engine as _;
use windlass_core::{Map, Value};

use crate::scope::{Scope, scope};
use table::Table;

/// Gives an object with the defaults of its kind. One of a kind that the table does not have stays as it is; nothing that is
/// set is changed, but that quantities are written as a server writes them.
#[must_use]
pub fn filled(object: &Value) -> Value {
    let mut object = object.clone();
    run(&mut object, "");
    if is_core(&object, "LimitRange") {
        admission::fill_range(&mut object);
    }
    if is_core(&object, "Pod") {
        admission::ask_for_limits(&mut object);
    }
    if is_definition(&object) {
        definition::fill_names(&mut object);
    }
    object
}

/// Gives an object as a server keeps it once it is made: with its defaults, and with what the server puts in by itself.
/// `namespace` is that of an object of a kind with namespaces that names none.
#[must_use]
pub fn created(object: &Value, namespace: &str) -> Value {
    created_among(object, namespace, &[])
}

/// Gives an object as [`created`] does, where the cluster holds other objects: a pod gets the requests and limits of the limit
/// ranges of its namespace, and the priority of its class.
///
/// ```
/// use serde_json::{Value, from_value, json};
/// use windlass_kinds::defaults;
///
/// let range = from_value(json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"namespace": "shop", "name": "few"},
///     "spec": {"limits": [{"type": "Container", "max": {"cpu": "500m"}}]}}))?;
/// let pod = from_value(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
///     "spec": {"containers": [{"name": "web", "image": "nginx"}]}}))?;
/// let made = defaults::created_among(&pod, "shop", &[range]);
/// let made: Value = serde_json::from_str(&made.canonical())?;
/// assert_eq!(made["spec"]["containers"][0]["resources"]["requests"], json!({"cpu": "500m"}));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn created_among(object: &Value, namespace: &str, others: &[Value]) -> Value {
    let mut object = object.clone();
    move_texts(&mut object);
    let mut object = filled(&object);
    let (group, _, kind) = kind_of(&object);
    if scope(&group, &kind) == Some(Scope::Namespaced) {
        let metadata = object.as_map_mut().map(|map| map.entry("metadata", || Map::new().into()));
        if let Some(Value::Map(metadata)) = metadata {
            metadata.entry("namespace", || namespace.into());
        }
    }
    admission::admit(&mut object, others);
    run(&mut object, "new ");
    if is_core(&object, "Pod") {
        let quality = admission::quality(&object);
        let status = object.as_map_mut().and_then(|map| map.get_mut("status")).and_then(Value::as_map_mut);
        status.map(|status| status.entry("qosClass", || quality.into()));
    }
    if is_definition(&object) {
        definition::note_stored(&mut object);
    }
    object
}

fn is_definition(object: &Value) -> bool {
    object.text_at(&["apiVersion"]) == Some("apiextensions.k8s.io/v1")
        && object.text_at(&["kind"]) == Some("CustomResourceDefinition")
}

/// Moves the texts of a secret into its data, as a server does: nobody reads them back.
fn move_texts(object: &mut Value) {
    if !is_core(object, "Secret") {
        return;
    }
    let Some(secret) = object.as_map_mut() else { return };
    let Some(Value::Map(texts)) = secret.remove("stringData") else { return };
    if secret.get("data").is_some_and(Value::is_null) {
        secret.remove("data");
    }
    if let Value::Map(data) = secret.entry("data", || Map::new().into()) {
        for (name, text) in texts.iter() {
            let text = text.as_text().unwrap_or_default();
            data.insert(name.as_str(), base64::engine::general_purpose::STANDARD.encode(text));
        }
    }
}

fn is_core(object: &Value, kind: &str) -> bool {
    object.text_at(&["apiVersion"]) == Some("v1") && object.text_at(&["kind"]) == Some(kind)
}

/// Runs the rules of the kind of an object, by version or for all versions.
fn run(object: &mut Value, prefix: &str) {
    let table = table();
    let (group, version, kind) = kind_of(object);
    let name = if group.is_empty() { kind } else { format!("{kind}.{group}") };
    let names = [format!("{prefix}{name}/{version}"), format!("{prefix}{name}")];
    if let Some(rules) = names.iter().find_map(|name| table.sections.get(name.as_str())) {
        fill::fill(table, rules, object, 0);
    }
}

fn kind_of(object: &Value) -> (String, String, String) {
    let api_version = object.text_at(&["apiVersion"]).unwrap_or_default();
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    (group.to_owned(), version.to_owned(), object.text_at(&["kind"]).unwrap_or_default().to_owned())
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| include_str!("built_in.defaults").parse().expect("a test reads the same text"))
}
