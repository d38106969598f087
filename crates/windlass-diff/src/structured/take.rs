//! A value without some fields, or only with some.

use windlass_core::{FieldPath, Limits, Map, Segment, Value};

use super::walk::{Type, Walk, step_to, type_of};
use super::{FieldSet, StructuredError, owned};
use crate::{ListKind, SchemaRef};

/// Takes fields out of a value, with all below them. What is atomic goes whole where anything below it is named. Gives null
/// where nothing is left.
///
/// # Errors
/// [`StructuredError`] for a value that is too deep.
pub fn remove(
    schema: SchemaRef<'_>,
    value: &Value,
    fields: &FieldSet,
    limits: &Limits,
) -> Result<Value, StructuredError> {
    let walk = Walk::begin(limits, &[value])?;
    walk.end(Take::Remove.left(schema, value, fields).unwrap_or_default())
}

/// Gives a value with only some of its fields. What is atomic is there whole where anything below it is named.
///
/// A map that is itself in the set comes with those of its own fields that stand beside it in the set, as an API server has
/// it: give [`FieldSet::leaves`] to get what a manager set.
///
/// # Errors
/// [`StructuredError`] for a value that is too deep.
pub fn extract(
    schema: SchemaRef<'_>,
    value: &Value,
    fields: &FieldSet,
    limits: &Limits,
) -> Result<Value, StructuredError> {
    let walk = Walk::begin(limits, &[value])?;
    walk.end(Take::Extract.left(schema, value, fields).unwrap_or_default())
}

/// Gives a value with only some of its fields, and with the keys of all items that come with them, so that it can be
/// applied.
///
/// # Errors
/// [`StructuredError`] for a value that is too deep.
pub fn extract_with_keys(
    schema: SchemaRef<'_>,
    value: &Value,
    fields: &FieldSet,
    limits: &Limits,
) -> Result<Value, StructuredError> {
    let there = owned(schema, value, limits)?;
    let keys = fields.paths().into_iter().filter(|path| there.contains(path)).flat_map(|path| keys_on(&path));
    extract(schema, value, &fields.union(&keys.collect()), limits)
}

/// Gives the key fields of all items on the way to a field.
fn keys_on(path: &FieldPath) -> Vec<FieldPath> {
    let mut found = Vec::new();
    for (at, step) in path.segments().iter().enumerate() {
        if let Segment::Key(keys) = step {
            let item = &path.segments()[..=at];
            found.extend(keys.iter().map(|(name, _)| FieldPath::new(item.to_vec()).field(name.clone())));
        }
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Take {
    Remove,
    Extract,
}

impl Take {
    /// Gives what is left of a value; `None` for nothing.
    fn left(self, schema: SchemaRef<'_>, value: &Value, fields: &FieldSet) -> Option<Value> {
        let whole = || (self == Self::Extract).then(|| value.clone());
        match (type_of(schema, value), value) {
            (Type::Scalar(_), _) => Some(value.clone()),
            (Type::Map, Value::Map(map)) if map.is_empty() || schema.is_atomic() => whole(),
            (Type::Map, Value::Map(map)) => self.left_of_map(schema, map, fields),
            (Type::List, Value::List(items))
                if items.is_empty() || *schema.list_kind() == ListKind::Atomic =>
            {
                whole()
            }
            (Type::List, Value::List(items)) => self.left_of_list(schema, items, fields),
            (Type::Map | Type::List, _) => None,
        }
    }

    fn left_of_map(self, schema: SchemaRef<'_>, map: &Map, fields: &FieldSet) -> Option<Value> {
        let left = |(name, value): (&windlass_core::Text, &Value)| {
            let schema = schema.field(name);
            let left = match (self, fields.step(&Segment::Field(name.clone()))) {
                (Self::Remove, (true, _)) => None,
                (Self::Remove, (false, None)) => Some(value.clone()),
                (Self::Extract, (true, _)) => Some(self.left(schema, value, fields).unwrap_or_default()),
                (Self::Extract, (false, None)) => None,
                (_, (false, Some(below))) => Some(self.left(schema, value, below).unwrap_or_default()),
            };
            left.map(|left| (name.clone(), left))
        };
        let left: Map = map.iter().filter_map(left).collect();
        (!left.is_empty()).then(|| left.into())
    }

    fn left_of_list(self, schema: SchemaRef<'_>, items: &[Value], fields: &FieldSet) -> Option<Value> {
        let left = |item: &Value| {
            let found = step_to(schema, item).map_or((false, None), |step| fields.step(&step));
            match (self, found) {
                (Self::Remove, (true, _)) | (Self::Extract, (false, None)) => None,
                (Self::Remove, (false, None)) | (Self::Extract, (true, None)) => Some(item.clone()),
                (_, (_, Some(below))) => Some(self.left(schema.item(), item, below).unwrap_or_default()),
            }
        };
        let left: Vec<Value> = items.iter().filter_map(left).collect();
        (!left.is_empty()).then(|| left.into())
    }
}
