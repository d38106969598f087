//! Which fields differ between two values.

use std::collections::BTreeMap;

use windlass_core::{Limits, Map, Segment, Value};

use super::order::{Step, same};
use super::walk::{Type, Types, Walk};
use super::{FieldSet, StructuredError};
use crate::{ListKind, SchemaRef};

/// The fields that differ between two values. No field is in two of the sets.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Comparison {
    /// Fields that only the first value has.
    pub removed: FieldSet,
    /// Fields that both have, with other values.
    pub modified: FieldSet,
    /// Fields that only the second value has.
    pub added: FieldSet,
}

impl Comparison {
    /// Says whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.modified.is_empty() && self.added.is_empty()
    }

    /// Leaves out fields and all below them.
    #[must_use]
    pub fn without(&self, fields: &FieldSet) -> Self {
        Self {
            removed: self.removed.without(fields),
            modified: self.modified.without(fields),
            added: self.added.without(fields),
        }
    }
}

/// Compares two values field by field. Numbers are equal by what they are worth, items are compared by key whatever their
/// place, and what is atomic is one field.
///
/// # Errors
/// [`StructuredError`] where items cannot be told apart, or neither value has the type of the schema.
pub fn compare(
    schema: SchemaRef<'_>,
    before: &Value,
    after: &Value,
    limits: &Limits,
) -> Result<Comparison, StructuredError> {
    let mut walk = Walk::begin(limits, &[before, after])?;
    let found = differences(schema, Some(before), Some(after), &mut walk);
    walk.end(found.below)
}

/// What differs: whether the place itself does, and what does below it.
#[derive(Default)]
struct Found {
    here: Here,
    below: Comparison,
}

/// Whether a place itself is in the sets.
#[derive(Default, Clone, Copy)]
struct Here {
    removed: bool,
    modified: bool,
    added: bool,
}

impl Found {
    fn and(self, other: Self) -> Self {
        Self {
            here: Here {
                removed: self.here.removed || other.here.removed,
                modified: self.here.modified || other.here.modified,
                added: self.here.added || other.here.added,
            },
            below: Comparison {
                removed: self.below.removed.union(&other.below.removed),
                modified: self.below.modified.union(&other.below.modified),
                added: self.below.added.union(&other.below.added),
            },
        }
    }

    fn of_steps(steps: Vec<(Segment, Self)>) -> Comparison {
        let mut sets: [Vec<(Segment, bool, FieldSet)>; 3] = Default::default();
        for (step, Self { here, below }) in steps {
            let sides =
                [(here.removed, below.removed), (here.modified, below.modified), (here.added, below.added)];
            for (set, (member, below)) in sets.iter_mut().zip(sides) {
                if member || !below.is_empty() {
                    set.push((step.clone(), member, below));
                }
            }
        }
        let [removed, modified, added] = sets.map(FieldSet::of_steps);
        Comparison { removed, modified, added }
    }
}

fn differences(
    schema: SchemaRef<'_>,
    before: Option<&Value>,
    after: Option<&Value>,
    walk: &mut Walk<'_>,
) -> Found {
    let types = Types::of(schema);
    let (was, is) = (types.narrowed(before), types.narrowed(after));
    if after.is_none() {
        typed(schema, was.first(), before, after, walk)
    } else if before.is_none() || was == is {
        typed(schema, is.first(), before, after, walk)
    } else {
        let gone = parts(schema, was.first(), before, after, walk).unwrap_or_else(|| leaf(before, after));
        gone.and(typed(schema, is.first(), before, after, walk))
    }
}

/// Compares two values of a type. What has parts is itself removed or added where one side has nothing at all.
fn typed(
    schema: SchemaRef<'_>,
    of: Type,
    before: Option<&Value>,
    after: Option<&Value>,
    walk: &mut Walk<'_>,
) -> Found {
    match parts(schema, of, before, after, walk) {
        Some(mut found) => {
            found.here.added |= before.is_none();
            found.here.removed |= before.is_some() && after.is_none();
            found
        }
        None => leaf(before, after),
    }
}

fn leaf(before: Option<&Value>, after: Option<&Value>) -> Found {
    let here = match (before, after) {
        (None, _) => Here { added: true, ..Here::default() },
        (_, None) => Here { removed: true, ..Here::default() },
        (Some(before), Some(after)) => Here { modified: !same(before, after), ..Here::default() },
    };
    Found { here, ..Found::default() }
}

/// Compares the parts of two values of a type; `None` where the whole is one field. Maps and lists of which both are empty
/// are one field, so that null differs from them.
fn parts(
    schema: SchemaRef<'_>,
    of: Type,
    before: Option<&Value>,
    after: Option<&Value>,
    walk: &mut Walk<'_>,
) -> Option<Found> {
    match of {
        Type::Scalar(scalar) => {
            walk.check_scalars(scalar, before, after);
            None
        }
        Type::Map => {
            let [before, after] = [before, after].map(|side| side.and_then(Value::as_map));
            let empty = |side: Option<&Map>| side.is_none_or(Map::is_empty);
            if schema.is_atomic() || empty(before) && empty(after) {
                return None;
            }
            Some(Found { below: maps(schema, before, after, walk), ..Found::default() })
        }
        Type::List => {
            let [before, after] =
                [before, after].map(|side| side.and_then(Value::as_list).unwrap_or_default());
            if *schema.list_kind() == ListKind::Atomic || before.is_empty() && after.is_empty() {
                return None;
            }
            Some(Found { below: lists(schema, before, after, walk), ..Found::default() })
        }
    }
}

fn maps(schema: SchemaRef<'_>, before: Option<&Map>, after: Option<&Map>, walk: &mut Walk<'_>) -> Comparison {
    let mut steps = Vec::new();
    for (name, before, after) in super::zip::fields(before, after) {
        let step = Segment::Field(name.clone());
        let found = walk.at(step.clone(), |walk| differences(schema.field(name), before, after, walk));
        steps.push((step, found));
    }
    Found::of_steps(steps)
}

fn lists(schema: SchemaRef<'_>, before: &[Value], after: &[Value], walk: &mut Walk<'_>) -> Comparison {
    let (before, after) = (walk.steps(schema, before), walk.steps(schema, after));
    let mut sides: BTreeMap<Step<'_>, [Vec<&Value>; 2]> = BTreeMap::new();
    for (side, steps) in [&before, &after].into_iter().enumerate() {
        for (step, item) in steps {
            sides.entry(Step(step)).or_default()[side].push(item);
        }
    }
    let mut steps = Vec::with_capacity(sides.len());
    for (Step(step), [before, after]) in sides {
        let found = walk.at(step.clone(), |walk| items(schema.item(), &before, &after, walk));
        steps.push((step.clone(), found));
    }
    Found::of_steps(steps)
}

/// Compares the items with one key. Several of them are one field.
fn items(schema: SchemaRef<'_>, before: &[&Value], after: &[&Value], walk: &mut Walk<'_>) -> Found {
    let here = |here: Here| Found { here, ..Found::default() };
    match (before, after) {
        ([_, _, ..], [_, _, ..]) => {
            let equal = before.len() == after.len()
                && before.iter().zip(after).all(|(before, after)| same(before, after));
            here(Here { modified: !equal, ..Here::default() })
        }
        ([_, _, ..], after) => {
            let added = after.first().map(|after| differences(schema, None, Some(after), walk));
            added.unwrap_or_default().and(here(Here { removed: true, ..Here::default() }))
        }
        (before, [_, _, ..]) => {
            let removed = before.first().map(|before| differences(schema, Some(before), None, walk));
            removed.unwrap_or_default().and(here(Here { added: true, ..Here::default() }))
        }
        (before, after) => differences(schema, before.first().copied(), after.first().copied(), walk),
    }
}
