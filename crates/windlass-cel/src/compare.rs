//! Which values are equal, and which is less.

use std::cmp::Ordering;

use crate::Value;

/// Two to the 63rd power: the first number of floating point that no `int` holds.
const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;

/// Values are equal whatever the spelling of their numbers; of different kinds, they are not.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Bytes(one), Self::Bytes(other)) => one == other,
            (Self::List(one), Self::List(other)) => one == other,
            (Self::Map(one), Self::Map(other)) => one == other,
            (Self::Optional(one), Self::Optional(other)) => one == other,
            (Self::Type(one), Self::Type(other)) => one == other,
            (one, other) => numbers(one, other) == Some(Ordering::Equal),
        }
    }
}

/// How two values compare, if they have an order.
pub(crate) fn order(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
        (Value::Text(one), Value::Text(other)) => Some(one.cmp(other)),
        (Value::Bytes(one), Value::Bytes(other)) => Some(one.cmp(other)),
        (one, other) => numbers(one, other),
    }
}

/// Whether two values are of kinds that have an order, even if these two have none, as a number and NaN.
pub(crate) fn have_order(one: &Value, other: &Value) -> bool {
    let number = |value: &Value| matches!(value, Value::Int(_) | Value::Uint(_) | Value::Double(_));
    order(one, other).is_some() || number(one) && number(other)
}

fn numbers(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => Some(one.cmp(other)),
        (Value::Uint(one), Value::Uint(other)) => Some(one.cmp(other)),
        (Value::Int(one), Value::Uint(other)) => Some(i128::from(*one).cmp(&i128::from(*other))),
        (Value::Uint(one), Value::Int(other)) => Some(i128::from(*one).cmp(&i128::from(*other))),
        (Value::Double(one), Value::Double(other)) => one.partial_cmp(other),
        (Value::Double(one), Value::Int(other)) => with_whole(*one, i128::from(*other)),
        (Value::Double(one), Value::Uint(other)) => with_whole(*one, i128::from(*other)),
        (Value::Int(one), Value::Double(other)) => {
            with_whole(*other, i128::from(*one)).map(Ordering::reverse)
        }
        (Value::Uint(one), Value::Double(other)) => {
            with_whole(*other, i128::from(*one)).map(Ordering::reverse)
        }
        _ => None,
    }
}

/// Compares without rounding the whole number.
fn with_whole(one: f64, other: i128) -> Option<Ordering> {
    if one.is_nan() {
        return None;
    }
    // A cast of what is too large gives the largest, which is larger than any number of 64 bits.
    #[allow(clippy::cast_possible_truncation, reason = "saturates, and the fraction decides below")]
    let floor = one.floor() as i128;
    Some(floor.cmp(&other).then(if one > one.floor() { Ordering::Greater } else { Ordering::Equal }))
}

/// The whole number that a number of floating point is.
pub(crate) fn whole(value: f64) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
    let cast = value as i64;
    (value.fract() == 0.0 && (-TOO_LARGE..TOO_LARGE).contains(&value)).then_some(cast)
}
