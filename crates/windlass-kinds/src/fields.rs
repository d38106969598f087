//! Which fields a body has, as server-side apply names them, and what becomes of them beside what is live.
//!
//! ```
//! use windlass_kinds::fields;
//! let service = serde_json::from_str(r#"{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
//!     "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}"#)?;
//! assert_eq!(
//!     fields::of(&service).canonical(),
//!     r#"{"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}},"f:selector":{}}}"#
//! );
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! The form is that of `fieldsV1` in `metadata.managedFields`. Of custom kinds only the lists in `metadata` are known:
//! every other list counts as one value.

use windlass_core::{Limits, Map, Text, Value};
use windlass_diff::{ListKind, SchemaRef, merge};

use crate::schema;

/// What nobody owns, as the server sets it or it is the identity of the object.
const UNOWNED: [&str; 11] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "name",
    "namespace",
    "resourceVersion",
    "selfLink",
    "uid",
    "clusterName",
];

/// Maps and lists inside one another; what is deeper counts as one value.
const DEPTH_MAX: usize = 100;

/// Names the fields that an apply of this body would own.
#[must_use]
pub fn of(body: &Value) -> Value {
    let schema = schema::built_in().of(body);
    let mut body = body.clone();
    if let Some(map) = body.as_map_mut() {
        ["apiVersion", "kind", "status"].iter().for_each(|key| drop(map.remove(key)));
        if let Some(metadata) = map.get_mut("metadata").and_then(Value::as_map_mut) {
            metadata.retain(|key, _| !UNOWNED.contains(&key));
            if metadata.is_empty() {
                map.remove("metadata");
            }
        }
    }
    below(schema, &body, DEPTH_MAX).unwrap_or_default().into()
}

/// Merges what is wanted into what is live, as an apply would: lists with keys by their keys, all else that is a list as one
/// value. `None` where what is wanted cannot be merged, such as two items with one key.
#[must_use]
pub fn merged(wanted: &Value, live: &Value) -> Option<Value> {
    let sides = merge::Sides { base: None, desired: wanted, live: Some(live) };
    merge::three_way(schema::built_in().of(wanted), &sides, &Limits::default())
        .ok()
        .map(|merged| merged.value)
}

/// Gives the steps below a value; `None` where it counts as one.
fn below(schema: SchemaRef<'_>, value: &Value, depth: usize) -> Option<Map> {
    let depth = depth.checked_sub(1)?;
    match value {
        Value::Map(map) if !schema.is_atomic() && !map.is_empty() => {
            Some(map.iter().map(|(name, value)| field(schema.field(name), name, value, depth)).collect())
        }
        Value::List(items) if !items.is_empty() => {
            items.iter().map(|item| listed(schema, item, depth)).collect()
        }
        _ => None,
    }
}

fn field(schema: SchemaRef<'_>, name: &Text, value: &Value, depth: usize) -> (Text, Value) {
    (format!("f:{name}").into(), below(schema, value, depth).unwrap_or_default().into())
}

/// Gives the step of an item; `None` where the list is one value, or the item cannot be told apart.
fn listed(list: SchemaRef<'_>, item: &Value, depth: usize) -> Option<(Text, Value)> {
    match list.list_kind() {
        ListKind::Atomic => None,
        ListKind::Set => Some((format!("v:{}", item.canonical()).into(), Map::new().into())),
        ListKind::Map(keys) => {
            let key = |key: &Text| {
                let value = item.get(key).or_else(|| list.item().default_of(key))?;
                Some((key.clone(), value.clone()))
            };
            let step: Map = keys.iter().filter_map(key).collect();
            let mut fields = below(list.item(), item, depth)?;
            fields.insert(".", Map::new());
            (!step.is_empty()).then(|| (format!("k:{}", Value::Map(step).canonical()).into(), fields.into()))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    /// Fields as kube-apiserver 1.37.2 names them after an apply of the same body.
    #[test]
    fn fields_are_named_as_the_server_names_them() {
        let deployment = read(
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"led"},"spec":{"selector":{"matchLabels":{"app":"l"}},
            "template":{"metadata":{"labels":{"app":"l"}},"spec":{"containers":[{"name":"db","image":"x:1"}]}}}}"#,
        );
        let expected = read(
            r#"{"f:spec":{"f:selector":{},"f:template":{"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":{"f:containers":
            {"k:{\"name\":\"db\"}":{".":{},"f:image":{},"f:name":{}}}}}}}"#,
        );
        assert_eq!(of(&deployment), expected);
        let finalizers = read(
            r#"{"apiVersion":"x.io/v1","kind":"Any","metadata":{"name":"a","finalizers":["x/y"]},"spec":{"list":[{"name":"a"}]},"status":{"a":1}}"#,
        );
        assert_eq!(
            of(&finalizers).canonical(),
            r#"{"f:metadata":{"f:finalizers":{"v:\"x/y\"":{}}},"f:spec":{"f:list":{}}}"#
        );
        assert_eq!(of(&Value::Null).canonical(), "{}");
    }

    #[test]
    fn what_is_wanted_is_merged_by_the_keys_of_lists() {
        let service = |ports: &str| {
            read(&format!(r#"{{"apiVersion":"v1","kind":"Service","spec":{{"ports":[{ports}]}}}}"#))
        };
        let live = service(r#"{"port":80,"protocol":"TCP","nodePort":30080}"#);
        let merged = merged(&service(r#"{"port":80,"name":"web"}"#), &live).unwrap();
        let expected = service(r#"{"port":80,"protocol":"TCP","nodePort":30080,"name":"web"}"#);
        assert_eq!(merged, expected);
        let twice = r#"{"port":80},{"port":80}"#;
        assert_eq!(super::merged(&service(twice), &live), None);
    }
}
