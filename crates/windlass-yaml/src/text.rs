//! From bytes to text, and where in it something is.

use windlass_core::{Error, ErrorKind};

use crate::Options;

const BOM: &str = "\u{feff}";

/// A text without its byte order mark.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'t> {
    pub(crate) text: &'t str,
    /// Bytes in front of `text` in what was handed in.
    pub(crate) skipped: usize,
}

impl<'t> Source<'t> {
    pub(crate) fn new(bytes: &'t [u8], options: &Options) -> Result<Self, Error> {
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
        Ok(Self::of(text))
    }

    pub(crate) fn of(text: &'t str) -> Self {
        match text.strip_prefix(BOM) {
            Some(rest) => Self { text: rest, skipped: BOM.len() },
            None => Self { text, skipped: 0 },
        }
    }
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

/// Gives line and column, both from 1, of a byte of a text.
pub(crate) fn line_and_column(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..at).unwrap_or(text);
    let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
    (narrow(1 + before.matches('\n').count()), narrow(1 + before[begin..].chars().count()))
}

/// Lines and columns beyond four thousand million are all the last one.
pub(crate) fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Says whether the line around a byte, or an earlier line from `from` on, looks like one of a template.
pub(crate) fn looks_like_template(text: &str, from: usize, at: usize) -> bool {
    let end = text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |length| at + length);
    let Some(lines) = text.get(from..end) else { return false };
    lines.lines().any(|line| line.trim_start().starts_with("{{"))
        || lines.lines().next_back().is_some_and(|line| line.contains("{{"))
}
