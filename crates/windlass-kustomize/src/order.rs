//! Orders: of the output, and of configuration.

use std::collections::HashMap;

use crate::id::{Gvk, Id};

/// What comes first, in this order.
pub(crate) const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// What comes last, in this order.
pub(crate) const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// The key by which configuration is sorted.
pub(crate) fn config_key(gvk: &Gvk) -> (i64, String) {
    (rank(gvk.kind.as_str(), &FIRST, &LAST), gvk.sort_text())
}

fn rank<T: AsRef<str>>(kind: &str, first: &[T], last: &[T]) -> i64 {
    let number = |at: usize| i64::try_from(at).unwrap_or(i64::MAX);
    let place = |list: &[T]| list.iter().rposition(|have| have.as_ref() == kind).map(number);
    match (place(last), place(first)) {
        (Some(at), _) => 1 + at,
        (None, Some(at)) => at - number(first.len()),
        (None, None) => 0,
    }
}

/// The legacy order: by rank, group, version and kind, and then by identity.
pub(crate) struct Legacy {
    ranks: HashMap<String, i64>,
}

/// What one object is sorted by.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LegacyKey {
    rank: i64,
    gvk: String,
    id: String,
}

impl Legacy {
    pub(crate) fn new<T: AsRef<str>>(first: &[T], last: &[T]) -> Self {
        let kinds = first.iter().chain(last).map(|kind| kind.as_ref().to_owned());
        let ranks = kinds.map(|kind| (kind.clone(), rank(&kind, first, last))).collect();
        Self { ranks }
    }

    pub(crate) fn key(&self, id: &Id) -> LegacyKey {
        let or = |text: &str, other: &'static str| {
            if text.is_empty() { other.to_owned() } else { text.to_owned() }
        };
        let rank = self.ranks.get(id.gvk.kind.as_str()).copied().unwrap_or_default();
        let (namespace, name) = (or(&id.namespace, "~X"), or(&id.name, "~N"));
        // Namespaces of the core group come before those of other groups.
        let core = id.gvk.kind == "Namespace" && id.gvk.group.is_empty();
        let gvk = if core { String::new() } else { id.gvk.sort_text() };
        LegacyKey { rank, gvk, id: format!("{}|{namespace}|{name}", id.gvk) }
    }
}
