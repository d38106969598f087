//! What a scalar means: the rules of go-yaml v2, which are those of YAML 1.1 with some of its own.

use std::borrow::Cow;

use granit_parser::Tag;
use windlass_core::{Text, Value};

use super::{number, time};
use crate::Rules;

const YAML_TAGS: &str = "tag:yaml.org,2002:";

/// What a scalar was resolved to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar<'t> {
    Null,
    Bool(bool),
    Int(i64),
    /// An integer beyond `i64` that `u64` holds.
    Unsigned(u64),
    /// May be infinite or NaN, which a key may be and a value may not.
    Float(f64),
    /// A time of version 3, as JSON writes it.
    Time(String),
    Text(Cow<'t, str>),
}

/// Why a scalar has no meaning, as the message of an error.
pub(super) type Wrong = &'static str;

/// The tags that change what a scalar means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No tag on a plain scalar.
    Any,
    /// `!!str`, quotes, `!`, and every tag that is not known here.
    Text,
    Bool,
    Int,
    Float,
    Null,
    Timestamp,
    Binary,
}

impl Kind {
    pub(super) fn of(tag: Option<&Tag>, plain: bool) -> Self {
        let Some(tag) = tag else { return if plain { Self::Any } else { Self::Text } };
        match tag.suffix_in_namespace(YAML_TAGS).as_deref() {
            Some("bool") => Self::Bool,
            Some("int") => Self::Int,
            Some("float") => Self::Float,
            Some("null") => Self::Null,
            Some("timestamp") => Self::Timestamp,
            Some("binary") => Self::Binary,
            _ => Self::Text,
        }
    }
}

/// Says whether a tag is `!!merge`.
pub(super) fn is_merge_tag(tag: &Tag) -> bool {
    tag.suffix_in_namespace(YAML_TAGS).as_deref() == Some("merge")
}

/// Gives the meaning of a scalar.
pub(super) fn resolve(rules: Rules, kind: Kind, text: Cow<'_, str>) -> Result<Scalar<'_>, Wrong> {
    match kind {
        Kind::Text => return Ok(Scalar::Text(text)),
        Kind::Binary => return binary(&text).map(|text| Scalar::Text(text.into())),
        Kind::Timestamp => return timestamp(rules, text),
        _ => {}
    }
    let found = match rules {
        Rules::V2 => untagged(&text),
        Rules::V3 if kind == Kind::Any && time::parse(&text).is_some() => {
            return timestamp(rules, text);
        }
        Rules::V3 => untagged_v3(&text),
    };
    match (kind, found) {
        (Kind::Any, Some(found)) => Ok(found),
        (Kind::Any, None) => Ok(Scalar::Text(text)),
        (Kind::Bool, Some(Scalar::Bool(truth))) => Ok(Scalar::Bool(truth)),
        (Kind::Bool, _) => Err("the text is no !!bool"),
        (Kind::Int, Some(found @ (Scalar::Int(_) | Scalar::Unsigned(_)))) => Ok(found),
        (Kind::Int, _) => Err("the text is no !!int"),
        (Kind::Float, Some(Scalar::Int(number))) => Ok(Scalar::Float(number as f64)),
        (Kind::Float, Some(Scalar::Float(number))) => Ok(Scalar::Float(number)),
        (Kind::Float, _) => Err("the text is no !!float"),
        (Kind::Null, Some(Scalar::Null)) => Ok(Scalar::Null),
        _ => Err("the text is no !!null"),
    }
}

/// Version 2 leaves a time as it is written, and version 3 gives it to JSON as a time.
fn timestamp(rules: Rules, text: Cow<'_, str>) -> Result<Scalar<'_>, Wrong> {
    let time = time::parse(&text).ok_or("the text is no !!timestamp")?;
    match rules {
        Rules::V2 => Ok(Scalar::Text(text)),
        Rules::V3 => time.rfc3339().map(Scalar::Time).ok_or("JSON has no such time zone"),
    }
}

/// Gives the meaning of a plain scalar by the rules of version 3, where it is anything but text or a time.
fn untagged_v3(text: &str) -> Option<Scalar<'static>> {
    match untagged(text) {
        Some(Scalar::Bool(_)) if !matches!(text.len(), 4 | 5) => None,
        None => number::odd_octal(text),
        found => found,
    }
}

/// Gives the meaning of a plain scalar where it is anything but text.
pub(crate) fn untagged(text: &str) -> Option<Scalar<'static>> {
    match text.as_bytes().first() {
        None => Some(Scalar::Null),
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => word(text),
        Some(b'.') => word(text).or_else(|| {
            let text = number::without_underscores_between_digits(text)?;
            number::float(&text).map(Scalar::Float)
        }),
        Some(b'0'..=b'9' | b'+' | b'-') => word(text).or_else(|| numeric(text)),
        _ => None,
    }
}

fn word(text: &str) -> Option<Scalar<'static>> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

fn numeric(text: &str) -> Option<Scalar<'static>> {
    let plain = if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
    number::integer(&plain)
        .or_else(|| number::float(&plain).map(Scalar::Float))
        .or_else(|| number::odd_binary(&plain))
}

fn binary(text: &str) -> Result<String, Wrong> {
    let bytes = base64(text).ok_or("!!binary is not base64")?;
    String::from_utf8(bytes).map_err(|_| "!!binary holds bytes that are not text")
}

/// Decodes standard base64 with padding; line breaks are passed over.
fn base64(text: &str) -> Option<Vec<u8>> {
    let symbols: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let mut bytes = Vec::with_capacity(symbols.len() / 4 * 3);
    let (groups, rest) = symbols.as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    for (at, group) in groups.iter().enumerate() {
        let padding = group.iter().rev().take_while(|symbol| **symbol == b'=').count();
        if padding > 2 || (padding > 0 && at + 1 < groups.len()) {
            return None;
        }
        let mut bits = 0_u32;
        for symbol in group.iter().take(4 - padding) {
            bits = bits << 6 | u32::from(sextet(*symbol)?);
        }
        let group = (bits << (6 * padding)).to_be_bytes();
        bytes.extend_from_slice(&group[1..4 - padding]);
    }
    Some(bytes)
}

fn sextet(symbol: u8) -> Option<u8> {
    match symbol {
        b'A'..=b'Z' => Some(symbol - b'A'),
        b'a'..=b'z' => Some(symbol - b'a' + 26),
        b'0'..=b'9' => Some(symbol - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

impl Scalar<'_> {
    /// Gives the value that is left after the way through JSON, on which a float without a fraction loses its point.
    pub(super) fn into_value(self) -> Result<Value, Wrong> {
        Ok(match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(truth),
            Self::Int(number) => Value::Int(number),
            Self::Unsigned(number) => Value::Float(number as f64),
            Self::Float(number) => return through_json(number),
            Self::Time(text) => Value::Text(text.into()),
            Self::Text(text) => Value::Text(Text::from(&*text)),
        })
    }

    /// Gives the key that the scalar is.
    pub(super) fn into_key<'s>(self) -> Result<Cow<'s, str>, Wrong>
    where
        Self: 's,
    {
        match self {
            Self::Text(text) => Ok(text),
            Self::Time(text) => Ok(Cow::Owned(text)),
            Self::Bool(truth) => Ok(Cow::Borrowed(if truth { "true" } else { "false" })),
            Self::Int(number) => Ok(Cow::Owned(number.to_string())),
            Self::Float(number) => Ok(Cow::Owned(number::key_of_float(number))),
            Self::Null => Err("a key is empty"),
            Self::Unsigned(_) => Err("a key is an integer beyond 64 bits"),
        }
    }
}

/// Go writes a float without a fraction below 10^21 as an integer, by its shortest digits filled up with zeros, and
/// reads it back as one where it fits.
fn through_json(number: f64) -> Result<Value, Wrong> {
    let value = Value::float(number).ok_or("JSON has no infinity and no NaN")?;
    if number.abs() >= 1e21 || number.fract() != 0.0 {
        return Ok(value);
    }
    Ok(number.to_string().parse().map_or(value, Value::Int))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded_with_padding_only() {
        for (text, expected) in
            [("", Some("")), ("aGk=", Some("hi")), ("aGkh\n", Some("hi!")), ("aA==", Some("h"))]
        {
            assert_eq!(base64(text).as_deref(), expected.map(str::as_bytes), "{text}");
        }
        for text in ["a", "aGk", "a===", "aA==aA==", "a-b=", "=aaa"] {
            assert_eq!(base64(text), None, "{text}");
        }
    }

    #[test]
    fn a_float_without_fraction_becomes_an_integer_where_it_fits() {
        assert_eq!(through_json(1e3), Ok(Value::Int(1000)));
        assert_eq!(through_json(-0.0), Ok(Value::Int(0)));
        assert_eq!(through_json(9.223372036854775e18), Ok(Value::Int(9_223_372_036_854_775_000)));
        assert_eq!(through_json(9.3e18), Ok(Value::Float(9.3e18)));
    }
}
