//! Comparisons by Go's rules: types have to fit.

use super::{
    args::{fail, value},
    table::Function,
};
use crate::template::{
    Param, Shape, Value,
    failure::{Failure, Run},
    fmt::{shown, sprintf},
    shared::Shared,
    text::lossy,
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("eq", &[Param::Reflect, Param::Reflect], |_, args| equal_any(args).map(Value::Bool)),
    Function::new("ne", &[Param::Reflect, Param::Reflect], |_, args| Ok(Value::Bool(!equal_any(args)?))),
    Function::new("lt", &[Param::Reflect, Param::Reflect], |_, args| less(args).map(Value::Bool)),
    Function::new("le", &[Param::Reflect, Param::Reflect], |_, args| less_or_equal(args).map(Value::Bool)),
    Function::new("gt", &[Param::Reflect, Param::Reflect], |_, args| Ok(Value::Bool(!less_or_equal(args)?))),
    Function::new("ge", &[Param::Reflect, Param::Reflect], greater_or_equal),
];

fn greater_or_equal(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    Ok(Value::Bool(!less(args)?))
}

/// A value by the kinds that Go compares.
enum Basic<'v> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Complex(f64, f64),
    Text(&'v [u8]),
    /// Anything else: maps, lists, structs, nothing.
    Other,
}

impl Basic<'_> {
    fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Int(_) => 1,
            Self::Uint(_) => 2,
            Self::Float(_) => 3,
            Self::Complex(..) => 4,
            Self::Text(_) => 5,
            Self::Other => 6,
        }
    }
}

fn basic(value: &Value) -> Basic<'_> {
    match value {
        Value::Bool(truth) => Basic::Bool(*truth),
        Value::Int(number) | Value::Int64(number) | Value::Duration(number) => Basic::Int(*number),
        Value::Uint8(number) => Basic::Uint((*number).into()),
        Value::Uint64(number) => Basic::Uint(*number),
        Value::Float(number) => Basic::Float(*number),
        Value::Complex(real, imaginary) => Basic::Complex(*real, *imaginary),
        Value::Text(text) => Basic::Text(text),
        _ => Basic::Other,
    }
}

/// A number under a type name as the number.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(object) => match object.shape() {
            Shape::Scalar(value) => value,
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

fn incompatible<T>(one: &Value, other: &Value) -> Run<T> {
    fail(format!("incompatible types for comparison: {} and {}", one.type_name(), other.type_name()))
}

/// Whether the first equals any of the others.
fn equal_any(args: &[Value]) -> Run<bool> {
    let first = value(args, 0);
    if args.len() < 2 {
        return fail("missing argument for comparison");
    }
    for other in &args[1..] {
        if equal(first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equal(one: &Value, other: &Value) -> Run<bool> {
    let (plain_one, plain_other) = (plain(one), plain(other));
    Ok(match (basic(&plain_one), basic(&plain_other)) {
        (Basic::Bool(a), Basic::Bool(b)) => a == b,
        (Basic::Int(a), Basic::Int(b)) => a == b,
        (Basic::Uint(a), Basic::Uint(b)) => a == b,
        (Basic::Float(a), Basic::Float(b)) => a == b,
        (Basic::Complex(a, b), Basic::Complex(c, d)) => a == c && b == d,
        (Basic::Text(a), Basic::Text(b)) => a == b,
        (Basic::Int(a), Basic::Uint(b)) | (Basic::Uint(b), Basic::Int(a)) => u64::try_from(a) == Ok(b),
        (Basic::Other, Basic::Other) => return equal_other(one, other),
        _ if one.is_nil() || other.is_nil() => false,
        _ => return incompatible(one, other),
    })
}

fn is_nil(value: &Value) -> bool {
    match value {
        Value::Nil | Value::Null => true,
        Value::List(list) => list.is_nil(),
        _ => false,
    }
}

/// A value as `%s` prints it.
fn as_text(value: &Value) -> Run<Vec<u8>> {
    sprintf(b"%s", std::slice::from_ref(value), usize::MAX)
}

fn equal_other(one: &Value, other: &Value) -> Run<bool> {
    let same_kind = one.kind_name() == other.kind_name() || one.is_nil() || other.is_nil();
    if !same_kind {
        let text = as_text(one)?;
        let (a, b) = (one.type_name(), other.type_name());
        return fail(format!("non-comparable types {}: {a}, {b}: {}", lossy(&text), shown(other)));
    }
    if is_nil(one) || is_nil(other) {
        return Ok(is_nil(one) == is_nil(other));
    }
    match (one, other) {
        (Value::Time(a), Value::Time(b)) => Ok(a == b),
        (_, Value::Object(b)) if matches!(b.shape(), Shape::Struct(_) | Shape::Pointer(_)) => {
            Ok(matches!(one, Value::Object(a) if std::rc::Rc::ptr_eq(a, b)))
        }
        _ => {
            let text = as_text(other)?;
            fail(format!("non-comparable type {}: {}", lossy(&text), other.type_name()))
        }
    }
}

const BAD_TYPE: &str = "invalid type for comparison";

fn less(args: &[Value]) -> Run<bool> {
    let (one, other) = (value(args, 0), value(args, 1));
    let (plain_one, plain_other) = (plain(one), plain(other));
    let (a, b) = (basic(&plain_one), basic(&plain_other));
    if matches!(a, Basic::Other) || matches!(b, Basic::Other) {
        return Err(Failure::message(BAD_TYPE));
    }
    Ok(match (&a, &b) {
        (Basic::Int(a), Basic::Int(b)) => a < b,
        (Basic::Uint(a), Basic::Uint(b)) => a < b,
        (Basic::Float(a), Basic::Float(b)) => a < b,
        (Basic::Text(a), Basic::Text(b)) => a < b,
        (Basic::Int(a), Basic::Uint(b)) => u64::try_from(*a).map_or(true, |a| a < *b),
        (Basic::Uint(a), Basic::Int(b)) => u64::try_from(*b).is_ok_and(|b| *a < b),
        _ if a.rank() == b.rank() => return fail(BAD_TYPE),
        _ => return incompatible(one, other),
    })
}

fn less_or_equal(args: &[Value]) -> Run<bool> {
    Ok(less(args)? || equal(value(args, 0), value(args, 1))?)
}
