//! The order in which Helm installs kinds.

use std::cmp::Ordering;

use crate::template::HelmVersion;

const KINDS: &[&str] = &[
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
];

/// What Helm 4 has an order for, too.
const KINDS_OF_FOUR: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Compares two kinds: those of the list in its order, then the others by name.
pub(super) fn compare(left: &str, right: &str, version: HelmVersion) -> Ordering {
    match (rank(left, version), rank(right, version)) {
        (Some(left), Some(right)) => left.cmp(&right),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => left.cmp(right),
    }
}

fn rank(kind: &str, version: HelmVersion) -> Option<usize> {
    let more: &[&str] = if version == HelmVersion::V4 { KINDS_OF_FOUR } else { &[] };
    KINDS.iter().chain(more).position(|one| *one == kind)
}
