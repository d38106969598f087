//! The times that go-yaml knows.

/// A time, with the parts that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time<'t> {
    year: u32,
    month: u32,
    day: u32,
    clock: Clock<'t>,
    /// `+01:00`; empty for none and for `Z`.
    zone: &'t str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Clock<'t> {
    hour: u32,
    minute: u32,
    second: u32,
    fraction: &'t str,
}

/// Says whether a text is a time: a date, or a date and a time.
pub(crate) fn is_timestamp(text: &str) -> bool {
    parse(text).is_some()
}

/// Reads a time: `2006-1-2`, or `2006-1-2 15:4:5.9`, or `2006-1-2T15:4:5.9Z` with a zone and `T` or `t`.
pub(super) fn parse(text: &str) -> Option<Time<'_>> {
    let (year, rest) = text.split_at_checked(4)?;
    if !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year = year.parse().ok()?;
    let (month, rest) = number(rest.strip_prefix('-')?, 12)?;
    let (day, rest) = number(rest.strip_prefix('-')?, 31)?;
    if month == 0 || day == 0 || day > days(year, month) {
        return None;
    }
    let (clock, zone) = match rest.as_bytes().first() {
        None => (Clock::default(), ""),
        // Go takes any number of spaces for one.
        Some(b' ') => clock(rest.trim_start_matches(' ')).filter(|(_, rest)| rest.is_empty())?,
        Some(b'T' | b't') => clock(&rest[1..]).and_then(|(clock, rest)| Some((clock, zone(rest)?)))?,
        _ => return None,
    };
    Some(Time { year, month, day, clock, zone })
}

/// Reads one or two digits, of a number up to `max`.
fn number(text: &str, max: u32) -> Option<(u32, &str)> {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(digits)?;
    let number = digits.parse().ok()?;
    (number <= max).then_some((number, rest))
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Takes `15:04:05` off, with a fraction, and gives what follows. Each number has one or two digits.
fn clock(text: &str) -> Option<(Clock<'_>, &str)> {
    let (hour, rest) = number(text, 23)?;
    let (minute, rest) = number(rest.strip_prefix(':')?, 59)?;
    let (second, rest) = number(rest.strip_prefix(':')?, 59)?;
    let after = rest.strip_prefix(['.', ',']).unwrap_or_default();
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let fraction = after.get(..digits)?;
    let rest = if digits == 0 { rest } else { after.get(digits..)? };
    Some((Clock { hour, minute, second, fraction }, rest))
}

/// `Z`, or hours and minutes with a sign.
fn zone(text: &str) -> Option<&str> {
    if text == "Z" {
        return Some("");
    }
    let (hours, minutes) = text.strip_prefix(['+', '-'])?.split_once(':')?;
    let two =
        |part: &str, max: u32| part.len() == 2 && number(part, max).is_some_and(|(_, rest)| rest.is_empty());
    (two(hours, 24) && two(minutes, 60)).then_some(text)
}

impl Time<'_> {
    /// Writes the time as Go's JSON does. `None` for a zone of 24 hours, which Go refuses there.
    pub(super) fn rfc3339(&self) -> Option<String> {
        /// Go counts nanoseconds.
        const DIGITS: usize = 9;
        let Clock { hour, minute, second, fraction } = self.clock;
        let fraction = fraction.get(..DIGITS).unwrap_or(fraction).trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        let zone = match self.zone {
            "" | "+00:00" | "-00:00" => "Z",
            zone if zone[1..].starts_with("24") || zone.ends_with(":60") => return None,
            zone => zone,
        };
        let Self { year, month, day, .. } = self;
        Some(format!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{point}{fraction}{zone}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(parse(text).and_then(|time| time.rfc3339()).as_deref(), expected, "{text}");
    }

    #[test]
    fn times_are_completed() {
        check("2001-1-1", Some("2001-01-01T00:00:00Z"));
        check("2001-12-14t21:59:43.10-05:00", Some("2001-12-14T21:59:43.1-05:00"));
        check("2001-01-01   1:2:3", Some("2001-01-01T01:02:03Z"));
        check("2001-01-01T00:00:00.1234567891+00:00", Some("2001-01-01T00:00:00.123456789Z"));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "2001-02-30",
            "2001-13-01",
            "2001-01-01T00:00:00",
            "2001-12-14 21:59:43.10 -5",
            "2001-",
            "20010101",
        ] {
            check(text, None);
        }
    }
}
