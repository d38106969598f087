//! Numbers: arithmetic that casts anything, ranges, rounding.

use super::{
    args::{fail, int, text, value},
    cast::{to_float, to_int},
    decimal::Decimal,
    table::Function,
};
use crate::template::{
    List, ListType, Param, Value,
    failure::{Failure, Run},
    fmt::text_of,
    shared::Shared,
    text::lossy,
};

const ONE: &[Param] = &[Param::Any];
const TWO: &[Param] = &[Param::Any, Param::Any];
const INTS: &[Param] = &[Param::Int, Param::Int, Param::Int];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("atoi", &[Param::Text], |_, args| Ok(Value::Int(atoi(&text(args, 0))))),
    Function::new("int", ONE, |_, args| Ok(Value::Int(to_int(value(args, 0))))),
    Function::new("int64", ONE, |_, args| Ok(Value::Int64(to_int(value(args, 0))))),
    Function::new("float64", ONE, |_, args| Ok(Value::Float(to_float(value(args, 0))))),
    Function::new("toDecimal", ONE, |_, args| octal(value(args, 0))),
    Function::new("add1", ONE, |_, args| Ok(Value::Int64(to_int(value(args, 0)).wrapping_add(1)))),
    Function::variadic("add", ONE, |_, args| Ok(Value::Int64(fold(0, args, i64::wrapping_add)))),
    Function::variadic("mul", TWO, |_, args| Ok(Value::Int64(fold(1, args, i64::wrapping_mul)))),
    Function::new("sub", TWO, |_, args| {
        Ok(Value::Int64(to_int(value(args, 0)).wrapping_sub(to_int(value(args, 1)))))
    }),
    Function::new("div", TWO, |_, args| divided(args, i64::wrapping_div)),
    Function::new("mod", TWO, |_, args| divided(args, i64::wrapping_rem)),
    Function::variadic("max", TWO, |_, args| Ok(Value::Int64(args.iter().map(to_int).max().unwrap_or(0)))),
    Function::variadic("biggest", TWO, |_, args| {
        Ok(Value::Int64(args.iter().map(to_int).max().unwrap_or(0)))
    }),
    Function::variadic("min", TWO, |_, args| Ok(Value::Int64(args.iter().map(to_int).min().unwrap_or(0)))),
    Function::variadic("maxf", TWO, |_, args| Ok(Value::Float(extreme(args, larger)))),
    Function::variadic("minf", TWO, |_, args| Ok(Value::Float(extreme(args, smaller)))),
    Function::new("add1f", ONE, |_, args| decimals(&[args[0].clone(), Value::Int(1)], Decimal::plus)),
    Function::variadic("addf", ONE, add_floats),
    Function::variadic("subf", TWO, |_, args| decimals(args, Decimal::minus)),
    Function::variadic("mulf", TWO, |_, args| decimals(args, Decimal::times)),
    Function::variadic("divf", TWO, |_, args| decimals(args, Decimal::divided_by)),
    Function::new("floor", ONE, |_, args| Ok(Value::Float(to_float(value(args, 0)).floor()))),
    Function::new("ceil", ONE, |_, args| Ok(Value::Float(to_float(value(args, 0)).ceil()))),
    Function::variadic("round", &[Param::Any, Param::Int, Param::Float], |_, args| {
        Ok(Value::Float(round(args)))
    }),
    Function::new("until", &[Param::Int], |shared, args| {
        let count = int(args, 0);
        range(shared, 0, count, if count < 0 { -1 } else { 1 }).map(ints)
    }),
    Function::new("untilStep", INTS, |shared, args| {
        range(shared, int(args, 0), int(args, 1), int(args, 2)).map(ints)
    }),
    Function::variadic("seq", &[Param::Int], sequence),
];

/// Go's `strconv.Atoi`, of which Sprig keeps the number and drops the error: what is too large is the largest.
pub(super) fn atoi(text: &str) -> i64 {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX })
}

/// Sprig's `toDecimal`: the text of a value read in base 8.
fn octal(value: &Value) -> Run<Value> {
    let text = text_of(value)?;
    let text = lossy(&text);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    Ok(Value::Int64(if plain { i64::from_str_radix(&text, 8).unwrap_or(0) } else { 0 }))
}

fn fold(start: i64, args: &[Value], combine: fn(i64, i64) -> i64) -> i64 {
    args.iter().map(to_int).fold(start, combine)
}

fn divided(args: &[Value], divide: fn(i64, i64) -> i64) -> Run<Value> {
    match to_int(value(args, 1)) {
        0 => fail("runtime error: integer divide by zero"),
        divisor => Ok(Value::Int64(divide(to_int(value(args, 0)), divisor))),
    }
}

fn extreme(args: &[Value], choose: fn(f64, f64) -> f64) -> f64 {
    args.iter().map(to_float).reduce(choose).unwrap_or(0.0)
}

/// Go's `math.Max`: NaN wins but over infinity.
fn larger(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        f64::INFINITY
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == 0.0 && b == 0.0 {
        if a.is_sign_negative() { b } else { a }
    } else {
        a.max(b)
    }
}

/// Go's `math.Min`.
fn smaller(a: f64, b: f64) -> f64 {
    -larger(-a, -b)
}

fn add_floats(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let mut all = vec![Value::Float(0.0)];
    all.extend_from_slice(args);
    decimals(&all, Decimal::plus)
}

fn decimals(args: &[Value], combine: fn(&Decimal, &Decimal) -> Result<Decimal, String>) -> Run<Value> {
    let mut result: Option<Decimal> = None;
    for arg in args {
        let number = Decimal::of_float(to_float(arg)).map_err(Failure::message)?;
        result = Some(match result {
            None => number,
            Some(result) => combine(&result, &number).map_err(Failure::message)?,
        });
    }
    Ok(Value::Float(result.map_or(0.0, |result| result.to_float())))
}

fn round(args: &[Value]) -> f64 {
    let from = match args.get(2) {
        Some(Value::Float(from)) => *from,
        _ => 0.5,
    };
    let power = power_of_ten(int(args, 1));
    let digit = power * to_float(value(args, 0));
    let part = digit - digit.trunc();
    (if part >= from { digit.ceil() } else { digit.floor() }) / power
}

/// Go's `math.Pow(10, places)`: by squaring a fraction between a half and one, which rounds in each step.
fn power_of_ten(places: i64) -> f64 {
    let mut left = places.clamp(-400, 400).unsigned_abs();
    let (mut product, mut exponent): (f64, i32) = (1.0, 0);
    let (mut square, mut doubled): (f64, i32) = (0.625, 4);
    while left != 0 {
        if left & 1 == 1 {
            product *= square;
            exponent += doubled;
        }
        square *= square;
        doubled *= 2;
        if square < 0.5 {
            square += square;
            doubled -= 1;
        }
        left >>= 1;
    }
    if places < 0 {
        (product, exponent) = (1.0 / product, -exponent);
    }
    // In two steps, since a power of two alone may be too large or too small for a double.
    let half = exponent / 2;
    product * 2f64.powi(half) * 2f64.powi(exponent - half)
}

/// Numbers from `start` towards `stop`.
fn range(shared: &mut Shared<'_>, start: i64, stop: i64, step: i64) -> Run<Vec<i64>> {
    let toward = if stop < start { step < 0 } else { step > 0 };
    if !toward || start == stop {
        return Ok(Vec::new());
    }
    let count = start.abs_diff(stop).div_ceil(step.unsigned_abs());
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    shared.reserve(count.saturating_mul(size_of::<Value>()))?;
    Ok((0..count as i64).map(|index| start.wrapping_add(index.wrapping_mul(step))).collect())
}

fn ints(numbers: Vec<i64>) -> Value {
    List::typed(ListType::Ints, numbers.into_iter().map(Value::Int).collect()).into()
}

/// Sprig's `seq`, as the command of that name.
fn sequence(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let (start, step, end) = match args.len() {
        1 => (1, None, int(args, 0)),
        2 => (int(args, 0), None, int(args, 1)),
        3 => (int(args, 0), Some(int(args, 1)), int(args, 2)),
        _ => return Ok("".into()),
    };
    let toward = if end < start { -1 } else { 1 };
    if toward < 0 && step.is_some_and(|step| step > 0) {
        return Ok("".into());
    }
    let numbers = range(shared, start, end.saturating_add(toward), step.unwrap_or(toward))?;
    let texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok(texts.join(" ").into())
}
