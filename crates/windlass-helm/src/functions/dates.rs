//! Dates: layouts of Go, zones of the IANA database, durations. The clock is that of the render.

use std::rc::Rc;

use jiff::{Timestamp, tz::TimeZoneDatabase};

use super::{
    args::{text, time, value},
    numbers::atoi,
    table::Function,
};
use crate::template::{
    Param, Time, Value, Zone, duration,
    failure::{Failure, Run},
    layout, parse_time,
    shared::Shared,
};

const MODIFY: &[Param] = &[Param::Text, Param::Time];
const IN_ZONE: &[Param] = &[Param::Text, Param::Any, Param::Text];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("now", &[], |shared, _| Ok(Value::Time(Rc::new(shared.env.now)))),
    Function::new("date", &[Param::Text, Param::Any], |shared, args| {
        Ok(formatted(shared, &text(args, 0), value(args, 1), "Local"))
    }),
    Function::new("date_in_zone", IN_ZONE, in_zone),
    Function::new("dateInZone", IN_ZONE, in_zone),
    Function::new("htmlDate", &[Param::Any], |shared, args| {
        Ok(formatted(shared, "2006-01-02", value(args, 0), "Local"))
    }),
    Function::new("htmlDateInZone", &[Param::Any, Param::Text], |shared, args| {
        Ok(formatted(shared, "2006-01-02", value(args, 0), &text(args, 1)))
    }),
    Function::new("date_modify", MODIFY, modify),
    Function::new("dateModify", MODIFY, modify),
    Function::new("must_date_modify", MODIFY, must_modify),
    Function::new("mustDateModify", MODIFY, must_modify),
    Function::new("toDate", &[Param::Text, Param::Text], |_, args| {
        Ok(of_time(parse_time::parse(&text(args, 0), &text(args, 1)).unwrap_or(Time::ZERO)))
    }),
    Function::new("mustToDate", &[Param::Text, Param::Text], |_, args| {
        parse_time::parse(&text(args, 0), &text(args, 1)).map(of_time).map_err(Failure::message)
    }),
    Function::new("ago", &[Param::Any], ago),
    Function::new("duration", &[Param::Any], |_, args| Ok(seconds(value(args, 0)).into())),
    Function::new("durationRound", &[Param::Any], round),
    Function::new("unixEpoch", &[Param::Time], |_, args| Ok(time(args, 0).seconds.to_string().into())),
];

fn of_time(time: Time) -> Value {
    Value::Time(Rc::new(time))
}

/// A date of a time or of seconds since 1970; of anything else, now.
fn moment(shared: &Shared<'_>, value: &Value) -> Time {
    match value {
        Value::Time(time) => **time,
        Value::Int(seconds) | Value::Int64(seconds) => Time::of_seconds(*seconds),
        _ => shared.env.now,
    }
}

fn in_zone(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    Ok(formatted(shared, &text(args, 0), value(args, 1), &text(args, 2)))
}

fn formatted(shared: &Shared<'_>, layout: &str, date: &Value, zone: &str) -> Value {
    let told = told_in(moment(shared, date), zone);
    layout::format(&told, layout).into()
}

/// A time in a zone; where there is no such zone, in UTC.
fn told_in(time: Time, zone: &str) -> Time {
    let utc = time.utc();
    if matches!(zone, "" | "UTC" | "Local") {
        return utc;
    }
    let database = TimeZoneDatabase::bundled();
    // Names are exact for Go, while the database does not mind their case.
    let Some(found) = database.get(zone).ok().filter(|found| found.iana_name() == Some(zone)) else {
        return utc;
    };
    let Ok(timestamp) = Timestamp::new(time.seconds, 0) else {
        return utc;
    };
    let info = found.to_offset_info(timestamp);
    Time { offset: info.offset().seconds(), zone: Zone::named(info.abbreviation().as_bytes()), ..time }
}

fn modify(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let date = time(args, 1);
    Ok(of_time(duration::parse(&text(args, 0)).map_or(date, |nanos| date.add(nanos))))
}

fn must_modify(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let nanos = duration::parse(&text(args, 0)).map_err(Failure::message)?;
    Ok(of_time(time(args, 1).add(nanos)))
}

fn ago(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let since = shared.env.now.since(&moment(shared, value(args, 0)));
    Ok(duration::show(duration::round(since, 1_000_000_000)).into())
}

/// A number of seconds as a duration.
fn seconds(value: &Value) -> String {
    let count = match value {
        Value::Int64(count) => *count,
        Value::Text(text) => atoi(&text.to_str()),
        _ => 0,
    };
    duration::show(count.wrapping_mul(1_000_000_000))
}

fn round(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let nanos = match value(args, 0) {
        Value::Text(text) => duration::parse(&text.to_str()).unwrap_or(0),
        Value::Int64(nanos) => *nanos,
        Value::Time(time) => shared.env.now.since(time),
        _ => 0,
    };
    const UNITS: [(&str, u64); 6] = [
        ("y", 365 * 86_400_000_000_000),
        ("mo", 30 * 86_400_000_000_000),
        ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
    ];
    let size = nanos.unsigned_abs();
    let found = UNITS.iter().find(|(_, unit)| size > *unit);
    Ok(found.map_or_else(|| "0s".to_string(), |(name, unit)| format!("{}{name}", size / unit)).into())
}
