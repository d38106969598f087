//! The pods of a workload that is not ready: they say why.
//!
//! What a health check gets by [`Children::owned_by`] of a workload are its pods: those of a Deployment are given as its
//! own, and are those of its newest ReplicaSet, since an old one may fail without a consequence. At most [`PODS_MAX`] are
//! listed, by the selector of the workload, and only while it is not ready.

use windlass_core::{Children, Context, Object, ObjectId, Result, Text, Value};

use crate::connection::Connection;
use crate::list::Page;
use crate::request::{METADATA_LIST, Request, Subject};

/// Pods of one workload that are looked at.
const PODS_MAX: usize = 50;
/// ReplicaSets of one Deployment among which the newest is looked for.
const SETS_MAX: usize = 100;

/// What a health check is told beside the object.
#[derive(Debug)]
pub(crate) struct Family<'a> {
    pub(crate) of: &'a ObjectId,
    pub(crate) children: &'a [Object],
    pub(crate) age: Option<u64>,
}

impl Children for Family<'_> {
    fn owned_by(&self, owner: &ObjectId) -> Vec<Object> {
        if owner == self.of { self.children.to_vec() } else { Vec::new() }
    }

    fn age_seconds(&self) -> Option<u64> {
        self.age
    }
}

/// Says whether objects of the kind have pods that say how they are.
pub(crate) fn has_pods(group: &str, kind: &str) -> bool {
    match group {
        "apps" => ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"].contains(&kind),
        "batch" => kind == "Job",
        _ => false,
    }
}

/// Lists the pods of a workload.
pub(crate) async fn of(connection: &Connection, cx: &Context, workload: &Object) -> Result<Vec<Object>> {
    let uid = workload.body().text_at(&["metadata", "uid"]).map(Text::from);
    let (Some(selector), Some(uid)) = (selector(workload.body()), uid) else { return Ok(Vec::new()) };
    let of = Query { connection, cx, namespace: &workload.id().namespace, selector: &selector };
    let uid = if workload.id().kind == "Deployment" {
        let sets = of.list("/apis/apps/v1", "replicasets", SETS_MAX, true).await?;
        let Some(newest) = newest(&sets, &uid) else { return Ok(Vec::new()) };
        newest
    } else {
        uid
    };
    let pods = of.list("/api/v1", "pods", PODS_MAX, false).await?;
    let ours = pods.into_iter().filter(|pod| controller(pod) == Some(&uid)).filter_map(pod);
    Ok(ours.collect())
}

struct Query<'a> {
    connection: &'a Connection,
    cx: &'a Context,
    namespace: &'a str,
    selector: &'a str,
}

impl Query<'_> {
    async fn list(
        &self,
        root: &str,
        plural: &'static str,
        limit: usize,
        metadata: bool,
    ) -> Result<Vec<Value>> {
        let path = format!("{root}/namespaces/{}/{plural}", crate::request::encode(self.namespace));
        let request = Request::get(path, Subject::new("kind", plural))
            .query("labelSelector", self.selector)
            .query("limit", limit.to_string());
        let request = if metadata { request.accept(METADATA_LIST) } else { request };
        let page: Page = self.connection.ask_json(self.cx, &request).await?;
        Ok(page.items.unwrap_or_default())
    }
}

/// Gives the uid of the newest ReplicaSet, by the revision that the Deployment's controller writes on it.
fn newest(sets: &[Value], deployment: &str) -> Option<Text> {
    let ours = sets.iter().filter(|set| controller(set) == Some(deployment));
    let revision = |set: &&Value| -> u64 {
        let text = set.text_at(&["metadata", "annotations", "deployment.kubernetes.io/revision"]);
        text.and_then(|text| text.parse().ok()).unwrap_or_default()
    };
    ours.max_by_key(revision)?.text_at(&["metadata", "uid"]).map(Text::from)
}

fn controller(object: &Value) -> Option<&str> {
    let owners = object.at(&["metadata", "ownerReferences"])?.as_list()?;
    let controller =
        owners.iter().find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true));
    controller?.text_at(&["uid"])
}

/// Makes an object of an item, without what says nothing of its health.
fn pod(mut item: Value) -> Option<Object> {
    let map = item.as_map_mut()?;
    map.insert("apiVersion", "v1");
    map.insert("kind", "Pod");
    map.get_mut("metadata").and_then(Value::as_map_mut)?.remove("managedFields");
    Object::new(item).ok()
}

/// Writes the selector of a workload as a query has it; `None` where it has none, as that would select everything.
fn selector(workload: &Value) -> Option<String> {
    let selector = workload.at(&["spec", "selector"])?;
    let labels =
        selector.get("matchLabels").and_then(Value::as_map).into_iter().flat_map(windlass_core::Map::iter);
    let mut parts: Vec<String> =
        labels.map(|(key, value)| Some(format!("{key}={}", value.as_text()?))).collect::<Option<_>>()?;
    let expressions = selector.get("matchExpressions").and_then(Value::as_list).unwrap_or_default();
    for expression in expressions {
        parts.push(requirement(expression)?);
    }
    (!parts.is_empty()).then(|| parts.join(","))
}

fn requirement(expression: &Value) -> Option<String> {
    let key = expression.text_at(&["key"])?;
    let values = expression.get("values").and_then(Value::as_list).unwrap_or_default();
    let values: Vec<&str> = values.iter().filter_map(Value::as_text).collect();
    match expression.text_at(&["operator"])? {
        "In" => Some(format!("{key} in ({})", values.join(","))),
        "NotIn" => Some(format!("{key} notin ({})", values.join(","))),
        "Exists" => Some(key.to_owned()),
        "DoesNotExist" => Some(format!("!{key}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn selectors_are_written_as_queries_have_them() {
        let check = |json: &str, expected: Option<&str>| {
            let workload = value(&format!(r#"{{"spec":{{"selector":{json}}}}}"#));
            assert_eq!(selector(&workload).as_deref(), expected, "{json}");
        };
        check(r#"{"matchLabels":{"app":"web","tier":"front"}}"#, Some("app=web,tier=front"));
        check(
            r#"{"matchLabels":{"a":"b"},"matchExpressions":[{"key":"x","operator":"In","values":["1","2"]},{"key":"y","operator":"DoesNotExist"}]}"#,
            Some("a=b,x in (1,2),!y"),
        );
        check(r#"{"matchExpressions":[{"key":"x","operator":"Later"}]}"#, None);
        check("{}", None);
    }

    #[test]
    fn the_newest_set_is_told_by_its_revision_and_its_owner() {
        let set = |uid: &str, owner: &str, revision: &str| {
            value(&format!(
                r#"{{"metadata":{{"uid":"{uid}","annotations":{{"deployment.kubernetes.io/revision":"{revision}"}},"ownerReferences":[{{"controller":true,"uid":"{owner}"}}]}}}}"#
            ))
        };
        let sets = [set("a", "d", "9"), set("b", "d", "10"), set("c", "other", "11")];
        assert_eq!(newest(&sets, "d").as_deref(), Some("b"));
        assert_eq!(newest(&sets, "nobody"), None);
    }
}
