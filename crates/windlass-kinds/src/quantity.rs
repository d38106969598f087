//! Quantities of Kubernetes: `500m`, `1.5Gi`, `2e3`.
//!
//! ```
//! use windlass_kinds::quantity::Quantity;
//! let a: Quantity = "500m".parse()?;
//! let b: Quantity = "0.5".parse()?;
//! assert_eq!(a, b);
//! assert_eq!(b.to_string(), "500m");
//! assert!(a < "1Ki".parse()?);
//! # Ok::<(), windlass_core::Error>(())
//! ```
//!
//! Exact, after [`resource.Quantity`]: no float is involved; what is finer than a billionth is rounded away from zero,
//! binary suffixes end at int64, a suffix alone is nothing. Equality and order are those of the amount, not of the
//! spelling. An amount of 10^28 or more is refused, though Go reads it: there is no exact answer in 128 bits, and a wrong
//! one would make two of them equal.
//!
//! [`resource.Quantity`]: https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use windlass_core::{Error, ErrorKind, Value};

/// The greatest amount with a binary suffix, in billionths: more is taken for it, as Go does.
const BINARY_MAX: i128 = i64::MAX as i128 * NANO;

/// Characters of a quantity; a longer text is none.
const CHARS_MAX: usize = 64;

/// Billionths in one.
const NANO: i128 = 1_000_000_000;

/// Amounts are smaller than this, in billionths.
const AMOUNT_END: i128 = 10_i128.pow(28) * NANO;

/// An amount, and how it likes to be written.
///
/// Invariant: `nano.abs() < AMOUNT_END`.
#[derive(Debug, Clone, Copy)]
pub struct Quantity {
    nano: i128,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `1Ki`
    Binary,
    /// `1k`
    Decimal,
    /// `1e3`
    Exponent,
}

impl Quantity {
    /// Reads a quantity as manifests hold it: a text or a number. `None` for anything that is none.
    #[must_use]
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => text.parse().ok(),
            Value::Int(number) => Some(Self { nano: i128::from(*number) * NANO, form: Form::Decimal }),
            Value::Float(number) => {
                read(&format!("{number:e}")).map(|found| Self { form: Form::Decimal, ..found })
            }
            _ => None,
        }
    }
}

impl FromStr for Quantity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        read(text).ok_or_else(|| {
            let shown: String = text.chars().take(CHARS_MAX).collect();
            Error::new(ErrorKind::Invalid, "not a quantity")
                .with("value", format!("{shown:?}"))
                .with_help("write a number with a suffix of n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or e3")
        })
    }
}

fn read(text: &str) -> Option<Quantity> {
    if text.len() > CHARS_MAX {
        return None;
    }
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') {
        return None;
    }
    let (form, factor, exponent) = scale(suffix)?;
    let digits = whole.bytes().chain(fraction.bytes()).map(|digit| i128::from(digit - b'0'));
    let nano = amount(digits, factor, exponent - i32::try_from(fraction.len()).ok()?);
    let nano = match form {
        Form::Binary => nano.unwrap_or(BINARY_MAX).min(BINARY_MAX),
        Form::Decimal | Form::Exponent => nano?,
    };
    Some(Quantity { nano: if negative { -nano } else { nano }, form })
}

/// Gives form, factor and power of ten of a suffix.
fn scale(suffix: &str) -> Option<(Form, i128, i32)> {
    const DECIMAL: [(&str, i32); 10] = [
        ("n", -9),
        ("u", -6),
        ("m", -3),
        ("", 0),
        ("k", 3),
        ("M", 6),
        ("G", 9),
        ("T", 12),
        ("P", 15),
        ("E", 18),
    ];
    const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    if let Some((_, exponent)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some((Form::Decimal, 1, *exponent));
    }
    if let Some(at) = BINARY.iter().position(|name| *name == suffix) {
        return Some((Form::Binary, 1 << (10 * (at + 1)), 0));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    plain.then(|| {
        (Form::Exponent, 1, exponent.parse().unwrap_or(if exponent.starts_with('-') { -999 } else { 999 }))
    })
}

/// Computes `digits * factor * 10^exponent` in billionths, rounded up; `None` where that is too much.
fn amount(digits: impl Iterator<Item = i128>, factor: i128, exponent: i32) -> Option<i128> {
    let mut exponent = exponent.saturating_add(9);
    let (mut value, mut more) = (0_i128, false);
    for digit in digits {
        match value.checked_mul(10).and_then(|ten| ten.checked_add(digit)).filter(|_| !more) {
            Some(next) if next.checked_mul(factor).is_some() => value = next,
            // Only whether it has to be rounded up still depends on the rest, or it is too much anyway.
            _ => {
                more |= digit != 0;
                exponent = exponent.saturating_add(1);
            }
        }
    }
    value *= factor;
    while exponent > 0 && value != 0 {
        value = value.checked_mul(10).filter(|value| *value < AMOUNT_END)?;
        exponent -= 1;
    }
    while exponent < 0 && value != 0 {
        more |= value % 10 != 0;
        value /= 10;
        exponent += 1;
    }
    Some(value + i128::from(more)).filter(|value| *value < AMOUNT_END)
}

/// The canonical spelling, as Go writes it: no fraction, the greatest suffix that needs none.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let binary = self.nano.abs() >= 1024 * NANO && self.nano % NANO == 0;
        match self.form {
            _ if self.nano == 0 => f.write_str("0"),
            Form::Binary if binary => write_binary(self.nano, f),
            Form::Binary | Form::Decimal => write_decimal(self.nano, 9, f, |power| {
                ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"][power].to_owned()
            }),
            Form::Exponent => write_decimal(self.nano, usize::MAX, f, |power| match power {
                3 => String::new(),
                power => format!("e{}", power as i32 * 3 - 9),
            }),
        }
    }
}

fn write_decimal(
    nano: i128,
    most: usize,
    f: &mut fmt::Formatter<'_>,
    suffix: impl Fn(usize) -> String,
) -> fmt::Result {
    let (mut value, mut power) = (nano, 0);
    while value % 1000 == 0 && power < most {
        value /= 1000;
        power += 1;
    }
    write!(f, "{value}{}", suffix(power))
}

fn write_binary(nano: i128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (mut value, mut power) = (nano / NANO, 0);
    while value % 1024 == 0 && power < 6 {
        value /= 1024;
        power += 1;
    }
    write!(f, "{value}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][power])
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nano == other.nano
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nano.cmp(&other.nano)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, canonical: &str) {
        let found = text.parse::<Quantity>().map_or_else(|_| "wrong".to_owned(), |found| found.to_string());
        assert_eq!(found, canonical, "{text}");
    }

    #[test]
    fn the_canonical_spelling_is_gos() {
        for (text, canonical) in [
            ("0", "0"),
            ("0.0", "0"),
            ("-0", "0"),
            ("1", "1"),
            ("+1", "1"),
            ("-", "0"),
            ("Gi", "0"),
            ("01", "1"),
            (".5", "500m"),
            ("5.", "5"),
            ("0.5", "500m"),
            ("500m", "500m"),
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("100m", "100m"),
            ("1000", "1k"),
            ("1024", "1024"),
            ("1000000", "1M"),
            ("1.5M", "1500k"),
            ("1Ki", "1Ki"),
            ("1024Ki", "1Mi"),
            ("1536Mi", "1536Mi"),
            ("1.5Gi", "1536Mi"),
            ("0.5Gi", "512Mi"),
            ("0.5Ki", "512"),
            ("1000Ki", "1000Ki"),
            ("2e3", "2e3"),
            ("1.5e3", "1500"),
            ("1500e3", "1500e3"),
            ("100e-3", "100e-3"),
            ("1E6", "1e6"),
            ("12E", "12E"),
            ("1500E", "1500E"),
            ("1.0001Ki", "1024102400u"),
            ("1E", "1E"),
            ("7u", "7u"),
            ("0.1n", "1n"),
            ("-0.1n", "-1n"),
            ("1.0000000001", "1000000001n"),
            ("-500m", "-500m"),
            ("1e-999999999999", "1e-9"),
        ] {
            check(text, canonical);
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in ["", "1.2.3", "1 Gi", "--1", "i", "1K", "1kb", "1e", "1e+", "0x1", "١", "1ki", "NaN"] {
            check(text, "wrong");
        }
        check(&"1".repeat(CHARS_MAX + 1), "wrong");
        for text in ["1e28", "-1e28", "1e999999999999", "10000000000E", &"9".repeat(40)] {
            check(text, "wrong");
        }
        check("9999999999E", "9999999999E");
    }

    #[test]
    fn spellings_of_one_amount_are_equal() {
        for (a, b) in [("500m", "0.5"), ("1Gi", "1024Mi"), ("1000M", "1G"), ("1e3", "1k"), ("0.5Ki", "512")] {
            assert_eq!(a.parse::<Quantity>().unwrap(), b.parse().unwrap(), "{a} is {b}");
        }
        assert!("1G".parse::<Quantity>().unwrap() < "1Gi".parse().unwrap());
    }

    #[test]
    fn numbers_of_a_manifest_are_quantities() {
        assert_eq!(Quantity::of(&Value::Int(2)).unwrap().to_string(), "2");
        assert_eq!(Quantity::of(&Value::Float(0.1)).unwrap().to_string(), "100m");
        assert!(Quantity::of(&Value::Float(1e300)).is_none());
        assert_eq!(Quantity::of(&Value::from("64Mi")).unwrap().to_string(), "64Mi");
        assert!(Quantity::of(&Value::Bool(true)).is_none());
    }

    proptest! {
        // An amount that no Ki divides is written without its suffix, and is decimal from then on, as in Go.
        #[test]
        fn the_canonical_spelling_reads_back_to_the_same_amount(
            sign in "-?", whole in 0_u64..1_000_000_000_000, fraction in "(\\.[0-9]{0,6})?",
            suffix in "n|u|m||k|M|Ki|Mi|Gi|e-?[0-9]",
        ) {
            let quantity: Quantity = format!("{sign}{whole}{fraction}{suffix}").parse().unwrap();
            let again: Quantity = quantity.to_string().parse().unwrap();
            prop_assert_eq!(again, quantity);
        }

        #[test]
        fn no_text_panics(text in ".{0,80}") {
            let _ = text.parse::<Quantity>().map(|found| found.to_string());
        }
    }
}
