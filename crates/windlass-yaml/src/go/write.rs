//! From values to YAML as go-yaml lays it out.

use std::borrow::Cow;

use windlass_core::{Error, ErrorKind, Map, Result, Value};

use super::analyze::analyze;
use super::emitter::{Emitter, Layout, Place, Style};
use super::order::sorted;
use super::{Version, float, plain, to_json};

/// A line break of YAML 1.1.
const NEXT_LINE: char = '\u{85}';

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

/// Writes what [`to_yaml`] writes, and refuses what the library refuses.
///
/// # Errors
/// [`ErrorKind::Invalid`] for a text or key with a control character between U+007F and U+009F, U+FFFE or U+FFFF, and for a
/// key of more than 1024 characters or with U+0085, which ends a line: go-yaml v2 does not read them in the JSON that it
/// is given.
pub fn try_to_yaml(value: &Value) -> Result<String> {
    check(value)?;
    Ok(to_yaml(value))
}

fn check(value: &Value) -> Result<()> {
    match value {
        Value::Text(text) => check_text(text),
        Value::List(items) => items.iter().try_for_each(check),
        Value::Map(map) => map.iter().try_for_each(|(key, value)| {
            check_key(key)?;
            check_text(key)?;
            check(value)
        }),
        _ => Ok(()),
    }
}

fn check_text(text: &str) -> Result<()> {
    let refused = |c| matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(refused) {
        return Err(Error::new(ErrorKind::Invalid, "control characters are not allowed in YAML"));
    }
    let ends_document = |line: &str| {
        let after = line.strip_prefix("---").or_else(|| line.strip_prefix("..."));
        after.is_some_and(|after| after.starts_with([' ', NEXT_LINE]))
    };
    if text.contains(NEXT_LINE)
        && text.match_indices(NEXT_LINE).any(|(at, end)| ends_document(&text[at + end.len()..]))
    {
        return Err(Error::new(ErrorKind::Invalid, "a text has the end of a document in it"));
    }
    Ok(())
}

fn check_key(key: &str) -> Result<()> {
    const CHARACTERS_MAX: usize = 1024;
    if key.contains(NEXT_LINE) {
        return Err(Error::new(ErrorKind::Invalid, "a key may have no line break U+0085"));
    }
    if key.len() < CHARACTERS_MAX - 2 {
        return Ok(());
    }
    let written = to_json(&Value::from(key)).chars().count();
    if written > CHARACTERS_MAX {
        return Err(Error::new(ErrorKind::Invalid, "a key is too long for YAML").with("max", CHARACTERS_MAX));
    }
    Ok(())
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

/// Writes a text as the encoder of go-yaml v3 writes it behind `key: `, the lines of a block indented by `indent` columns,
/// without the line break at its end.
///
/// ```
/// assert_eq!(windlass_yaml::go::text_v3("yes", 4), "\"yes\"");
/// assert_eq!(windlass_yaml::go::text_v3("a\nb\n", 4), "|\n    a\n    b");
/// ```
#[must_use]
pub fn text_v3(text: &str, indent: usize) -> String {
    let is_text = plain::is_text(text, Version::V3);
    let mut written = Emitter::new(v3(4, false)).value(text, is_text, indent);
    if written.ends_with('\n') {
        written.pop();
    }
    written
}

/// Writes a text into one line, in the style wanted or, where the text does not allow that, the next one: plain, single,
/// double.
pub(crate) fn in_one_line(text: &str, wanted: Style) -> String {
    let allowed = analyze(text, Version::V2);
    let is_text = plain::is_text(text, Version::V2) && plain::is_text(text, Version::V3);
    let style = match wanted {
        Style::Plain if is_text && allowed.plain => Style::Plain,
        Style::Plain if !is_text => Style::Double,
        Style::Plain | Style::Single if allowed.single && !allowed.multiline => Style::Single,
        _ => Style::Double,
    };
    Emitter::new(v3(2, false)).line(text, style)
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
