//! What somebody does by hand.

use windlass_core::{ObjectId, ObjectReport, Value};

use super::in_namespace;
use crate::support::goldens::Document;
use crate::support::plane::kubectl_args;

/// Base64 as well, so that it can stand in a Secret.
const EDITED: &str = "ZWRpdGVk";

/// One field of one object that gets another value.
pub(crate) struct Edit<'a> {
    document: &'a Document,
    report: &'a ObjectReport,
    path: Vec<String>,
    value: Value,
}

/// Kinds of which nothing else in a project depends on one object.
const DELETED: [&str; 6] =
    ["Deployment", "ConfigMap", "ServiceAccount", "Service", "RoleBinding", "ClusterRoleBinding"];

/// Finds a field of a body that can be edited, and what to put there.
type Way = fn(&Value) -> Option<(Vec<String>, Value)>;

/// Chooses an object to be deleted, and of the others one for each way to edit.
pub(crate) fn choose<'a>(
    applied: impl Iterator<Item = (&'a Document, &'a ObjectReport)>,
) -> (Vec<Edit<'a>>, &'a ObjectReport) {
    let applied: Vec<(&Document, &ObjectReport)> = applied.collect();
    let of_kind =
        |kind: &&str| applied.iter().map(|(_, report)| *report).find(|report| report.id.kind == **kind);
    let deleted = DELETED.iter().find_map(of_kind).expect("an object that can be deleted");
    let ways: [Way; 4] = [rules, data, replicas, label];
    let mut edits: Vec<Edit<'a>> = Vec::new();
    for way in ways {
        let taken = |id: &ObjectId| *id == deleted.id || edits.iter().any(|edit| edit.report.id == *id);
        let edit = applied.iter().filter(|(_, report)| !taken(&report.id)).find_map(|(document, report)| {
            let (path, value) = way(document.object.body())?;
            Some(Edit { document, report, path, value })
        });
        edits.extend(edit);
    }
    (edits, deleted)
}

impl Edit<'_> {
    pub(crate) fn id(&self) -> String {
        self.report.id.to_string()
    }

    /// Edits as somebody else.
    pub(crate) fn make(&self) {
        let patch = self
            .path
            .iter()
            .rev()
            .fold(self.value.clone(), |inner, key| Value::from_iter([(key.as_str(), inner)]));
        let id = &self.report.id;
        let (kind, namespace, patch) =
            (id.group_kind(), in_namespace(self.report), format!("--patch={}", patch.canonical()));
        kubectl_args(&[
            "patch",
            &kind,
            &id.name,
            &namespace,
            "--type=merge",
            "--field-manager=somebody",
            &patch,
        ]);
    }

    pub(crate) fn is_undone(&self) {
        let id = &self.report.id;
        let live =
            kubectl_args(&["get", &id.group_kind(), &id.name, &in_namespace(self.report), "--output=json"]);
        let live: Value = serde_json::from_str(&live).expect("an object");
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let (is, wanted) = (live.at(&path), self.document.object.body().at(&path));
        assert!(is.is_some() && is == wanted, "{id}: {} is as wanted again", path.join("."));
    }
}

fn rules(body: &Value) -> Option<(Vec<String>, Value)> {
    let has_rules = body.get("rules").and_then(Value::as_list).is_some_and(|rules| !rules.is_empty());
    let is_role = body.text_at(&["kind"]).is_some_and(|kind| kind.ends_with("Role"));
    let own = has_rules && is_role && body.get("aggregationRule").is_none();
    own.then(|| (vec!["rules".into()], Value::List(Vec::new())))
}

fn data(body: &Value) -> Option<(Vec<String>, Value)> {
    let (key, _) = body.get("data")?.as_map()?.iter().next()?;
    Some((vec!["data".into(), key.to_string()], EDITED.into()))
}

fn replicas(body: &Value) -> Option<(Vec<String>, Value)> {
    let replicas = body.at(&["spec", "replicas"])?.as_int()?;
    Some((vec!["spec".into(), "replicas".into()], (replicas + 1).into()))
}

fn label(body: &Value) -> Option<(Vec<String>, Value)> {
    let (key, _) = body.at(&["metadata", "labels"])?.as_map()?.iter().next()?;
    Some((vec!["metadata".into(), "labels".into(), key.to_string()], EDITED.into()))
}
