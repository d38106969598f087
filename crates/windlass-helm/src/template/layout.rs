//! Dates by the layouts of Go's time package.

use super::time::Time;

pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(crate) const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A piece of a layout that stands for part of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chunk {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperPm,
    LowerPm,
    ZoneName,
    Offset { zulu: bool, colon: bool, hours_only: bool, seconds: bool },
    Fraction { digits: usize, trims: bool, comma: bool },
}

/// Cuts a layout at its first piece: what stands before, the piece, its text, the rest.
pub(crate) fn next_chunk(layout: &str) -> Option<(&str, Chunk, &str, &str)> {
    let bytes = layout.as_bytes();
    (0..bytes.len()).filter(|at| layout.is_char_boundary(*at)).find_map(|at| {
        let (chunk, before, length) = chunk_at(layout, at)?;
        let start = at + before;
        Some((&layout[..start], chunk, &layout[start..start + length], &layout[start + length..]))
    })
}

/// The piece at a place: what it is, how much of the text before it is none of it, its length.
fn chunk_at(layout: &str, at: usize) -> Option<(Chunk, usize, usize)> {
    let rest = &layout[at..];
    let starts = |text: &str| rest.starts_with(text);
    let lower_after = |length: usize| rest.as_bytes().get(length).is_some_and(u8::is_ascii_lowercase);
    let found = |chunk, length| Some((chunk, 0, length));
    match rest.as_bytes()[0] {
        b'J' if starts("January") => found(Chunk::LongMonth, 7),
        b'J' if starts("Jan") && !lower_after(3) => found(Chunk::Month, 3),
        b'M' if starts("Monday") => found(Chunk::LongWeekday, 6),
        b'M' if starts("Mon") && !lower_after(3) => found(Chunk::Weekday, 3),
        b'M' if starts("MST") => found(Chunk::ZoneName, 3),
        b'0' if starts("002") => found(Chunk::ZeroYearDay, 3),
        b'0' => match rest.as_bytes().get(1)? {
            b'1' => found(Chunk::ZeroMonth, 2),
            b'2' => found(Chunk::ZeroDay, 2),
            b'3' => found(Chunk::ZeroHour12, 2),
            b'4' => found(Chunk::ZeroMinute, 2),
            b'5' => found(Chunk::ZeroSecond, 2),
            b'6' => found(Chunk::Year, 2),
            _ => None,
        },
        b'1' if starts("15") => found(Chunk::Hour, 2),
        b'1' => found(Chunk::NumMonth, 1),
        b'2' if starts("2006") => found(Chunk::LongYear, 4),
        b'2' => found(Chunk::Day, 1),
        b'_' if starts("_2006") => Some((Chunk::LongYear, 1, 4)),
        b'_' if starts("_2") => found(Chunk::UnderDay, 2),
        b'_' if starts("__2") => found(Chunk::UnderYearDay, 3),
        b'3' => found(Chunk::Hour12, 1),
        b'4' => found(Chunk::Minute, 1),
        b'5' => found(Chunk::Second, 1),
        b'P' if starts("PM") => found(Chunk::UpperPm, 2),
        b'p' if starts("pm") => found(Chunk::LowerPm, 2),
        b'-' => offset_chunk(rest, false),
        b'Z' => offset_chunk(rest, true),
        b'.' | b',' => fraction_chunk(rest),
        _ => None,
    }
}

fn offset_chunk(rest: &str, zulu: bool) -> Option<(Chunk, usize, usize)> {
    [
        ("070000", false, true),
        ("07:00:00", true, true),
        ("0700", false, false),
        ("07:00", true, false),
        ("07", false, false),
    ]
    .into_iter()
    .find(|(text, ..)| rest[1..].starts_with(text))
    .map(|(text, colon, seconds)| {
        let hours_only = text.len() == 2;
        (Chunk::Offset { zulu, colon, hours_only, seconds }, 0, text.len() + 1)
    })
}

fn fraction_chunk(rest: &str) -> Option<(Chunk, usize, usize)> {
    let bytes = rest.as_bytes();
    let digit = *bytes.get(1).filter(|byte| matches!(byte, b'0' | b'9'))?;
    let digits = bytes[1..].iter().take_while(|byte| **byte == digit).count();
    if bytes.get(1 + digits).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    Some((Chunk::Fraction { digits, trims: digit == b'9', comma: bytes[0] == b',' }, 0, digits + 1))
}

/// Go's `Time.Format`.
pub(crate) fn format(time: &Time, layout: &str) -> String {
    let mut out = String::with_capacity(layout.len() + 10);
    let mut rest = layout;
    while let Some((before, chunk, _, after)) = next_chunk(rest) {
        out.push_str(before);
        push(&mut out, time, chunk);
        rest = after;
    }
    out + rest
}

fn push(out: &mut String, time: &Time, chunk: Chunk) {
    let civil = time.civil();
    let hour12 = if civil.hour.is_multiple_of(12) { 12 } else { civil.hour % 12 };
    let month = MONTHS[(civil.month as usize - 1).min(11)];
    let weekday = WEEKDAYS[(civil.weekday as usize).min(6)];
    let pm = civil.hour >= 12;
    let text = match chunk {
        Chunk::LongMonth => month.into(),
        Chunk::Month => month[..3].into(),
        Chunk::NumMonth => civil.month.to_string(),
        Chunk::ZeroMonth => format!("{:02}", civil.month),
        Chunk::LongWeekday => weekday.into(),
        Chunk::Weekday => weekday[..3].into(),
        Chunk::Day => civil.day.to_string(),
        Chunk::UnderDay => format!("{:2}", civil.day),
        Chunk::ZeroDay => format!("{:02}", civil.day),
        Chunk::UnderYearDay => format!("{:3}", civil.year_day),
        Chunk::ZeroYearDay => format!("{:03}", civil.year_day),
        Chunk::Hour => format!("{:02}", civil.hour),
        Chunk::Hour12 => hour12.to_string(),
        Chunk::ZeroHour12 => format!("{hour12:02}"),
        Chunk::Minute => civil.minute.to_string(),
        Chunk::ZeroMinute => format!("{:02}", civil.minute),
        Chunk::Second => civil.second.to_string(),
        Chunk::ZeroSecond => format!("{:02}", civil.second),
        Chunk::LongYear if civil.year < 0 => format!("-{:04}", -civil.year),
        Chunk::LongYear => format!("{:04}", civil.year),
        Chunk::Year => format!("{:02}", civil.year.rem_euclid(100)),
        Chunk::UpperPm => if pm { "PM" } else { "AM" }.into(),
        Chunk::LowerPm => if pm { "pm" } else { "am" }.into(),
        Chunk::ZoneName => time.zone_name(),
        Chunk::Offset { zulu: true, .. } if time.offset == 0 => "Z".into(),
        Chunk::Offset { colon, hours_only: true, .. } => offset(time.offset, colon, false)[..3].into(),
        Chunk::Offset { colon, seconds, .. } => offset(time.offset, colon, seconds),
        Chunk::Fraction { digits, trims, comma } => fraction(time.nanos, digits, trims, comma),
    };
    out.push_str(&text);
}

/// `+0130`, with a colon or with seconds.
pub(crate) fn offset(seconds_east: i32, colon: bool, seconds: bool) -> String {
    let sign = if seconds_east < 0 { '-' } else { '+' };
    let size = seconds_east.unsigned_abs();
    let colon = if colon { ":" } else { "" };
    let mut out = format!("{sign}{:02}{colon}{:02}", size / 3600, size / 60 % 60);
    if seconds {
        out.push_str(&format!("{colon}{:02}", size % 60));
    }
    out
}

fn fraction(nanos: u32, digits: usize, trims: bool, comma: bool) -> String {
    let mut text = format!("{nanos:09}");
    text.truncate(digits);
    text.extend(std::iter::repeat_n('0', digits.saturating_sub(9)));
    if trims {
        text.truncate(text.trim_end_matches('0').len());
        if text.is_empty() {
            return text;
        }
    }
    format!("{}{text}", if comma { ',' } else { '.' })
}
