//! Arguments, which were checked against the parameters before the call.

use crate::template::{
    Map, Text, Time, Value,
    failure::{Failure, Run},
    text::lossy,
};
use std::borrow::Cow;

pub(super) fn bytes(args: &[Value], at: usize) -> &[u8] {
    match args.get(at) {
        Some(Value::Text(text)) => text,
        _ => b"",
    }
}

pub(super) fn text(args: &[Value], at: usize) -> Cow<'_, str> {
    lossy(bytes(args, at))
}

/// A text as it was given: the same value.
pub(super) fn shared_text(args: &[Value], at: usize) -> Text {
    match args.get(at) {
        Some(Value::Text(text)) => text.clone(),
        _ => Text::from(""),
    }
}

pub(super) fn int(args: &[Value], at: usize) -> i64 {
    match args.get(at) {
        Some(Value::Int(number)) => *number,
        _ => 0,
    }
}

pub(super) fn truth(args: &[Value], at: usize) -> bool {
    matches!(args.get(at), Some(Value::Bool(true)))
}

pub(super) fn value(args: &[Value], at: usize) -> &Value {
    args.get(at).unwrap_or(&Value::Nil)
}

/// A map, or nothing for a nil one.
pub(super) fn map(args: &[Value], at: usize) -> Option<&Map> {
    match args.get(at) {
        Some(Value::Map(map)) => Some(map),
        _ => None,
    }
}

pub(super) fn time(args: &[Value], at: usize) -> Time {
    match args.get(at) {
        Some(Value::Time(time)) => **time,
        _ => Time::ZERO,
    }
}

/// A failure with this text.
pub(super) fn fail<T>(text: impl Into<String>) -> Run<T> {
    Err(Failure::message(text))
}

/// Go's text for a nil that something was asked of.
pub(super) const NIL_POINTER: &str = "runtime error: invalid memory address or nil pointer dereference";
