//! Go's own functions, but for comparisons.

use super::{
    args::{bytes, fail, value},
    table::{Body, Function},
};
use crate::template::{
    List, ListType, Param, Shape, Value,
    failure::Run,
    fmt::{sprint, sprintf, sprintln},
    runes::{decode, is_print},
    shared::Shared,
    truth::is_true,
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::special("and", Body::And),
    Function::special("or", Body::Or),
    Function::new("not", &[Param::Reflect], |_, args| Ok(Value::Bool(!is_true(value(args, 0))))),
    Function::new("len", &[Param::Reflect], length),
    Function::variadic("index", &[Param::Reflect, Param::Reflect], index),
    Function::special("call", Body::Call),
    Function::variadic("print", &[Param::Any], |_, args| Ok(sprint(args)?.into())),
    Function::variadic("println", &[Param::Any], |_, args| Ok(sprintln(args)?.into())),
    Function::variadic("printf", &[Param::Text, Param::Any], printf),
    Function::variadic("html", &[Param::Any], |_, args| Ok(html(&joined(args)?).into())),
    Function::variadic("js", &[Param::Any], |_, args| Ok(js(&joined(args)?).into())),
    Function::variadic("urlquery", &[Param::Any], |_, args| Ok(url_query(&joined(args)?).into())),
];

fn printf(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    Ok(sprintf(bytes(args, 0), &args[1..], shared.env.limits.output_bytes_max)?.into())
}

fn length(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let count = match value(args, 0) {
        Value::Null => return fail("len of nil pointer"),
        Value::Nil => return fail("reflect: call of reflect.Value.Type on zero Value"),
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        Value::Object(object) => match object.shape() {
            Shape::Map(map) => map.len(),
            Shape::List(list) => list.len(),
            _ => return fail(format!("len of type {}", object.type_name())),
        },
        other => return fail(format!("len of type {}", other.type_name())),
    };
    Ok(Value::Int(i64::try_from(count).unwrap_or(i64::MAX)))
}

fn index(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let mut item = value(args, 0).clone();
    if item.is_nil() {
        return fail("index of untyped nil");
    }
    for key in args.iter().skip(1) {
        item = index_once(&item, key)?;
    }
    Ok(item)
}

fn index_once(item: &Value, key: &Value) -> Run<Value> {
    match item {
        Value::Nil | Value::Null => fail("index of nil pointer"),
        Value::Map(map) => {
            let Value::Text(text) = key else {
                return bad_key(key, "string");
            };
            Ok(map.get(&**text).unwrap_or_else(|| missing(map.kind())))
        }
        Value::List(list) => {
            let at = index_in(key, list.len())?;
            match list.get(at) {
                Some(value) => Ok(value),
                None => fail(out_of_range()),
            }
        }
        Value::Text(text) => byte_at(text, key),
        Value::Bytes(bytes) => byte_at(bytes, key),
        Value::Object(object) => match object.shape() {
            Shape::Map(map) => index_once(&Value::Map(map), key),
            Shape::List(list) => index_once(&Value::List(list), key),
            _ => fail(format!("can't index item of type {}", object.type_name())),
        },
        other => fail(format!("can't index item of type {}", other.type_name())),
    }
}

/// What a map gives for a key that it has not.
fn missing(kind: crate::template::MapType) -> Value {
    match kind {
        crate::template::MapType::Texts => "".into(),
        _ => Value::Null,
    }
}

fn bad_key<T>(key: &Value, want: &str) -> Run<T> {
    match key {
        Value::Nil | Value::Null => fail(format!("value is nil; should be of type {want}")),
        key => fail(format!("value has type {}; should be {want}", key.type_name())),
    }
}

fn byte_at(bytes: &[u8], key: &Value) -> Run<Value> {
    match bytes.get(index_in(key, bytes.len())?) {
        Some(byte) => Ok(Value::Uint8(*byte)),
        None => fail(out_of_range()),
    }
}

/// Go's text where an index is the length itself.
fn out_of_range() -> &'static str {
    "reflect: slice index out of range"
}

/// An index, which may be the length itself as Go checks it.
fn index_in(key: &Value, length: usize) -> Run<usize> {
    let number = match key {
        Value::Int(number) | Value::Int64(number) | Value::Duration(number) => *number,
        Value::Uint8(number) => i64::from(*number),
        Value::Uint64(number) => *number as i64,
        Value::Nil | Value::Null => return fail("cannot index slice/array with nil"),
        other => return fail(format!("cannot index slice/array with type {}", other.type_name())),
    };
    match usize::try_from(number) {
        Ok(at) if at <= length => Ok(at),
        _ => fail(format!("index out of range: {number}")),
    }
}

/// The text that the escaping functions work on.
fn joined(args: &[Value]) -> Run<Vec<u8>> {
    if let [Value::Text(text)] = args {
        return Ok(text.to_vec());
    }
    let args: Vec<Value> =
        args.iter().map(|arg| if arg.is_nil() { Value::from("<no value>") } else { arg.clone() }).collect();
    sprint(&args)
}

fn html(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            0 => out.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            _ => out.push(*byte),
        }
    }
    out
}

fn js(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((rune, width)) = decode(rest) {
        match rune {
            '\\' => out.extend_from_slice(b"\\\\"),
            '\'' => out.extend_from_slice(b"\\'"),
            '"' => out.extend_from_slice(b"\\\""),
            '<' | '>' | '&' | '=' | '\0'..='\x1f' => {
                out.extend_from_slice(format!("\\u{:04X}", rune as u32).as_bytes())
            }
            _ if rune.is_ascii() || is_print(rune) => out.extend_from_slice(&rest[..width]),
            _ => out.extend_from_slice(format!("\\u{:04X}", rune as u32).as_bytes()),
        }
        rest = &rest[width..];
    }
    out
}

/// Go's `url.QueryEscape`.
pub(super) fn url_query(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(*byte),
            b' ' => out.push(b'+'),
            _ => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    out
}

/// Anything that is a slice for Go, as a list.
pub(super) fn slice_of(value: &Value) -> Option<List> {
    match value {
        Value::List(list) => Some(list.clone()),
        Value::Bytes(bytes) => {
            Some(List::typed(ListType::Ints, bytes.iter().map(|byte| Value::Uint8(*byte)).collect()))
        }
        Value::Object(object) => match object.shape() {
            Shape::List(list) => Some(list),
            _ => None,
        },
        _ => None,
    }
}
