//! Does a value have the types of its schema?

use std::collections::BTreeSet;

use windlass_core::{Limits, Map, Segment, Value};

use super::order::Step;
use super::walk::{Type, Walk, expected, type_of};
use super::{StructuredError, StructuredProblem};
use crate::{ListKind, SchemaRef};

/// What a value may have that nobody applies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lenience {
    /// Several items with one key, as an object in storage may have them.
    pub repeated: bool,
    /// Fields that the schema does not have, for a schema that does not know all.
    pub undeclared: bool,
}

impl Lenience {
    /// Allows several items with one key.
    #[must_use]
    pub const fn with_repeated(mut self) -> Self {
        self.repeated = true;
        self
    }

    /// Allows fields that the schema does not have.
    #[must_use]
    pub const fn with_undeclared(mut self) -> Self {
        self.undeclared = true;
        self
    }
}

/// Checks that a value has the types of its schema, that the items of its lists can be told apart, and that it has no other
/// fields than the schema. Null is fine everywhere but as an item of a list that has keys or is a set.
///
/// # Errors
/// [`StructuredError`] with all that is wrong.
pub fn validate(
    schema: SchemaRef<'_>,
    value: &Value,
    lenience: Lenience,
    limits: &Limits,
) -> Result<(), StructuredError> {
    let mut walk = Walk::begin(limits, &[value])?;
    check(schema, value, lenience, &mut walk);
    walk.end(())
}

fn check(schema: SchemaRef<'_>, value: &Value, lenience: Lenience, walk: &mut Walk<'_>) {
    match (type_of(schema, value), value) {
        (Type::Map | Type::List, Value::Null) => {}
        (Type::Map, Value::Map(map)) => check_map(schema, map, lenience, walk),
        (Type::List, Value::List(items)) => check_list(schema, items, lenience, walk),
        (Type::Map, _) => wrong(value, "map", walk),
        (Type::List, _) => wrong(value, "list", walk),
        (Type::Scalar(scalar), _) => {
            if let Some(expected) = expected(scalar, value) {
                wrong(value, expected, walk);
            }
        }
    }
}

fn wrong(value: &Value, expected: &'static str, walk: &mut Walk<'_>) {
    walk.report(|path| StructuredProblem::WrongType { path, expected, found: value.type_name() });
}

fn check_map(schema: SchemaRef<'_>, map: &Map, lenience: Lenience, walk: &mut Walk<'_>) {
    for (name, value) in map.iter() {
        walk.at(Segment::Field(name.clone()), |walk| {
            if schema.allows(name) {
                check(schema.field(name), value, lenience, walk);
            } else if !lenience.undeclared {
                walk.report(|path| StructuredProblem::Undeclared { path });
            }
        });
    }
}

fn check_list(schema: SchemaRef<'_>, items: &[Value], lenience: Lenience, walk: &mut Walk<'_>) {
    if *schema.list_kind() == ListKind::Atomic {
        for (place, item) in items.iter().enumerate() {
            walk.at(Segment::Index(place), |walk| check(schema.item(), item, lenience, walk));
        }
        return;
    }
    let steps = walk.steps(schema, items);
    let mut seen = BTreeSet::new();
    for (step, item) in &steps {
        walk.at(step.clone(), |walk| {
            if !seen.insert(Step(step)) && !lenience.repeated {
                walk.report(|path| StructuredProblem::Repeated { path });
            }
            check(schema.item(), item, lenience, walk);
        });
    }
}
