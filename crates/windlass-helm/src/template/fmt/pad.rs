//! Padding, integers and strings with Go's flags.

use super::super::{
    quote::{Keep, quote_with},
    runes::{decode, is_invalid, is_print},
};
use super::float::format_float;

/// The flags of one verb.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%+v`.
    pub(super) plus_v: bool,
    /// `%#v`.
    pub(super) sharp_v: bool,
}

pub(super) fn rune_count(text: &[u8]) -> usize {
    let mut rest = text;
    let mut count = 0;
    while let Some((_, width)) = decode(rest) {
        rest = &rest[width..];
        count += 1;
    }
    count
}

impl Flags {
    pub(super) fn padding(&self, out: &mut Vec<u8>, count: usize) {
        let byte = if self.zero && !self.minus { b'0' } else { b' ' };
        out.resize(out.len() + count, byte);
    }

    pub(super) fn pad(&self, out: &mut Vec<u8>, text: &[u8]) {
        let missing = self.width.map_or(0, |width| width.saturating_sub(rune_count(text)));
        if !self.minus {
            self.padding(out, missing);
        }
        out.extend_from_slice(text);
        if self.minus {
            self.padding(out, missing);
        }
    }

    fn without_zero(self) -> Self {
        Self { zero: false, ..self }
    }

    pub(super) fn integer(&self, out: &mut Vec<u8>, number: u64, signed: bool, base: u32, verb: char) {
        let negative = signed && (number as i64) < 0;
        let magnitude = if negative { number.wrapping_neg() } else { number };
        if self.precision == Some(0) && magnitude == 0 {
            return self.without_zero().padding(out, self.width.unwrap_or(0));
        }
        let mut digits = digits_of(magnitude, base, verb == 'X');
        let least = match (self.precision, self.width) {
            (Some(precision), _) => precision,
            (None, Some(width)) if self.zero && !self.minus => {
                width.saturating_sub(usize::from(negative || self.plus || self.space))
            }
            _ => 0,
        };
        if digits.len() < least {
            digits.insert_str(0, &"0".repeat(least - digits.len()));
        }
        let text = self.with_prefix(digits, negative, base, verb);
        self.without_zero().pad(out, text.as_bytes());
    }

    fn with_prefix(&self, mut digits: String, negative: bool, base: u32, verb: char) -> String {
        if self.sharp {
            match base {
                2 => digits.insert_str(0, "0b"),
                8 if !digits.starts_with('0') => digits.insert(0, '0'),
                16 => digits.insert_str(0, if verb == 'X' { "0X" } else { "0x" }),
                _ => {}
            }
        }
        if verb == 'O' {
            digits.insert_str(0, "0o");
        }
        if negative {
            digits.insert(0, '-');
        } else if self.plus {
            digits.insert(0, '+');
        } else if self.space {
            digits.insert(0, ' ');
        }
        digits
    }

    /// `%U`.
    pub(super) fn unicode(&self, out: &mut Vec<u8>, number: u64) {
        let least = self.precision.unwrap_or(4).max(4);
        let digits = format!("{number:X}");
        let mut text = format!("U+{}{digits}", "0".repeat(least.saturating_sub(digits.len())));
        if let Some(rune) = u32::try_from(number).ok().and_then(char::from_u32)
            && self.sharp
            && is_print(rune)
        {
            text.push_str(&format!(" '{rune}'"));
        }
        self.without_zero().pad(out, text.as_bytes());
    }

    /// `%c`.
    pub(super) fn rune(&self, out: &mut Vec<u8>, number: u64) {
        self.pad(out, rune_of(number).encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// `%q` of a number.
    pub(super) fn quoted_rune(&self, out: &mut Vec<u8>, number: u64) {
        let text = quote_with(rune_of(number).encode_utf8(&mut [0; 4]).as_bytes(), '\'', self.keep());
        self.pad(out, text.as_bytes());
    }

    fn keep(&self) -> Keep {
        if self.plus { Keep::Ascii } else { Keep::Printable }
    }

    fn truncated<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let Some(precision) = self.precision else {
            return text;
        };
        let mut end = 0;
        for _ in 0..precision {
            match decode(&text[end..]) {
                Some((_, width)) => end += width,
                None => break,
            }
        }
        &text[..end]
    }

    /// `%s`.
    pub(super) fn text(&self, out: &mut Vec<u8>, text: &[u8]) {
        self.pad(out, self.truncated(text));
    }

    /// `%q`.
    pub(super) fn quoted(&self, out: &mut Vec<u8>, text: &[u8]) {
        let text = self.truncated(text);
        if self.sharp && can_backquote(text) {
            return self.pad(out, &[b"`", text, b"`"].concat());
        }
        self.pad(out, quote_with(text, '"', self.keep()).as_bytes());
    }

    /// `%x` of bytes.
    pub(super) fn hex(&self, out: &mut Vec<u8>, text: &[u8], upper: bool) {
        let text = &text[..self.precision.unwrap_or(usize::MAX).min(text.len())];
        if text.is_empty() {
            return self.padding(out, self.width.unwrap_or(0));
        }
        let prefix = if upper { "0X" } else { "0x" };
        let mut hex = String::new();
        for (index, byte) in text.iter().enumerate() {
            if self.space && index > 0 {
                hex.push(' ');
            }
            if self.sharp && (self.space || index == 0) {
                hex.push_str(prefix);
            }
            hex.push_str(&if upper { format!("{byte:02X}") } else { format!("{byte:02x}") });
        }
        self.pad(out, hex.as_bytes());
    }

    /// A float; `precision` is the one of the verb itself.
    pub(super) fn float(&self, out: &mut Vec<u8>, value: f64, verb: char, precision: Option<usize>) {
        let precision = self.precision.or(precision);
        let mut text = format_float(value, verb, precision);
        if !text.starts_with(['-', '+']) {
            text.insert(0, '+');
        }
        if self.space && text.starts_with('+') && !self.plus {
            text.replace_range(..1, " ");
        }
        if !value.is_finite() {
            let drops_sign = value.is_nan() && !self.space && !self.plus;
            let keeps = self.plus || !text.starts_with('+') || value.is_infinite();
            let text = if drops_sign || !keeps { &text[1..] } else { &text };
            return self.without_zero().pad(out, text.as_bytes());
        }
        if self.sharp && verb != 'b' {
            text = with_point(&text, verb, precision);
        }
        self.signed_float(out, &text);
    }

    fn signed_float(&self, out: &mut Vec<u8>, text: &str) {
        if !self.plus && text.starts_with('+') {
            return self.pad(out, &text.as_bytes()[1..]);
        }
        match self.width {
            Some(width) if self.zero && !self.minus && width > text.len() => {
                out.push(text.as_bytes()[0]);
                self.padding(out, width - text.len());
                out.extend_from_slice(&text.as_bytes()[1..]);
            }
            _ => self.pad(out, text.as_bytes()),
        }
    }
}

/// `%#g`: always a point, and as many digits as the precision says.
fn with_point(text: &str, verb: char, precision: Option<usize>) -> String {
    let mut digits = match verb {
        'v' | 'g' | 'G' | 'x' => precision.map_or(6, |precision| precision as i64),
        _ => 0,
    };
    let tail_at =
        text.find(|c| matches!(c, 'p' | 'P') || (matches!(c, 'e' | 'E') && !matches!(verb, 'x' | 'X')));
    let (head, tail) = text.split_at(tail_at.unwrap_or(text.len()));
    let mut has_point = false;
    let mut seen = false;
    for c in head.chars().skip(1) {
        if c == '.' {
            has_point = true;
            continue;
        }
        seen |= c != '0';
        digits -= i64::from(seen);
    }
    let mut out = head.to_string();
    if !has_point {
        digits -= i64::from(head.len() == 2 && head.ends_with('0'));
        out.push('.');
    }
    out.extend(std::iter::repeat_n('0', usize::try_from(digits).unwrap_or(0)));
    out + tail
}

fn rune_of(number: u64) -> char {
    u32::try_from(number).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn digits_of(number: u64, base: u32, upper: bool) -> String {
    match base {
        2 => format!("{number:b}"),
        8 => format!("{number:o}"),
        16 if upper => format!("{number:X}"),
        16 => format!("{number:x}"),
        _ => number.to_string(),
    }
}

fn can_backquote(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some((rune, width)) = decode(rest) {
        if is_invalid(rune, width)
            || rune == '\u{feff}'
            || rune == '`'
            || rune == '\x7f'
            || (rune < ' ' && rune != '\t')
        {
            return false;
        }
        rest = &rest[width..];
    }
    true
}
