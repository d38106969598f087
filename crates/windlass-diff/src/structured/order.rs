//! The order of steps and values, which is also their equality here: `1` and `1.0` are one key.

use std::cmp::Ordering;

use windlass_core::{Map, Segment, Value};

/// A step that sorts as an API server sorts it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'s>(pub(super) &'s Segment);

impl PartialEq for Step<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Step<'_> {}

impl PartialOrd for Step<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Step<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        steps(self.0, other.0)
    }
}

/// Orders two steps: fields by name, then items with keys, then items of sets, then places.
pub(super) fn steps(one: &Segment, other: &Segment) -> Ordering {
    match (one, other) {
        (Segment::Field(one), Segment::Field(other)) => one.as_str().cmp(other.as_str()),
        (Segment::Key(one), Segment::Key(other)) => {
            let pair = |((name, value), (other_name, other)): (&(_, _), &(_, _))| {
                let name: &windlass_core::Text = name;
                name.cmp(other_name).then_with(|| values(value, other))
            };
            one.iter()
                .zip(other)
                .map(pair)
                .find(|order| order.is_ne())
                .unwrap_or_else(|| one.len().cmp(&other.len()))
        }
        (Segment::Item(one), Segment::Item(other)) => values(one, other),
        (Segment::Index(one), Segment::Index(other)) => one.cmp(other),
        _ => step_rank(one).cmp(&step_rank(other)),
    }
}

const fn step_rank(step: &Segment) -> u8 {
    match step {
        Segment::Field(_) => 0,
        Segment::Key(_) => 1,
        Segment::Item(_) => 2,
        _ => 3,
    }
}

/// Orders two values of any type; numbers by what they are worth.
pub(super) fn values(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => one.cmp(other),
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            number(one).partial_cmp(&number(other)).unwrap_or(Ordering::Equal)
        }
        (Value::Text(one), Value::Text(other)) => one.as_str().cmp(other.as_str()),
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        (Value::List(one), Value::List(other)) => {
            let pairs = one.iter().zip(other).map(|(one, other)| values(one, other));
            first_difference(pairs).unwrap_or_else(|| one.len().cmp(&other.len()))
        }
        (Value::Map(one), Value::Map(other)) => maps(one, other),
        _ => value_rank(one).cmp(&value_rank(other)),
    }
}

fn maps(one: &Map, other: &Map) -> Ordering {
    let pairs = one.iter().zip(other.iter()).map(|((name, value), (other_name, other))| {
        name.as_str().cmp(other_name.as_str()).then_with(|| values(value, other))
    });
    first_difference(pairs).unwrap_or_else(|| one.len().cmp(&other.len()))
}

fn first_difference(mut orders: impl Iterator<Item = Ordering>) -> Option<Ordering> {
    orders.find(|order| order.is_ne())
}

/// Says whether two values are the same to an API server.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    values(one, other).is_eq()
}

#[allow(clippy::cast_precision_loss)] // An API server compares an integer and a float in the same way.
const fn number(value: &Value) -> f64 {
    match value {
        Value::Int(number) => *number as f64,
        Value::Float(number) => *number,
        _ => 0.0,
    }
}

const fn value_rank(value: &Value) -> u8 {
    match value {
        Value::Float(_) | Value::Int(_) => 0,
        Value::Text(_) => 1,
        Value::Bool(_) => 2,
        Value::List(_) => 3,
        Value::Map(_) => 4,
        Value::Null => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_one_whatever_their_spelling_and_before_texts() {
        assert!(same(&Value::Int(1), &Value::Float(1.0)));
        assert_eq!(values(&Value::Float(1.5), &Value::Int(2)), Ordering::Less);
        assert_eq!(values(&Value::Int(9), &"1".into()), Ordering::Less);
        assert_eq!(values(&Value::Null, &Value::Bool(true)), Ordering::Greater);
    }

    #[test]
    fn a_key_with_more_fields_is_behind_its_beginning() {
        let key =
            |names: &[&str]| Segment::Key(names.iter().map(|name| ((*name).into(), 1.into())).collect());
        assert_eq!(steps(&key(&["a"]), &key(&["a", "b"])), Ordering::Less);
        assert_eq!(steps(&Segment::Field("z".into()), &key(&["a"])), Ordering::Less);
    }
}
