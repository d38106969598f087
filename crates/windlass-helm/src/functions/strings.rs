//! Strings: Sprig's functions on texts.

use super::{
    args::{bytes, fail, int, shared_text, text, value},
    cases,
    cast::to_text,
    codes,
    lists::texts_of,
    table::Function,
    words,
};
use crate::template::{
    List, Map, MapType, Param, Text, Value, failure::Run, fmt::text_of, quote::quote, runes::decode,
    shared::Shared,
};

const ONE: &[Param] = &[Param::Text];
const TWO: &[Param] = &[Param::Text, Param::Text];
const THREE: &[Param] = &[Param::Text, Param::Text, Param::Text];
const COUNTED: &[Param] = &[Param::Int, Param::Text];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("hello", &[], |_, _| Ok("Hello!".into())),
    Function::new("trim", ONE, |_, args| of_str(args, |text| text.trim().to_string())),
    Function::new("upper", ONE, |_, args| of_str(args, |text| text.chars().map(cases::upper).collect())),
    Function::new("lower", ONE, |_, args| of_str(args, |text| text.chars().map(cases::lower).collect())),
    Function::new("title", ONE, |_, args| of_str(args, cases::title_words)),
    Function::new("untitle", ONE, |_, args| of_str(args, untitle)),
    Function::new("swapcase", ONE, |_, args| of_str(args, cases::swap)),
    Function::new("snakecase", ONE, |_, args| of_str(args, |text| words::joined_lower(text, '_'))),
    Function::new("kebabcase", ONE, |_, args| of_str(args, |text| words::joined_lower(text, '-'))),
    Function::new("camelcase", ONE, |_, args| of_str(args, words::pascal)),
    Function::new("nospace", ONE, |_, args| Ok(without_space(bytes(args, 0)).into())),
    Function::new("initials", ONE, |_, args| Ok(initials(bytes(args, 0)).into())),
    Function::new("substr", &[Param::Int, Param::Int, Param::Text], substring),
    Function::new("trunc", COUNTED, truncated),
    Function::new("abbrev", COUNTED, |_, args| Ok(abbreviated(bytes(args, 1), 0, int(args, 0)).into())),
    Function::new("abbrevboth", &[Param::Int, Param::Int, Param::Text], abbreviated_both),
    Function::new("repeat", COUNTED, |shared, args| {
        repeated(shared, bytes(args, 1), int(args, 0)).map(Value::from)
    }),
    Function::new("trimAll", TWO, |_, args| Ok(trim_all(args))),
    Function::new("trimall", TWO, |_, args| Ok(trim_all(args))),
    Function::new("trimSuffix", TWO, |_, args| {
        Ok(match bytes(args, 1).strip_suffix(bytes(args, 0)) {
            Some(rest) => Value::Text(rest.into()),
            None => Value::Text(shared_text(args, 1)),
        })
    }),
    Function::new("trimPrefix", TWO, |_, args| {
        Ok(match bytes(args, 1).strip_prefix(bytes(args, 0)) {
            Some(rest) => Value::Text(rest.into()),
            None => Value::Text(shared_text(args, 1)),
        })
    }),
    Function::new("contains", TWO, |_, args| {
        Ok(Value::Bool(memchr::memmem::find(bytes(args, 1), bytes(args, 0)).is_some()))
    }),
    Function::new("hasPrefix", TWO, |_, args| Ok(Value::Bool(bytes(args, 1).starts_with(bytes(args, 0))))),
    Function::new("hasSuffix", TWO, |_, args| Ok(Value::Bool(bytes(args, 1).ends_with(bytes(args, 0))))),
    Function::variadic("quote", &[Param::Any], |_, args| quoted(args)),
    Function::variadic("squote", &[Param::Any], |_, args| single_quoted(args)),
    Function::variadic("cat", &[Param::Any], |_, args| joined_by_space(args)),
    Function::new("indent", COUNTED, |shared, args| indented(shared, args, b"")),
    Function::new("nindent", COUNTED, |shared, args| indented(shared, args, b"\n")),
    Function::new("replace", THREE, replaced),
    Function::new("plural", &[Param::Text, Param::Text, Param::Int], |_, args| {
        Ok(Value::Text(shared_text(args, usize::from(int(args, 2) != 1))))
    }),
    Function::new("wrap", COUNTED, |_, args| {
        Ok(words::wrapped(bytes(args, 1), int(args, 0), b"\n", false).into())
    }),
    Function::new("wrapWith", &[Param::Int, Param::Text, Param::Text], wrap_with),
    Function::new("sha1sum", ONE, |_, args| Ok(codes::sha1(bytes(args, 0)).into())),
    Function::new("sha256sum", ONE, |_, args| Ok(codes::sha256(bytes(args, 0)).into())),
    Function::new("sha512sum", ONE, |_, args| Ok(codes::sha512(bytes(args, 0)).into())),
    Function::new("adler32sum", ONE, |_, args| Ok(codes::adler32(bytes(args, 0)).into())),
    Function::new("b64enc", ONE, |_, args| Ok(codes::base64(bytes(args, 0)).into())),
    Function::new("b32enc", ONE, |_, args| Ok(codes::base32(bytes(args, 0)).into())),
    Function::new("b64dec", ONE, |_, args| Ok(decoded(codes::decode_base64(bytes(args, 0))))),
    Function::new("b32dec", ONE, |_, args| Ok(decoded(codes::decode_base32(bytes(args, 0))))),
    Function::new("toString", &[Param::Any], |_, args| Ok(to_text(value(args, 0))?.into())),
    Function::new("split", TWO, |_, args| Ok(numbered(split(bytes(args, 1), bytes(args, 0), -1)))),
    Function::new("splitn", &[Param::Text, Param::Int, Param::Text], |_, args| {
        Ok(numbered(split(bytes(args, 2), bytes(args, 0), int(args, 1))))
    }),
    Function::new("splitList", TWO, |_, args| {
        Ok(List::texts(split(bytes(args, 1), bytes(args, 0), -1)).into())
    }),
    Function::new("join", &[Param::Text, Param::Any], joined),
    Function::new("toStrings", &[Param::Any], |_, args| Ok(Value::List(texts_of(value(args, 0))?))),
];

fn of_str(args: &[Value], change: impl FnOnce(&str) -> String) -> Run<Value> {
    Ok(change(&text(args, 0)).into())
}

/// What was decoded, or the text of the error in its place.
fn decoded(result: Result<Vec<u8>, String>) -> Value {
    result.map_or_else(Value::from, Value::from)
}

/// goutils' `Uncapitalize`: the first letter of each word in lower case.
fn untitle(text: &str) -> String {
    let mut next = true;
    text.chars()
        .map(|rune| {
            if rune.is_whitespace() {
                next = true;
                return rune;
            }
            if std::mem::take(&mut next) { cases::lower(rune) } else { rune }
        })
        .collect()
}

/// Whether goutils takes a byte, which it reads as a rune, for a space.
fn is_space_byte(byte: u8) -> bool {
    char::from(byte).is_whitespace()
}

/// goutils' `DeleteWhiteSpace`, which reads bytes as runes: what is not ASCII changes once anything is deleted.
fn without_space(text: &[u8]) -> Vec<u8> {
    if !text.iter().any(|byte| is_space_byte(*byte)) {
        return text.to_vec();
    }
    let kept = text.iter().filter(|byte| !is_space_byte(**byte));
    kept.map(|byte| char::from(*byte)).collect::<String>().into_bytes()
}

/// goutils' `Initials`, which reads bytes as runes too.
fn initials(text: &[u8]) -> Vec<u8> {
    let mut after_gap = true;
    let mut out = String::new();
    for byte in text {
        if is_space_byte(*byte) {
            after_gap = true;
        } else if std::mem::take(&mut after_gap) {
            out.push(char::from(*byte));
        }
    }
    out.into_bytes()
}

fn out_of_range<T>(low: i64, high: Option<i64>, length: usize) -> Run<T> {
    match high {
        Some(high) if high < 0 => fail(format!("runtime error: slice bounds out of range [:{high}]")),
        Some(high) if high > length as i64 => {
            fail(format!("runtime error: slice bounds out of range [:{high}] with length {length}"))
        }
        _ => {
            let high = high.unwrap_or(length as i64);
            fail(format!("runtime error: slice bounds out of range [{low}:{high}]"))
        }
    }
}

fn substring(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let (start, end, source) = (int(args, 0), int(args, 1), bytes(args, 2));
    let length = source.len();
    let part = if start < 0 {
        usize::try_from(end).ok().and_then(|end| source.get(..end))
    } else if end < 0 || end > length as i64 {
        return match usize::try_from(start).ok().and_then(|start| source.get(start..)) {
            Some(part) => Ok(Value::Text(part.into())),
            None => out_of_range(start, None, length),
        };
    } else {
        usize::try_from(start)
            .ok()
            .zip(usize::try_from(end).ok())
            .and_then(|(start, end)| source.get(start..end))
    };
    match part {
        Some(part) => Ok(Value::Text(part.into())),
        None => out_of_range(start, Some(end), length),
    }
}

fn truncated(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let (count, source) = (int(args, 0), bytes(args, 1));
    let size = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    Ok(if count < 0 && source.len() > size {
        Value::Text(source[source.len() - size..].into())
    } else if count >= 0 && source.len() > size {
        Value::Text(source[..size].into())
    } else {
        Value::Text(shared_text(args, 1))
    })
}

/// goutils' `AbbreviateFull`; a width that is too small gives nothing where Go has an error.
fn abbreviated(source: &[u8], offset: i64, width: i64) -> Vec<u8> {
    if width < 4 {
        return if offset == 0 { source.to_vec() } else { Vec::new() };
    }
    let width = usize::try_from(width).unwrap_or(usize::MAX);
    let length = source.len();
    if length <= width {
        return source.to_vec();
    }
    let kept = width - 3;
    let mut offset = usize::try_from(offset).unwrap_or(0).min(length);
    if length - offset < kept {
        offset = length - kept;
    }
    if offset <= 4 {
        return [&source[..kept], b"..."].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    if offset + kept < length {
        let inner = &source[offset..];
        // goutils gives nothing for an inner width under 4, which cannot be here: the width is at least 7.
        let inner = abbreviated(inner, 0, kept as i64);
        return [b"...", inner.as_slice()].concat();
    }
    [b"...", &source[length - kept..]].concat()
}

fn abbreviated_both(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let (left, right) = (int(args, 0), int(args, 1));
    if right < 4 || left > 0 && right < 7 {
        return Ok(Value::Text(shared_text(args, 2)));
    }
    Ok(abbreviated(bytes(args, 2), left, right).into())
}

fn repeated(shared: &mut Shared<'_>, source: &[u8], count: i64) -> Run<Vec<u8>> {
    let Ok(count) = usize::try_from(count) else {
        return fail("strings: negative Repeat count");
    };
    shared.reserve(source.len().saturating_mul(count))?;
    Ok(source.repeat(count))
}

fn trim_all(args: &[Value]) -> Value {
    let (cut, source) = (text(args, 0), text(args, 1));
    let inside = |rune: char| cut.contains(rune);
    Value::from(source.trim_matches(inside))
}

fn quoted(args: &[Value]) -> Run<Value> {
    let mut out = String::new();
    for arg in args.iter().filter(|arg| !arg.is_nil()) {
        if !out.is_empty() {
            out.push(' ');
        }
        match arg {
            Value::Text(text) => out.push_str(&quote(text)),
            arg => out.push_str(&quote(&to_text(arg)?)),
        }
    }
    Ok(out.into())
}

fn single_quoted(args: &[Value]) -> Run<Value> {
    let mut out = Vec::new();
    for arg in args.iter().filter(|arg| !arg.is_nil()) {
        if !out.is_empty() {
            out.push(b' ');
        }
        out.push(b'\'');
        out.extend_from_slice(&text_of(arg)?);
        out.push(b'\'');
    }
    Ok(out.into())
}

fn joined_by_space(args: &[Value]) -> Run<Value> {
    let mut out = Vec::new();
    for (index, arg) in args.iter().filter(|arg| !arg.is_nil()).enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(&text_of(arg)?);
    }
    Ok(out.into())
}

fn indented(shared: &mut Shared<'_>, args: &[Value], before: &[u8]) -> Run<Value> {
    let source = bytes(args, 1);
    let Ok(width) = usize::try_from(int(args, 0)) else {
        return fail("strings: negative Repeat count");
    };
    let lines = 1 + memchr::memchr_iter(b'\n', source).count();
    let size = before.len() + source.len() + width.saturating_mul(lines);
    shared.reserve(size)?;
    let mut out = Vec::with_capacity(size);
    out.extend_from_slice(before);
    for (index, line) in source.split(|byte| *byte == b'\n').enumerate() {
        if index > 0 {
            out.push(b'\n');
        }
        out.resize(out.len() + width, b' ');
        out.extend_from_slice(line);
    }
    Ok(out.into())
}

fn replaced(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let (old, new, source) = (bytes(args, 0), bytes(args, 1), bytes(args, 2));
    if old == new {
        return Ok(Value::Text(shared_text(args, 2)));
    }
    let mut out = Vec::with_capacity(source.len());
    let mut rest = source;
    if old.is_empty() {
        shared.reserve(source.len().saturating_add(new.len().saturating_mul(source.len() + 1)))?;
        out.extend_from_slice(new);
        while let Some((_, width)) = decode(rest) {
            out.extend_from_slice(&rest[..width]);
            out.extend_from_slice(new);
            rest = &rest[width..];
        }
        return Ok(out.into());
    }
    let finder = memchr::memmem::Finder::new(old);
    shared
        .reserve(source.len().saturating_add(new.len().saturating_mul(finder.find_iter(source).count())))?;
    while let Some(at) = finder.find(rest) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(new);
        rest = &rest[at + old.len()..];
    }
    out.extend_from_slice(rest);
    Ok(out.into())
}

fn wrap_with(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let (separator, source) = (bytes(args, 1), bytes(args, 2));
    let separator = if separator.is_empty() { b"\n" } else { separator };
    // A break may stand at each space, and else behind each full width.
    let width = usize::try_from(int(args, 0)).unwrap_or(0).max(1);
    let breaks = memchr::memchr_iter(b' ', source).count() + source.len() / width;
    shared.reserve(source.len().saturating_add(separator.len().saturating_mul(breaks)))?;
    Ok(words::wrapped(source, int(args, 0), separator, true).into())
}

/// Go's `strings.SplitN`; a negative count is all.
pub(super) fn split(source: &[u8], separator: &[u8], count: i64) -> Vec<Text> {
    let count = match count {
        0 => return Vec::new(),
        _ => usize::try_from(count).unwrap_or(usize::MAX),
    };
    let mut parts = Vec::new();
    let mut rest = source;
    if separator.is_empty() {
        while !rest.is_empty() && parts.len() + 1 < count {
            let width = decode(rest).map_or(1, |(_, width)| width);
            parts.push(rest[..width].into());
            rest = &rest[width..];
        }
        if !rest.is_empty() {
            parts.push(rest.into());
        }
        return parts;
    }
    let finder = memchr::memmem::Finder::new(separator);
    while parts.len() + 1 < count {
        let Some(at) = finder.find(rest) else {
            break;
        };
        parts.push(rest[..at].into());
        rest = &rest[at + separator.len()..];
    }
    parts.push(rest.into());
    parts
}

/// Parts under the keys `_0`, `_1`, and so on.
fn numbered(parts: Vec<Text>) -> Value {
    let map = Map::typed(MapType::Texts);
    for (index, part) in parts.into_iter().enumerate() {
        map.set(format!("_{index}"), Value::Text(part));
    }
    map.into()
}

fn joined(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let separator = bytes(args, 0);
    let parts = texts_of(value(args, 1))?;
    let size = |part: &Value| match part {
        Value::Text(part) => part.len().saturating_add(separator.len()),
        _ => 0,
    };
    shared.reserve(parts.with(|parts| parts.iter().map(size).fold(0, usize::saturating_add)))?;
    let mut out = Vec::new();
    parts.with(|parts| {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(separator);
            }
            if let Value::Text(part) = part {
                out.extend_from_slice(part);
            }
        }
    });
    Ok(out.into())
}
