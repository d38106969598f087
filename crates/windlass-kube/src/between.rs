//! The JSON patch between two objects.

use std::collections::BTreeSet;

use windlass_core::{Text, Value};

/// Gives the JSON patch that makes one object another, part by part.
pub(crate) fn patch_between(before: &Value, after: &Value) -> Vec<Value> {
    let parts = |body: &Value, path: &[&str]| {
        let map = if path.is_empty() { body.as_map() } else { body.at(path).and_then(Value::as_map) };
        map.into_iter()
            .flat_map(windlass_core::Map::iter)
            .map(|(key, _)| key.clone())
            .collect::<BTreeSet<Text>>()
    };
    let whole = parts(before, &[]).into_iter().chain(parts(after, &[]));
    let whole = whole.filter(|key| !["apiVersion", "kind", "metadata", "status"].contains(&key.as_str()));
    let meta = ["annotations", "finalizers", "labels", "ownerReferences"].map(Text::from);
    let paths: BTreeSet<Vec<Text>> =
        whole.map(|key| vec![key]).chain(meta.into_iter().map(|key| vec!["metadata".into(), key])).collect();
    paths.iter().filter_map(|path| operation(path, before, after)).collect()
}

fn operation(path: &[Text], before: &Value, after: &Value) -> Option<Value> {
    let names: Vec<&str> = path.iter().map(Text::as_str).collect();
    let (old, new) = (before.at(&names), after.at(&names));
    let pointer: String =
        names.iter().map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))).collect();
    let op = |op: &str| vec![("op", Value::from(op)), ("path", pointer.clone().into())];
    match (old, new) {
        (old, new) if old == new => None,
        (_, Some(new)) => Some(op("add").into_iter().chain([("value", new.clone())]).collect()),
        _ => Some(op("remove").into_iter().collect()),
    }
}
