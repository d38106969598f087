//! YAML and JSON, to text and back.

use windlass_yaml::go;

use super::{
    args::{bytes, fail, text, value},
    data::{Numbers, to_core},
    json::{self, Target},
    structs::{self, Style},
    table::Function,
    toml_read,
    toml_write::{self, Refused},
    yaml,
};
use crate::template::{
    List, Map, Param, Value,
    failure::{Failure, Run},
    shared::Shared,
};

const ONE: &[Param] = &[Param::Any];
const TEXT: &[Param] = &[Param::Text];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("toYaml", ONE, |_, args| to_yaml(args).or_else(|_| Ok("".into()))),
    Function::new("mustToYaml", ONE, |_, args| to_yaml(args).map_err(Failure::message)).of_v4(),
    Function::new("toYamlPretty", ONE, |_, args| to_yaml_pretty(args).or_else(|_| Ok("".into()))),
    Function::new("toJson", ONE, |_, args| Ok(to_json(args, go::to_json).unwrap_or_else(|_| "".into()))),
    Function::new("mustToJson", ONE, |_, args| to_json(args, go::to_json).map_err(Failure::message)),
    Function::new("toPrettyJson", ONE, |_, args| Ok(to_pretty_json(args).unwrap_or_else(|_| "".into()))),
    Function::new("mustToPrettyJson", ONE, |_, args| to_pretty_json(args).map_err(Failure::message)),
    Function::new("toRawJson", ONE, |_, args| to_json(args, go::to_json_unescaped).map_err(Failure::message)),
    Function::new("mustToRawJson", ONE, |_, args| {
        to_json(args, go::to_json_unescaped).map_err(Failure::message)
    }),
    Function::new("toToml", ONE, to_toml),
    Function::new("mustToToml", ONE, must_to_toml).of_v4(),
    Function::new("fromToml", TEXT, from_toml),
    Function::new("fromYaml", TEXT, from_yaml),
    Function::new("fromYamlArray", TEXT, from_yaml_array),
    Function::new("fromJson", TEXT, |_, args| Ok(map_or_error(json::read(bytes(args, 0), Target::Map)))),
    Function::new("fromJsonArray", TEXT, |_, args| {
        Ok(list_or_error(json::read(bytes(args, 0), Target::List)))
    }),
    Function::new("mustFromJson", TEXT, must_from_json),
];

/// Text of a value as YAML, without the line break at its end.
pub(super) fn yaml_of(value: &Value) -> Result<String, String> {
    let mut text = go::try_to_yaml(&to_core(value, Numbers::Json)?).map_err(|error| error.to_string())?;
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}

fn to_yaml(args: &[Value]) -> Result<Value, String> {
    Ok(yaml_of(value(args, 0))?.into())
}

fn to_yaml_pretty(args: &[Value]) -> Result<Value, String> {
    let mut text = structs::yaml(value(args, 0), 0)?;
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text.into())
}

fn to_json(args: &[Value], write: fn(&windlass_core::Value) -> String) -> Result<Value, String> {
    let value = value(args, 0);
    if structs::has_struct(value) {
        return Ok(structs::json(value, Style { plain: write, indent: None })?.into());
    }
    Ok(write(&to_core(value, Numbers::Json)?).into())
}

fn to_pretty_json(args: &[Value]) -> Result<Value, String> {
    let value = value(args, 0);
    if structs::has_struct(value) {
        return Ok(structs::json(value, Style { plain: go::to_json, indent: Some("  ") })?.into());
    }
    to_json(args, indented)
}

fn indented(value: &windlass_core::Value) -> String {
    go::to_json_indent(value, "  ")
}

fn must_from_json(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    match json::read(bytes(args, 0), Target::Any) {
        Ok(decoded) if decoded.error.is_none() => Ok(decoded.value),
        Ok(decoded) => fail(decoded.error.unwrap_or_default()),
        Err(text) => fail(text),
    }
}

/// A map, in which an error stands under `Error`.
fn map_or_error(result: Result<json::Decoded, String>) -> Value {
    let (value, error) = match result {
        Ok(decoded) => (decoded.value, decoded.error),
        Err(text) => (Value::Nil, Some(text)),
    };
    let map = match (value, &error) {
        (Value::Map(map), _) => map,
        (Value::Null, None) => return Map::nil().into(),
        _ => Map::new(),
    };
    if let Some(text) = error {
        map.set("Error", text.into());
    }
    map.into()
}

/// A list, or one whose only item is the error.
fn list_or_error(result: Result<json::Decoded, String>) -> Value {
    match result {
        Ok(json::Decoded { value: Value::List(list), error: None }) => list.into(),
        Ok(json::Decoded { value: Value::Null, error: None }) => {
            List::nil(crate::template::ListType::Any).into()
        }
        Ok(json::Decoded { error, .. }) => List::new(vec![error.unwrap_or_default().into()]).into(),
        Err(text) => List::new(vec![text.into()]).into(),
    }
}

fn from_yaml(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    Ok(match yaml::read(bytes(args, 0)) {
        Ok(Value::Map(map)) => map.into(),
        Ok(Value::Null) => Map::new().into(),
        Ok(other) => yaml_error("map[string]interface {}", &other),
        Err(text) => [("Error", Value::from(text))].into_iter().collect::<Map>().into(),
    })
}

fn yaml_error(target: &str, other: &Value) -> Value {
    [("Error", Value::from(wrong_kind(target, other)))].into_iter().collect::<Map>().into()
}

/// What sigs.k8s.io/yaml says where the text has another kind of value.
fn wrong_kind(target: &str, other: &Value) -> String {
    let kind = match other {
        Value::Map(_) => "object",
        Value::List(_) => "array",
        Value::Text(_) => "string",
        Value::Bool(_) => "bool",
        _ => "number",
    };
    format!(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go value of type {target}"
    )
}

fn from_yaml_array(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    Ok(match yaml::read(bytes(args, 0)) {
        Ok(Value::List(list)) => list.into(),
        Ok(Value::Null) => List::new(Vec::new()).into(),
        Ok(other) => List::new(vec![wrong_kind("[]interface {}", &other).into()]).into(),
        Err(text) => List::new(vec![text.into()]).into(),
    })
}

fn to_toml(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    match toml_write::write(value(args, 0)) {
        Ok(text) | Err(Refused::Encoder(text)) => Ok(text.into()),
        Err(Refused::Panic(text)) => fail(text),
    }
}

fn must_to_toml(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    match toml_write::write(value(args, 0)) {
        Ok(text) => Ok(text.into()),
        Err(Refused::Encoder(text) | Refused::Panic(text)) => fail(text),
    }
}

fn from_toml(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let read = toml_read::read(&text(args, 0));
    Ok(read.unwrap_or_else(|error| [("Error", Value::from(error))].into_iter().collect()).into())
}
