//! Applying a patch to an object, or to another patch.

use std::collections::BTreeSet;

use windlass_core::{Map, Text, Value};

use super::order::{self, Kind};
use super::{DELETE_FROM, PATCH, RETAIN_KEYS, SET_ORDER, StrategicError};
use crate::SchemaRef;

/// What a patch is merged into: in an object its directives take effect, in a patch they are kept.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Into {
    Object,
    Patch,
}

pub(super) fn merge(
    schema: SchemaRef<'_>,
    mut target: Map,
    mut patch: Map,
    into: Into,
) -> Result<Map, StrategicError> {
    if let Some(directive) = patch.remove(PATCH) {
        return match directive.as_text() {
            Some("replace") => Ok(patch),
            Some("delete") => Ok(Map::new()),
            _ => Err(wrong(PATCH, PATCH)),
        };
    }
    retain_keys(&mut target, &mut patch, into)?;
    ordered_lists(schema, &mut target, &mut patch, into)?;
    for (name, value) in patch {
        if let Some(list) = name.strip_prefix(DELETE_FROM) {
            delete_from(&mut target, &name, list, value, into);
        } else {
            field(schema.field(&name), &mut target, name, value, into)?;
        }
    }
    Ok(target)
}

fn field(
    schema: SchemaRef<'_>,
    target: &mut Map,
    name: Text,
    value: Value,
    into: Into,
) -> Result<(), StrategicError> {
    if value.is_null() {
        target.remove(&name);
        if into == Into::Patch {
            target.insert(name, Value::Null);
        }
        return Ok(());
    }
    let merged = match (target.remove(&name), value) {
        (Some(Value::Map(have)), Value::Map(patch)) if !schema.patch().replace => {
            merge(schema, have, patch, into)?.into()
        }
        (Some(Value::List(have)), Value::List(patch)) if schema.patch().merge => {
            list(schema, &name, have, patch, into)?.into()
        }
        (_, value) => fresh(value, into),
    };
    target.insert(name, merged);
    Ok(())
}

/// Gives what a patch adds without what only a patch may hold.
fn fresh(value: Value, into: Into) -> Value {
    match value {
        value if into == Into::Patch => value,
        Value::Map(map) => {
            let fields = map.into_iter().filter(|(name, value)| !value.is_null() && !is_directive(name));
            fields.map(|(name, value)| (name, fresh(value, into))).collect()
        }
        Value::List(items) => {
            let deletes = |item: &Value| item.as_map().is_some_and(|map| map.contains(PATCH));
            let items = items.into_iter().filter(|item| !deletes(item));
            items.map(|item| if item.as_map().is_some() { fresh(item, into) } else { item }).collect()
        }
        scalar => scalar,
    }
}

fn is_directive(name: &str) -> bool {
    [PATCH, RETAIN_KEYS].contains(&name) || name.starts_with(DELETE_FROM) || name.starts_with(SET_ORDER)
}

fn retain_keys(target: &mut Map, patch: &mut Map, into: Into) -> Result<(), StrategicError> {
    let Some(directive) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
    if into == Into::Patch {
        return match target.insert(RETAIN_KEYS, directive.clone()) {
            Some(have) if have != directive => Err(wrong(RETAIN_KEYS, RETAIN_KEYS)),
            _ => Ok(()),
        };
    }
    let keys = directive.as_list().ok_or_else(|| wrong(RETAIN_KEYS, RETAIN_KEYS))?;
    let keys: BTreeSet<&str> = keys.iter().filter_map(Value::as_text).collect();
    let unlisted = patch
        .iter()
        .find(|(name, value)| !value.is_null() && !is_directive(name) && !keys.contains(name.as_str()));
    if let Some((name, _)) = unlisted {
        return Err(wrong(name, RETAIN_KEYS));
    }
    target.retain(|name, _| keys.contains(name));
    Ok(())
}

/// Merges the lists whose order the patch gives, and takes them out of the patch.
fn ordered_lists(
    schema: SchemaRef<'_>,
    target: &mut Map,
    patch: &mut Map,
    into: Into,
) -> Result<(), StrategicError> {
    let directives: Vec<Text> =
        patch.iter().map(|(name, _)| name.clone()).filter(|name| name.starts_with(SET_ORDER)).collect();
    for directive in directives {
        let order = patch.remove(&directive).unwrap_or_default();
        let name = directive.strip_prefix(SET_ORDER).unwrap_or_default();
        if into == Into::Patch {
            match target.insert(directive.clone(), order.clone()) {
                Some(have) if have != order => return Err(wrong(name, SET_ORDER)),
                _ => {}
            }
        }
        let Value::List(order) = order else { return Err(wrong(name, SET_ORDER)) };
        let changes = patch.remove(name);
        ordered_list(schema.field(name), target, name, changes, &order, into)?;
    }
    Ok(())
}

fn ordered_list(
    schema: SchemaRef<'_>,
    target: &mut Map,
    name: &str,
    changes: Option<Value>,
    order: &[Value],
    into: Into,
) -> Result<(), StrategicError> {
    let have = target.remove(name);
    let server = server_order(have.as_ref(), changes.as_ref(), schema.patch().key.as_ref());
    let strategy = schema.patch();
    let merged = match (have, changes) {
        (None, None) => return Ok(()),
        (_, Some(Value::Null)) => return field(schema, target, name.into(), Value::Null, into),
        (Some(Value::List(have)), None) => have,
        (Some(Value::List(have)), Some(Value::List(changes))) => {
            check_order(strategy.key.as_ref(), name, &changes, order)?;
            if strategy.merge { list(schema, name, have, changes, into)? } else { changes }
        }
        (None, Some(Value::List(changes))) => {
            check_order(strategy.key.as_ref(), name, &changes, order)?;
            match fresh(changes.into(), into) {
                Value::List(items) => items,
                _ => Vec::new(),
            }
        }
        _ => return Err(wrong(name, SET_ORDER)),
    };
    let kind = order::kind(name, strategy.key.as_ref(), [&merged, order])?;
    target.insert(name, order::enforce(kind, name, merged, order, &server)?);
    Ok(())
}

/// Gives the order that the server takes for its own: what it has less what goes, and in the places that became free
/// the first of what comes. An API server orders so because it deletes in place; a patch made here for it must not
/// expect anything else.
fn server_order(have: Option<&Value>, changes: Option<&Value>, key: Option<&Text>) -> Vec<Value> {
    let have = have.and_then(Value::as_list).unwrap_or_default();
    let changes = changes.and_then(Value::as_list).unwrap_or_default();
    let Some(key) = key else { return have.to_vec() };
    let id = |item: &Value| item.get(key).map(Value::canonical);
    let deletes = |item: &Value| item.text_at(&[PATCH]) == Some("delete");
    let gone: BTreeSet<_> = changes.iter().filter(|item| deletes(item)).map(id).collect();
    let known: BTreeSet<_> = have.iter().map(id).collect();
    let stays = have.iter().filter(|item| !gone.contains(&id(item)));
    let comes = changes.iter().filter(|item| item.get(PATCH).is_none() && !known.contains(&id(item)));
    stays.chain(comes).take(have.len()).cloned().collect()
}

/// Every item of the patch but deletions must stand in the order that the patch gives.
fn check_order(
    key: Option<&Text>,
    name: &str,
    changes: &[Value],
    order: &[Value],
) -> Result<(), StrategicError> {
    let kind = order::kind(name, key, [changes, order])?;
    let places = order::Places::of(kind, name, order)?;
    for item in changes.iter().filter(|item| item.get(PATCH).is_none()) {
        if places.get(&order::id(kind, name, item)?).is_none() {
            return Err(wrong(name, SET_ORDER));
        }
    }
    Ok(())
}

fn delete_from(target: &mut Map, directive: &str, name: &str, gone: Value, into: Into) {
    if into == Into::Patch {
        target.insert(directive, gone);
        return;
    }
    if let (Some(Value::List(items)), Value::List(gone)) = (target.get_mut(name), gone) {
        let gone: BTreeSet<String> = gone.iter().map(Value::canonical).collect();
        items.retain(|item| !gone.contains(&item.canonical()));
    }
}

fn list(
    schema: SchemaRef<'_>,
    field: &str,
    have: Vec<Value>,
    patch: Vec<Value>,
    into: Into,
) -> Result<Vec<Value>, StrategicError> {
    let strategy = schema.patch();
    if have.is_empty() && patch.is_empty() {
        return Ok(have);
    }
    match order::kind(field, strategy.key.as_ref(), [&have, &patch])? {
        kind @ Kind::Scalars => {
            let mut seen = BTreeSet::new();
            let both = have.iter().chain(&patch).filter(|item| seen.insert(item.canonical()));
            let merged = both.cloned().collect();
            order::enforce(kind, field, merged, &patch, &have)
        }
        kind @ Kind::Maps(_) => {
            let (have, patch) = special(kind, field, have, patch)?;
            let merged = items(schema, kind, field, have.clone(), &patch, into)?;
            order::enforce(kind, field, merged, &patch, &have)
        }
    }
}

/// Carries out `$patch` of the items: deletes what they name, or replaces the list.
fn special(
    kind: Kind<'_>,
    field: &str,
    mut have: Vec<Value>,
    patch: Vec<Value>,
) -> Result<(Vec<Value>, Vec<Value>), StrategicError> {
    let (mut plain, mut gone, mut replace) = (Vec::new(), BTreeSet::new(), false);
    for item in patch {
        match item.get(PATCH).map(Value::as_text) {
            None => plain.push(item),
            Some(Some("replace")) => replace = true,
            Some(Some("delete")) => drop(gone.insert(order::id(kind, field, &item)?)),
            Some(_) => return Err(wrong(field, PATCH)),
        }
    }
    if replace {
        return Ok((plain, Vec::new()));
    }
    if !gone.is_empty() {
        have.retain(|item| order::id(kind, field, item).is_ok_and(|id| !gone.contains(&id)));
    }
    Ok((have, plain))
}

fn items(
    schema: SchemaRef<'_>,
    kind: Kind<'_>,
    field: &str,
    mut have: Vec<Value>,
    patch: &[Value],
    into: Into,
) -> Result<Vec<Value>, StrategicError> {
    let places = order::Places::of(kind, field, &have)?;
    for item in patch {
        let place = places.get(&order::id(kind, field, item)?);
        match (place.map(|at| std::mem::take(&mut have[at])), item) {
            (Some(Value::Map(old)), Value::Map(new)) => {
                let merged = merge(schema.item(), old, new.clone(), into)?;
                if let Some(at) = place {
                    have[at] = merged.into();
                }
            }
            _ => have.push(fresh(item.clone(), into)),
        }
    }
    Ok(have)
}

fn wrong(field: &str, directive: &str) -> StrategicError {
    StrategicError::Directive { field: field.into(), directive: directive.into() }
}
