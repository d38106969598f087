//! The answers of Argo CD's gitops-engine: what differs, by a patch or by a dry run, and what is hidden of Secrets.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests, and the score is for reading"
)]

mod client;
#[path = "../goldens/mod.rs"]
mod goldens;
mod hidden;
mod server;

use windlass_core::{Map, Value};
use windlass_diff::SchemaRef;
use windlass_kinds::{defaults, schema};

const SET: &str = "diff/argo_diff";

#[test]
fn conformance_argo_diff() {
    goldens::score(SET, 0.75, |read| row(read.whole()));
}

/// Of hidden Secrets it is compared which fields are, and that is the same in several rows.
#[test]
fn a_difference_with_the_answer_of_another_row_is_missed() {
    let answers = ["modified", "normalized_live", "predicted_live"];
    let rows: Vec<Value> =
        goldens::rows(SET).into_iter().filter(|row| row.get("predicted_live").is_some()).collect();
    let answer = |row: &Value| answers.map(|field| row.get(field).cloned().unwrap_or_default());
    let mut passed = 0;
    for (at, one) in rows.iter().enumerate() {
        let others = rows[at..].iter().chain(&rows[..at]).map(answer);
        let other = others.into_iter().find(|other| *other != answer(one)).unwrap();
        let mut exchanged = one.clone();
        for (field, other) in answers.iter().zip(other) {
            exchanged.as_map_mut().unwrap().insert(*field, other);
        }
        passed += usize::from(row(&exchanged).is_ok());
    }
    assert!(passed * 20 <= rows.len(), "{passed} of {} rows pass with the answer of another", rows.len());
}

fn same(what: &str, found: &Value, expected: &Value) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: {} is not {}", found.canonical(), expected.canonical()))
}

/// Gives an object with the defaults that Go's types have. What is there stays as it is written.
fn with_defaults(object: &Value) -> Value {
    added(object, &defaults::filled(object))
}

/// Adds what another value has more.
fn added(value: &Value, more: &Value) -> Value {
    match (value, more) {
        (Value::Map(map), Value::Map(more)) => {
            let mut map: Map = map
                .iter()
                .map(|(name, value)| {
                    (name.clone(), more.get(name).map_or_else(|| value.clone(), |more| added(value, more)))
                })
                .collect();
            more.iter().for_each(|(name, value)| _ = map.entry(name, || value.clone()));
            map.into()
        }
        (Value::List(list), Value::List(more)) if list.len() == more.len() => {
            list.iter().zip(more).map(|(value, more)| added(value, more)).collect()
        }
        (value, _) => value.clone(),
    }
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
    let table = schema::built_in();
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
