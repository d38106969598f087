//! Sets of fields that were written when the schema was another.

use windlass_core::Segment;

use super::FieldSet;
use super::walk::{Type, Types, is_deduced};
use crate::{ListKind, SchemaRef};

/// Brings a set up to the schema of today: where a map or a list has become atomic, fields below it become the whole.
/// Gives `None` where nothing changes.
///
/// Where a map or a list has become granular the set stays: who owned it whole owns nothing below it.
#[must_use]
pub fn reconcile(schema: SchemaRef<'_>, fields: &FieldSet) -> Option<FieldSet> {
    match reconciled(schema, fields, false) {
        Fate::Same => None,
        // Nobody owns the object itself.
        Fate::Whole => Some(fields.clone()),
        Fate::Changed(fields) => Some(fields),
    }
}

/// What becomes of a part of a set.
enum Fate {
    Same,
    /// The place itself takes the place of all below it.
    Whole,
    Changed(FieldSet),
}

/// `whole` says that the place is a member with nothing below it.
fn reconciled(schema: SchemaRef<'_>, fields: &FieldSet, whole: bool) -> Fate {
    match Types::of(schema).first() {
        Type::Scalar(_) => Fate::Same,
        Type::Map if is_deduced(schema) => Fate::Same,
        Type::Map if schema.is_atomic() && !whole => {
            if fields.is_empty() {
                Fate::Same
            } else {
                Fate::Whole
            }
        }
        Type::Map => steps(fields, |step| match step {
            Segment::Field(name) => schema.allows(name).then(|| schema.field(name)),
            _ => None,
        }),
        Type::List if *schema.list_kind() == ListKind::Atomic && !whole => Fate::Whole,
        Type::List => steps(fields, |_| Some(schema.item())),
    }
}

/// Goes through the steps of a set. Those without a schema stay.
fn steps<'s>(fields: &FieldSet, schema: impl Fn(&Segment) -> Option<SchemaRef<'s>>) -> Fate {
    let mut changed = false;
    let mut next = Vec::new();
    for (step, member, below) in fields.steps() {
        let whole = member && below.is_empty();
        let fate = schema(step).map_or(Fate::Same, |schema| reconciled(schema, below, whole));
        changed |= !matches!(fate, Fate::Same);
        next.push(match fate {
            Fate::Same => (step.clone(), member, below.clone()),
            Fate::Whole => (step.clone(), true, FieldSet::new()),
            Fate::Changed(below) => (step.clone(), member, below),
        });
    }
    if changed { Fate::Changed(FieldSet::of_steps(next)) } else { Fate::Same }
}
