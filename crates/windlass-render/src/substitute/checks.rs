//! What a substitution probably did not mean.

use windlass_core::{FieldPath, Value};

/// Gives the fields that were a text, are none any more, and may be nothing else in Kubernetes.
pub(super) fn no_texts(before: &Value, after: &Value) -> Vec<FieldPath> {
    let mut found = Vec::new();
    let kind = before.text_at(&["kind"]);
    let holds_texts =
        before.text_at(&["apiVersion"]) == Some("v1") && matches!(kind, Some("ConfigMap" | "Secret"));
    if let (Value::Map(before), Value::Map(after)) = (before, after) {
        for (key, value) in before.iter() {
            let Some(new) = after.get(key) else { continue };
            let here = FieldPath::root().field(key.clone());
            let all_texts = holds_texts && matches!(key.as_str(), "data" | "stringData" | "binaryData");
            compare(value, new, all_texts, here, &mut found);
        }
    }
    found
}

/// Recurses as deep as the reader of the object allowed. `texts`: each value of this map or list has to be a text.
fn compare(before: &Value, after: &Value, texts: bool, here: FieldPath, found: &mut Vec<FieldPath>) {
    match (before, after) {
        (Value::Map(before), Value::Map(after)) => {
            let is_env = before.get("name").is_some();
            for (key, value) in before.iter() {
                let Some(new) = after.get(key) else { continue };
                let here = here.clone().field(key.clone());
                if texts || is_env && key.as_str() == "value" {
                    found.extend(lost(value, new).then(|| here.clone()));
                }
                let texts = matches!(
                    key.as_str(),
                    "labels" | "annotations" | "matchLabels" | "nodeSelector" | "args" | "command"
                );
                compare(value, new, texts, here, found);
            }
        }
        (Value::List(before), Value::List(after)) => {
            for (at, (value, new)) in before.iter().zip(after).enumerate() {
                let here = here.clone().index(at);
                if texts {
                    found.extend(lost(value, new).then(|| here.clone()));
                }
                compare(value, new, false, here, found);
            }
        }
        _ => {}
    }
}

fn lost(before: &Value, after: &Value) -> bool {
    before.as_text().is_some() && after.as_text().is_none()
}

/// Gives the field of the first text for which something holds.
pub(super) fn first_text(value: &Value, holds: &dyn Fn(&str) -> bool) -> Option<FieldPath> {
    fn walk(value: &Value, here: &FieldPath, holds: &dyn Fn(&str) -> bool) -> Option<FieldPath> {
        match value {
            Value::Text(text) => holds(text).then(|| here.clone()),
            Value::List(items) => {
                items.iter().enumerate().find_map(|(at, item)| walk(item, &here.clone().index(at), holds))
            }
            Value::Map(map) => map.iter().find_map(|(key, value)| {
                let here = here.clone().field(key.clone());
                if holds(key) { Some(here) } else { walk(value, &here, holds) }
            }),
            _ => None,
        }
    }
    walk(value, &FieldPath::root(), holds)
}
