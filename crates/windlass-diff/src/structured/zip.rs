//! Two maps at once.

use std::cmp::Ordering;

use windlass_core::{Map, Text, Value};

/// Gives the fields of two maps by name, with what each map has there.
pub(super) fn fields<'v>(
    one: Option<&'v Map>,
    other: Option<&'v Map>,
) -> impl Iterator<Item = (&'v Text, Option<&'v Value>, Option<&'v Value>)> {
    let mut ones = one.into_iter().flat_map(Map::iter).peekable();
    let mut others = other.into_iter().flat_map(Map::iter).peekable();
    std::iter::from_fn(move || {
        let order = match (ones.peek(), others.peek()) {
            (Some((one, _)), Some((other, _))) => one.as_str().cmp(other.as_str()),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let one = if order.is_le() { ones.next() } else { None };
        let other = if order.is_ge() { others.next() } else { None };
        let name = one.or(other)?.0;
        Some((name, one.map(|(_, value)| value), other.map(|(_, value)| value)))
    })
}
