//! Decimal arithmetic as shopspring/decimal does it, between doubles.

use num_bigint::{BigInt, Sign};

/// Digits behind the point that a division gives.
const DIVISION_DIGITS: i64 = 16;
/// How far a power of ten may go: the exponents of doubles, added up by a few operations.
const EXPONENT_MAX: i64 = 100_000;

/// A number: `value × 10^exponent`.
#[derive(Debug, Clone)]
pub(super) struct Decimal {
    value: BigInt,
    exponent: i64,
}

fn power(exponent: i64) -> BigInt {
    let exponent = u32::try_from(exponent.clamp(0, EXPONENT_MAX)).unwrap_or(0);
    BigInt::from(10u8).pow(exponent)
}

impl Decimal {
    /// The shortest decimal that reads as this double.
    pub(super) fn of_float(number: f64) -> Result<Self, String> {
        if !number.is_finite() {
            let shown = crate::template::fmt::format_float(number, 'g', None);
            return Err(format!("Cannot create a Decimal from {shown}"));
        }
        let text = format!("{number:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let point = mantissa.find('.').map_or(0, |at| mantissa.len() - at - 1);
        let digits = mantissa.replace('.', "");
        let value = digits.parse::<BigInt>().unwrap_or_default();
        let exponent = exponent.parse::<i64>().unwrap_or(0) - i64::try_from(point).unwrap_or(0);
        Ok(Self { value, exponent })
    }

    fn rescaled(&self, exponent: i64) -> BigInt {
        &self.value * power(self.exponent - exponent)
    }

    fn check(self) -> Result<Self, String> {
        if self.exponent.abs() > EXPONENT_MAX {
            Err("decimal exponent out of range".into())
        } else {
            Ok(self)
        }
    }

    pub(super) fn plus(&self, other: &Self) -> Result<Self, String> {
        let exponent = self.exponent.min(other.exponent);
        Self { value: self.rescaled(exponent) + other.rescaled(exponent), exponent }.check()
    }

    pub(super) fn minus(&self, other: &Self) -> Result<Self, String> {
        let exponent = self.exponent.min(other.exponent);
        Self { value: self.rescaled(exponent) - other.rescaled(exponent), exponent }.check()
    }

    pub(super) fn times(&self, other: &Self) -> Result<Self, String> {
        Self { value: &self.value * &other.value, exponent: self.exponent + other.exponent }.check()
    }

    /// Rounded half away from zero to sixteen digits.
    pub(super) fn divided_by(&self, other: &Self) -> Result<Self, String> {
        if other.value.sign() == Sign::NoSign {
            return Err("decimal division by 0".into());
        }
        let shift = self.exponent - other.exponent + DIVISION_DIGITS;
        let (top, bottom) = (&self.value * power(shift), &other.value * power(-shift));
        let (quotient, rest) = (&top / &bottom, &top % &bottom);
        let rounds = BigInt::from(2u8) * BigInt::from(rest.magnitude().clone())
            >= BigInt::from(bottom.magnitude().clone());
        let away = match (rounds, top.sign() == bottom.sign() || top.sign() == Sign::NoSign) {
            (false, _) => BigInt::default(),
            (true, true) => BigInt::from(1),
            (true, false) => BigInt::from(-1),
        };
        Self { value: quotient + away, exponent: -DIVISION_DIGITS }.check()
    }

    /// The nearest double.
    pub(super) fn to_float(&self) -> f64 {
        format!("{}e{}", self.value, self.exponent).parse().unwrap_or(0.0)
    }
}
