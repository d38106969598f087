//! Which fields a value sets.

use std::collections::BTreeMap;

use windlass_core::{Limits, Map, Segment, Value};

use super::order::Step;
use super::walk::{Type, Walk, step_to, type_of};
use super::{FieldSet, StructuredError};
use crate::{ListKind, SchemaRef};

/// Gives the fields that a value sets: what a manager owns who applies it.
///
/// Scalars, whatever is atomic, and items are fields; so are maps without fields, and each entry of a map with free keys. A
/// struct is not: it is there through its fields. Of several items with one key only the item is a field, not what it holds.
///
/// ```
/// use windlass_core::{Limits, Value};
/// use windlass_diff::{SchemaRef, structured::owned};
/// let value: Value = serde_json::from_str(r#"{"spec": {"replicas": 3, "args": ["a", "b"]}}"#)?;
/// let fields = owned(SchemaRef::any(), &value, &Limits::default())?;
/// assert_eq!(fields.to_string(), r#"{"f:spec":{".":{},"f:args":{},"f:replicas":{}}}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`StructuredError`] for a value that is too deep. What does not fit the schema is left out.
pub fn owned(schema: SchemaRef<'_>, value: &Value, limits: &Limits) -> Result<FieldSet, StructuredError> {
    let walk = Walk::begin(limits, &[value])?;
    walk.end(fields(schema, value).1)
}

/// Says whether a value is a field itself, and gives those below it.
pub(super) fn fields(schema: SchemaRef<'_>, value: &Value) -> (bool, FieldSet) {
    match (type_of(schema, value), value) {
        (Type::Scalar(_), _) => (true, FieldSet::new()),
        (Type::Map, _) if schema.is_atomic() => (true, FieldSet::new()),
        (Type::Map, Value::Map(map)) => (false, map_fields(schema, map)),
        (Type::List, _) if *schema.list_kind() == ListKind::Atomic => (true, FieldSet::new()),
        (Type::List, Value::List(items)) => (false, item_fields(schema, items)),
        (Type::Map | Type::List, _) => (false, FieldSet::new()),
    }
}

fn map_fields(schema: SchemaRef<'_>, map: &Map) -> FieldSet {
    let field = |(name, value): (&windlass_core::Text, &Value)| {
        let (member, below) = fields(schema.field(name), value);
        let empty = value.is_null() || value.as_map().is_some_and(Map::is_empty);
        (Segment::Field(name.clone()), member || empty || !schema.declares(name), below)
    };
    FieldSet::of_steps(map.iter().map(field).collect())
}

fn item_fields(schema: SchemaRef<'_>, items: &[Value]) -> FieldSet {
    let steps: Vec<(Segment, &Value)> =
        items.iter().filter_map(|item| Some((step_to(schema, item).ok()?, item))).collect();
    let mut times: BTreeMap<Step<'_>, usize> = BTreeMap::new();
    for (step, _) in &steps {
        *times.entry(Step(step)).or_default() += 1;
    }
    let item = |(step, item): &(Segment, &Value)| {
        let once = times.get(&Step(step)) == Some(&1);
        let below = if once { fields(schema.item(), item).1 } else { FieldSet::new() };
        (step.clone(), true, below)
    };
    FieldSet::of_steps(steps.iter().map(item).collect())
}
