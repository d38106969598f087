//! By a dry run: what the server would make of it, less what webhooks put in.

use windlass_core::{Limits, Value};
use windlass_diff::SchemaRef;
use windlass_diff::structured::{Entry, FieldSet, Live, OneSchema, Updater, Writer, managers, unmutated};

use super::{LAST_APPLIED, Predicted, normal, take};

pub(super) fn predicted(schema: SchemaRef<'_>, _: &Value, live: &Value, row: &Value) -> Predicted {
    let answer = match row.get("dry_run_result").unwrap_or(&Value::Null) {
        Value::Text(text) => serde_json::from_str(text).map_err(|error| error.to_string())?,
        other => other.clone(),
    };
    let known = !schema.is_any();
    let answer = if row.get("ignore_mutation_webhook").and_then(Value::as_bool) == Some(true) {
        let fields = fields_of(&answer, row.text_at(&["manager"]).unwrap_or_default())?;
        unmutated(schema, live, &answer, &fields, &Limits::default()).map_err(|error| error.to_string())?
    } else {
        answer
    };
    // Only the answer is read as an object of its type; what is live has been.
    Ok((stripped(live, false), stripped(&answer, known)))
}

/// By an apply without a server.
pub(super) fn applied(schema: SchemaRef<'_>, config: &Value, live: &Value, row: &Value) -> Predicted {
    let (versions, limits) = (OneSchema(schema), Limits::default());
    let entries = Entry::all_of(live).map_err(|error| error.to_string())?;
    let managers = managers(&entries);
    let version = config.text_at(&["apiVersion"]).unwrap_or_default();
    let manager = format!("{} Apply", row.text_at(&["manager"]).unwrap_or_default());
    let by = Writer { manager: &manager, version, force: true };
    let now = Live { value: live, version, managers: &managers };
    let updated =
        Updater::new(&versions, &limits).apply(now, config, by).map_err(|error| error.to_string())?;
    if !updated.changed {
        return Ok((live.clone(), live.clone()));
    }
    let stripped = |object: &Value| {
        let mut object = object.clone();
        take(&mut object, &["metadata", "annotations", LAST_APPLIED]);
        object
    };
    Ok((stripped(live), stripped(&updated.value)))
}

fn fields_of(object: &Value, manager: &str) -> Result<FieldSet, String> {
    let entries = object.at(&["metadata", "managedFields"]).and_then(Value::as_list).unwrap_or_default();
    let ours = entries.iter().filter(|entry| entry.text_at(&["manager"]) == Some(manager));
    let mut all = FieldSet::new();
    for entry in ours {
        let fields = FieldSet::from_value(entry.get("fieldsV1").unwrap_or(&Value::Null));
        all = all.union(&fields.map_err(|error| error.to_string())?);
    }
    Ok(all)
}

fn stripped(object: &Value, known: bool) -> Value {
    let mut object = normal(object, known);
    take(&mut object, &["metadata", "managedFields"]);
    take(&mut object, &["metadata", "resourceVersion"]);
    take(&mut object, &["metadata", "annotations", LAST_APPLIED]);
    object
}
