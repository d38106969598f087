//! Scalars: a spelling, what it was said to be, and how it was quoted.

use std::sync::OnceLock;

use regex::Regex;
use windlass_core::Text;

/// What a scalar is said to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    /// Nothing is said: it is what it looks like.
    None,
    Null,
    Bool,
    Str,
    Int,
    Float,
    Time,
    Binary,
    Merge,
    /// A tag that is not one of YAML's own.
    Other,
}

/// How a scalar was quoted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
    /// Nothing at all, inside of `{}` or `[]`: once it is written it has quotes there, and is an empty text.
    Empty,
}

impl Style {
    /// Gives the quotes that stay when the value is replaced.
    pub(crate) fn kept(self) -> Self {
        if self == Self::Empty { Self::Plain } else { self }
    }
}

#[derive(Clone)]
pub(crate) struct Scalar {
    pub(crate) text: Text,
    pub(crate) tag: Tag,
    pub(crate) style: Style,
    /// The number of the value that it shares with other places of its object; 0 for one of its own.
    pub(crate) shared: u16,
}

/// By which edition of YAML a plain scalar is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    /// go-yaml v2: `yes`, `on` and `y` are true. Configuration and JSON patches are read so.
    V2,
    /// go-yaml v3: they are text, and dates are dates. Resources and strategic patches are read so.
    V3,
}

/// What a plain scalar means.
pub(crate) enum Resolved {
    Null,
    Bool(bool),
    Int(i64),
    /// A float, or an integer beyond 64 signed bits.
    Float(f64),
    BigInt(u64),
    /// A time in the form of RFC 3339.
    Time(String),
    Str,
    Merge,
}

impl Scalar {
    pub(crate) fn new(text: impl Into<Text>, tag: Tag, style: Style) -> Self {
        Self { text: text.into(), tag, style, shared: 0 }
    }

    /// Says whether it counts as text while it is changed.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.tag, Tag::Str | Tag::None)
    }
}

impl Resolved {
    pub(crate) const fn tag(&self) -> Tag {
        match self {
            Self::Null => Tag::Null,
            Self::Bool(_) => Tag::Bool,
            Self::Int(_) | Self::BigInt(_) => Tag::Int,
            Self::Float(_) => Tag::Float,
            Self::Time(_) => Tag::Time,
            Self::Str => Tag::Str,
            Self::Merge => Tag::Merge,
        }
    }
}

/// Says what a plain scalar means.
pub(crate) fn resolve(text: &str, rules: Rules) -> Resolved {
    let Some(first) = text.bytes().next() else { return Resolved::Null };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' | b'<' => {
            word(text, rules)
        }
        b'.' => dot(text),
        b'0'..=b'9' | b'+' | b'-' => number(text, rules),
        _ => Resolved::Str,
    }
}

fn word(text: &str, rules: Rules) -> Resolved {
    match text {
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        "<<" => Resolved::Merge,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" if rules == Rules::V2 => Resolved::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" if rules == Rules::V2 => Resolved::Bool(false),
        _ => Resolved::Str,
    }
}

fn dot(text: &str) -> Resolved {
    match text {
        ".nan" | ".NaN" | ".NAN" => Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" => Resolved::Float(f64::INFINITY),
        _ if is_float(text) => parse_float(text),
        _ => Resolved::Str,
    }
}

fn number(text: &str, rules: Rules) -> Resolved {
    match text {
        "+.inf" | "+.Inf" | "+.INF" => return Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        _ => {}
    }
    if rules == Rules::V3
        && let Some(time) = super::value::time(text)
    {
        return Resolved::Time(time);
    }
    let plain: std::borrow::Cow<'_, str> =
        if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    match integer(&plain) {
        Some(number) => number,
        None if is_float(&plain) => parse_float(&plain),
        None => Resolved::Str,
    }
}

/// Reads an integer as Go's `ParseInt` does with base 0.
fn integer(text: &str) -> Option<Resolved> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_alphanumeric()) {
        return None;
    }
    let size = u64::from_str_radix(digits, radix).ok()?;
    match (negative, i64::try_from(size)) {
        (false, Ok(number)) => Some(Resolved::Int(number)),
        (false, Err(_)) if text.starts_with('+') => None,
        (false, Err(_)) => Some(Resolved::BigInt(size)),
        (true, Ok(number)) => Some(Resolved::Int(-number)),
        (true, Err(_)) => (size == 1 << 63).then_some(Resolved::Int(i64::MIN)),
    }
}

fn is_float(text: &str) -> bool {
    static FLOAT: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$";
    FLOAT.get_or_init(|| Regex::new(pattern).ok()).as_ref().is_some_and(|float| float.is_match(text))
}

fn parse_float(text: &str) -> Resolved {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Resolved::Float(number),
        _ => Resolved::Str,
    }
}
