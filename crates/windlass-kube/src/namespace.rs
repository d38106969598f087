//! Namespaces that are being deleted, and what holds them.

use windlass_core::{Context, Error, Result, Text, Value};

use crate::fail::TERMINATING;
use crate::request::{Request, Subject, encode};
use crate::session::Session;

/// Says of an error that a namespace is being deleted what holds it, where the account may read that.
pub(crate) async fn explain(session: &Session, cx: &Context, namespace: &Text, error: Error) -> Error {
    if error.context("reason") != Some(TERMINATING) {
        return error;
    }
    let request = Request::get(
        format!("/api/v1/namespaces/{}", encode(namespace)),
        Subject::new("namespace", namespace.clone()),
    );
    let read: Result<Value> = session.connection.ask_json(cx, &request).await;
    let held = read.map(|namespace| held_by(&namespace).join("; ")).unwrap_or_default();
    let error = error.with("namespace", namespace);
    if held.is_empty() { error } else { error.with("held_by", held) }
}

/// Gives what holds a namespace that is being deleted, by its conditions; empty where nothing says.
fn held_by(namespace: &Value) -> Vec<&str> {
    let conditions = namespace.at(&["status", "conditions"]).and_then(Value::as_list).unwrap_or_default();
    let holding = conditions.iter().filter(|condition| {
        let sort = condition.text_at(&["type"]).unwrap_or_default();
        condition.text_at(&["status"]) == Some("True") && sort.starts_with("Namespace")
    });
    holding.filter_map(|condition| condition.text_at(&["message"])).collect()
}
