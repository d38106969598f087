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
//! The table is `built_in.defaults`, by what kube-apiserver 1.34 was recorded to answer. What it lacks: addresses, ports
//! and names that a server hands out, what admission adds from other objects (limit ranges, priority classes, storage
//! classes), the move of `stringData` into `data`, and kinds of beta and alpha versions.

mod fill;
mod table;

use std::sync::OnceLock;

use windlass_core::{Map, Value};

use crate::scope::{Scope, scope};
use table::Table;

/// Gives an object with the defaults of its kind. One of a kind that the table does not have stays as it is; nothing that is
/// set is changed, but that quantities are written as a server writes them.
#[must_use]
pub fn filled(object: &Value) -> Value {
    let mut object = object.clone();
    run(&mut object, "");
    object
}

/// Gives an object as a server keeps it once it is made: with its defaults, and with what the server puts in by itself.
/// `namespace` is that of an object of a kind with namespaces that names none.
#[must_use]
pub fn created(object: &Value, namespace: &str) -> Value {
    let mut object = filled(object);
    let (group, _, kind) = kind_of(&object);
    if scope(&group, &kind) == Some(Scope::Namespaced) {
        let metadata = object.as_map_mut().map(|map| map.entry("metadata", || Map::new().into()));
        if let Some(Value::Map(metadata)) = metadata {
            metadata.entry("namespace", || namespace.into());
        }
    }
    run(&mut object, "new ");
    object
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
