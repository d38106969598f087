//! Sections of `key = value`, as the ini library of sops reads and writes them.

use windlass_core::{Error, ErrorKind, Result, Text};

use super::{Entry, File, as_text, lines_of, utf8};
use crate::Format;
use crate::cipher::{Plain, looks_encrypted};
use crate::metadata::{Metadata, not_found};

const OWN: &str = "sops";
/// The section of keys in front of the first one.
const DEFAULT: &str = "DEFAULT";

pub(super) fn load(bytes: &[u8]) -> Result<File<'_>> {
    let text = utf8(bytes)?;
    let mut section = Text::from(DEFAULT);
    let (mut entries, mut own): (Vec<Entry>, Vec<(&str, &str)>) = (Vec::new(), Vec::new());
    let mut cut = None;
    // Comments that may belong to the section that begins behind them.
    let mut pending: Vec<usize> = Vec::new();
    for (number, (place, line)) in (1_usize..).zip(lines_of(text)) {
        let wrong = |message: &str| Error::new(ErrorKind::Invalid, message).with("line", number);
        let content = line.trim();
        if content.is_empty() {
            continue;
        }
        if let Some(name) = content.strip_prefix('[') {
            let (name, _) = name.rsplit_once(']').ok_or_else(|| wrong("a section is not closed"))?;
            section = name.trim().into();
            pending.drain(..).for_each(|at: usize| entries[at].paths.push(vec![section.clone()]));
            if section == OWN {
                cut = Some(place.start..text.len());
            } else if let Some(cut) = cut.as_mut().filter(|cut| cut.end == text.len()) {
                cut.end = place.start;
            }
        } else if content.starts_with(['#', ';']) {
            let encrypted = content[1..].trim();
            if section != OWN && looks_encrypted(encrypted) {
                let begin = place.start + line.find(encrypted).unwrap_or_default();
                pending.push(entries.len());
                let plain = Plain::Comment(encrypted.to_owned());
                let place = begin..begin + encrypted.len();
                entries.push(Entry {
                    path: Vec::new(),
                    plain,
                    paths: vec![vec![section.clone()]],
                    place,
                    indent: 0,
                });
            }
        } else {
            let at = line.find(['=', ':']).ok_or_else(|| wrong("a line is no section, key or comment"))?;
            pending.clear();
            let (key, written) = (line[..at].trim(), line[at + 1..].trim());
            let value =
                unquoted(written).ok_or_else(|| wrong("values of several lines are not supported"))?;
            if section == OWN {
                own.push((key, value));
                continue;
            }
            let begin = place.start + at + 1 + line[at + 1..].find(written).unwrap_or_default();
            let (path, place) = (vec![section.clone(), key.into()], begin..begin + written.len());
            entries.push(Entry {
                path,
                plain: Plain::Text(value.to_owned()),
                paths: Vec::new(),
                place,
                indent: 0,
            });
        }
    }
    let cut = cut.ok_or_else(not_found)?;
    // The empty line between two sections goes with the last one.
    let is_last = cut.end == text.len();
    let begin = if is_last { text[..cut.start].trim_end_matches('\n').len() + 1 } else { cut.start };
    let cut = begin.min(cut.start)..cut.end;
    Ok(File {
        metadata: Metadata::of_flat(own)?,
        entries,
        text: bytes,
        format: Format::Ini,
        cuts: Vec::from([cut]),
    })
}

/// Gives what a value means without its quotes and a comment behind it; `None` where it goes on in the next line.
fn unquoted(text: &str) -> Option<&str> {
    for quote in ["\"\"\"", "`"] {
        if let Some(rest) = text.strip_prefix(quote).filter(|_| text.len() > quote.len()) {
            return rest.rsplit_once(quote).map(|(value, _)| value);
        }
    }
    if text.ends_with('\\') {
        return None;
    }
    let value = text.split(['#', ';']).next().unwrap_or_default().trim();
    for quote in ['\'', '"'] {
        let inner = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner.filter(|inner| !inner.contains(quote)) {
            return Some(inner);
        }
    }
    Some(value)
}

pub(super) fn written(plain: &Plain) -> String {
    let text = as_text(plain);
    if matches!(plain, Plain::Comment(_)) {
        return text;
    }
    if text.contains(['\n', '`']) {
        format!("\"\"\"{text}\"\"\"")
    } else if text.contains(['#', ';']) {
        format!("`{text}`")
    } else if text.trim().len() != text.len() {
        format!("\"{text}\"")
    } else {
        text
    }
}
