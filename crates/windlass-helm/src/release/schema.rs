//! Values held against the schemas of a chart and of those inside it.

use crate::template::{Map, Value};
use crate::values::dependencies::Node;

/// Lists what is wrong, chart by chart, as Helm does.
pub(super) fn problems(node: &Node, values: &Map) -> String {
    let mut out = String::new();
    if let Some(schema) = node.chart.schema() {
        let found = match schema {
            Ok(schema) => schema.problems(values).join("\n"),
            Err(wrong) => wrong.clone(),
        };
        if !found.is_empty() {
            out.push_str(&format!("{}:\n{found}\n", node.metadata.name));
        }
    }
    for inner in &node.inner {
        match values.get(&inner.metadata.name) {
            Some(Value::Map(values)) => out.push_str(&problems(inner, &values)),
            None => {}
            Some(value) if value.is_nil() => {}
            Some(other) => out.push_str(&format!(
                "{}:\ninvalid type for values: expected object (map), got {}\n",
                inner.metadata.name,
                other.type_name()
            )),
        }
    }
    out
}
