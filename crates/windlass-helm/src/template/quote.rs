//! Quoted strings as Go's strconv reads and writes them.

use super::runes::{decode, is_invalid, is_print};

/// Why a quoted string cannot be read: `strconv.ErrSyntax`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidSyntax;

/// Reads a quoted string or a raw one, with its quotes.
pub(crate) fn unquote(quoted: &[u8]) -> Result<Vec<u8>, InvalidSyntax> {
    let (&quote, rest) = quoted.split_first().ok_or(InvalidSyntax)?;
    let (&last, inner) = rest.split_last().ok_or(InvalidSyntax)?;
    if quote != last {
        return Err(InvalidSyntax);
    }
    if quote == b'`' {
        return Ok(inner.iter().copied().filter(|&byte| byte != b'\r').collect());
    }
    if inner.contains(&b'\n') {
        return Err(InvalidSyntax);
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while !rest.is_empty() {
        let (unit, width) = unquote_unit(rest, quote)?;
        unit.write(&mut out);
        rest = &rest[width..];
    }
    Ok(out)
}

/// One character of a quoted string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A single byte, which `\x41` and `\101` write.
    Byte(u8),
    /// A rune.
    Rune(char),
}

impl Unit {
    fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Byte(byte) => out.push(byte),
            Self::Rune(rune) => out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }

    /// The number of the character.
    pub(crate) fn number(self) -> u32 {
        match self {
            Self::Byte(byte) => byte.into(),
            Self::Rune(rune) => rune.into(),
        }
    }
}

/// Reads one character or escape; gives it and its width.
pub(crate) fn unquote_unit(text: &[u8], quote: u8) -> Result<(Unit, usize), InvalidSyntax> {
    match text {
        [] => Err(InvalidSyntax),
        [byte, ..] if *byte == quote && (quote == b'\'' || quote == b'"') => Err(InvalidSyntax),
        [b'\\', escape, rest @ ..] => unescape(*escape, rest, quote),
        [b'\\'] => Err(InvalidSyntax),
        _ => {
            let (rune, width) = decode(text).ok_or(InvalidSyntax)?;
            // A byte that is no UTF-8 stays as it is, as in Go's copy of the input.
            let unit = if is_invalid(rune, width) { Unit::Byte(text[0]) } else { Unit::Rune(rune) };
            Ok((unit, width))
        }
    }
}

fn unescape(escape: u8, rest: &[u8], quote: u8) -> Result<(Unit, usize), InvalidSyntax> {
    let simple = |byte| Ok((Unit::Byte(byte), 2));
    match escape {
        b'a' => simple(7),
        b'b' => simple(8),
        b'f' => simple(12),
        b'n' => simple(b'\n'),
        b'r' => simple(b'\r'),
        b't' => simple(b'\t'),
        b'v' => simple(11),
        b'\\' => simple(b'\\'),
        b'\'' | b'"' if escape == quote => simple(escape),
        b'x' => Ok((Unit::Byte(u8::try_from(digits(rest, 2, 16)?).map_err(|_| InvalidSyntax)?), 4)),
        b'u' => Ok((Unit::Rune(char::from_u32(digits(rest, 4, 16)?).ok_or(InvalidSyntax)?), 6)),
        b'U' => Ok((Unit::Rune(char::from_u32(digits(rest, 8, 16)?).ok_or(InvalidSyntax)?), 10)),
        b'0'..=b'7' => {
            let low = digits(rest, 2, 8)?;
            let value = u32::from(escape - b'0') * 64 + low;
            Ok((Unit::Byte(u8::try_from(value).map_err(|_| InvalidSyntax)?), 4))
        }
        _ => Err(InvalidSyntax),
    }
}

fn digits(text: &[u8], count: usize, radix: u32) -> Result<u32, InvalidSyntax> {
    let digits = text.get(..count).ok_or(InvalidSyntax)?;
    digits.iter().try_fold(0u32, |value, &digit| {
        let digit = (digit as char).to_digit(radix).ok_or(InvalidSyntax)?;
        value.checked_mul(radix).and_then(|value| value.checked_add(digit)).ok_or(InvalidSyntax)
    })
}

/// How far a quoted string keeps what is not ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// What `unicode.IsPrint` knows.
    Printable,
    /// ASCII only (`%+q`).
    Ascii,
}

/// Writes a string in quotes: `strconv.Quote`.
pub(crate) fn quote(text: &[u8]) -> String {
    quote_with(text, '"', Keep::Printable)
}

/// Writes a string in quotes of a kind.
pub(crate) fn quote_with(text: &[u8], quote: char, keep: Keep) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    let mut rest = text;
    while let Some((rune, width)) = decode(rest) {
        if is_invalid(rune, width) {
            out.push_str(&format!("\\x{:02x}", rest[0]));
        } else {
            escape(&mut out, rune, quote, keep);
        }
        rest = &rest[width..];
    }
    out.push(quote);
    out
}

fn escape(out: &mut String, rune: char, quote: char, keep: Keep) {
    match rune {
        '\\' => out.push_str("\\\\"),
        _ if rune == quote => out.extend(['\\', quote]),
        _ if rune.is_ascii() && is_print(rune) => out.push(rune),
        _ if keep == Keep::Printable && is_print(rune) => out.push(rune),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        _ if rune < ' ' || rune == '\x7f' => out.push_str(&format!("\\x{:02x}", rune as u32)),
        _ if (rune as u32) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", rune as u32)),
        _ => out.push_str(&format!("\\U{:08x}", rune as u32)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_and_reading_back_gives_the_same_bytes() {
        for text in [&b"a\"b\\c\n\t\x00\xff"[..], "é世\u{200b}".as_bytes(), b""] {
            assert_eq!(unquote(quote(text).as_bytes()).as_deref(), Ok(text));
        }
    }
}
