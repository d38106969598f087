//! YAML and JSON, whose layout is kept.

use std::ops::Range;

use windlass_core::{FieldPath, Result, Segment, Value};
use windlass_yaml::{Document, Leaf, Options, Rules, go, leaves, read};

use super::{Entry, File, value};
use crate::Format;
use crate::cipher::{Plain, looks_encrypted};
use crate::metadata::{Metadata, not_found};

const SOPS: &str = "sops";

fn options(format: Format) -> Options {
    let language =
        if format == Format::Yaml { windlass_yaml::Format::Yaml } else { windlass_yaml::Format::Json };
    // sops reads with go-yaml v3.
    Options::default().with_format(language).with_rules(Rules::V3)
}

pub(super) fn load(text: &[u8], format: Format) -> Result<File<'_>> {
    let documents = read(text, &options(format))?;
    let metadata = documents.first().and_then(|document| document.value.get(SOPS)).ok_or_else(not_found)?;
    let metadata = Metadata::of(metadata)?;
    let found = leaves(text, &options(format))?;
    let mut entries: Vec<Entry> =
        found.iter().filter(|leaf| !is_own(leaf)).map(|leaf| entry(leaf, format)).collect();
    if format == Format::Yaml {
        comments(text, &mut entries);
    }
    let cuts = documents.iter().filter_map(|document| cut(text, document)).collect();
    Ok(File { metadata, entries, text, format, cuts })
}

/// Says whether a value is one of the metadata.
fn is_own(leaf: &Leaf) -> bool {
    matches!(leaf.path.segments().first(), Some(Segment::Field(name)) if name == SOPS)
}

fn entry(leaf: &Leaf, format: Format) -> Entry {
    let segments = leaf.path.segments();
    let keys = segments.iter().filter_map(|segment| match segment {
        Segment::Field(name) => Some(name.clone()),
        _ => None,
    });
    let column = usize::try_from(leaf.place.column).unwrap_or(usize::MAX).saturating_sub(1);
    // As go-yaml lays out with an indentation of four.
    let indent = match segments.last() {
        Some(Segment::Index(_)) => column,
        _ => (column + 4) / 4 * 4,
    };
    let plain = match &leaf.value {
        Value::Bool(truth) => Plain::Bool(*truth),
        // JSON has floats only for sops.
        Value::Int(number) if format != Format::Yaml => Plain::Float(*number as f64),
        Value::Int(number) => Plain::Int(*number),
        Value::Float(number) => Plain::Float(*number),
        Value::Text(text) => Plain::Text(text.to_string()),
        _ => Plain::Null,
    };
    Entry { path: keys.collect(), plain, paths: Vec::new(), place: leaf.place.value.clone(), indent }
}

/// Adds the encrypted comments. Each was encrypted under the path of a map around it, which is one that leads to the value
/// before or behind it; the cipher tells which.
fn comments(text: &[u8], entries: &mut Vec<Entry>) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    let mut found = Vec::new();
    for (line, content) in super::lines_of(text) {
        let comment = content.trim();
        let Some(encrypted) = comment.strip_prefix('#').filter(|text| looks_encrypted(text)) else {
            continue;
        };
        let begin = line.start + content.find('#').unwrap_or_default();
        let place = begin..begin + comment.len();
        let next = entries.partition_point(|entry| entry.place.start < begin);
        let around = [next.checked_sub(1), Some(next)].into_iter().flatten().filter_map(|at| entries.get(at));
        let paths =
            around.flat_map(|entry| (0..=entry.path.len()).map(|length| entry.path[..length].to_vec()));
        let plain = Plain::Comment(encrypted.to_owned());
        found.push(Entry { path: Vec::new(), plain, paths: paths.collect(), place, indent: 0 });
    }
    entries.extend(found);
}

/// Finds the metadata with the key, and the lines or the comma around them.
fn cut(text: &[u8], document: &Document) -> Option<Range<usize>> {
    let place = document.locate(text, &FieldPath::root().field(SOPS))?;
    let begin = key_begin(text, &place.value)?;
    let line = text[..begin].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let own_line = text[line..begin].iter().all(|byte| *byte == b' ');
    let end = place.value.end;
    if own_line && text[begin] != b'"' {
        let is_whole = text[..end].ends_with(b"\n");
        let rest = text[end..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(text.len(), |newline| end + newline + 1);
        return Some(line..if is_whole { end } else { rest });
    }
    let before = text[..begin].trim_ascii_end();
    if before.ends_with(b",") {
        return Some(before.len() - 1..end);
    }
    let after = text[end..].len() - text[end..].trim_ascii_start().len();
    let comma = usize::from(text.get(end + after) == Some(&b','));
    Some(begin..end + comma * (after + 1))
}

/// Finds where the key `sops` begins that stands in front of its value.
fn key_begin(text: &[u8], value: &Range<usize>) -> Option<usize> {
    let before = text.get(..value.start)?;
    let name = before.windows(SOPS.len()).rposition(|window| window == SOPS.as_bytes())?;
    let quoted = name > 0 && matches!(text[name - 1], b'"' | b'\'');
    Some(name - usize::from(quoted))
}

/// Says whether a text has the values that it should have.
pub(super) fn holds(text: &[u8], entries: &[Entry], plains: &[Option<Plain>]) -> bool {
    let Ok(found) = leaves(text, &options(Format::Yaml)) else { return false };
    let values = entries.iter().zip(plains).filter(|(entry, _)| !matches!(entry.plain, Plain::Comment(_)));
    let wanted: Vec<Value> =
        values.map(|(entry, plain)| value(plain.as_ref().unwrap_or(&entry.plain))).collect();
    found.len() == wanted.len()
        && found.iter().zip(&wanted).all(|(leaf, value)| go::to_json(&leaf.value) == go::to_json(value))
}
