//! Floats as Go's strconv writes them.

/// Digits of a float beyond which all are zero: a double has no more.
const DIGITS_MAX: usize = 1100;

/// Shortest or exact decimal digits, without zeros at the end: `0.DIGITS × 10^point`.
struct Decimal {
    digits: Vec<u8>,
    point: i32,
}

impl Decimal {
    /// Reads what Rust prints with `{:e}`: `1.25e-7`.
    fn of_exponent_form(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let mut digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let point = if digits.is_empty() { 0 } else { exponent.parse::<i32>().unwrap_or(0) + 1 };
        Self { digits, point }
    }
}

/// Go's `strconv.FormatFloat(value, format, precision, 64)`; no precision is Go's -1.
pub(crate) fn format_float(value: f64, format: char, precision: Option<usize>) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let magnitude = value.abs();
    let body = match format {
        'e' | 'E' => exponential(magnitude, format, precision),
        'f' | 'F' => fixed(magnitude, precision),
        'g' | 'G' => general(magnitude, format, precision),
        'b' => binary(magnitude),
        _ => hexadecimal(magnitude, format, precision),
    };
    format!("{sign}{body}")
}

fn shortest(value: f64) -> Decimal {
    Decimal::of_exponent_form(&format!("{value:e}"))
}

/// Rounded to a number of digits.
fn rounded(value: f64, digits: usize) -> Decimal {
    Decimal::of_exponent_form(&format!("{value:.*e}", digits.clamp(1, DIGITS_MAX) - 1))
}

fn exponential(value: f64, format: char, precision: Option<usize>) -> String {
    let decimal = match precision {
        None => shortest(value),
        Some(precision) => rounded(value, precision.saturating_add(1)),
    };
    let precision = precision.unwrap_or(decimal.digits.len().saturating_sub(1));
    write_exponential(&decimal, format, precision)
}

fn write_exponential(decimal: &Decimal, format: char, precision: usize) -> String {
    let digit = |at: usize| decimal.digits.get(at).map_or('0', |digit| *digit as char);
    let mut out = String::from(digit(0));
    if precision > 0 {
        out.push('.');
        out.extend((1..=precision).map(digit));
    }
    let exponent = if decimal.digits.is_empty() { 0 } else { decimal.point - 1 };
    let sign = if exponent < 0 { '-' } else { '+' };
    out.push_str(&format!("{format}{sign}{:02}", exponent.unsigned_abs()));
    out
}

fn fixed(value: f64, precision: Option<usize>) -> String {
    let Some(precision) = precision else {
        let decimal = shortest(value);
        let fraction = usize::try_from(decimal.digits.len() as i64 - i64::from(decimal.point)).unwrap_or(0);
        return write_fixed(&decimal, fraction);
    };
    let mut out = format!("{value:.*}", precision.min(DIGITS_MAX));
    out.extend(std::iter::repeat_n('0', precision.saturating_sub(DIGITS_MAX)));
    out
}

fn write_fixed(decimal: &Decimal, fraction: usize) -> String {
    let digit = |at: i64| {
        usize::try_from(at).ok().and_then(|at| decimal.digits.get(at)).map_or('0', |digit| *digit as char)
    };
    let point = i64::from(decimal.point);
    let mut out: String = if point > 0 { (0..point).map(digit).collect() } else { "0".into() };
    if fraction > 0 {
        out.push('.');
        out.extend((0..fraction as i64).map(|at| digit(point + at)));
    }
    out
}

fn general(value: f64, format: char, precision: Option<usize>) -> String {
    let decimal = match precision {
        None => shortest(value),
        Some(precision) => rounded(value, precision.max(1)),
    };
    let count = decimal.digits.len();
    let mut precision_used = precision.map_or(count, |precision| precision.max(1));
    let mut threshold = precision_used as i64;
    let (digits, point) = (count as i64, i64::from(decimal.point));
    if threshold > digits && digits >= point {
        threshold = digits;
    }
    if precision.is_none() {
        threshold = 6;
    }
    let exponent = point - 1;
    if exponent < -4 || exponent >= threshold {
        precision_used = precision_used.min(count);
        let e = if format == 'g' { 'e' } else { 'E' };
        return write_exponential(&decimal, e, precision_used.saturating_sub(1));
    }
    if precision_used as i64 > point {
        precision_used = count;
    }
    write_fixed(&decimal, usize::try_from(precision_used as i64 - point).unwrap_or(0))
}

/// The bits of a double: mantissa with its leading one, and exponent.
fn parts(value: f64) -> (u64, i64) {
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i64;
    let mantissa = bits & ((1 << 52) - 1);
    if exponent == 0 { (mantissa, 1 - 1023) } else { (mantissa | 1 << 52, exponent - 1023) }
}

fn binary(value: f64) -> String {
    let (mantissa, exponent) = parts(value);
    let exponent = exponent - 52;
    format!("{mantissa}p{}{}", if exponent < 0 { "" } else { "+" }, exponent)
}

fn hexadecimal(value: f64, format: char, precision: Option<usize>) -> String {
    let (mut mantissa, mut exponent) = parts(value);
    if mantissa == 0 {
        exponent = 0;
    }
    mantissa <<= 8;
    while mantissa != 0 && mantissa & 1 << 60 == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    if let Some(precision) = precision.filter(|precision| *precision < 15) {
        let shift = precision * 4;
        let extra = (mantissa << shift) & ((1 << 60) - 1);
        mantissa >>= 60 - shift;
        mantissa += u64::from(extra | (mantissa & 1) > 1 << 59);
        mantissa <<= 60 - shift;
        if mantissa & 1 << 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let mut out = format!("0{format}{}", mantissa >> 60 & 1);
    push_hex_fraction(&mut out, mantissa << 4, format, precision);
    let (p, sign) = (if format == 'X' { 'P' } else { 'p' }, if exponent < 0 { '-' } else { '+' });
    out.push_str(&format!("{p}{sign}{:02}", exponent.unsigned_abs()));
    out
}

fn push_hex_fraction(out: &mut String, mut mantissa: u64, format: char, precision: Option<usize>) {
    let count = precision.unwrap_or_else(|| (64 - mantissa.trailing_zeros() as usize).div_ceil(4).min(16));
    let count = if precision.is_none() && mantissa == 0 { 0 } else { count };
    if count > 0 {
        out.push('.');
    }
    for _ in 0..count {
        let digit = char::from_digit((mantissa >> 60) as u32, 16).unwrap_or('0');
        out.push(if format == 'X' { digit.to_ascii_uppercase() } else { digit });
        mantissa <<= 4;
    }
}

#[cfg(test)]
mod tests {
    use super::format_float;

    #[test]
    fn floats_print_as_strconv_does() {
        for (value, format, precision, expected) in [
            (1e6, 'g', None, "1e+06"),
            (123456.0, 'g', None, "123456"),
            (1e-5, 'g', None, "1e-05"),
            (0.0001, 'g', None, "0.0001"),
            (100.0, 'g', Some(3), "100"),
            (1.0, 'e', Some(2), "1.00e+00"),
            (2.5, 'f', Some(0), "2"),
            (0.0, 'g', None, "0"),
            (0.0, 'e', None, "0e+00"),
            (1.5, 'x', None, "0x1.8p+00"),
            (1.0, 'x', Some(3), "0x1.000p+00"),
            (1.0, 'b', None, "4503599627370496p-52"),
            (1234.5678, 'f', None, "1234.5678"),
        ] {
            assert_eq!(format_float(value, format, precision), expected, "{value} %{format}");
        }
    }
}
