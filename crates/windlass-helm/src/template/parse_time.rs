//! Reads dates by the layouts of Go's time package.

use super::{
    layout::{Chunk, MONTHS, WEEKDAYS, next_chunk},
    time::{Time, Zone, days_of_civil},
};

/// What was read so far.
struct Parts {
    year: i64,
    month: Option<u32>,
    day: Option<u32>,
    year_day: Option<u32>,
    hour: u32,
    minute: u32,
    second: u32,
    nanos: u32,
    pm: Option<bool>,
    offset: Option<i32>,
    utc: bool,
    zone: Option<String>,
}

/// Go's `time.ParseInLocation` with UTC as the local zone; the error is its text.
pub(crate) fn parse(layout: &str, text: &str) -> Result<Time, String> {
    let mut parts = Parts {
        year: 0,
        month: None,
        day: None,
        year_day: None,
        hour: 0,
        minute: 0,
        second: 0,
        nanos: 0,
        pm: None,
        offset: None,
        utc: false,
        zone: None,
    };
    let mut rest = text;
    let mut pattern = layout;
    let whole = || format!("parsing time {} as {}", quote(text.as_bytes()), quote(layout.as_bytes()));
    let cannot = |value: &str, element: &str| {
        format!("{}: cannot parse {} as {}", whole(), quote(value.as_bytes()), quote(element.as_bytes()))
    };
    let range = |what: &str| format!("parsing time {}: {what} out of range", quote(text.as_bytes()));
    loop {
        let (before, found) = match next_chunk(pattern) {
            Some((before, chunk, element, after)) => (before, Some((chunk, element, after))),
            None => (pattern, None),
        };
        rest = skip(rest, before).ok_or_else(|| cannot(rest, before))?;
        let Some((chunk, element, after)) = found else {
            if !rest.is_empty() {
                return Err(format!(
                    "parsing time {}: extra text: {}",
                    quote(text.as_bytes()),
                    quote(rest.as_bytes())
                ));
            }
            break;
        };
        let held = rest;
        rest = parts.read(chunk, rest, after).map_err(|problem| match problem {
            Problem::Form => cannot(held, element),
            Problem::Range(what) => range(what),
        })?;
        pattern = after;
    }
    parts.time().map_err(range)
}

/// Matches what stands between pieces; a space of the layout matches any number of them.
fn skip<'t>(mut text: &'t str, mut prefix: &str) -> Option<&'t str> {
    while let Some(c) = prefix.chars().next() {
        if c == ' ' {
            if !text.is_empty() && !text.starts_with(' ') {
                return None;
            }
            prefix = prefix.trim_start_matches(' ');
            text = text.trim_start_matches(' ');
            continue;
        }
        text = text.strip_prefix(c)?;
        prefix = &prefix[c.len_utf8()..];
    }
    Some(text)
}

enum Problem {
    Form,
    Range(&'static str),
}

type Read<'t, T> = Result<(T, &'t str), Problem>;

/// One or two digits; two if `fixed`.
fn two(text: &str, fixed: bool) -> Read<'_, u32> {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    if digits == 0 || (fixed && digits < 2) {
        return Err(Problem::Form);
    }
    exactly(text, digits)
}

fn exactly(text: &str, count: usize) -> Read<'_, u32> {
    let digits =
        text.get(..count).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit())).ok_or(Problem::Form)?;
    Ok((digits.parse().map_err(|_| Problem::Form)?, &text[count..]))
}

/// The index of the name that the text begins with, in any case.
fn name<'t>(text: &'t str, names: &[&str], short: bool) -> Read<'t, u32> {
    for (index, name) in (0..).zip(names) {
        let name = if short { &name[..3] } else { name };
        if text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
            return Ok((index, &text[name.len()..]));
        }
    }
    Err(Problem::Form)
}

impl Parts {
    fn read<'t>(&mut self, chunk: Chunk, text: &'t str, after: &str) -> Result<&'t str, Problem> {
        let checked = |number: u32, least: u32, most: u32, what| {
            if (least..=most).contains(&number) { Ok(number) } else { Err(Problem::Range(what)) }
        };
        let rest;
        match chunk {
            Chunk::Year => {
                let number;
                (number, rest) = exactly(text, 2)?;
                self.year = i64::from(number) + if number >= 69 { 1900 } else { 2000 };
            }
            Chunk::LongYear => {
                let number;
                (number, rest) = exactly(text, 4)?;
                self.year = i64::from(number);
            }
            Chunk::LongMonth | Chunk::Month => {
                let index;
                (index, rest) = name(text, &MONTHS, chunk == Chunk::Month)?;
                self.month = Some(index + 1);
            }
            Chunk::NumMonth | Chunk::ZeroMonth => {
                let number;
                (number, rest) = two(text, chunk == Chunk::ZeroMonth)?;
                self.month = Some(checked(number, 1, 12, "month")?);
            }
            Chunk::LongWeekday | Chunk::Weekday => {
                (_, rest) = name(text, &WEEKDAYS, chunk == Chunk::Weekday)?;
            }
            Chunk::Day | Chunk::UnderDay | Chunk::ZeroDay => {
                let text =
                    if chunk == Chunk::UnderDay { text.strip_prefix(' ').unwrap_or(text) } else { text };
                let number;
                (number, rest) = two(text, chunk == Chunk::ZeroDay)?;
                self.day = Some(number);
            }
            Chunk::UnderYearDay | Chunk::ZeroYearDay => {
                let blanks = if chunk == Chunk::UnderYearDay {
                    text.bytes().take(2).take_while(|b| *b == b' ').count()
                } else {
                    0
                };
                let number;
                (number, rest) = exactly(&text[blanks..], 3 - blanks)?;
                self.year_day = Some(number);
            }
            Chunk::Hour => {
                let number;
                (number, rest) = two(text, false)?;
                self.hour = checked(number, 0, 23, "hour")?;
            }
            Chunk::Hour12 | Chunk::ZeroHour12 => {
                let number;
                (number, rest) = two(text, chunk == Chunk::ZeroHour12)?;
                self.hour = checked(number, 0, 12, "hour")?;
            }
            Chunk::Minute | Chunk::ZeroMinute => {
                let number;
                (number, rest) = two(text, chunk == Chunk::ZeroMinute)?;
                self.minute = checked(number, 0, 59, "minute")?;
            }
            Chunk::Second | Chunk::ZeroSecond => {
                let (number, left) = two(text, chunk == Chunk::ZeroSecond)?;
                self.second = checked(number, 0, 59, "second")?;
                rest = self.fraction_without_layout(left, after)?;
            }
            Chunk::UpperPm | Chunk::LowerPm => {
                let word = text.get(..2).ok_or(Problem::Form)?;
                rest = &text[2..];
                let (am, pm) = if chunk == Chunk::UpperPm { ("AM", "PM") } else { ("am", "pm") };
                self.pm = Some(if word == pm {
                    true
                } else if word == am {
                    false
                } else {
                    return Err(Problem::Form);
                });
            }
            Chunk::ZoneName => rest = self.zone_name(text)?,
            Chunk::Offset { zulu, colon, hours_only, seconds } => {
                if zulu && text.starts_with('Z') {
                    self.utc = true;
                    return Ok(&text[1..]);
                }
                rest = self.read_offset(text, colon, hours_only, seconds)?;
            }
            Chunk::Fraction { digits, trims: false, .. } => {
                let text = text.strip_prefix(['.', ',']).ok_or(Problem::Form)?;
                (_, rest) = self.nanos(text, digits)?;
            }
            Chunk::Fraction { .. } => rest = self.fraction(text)?,
        }
        Ok(rest)
    }

    /// A fraction behind the seconds is read although the layout has none.
    fn fraction_without_layout<'t>(&mut self, text: &'t str, after: &str) -> Result<&'t str, Problem> {
        if matches!(next_chunk(after), Some(("", Chunk::Fraction { .. }, ..))) {
            return Ok(text);
        }
        self.fraction(text)
    }

    /// A fraction with as many digits as there are; where there is none, nothing is read.
    fn fraction<'t>(&mut self, text: &'t str) -> Result<&'t str, Problem> {
        let Some(part) = text.strip_prefix(['.', ',']) else { return Ok(text) };
        match part.bytes().take_while(u8::is_ascii_digit).count() {
            0 => Ok(text),
            digits => self.nanos(part, digits).map(|(_, rest)| rest),
        }
    }

    fn nanos<'t>(&mut self, text: &'t str, digits: usize) -> Read<'t, ()> {
        let part = text
            .get(..digits)
            .filter(|part| part.bytes().all(|b| b.is_ascii_digit()))
            .ok_or(Problem::Form)?;
        let nine: String = part.chars().chain(std::iter::repeat('0')).take(9).collect();
        self.nanos = nine.parse().map_err(|_| Problem::Form)?;
        Ok(((), &text[digits..]))
    }

    fn zone_name<'t>(&mut self, text: &'t str) -> Result<&'t str, Problem> {
        if let Some(rest) = text.strip_prefix("UTC") {
            self.utc = true;
            return Ok(rest);
        }
        let letters = text.bytes().take(6).take_while(u8::is_ascii_uppercase).count();
        let known = match letters {
            3 => true,
            4 => text.as_bytes()[3] == b'T' || text.starts_with("WITA"),
            5 => text.as_bytes()[4] == b'T',
            _ => false,
        };
        if !known {
            return Err(Problem::Form);
        }
        self.zone = Some(text[..letters].into());
        Ok(&text[letters..])
    }

    fn read_offset<'t>(
        &mut self,
        text: &'t str,
        colon: bool,
        hours_only: bool,
        seconds: bool,
    ) -> Result<&'t str, Problem> {
        let sign = match text.as_bytes().first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Err(Problem::Form),
        };
        let (hours, mut rest) = exactly(&text[1..], 2)?;
        let mut size = hours * 3600;
        for unit in [(!hours_only).then_some(60), seconds.then_some(1)].into_iter().flatten() {
            if colon {
                rest = rest.strip_prefix(':').ok_or(Problem::Form)?;
            }
            let number;
            (number, rest) = exactly(rest, 2)?;
            if number >= 60 {
                return Err(Problem::Range("time zone offset minute"));
            }
            size += number * unit;
        }
        if hours > 24 {
            return Err(Problem::Range("time zone offset hour"));
        }
        self.offset = Some(sign * i32::try_from(size).unwrap_or(0));
        Ok(rest)
    }

    fn time(mut self) -> Result<Time, &'static str> {
        match self.pm {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        let (month, day) = self.date()?;
        let second = i64::from(self.hour * 3600 + self.minute * 60 + self.second);
        let mut time = Time::of_civil(self.year, i64::from(month), i64::from(day), second);
        time.nanos = self.nanos;
        if self.utc {
            return Ok(time);
        }
        let name = self.zone.as_deref().map(|name| Zone::named(name.as_bytes()));
        if let Some(offset) = self.offset {
            time.seconds -= i64::from(offset);
            if offset != 0 || name.is_some() {
                time.offset = offset;
                time.zone = name.unwrap_or(Zone::Offset);
            }
        } else if let Some(name) = name {
            time.zone = name;
        }
        Ok(time)
    }

    fn date(&self) -> Result<(u32, u32), &'static str> {
        let leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        if let Some(year_day) = self.year_day {
            if year_day < 1 || year_day > 365 + u32::from(leap) {
                return Err("day-of-year");
            }
            let civil = Time::of_civil(self.year, 1, i64::from(year_day), 0).civil();
            return Ok((civil.month, civil.day));
        }
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        let next = if month == 12 {
            days_of_civil(self.year + 1, 1, 1)
        } else {
            days_of_civil(self.year, month + 1, 1)
        };
        let length = next - days_of_civil(self.year, month, 1);
        if day < 1 || i64::from(day) > length { Err("day") } else { Ok((month, day)) }
    }
}

/// Quotes a text as package time does in its errors: what is not ASCII by its bytes.
fn quote(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            b' '..=b'\x7f' => out.push(char::from(*byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}
