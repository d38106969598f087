//! Strings, numbers, truths and dates of TOML.

use super::toml_read::{Read, Reader, of_time, shown};
use crate::template::{Value, Zone, number::parse_float, parse_time, quote::quote};

impl Reader<'_> {
    /// A string of one line or of several.
    pub(super) fn string(&mut self, quote: char) -> Read<String> {
        let triple = if quote == '"' { "\"\"\"" } else { "'''" };
        if self.take(triple) {
            if !self.take("\n") {
                self.take("\r\n");
            }
            return self.long_string(quote, triple);
        }
        self.at += 1;
        if quote == '"' { self.basic_string() } else { self.literal_string() }
    }

    /// What follows a double quote, up to the next.
    pub(super) fn basic_string(&mut self) -> Read<String> {
        let mut out = String::new();
        loop {
            match self.peek() {
                None => return Err("unexpected EOF; expected '\"'".into()),
                Some('\n') => return Err("strings cannot contain newlines".into()),
                Some('"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some('\\') => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                Some(c) => self.plain(c, &mut out)?,
            }
        }
    }

    /// What follows a single quote, up to the next.
    pub(super) fn literal_string(&mut self) -> Read<String> {
        let mut out = String::new();
        loop {
            match self.peek() {
                None => return Err("unexpected EOF; expected \"'\"".into()),
                Some('\n') => return Err("strings cannot contain newlines".into()),
                Some('\'') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(c) => self.plain(c, &mut out)?,
            }
        }
    }

    fn plain(&mut self, c: char, out: &mut String) -> Read<()> {
        if (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || c == '\x7f' {
            return Err(format!("control characters are not allowed inside strings: '0x{:02x}'", c as u32));
        }
        out.push(c);
        self.at += c.len_utf8();
        Ok(())
    }

    fn long_string(&mut self, quote: char, triple: &str) -> Read<String> {
        let mut out = String::new();
        loop {
            if self.take(triple) {
                // Up to two quotes right before the end belong to the text.
                for _ in 0..2 {
                    if self.peek() == Some(quote) {
                        self.at += 1;
                        out.push(quote);
                    }
                }
                return Ok(out);
            }
            match self.peek() {
                None => return Err(format!("unexpected EOF; expected '{triple}'")),
                Some('\\') if quote == '"' => {
                    self.at += 1;
                    if !self.line_continues() {
                        out.push(self.escape()?);
                    }
                }
                Some('\r') if self.rest().starts_with("\r\n") => {
                    self.at += 2;
                    out.push('\n');
                }
                Some(c) => self.plain(c, &mut out)?,
            }
        }
    }

    /// A backslash at the end of a line takes the break and the blanks behind it away.
    fn line_continues(&mut self) -> bool {
        let after = self.rest().trim_start_matches([' ', '\t', '\r']);
        if !after.starts_with('\n') {
            return false;
        }
        let left = self.rest().trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.at = self.text.len() - left;
        true
    }

    fn escape(&mut self) -> Read<char> {
        let Some(c) = self.peek() else {
            return Err("unexpected EOF; expected '\"'".into());
        };
        self.at += c.len_utf8();
        let digits = match c {
            'b' => return Ok('\x08'),
            't' => return Ok('\t'),
            'n' => return Ok('\n'),
            'f' => return Ok('\x0c'),
            'r' => return Ok('\r'),
            'e' => return Ok('\x1b'),
            '"' | '\\' => return Ok(c),
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => return Err(format!("invalid escape character {}", shown(c))),
        };
        let hex = self.rest().get(..digits).filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let Some(hex) = hex.map(str::to_string) else {
            return Err(format!("expected {digits} hexadecimal digits after '\\{c}'"));
        };
        self.at += digits;
        let rune = u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32);
        rune.ok_or_else(|| format!("Escaped character '\\u{hex}' is not valid UTF-8."))
    }
}

/// The length of a number, a truth or a date at the beginning of a text.
pub(super) fn token(text: &str) -> usize {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_' | '.' | ':');
    let end = text.find(|c| !inside(c)).unwrap_or(text.len());
    // A blank may stand between date and time.
    let is_date = end == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    if is_date && text[end..].starts_with(' ') && text[end + 1..].starts_with(|c: char| c.is_ascii_digit()) {
        let rest = &text[end + 1..];
        return end + 1 + rest.find(|c| !inside(c)).unwrap_or(rest.len());
    }
    end
}

/// Reads a number, a truth or a date.
pub(super) fn read(text: &str) -> Read<Value> {
    match text {
        "true" => return Ok(Value::Bool(true)),
        "false" => return Ok(Value::Bool(false)),
        "inf" | "+inf" => return Ok(Value::Float(f64::INFINITY)),
        "-inf" => return Ok(Value::Float(f64::NEG_INFINITY)),
        "nan" | "+nan" | "-nan" => return Ok(Value::Float(f64::NAN)),
        _ => {}
    }
    let bytes = text.as_bytes();
    let looks_like_date =
        (bytes.len() >= 10 && bytes[4] == b'-' && bytes[..4].iter().all(u8::is_ascii_digit))
            || (bytes.len() >= 5 && bytes[2] == b':');
    if looks_like_date {
        return date(text);
    }
    if !bytes[0].is_ascii_digit() && !matches!(bytes[0], b'+' | b'-') {
        return Err(format!("expected value but found {} instead", quote(text.as_bytes())));
    }
    number(text)
}

fn number(text: &str) -> Read<Value> {
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            check_underscores(text, digits, "integer")?;
            let number = i64::from_str_radix(&digits.replace('_', ""), radix);
            return number.map(Value::Int64).map_err(|_| format!("{text} is out of range for int64"));
        }
    }
    let digits = text.trim_start_matches(['+', '-']);
    let is_float = text.contains(['.', 'e', 'E']);
    let what = if is_float { "float" } else { "integer" };
    check_underscores(text, digits, what)?;
    let plain = text.replace('_', "");
    let whole = digits.split(['.', 'e', 'E']).next().unwrap_or_default().replace('_', "");
    if whole.len() > 1 && whole.starts_with('0') {
        return Err(format!("Invalid {what} {}: cannot have leading zeroes", quote(text.as_bytes())));
    }
    if !is_float {
        if !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
            return Err(format!("expected a digit but got {}", quote(text.as_bytes())));
        }
        return plain.parse().map(Value::Int64).map_err(|_| format!("{text} is out of range for int64"));
    }
    let point_fits = plain.split_once('.').is_none_or(|(before, after)| {
        before.ends_with(|c: char| c.is_ascii_digit()) && after.starts_with(|c: char| c.is_ascii_digit())
    });
    if !point_fits {
        return Err(format!(
            "Invalid float {}: '.' must be followed by one or more digits",
            quote(text.as_bytes())
        ));
    }
    parse_float(&plain)
        .map(Value::Float)
        .ok_or_else(|| format!("Invalid float value: {}", quote(text.as_bytes())))
}

fn check_underscores(text: &str, digits: &str, what: &str) -> Read<()> {
    let bytes = digits.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_hexdigit);
    let fits = (0..bytes.len())
        .filter(|at| bytes[*at] == b'_')
        .all(|at| digit(at.checked_sub(1)) && digit(Some(at + 1)));
    if fits {
        Ok(())
    } else {
        Err(format!("Invalid {what} {}: underscores must be surrounded by digits", quote(text.as_bytes())))
    }
}

/// Dates with an offset, and local ones, whose zone says what they are.
fn date(text: &str) -> Read<Value> {
    let text_upper = text.replace(['t', ' '], "T").replace('z', "Z");
    const LAYOUTS: [(&str, Option<&[u8]>); 6] = [
        ("2006-01-02T15:04:05.999999999Z07:00", None),
        ("2006-01-02T15:04Z07:00", None),
        ("2006-01-02T15:04:05.999999999", Some(b"datetime-local")),
        ("2006-01-02T15:04", Some(b"datetime-local")),
        ("2006-01-02", Some(b"date-local")),
        ("15:04:05.999999999", Some(b"time-local")),
    ];
    for (layout, zone) in LAYOUTS {
        if let Ok(mut time) = parse_time::parse(layout, &text_upper) {
            if let Some(name) = zone {
                time.zone = Zone::named(name);
            }
            return Ok(of_time(time));
        }
    }
    Err(format!("Invalid TOML Datetime: {}.", quote(text.as_bytes())))
}
