//! Which texts need quotes lest they be read as something else.

use super::Version;
use crate::yaml::{odd_octal, untagged};

/// Says whether go-yaml would read a text without quotes as text, and would not quote it for the sake of other readers.
pub(super) fn is_text(text: &str, version: Version) -> bool {
    let Some(first) = text.as_bytes().first() else { return false };
    match first {
        b'+' | b'-' | b'.' | b'0'..=b'9' => {
            untagged(text).is_none()
                && !is_timestamp(text)
                && !is_base_60(text)
                && !(version == Version::V3 && odd_octal(text))
        }
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => {
            untagged(text).is_none()
        }
        _ => true,
    }
}

/// Says whether a text is `1:20` or `1_0:20:30.5`, a number of YAML 1.1: `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (text, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let sixty = |part: &str| match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [ten, digit] => (b'0'..=b'5').contains(ten) && digit.is_ascii_digit(),
        _ => false,
    };
    let mut rest = parts.peekable();
    first.starts_with(|c: char| c.is_ascii_digit())
        && digits(first)
        && digits(fraction)
        && rest.peek().is_some()
        && rest.all(sixty)
}

/// Says whether a text is one of the times that go-yaml knows: a date, or a date and a time.
pub(super) fn is_timestamp(text: &str) -> bool {
    timestamp(text).is_some()
}

fn timestamp(text: &str) -> Option<()> {
    let (year, rest) = text.split_at_checked(4)?;
    if !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (month, rest) = number(rest.strip_prefix('-')?, 12)?;
    let (day, rest) = number(rest.strip_prefix('-')?, 31)?;
    if month == 0 || day == 0 || day > days(year.parse().ok()?, month) {
        return None;
    }
    match rest.as_bytes().first() {
        None => Some(()),
        // Go takes any number of spaces for one.
        Some(b' ') => time(rest.trim_start_matches(' '))?.is_empty().then_some(()),
        Some(b'T' | b't') => zone(time(&rest[1..])?),
        _ => None,
    }
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
fn time(text: &str) -> Option<&str> {
    let (_, rest) = number(text, 23)?;
    let (_, rest) = number(rest.strip_prefix(':')?, 59)?;
    let (_, rest) = number(rest.strip_prefix(':')?, 59)?;
    let Some(fraction) = rest.strip_prefix(['.', ',']) else { return Some(rest) };
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 { Some(rest) } else { fraction.get(digits..) }
}

/// `Z`, or hours and minutes with a sign.
fn zone(text: &str) -> Option<()> {
    if text == "Z" {
        return Some(());
    }
    let rest = text.strip_prefix(['+', '-'])?;
    let (hours, minutes) = rest.split_once(':')?;
    let two =
        |part: &str, max: u32| part.len() == 2 && number(part, max).is_some_and(|(_, rest)| rest.is_empty());
    (two(hours, 24) && two(minutes, 60)).then_some(())
}
