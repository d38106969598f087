//! `FieldsV1`, the form of a set in `metadata.managedFields`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use windlass_core::{Map, Segment, Text, Value};

use super::{FIELD_DEPTH_MAX, FieldSet, sorted};

/// Why a set of fields has no form here.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FieldsError {
    /// A step that has no `:` behind its first letter, or whose key, value or place does not read.
    #[error("not a step of a field set (step={step})")]
    NotAStep {
        /// The letter and the colon that the step begins with, or what stands there instead; never its value.
        step: Text,
    },
    /// Something other than a map below a step.
    #[error("a field set must be a map, not {found}")]
    NotAMap {
        /// What it is.
        found: &'static str,
    },
    /// A text that is not JSON.
    #[error("not JSON (line={line}, column={column})")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// More steps than a set may have.
    #[error("too deep (FIELD_DEPTH_MAX={limit})")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
}

impl FieldSet {
    /// Reads `fieldsV1`. Steps of a kind that nobody knows yet are left out, as an API server does.
    ///
    /// # Errors
    /// [`FieldsError`] for the first thing that is wrong.
    pub fn from_value(fields: &Value) -> Result<Self, FieldsError> {
        Ok(read(fields, 0)?.1)
    }

    /// Writes `fieldsV1`. [`Display`](fmt::Display) gives its text with the steps in the order of an API server.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.written(false).into()
    }

    fn written(&self, member: bool) -> Map {
        let own = (member && !self.is_empty()).then(|| (Text::from("."), Value::Map(Map::new())));
        let below =
            self.nodes.iter().map(|node| (step(&node.step).into(), node.below.written(node.member).into()));
        own.into_iter().chain(below).collect()
    }

    fn write(&self, member: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        let own = member && !self.is_empty();
        if own {
            f.write_str("\".\":{}")?;
        }
        for (at, node) in self.nodes.iter().enumerate() {
            f.write_str(if at > 0 || own { "," } else { "" })?;
            write!(f, "{}:", Value::from(step(&node.step)).canonical())?;
            node.below.write(node.member, f)?;
        }
        f.write_str("}")
    }
}

impl fmt::Display for FieldSet {
    /// Writes `fieldsV1` as JSON, byte for byte as an API server stores it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(false, f)
    }
}

impl FromStr for FieldSet {
    type Err = FieldsError;

    fn from_str(json: &str) -> Result<Self, FieldsError> {
        let value: Value = serde_json::from_str(json)
            .map_err(|error| FieldsError::NotJson { line: error.line(), column: error.column() })?;
        Self::from_value(&value)
    }
}

/// Reads what is below a step, and whether the step itself is a member: it is by `.`, or if nothing is below it.
fn read(fields: &Value, depth: usize) -> Result<(bool, FieldSet), FieldsError> {
    if depth > FIELD_DEPTH_MAX {
        return Err(FieldsError::TooDeep { limit: FIELD_DEPTH_MAX });
    }
    let fields = match fields {
        Value::Map(fields) => fields,
        Value::Null => return Ok((true, FieldSet::new())),
        other => return Err(FieldsError::NotAMap { found: other.type_name() }),
    };
    let mut member = false;
    let mut steps = Vec::with_capacity(fields.len());
    for (name, below) in fields.iter() {
        if name == "." {
            member = true;
        } else if let Some(step) = read_step(name)? {
            let (member, below) = read(below, depth + 1)?;
            steps.push((step, member, below));
        }
    }
    let set = FieldSet::of_steps(steps);
    Ok((member || set.is_empty(), set))
}

/// Reads a step; `None` for a kind that is unknown.
fn read_step(text: &str) -> Result<Option<Segment>, FieldsError> {
    let wrong = || FieldsError::NotAStep { step: text.chars().take(2).collect::<String>().into() };
    let (kind, rest) = text.split_once(':').filter(|(kind, _)| kind.len() == 1).ok_or_else(wrong)?;
    let json = || serde_json::from_str::<Value>(rest).map_err(|_| wrong());
    Ok(Some(match kind {
        "f" => Segment::Field(rest.into()),
        "v" => Segment::Item(json()?),
        "i" => Segment::Index(rest.parse().map_err(|_| wrong())?),
        "k" => match json()? {
            Value::Map(keys) => sorted(&Segment::Key(keys.into_iter().collect())).into_owned(),
            _ => return Err(wrong()),
        },
        _ => return Ok(None),
    }))
}

fn step(step: &Segment) -> String {
    match step {
        Segment::Field(name) => format!("f:{name}"),
        Segment::Item(value) => format!("v:{}", json(value)),
        Segment::Index(at) => format!("i:{at}"),
        Segment::Key(keys) => {
            let pair = |(name, value): &(Text, Value)| {
                format!("{}:{}", Value::from(name.clone()).canonical(), json(value))
            };
            format!("k:{{{}}}", keys.iter().map(pair).collect::<Vec<_>>().join(","))
        }
        _ => String::new(),
    }
}

/// Writes a value as Go does, where `1.0` is `1`.
fn json(value: &Value) -> String {
    match value {
        Value::Float(number) if number.is_finite() && number.abs() < 1e21 && number.abs() >= 1e-6 => {
            number.to_string()
        }
        other => other.canonical(),
    }
}
