//! `time.Time`: a moment and the zone that it is told in.

use std::fmt;

use super::layout;

/// A moment, as Go's `time.Time`: seconds since 1970, nanoseconds, and the zone in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Time {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Nanoseconds, under a thousand million.
    pub nanos: u32,
    /// Seconds east of UTC.
    pub offset: i32,
    /// What the zone is called.
    pub zone: Zone,
}

/// The name of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Zone {
    /// `UTC`.
    #[default]
    Utc,
    /// An abbreviation such as `CET`, of at most sixteen bytes, filled up with zeros.
    Named([u8; 16]),
    /// An offset without a name.
    Offset,
}

impl Zone {
    /// A zone by its name, of which sixteen bytes are kept.
    #[must_use]
    pub fn named(name: &[u8]) -> Self {
        let mut letters = [0; 16];
        letters.iter_mut().zip(name).for_each(|(letter, byte)| *letter = *byte);
        Self::Named(letters)
    }
}

/// Seconds from the year 1, where Go's zero time stands, to 1970.
const ZERO_SECONDS: i64 = -62_135_596_800;
const DAY: i64 = 86_400;

/// A moment told in its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// From 1.
    pub(crate) month: u32,
    pub(crate) day: u32,
    pub(crate) hour: u32,
    pub(crate) minute: u32,
    pub(crate) second: u32,
    /// From 1.
    pub(crate) year_day: u32,
    /// From Sunday, 0.
    pub(crate) weekday: u32,
}

impl Time {
    /// Go's zero time: the first of January of the year 1.
    pub(crate) const ZERO: Self = Self { seconds: ZERO_SECONDS, nanos: 0, offset: 0, zone: Zone::Utc };

    pub(crate) fn of_seconds(seconds: i64) -> Self {
        Self { seconds, ..Self::default() }
    }

    pub(crate) fn civil(&self) -> Civil {
        let local = self.seconds.saturating_add(i64::from(self.offset));
        let (days, rest) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let (year, month, day) = civil_of_days(days);
        let rest = u32::try_from(rest).unwrap_or(0);
        Civil {
            year,
            month,
            day,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
            year_day: u32::try_from(days - days_of_civil(year, 1, 1)).unwrap_or(0) + 1,
            weekday: u32::try_from((days + 4).rem_euclid(7)).unwrap_or(0),
        }
    }

    /// The moment of a date and a time of day, which may go over their ranges as in Go's `time.Date`.
    pub(crate) fn of_civil(year: i64, month: i64, day: i64, second_of_day: i64) -> Self {
        let months = month - 1;
        let (year, month) = (year.saturating_add(months.div_euclid(12)), months.rem_euclid(12) + 1);
        let year = year.clamp(-YEAR_MAX, YEAR_MAX);
        let days = days_of_civil(year, u32::try_from(month).unwrap_or(1), 1).saturating_add(day - 1);
        Self::of_seconds(days.saturating_mul(DAY).saturating_add(second_of_day))
    }

    /// The same moment in UTC.
    pub(crate) fn utc(self) -> Self {
        Self { offset: 0, zone: Zone::Utc, ..self }
    }

    pub(crate) fn add(self, nanos: i64) -> Self {
        let total = i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanos) + i128::from(nanos);
        let seconds = i64::try_from(total.div_euclid(1_000_000_000)).unwrap_or(i64::MAX);
        let nanos = u32::try_from(total.rem_euclid(1_000_000_000)).unwrap_or(0);
        Self { seconds, nanos, ..self }
    }

    /// The nanoseconds from `other` to this, as far as a duration goes.
    pub(crate) fn since(&self, other: &Self) -> i64 {
        let nanos = |time: &Self| i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos);
        let span = nanos(self) - nanos(other);
        i64::try_from(span).unwrap_or(if span < 0 { i64::MIN } else { i64::MAX })
    }

    pub(crate) fn add_date(self, years: i64, months: i64, days: i64) -> Self {
        let civil = self.civil();
        let second = i64::from(civil.hour * 3600 + civil.minute * 60 + civil.second);
        let year = civil.year.saturating_add(years);
        let moved = Self::of_civil(
            year,
            i64::from(civil.month).saturating_add(months),
            i64::from(civil.day).saturating_add(days),
            second,
        );
        Self { seconds: moved.seconds.saturating_sub(i64::from(self.offset)), ..self }
    }

    /// The name of the zone as a date prints it.
    pub(crate) fn zone_name(&self) -> String {
        match self.zone {
            Zone::Utc => "UTC".into(),
            Zone::Named(name) => String::from_utf8_lossy(&name).trim_end_matches('\0').to_string(),
            Zone::Offset => layout::offset(self.offset, false, false),
        }
    }
}

/// The largest year that dates are computed for.
const YEAR_MAX: i64 = 10_000_000;

/// Days since 1970 of a date of the Gregorian calendar.
pub(crate) fn days_of_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month = i64::from(month);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_of_days(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
}

impl fmt::Display for Time {
    /// As Go's `Time.String`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&layout::format(self, "2006-01-02 15:04:05.999999999 -0700 MST"))
    }
}
