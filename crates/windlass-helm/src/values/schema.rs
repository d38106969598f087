//! `values.schema.json`: JSON Schema of every draft that Helm reads.
//!
//! Nothing is fetched. A reference to another file or to a server is an error, as it is for Helm without a network; one to a
//! `urn:` allows everything. Patterns are regular expressions of RE2's kind, as in Go, and cannot explode.

use jsonschema::{Draft, PatternOptions, Retrieve, Uri, Validator};
use serde_json::Value as Json;

use crate::template::{Map, Shape, Value};

/// Problems of one schema that are told.
const PROBLEMS_MAX: usize = 100;
/// Floats up to here are whole numbers in JSON, too.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// A schema, ready to be held against values.
#[derive(Debug)]
pub(crate) struct Schema(Validator);

impl Schema {
    /// Reads a schema.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, String> {
        let mut schema: Json = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let draft = draft(&mut schema)?;
        let options = jsonschema::options().with_draft(draft).with_retriever(Nowhere);
        let built = options.with_pattern_options(PatternOptions::regex()).build(&schema);
        built.map(Self).map_err(|error| error.masked().to_string())
    }

    /// Lists what is wrong with values, by their places. The values themselves are not shown.
    pub(crate) fn problems(&self, values: &Map) -> Vec<String> {
        let values = json_of(&Value::Map(values.clone()));
        let problem = |error: jsonschema::ValidationError<'_>| {
            format!("- at '{}': {}", error.instance_path(), error.masked())
        };
        self.0.iter_errors(&values).take(PROBLEMS_MAX).map(problem).collect()
    }
}

/// Tells the draft of a schema, and takes its name out where the library would not know it.
fn draft(schema: &mut Json) -> Result<Draft, String> {
    let Some(map) = schema.as_object_mut() else { return Ok(Draft::Draft202012) };
    let Some(Json::String(address)) = map.get("$schema") else { return Ok(Draft::Draft202012) };
    let plain = address.strip_suffix('#').unwrap_or(address);
    let plain = plain.strip_prefix("http://").or_else(|| plain.strip_prefix("https://")).unwrap_or(plain);
    let draft = match plain {
        "json-schema.org/schema" | "json-schema.org/draft/2020-12/schema" => Draft::Draft202012,
        "json-schema.org/draft/2019-09/schema" => Draft::Draft201909,
        "json-schema.org/draft-07/schema" => Draft::Draft7,
        "json-schema.org/draft-06/schema" => Draft::Draft6,
        "json-schema.org/draft-04/schema" => Draft::Draft4,
        _ => return Err(format!("failing loading {address:?}: nothing is fetched")),
    };
    map.remove("$schema");
    Ok(draft)
}

/// Finds no schema outside of the one at hand.
struct Nowhere;

impl Retrieve for Nowhere {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Json, Box<dyn std::error::Error + Send + Sync>> {
        if uri.scheme().as_str() == "urn" {
            return Ok(Json::Bool(true));
        }
        Err(format!("failing loading {:?}: nothing is fetched", uri.as_str()).into())
    }
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(number) | Value::Int64(number) => Json::from(*number),
        Value::Uint64(number) => Json::from(*number),
        // Every number of a file is a float; a whole one is an integer for a schema.
        #[allow(clippy::cast_possible_truncation)]
        Value::Float(number) if number.fract() == 0.0 && number.abs() < WHOLE_MAX => {
            Json::from(*number as i64)
        }
        Value::Float(number) => Json::from(*number),
        Value::Text(text) => Json::String(text.to_str().into_owned()),
        Value::List(list) => list.items().iter().map(json_of).collect(),
        Value::Map(map) => {
            map.entries().iter().map(|(key, value)| (key.to_str().into_owned(), json_of(value))).collect()
        }
        Value::Object(object) => match object.shape() {
            Shape::Map(map) => json_of(&Value::Map(map)),
            _ => Json::Null,
        },
        _ => Json::Null,
    }
}
