//! Between nodes and values.

mod fold;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use windlass_core::{Error, ErrorKind, Result, Text, Value};
use windlass_yaml::go;

use super::scalar::{Resolved, Rules, resolve};
use super::{DEPTH_MAX, Map, NO_TEXT, Node, Scalar, Style, Tag, too_deep};

/// Gives what a node means once it is printed and read again.
pub(crate) fn to_value(node: &Node, rules: Rules) -> Result<Value> {
    value(node, Way { rules, printed: true }, DEPTH_MAX)
}

/// Gives what a node means as it is, without being printed.
pub(crate) fn decoded(node: &Node, rules: Rules) -> Result<Value> {
    value(node, Way { rules, printed: false }, DEPTH_MAX)
}

/// How a node becomes a value.
#[derive(Clone, Copy)]
struct Way {
    rules: Rules,
    printed: bool,
}

/// Checks that no map has a key twice.
pub(crate) fn check_unique(node: &Node) -> Result<()> {
    unique(node, DEPTH_MAX)
}

fn unique(node: &Node, depth: usize) -> Result<()> {
    let below = depth.checked_sub(1).ok_or_else(too_deep)?;
    match node {
        Node::Scalar(_) => Ok(()),
        Node::List(items) => items.iter().try_for_each(|item| unique(item, below)),
        Node::Map(map) => {
            map.twice().map_or(Ok(()), |key| Err(twice(key)))?;
            map.iter().try_for_each(|(_, inner)| unique(inner, below))
        }
    }
}

fn twice(key: &Text) -> Error {
    Error::new(ErrorKind::Invalid, "the key appears twice").with("key", key)
}

fn value(node: &Node, way: Way, depth: usize) -> Result<Value> {
    let below = depth.checked_sub(1).ok_or_else(too_deep)?;
    match node {
        Node::Scalar(scalar) => meaning(scalar, way),
        Node::List(items) => items.iter().map(|item| value(item, way, below)).collect(),
        Node::Map(map) => fields(map, way, below),
    }
}

fn fields(map: &Map, way: Way, depth: usize) -> Result<Value> {
    let mut fields = Vec::with_capacity(map.len());
    for (key, inner) in map.iter() {
        if let Some(key) = key.strip_prefix(NO_TEXT) {
            return Err(
                Error::new(ErrorKind::Invalid, "a key is no text once it is written").with("key", key)
            );
        }
        fields.push((key.clone(), value(inner, way, depth)?));
    }
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    if way.rules == Rules::V3
        && let Some(pair) = fields.windows(2).find(|pair| pair[0].0 == pair[1].0)
    {
        return Err(twice(&pair[0].0));
    }
    Ok(fields.into_iter().collect())
}

/// Gives what a scalar means: as printed with its tag and quotes, and read again.
fn meaning(scalar: &Scalar, way: Way) -> Result<Value> {
    let rules = way.rules;
    let quoted = scalar.style != Style::Plain || scalar.text.contains('\n');
    match scalar.tag {
        Tag::Str if way.printed && scalar.style == Style::Folded => Ok(Value::Text(folded(&scalar.text))),
        Tag::Str | Tag::Other | Tag::Merge => Ok(Value::Text(scalar.text.clone())),
        Tag::Binary => binary(&scalar.text),
        Tag::None if quoted => Ok(Value::Text(scalar.text.clone())),
        Tag::None => of_resolved(resolve(&scalar.text, rules), &scalar.text),
        tag => match resolve(&scalar.text, rules) {
            found if found.tag() == tag && quoted => Ok(Value::Text(scalar.text.clone())),
            found if found.tag() == tag || (tag == Tag::Float && found.tag() == Tag::Int) => {
                of_resolved(found, &scalar.text)
            }
            _ => Err(Error::new(ErrorKind::Invalid, "a text stands where a number or a boolean is wanted")),
        },
    }
}

/// Gives a folded text as go-yaml writes and reads it again, where a line with spaces in front moves a line down.
fn folded(text: &Text) -> Text {
    let plain = !text.contains("\n ") && !text.starts_with([' ', '\n']) && !text.ends_with("\n\n");
    if plain || text.contains(" \n") || text.ends_with(' ') || text.is_empty() {
        return text.clone();
    }
    fold::again(text).into()
}

fn binary(text: &str) -> Result<Value> {
    let wrong = || Error::new(ErrorKind::Invalid, "a binary value is not base64");
    let clean: String = text.chars().filter(|letter| !matches!(letter, '\n' | '\r')).collect();
    let bytes = STANDARD.decode(clean).map_err(|_| wrong())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned().into())
}

fn of_resolved(found: Resolved, text: &Text) -> Result<Value> {
    Ok(match found {
        Resolved::Null => Value::Null,
        Resolved::Bool(truth) => Value::Bool(truth),
        Resolved::Int(number) => Value::Int(number),
        Resolved::BigInt(number) => Value::Float(number as f64),
        Resolved::Float(number) => float(number)?,
        Resolved::Time(time) => time.into(),
        Resolved::Str | Resolved::Merge => Value::Text(text.clone()),
    })
}

/// A float without a fraction is an integer once it went through JSON.
fn float(number: f64) -> Result<Value> {
    const EXACT: f64 = 9.2e18;
    if !number.is_finite() {
        return Err(Error::new(ErrorKind::Invalid, "JSON has no spelling for infinity and NaN"));
    }
    let whole = number.fract() == 0.0 && number.abs() < EXACT;
    Ok(if whole { Value::Int(number as i64) } else { Value::Float(number) })
}

/// Makes a node of what was read as JSON, as kustomize does after a JSON patch: every number was a float.
pub(crate) fn from_value(value: &Value) -> Node {
    match value {
        Value::Null => Node::null(),
        Value::Bool(truth) => Node::Scalar(Scalar::new(truth.to_string(), Tag::Bool, Style::Plain)),
        Value::Int(number) => from_float(*number as f64),
        Value::Float(number) => from_float(*number),
        Value::Text(text) => Node::Scalar(from_text(text)),
        Value::List(items) => Node::List(items.iter().map(from_value).collect()),
        Value::Map(map) => {
            Node::Map(Map::of(map.iter().map(|(key, value)| (key.clone(), from_value(value))).collect()))
        }
    }
}

fn from_text(text: &Text) -> Scalar {
    let style = match resolve(text, Rules::V2).tag() {
        _ if text.contains('\n') => Style::Literal,
        Tag::Str => Style::Plain,
        _ => Style::Double,
    };
    Scalar::new(text.clone(), Tag::Str, style)
}

fn from_float(number: f64) -> Node {
    let text = go::to_yaml_v3(&Value::Float(number), 2).trim_end().to_owned();
    let tag = resolve(&text, Rules::V3).tag();
    Node::Scalar(Scalar::new(text, tag, Style::Plain))
}

/// Reads a time in one of the forms that go-yaml takes, and writes it as Go's JSON does.
pub(super) fn time(text: &str) -> Option<String> {
    let (year, rest) = digits(text, 4, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
    if !(1..=12).contains(&month) || day < 1 || day > days(year, month) {
        return None;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if rest.is_empty() {
        return Some(format!("{date}T00:00:00Z"));
    }
    let zoned = rest.starts_with(['T', 't']);
    // Go takes any number of spaces for one.
    let rest =
        rest.strip_prefix(['T', 't']).or_else(|| Some(rest.strip_prefix(' ')?.trim_start_matches(' ')))?;
    let (hour, rest) = digits(rest, 1, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 1, 2)?;
    let (second, rest) = digits(rest.strip_prefix(':')?, 1, 2)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (fraction, rest) = fraction(rest)?;
    let zone = if zoned { zone(rest)? } else { rest.is_empty().then(|| "Z".to_owned())? };
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}"))
}

fn digits(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    (count >= least).then(|| Some((text[..count].parse().ok()?, &text[count..])))?
}

fn fraction(text: &str) -> Option<(String, &str)> {
    let Some(rest) = text.strip_prefix(['.', ',']) else { return Some((String::new(), text)) };
    let count = rest.bytes().take_while(u8::is_ascii_digit).count();
    if count == 0 {
        return None;
    }
    let digits = rest[..count.min(9)].trim_end_matches('0');
    let fraction = if digits.is_empty() { String::new() } else { format!(".{digits}") };
    Some((fraction, &rest[count..]))
}

fn zone(text: &str) -> Option<String> {
    if text == "Z" {
        return Some("Z".to_owned());
    }
    let sign = text.chars().next().filter(|sign| matches!(sign, '+' | '-'))?;
    let (hour, rest) = digits(&text[1..], 2, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
    let zone = if hour == 0 && minute == 0 { "Z".to_owned() } else { format!("{sign}{hour:02}:{minute:02}") };
    (rest.is_empty() && hour <= 24 && minute < 60).then_some(zone)
}

const fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
