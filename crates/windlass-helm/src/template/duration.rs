//! `time.Duration`: how it is written and read.

const SECOND: u128 = 1_000_000_000;

/// Go's `Duration.String`: `1h2m3.5s`.
pub(crate) fn show(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let size = u128::from(nanos.unsigned_abs());
    let body = match size {
        0 => return "0s".into(),
        1..1_000 => format!("{size}ns"),
        1_000..1_000_000 => format!("{}µs", fraction(size, 1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", fraction(size, 1_000_000)),
        _ => {
            let (seconds, minutes, hours) =
                (size % (60 * SECOND), size / (60 * SECOND) % 60, size / (3600 * SECOND));
            let seconds = fraction(seconds, SECOND);
            match (hours, minutes) {
                (0, 0) => format!("{seconds}s"),
                (0, _) => format!("{minutes}m{seconds}s"),
                _ => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    };
    format!("{sign}{body}")
}

/// `size / unit` in decimals, without zeros at the end.
fn fraction(size: u128, unit: u128) -> String {
    let width = unit.to_string().len() - 1;
    let text = format!("{}.{:0width$}", size / unit, size % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// Go's `time.ParseDuration`; the error is its text.
pub(crate) fn parse(text: &str) -> Result<i64, String> {
    let quoted = || super::quote::quote(text.as_bytes());
    let invalid = || format!("time: invalid duration {}", quoted());
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (part, after) = match after.strip_prefix('.') {
            Some(after) => digits(after),
            None => ("", after),
        };
        if whole.is_empty() && part.is_empty() {
            return Err(invalid());
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", quoted()));
        }
        let Some(size) = unit_size(unit) else {
            return Err(format!(
                "time: unknown unit {} in duration {}",
                super::quote::quote(unit.as_bytes()),
                quoted()
            ));
        };
        total = amount(whole, part, size).and_then(|more| total.checked_add(more)).ok_or_else(invalid)?;
        if total > 1 << 63 {
            return Err(invalid());
        }
        rest = after;
    }
    let signed = if negative { -(total as i128) } else { total as i128 };
    i64::try_from(signed).map_err(|_| invalid())
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn unit_size(unit: &str) -> Option<u128> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3600 * SECOND,
        _ => return None,
    })
}

/// `whole.part` units in nanoseconds.
fn amount(whole: &str, part: &str, size: u128) -> Option<u128> {
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()?.into() };
    // Go counts the fraction with a double, over the digits that fit into 63 bits.
    let (mut fraction, mut scale) = (0f64, 1f64);
    for digit in part.bytes().take(18) {
        fraction = fraction * 10.0 + f64::from(digit - b'0');
        scale *= 10.0;
    }
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let extra = (fraction * (size as f64 / scale)) as u128;
    whole.checked_mul(size)?.checked_add(extra)
}

/// Go's `Duration.Round`: to the nearest multiple, half away from zero.
pub(crate) fn round(nanos: i64, unit: i64) -> i64 {
    if unit <= 0 {
        return nanos;
    }
    let rest = (nanos % unit).unsigned_abs();
    let down = nanos - nanos % unit;
    if rest.checked_mul(2).is_some_and(|twice| twice < unit.unsigned_abs()) {
        return down;
    }
    let away = if nanos < 0 { down.checked_sub(unit) } else { down.checked_add(unit) };
    away.unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
}
