//! Values that differ only in how they are written.

use windlass_core::Value;

use crate::{Scalar, SchemaRef};

/// Says whether two values mean the same and are only written differently: `1` and `1.0`, `null` and nothing, and where
/// the schema says so quantities (`500m`, `0.5`) and durations (`60s`, `1m0s`). Equal values are no two spellings.
///
/// ```
/// use windlass_diff::{spelling, Scalar, Schema, Schemas};
/// let schemas = Schemas::default();
/// let quantity = Schema::scalar(Scalar::Quantity);
/// let same = |a: &str, b: &str| spelling::same(schemas.view(&quantity), Some(&a.into()), Some(&b.into()));
/// assert!(same("1000M", "1G"));
/// assert!(!same("1000Mi", "1Gi"));
/// ```
#[must_use]
pub fn same(schema: SchemaRef<'_>, a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (Some(Value::Null), None) | (None, Some(Value::Null)) => true,
        (Some(a), Some(b)) if a != b => same_number(a, b) || same_scalar(schema.scalar(), a, b),
        _ => false,
    }
}

/// Says whether two quantities of Kubernetes are the same amount. Exact, without rounding; `false` for what is no
/// quantity or has more digits than a `u128`.
///
/// ```
/// assert!(windlass_diff::spelling::same_quantity("0.5", "500m"));
/// assert!(windlass_diff::spelling::same_quantity("1Ki", "1024"));
/// assert!(!windlass_diff::spelling::same_quantity("1M", "1m"));
/// ```
#[must_use]
pub fn same_quantity(a: &str, b: &str) -> bool {
    matches!((amount(a), amount(b)), (Some(a), Some(b)) if a == b)
}

/// Says whether two durations of Go are equally long; `false` for what is none.
///
/// ```
/// assert!(windlass_diff::spelling::same_duration("60s", "1m0s"));
/// ```
#[must_use]
pub fn same_duration(a: &str, b: &str) -> bool {
    matches!((nanoseconds(a), nanoseconds(b)), (Some(a), Some(b)) if a == b)
}

fn same_scalar(scalar: Scalar, a: &Value, b: &Value) -> bool {
    match (scalar, written(a), written(b)) {
        (Scalar::Quantity, Some(a), Some(b)) => same_quantity(&a, &b),
        (Scalar::Duration, Some(a), Some(b)) => same_duration(&a, &b),
        _ => false,
    }
}

fn written(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Int(_) | Value::Float(_) => Some(value.canonical()),
        _ => None,
    }
}

pub(crate) fn same_number(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Int(int), Value::Float(float)) | (Value::Float(float), Value::Int(int)) => {
            // Only where the float is that very integer; beyond 2^53 many integers round to one float.
            float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0 && *float as i64 == *int
        }
        _ => false,
    }
}

/// An amount as `mantissa * 2^twos * 5^fives` with a mantissa that neither divides: one form for each amount, so that
/// equality needs no big numbers.
#[derive(PartialEq)]
struct Amount {
    negative: bool,
    mantissa: u128,
    twos: i64,
    fives: i64,
}

const DECIMAL: [(&str, i64); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: [(&str, i64); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];

fn amount(text: &str) -> Option<Amount> {
    let (negative, text) = signed(text);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, suffix) = text.split_at(end);
    let (mantissa, scale) = decimal(digits)?;
    let (tens, twos) = exponents(suffix)?;
    Some(normal(negative, mantissa, tens - scale, twos))
}

fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Reads `12.50` as 1250 and 2 places.
fn decimal(digits: &str) -> Option<(u128, i64)> {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part = part.trim_end_matches('0');
    if digits.is_empty() || digits == "." || part.contains('.') {
        return None;
    }
    Some((format!("0{whole}{part}").parse().ok()?, i64::try_from(part.len()).ok()?))
}

/// Gives the powers of ten and of two that a suffix stands for.
fn exponents(suffix: &str) -> Option<(i64, i64)> {
    let find =
        |table: &[(&str, i64)]| table.iter().find(|(name, _)| *name == suffix).map(|(_, power)| *power);
    if let Some(tens) = find(&DECIMAL) {
        return Some((tens, 0));
    }
    if let Some(twos) = find(&BINARY) {
        return Some((0, twos));
    }
    let exponent: i16 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    Some((exponent.into(), 0))
}

fn normal(negative: bool, mut mantissa: u128, tens: i64, twos: i64) -> Amount {
    if mantissa == 0 {
        return Amount { negative: false, mantissa, twos: 0, fives: 0 };
    }
    let (mut twos, mut fives) = (twos + tens, tens);
    while mantissa.is_multiple_of(2) {
        mantissa /= 2;
        twos += 1;
    }
    while mantissa.is_multiple_of(5) {
        mantissa /= 5;
        fives += 1;
    }
    Amount { negative, mantissa, twos, fives }
}

const UNITS: [(&str, u128); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Reads `1h2m0.5s` as Go does; parts of a nanosecond fall away.
fn nanoseconds(text: &str) -> Option<(bool, u128)> {
    let (negative, mut rest) = signed(text);
    if rest == "0" {
        return Some((false, 0));
    }
    if rest.is_empty() {
        return None;
    }
    let mut sum: u128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (digits, after) = rest.split_at(end);
        let stop = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, next) = after.split_at(stop);
        let size = UNITS.iter().find(|(name, _)| *name == unit)?.1;
        let (mantissa, scale) = decimal(digits)?;
        let divisor = 10_u128.checked_pow(u32::try_from(scale).ok()?)?;
        sum = sum.checked_add(mantissa.checked_mul(size)? / divisor)?;
        rest = next;
    }
    Some((negative && sum != 0, sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_quantity(a: &str, b: &str, expected: bool) {
        assert_eq!(same_quantity(a, b), expected, "{a} and {b}");
        assert_eq!(same_quantity(b, a), expected, "{b} and {a}");
    }

    #[test]
    fn quantities_are_equal_by_their_amount() {
        check_quantity("500m", "0.5", true);
        check_quantity("500m", "0.50", true);
        check_quantity("1000M", "1G", true);
        check_quantity("1e3", "1k", true);
        check_quantity("1E3", "1000", true);
        check_quantity("1E", "1e18", true);
        check_quantity("0.5Gi", "512Mi", true);
        check_quantity("128974848", "123Mi", true);
        check_quantity("0", "-0m", true);
        check_quantity("1500u", "1.5m", true);
        check_quantity(".5", "500m", true);
        check_quantity("5.", "5", true);
    }

    #[test]
    fn other_amounts_and_what_is_no_quantity_are_not_equal() {
        check_quantity("1Gi", "1G", false);
        check_quantity("1", "-1", false);
        check_quantity("1K", "1k", false);
        check_quantity("", "0", false);
        check_quantity(".", "0", false);
        check_quantity("1.2.3", "1.2", false);
        check_quantity("1e", "1", false);
        check_quantity("1e99999", "1e99999", false);
        check_quantity("9999999999999999999999999999999999999999999", "1", false);
    }

    #[test]
    fn durations_are_equal_by_their_length() {
        assert!(same_duration("60s", "1m0s"));
        assert!(same_duration("1.5h", "1h30m"));
        assert!(same_duration("0", "0s"));
        assert!(same_duration("100us", "0.1ms"));
        assert!(!same_duration("1m", "1"));
        assert!(!same_duration("", "0"));
        assert!(!same_duration("1d", "24h"));
    }

    #[test]
    fn numbers_beyond_2_to_the_53_are_never_a_spelling() {
        let (int, float) = (Value::Int(9_007_199_254_740_993), Value::Float(9_007_199_254_740_992.0));
        assert!(!same(SchemaRef::any(), Some(&int), Some(&float)));
        assert!(same(SchemaRef::any(), Some(&Value::Int(-3)), Some(&Value::Float(-3.0))));
    }
}
