//! The versions of the data, and how they become one another.

use windlass_core::{Map, Value};
use windlass_diff::structured::{Lenience, VersionError, Versions, validate};
use windlass_diff::{Schema, SchemaRef, Schemas};

use super::limits;

/// The types of a row, and its converter.
pub(super) struct Table {
    pub(super) schemas: Schemas,
    /// The type of all versions; `None` where each is named after its version.
    pub(super) root: Option<Schema>,
    /// Nothing is known of any type.
    pub(super) deduced: bool,
    pub(super) converter: Converter,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Converter {
    Same,
    Renaming,
    Repeating,
    Reliant,
}

impl Converter {
    pub(super) fn of(row: &Value) -> Self {
        match row.text_at(&["converter"]).unwrap_or_default() {
            "renamingConverter" => Self::Renaming,
            "repeatingConverter" => Self::Repeating,
            "reliantFieldsConverter" => Self::Reliant,
            _ => Self::Same,
        }
    }
}

impl Versions for Table {
    fn schema(&self, version: &str) -> Result<SchemaRef<'_>, VersionError> {
        if self.deduced {
            return Ok(SchemaRef::any());
        }
        if let Some(root) = &self.root {
            return Ok(self.schemas.view(root));
        }
        let known = self.schemas.types.get(version).map(|schema| self.schemas.view(schema));
        known.ok_or_else(|| match self.converter {
            Converter::Renaming => failed(version, "no type found"),
            _ => VersionError::Unknown { version: version.into() },
        })
    }

    fn convert(&self, value: &Value, from: &str, to: &str) -> Result<Value, VersionError> {
        let converted = match self.converter {
            _ if from == to => return Ok(value.clone()),
            Converter::Same if to.is_empty() => return Err(failed(to, "no version")),
            Converter::Same => return Ok(value.clone()),
            Converter::Renaming => renamed(value, from, to),
            Converter::Repeating => repeated(value, to)?,
            Converter::Reliant => relied(value, to)?,
        };
        let valid = validate(self.schema(to)?, &converted, Lenience::default(), &limits());
        valid.map_err(|error| failed(to, &error.to_string()))?;
        Ok(converted)
    }
}

fn failed(version: &str, reason: &str) -> VersionError {
    VersionError::Failed { version: version.into(), reason: reason.into() }
}

/// Keys that end in the old version end in the new one.
fn renamed(value: &Value, from: &str, to: &str) -> Value {
    match value {
        Value::Map(map) => {
            let name = |name: &str| match name.strip_suffix(from) {
                Some(name) => format!("{name}{to}"),
                None => name.to_owned(),
            };
            map.iter().map(|(key, value)| (name(key), renamed(value, from, to))).collect()
        }
        Value::List(list) if list.is_empty() => Value::Null,
        Value::List(list) => list.iter().map(|value| renamed(value, from, to)).collect(),
        other => other.clone(),
    }
}

/// Nested keys are their first letter, as often as the number of the version.
fn repeated(value: &Value, to: &str) -> Result<Value, VersionError> {
    let times = to.strip_prefix('v').and_then(|number| number.parse().ok());
    let times: usize = times.ok_or_else(|| VersionError::Unknown { version: to.into() })?;
    let Some((name, below)) = value.as_map().and_then(|map| map.iter().next()) else {
        return Ok(value.clone());
    };
    let below =
        if below.as_map().is_some_and(|map| !map.is_empty()) { nested(below, times) } else { below.clone() };
    Ok(Value::from_iter([(name.clone(), below)]))
}

fn nested(value: &Value, times: usize) -> Value {
    let Some(map) = value.as_map().filter(|map| !map.is_empty()) else { return Value::Null };
    let name = |name: &str| name.chars().take(1).collect::<String>().repeat(times);
    map.iter().map(|(key, value)| (name(key), nested(value, times))).collect::<Map>().into()
}

fn relied(value: &Value, to: &str) -> Result<Value, VersionError> {
    let (v1, v2) = ("field_foo_rely_on_bar", "required_field_bar");
    let has = value.get(v2).is_some();
    let (from, into) = match to {
        "v1" if !has => return Err(failed(to, "a required field is missing")),
        "v1" => (v2, v1),
        "v2" => (v1, v2),
        _ => return Err(VersionError::Unknown { version: to.into() }),
    };
    let name = |name: &str| if name == from { into.to_owned() } else { name.to_owned() };
    let Some(map) = value.as_map() else { return Ok(value.clone()) };
    Ok(map.iter().map(|(key, value)| (name(key), value.clone())).collect())
}
