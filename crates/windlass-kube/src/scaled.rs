//! Who scales an object: an autoscaler that is wanted in the same pass, or one that is live.

use windlass_core::{Conflict, Context, Decision, FieldPath, ObjectId, Result, Text, Value, Want};

use crate::request::{Request, Subject, encode};
use crate::session::Session;

/// The field that autoscalers set.
pub(crate) const REPLICAS: [&str; 2] = ["spec", "replicas"];
/// Autoscalers of one namespace that are looked through.
const AUTOSCALERS_MAX: &str = "500";
/// What an autoscaler scales that names no kind, as that of KEDA may.
const DEFAULT_KIND: &str = "Deployment";

/// Finds what scales `id`, if anything does. An account that may not list autoscalers sees those that are wanted.
pub(crate) async fn scaler_of(
    session: &Session,
    cx: &Context,
    wants: &[Want<'_>],
    id: &ObjectId,
) -> Option<Text> {
    let wanted = wants.iter().map(|want| &want.item.object);
    let among = wanted.filter(|object| object.id().namespace == id.namespace);
    let among = among.filter(|object| scales(object.body(), id)).map(|object| object.id().to_string()).next();
    match among {
        Some(scaler) => Some(scaler.into()),
        None => live(session, cx, id).await.unwrap_or_default(),
    }
}

async fn live(session: &Session, cx: &Context, id: &ObjectId) -> Result<Option<Text>> {
    let path = format!("/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers", encode(&id.namespace));
    let request = Request::get(path, Subject::new("namespace", id.namespace.clone()));
    let list: Value = session.connection.ask_json(cx, &request.query("limit", AUTOSCALERS_MAX)).await?;
    let items = list.get("items").and_then(Value::as_list).unwrap_or_default();
    let scaler = items.iter().find(|item| scales(item, id));
    let name = scaler.and_then(|item| item.text_at(&["metadata", "name"]));
    Ok(name.map(|name| format!("HorizontalPodAutoscaler.autoscaling/{}/{name}", id.namespace).into()))
}

fn scales(autoscaler: &Value, id: &ObjectId) -> bool {
    let Some(target) = autoscaler.at(&["spec", "scaleTargetRef"]) else { return false };
    let group = target
        .text_at(&["apiVersion"])
        .map(|version| version.rsplit_once('/').map_or("", |(group, _)| group));
    target.text_at(&["name"]) == Some(&id.name)
        && target.text_at(&["kind"]).unwrap_or(DEFAULT_KIND) == &*id.kind
        && group.is_none_or(|group| *id.group == *group)
}

/// Says that the number of replicas is left to whoever scales.
pub(crate) fn left_to(scaler: Text) -> Conflict {
    let path = FieldPath::root().field(REPLICAS[0]).field(REPLICAS[1]);
    Conflict { path, holder: scaler, decision: Decision::Yield }
}

/// Gives `body` the number of replicas that is live.
pub(crate) fn keep_replicas(live: &Value, body: &mut Value) {
    let replicas = live.at(&REPLICAS).cloned();
    let spec = body.as_map_mut().and_then(|map| map.get_mut(REPLICAS[0])).and_then(Value::as_map_mut);
    if let (Some(spec), Some(replicas)) = (spec, replicas) {
        spec.insert(REPLICAS[1], replicas);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    #[test]
    fn an_autoscaler_scales_what_it_names() {
        let scales = |target: &str, id: &str| {
            let text = format!(r#"{{"spec":{{"scaleTargetRef":{target}}}}}"#);
            super::scales(&serde_json::from_str(&text).unwrap(), &id.parse().unwrap())
        };
        let web = "Deployment.apps/shop/web";
        assert!(scales(r#"{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}"#, web));
        assert!(scales(r#"{"name":"web"}"#, web), "as KEDA has it");
        assert!(!scales(r#"{"apiVersion":"apps/v1","kind":"StatefulSet","name":"web"}"#, web));
        assert!(!scales(r#"{"apiVersion":"x.io/v1","kind":"Deployment","name":"web"}"#, web));
        assert!(!scales(r#"{"kind":"Deployment","name":"db"}"#, web));
    }
}
