//! Helm's own functions that run templates, end a render or ask the cluster, and its durations.

use super::{
    args::{bytes, fail, text, value},
    table::Function,
};
use crate::template::{
    Map, Param, Value, duration, execute,
    failure::{Failure, Run},
    fmt::format_float,
    number::parse_float,
    quote::quote,
    shared::{Shared, without_no_value},
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("include", &[Param::Text, Param::Any], include),
    Function::new("tpl", &[Param::Text, Param::Any], tpl),
    Function::new("required", &[Param::Text, Param::Any], required),
    Function::new("fail", &[Param::Text], end),
    Function::new("lookup", &[Param::Text, Param::Text, Param::Text, Param::Text], lookup),
    Function::new("getHostByName", &[Param::Text], host),
    Function::new("mustToDuration", &[Param::Any], must_to_duration).of_v4(),
    Function::new("durationSeconds", &[Param::Any], |_, args| in_units(args, 1_000_000_000, 1.0)).of_v4(),
    Function::new("durationMinutes", &[Param::Any], |_, args| in_units(args, 60_000_000_000, 1.0)).of_v4(),
    Function::new("durationHours", &[Param::Any], |_, args| in_units(args, HOUR, 1.0)).of_v4(),
    Function::new("durationDays", &[Param::Any], |_, args| in_units(args, HOUR, 24.0)).of_v4(),
    Function::new("durationWeeks", &[Param::Any], weeks).of_v4(),
    Function::new("durationMilliseconds", &[Param::Any], |_, args| whole_units(args, 1_000_000)).of_v4(),
    Function::new("durationMicroseconds", &[Param::Any], |_, args| whole_units(args, 1_000)).of_v4(),
    Function::new("durationNanoseconds", &[Param::Any], |_, args| whole_units(args, 1)).of_v4(),
    Function::new("durationRoundTo", &[Param::Any, Param::Any], |_, args| to_multiple(args, duration::round))
        .of_v4(),
    Function::new("durationTruncateTo", &[Param::Any, Param::Any], |_, args| {
        to_multiple(args, |nanos, unit| if unit > 0 { nanos - nanos % unit } else { nanos })
    })
    .of_v4(),
];

const HOUR: i64 = 3_600_000_000_000;

/// How often a name may be included inside itself.
const INCLUDES_MAX: usize = 1000;

fn include(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let name = bytes(args, 0);
    let depth = shared.included.entry(name.to_vec()).or_insert(0);
    if *depth > INCLUDES_MAX {
        let name = text(args, 0);
        return fail(format!(
            "rendering template has a nested reference name: {name}: unable to execute template"
        ));
    }
    *depth += 1;
    let result = match shared.template(&text(args, 0)) {
        Some(tree) => captured(shared, |shared| execute(shared, &tree, value(args, 1))),
        None => Err(Failure::no_template(&text(args, 0))),
    };
    if let Some(depth) = shared.included.get_mut(name) {
        *depth -= 1;
    }
    result.map(Value::from)
}

/// Runs something that writes, and gives what it wrote.
fn captured(shared: &mut Shared<'_>, run: impl FnOnce(&mut Shared<'_>) -> Run<()>) -> Run<Vec<u8>> {
    let start = shared.out.len();
    run(shared)?;
    Ok(shared.out.split_off(start))
}

fn tpl(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let template = bytes(args, 0);
    let shown = || quote(template);
    let mut parsed = false;
    let result = shared.with_text(template, |shared, tree| {
        parsed = true;
        captured(shared, |shared| execute(shared, tree, value(args, 1)))
    });
    match result {
        Ok(text) => Ok(without_no_value(text).into()),
        Err(failure) if parsed => {
            Err(failure.wrapped(&format!("error during tpl function execution for {}: ", shown())))
        }
        Err(failure) => Err(failure.wrapped(&format!("cannot parse template {}: ", shown()))),
    }
}

fn required(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let given = value(args, 1);
    let missing = given.is_nil() || matches!(given, Value::Text(text) if text.is_empty());
    match (missing, shared.env.lint) {
        (false, _) => Ok(given.clone()),
        (true, true) => Ok("".into()),
        (true, false) => Err(Failure::asked(&text(args, 0))),
    }
}

fn end(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    if shared.env.lint {
        return Ok("".into());
    }
    Err(Failure::asked(&text(args, 0)))
}

fn lookup(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let Some(cluster) = shared.env.lookup.filter(|_| !shared.env.lint) else {
        return Ok(Map::new().into());
    };
    let found = cluster.lookup(&text(args, 0), &text(args, 1), &text(args, 2), &text(args, 3));
    found.map(Value::Map).map_err(Failure::message)
}

fn host(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let addresses = shared.env.resolve.map(|names| names.resolve(&text(args, 0))).unwrap_or_default();
    Ok(addresses.first().map(ToString::to_string).unwrap_or_default().into())
}

/// What Helm 4 takes for a duration.
fn as_duration(value: &Value) -> Result<i64, String> {
    match value {
        Value::Duration(nanos) => Ok(*nanos),
        Value::Text(text) => of_text(&text.to_str()),
        Value::Nil | Value::Null => Err("invalid duration".into()),
        Value::Int(seconds) | Value::Int64(seconds) => of_seconds(*seconds),
        Value::Uint8(seconds) => of_seconds((*seconds).into()),
        Value::Uint64(seconds) => i64::try_from(*seconds)
            .map_err(|_| format!("duration seconds overflow: {seconds}"))
            .and_then(of_seconds),
        Value::Float(seconds) => of_float(*seconds),
        other => Err(format!("unsupported duration type {}", other.type_name())),
    }
}

fn of_text(text: &str) -> Result<i64, String> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err("empty duration".into());
    }
    if let Ok(nanos) = duration::parse(trimmed) {
        return Ok(nanos);
    }
    match parse_float(trimmed) {
        Some(seconds) => of_float(seconds),
        None => Err(format!("could not parse duration {}", quote(text.as_bytes()))),
    }
}

fn of_seconds(seconds: i64) -> Result<i64, String> {
    seconds.checked_mul(1_000_000_000).ok_or_else(|| format!("duration seconds overflow: {seconds}"))
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
fn of_float(seconds: f64) -> Result<i64, String> {
    let shown = || format_float(seconds, 'g', None);
    if !seconds.is_finite() {
        return Err(format!("invalid duration seconds: {}", shown()));
    }
    if seconds > i64::MAX as f64 / 1e9 || seconds < i64::MIN as f64 / 1e9 {
        return Err(format!("duration seconds overflow: {}", shown()));
    }
    Ok((seconds * 1e9) as i64)
}

fn must_to_duration(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    as_duration(value(args, 0)).map(Value::Duration).map_err(Failure::message)
}

#[allow(clippy::cast_precision_loss)]
fn units(nanos: i64, unit: i64) -> f64 {
    (nanos / unit) as f64 + (nanos % unit) as f64 / unit as f64
}

fn in_units(args: &[Value], unit: i64, per: f64) -> Run<Value> {
    Ok(Value::Float(as_duration(value(args, 0)).map_or(0.0, |nanos| units(nanos, unit) / per)))
}

fn weeks(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    Ok(Value::Float(as_duration(value(args, 0)).map_or(0.0, |nanos| units(nanos, HOUR) / 24.0 / 7.0)))
}

fn whole_units(args: &[Value], unit: i64) -> Run<Value> {
    Ok(Value::Int64(as_duration(value(args, 0)).map_or(0, |nanos| nanos / unit)))
}

fn to_multiple(args: &[Value], round: fn(i64, i64) -> i64) -> Run<Value> {
    let Ok(nanos) = as_duration(value(args, 0)) else {
        return Ok(Value::Duration(0));
    };
    Ok(Value::Duration(as_duration(value(args, 1)).map_or(nanos, |unit| round(nanos, unit))))
}
