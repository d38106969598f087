//! Texts, bytes and numbers as an expression writes them.

use crate::Value;
use crate::token::Token;

/// How the quotes of a text begin and end.
pub(crate) struct Quoted {
    prefix: usize,
    quote: &'static str,
    raw: bool,
    bytes: bool,
}

impl Quoted {
    /// Whether a text in quotes begins here.
    pub(crate) fn begins(text: &str) -> Option<Self> {
        let letters = text.find(|c: char| !"rRbB".contains(c)).filter(|length| *length <= 2)?;
        let (prefix, rest) = text.split_at(letters);
        let quote = ["'''", "\"\"\"", "'", "\""].into_iter().find(|quote| rest.starts_with(quote))?;
        let count = |letter: [char; 2]| prefix.chars().filter(|c| letter.contains(c)).count();
        let (raw, bytes) = (count(['r', 'R']), count(['b', 'B']));
        (raw <= 1 && bytes <= 1).then_some(Self { prefix: letters, quote, raw: raw == 1, bytes: bytes == 1 })
    }

    /// Gives the value, and how many characters it takes.
    pub(crate) fn read(&self, text: &str) -> Result<(Value, usize), String> {
        let body = &text[self.prefix + self.quote.len()..];
        let mut out = Out { text: String::new(), bytes: Vec::new(), is_bytes: self.bytes };
        let mut chars = body.char_indices();
        while let Some((at, c)) = chars.next() {
            if body[at..].starts_with(self.quote) {
                let length = self.prefix + 2 * self.quote.len() + body[..at].chars().count();
                let value =
                    if self.bytes { Value::Bytes(out.bytes.into()) } else { Value::Text(out.text.into()) };
                return Ok((value, length));
            }
            match c {
                '\n' | '\r' if self.quote.len() == 1 => break,
                '\\' if !self.raw => {
                    let length = out.escape(&body[at + 1..])?;
                    // The escape is ASCII, so that its characters are its bytes.
                    for _ in 0..length {
                        chars.next();
                    }
                }
                c => out.push(c),
            }
        }
        Err("a text does not end".to_owned())
    }
}

struct Out {
    text: String,
    bytes: Vec<u8>,
    is_bytes: bool,
}

impl Out {
    fn push(&mut self, c: char) {
        match self.is_bytes {
            true => self.bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
            false => self.text.push(c),
        }
    }

    /// Reads what follows a backslash; gives its length.
    fn escape(&mut self, rest: &str) -> Result<usize, String> {
        let wrong = || format!("not an escape: \\{}", rest.chars().take(1).collect::<String>());
        let first = rest.chars().next().ok_or_else(wrong)?;
        let plain = match first {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '\\' | '?' | '"' | '\'' | '`' => first,
            'x' | 'X' => return self.code(rest, 1, 2, 16),
            'u' if !self.is_bytes => return self.code(rest, 1, 4, 16),
            'U' if !self.is_bytes => return self.code(rest, 1, 8, 16),
            '0'..='3' => return self.code(rest, 0, 3, 8),
            _ => return Err(wrong()),
        };
        self.push(plain);
        Ok(1)
    }

    fn code(&mut self, rest: &str, start: usize, digits: usize, radix: u32) -> Result<usize, String> {
        let wrong = || "not an escape of a character".to_owned();
        let text = rest.get(start..start + digits).filter(|text| text.chars().all(|c| c.is_digit(radix)));
        let code = u32::from_str_radix(text.ok_or_else(wrong)?, radix).map_err(|_| wrong())?;
        match self.is_bytes {
            true => self.bytes.push(u8::try_from(code).map_err(|_| wrong())?),
            false => self.text.push(char::from_u32(code).ok_or_else(wrong)?),
        }
        Ok(start + digits)
    }
}

/// How many characters of a number there are.
pub(crate) fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is = |at: usize, test: fn(&u8) -> bool| bytes.get(at).is_some_and(test);
    let while_digits = |mut at: usize, test: fn(&u8) -> bool| {
        while is(at, test) {
            at += 1;
        }
        at
    };
    if (text.starts_with("0x") || text.starts_with("0X")) && is(2, u8::is_ascii_hexdigit) {
        let end = while_digits(2, u8::is_ascii_hexdigit);
        return end + usize::from(is(end, |byte| b"uU".contains(byte)));
    }
    let mut end = while_digits(0, u8::is_ascii_digit);
    let mut is_whole = true;
    if is(end, |byte| *byte == b'.') && is(end + 1, u8::is_ascii_digit) {
        (end, is_whole) = (while_digits(end + 1, u8::is_ascii_digit), false);
    }
    if is(end, |byte| b"eE".contains(byte)) {
        let digits = end + 1 + usize::from(is(end + 1, |byte| b"+-".contains(byte)));
        if is(digits, u8::is_ascii_digit) {
            (end, is_whole) = (while_digits(digits, u8::is_ascii_digit), false);
        }
    }
    end + usize::from(is_whole && is(end, |byte| b"uU".contains(byte)))
}

pub(crate) fn number(text: &str) -> Option<Token> {
    let (digits, is_unsigned) = match text.strip_suffix(['u', 'U']) {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    let whole = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
        None => return digits.parse().ok().map(|double| Token::Literal(Value::Double(double))),
    };
    match is_unsigned {
        true => whole.map(|whole| Token::Literal(Value::Uint(whole))),
        false => whole.filter(|whole| *whole <= 1 << 63).map(Token::Whole),
    }
}
