//! Making a patch from two values.

use windlass_core::{Map, Text, Value};

use super::order::{self, Kind, Places};
use super::{DELETE_FROM, PATCH, RETAIN_KEYS, SET_ORDER, StrategicError};
use crate::SchemaRef;

/// Which differences go into the patch.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Which {
    All,
    Changes,
    Removals,
}

impl Which {
    fn changes(self) -> bool {
        self != Self::Removals
    }

    fn removals(self) -> bool {
        self != Self::Changes
    }
}

pub(super) fn between(
    schema: SchemaRef<'_>,
    before: &Map,
    after: &Map,
    which: Which,
) -> Result<Map, StrategicError> {
    maps(schema, before, after, which, false)
}

fn maps(
    schema: SchemaRef<'_>,
    before: &Map,
    after: &Map,
    which: Which,
    retain_keys: bool,
) -> Result<Map, StrategicError> {
    let mut patch = Map::new();
    for (name, new) in after.iter() {
        match (before.get(name), new) {
            (Some(Value::Map(old)), Value::Map(new)) => {
                map_field(schema.field(name), name, old, new, which, &mut patch)?;
            }
            (Some(Value::List(old)), Value::List(new)) if schema.field(name).patch().merge => {
                list_field(schema.field(name), name, old, new, which, &mut patch)?;
            }
            (old, new) if which.changes() && old != Some(new) => {
                patch.insert(name.clone(), new.clone());
            }
            _ => {}
        }
    }
    if which.removals() {
        for (name, _) in before.iter().filter(|(name, _)| !after.contains(name)) {
            patch.insert(name.clone(), Value::Null);
        }
    }
    if retain_keys && (!patch.is_empty() || has_more(before, after)) {
        let names = after.iter().filter(|(_, value)| !value.is_null());
        let names: Vec<Value> = names.map(|(name, _)| name.clone().into()).collect();
        if !names.is_empty() {
            patch.insert(RETAIN_KEYS, names);
        }
    }
    Ok(patch)
}

/// Says whether `before` has a field that `after` has not.
fn has_more(before: &Map, after: &Map) -> bool {
    before.iter().any(|(name, value)| !value.is_null() && !after.contains(name))
}

fn map_field(
    schema: SchemaRef<'_>,
    name: &Text,
    old: &Map,
    new: &Map,
    which: Which,
    patch: &mut Map,
) -> Result<(), StrategicError> {
    let strategy = schema.patch();
    if strategy.replace {
        if which.changes() && old != new {
            patch.insert(name.clone(), new.clone());
        }
        return Ok(());
    }
    let inner = maps(schema, old, new, which, strategy.retain_keys)?;
    if !inner.is_empty() {
        patch.insert(name.clone(), inner);
    }
    Ok(())
}

fn list_field(
    schema: SchemaRef<'_>,
    name: &Text,
    old: &[Value],
    new: &[Value],
    which: Which,
    patch: &mut Map,
) -> Result<(), StrategicError> {
    if old.is_empty() {
        if which.changes() && !new.is_empty() {
            patch.insert(name.clone(), new.to_vec());
        }
        return Ok(());
    }
    let strategy = schema.patch();
    match order::kind(name, strategy.key.as_ref(), [old, new])? {
        kind @ Kind::Maps(key) => {
            let items = items_of_maps(schema, kind, name, old, new, which)?;
            let moved = which.changes() && !same_order(kind, name, old, new)?;
            if !items.is_empty() || moved {
                let keys = new.iter().map(|item| only(key, item));
                insert_some(patch, format!("{SET_ORDER}{name}"), keys.collect());
            }
            insert_some(patch, name.to_string(), items);
        }
        kind @ Kind::Scalars => {
            let (was, is) = (Places::of(kind, name, old)?, Places::of(kind, name, new)?);
            let missing = |list: &[Value], from: &Places| {
                let list = list.iter().filter(|item| from.get(&item.canonical()).is_none());
                list.cloned().collect::<Vec<_>>()
            };
            let gone = if which.removals() { unique(missing(old, &is)) } else { Vec::new() };
            let come = if which.changes() { missing(new, &was) } else { Vec::new() };
            if !gone.is_empty() || (which.changes() && old != new) {
                insert_some(patch, format!("{SET_ORDER}{name}"), new.to_vec());
            }
            insert_some(patch, format!("{DELETE_FROM}{name}"), gone);
            insert_some(patch, name.to_string(), come);
        }
    }
    Ok(())
}

/// Gives the changed and new items in the order of `new`, then the deletions by their key.
fn items_of_maps(
    schema: SchemaRef<'_>,
    kind: Kind<'_>,
    field: &str,
    old: &[Value],
    new: &[Value],
    which: Which,
) -> Result<Vec<Value>, StrategicError> {
    let Kind::Maps(key) = kind else { return Ok(Vec::new()) };
    let retain_keys = schema.patch().retain_keys;
    let (was, is) = (Places::of(kind, field, old)?, Places::of(kind, field, new)?);
    let mut items = Vec::new();
    for item in new {
        let before = was.get(&order::id(kind, field, item)?).map(|at| &old[at]);
        match (before, item) {
            (Some(Value::Map(before)), Value::Map(after)) => {
                let mut inner = maps(schema.item(), before, after, which, retain_keys)?;
                if !inner.is_empty() {
                    inner.insert(key.clone(), after.get(key).cloned().unwrap_or_default());
                    items.push(inner.into());
                }
            }
            _ if which.changes() => items.push(item.clone()),
            _ => {}
        }
    }
    if which.removals() {
        let mut gone = Vec::new();
        for item in old {
            let id = order::id(kind, field, item)?;
            if is.get(&id).is_none() {
                gone.push((id, deletion(key, item)));
            }
        }
        gone.sort_by(|(a, _), (b, _)| a.cmp(b));
        items.extend(gone.into_iter().map(|(_, deletion)| deletion));
    }
    Ok(items)
}

fn same_order(kind: Kind<'_>, field: &str, old: &[Value], new: &[Value]) -> Result<bool, StrategicError> {
    let ids =
        |list: &[Value]| list.iter().map(|item| order::id(kind, field, item)).collect::<Result<Vec<_>, _>>();
    Ok(ids(old)? == ids(new)?)
}

fn insert_some(patch: &mut Map, name: String, items: Vec<Value>) {
    if !items.is_empty() {
        patch.insert(name, items);
    }
}

fn only(key: &Text, item: &Value) -> Value {
    [(key.clone(), item.get(key).cloned().unwrap_or_default())].into_iter().collect()
}

fn deletion(key: &Text, item: &Value) -> Value {
    let key = (key.clone(), item.get(key).cloned().unwrap_or_default());
    [(PATCH.into(), "delete".into()), key].into_iter().collect()
}

fn unique(mut items: Vec<Value>) -> Vec<Value> {
    items.sort_by_key(Value::canonical);
    items.dedup();
    items
}
