//! Methods of the types that Go itself brings: `time.Time` and `time.Duration`.

use std::{borrow::Cow, rc::Rc};

use super::{
    GoObject, Param, Shape, Signature, Value, duration,
    failure::{Failure, Run},
    layout::{self, MONTHS, WEEKDAYS},
    time::Time,
};

/// The parameters of a method of a time or a duration.
pub(crate) fn signature(value: &Value, name: &str) -> Option<Signature> {
    let params: &'static [Param] = match value {
        Value::Time(_) => match name {
            "Year" | "Month" | "Day" | "Hour" | "Minute" | "Second" | "Nanosecond" | "YearDay"
            | "Weekday" | "Unix" | "UnixMilli" | "UnixMicro" | "UnixNano" | "UTC" | "Local" | "String"
            | "IsZero" => &[],
            "Format" => &[Param::Text],
            "Add" | "Round" | "Truncate" => &[Param::Duration],
            "AddDate" => &[Param::Int, Param::Int, Param::Int],
            "Sub" | "After" | "Before" | "Equal" | "Compare" => &[Param::Time],
            _ => return None,
        },
        Value::Duration(_) => match name {
            "Hours" | "Minutes" | "Seconds" | "Milliseconds" | "Microseconds" | "Nanoseconds" | "String"
            | "Abs" => &[],
            "Round" | "Truncate" => &[Param::Duration],
            _ => return None,
        },
        _ => return None,
    };
    Some(Signature { params, variadic: false })
}

/// Calls a method that [`signature`] knows.
pub(crate) fn call(value: &Value, name: &str, args: &[Value]) -> Run<Value> {
    let result = match value {
        Value::Time(time) => of_time(time, name, args),
        Value::Duration(nanos) => of_duration(*nanos, name, args),
        _ => None,
    };
    result.ok_or_else(|| Failure::message(format!("no method {name}")))
}

fn of_time(time: &Time, name: &str, args: &[Value]) -> Option<Value> {
    let civil = time.civil();
    let int = |number: i64| Some(Value::Int(number));
    let named = |type_name, number: u32, text: &'static str| {
        Some(Value::Object(Rc::new(NamedNumber { type_name, number: i64::from(number), text })))
    };
    match (name, args) {
        ("Year", _) => int(civil.year),
        ("Month", _) => named("time.Month", civil.month, MONTHS[(civil.month as usize - 1).min(11)]),
        ("Day", _) => int(civil.day.into()),
        ("Hour", _) => int(civil.hour.into()),
        ("Minute", _) => int(civil.minute.into()),
        ("Second", _) => int(civil.second.into()),
        ("Nanosecond", _) => int(time.nanos.into()),
        ("YearDay", _) => int(civil.year_day.into()),
        ("Weekday", _) => named("time.Weekday", civil.weekday, WEEKDAYS[(civil.weekday as usize).min(6)]),
        ("Unix", _) => Some(Value::Int64(time.seconds)),
        ("UnixMilli", _) => unix(time, 1_000),
        ("UnixMicro", _) => unix(time, 1_000_000),
        ("UnixNano", _) => unix(time, 1_000_000_000),
        ("UTC" | "Local", _) => Some(Value::Time(Rc::new(time.utc()))),
        ("String", _) => Some(time.to_string().into()),
        ("IsZero", _) => Some(Value::Bool(time.seconds == Time::ZERO.seconds && time.nanos == 0)),
        ("Format", [Value::Text(layout)]) => Some(layout::format(time, &layout.to_str()).into()),
        ("Add", [Value::Duration(nanos)]) => Some(Value::Time(Rc::new(time.add(*nanos)))),
        ("AddDate", [Value::Int(years), Value::Int(months), Value::Int(days)]) => {
            Some(Value::Time(Rc::new(time.add_date(*years, *months, *days))))
        }
        ("Sub", [Value::Time(other)]) => Some(Value::Duration(time.since(other))),
        ("After", [Value::Time(other)]) => Some(Value::Bool(moment(time) > moment(other))),
        ("Before", [Value::Time(other)]) => Some(Value::Bool(moment(time) < moment(other))),
        ("Equal", [Value::Time(other)]) => Some(Value::Bool(moment(time) == moment(other))),
        ("Compare", [Value::Time(other)]) => int(moment(time).cmp(&moment(other)) as i64),
        ("Truncate" | "Round", [Value::Duration(unit)]) => {
            Some(Value::Time(Rc::new(to_multiple(time, *unit, name))))
        }
        _ => None,
    }
}

fn moment(time: &Time) -> (i64, u32) {
    (time.seconds, time.nanos)
}

fn unix(time: &Time, per_second: i64) -> Option<Value> {
    let part = i64::from(time.nanos) / (1_000_000_000 / per_second);
    Some(Value::Int64(time.seconds.wrapping_mul(per_second).wrapping_add(part)))
}

/// Multiples count from the zero time.
fn to_multiple(time: &Time, unit: i64, name: &str) -> Time {
    if unit <= 0 {
        return *time;
    }
    let since =
        (i128::from(time.seconds) - i128::from(Time::ZERO.seconds)) * 1_000_000_000 + i128::from(time.nanos);
    let rest = i64::try_from(since.rem_euclid(i128::from(unit))).unwrap_or(0);
    let up = name == "Round" && i128::from(rest) * 2 >= i128::from(unit);
    time.add(if up { unit - rest } else { -rest })
}

#[allow(clippy::cast_precision_loss)]
fn of_duration(nanos: i64, name: &str, args: &[Value]) -> Option<Value> {
    // As Go does, whole units and the rest are divided apart.
    let parts = |unit: i64| Some(Value::Float((nanos / unit) as f64 + (nanos % unit) as f64 / unit as f64));
    match (name, args) {
        ("Hours", _) => parts(3_600_000_000_000),
        ("Minutes", _) => parts(60_000_000_000),
        ("Seconds", _) => parts(1_000_000_000),
        ("Milliseconds", _) => Some(Value::Int64(nanos / 1_000_000)),
        ("Microseconds", _) => Some(Value::Int64(nanos / 1_000)),
        ("Nanoseconds", _) => Some(Value::Int64(nanos)),
        ("String", _) => Some(duration::show(nanos).into()),
        ("Abs", _) => Some(Value::Duration(nanos.checked_abs().unwrap_or(i64::MAX))),
        ("Round", [Value::Duration(unit)]) => Some(Value::Duration(duration::round(nanos, *unit))),
        ("Truncate", [Value::Duration(unit)]) if *unit > 0 => Some(Value::Duration(nanos - nanos % unit)),
        ("Truncate", _) => Some(Value::Duration(nanos)),
        _ => None,
    }
}

/// A number under a type name that prints itself as a word.
#[derive(Debug)]
struct NamedNumber {
    type_name: &'static str,
    number: i64,
    text: &'static str,
}

impl GoObject for NamedNumber {
    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.type_name)
    }

    fn shape(&self) -> Shape {
        Shape::Scalar(Value::Int(self.number))
    }

    fn method(&self, name: &str) -> Option<Signature> {
        (name == "String").then_some(Signature { params: &[], variadic: false })
    }

    fn call(&self, _: &str, _: &[Value]) -> Result<Value, String> {
        Ok(self.text.into())
    }

    fn text(&self) -> Option<String> {
        Some(self.text.into())
    }
}
