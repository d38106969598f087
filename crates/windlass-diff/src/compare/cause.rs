//! The cause of one change.

use windlass_core::{Cause, Value};

use super::walk::Place;
use crate::items::Items;
use crate::{ListKind, SchemaRef, spelling};

pub(super) fn of(place: Place<'_>, spelled: bool, wanted_known: bool, held: bool) -> Cause {
    if spelled {
        return Cause::Spelling;
    }
    let wanted = if wanted_known { place.wanted } else { place.after };
    match wanted {
        Some(Value::Null) | None => without(place, wanted.is_some(), wanted_known, held),
        Some(wanted) if covers(place.schema, place.after, wanted) => {
            if place.applied.is_some_and(|applied| means(place.schema, applied, wanted)) {
                Cause::Drifted
            } else {
                Cause::Wanted
            }
        }
        Some(_) => of_the_target(held),
    }
}

/// Nothing is wanted there, or that it be gone (`explicit`).
fn without(place: Place<'_>, explicit: bool, wanted_known: bool, held: bool) -> Cause {
    let gone = place.after.is_none_or(Value::is_null);
    match place.applied {
        Some(Value::Null) if gone && explicit => Cause::Drifted,
        Some(applied) if gone && !applied.is_null() => Cause::Wanted,
        _ if gone && (explicit || !wanted_known) => Cause::Wanted,
        _ => of_the_target(held),
    }
}

const fn of_the_target(held: bool) -> Cause {
    if held { Cause::Foreign } else { Cause::Defaulted }
}

fn means<'v>(schema: SchemaRef<'v>, a: &'v Value, b: &'v Value) -> bool {
    a == b || spelling::same(schema, Some(a), Some(b))
}

/// Says whether a value has all that is wanted, whatever else it has.
fn covers<'v>(schema: SchemaRef<'v>, have: Option<&'v Value>, wanted: &'v Value) -> bool {
    match (have, wanted) {
        (Some(Value::Map(have)), Value::Map(wanted)) => wanted
            .iter()
            .filter(|(_, wanted)| !wanted.is_null())
            .all(|(name, wanted)| covers(schema.field(name), have.get(name), wanted)),
        (Some(Value::List(have)), Value::List(wanted)) if *schema.list_kind() != ListKind::Atomic => {
            let (have, wanted) = (Items::of(schema, have), Items::of(schema, wanted));
            wanted.entries.iter().all(|(key, wanted)| covers(schema.item(), have.get(key), wanted))
        }
        (Some(Value::List(have)), Value::List(wanted)) if have.len() == wanted.len() => {
            have.iter().zip(wanted).all(|(have, wanted)| covers(schema.item(), Some(have), wanted))
        }
        (Some(have), wanted) => means(schema, have, wanted),
        (None, _) => false,
    }
}
