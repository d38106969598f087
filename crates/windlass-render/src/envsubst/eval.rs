//! From expressions and variables to a text.

use super::pattern::{Matcher, first_char};
use super::{Node, Wrong};

/// What a variable is.
pub(crate) enum Lookup<'v> {
    Set(&'v str),
    /// It has no value, and is empty where no operator gives one.
    Unset,
    /// It has no value, which is an error where no operator gives one.
    Missing,
}

/// Evaluates expressions. Lengths and places count bytes, as in envsubst.
pub(crate) fn evaluate<'v>(nodes: &[Node], lookup: &dyn Fn(&str) -> Lookup<'v>) -> Result<String, Wrong> {
    let mut evaluation = Evaluation { lookup, matcher: Matcher::new() };
    let mut out = Vec::new();
    for node in nodes {
        evaluation.node(node, &mut out)?;
    }
    String::from_utf8(out).map_err(|_| Wrong::NotUtf8)
}

struct Evaluation<'l, 'v> {
    lookup: &'l dyn Fn(&str) -> Lookup<'v>,
    matcher: Matcher,
}

impl Evaluation<'_, '_> {
    /// Recurses as deep as the parser allowed.
    fn node(&mut self, node: &Node, out: &mut Vec<u8>) -> Result<(), Wrong> {
        let (name, operator, arguments) = match node {
            Node::Text(text) => {
                out.extend_from_slice(text.as_bytes());
                return Ok(());
            }
            Node::Expression { name, operator, arguments } => (name, operator, arguments),
        };
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let mut value = Vec::new();
            self.node(argument, &mut value)?;
            values.push(value);
        }
        let value = match (self.lookup)(name) {
            Lookup::Set(value) => value,
            Lookup::Missing if !gives_default(operator) => return Err(Wrong::NotSet(name.clone())),
            Lookup::Unset | Lookup::Missing => "",
        };
        self.apply(operator, value.as_bytes(), &values, out)
    }

    fn apply(
        &mut self,
        operator: &str,
        value: &[u8],
        arguments: &[Vec<u8>],
        out: &mut Vec<u8>,
    ) -> Result<(), Wrong> {
        let first = arguments.first().map(Vec::as_slice);
        match (operator, first) {
            ("#", None) => out.extend_from_slice(value.len().to_string().as_bytes()),
            ("#" | "##", Some(pattern)) => {
                let taken = self.matcher.prefix(pattern, value, operator == "##")?;
                out.extend_from_slice(&value[taken..]);
            }
            ("%" | "%%", Some(pattern)) => {
                let (value, pattern) = (reversed(value), reversed(pattern));
                let taken = self.matcher.prefix(&pattern, &value, operator == "%%")?;
                out.extend(reversed(&value[taken..]));
            }
            (",,", _) => out.extend(mapped(value, usize::MAX, lower)),
            (",", _) => out.extend(mapped(value, 1, lower)),
            ("^^", _) => out.extend(mapped(value, usize::MAX, upper)),
            ("^", _) => out.extend(mapped(value, 1, upper)),
            (":", Some(place)) => {
                out.extend_from_slice(substring(value, place, arguments.get(1).map(Vec::as_slice)))
            }
            ("/" | "//" | "/#" | "/%", Some(wanted)) => {
                replace(operator, value, wanted, arguments.get(1), out)
            }
            _ if value.is_empty() => out.extend(arguments.iter().flatten()),
            _ => out.extend_from_slice(value),
        }
        Ok(())
    }
}

/// Says whether an operator gives what an unset variable stands for.
fn gives_default(operator: &str) -> bool {
    matches!(operator, "=" | ":-" | ":+" | ":=" | ":?")
}

fn reversed(text: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(text).chars().rev().collect::<String>().into_bytes()
}

/// Maps the first `count` characters.
fn mapped(text: &[u8], count: usize, map: fn(char) -> char) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    text.chars()
        .enumerate()
        .map(|(at, c)| if at < count { map(c) } else { c })
        .collect::<String>()
        .into_bytes()
}

/// Go maps one character to one.
fn lower(c: char) -> char {
    let mut mapped = c.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ if c == 'İ' => 'i',
        _ => c,
    }
}

fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// `${name:place:length}`: a negative place counts from the end, and so does the end that a negative length makes. What is
/// no number leaves the value as it is.
fn substring<'v>(value: &'v [u8], place: &[u8], length: Option<&[u8]>) -> &'v [u8] {
    let size = i64::try_from(value.len()).unwrap_or(i64::MAX);
    let Some(place) = number(place) else { return value };
    let begin = if place < 0 { (size + place.max(-size)).max(0) } else { place };
    let end = match length.map(number) {
        None => size,
        Some(None) => return value,
        Some(Some(length)) if length < 0 => size.saturating_add(length),
        Some(Some(length)) => begin.saturating_add(length).min(size),
    };
    let range = usize::try_from(begin).ok().zip(usize::try_from(end).ok());
    range.and_then(|(begin, end)| value.get(begin..end)).unwrap_or_default()
}

fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn replace(operator: &str, value: &[u8], wanted: &[u8], with: Option<&Vec<u8>>, out: &mut Vec<u8>) {
    let new = with.map(Vec::as_slice).unwrap_or_default();
    match operator {
        "//" => replace_up_to(usize::MAX, value, wanted, new, out),
        "/" => replace_up_to(1, value, wanted, new, out),
        "/#" if with.is_some() && value.starts_with(wanted) => replace_up_to(1, value, wanted, new, out),
        "/%" if with.is_some() && value.ends_with(wanted) => {
            out.extend_from_slice(&value[..value.len() - wanted.len()]);
            out.extend_from_slice(new);
        }
        _ => out.extend_from_slice(value),
    }
}

/// Replaces the first texts. The empty text stands before each character and at the end.
fn replace_up_to(count: usize, value: &[u8], wanted: &[u8], new: &[u8], out: &mut Vec<u8>) {
    let mut rest = value;
    let mut left = count;
    while left > 0 {
        if rest.starts_with(wanted) {
            out.extend_from_slice(new);
            rest = &rest[wanted.len()..];
            left -= 1;
            if !wanted.is_empty() {
                continue;
            }
        }
        if rest.is_empty() {
            break;
        }
        let width = if wanted.is_empty() { first_char(rest).1 } else { 1 };
        out.extend_from_slice(&rest[..width]);
        rest = &rest[width..];
    }
    out.extend_from_slice(rest);
}
