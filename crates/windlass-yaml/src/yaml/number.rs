//! Numbers as Go spells them.

use std::borrow::Cow;

use super::scalar::Scalar;

/// Reads an integer as Go's `strconv.ParseInt` and `ParseUint` do with base 0: `0x`, `0o`, `0b`, and `0` for octal.
pub(super) fn integer(text: &str) -> Option<Scalar<'static>> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (Some(true), &text[1..]),
        b'+' => (Some(false), &text[1..]),
        _ => (None, text),
    };
    let (radix, digits) = base(digits)?;
    signed(sign, magnitude(digits, radix)?)
}

/// Splits off the prefix that names the base.
fn base(text: &str) -> Option<(u32, &str)> {
    let prefix = text.as_bytes().get(1).map(u8::to_ascii_lowercase).filter(|_| text.len() > 2);
    match (text.as_bytes().first()?, prefix) {
        (b'0', Some(b'x')) => Some((16, &text[2..])),
        (b'0', Some(b'o')) => Some((8, &text[2..])),
        (b'0', Some(b'b')) => Some((2, &text[2..])),
        (b'0', _) if text.len() == 1 => Some((10, text)),
        (b'0', _) => Some((8, &text[1..])),
        _ => Some((10, text)),
    }
}

fn magnitude(digits: &str, radix: u32) -> Option<u64> {
    let all_digits = digits.bytes().all(|byte| char::from(byte).is_digit(radix));
    if all_digits { u64::from_str_radix(digits, radix).ok() } else { None }
}

/// `ParseUint`, which takes what `ParseInt` cannot hold, knows no sign, not even `+`.
fn signed(sign: Option<bool>, magnitude: u64) -> Option<Scalar<'static>> {
    match (sign, i64::try_from(magnitude)) {
        (Some(true), _) => 0_i64.checked_sub_unsigned(magnitude).map(Scalar::Int),
        (_, Ok(number)) => Some(Scalar::Int(number)),
        (None, Err(_)) => Some(Scalar::Unsigned(magnitude)),
        (Some(false), Err(_)) => None,
    }
}

/// Reads what go-yaml reads as binary although `ParseInt` does not: a sign behind the prefix, as in `0b-1`.
pub(super) fn odd_binary(text: &str) -> Option<Scalar<'static>> {
    odd(text, "0b", 2)
}

fn odd(text: &str, prefix: &str, radix: u32) -> Option<Scalar<'static>> {
    let rest = text.strip_prefix(prefix)?;
    let negative = rest.starts_with('-');
    let digits = rest.strip_prefix(['-', '+'])?;
    if digits.is_empty() {
        return None;
    }
    signed(Some(negative), magnitude(digits, radix)?)
}

/// Reads what go-yaml v3 reads as octal although `ParseInt` does not: a sign behind the prefix, as in `0o-7`.
pub(crate) fn odd_octal(text: &str) -> Option<Scalar<'static>> {
    odd(&text.replace('_', ""), "0o", 8)
}

/// Reads a decimal float: `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, and finite.
pub(super) fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let good_mantissa = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let good_exponent = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    if !(good_mantissa && good_exponent) {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Takes out underscores where Go allows them in a float, which is between digits.
pub(super) fn without_underscores_between_digits(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('_') {
        return Some(Cow::Borrowed(text));
    }
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let good = bytes
        .iter()
        .enumerate()
        .all(|(at, byte)| *byte != b'_' || (digit(at.checked_sub(1)) && digit(Some(at + 1))));
    good.then(|| Cow::Owned(text.replace('_', "")))
}

/// Writes a float as go-yaml writes a key: the shortest digits of a 32-bit float, with an exponent from 10^6 on and
/// below 10^-4.
pub(super) fn key_of_float(number: f64) -> String {
    let number = number as f32;
    if number.is_nan() {
        return ".nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        Ok(power) if number != 0.0 && !(-4..6).contains(&power) => {
            let sign = if power < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", power.abs())
        }
        _ => number.to_string(),
    }
}
