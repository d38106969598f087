//! The items of merged lists and their order.

use std::collections::BTreeMap;

use windlass_core::{Map, Text, Value};

use super::{PATCH, StrategicError};
use crate::SchemaRef;

/// What the items of a merged list are.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind<'k> {
    Maps(&'k Text),
    Scalars,
}

/// Says what the items of both lists are.
pub(super) fn kind<'k>(
    field: &str,
    key: Option<&'k Text>,
    lists: [&[Value]; 2],
) -> Result<Kind<'k>, StrategicError> {
    let items = || lists.iter().flat_map(|list| list.iter());
    if items().all(|item| item.as_map().is_some()) && items().next().is_some() {
        let key = key.ok_or_else(|| StrategicError::NoKey { field: field.into() })?;
        return Ok(Kind::Maps(key));
    }
    if items().any(|item| matches!(item, Value::Map(_) | Value::List(_))) {
        return Err(StrategicError::Mixed { field: field.into() });
    }
    Ok(Kind::Scalars)
}

/// Gives the text by which items are told apart.
pub(super) fn id(kind: Kind<'_>, field: &str, item: &Value) -> Result<String, StrategicError> {
    match kind {
        Kind::Scalars => Ok(item.canonical()),
        Kind::Maps(key) => item
            .get(key)
            .map(Value::canonical)
            .ok_or_else(|| StrategicError::MissingKey { field: field.into(), key: key.clone() }),
    }
}

/// The place of each item of a list, the first one where several are alike.
pub(super) struct Places(BTreeMap<String, usize>);

impl Places {
    pub(super) fn of(kind: Kind<'_>, field: &str, list: &[Value]) -> Result<Self, StrategicError> {
        let mut places = BTreeMap::new();
        for (at, item) in list.iter().enumerate() {
            places.entry(id(kind, field, item)?).or_insert(at);
        }
        Ok(Self(places))
    }

    pub(super) fn get(&self, id: &str) -> Option<usize> {
        self.0.get(id).copied()
    }
}

/// Sorts items as they stand in `order`; those that do not stand there stay in front, deletions go behind.
pub(super) fn by(
    kind: Kind<'_>,
    field: &str,
    items: Vec<Value>,
    order: &Places,
) -> Result<Vec<Value>, StrategicError> {
    let mut placed = Vec::with_capacity(items.len());
    for item in items {
        let is_deletion = item.text_at(&[PATCH]) == Some("delete");
        let place = order.get(&id(kind, field, &item)?).map_or(0, |at| at + 1);
        placed.push((is_deletion, if is_deletion { 0 } else { place }, item));
    }
    placed.sort_by_key(|(is_deletion, place, _)| (*is_deletion, *place));
    Ok(placed.into_iter().map(|(_, _, item)| item).collect())
}

/// Orders a merged list: what the patch names comes in the order of the patch, what only the server has keeps its place
/// between them as far as that can be said.
pub(super) fn enforce(
    kind: Kind<'_>,
    field: &str,
    merged: Vec<Value>,
    patch: &[Value],
    server: &[Value],
) -> Result<Vec<Value>, StrategicError> {
    let (patch, server) = (Places::of(kind, field, patch)?, Places::of(kind, field, server)?);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for item in merged {
        let side = if patch.get(&id(kind, field, &item)?).is_some() { &mut ours } else { &mut theirs };
        side.push(item);
    }
    let mut ours = by(kind, field, ours, &patch)?.into_iter().peekable();
    let mut theirs = by(kind, field, theirs, &server)?.into_iter().peekable();
    let mut out = Vec::new();
    while let (Some(our), Some(their)) = (ours.peek(), theirs.peek()) {
        let (our, their) = (server.get(&id(kind, field, our)?), server.get(&id(kind, field, their)?));
        let theirs_first = matches!((their, our), (Some(their), Some(our)) if their < our);
        out.extend(if theirs_first { theirs.next() } else { ours.next() });
    }
    Ok(out.into_iter().chain(ours).chain(theirs).collect())
}

pub(super) fn sorted(schema: SchemaRef<'_>, map: &Map) -> Result<Map, StrategicError> {
    let mut out = Map::new();
    for (name, value) in map.iter() {
        let field = schema.field(name);
        let value = match value {
            Value::Map(map) => sorted(field, map)?.into(),
            Value::List(items) if field.patch().merge => sorted_list(field, name, items)?.into(),
            other => other.clone(),
        };
        out.insert(name.clone(), value);
    }
    Ok(out)
}

fn sorted_list(schema: SchemaRef<'_>, field: &str, items: &[Value]) -> Result<Vec<Value>, StrategicError> {
    let patch = schema.patch();
    let kind = kind(field, patch.key.as_ref(), [items, &[]])?;
    let mut keyed = Vec::new();
    for item in items {
        let inner = match item {
            Value::Map(map) => sorted(schema.item(), map)?.into(),
            other => other.clone(),
        };
        keyed.push((id(kind, field, item)?, inner));
    }
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    if kind == Kind::Scalars {
        keyed.dedup_by(|(a, _), (b, _)| a == b);
    }
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}
