//! Bodies of objects for tests, from their kind and the rest.

use windlass_core::{Map, Value};

/// `kind`: `apps/v1 Deployment`. `rest`: the other fields of the object.
pub(crate) fn body(kind: &str, rest: &str) -> Value {
    let (version, kind) = kind.split_once(' ').unwrap();
    let mut body: Value = serde_json::from_str(rest).unwrap_or_else(|error| panic!("{error}: {rest}"));
    let map = body.as_map_mut().unwrap();
    map.insert("apiVersion", version);
    map.insert("kind", kind);
    map.entry("metadata", || Value::Map(Map::new())).as_map_mut().unwrap().insert("name", "it");
    body
}
