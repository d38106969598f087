//! Waves of what others need.

use std::collections::BTreeMap;

use windlass_core::{Item, ObjectId};

use crate::scope::defined_kind;

/// Moves a Namespace, and a CustomResourceDefinition, to the earliest wave in which an object needs it, as Argo CD does.
///
/// Waves are often written on hooks and jobs alone: a Job of wave -1 in a Namespace of wave 0 would wait for a Namespace
/// that waits for the Job. To be called on all items before anything is ordered.
///
/// ```
/// use windlass_core::{Item, Object, Origin};
/// let item = |json: &str| Item::new(Object::new(serde_json::from_str(json).unwrap()).unwrap(), Origin::default());
/// let mut items = [
///     item(r#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}"#),
///     item(r#"{"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "migrate", "namespace": "shop"}}"#),
/// ];
/// items[1].directives.wave = -1;
/// windlass_kinds::order::lift_waves(&mut items);
/// assert_eq!(items[0].directives.wave, -1);
/// ```
pub fn lift_waves(items: &mut [Item]) {
    let mut namespaces: BTreeMap<String, i32> = BTreeMap::new();
    let mut kinds: BTreeMap<(String, String), i32> = BTreeMap::new();
    for item in &*items {
        let (id, wave) = (item.id(), item.directives.wave);
        let earlier = |have: &mut i32| *have = wave.min(*have);
        namespaces.entry(id.namespace.to_string()).and_modify(earlier).or_insert(wave);
        kinds.entry((id.group.to_string(), id.kind.to_string())).and_modify(earlier).or_insert(wave);
    }
    for item in items {
        let needed = match defined_kind(item.object.body()) {
            Some((group, kind)) => kinds.get(&(group.to_owned(), kind.to_owned())),
            None if is_namespace(item.id()) => namespaces.get(item.id().name.as_str()),
            None => None,
        };
        item.directives.wave = needed.copied().unwrap_or(i32::MAX).min(item.directives.wave);
    }
}

pub(super) fn is_namespace(id: &ObjectId) -> bool {
    id.group.is_empty() && id.kind == "Namespace"
}
