//! From bytes to text, and where in it something is.

use windlass_core::{Error, ErrorKind};

use crate::Options;

pub(crate) const BOM: &str = "\u{feff}";

/// Gives the text of a file without its byte order mark.
pub(crate) fn decoded<'t>(bytes: &'t [u8], options: &Options) -> Result<&'t str, Error> {
    if bytes.len() as u64 > options.file_bytes_max {
        return Err(limit("the text is too large", "file_bytes_max", options.file_bytes_max));
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Error::new(ErrorKind::Invalid, "the text is UTF-16").with_help("save it as UTF-8"));
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(Error::new(ErrorKind::Invalid, "not a text: a NUL byte").with("byte", at));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    Ok(text.strip_prefix(BOM).unwrap_or(text))
}

fn not_utf8(bytes: &[u8], at: usize) -> Error {
    let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
    let begin = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let column = 1 + String::from_utf8_lossy(&bytes[begin..at]).chars().count();
    Error::new(ErrorKind::Invalid, "the text is not UTF-8")
        .with("line", line)
        .with("column", column)
        .with_help("save it as UTF-8")
}

/// A limit was reached: which one, and what it is.
pub(crate) fn limit(message: &str, name: &str, max: impl ToString) -> Error {
    Error::new(ErrorKind::Limit, message).with("limit", name).with("max", max)
}

/// A place of a text with its line and column, from which later ones are found without reading the text again.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cursor {
    at: usize,
    /// Line breaks before it.
    breaks: usize,
    /// Characters before it in its line.
    characters: usize,
}

impl Cursor {
    /// Moves to a later byte and gives the place there.
    pub(crate) fn forward(&mut self, text: &str, to: usize) -> Self {
        let between = text.get(self.at..to).unwrap_or_default();
        if let Some(newline) = between.rfind('\n') {
            self.breaks += between.matches('\n').count();
            self.characters = between[newline + 1..].chars().count();
        } else {
            self.characters += between.chars().count();
        }
        self.at += between.len();
        *self
    }

    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// Gives the line, from 1.
    pub(crate) fn line(self) -> u32 {
        narrow(self.breaks + 1)
    }

    /// Gives the column, from 1.
    pub(crate) fn column(self) -> u32 {
        narrow(self.characters + 1)
    }
}

/// Lines and columns beyond four thousand million are all the last one.
pub(crate) fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

const TEMPLATE: &str = "this looks like a template: render it first, or leave the file out";

/// Adds what to do where the line around a byte looks like one of a template.
pub(crate) fn with_template_help(error: Error, text: &str, at: usize) -> Error {
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = at + after.find('\n').unwrap_or(after.len());
    if !text.get(begin..end).is_some_and(|line| line.contains("{{")) {
        return error;
    }
    let help = error.help().map_or_else(|| TEMPLATE.to_owned(), |help| format!("{help}; {TEMPLATE}"));
    error.with_help(help)
}
