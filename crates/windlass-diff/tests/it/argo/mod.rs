//! The answers of Argo CD's gitops-engine: what differs, by a patch or by a dry run, and what is hidden of Secrets.

mod client;
mod hidden;
mod server;

use windlass_core::{Map, Value};
use windlass_diff::SchemaRef;

use super::conformance::{exchanged, fields_of, same, score};
use super::schemas;

#[test]
fn conformance_argo_diff() {
    score("diff/argo_diff", row);
}

#[test]
fn a_difference_with_the_answer_of_another_row_is_missed() {
    // Of hidden Secrets it is compared which fields are, and that is the same in several rows.
    exchanged(
        "diff/argo_diff",
        |row| fields_of(row, &["modified", "normalized_live", "predicted_live"]),
        row,
    );
}

fn row(row: &Value) -> Result<(), String> {
    match row.text_at(&["fn"]) {
        Some("hide_secret_data") => hidden::row(row),
        Some("server_side_diff") => found(row, server::predicted),
        Some("structured_merge_diff") => found(row, server::applied),
        Some("diff") => found(row, client::predicted),
        _ => Err("not tried".into()),
    }
}

/// What is live, and what it would become, as the answers have them.
type Predicted = Result<(Value, Value), String>;

fn found(
    row: &Value,
    predict: impl Fn(SchemaRef<'_>, &Value, &Value, &Value) -> Predicted,
) -> Result<(), String> {
    let table = schemas();
    let side = |field| row.get(field).cloned().unwrap_or_default();
    let (config, live) = (side("config"), side("live"));
    let kind = if live.is_null() { &config } else { &live };
    let known = kind.text_at(&["kind"]).is_some_and(|name| is_known(kind, name));
    let schema = if known { table.of(kind) } else { SchemaRef::any() };
    let (live, predicted) = match (config.is_null(), live.is_null()) {
        (true, _) | (_, true) => (live, config),
        _ => predict(schema, &config, &live, row)?,
    };
    same("normalized_live", &live, &side("normalized_live"))?;
    same("predicted_live", &predicted, &side("predicted_live"))?;
    let modified = !predicted.is_null() && live != predicted;
    same("modified", &modified.into(), &side("modified"))
}

/// Says whether Go has a type for an object. Its tables know those of Kubernetes.
fn is_known(object: &Value, kind: &str) -> bool {
    let group = object.text_at(&["apiVersion"]).unwrap_or_default();
    !group.contains('.') && kind != "CustomResource"
}

/// Gives an object as it is before it is compared. A typed object has no null.
fn normal(object: &Value, known: bool) -> Value {
    let mut object = if known { without_null(object) } else { object.clone() };
    take(&mut object, &["metadata", "creationTimestamp"]);
    object
}

fn without_null(value: &Value) -> Value {
    match value {
        Value::Map(map) => {
            let fields = map.iter().filter(|(_, value)| !value.is_null());
            fields.map(|(name, value)| (name.clone(), without_null(value))).collect::<Map>().into()
        }
        Value::List(list) => list.iter().map(without_null).collect(),
        other => other.clone(),
    }
}

fn take(object: &mut Value, fields: &[&str]) {
    let Some((last, above)) = fields.split_last() else { return };
    let inner = above.iter().try_fold(object, |value, field| value.as_map_mut()?.get_mut(field));
    inner.and_then(Value::as_map_mut).map(|map| map.remove(last));
}

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
