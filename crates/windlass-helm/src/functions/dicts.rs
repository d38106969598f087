//! Dictionaries: Sprig's functions on maps, which change maps in place as Go does.

use super::{
    args::{bytes, fail, map, shared_text, value},
    cast::to_text,
    merge,
    table::Function,
};
use crate::template::{
    List, Map, MapType, Param, Text, Value,
    failure::{Failure, Run},
    shared::Shared,
    value::{VALUE_DEPTH_MAX, VALUES_MAX},
};

const MAP: &[Param] = &[Param::Map];
const KEYED: &[Param] = &[Param::Map, Param::Text];
const MAPS: &[Param] = &[Param::Map, Param::Map];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("dict", &[Param::Any], dict),
    Function::new("get", KEYED, |_, args| Ok(entry(args).unwrap_or_else(|| "".into()))),
    Function::new("set", &[Param::Map, Param::Text, Param::Any], set),
    Function::new("unset", KEYED, unset),
    Function::new("hasKey", KEYED, |_, args| {
        Ok(Value::Bool(map(args, 0).is_some_and(|map| map.contains(bytes(args, 1)))))
    }),
    Function::variadic("pluck", &[Param::Text, Param::Map], pluck),
    Function::variadic("keys", MAP, keys),
    Function::new("values", MAP, values),
    Function::variadic("pick", KEYED, pick),
    Function::variadic("omit", KEYED, omit),
    Function::variadic("merge", MAPS, |_, args| merge::all(args, merge::Mode::Fill)),
    Function::variadic("mustMerge", MAPS, |_, args| merge::all(args, merge::Mode::Fill)),
    Function::variadic("mergeOverwrite", MAPS, |_, args| merge::all(args, merge::Mode::Overwrite)),
    Function::variadic("mustMergeOverwrite", MAPS, |_, args| merge::all(args, merge::Mode::Overwrite)),
    Function::variadic("dig", &[Param::Any], dig),
    Function::new("deepCopy", &[Param::Any], deep_copy),
    Function::new("mustDeepCopy", &[Param::Any], deep_copy),
];

fn dict(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let out = Map::new();
    for pair in args.chunks(2) {
        let value = pair.get(1).cloned().unwrap_or_else(|| "".into());
        match &pair[0] {
            Value::Text(key) => out.set(key.clone(), value),
            key => out.set(to_text(key)?, value),
        }
    }
    Ok(out.into())
}

fn entry(args: &[Value]) -> Option<Value> {
    map(args, 0)?.get(bytes(args, 1))
}

fn set(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let Some(map) = map(args, 0).filter(|map| !map.is_nil()) else {
        return fail("assignment to entry in nil map");
    };
    map.set(shared_text(args, 1), value(args, 2).clone());
    Ok(map.clone().into())
}

fn unset(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let Some(map) = map(args, 0) else {
        return Ok(Map::nil().into());
    };
    map.unset(bytes(args, 1));
    Ok(map.clone().into())
}

fn pluck(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let key = bytes(args, 0);
    let found = (1..args.len()).filter_map(|at| map(args, at)?.get(key)).collect();
    Ok(List::new(found).into())
}

fn keys(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let all = (0..args.len())
        .filter_map(|at| map(args, at))
        .flat_map(|map| map.entries().into_iter().map(|(key, _)| key));
    Ok(List::texts(all).into())
}

fn values(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let values =
        map(args, 0).map(Map::entries).unwrap_or_default().into_iter().map(|(_, value)| value).collect();
    Ok(List::new(values).into())
}

fn names(args: &[Value]) -> Vec<Text> {
    (1..args.len()).map(|at| shared_text(args, at)).collect()
}

fn pick(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let out = Map::new();
    for name in names(args) {
        if let Some(value) = map(args, 0).and_then(|map| map.get(&*name)) {
            out.set(name, value);
        }
    }
    Ok(out.into())
}

fn omit(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let names = names(args);
    let entries = map(args, 0).map(Map::entries).unwrap_or_default();
    Ok(entries.into_iter().filter(|(key, _)| !names.contains(key)).collect::<Map>().into())
}

/// Go's text for a value that is not of the type that was asserted.
fn conversion<T>(value: &Value, want: &str) -> Run<T> {
    let is = match value {
        Value::Nil | Value::Null => "nil".into(),
        value => value.type_name(),
    };
    fail(format!("interface conversion: interface {{}} is {is}, not {want}"))
}

fn dig(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let [path @ .., default, dict] = args else {
        return fail("dig needs at least three arguments");
    };
    if path.is_empty() {
        return fail("dig needs at least three arguments");
    }
    const MAP_TYPE: &str = "map[string]interface {}";
    let as_map = |value: &Value| match value {
        Value::Map(map) if map.kind() == MapType::Any => Ok(map.clone()),
        other => conversion(other, MAP_TYPE),
    };
    let mut map = as_map(dict)?;
    if let Some(other) = path.iter().find(|key| !matches!(key, Value::Text(_))) {
        return conversion(other, "string");
    }
    for (index, key) in path.iter().enumerate() {
        let Value::Text(key) = key else {
            return conversion(key, "string");
        };
        let Some(step) = map.get(&**key) else {
            return Ok(default.clone());
        };
        if index + 1 == path.len() {
            return Ok(step);
        }
        map = as_map(&step)?;
    }
    Ok(default.clone())
}

fn deep_copy(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    match value(args, 0) {
        Value::Nil | Value::Null => fail("reflect: call of reflect.Value.Type on zero Value"),
        value => copied(value, 0, &mut 0),
    }
}

fn copied(value: &Value, depth: usize, seen: &mut usize) -> Run<Value> {
    *seen += 1;
    if depth > VALUE_DEPTH_MAX || *seen > VALUES_MAX {
        return Err(Failure::too_much());
    }
    Ok(match value {
        Value::List(list) if list.is_nil() => Value::List(List::nil(list.element())),
        Value::List(list) => {
            let items =
                list.items().iter().map(|item| copied(item, depth + 1, seen)).collect::<Run<Vec<Value>>>()?;
            List::typed(list.element(), items).into()
        }
        Value::Map(map) => {
            let out = Map::typed(map.kind());
            for (key, value) in map.entries() {
                out.set(key, copied(&value, depth + 1, seen)?);
            }
            out.into()
        }
        other => other.clone(),
    })
}
