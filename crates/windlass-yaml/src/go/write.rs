//! From values to YAML as go-yaml lays it out.

use std::borrow::Cow;

use windlass_core::{Map, Value};

use super::emitter::{Emitter, Layout, Place};
use super::order::sorted;
use super::{Version, float, plain};

/// Writes what `Marshal` of sigs.k8s.io/yaml 1.6 writes: keys in natural order, lists at the column of their key, texts
/// folded behind column 80, and quotes where YAML 1.1 would read something else than text.
///
/// The library goes through JSON, so that `1.0` becomes `1`. It refuses control characters between U+007F and U+009F, which
/// are written as escapes here.
#[must_use]
pub fn to_yaml(value: &Value) -> String {
    let layout = Layout { version: Version::V2, indent: 2, width: 80, compact: false };
    write(value, layout)
}

/// Writes what the encoder of go-yaml v3 writes after `SetIndent(indent)`; 4 is what it has without. An indentation that
/// is not between 2 and 9 is 2.
#[must_use]
pub fn to_yaml_v3(value: &Value, indent: usize) -> String {
    write(value, v3(indent, false))
}

/// Writes what the encoder of go-yaml v3 writes after `SetIndent(indent)` and `CompactSeqIndent()`, as kyaml uses it: the
/// dash of a list in a map counts as indentation.
#[must_use]
pub fn to_yaml_v3_compact(value: &Value, indent: usize) -> String {
    write(value, v3(indent, true))
}

fn v3(indent: usize, compact: bool) -> Layout {
    let indent = if (2..=9).contains(&indent) { indent } else { 2 };
    Layout { version: Version::V3, indent, width: usize::MAX, compact }
}

fn write(value: &Value, layout: Layout) -> String {
    let mut emitter = Emitter::new(layout);
    node(&mut emitter, value, Place::Root);
    emitter.finish()
}

fn node(out: &mut Emitter, value: &Value, place: Place) {
    match value {
        Value::Null => out.word("null"),
        Value::Bool(true) => out.word("true"),
        Value::Bool(false) => out.word("false"),
        Value::Int(number) => out.word(&number.to_string()),
        Value::Float(number) => out.word(&number_text(*number, out.layout().version)),
        Value::Text(written) => text(out, written, place),
        Value::List(items) if items.is_empty() => out.word("[]"),
        Value::List(items) => list(out, items, place),
        Value::Map(fields) if fields.is_empty() => out.word("{}"),
        Value::Map(fields) => map(out, fields, place),
    }
}

fn list(out: &mut Emitter, items: &[Value], place: Place) {
    let before = out.enter_list(place);
    for item in items {
        out.write_indent();
        out.line_indicator('-');
        node(out, item, Place::Item);
    }
    out.leave(before);
}

fn map(out: &mut Emitter, fields: &Map, place: Place) {
    let before = out.enter_map(place);
    for (key, value) in sorted(fields, out.layout().version) {
        out.write_indent();
        if out.is_short_key(key) {
            text(out, key, Place::Key);
            out.colon();
        } else {
            out.line_indicator('?');
            text(out, key, Place::LongKey);
            out.write_indent();
            out.line_indicator(':');
        }
        node(out, value, Place::Value);
    }
    out.leave(before);
}

fn text(out: &mut Emitter, text: &str, place: Place) {
    let version = out.layout().version;
    let text = match version {
        Version::V2 => through_json(text),
        Version::V3 => Cow::Borrowed(text),
    };
    let is_text = plain::is_text(&text, version);
    out.text(&text, is_text, place);
}

/// A next-line character is a line break for go-yaml's reader also in the JSON that it is given: it becomes a space, the
/// white space around it disappears, and the second of two in a row stays a line break.
fn through_json(text: &str) -> Cow<'_, str> {
    const NEXT_LINE: char = '\u{85}';
    if !text.contains(NEXT_LINE) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut lines = text.split(NEXT_LINE);
    out.push_str(lines.next().unwrap_or_default().trim_end_matches(' '));
    let mut empty = 0;
    let mut lines = lines.peekable();
    while let Some(line) = lines.next() {
        let line = line.trim_start_matches(' ');
        let line = if lines.peek().is_some() { line.trim_end_matches(' ') } else { line };
        if line.is_empty() && lines.peek().is_some() {
            empty += 1;
            continue;
        }
        let breaks = if empty == 0 { " ".to_owned() } else { "\n".repeat(empty) };
        out.push_str(&breaks);
        out.push_str(line);
        empty = 0;
    }
    Cow::Owned(out)
}

/// Through JSON, a float without a fraction is an integer where 64 bits hold it.
fn number_text(number: f64, version: Version) -> String {
    let is_integer = number.fract() == 0.0 && (-9.3e18..1.85e19).contains(&number);
    if version == Version::V3 || !is_integer {
        return float::general(number);
    }
    let digits = float::json(number);
    if digits == "-0" {
        return "0".to_owned();
    }
    let fits = digits.parse::<i64>().is_ok() || digits.parse::<u64>().is_ok();
    if fits { digits } else { float::general(number) }
}
