//! JSON Merge Patch, [RFC 7386](https://www.rfc-editor.org/rfc/rfc7386), with two and three sides.
//!
//! ```
//! use windlass_core::Value;
//! use windlass_diff::merge_patch;
//!
//! let read = |json: &str| serde_json::from_str::<Value>(json).unwrap();
//! let (before, after) = (read(r#"{"a": 1, "b": {"c": 2}}"#), read(r#"{"b": {"c": 3, "d": [4]}}"#));
//! let patch = merge_patch::between(&before, &after);
//! assert_eq!(patch.canonical(), r#"{"a":null,"b":{"c":3,"d":[4]}}"#);
//! assert_eq!(merge_patch::apply(&before, &patch), after);
//! ```
//!
//! A merge patch cannot set a field to `null` and replaces lists whole. Values and patches may be as deep as the reader
//! that made them allowed.

use windlass_core::{Map, Value};

/// Applies a patch.
#[must_use]
pub fn apply(target: &Value, patch: &Value) -> Value {
    let Value::Map(patch) = patch else { return patch.clone() };
    let mut map = target.as_map().cloned().unwrap_or_default();
    for (name, value) in patch.iter() {
        if value.is_null() {
            map.remove(name);
        } else {
            let patched = apply(map.get(name).unwrap_or(&Value::Null), value);
            map.insert(name.clone(), patched);
        }
    }
    map.into()
}

/// Makes the patch that turns `before` into `after`, as far as a merge patch can.
#[must_use]
pub fn between(before: &Value, after: &Value) -> Value {
    let (Value::Map(before), Value::Map(after)) = (before, after) else { return after.clone() };
    joined(changes(before, after), removals(before, after)).into()
}

/// Makes the patch of a client-side apply: what is wanted and is not so in `live`, and the removal of what `base` has and
/// `desired` has not.
#[must_use]
pub fn three_way(base: &Value, desired: &Value, live: &Value) -> Value {
    let Value::Map(want) = desired else { return desired.clone() };
    let nothing = Map::new();
    let [base, live] = [base, live].map(|side| side.as_map().unwrap_or(&nothing));
    joined(changes(live, want), removals(base, want)).into()
}

/// What is in `after` and not, or not so, in `before`.
fn changes(before: &Map, after: &Map) -> Map {
    let mut patch = Vec::new();
    for (name, value) in after.iter().filter(|(_, value)| !value.is_null()) {
        match (before.get(name), value) {
            (Some(old), new) if old == new => {}
            (Some(Value::Map(old)), Value::Map(new)) => {
                let inner = changes(old, new);
                if !inner.is_empty() {
                    patch.push((name.clone(), inner.into()));
                }
            }
            _ => patch.extend(without_nulls(value).map(|value| (name.clone(), value))),
        }
    }
    patch.into_iter().collect()
}

/// Gives a value without the fields that a patch would take for removals; `None` where nothing else is in it.
fn without_nulls(value: &Value) -> Option<Value> {
    let Value::Map(map) = value else { return Some(value.clone()) };
    let fields = map.iter().filter(|(_, value)| !value.is_null());
    let left: Map = fields.filter_map(|(name, value)| Some((name.clone(), without_nulls(value)?))).collect();
    (!left.is_empty() || map.is_empty()).then_some(left.into())
}

/// What is in `before` and not in `after`, as nulls.
fn removals(before: &Map, after: &Map) -> Map {
    let mut patch = Vec::new();
    for (name, value) in before.iter() {
        match (value, after.get(name)) {
            (_, None) => patch.push((name.clone(), Value::Null)),
            (old, Some(Value::Null)) if !old.is_null() => patch.push((name.clone(), Value::Null)),
            (Value::Map(old), Some(Value::Map(new))) => {
                let inner = removals(old, new);
                if !inner.is_empty() {
                    patch.push((name.clone(), inner.into()));
                }
            }
            _ => {}
        }
    }
    patch.into_iter().collect()
}

fn joined(mut patch: Map, more: Map) -> Map {
    for (name, value) in more {
        let value = match (patch.remove(&name), value) {
            (Some(Value::Map(have)), Value::Map(value)) => joined(have, value).into(),
            (_, value) => value,
        };
        patch.insert(name, value);
    }
    patch
}
