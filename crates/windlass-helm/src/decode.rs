//! Values as the fields of Go structs: what `sigs.k8s.io/yaml` and `encoding/json` make of them together.
//!
//! A number or a boolean becomes text where text is wanted, `null` leaves a field as it is, and a name that is written in
//! another case is found where the exact one is missing.

use windlass_core::{Map, Value};

use crate::template::fmt::format_float;

/// A value has another type than its field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch(pub(crate) String);

/// The fields of a struct.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'v> {
    map: &'v Map,
    owner: &'static str,
}

impl<'v> Fields<'v> {
    /// Takes a map as the struct `owner`.
    pub(crate) fn of(value: &'v Value, owner: &'static str) -> Result<Self, Mismatch> {
        let map = value.as_map().ok_or_else(|| {
            Mismatch(format!("json: cannot unmarshal {} into Go value of type {owner}", json_type(value)))
        })?;
        Ok(Self { map, owner })
    }

    /// Gives a field that is there and not `null`.
    pub(crate) fn get(&self, name: &str) -> Option<&'v Value> {
        let exact = self.map.get(name);
        let found = exact.or_else(|| {
            self.map.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        });
        found.filter(|value| !value.is_null())
    }

    /// Sets `into` to a text.
    pub(crate) fn text(&self, name: &str, into: &mut String) -> Result<(), Mismatch> {
        if let Some(value) = self.get(name) {
            *into = text_of(value).ok_or_else(|| self.mismatch(name, value, "string"))?;
        }
        Ok(())
    }

    /// Sets `into` to a boolean.
    pub(crate) fn flag(&self, name: &str, into: &mut bool) -> Result<(), Mismatch> {
        if let Some(value) = self.get(name) {
            *into = value.as_bool().ok_or_else(|| self.mismatch(name, value, "bool"))?;
        }
        Ok(())
    }

    /// Gives the items of a list; `None` where there is none.
    pub(crate) fn items(&self, name: &str, of: &str) -> Result<Option<&'v [Value]>, Mismatch> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::List(items)) => Ok(Some(items)),
            Some(other) => Err(self.mismatch(name, other, of)),
        }
    }

    /// Sets `into` to a list of texts.
    pub(crate) fn texts(&self, name: &str, into: &mut Option<Vec<String>>) -> Result<(), Mismatch> {
        let Some(items) = self.items(name, "[]string")? else { return Ok(()) };
        let text = |item: &Value| match item {
            Value::Null => Ok(String::new()),
            item => text_of(item).ok_or_else(|| self.mismatch(name, item, "string")),
        };
        *into = Some(items.iter().map(text).collect::<Result<_, _>>()?);
        Ok(())
    }

    /// Gives a map of texts.
    pub(crate) fn text_map(&self, name: &str) -> Result<Option<Vec<(String, String)>>, Mismatch> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Map(map)) => {
                let field = |(key, value): (&windlass_core::Text, &Value)| match value {
                    Value::Null => Ok((key.to_string(), String::new())),
                    value => {
                        let text = text_of(value).ok_or_else(|| self.mismatch(name, value, "string"))?;
                        Ok((key.to_string(), text))
                    }
                };
                map.iter().map(field).collect::<Result<_, _>>().map(Some)
            }
            Some(other) => Err(self.mismatch(name, other, "map[string]string")),
        }
    }

    fn mismatch(&self, name: &str, value: &Value, wanted: &str) -> Mismatch {
        Mismatch(format!(
            "json: cannot unmarshal {} into Go struct field {}.{name} of type {wanted}",
            json_type(value),
            self.owner
        ))
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Int(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Float(number) => Some(format_float(*number, 'g', None)),
        Value::Null | Value::List(_) | Value::Map(_) => None,
    }
}

/// The type as Go's encoding/json names it.
pub(crate) fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Float(_) => "number",
        Value::Text(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
    }
}
