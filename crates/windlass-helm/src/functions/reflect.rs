//! Types and kinds of values, and deep equality.

use std::borrow::Cow;

use super::{
    args::{bytes, value},
    table::Function,
};
use crate::template::{
    Param, Value,
    failure::{Failure, Run},
    value::{VALUE_DEPTH_MAX, VALUES_MAX},
};

const TYPED: &[Param] = &[Param::Text, Param::Any];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("typeOf", &[Param::Any], |_, args| Ok(type_of(args, 0).into_owned().into())),
    Function::new("typeIs", TYPED, |_, args| Ok(Value::Bool(bytes(args, 0) == type_of(args, 1).as_bytes()))),
    Function::new("typeIsLike", TYPED, |_, args| {
        let (target, name) = (bytes(args, 0), type_of(args, 1));
        let name = name.as_bytes();
        Ok(Value::Bool(target == name || name.strip_prefix(b"*") == Some(target)))
    }),
    Function::new("kindOf", &[Param::Any], |_, args| Ok(value(args, 0).kind_name().into())),
    Function::new("kindIs", TYPED, |_, args| {
        Ok(Value::Bool(bytes(args, 0) == value(args, 1).kind_name().as_bytes()))
    }),
    Function::new("deepEqual", &[Param::Any, Param::Any], |_, args| {
        deep_equal(value(args, 0), value(args, 1)).map(Value::Bool)
    }),
];

fn type_of(args: &[Value], at: usize) -> Cow<'_, str> {
    match value(args, at) {
        Value::Nil | Value::Null => "<nil>".into(),
        other => other.type_name(),
    }
}

/// Go's `reflect.DeepEqual`: the types have to be the same.
pub(super) fn deep_equal(one: &Value, other: &Value) -> Run<bool> {
    equal(one, other, 0, &mut 0)
}

fn equal(one: &Value, other: &Value, depth: usize, seen: &mut usize) -> Run<bool> {
    *seen += 1;
    if depth > VALUE_DEPTH_MAX || *seen > VALUES_MAX {
        return Err(Failure::too_much());
    }
    Ok(match (one, other) {
        (Value::Nil | Value::Null, Value::Nil | Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b))
        | (Value::Int64(a), Value::Int64(b))
        | (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Uint8(a), Value::Uint8(b)) => a == b,
        (Value::Uint64(a), Value::Uint64(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Complex(a, b), Value::Complex(c, d)) => a == c && b == d,
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::Time(a), Value::Time(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            if a.element() != b.element() || a.is_nil() != b.is_nil() || a.len() != b.len() {
                return Ok(false);
            }
            if a.same(b) {
                return Ok(true);
            }
            all_equal(a.items().iter().zip(b.items().iter()), depth, seen)?
        }
        (Value::Map(a), Value::Map(b)) => {
            if a.kind() != b.kind() || a.is_nil() != b.is_nil() || a.len() != b.len() {
                return Ok(false);
            }
            if a.same(b) {
                return Ok(true);
            }
            let (a, b) = (a.entries(), b.entries());
            if a.iter().zip(&b).any(|((key, _), (other, _))| key != other) {
                return Ok(false);
            }
            all_equal(a.iter().zip(&b).map(|((_, value), (_, other))| (value, other)), depth, seen)?
        }
        (Value::Object(a), Value::Object(b)) => {
            a.type_name() == b.type_name() && equal(&a.json(), &b.json(), depth + 1, seen)?
        }
        _ => false,
    })
}

fn all_equal<'v>(
    pairs: impl Iterator<Item = (&'v Value, &'v Value)>,
    depth: usize,
    seen: &mut usize,
) -> Run<bool> {
    for (one, other) in pairs {
        if !equal(one, other, depth + 1, seen)? {
            return Ok(false);
        }
    }
    Ok(true)
}
