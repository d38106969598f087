//! Changes one value in a text and leaves every other byte as it is.

use std::ops::Range;

use windlass_core::{Error, ErrorKind, FieldPath, Result, Value};

use crate::go::{self, Style, allows_block, in_one_line};
use crate::{Document, Format, Options, read};

/// Replaces the value at `path` of a document, whose `index` counts from 1, and gives the new text: the same bytes but for
/// the value, comments and all. Old and new value are no lists and no maps.
///
/// A text keeps its quotes where the new value allows them, and a literal block stays one. The new text is read again and
/// given only if nothing but that value changed.
///
/// ```
/// use windlass_core::{FieldPath, Value};
/// use windlass_yaml::{Options, set};
///
/// let text = b"image:   'web:1' # {\"image\": \"web\"}\nports: [ 80,443 ]\n";
/// let image = FieldPath::root().field("image");
/// let text = set(text, &Options::default(), 1, &image, &Value::from("web:2"))?;
/// assert_eq!(text, b"image:   'web:2' # {\"image\": \"web\"}\nports: [ 80,443 ]\n");
/// # Ok::<(), windlass_core::Error>(())
/// ```
///
/// # Errors
/// Those of [`read`]; [`ErrorKind::NotFound`] for a document or field that is not there; [`ErrorKind::Invalid`] where the
/// old or the new value is a list or a map; [`ErrorKind::Unsupported`] where the value stands for others too (an anchor),
/// is not written there itself (a merge), or has a tag that the new one does not fit.
pub fn set(text: &[u8], options: &Options, index: u32, path: &FieldPath, value: &Value) -> Result<Vec<u8>> {
    let mut documents = read(text, options)?;
    let wrong = |kind, message: &str| Error::new(kind, message).with("document", index).with("field", path);
    let at = documents
        .iter()
        .position(|document| document.index == index)
        .ok_or_else(|| wrong(ErrorKind::NotFound, "there is no such document"))?;
    let document = &mut documents[at];
    let place = document.locate(text, path);
    let old = document.value_mut(path).ok_or_else(|| wrong(ErrorKind::NotFound, "there is no such field"))?;
    if is_collection(old) || is_collection(value) {
        return Err(wrong(ErrorKind::Invalid, "only a value that is no list and no map can be set"));
    }
    *old = value.clone();
    let place =
        place.ok_or_else(|| wrong(ErrorKind::Unsupported, "the field is not written at its place"))?;
    candidates(text, options, place.value, value)
        .into_iter()
        .find(|new| read(new, options).is_ok_and(|read| same(&read, &documents)))
        .ok_or_else(|| wrong(ErrorKind::Unsupported, "the value cannot be changed without changing others"))
}

fn is_collection(value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Map(_))
}

/// Says whether two readings mean the same, where a float without a fraction is an integer.
fn same(a: &[Document], b: &[Document]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| a.index == b.index && go::to_json(&a.value) == go::to_json(&b.value))
}

/// Gives texts with the new value, the one that changes least first.
fn candidates(text: &[u8], options: &Options, place: Range<usize>, value: &Value) -> Vec<Vec<u8>> {
    let splice =
        |place: Range<usize>, new: &str| [&text[..place.start], new.as_bytes(), &text[place.end..]].concat();
    if is_json(text, options) {
        return vec![splice(place, &go::to_json(value))];
    }
    if place.is_empty() {
        let place = behind_colon(text, place.start);
        let new = format!(" {}", line(value, Style::Plain));
        let double = format!(" {}", line(value, Style::Double));
        return vec![splice(place..place, &new), splice(place..place, &double)];
    }
    if let Some(block) = Block::around(text, &place) {
        let lines = value.as_text().and_then(|new| block.with(text, new));
        let in_line = [Style::Plain, Style::Double].map(|style| block.in_line(text, &line(value, style)));
        return lines.into_iter().chain(in_line).collect();
    }
    let style = match text[place.start] {
        b'"' => Style::Double,
        b'\'' => Style::Single,
        _ => Style::Plain,
    };
    vec![splice(place.clone(), &line(value, style)), splice(place, &line(value, Style::Double))]
}

fn is_json(text: &[u8], options: &Options) -> bool {
    match options.format {
        Format::Json => true,
        Format::Yaml => false,
        Format::Auto => read(text, &options.clone().with_format(Format::Json)).is_ok(),
    }
}

/// Writes a value into one line.
fn line(value: &Value, style: Style) -> String {
    match value {
        Value::Text(text) => in_one_line(text, style),
        other => go::to_json(other),
    }
}

/// Where a value goes that was left out: behind the colon, if there is one.
fn behind_colon(text: &[u8], at: usize) -> usize {
    let rest = &text[at..];
    let blanks = rest.iter().take_while(|byte| **byte == b' ').count();
    if rest.get(blanks) == Some(&b':') { at + blanks + 1 } else { at }
}

/// A block scalar.
struct Block {
    /// The bar or angle and what follows it up to a blank.
    header: Range<usize>,
    /// From the line behind the header to the end of the last line with content, without its line break.
    lines: Range<usize>,
    /// The bytes in front of each line.
    indent: usize,
}

impl Block {
    /// Finds the block whose content is at a place. Only a block has its content in another line than what is before it.
    fn around(text: &[u8], content: &Range<usize>) -> Option<Self> {
        let before = &text[..content.start];
        let line = before.iter().rposition(|byte| *byte == b'\n')? + 1;
        if !before[line..].iter().all(|byte| *byte == b' ') {
            return None;
        }
        let end = text[..line].trim_ascii_end().len();
        let begin = text[..end].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let header = (begin..end).find_map(|at| Some(at..at + header(&text[at..end])?))?;
        let first = end + text[end..].iter().position(|byte| *byte == b'\n')? + 1;
        let last = content.start + text[content.clone()].trim_ascii_end().len();
        Some(Self { header, lines: first..last.max(first), indent: content.start - line })
    }

    /// Gives the text with other lines, if they can be lines of this block.
    fn with(&self, text: &[u8], new: &str) -> Option<Vec<u8>> {
        let body = new.strip_suffix('\n').unwrap_or(new);
        let fits = allows_block(new)
            && !new.starts_with([' ', '\t', '\n'])
            && !body.is_empty()
            && !body.ends_with('\n');
        if !fits {
            return None;
        }
        let old = &text[self.header.clone()];
        let digits = old.iter().filter(|byte| byte.is_ascii_digit()).copied();
        let chomp = (body.len() == new.len()).then_some(b'-');
        let header: Vec<u8> = [b'|'].into_iter().chain(digits).chain(chomp).collect();
        let indent = " ".repeat(self.indent);
        let lines: Vec<String> = body
            .split('\n')
            .map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") })
            .collect();
        let between = &text[self.header.end..self.lines.start];
        Some(
            [
                &text[..self.header.start],
                &header,
                between,
                lines.join("\n").as_bytes(),
                &text[self.lines.end..],
            ]
            .concat(),
        )
    }

    /// Gives the text with one line instead of the block.
    fn in_line(&self, text: &[u8], new: &str) -> Vec<u8> {
        let between = &text[self.header.end..self.lines.start];
        let between = between.strip_suffix(b"\n").unwrap_or(between);
        [&text[..self.header.start], new.as_bytes(), between, &text[self.lines.end..]].concat()
    }
}

/// Gives the length of the header of a block scalar with which a line goes on to its end.
fn header(line: &[u8]) -> Option<usize> {
    let rest = line.strip_prefix(b"|").or_else(|| line.strip_prefix(b">"))?;
    let hints = rest.iter().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-')).count();
    let after = &rest[hints..];
    let is_end =
        after.is_empty() || after[0] == b' ' && matches!(after.trim_ascii_start().first(), None | Some(b'#'));
    is_end.then_some(1 + hints)
}
