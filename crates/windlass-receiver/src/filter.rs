//! Filters of objects in CEL.

use std::collections::BTreeMap;

use serde_json::Value;
use windlass_cel::{Expression, Failure, Value as Cel};

/// How deep the JSON of a message is read.
const DEPTH_MAX: usize = 128;

/// A filter, and the message that it sees as `req`.
#[derive(Clone)]
pub(crate) struct Filter {
    expression: Expression,
    message: Cel,
}

/// Shows nothing of the message.
impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Filter").finish_non_exhaustive()
    }
}

impl Filter {
    /// Reads a filter for a message, which is empty where the sender does not say that it is JSON.
    pub(crate) fn new(text: &str, message: Option<&[u8]>) -> Result<Self, String> {
        let expression =
            Expression::compile_condition(text, &["res", "req"]).map_err(|error| error.to_string())?;
        let message = match message.map(serde_json::from_slice) {
            None => Cel::map::<&str>([]),
            Some(Ok(message @ (Value::Object(_) | Value::Null))) => of_json(&message, DEPTH_MAX),
            Some(_) => return Err("the body is no object of JSON".to_owned()),
        };
        Ok(Self { expression, message })
    }

    pub(crate) fn takes(&self, object: &Value) -> Result<bool, Failure> {
        let seen = ["apiVersion", "kind", "metadata"]
            .into_iter()
            .filter_map(|name| object.get(name).map(|value| (name, of_json(value, DEPTH_MAX))));
        let variables = BTreeMap::from([("res", Cel::map(seen)), ("req", self.message.clone())]);
        self.expression.holds(&variables)
    }
}

/// Every number is one of floating point, as Go reads JSON. The reader of JSON has a limit of its own for the depth.
fn of_json(value: &Value, depth: usize) -> Cel {
    match value {
        Value::Bool(value) => Cel::Bool(*value),
        Value::Number(number) => number.as_f64().map_or(Cel::Null, Cel::Double),
        Value::String(text) => Cel::from(text.as_str()),
        Value::Array(items) if depth > 0 => Cel::list(items.iter().map(|item| of_json(item, depth - 1))),
        Value::Object(fields) if depth > 0 => {
            Cel::map(fields.iter().map(|(name, value)| (name.as_str(), of_json(value, depth - 1))))
        }
        _ => Cel::Null,
    }
}
