//! Merges of maps as mergo 1.0.1 does them: in place, and sharing what it takes over.

use super::{args::map, defaults::is_empty};
use crate::template::{
    Map, Value,
    failure::{Failure, Run},
    value::{VALUE_DEPTH_MAX, VALUES_MAX},
};

/// Which side wins where both have a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The destination, unless its value is empty.
    Fill,
    /// The source.
    Overwrite,
}

/// Merges all maps into the first and gives that.
pub(super) fn all(args: &[Value], mode: Mode) -> Run<Value> {
    let first = match map(args, 0) {
        Some(map) if !map.is_nil() => map.clone(),
        // A nil map is replaced by the first source that is none.
        _ if (1..args.len()).all(|at| map(args, at).is_none_or(Map::is_nil)) => return Ok(Map::nil().into()),
        _ => Map::new(),
    };
    let mut seen = 0;
    for at in 1..args.len() {
        if let Some(source) = map(args, at) {
            into(&first, source, mode, 0, &mut seen)?;
        }
    }
    Ok(first.into())
}

fn into(target: &Map, source: &Map, mode: Mode, depth: usize, seen: &mut usize) -> Run<()> {
    *seen += 1;
    if depth > VALUE_DEPTH_MAX || *seen > VALUES_MAX {
        return Err(Failure::too_much());
    }
    if target.same(source) {
        return Ok(());
    }
    for (key, value) in source.entries() {
        let present = target.get(&*key);
        if value.is_nil() {
            if mode == Mode::Overwrite {
                target.set(key, Value::Null);
            }
            continue;
        }
        if let (Some(Value::Map(inner)), Value::Map(source)) = (&present, &value) {
            into(inner, source, mode, depth + 1, seen)?;
            // What was empty and stays so is replaced, so that both sides share one map.
            if !inner.is_empty() {
                continue;
            }
        }
        let keeps = present.as_ref().is_some_and(|present| !is_unset(present));
        if !keeps || mode == Mode::Overwrite {
            target.set(key, value);
        }
    }
    Ok(())
}

/// Whether mergo takes a value for empty.
fn is_unset(value: &Value) -> bool {
    !matches!(value, Value::Object(_) | Value::Time(_)) && is_empty(value)
}
