//! The names of a definition of custom resources that follow from others.

use windlass_core::{Map, Value};

/// Fills in the singular name and the kind of lists.
pub(super) fn fill_names(definition: &mut Value) {
    let names = field(definition, "spec").and_then(|spec| field(spec, "names")).and_then(Value::as_map_mut);
    let Some(names) = names else { return };
    let Some(kind) = names.get("kind").and_then(Value::as_text).map(str::to_owned) else { return };
    names.entry("listKind", || format!("{kind}List").into());
    names.entry("singular", || kind.to_lowercase().into());
}

/// Notes the version in which objects will be stored.
pub(super) fn note_stored(definition: &mut Value) {
    let versions = definition.at(&["spec", "versions"]).and_then(Value::as_list).unwrap_or_default();
    let stored = versions.iter().filter(|version| version.get("storage") == Some(&true.into()));
    let stored: Vec<Value> = stored.filter_map(|version| version.get("name").cloned()).collect();
    if let Some(status) = field(definition, "status").and_then(Value::as_map_mut) {
        status.entry("storedVersions", || Value::List(stored));
    }
}

fn field<'v>(value: &'v mut Value, name: &str) -> Option<&'v mut Value> {
    value.as_map_mut().and_then(|map: &mut Map| map.get_mut(name))
}
