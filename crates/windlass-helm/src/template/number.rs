//! Numbers of templates, which are integers and floats at once where both fit.

use super::{lexer::Kind, quote};

/// A number as Go's parser keeps it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Number {
    pub(crate) int: Option<i64>,
    pub(crate) uint: Option<u64>,
    pub(crate) float: Option<f64>,
    pub(crate) complex: Option<(f64, f64)>,
    pub(crate) text: String,
}

impl Number {
    pub(crate) fn parse(text: &str, kind: Kind) -> Result<Self, String> {
        match kind {
            Kind::CharConstant => Self::character(text),
            Kind::Complex => Self::pair(text),
            _ => Self::plain(text),
        }
    }

    fn character(text: &str) -> Result<Self, String> {
        let (unit, width) =
            quote::unquote_unit(&text.as_bytes()[1..], b'\'').map_err(|_| "invalid syntax".to_string())?;
        if &text.as_bytes()[1 + width..] != b"'" {
            return Err(format!("malformed character constant: {text}"));
        }
        let number = unit.number();
        let (int, uint, float) = (Some(number.into()), Some(number.into()), Some(number.into()));
        Ok(Self { int, uint, float, complex: None, text: text.into() })
    }

    fn pair(text: &str) -> Result<Self, String> {
        let inner = &text[..text.len() - 1];
        let split = inner.bytes().enumerate().skip(1).filter(|(at, byte)| {
            matches!(byte, b'+' | b'-') && !matches!(inner.as_bytes()[at - 1], b'e' | b'E' | b'p' | b'P')
        });
        let at = split.map(|(at, _)| at).next().ok_or("syntax error scanning complex number")?;
        let part = |text| {
            parse_float(text).ok_or_else(|| format!("strconv.ParseFloat: parsing {text:?}: invalid syntax"))
        };
        Ok(Self::of_complex(part(&inner[..at])?, part(&inner[at..])?, text))
    }

    fn of_complex(real: f64, imaginary: f64, text: &str) -> Self {
        let mut number = Self { complex: Some((real, imaginary)), text: text.into(), ..Self::default() };
        if imaginary == 0.0 {
            number.float = Some(real);
            number.int = whole(real);
            number.uint = whole_unsigned(real);
        }
        number
    }

    fn plain(text: &str) -> Result<Self, String> {
        if let Some(imaginary) = text.strip_suffix('i').and_then(parse_float) {
            return Ok(Self::of_complex(0.0, imaginary, text));
        }
        let mut number = Self { text: text.into(), ..Self::default() };
        number.uint = parse_uint(text);
        number.int = parse_int(text);
        if number.int == Some(0) {
            number.uint = Some(0);
        }
        #[allow(clippy::cast_precision_loss)]
        if let Some(int) = number.int {
            number.float = Some(int as f64);
        } else if let Some(uint) = number.uint {
            number.float = Some(uint as f64);
        } else if let Some(float) = parse_float(text) {
            if !text.contains(['.', 'e', 'E', 'p', 'P']) {
                return Err(format!("integer overflow: {}", quote::quote(text.as_bytes())));
            }
            number.float = Some(float);
            number.int = whole(float);
            number.uint = whole_unsigned(float);
        }
        if number.int.is_none() && number.uint.is_none() && number.float.is_none() {
            return Err(format!("illegal number syntax: {}", quote::quote(text.as_bytes())));
        }
        Ok(number)
    }

    /// Whether the text writes a float, so that the constant is a `float64` of its own accord.
    pub(crate) fn looks_like_float(&self) -> bool {
        let text = &self.text;
        let hex = text.len() > 2
            && (text.starts_with("0x") || text.starts_with("0X"))
            && !text.contains(['p', 'P']);
        !hex && !text.starts_with('\'') && text.contains(['.', 'e', 'E', 'p', 'P'])
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn whole(float: f64) -> Option<i64> {
    ((float as i64) as f64 == float && float < 9.3e18).then_some(float as i64)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
fn whole_unsigned(float: f64) -> Option<u64> {
    (float >= 0.0 && (float as u64) as f64 == float).then_some(float as u64)
}

/// Go's `strconv.ParseUint` with base 0.
pub(crate) fn parse_uint(text: &str) -> Option<u64> {
    let (digits, radix, prefixed) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16, true),
        [b'0', b'b' | b'B', ..] => (&text[2..], 2, true),
        [b'0', b'o' | b'O', ..] => (&text[2..], 8, true),
        [b'0', _, ..] => (&text[1..], 8, true),
        _ => (text, 10, false),
    };
    let plain: String = digits.chars().filter(|&c| c != '_').collect();
    if plain.is_empty() || plain.starts_with(['+', '-']) || !underscores_fit(digits, prefixed) {
        return None;
    }
    u64::from_str_radix(&plain, radix).ok()
}

/// Go's `strconv.ParseInt` with base 0.
pub(crate) fn parse_int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = i128::from(parse_uint(digits)?);
    i64::try_from(if negative { -value } else { value }).ok()
}

/// Underscores stand between digits, or between a prefix and a digit.
fn underscores_fit(digits: &str, prefixed: bool) -> bool {
    let bytes = digits.as_bytes();
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_').all(|(at, _)| {
        let before = if at == 0 { prefixed } else { bytes[at - 1].is_ascii_hexdigit() };
        before && bytes.get(at + 1).is_some_and(u8::is_ascii_hexdigit)
    })
}

/// Go's `strconv.ParseFloat` with 64 bits: decimal and hexadecimal, infinities and NaN; no overflow.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let (sign, digits) = match text.as_bytes().first() {
        Some(b'-') => (-1.0, &text[1..]),
        Some(b'+') => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return parse_hex_float(hex).map(|value| sign * value);
    }
    match digits.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        "nan" => return Some(f64::NAN),
        _ => {}
    }
    let plain: String = digits.chars().filter(|c| *c != '_').collect();
    let is_decimal =
        plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if !is_decimal || !underscores_fit(digits, false) {
        return None;
    }
    let value: f64 = plain.parse().ok()?;
    value.is_finite().then_some(sign * value)
}

/// `1.8p3` after its `0x`.
fn parse_hex_float(text: &str) -> Option<f64> {
    if !underscores_fit(text, true) {
        return None;
    }
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    let (mantissa, exponent) = plain.split_once(['p', 'P'])?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0.0f64;
    let mut scale = 0i32;
    for (digit, after_point) in whole.bytes().map(|b| (b, false)).chain(fraction.bytes().map(|b| (b, true))) {
        value = value * 16.0 + f64::from((digit as char).to_digit(16)?);
        scale -= if after_point { 4 } else { 0 };
    }
    let result = value * 2f64.powi(exponent.checked_add(scale)?);
    result.is_finite().then_some(result)
}
