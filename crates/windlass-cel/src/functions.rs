//! The functions that there are, but for those of texts.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use crate::evaluate::{Run, weight};
use crate::tree::Operator;
use crate::{Failure, Value, compare, strings};

type Found = Result<Value, Failure>;

/// Calls a function, or a method on the first of the values.
pub(crate) fn call(run: &mut Run<'_>, name: &str, values: &[Value]) -> Found {
    for value in values {
        match value {
            Value::Text(text) => run.takes_bytes(text.len())?,
            Value::Bytes(bytes) => run.takes_bytes(bytes.len())?,
            _ => {}
        }
    }
    match (name, values) {
        ("size", [of]) => size(of),
        ("type", [of]) => Ok(Value::Type(of.kind())),
        ("dyn", [of]) => Ok(of.clone()),
        ("bool" | "int" | "uint" | "double" | "string" | "bytes", [of]) => convert(name, of),
        ("sets.contains" | "sets.equivalent" | "sets.intersects", [Value::List(one), Value::List(other)]) => {
            run.takes(one.len().saturating_mul(other.iter().map(weight).sum()))?;
            let contains = |one: &[Value], other: &[Value]| other.iter().all(|item| one.contains(item));
            Ok(Value::Bool(match name {
                "sets.contains" => contains(one, other),
                "sets.equivalent" => contains(one, other) && contains(other, one),
                _ => one.iter().any(|item| other.contains(item)),
            }))
        }
        ("base64.encode", [Value::Bytes(bytes)]) => Ok(Value::from(STANDARD.encode(bytes))),
        ("base64.decode", [Value::Text(text)]) => {
            let bytes = STANDARD.decode(&**text).or_else(|_| STANDARD_NO_PAD.decode(&**text));
            bytes
                .map(|bytes| Value::Bytes(bytes.into()))
                .map_err(|_| Failure::Conversion("not base64".into()))
        }
        ("first", [Value::List(items)]) => Ok(Value::Optional(items.first().cloned().map(Arc::new))),
        ("last", [Value::List(items)]) => Ok(Value::Optional(items.last().cloned().map(Arc::new))),
        ("optional.unwrap" | "unwrapOpt", [Value::List(items)]) => {
            run.takes(items.len())?;
            let there = items.iter().filter(|item| !matches!(item, Value::Optional(None)));
            Ok(Value::list(there.map(|item| match item {
                Value::Optional(Some(inner)) => (**inner).clone(),
                other => other.clone(),
            })))
        }
        ("reverse", [Value::List(items)]) => {
            run.takes(items.len())?;
            Ok(Value::list(items.iter().rev().cloned()))
        }
        _ if name.starts_with("optional.") => optional(name, values),
        ("hasValue" | "value" | "or" | "orValue", _) => optional(name, values),
        _ => strings::call(run, name, values),
    }
}

fn optional(name: &str, values: &[Value]) -> Found {
    match (name, values) {
        ("optional.none", []) => Ok(Value::Optional(None)),
        ("optional.of", [value]) => Ok(Value::some(value.clone())),
        ("optional.ofNonZeroValue", [value]) if value.is_zero() => Ok(Value::Optional(None)),
        ("optional.ofNonZeroValue", [value]) => Ok(Value::some(value.clone())),
        ("hasValue", [Value::Optional(value)]) => Ok(Value::Bool(value.is_some())),
        ("value", [Value::Optional(value)]) => value.as_deref().cloned().ok_or(Failure::Empty),
        ("or", [this @ Value::Optional(value), other @ Value::Optional(_)]) => {
            Ok(if value.is_some() { this.clone() } else { other.clone() })
        }
        ("orValue", [Value::Optional(value), other]) => Ok(value.as_deref().unwrap_or(other).clone()),
        _ => Err(Failure::NoOverload(name.to_owned())),
    }
}

fn size(of: &Value) -> Found {
    let size = match of {
        Value::Text(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(items) => items.len(),
        Value::Map(entries) => entries.len(),
        _ => return Err(Failure::NoOverload("size".into())),
    };
    Ok(Value::Int(i64::try_from(size).unwrap_or(i64::MAX)))
}

fn convert(to: &str, of: &Value) -> Found {
    let wrong = || Failure::Conversion(format!("{} to {to}", of.kind()));
    let range = Failure::Arithmetic("integer overflow");
    match (to, of) {
        _ if to == of.kind() => Ok(of.clone()),
        ("bool", Value::Text(text)) => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => Err(wrong()),
        },
        ("int", Value::Uint(value)) => i64::try_from(*value).map(Value::Int).map_err(|_| range),
        ("int", Value::Double(value)) => compare::whole(value.trunc()).map(Value::Int).ok_or(range),
        ("int", Value::Text(text)) => text.parse().map(Value::Int).map_err(|_| wrong()),
        ("uint", Value::Int(value)) => u64::try_from(*value).map(Value::Uint).map_err(|_| range),
        ("uint", Value::Double(value)) => compare::whole(value.trunc())
            .and_then(|value| u64::try_from(value).ok())
            .map(Value::Uint)
            .ok_or(range),
        ("uint", Value::Text(text)) => text.parse().map(Value::Uint).map_err(|_| wrong()),
        #[allow(clippy::cast_precision_loss, reason = "the nearest number is what is asked for")]
        ("double", Value::Int(value)) => Ok(Value::Double(*value as f64)),
        #[allow(clippy::cast_precision_loss, reason = "the nearest number is what is asked for")]
        ("double", Value::Uint(value)) => Ok(Value::Double(*value as f64)),
        ("double", Value::Text(text)) => text.parse().map(Value::Double).map_err(|_| wrong()),
        ("string", Value::Bool(value)) => Ok(Value::from(value.to_string())),
        ("string", Value::Int(value)) => Ok(Value::from(value.to_string())),
        ("string", Value::Uint(value)) => Ok(Value::from(value.to_string())),
        ("string", Value::Double(value)) => Ok(Value::from(shown(*value))),
        ("string", Value::Bytes(bytes)) => {
            std::str::from_utf8(bytes).map(Value::from).map_err(|_| Failure::Conversion("not UTF-8".into()))
        }
        ("bytes", Value::Text(text)) => Ok(Value::Bytes(text.as_bytes().into())),
        _ => Err(Failure::NoOverload(to.to_owned())),
    }
}

/// A number of floating point as Go writes it with `%g`: in as few digits as tell it, with an exponent below -4 and from 6 on.
fn shown(value: f64) -> String {
    if value.is_nan() || value.is_infinite() {
        let infinite = if value > 0.0 { "+Inf" } else { "-Inf" };
        return if value.is_nan() { "NaN".to_owned() } else { infinite.to_owned() };
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

pub(crate) fn arithmetic(operator: Operator, left: &Value, right: &Value) -> Found {
    let zero = match operator {
        Operator::Remainder => Failure::Arithmetic("modulus by zero"),
        _ => Failure::Arithmetic("division by zero"),
    };
    let (overflow, unsigned) =
        (Failure::Arithmetic("integer overflow"), Failure::Arithmetic("unsigned integer overflow"));
    match (left, right) {
        (_, Value::Int(0)) if matches!(left, Value::Int(_)) && divides(operator) => Err(zero),
        (_, Value::Uint(0)) if matches!(left, Value::Uint(_)) && divides(operator) => Err(zero),
        (Value::Int(left), Value::Int(right)) => {
            let made = match operator {
                Operator::Add => left.checked_add(*right),
                Operator::Subtract => left.checked_sub(*right),
                Operator::Multiply => left.checked_mul(*right),
                Operator::Divide => left.checked_div(*right),
                _ => left.checked_rem(*right),
            };
            made.map(Value::Int).ok_or(overflow)
        }
        (Value::Uint(left), Value::Uint(right)) => {
            let made = match operator {
                Operator::Add => left.checked_add(*right),
                Operator::Subtract => left.checked_sub(*right),
                Operator::Multiply => left.checked_mul(*right),
                Operator::Divide => left.checked_div(*right),
                _ => left.checked_rem(*right),
            };
            made.map(Value::Uint).ok_or(unsigned)
        }
        (Value::Double(left), Value::Double(right)) => match operator {
            Operator::Add => Ok(Value::Double(left + right)),
            Operator::Subtract => Ok(Value::Double(left - right)),
            Operator::Multiply => Ok(Value::Double(left * right)),
            Operator::Divide => Ok(Value::Double(left / right)),
            _ => Err(Failure::NoOverload("%".into())),
        },
        _ => Err(Failure::NoOverload(operator.sign().to_owned())),
    }
}

const fn divides(operator: Operator) -> bool {
    matches!(operator, Operator::Divide | Operator::Remainder)
}
