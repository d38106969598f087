//! Values as text that people read.

use windlass_core::{Map, Value};

use crate::yaml::untagged;

/// Writes a value as YAML in block style, keys in their order, always the same text for the same value.
///
/// Text is plain where every reader of YAML 1.1 and 1.2 takes it for text, a literal block where it has several lines,
/// and in double quotes otherwise. [`read`](crate::read) gives the same value back, except that a float without a
/// fraction that fits an integer comes back as one, as it does in Go's tools.
///
/// ```
/// use windlass_core::Value;
/// let value = Value::from_iter([("on", Value::from("yes")), ("script", "a\nb\n".into()), ("x", vec![1.into()].into())]);
/// assert_eq!(windlass_yaml::to_yaml(&value), "\"on\": \"yes\"\nscript: |\n  a\n  b\nx:\n- 1\n");
/// ```
#[must_use]
pub fn to_yaml(value: &Value) -> String {
    let mut out = String::with_capacity(256);
    match value {
        Value::List(items) if !items.is_empty() => list(items, 0, &mut out),
        Value::Map(map) if !map.is_empty() => fields(map, 0, &mut out),
        other => leaf(other, 0, &mut out),
    }
    out
}

/// Writes what follows a key or a dash, with the line break at its end.
fn leaf(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Float(_) => out.push_str(&value.canonical()),
        Value::Text(text) if is_literal(text) => return literal(text, indent, out),
        Value::Text(text) => scalar(text, out),
        Value::List(_) => out.push_str("[]"),
        Value::Map(_) => out.push_str("{}"),
    }
    out.push('\n');
}

fn fields(map: &Map, indent: usize, out: &mut String) {
    for (at, (key, value)) in map.iter().enumerate() {
        if at > 0 {
            spaces(indent, out);
        }
        field(key, value, indent, out);
    }
}

fn field(key: &str, value: &Value, indent: usize, out: &mut String) {
    /// Longer keys have to be announced; YAML allows 1024 characters with their quotes and escapes.
    const SHORT: usize = 128;
    if key.len() > SHORT {
        out.push_str("? ");
        scalar(key, out);
        out.push('\n');
        spaces(indent, out);
    } else {
        scalar(key, out);
    }
    out.push(':');
    match value {
        Value::List(items) if !items.is_empty() => {
            out.push('\n');
            spaces(indent, out);
            list(items, indent, out);
        }
        Value::Map(map) if !map.is_empty() => {
            out.push('\n');
            spaces(indent + 2, out);
            fields(map, indent + 2, out);
        }
        other => {
            out.push(' ');
            leaf(other, indent + 2, out);
        }
    }
}

/// Writes a list whose first dash goes where `out` ends.
fn list(items: &[Value], indent: usize, out: &mut String) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            spaces(indent, out);
        }
        out.push_str("- ");
        match item {
            Value::List(items) if !items.is_empty() => list(items, indent + 2, out),
            Value::Map(map) if !map.is_empty() => fields(map, indent + 2, out),
            other => leaf(other, indent + 2, out),
        }
    }
}

fn spaces(count: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', count));
}

/// Says whether a text can be a literal block: several lines of what can be printed, the first of which shows the
/// indentation, and none of which is only white space.
fn is_literal(text: &str) -> bool {
    text.trim_end_matches('\n').contains('\n')
        && !text.starts_with([' ', '\t', '\n'])
        && text.chars().all(|c| c == '\n' || c == '\t' || is_printable(c))
        && text.split('\n').all(|line| line.is_empty() || !line.trim_matches([' ', '\t']).is_empty())
}

fn literal(text: &str, indent: usize, out: &mut String) {
    let body = text.trim_end_matches('\n');
    out.push_str(match text.len() - body.len() {
        0 => "|-\n",
        1 => "|\n",
        _ => "|+\n",
    });
    let lines = if text.len() - body.len() > 1 { text.strip_suffix('\n').unwrap_or(text) } else { body };
    for line in lines.split('\n') {
        if !line.is_empty() {
            spaces(indent.max(2), out);
            out.push_str(line);
        }
        out.push('\n');
    }
}

fn scalar(text: &str, out: &mut String) {
    if is_plain(text) { out.push_str(text) } else { quoted(text, out) }
}

/// Says whether a text can go without quotes in any reader: it begins with a letter or a slash, has only what never
/// means anything, and is no word or number of YAML 1.1.
fn is_plain(text: &str) -> bool {
    let plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '+' | '=' | '@' | ',' | ' ' | ':')
    };
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/')
        && text.chars().all(plain)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && untagged(text).is_none()
        && !may_be_number(text)
}

/// Says whether another reader could take a text for a number, a time or a date.
fn may_be_number(text: &str) -> bool {
    let numeric = |c: char| {
        c.is_ascii_hexdigit()
            || matches!(c, '.' | '_' | '+' | '-' | ':' | 'x' | 'o' | 'T' | 'Z' | 't' | 'z' | ' ')
    };
    text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(numeric)
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) => out.push(c),
            c if u32::from(c) <= 0xff => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if u32::from(c) <= 0xffff => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
}

/// Says whether YAML 1.1 takes a character as it is, and takes it for nothing else: U+0085, U+2028 and U+2029 are line
/// breaks there, U+FEFF a byte order mark.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
        || u32::from(c) >= 0x1_0000
}
