//! Kinds by rank.

use std::collections::BTreeMap;

use windlass_core::{Edge, Gate, Item, Node, ObjectId, OrderRule, Result, Text};

use super::{Turn, in_turn, turn};

/// Kinds are applied by rank, as Flux and Helm do: what defines, limits and permits before what runs, what intercepts
/// last. The edges are weak, so that whatever else orders objects wins over the rank, and stay within one wave, and within
/// hooks of one phase and weight, since these order everything between them already.
///
/// Between two ranks that have items stands one barrier.
#[derive(Debug, Clone, Copy, Default)]
pub struct KindOrder;

/// The ranks, in order. Each is named as the reason of its edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Definitions,
    Namespaces,
    Classes,
    Limits,
    Roles,
    Bindings,
    Accounts,
    Configuration,
    Storage,
    Services,
    Workloads,
    Companions,
    Others,
    ApiServices,
    Webhooks,
}

impl OrderRule for KindOrder {
    fn edges(&self, items: &[Item]) -> Result<Vec<Edge>> {
        let mut turns: BTreeMap<Turn<'_>, BTreeMap<Rank, Vec<&ObjectId>>> = BTreeMap::new();
        for item in items {
            turns.entry(turn(item)).or_default().entry(rank(item.id())).or_default().push(item.id());
        }
        let mut edges = Vec::new();
        for (turn, ranks) in &turns {
            for (before, after) in ranks.iter().zip(ranks.iter().skip(1)) {
                join(*turn, before, after, &mut edges);
            }
        }
        Ok(edges)
    }
}

type Ranked<'a> = (&'a Rank, &'a Vec<&'a ObjectId>);

fn join(turn: Turn<'_>, before: Ranked<'_>, after: Ranked<'_>, edges: &mut Vec<Edge>) {
    let why = Text::from(format!("{} before {}", before.0.name(), after.0.name()));
    let barrier = Node::Barrier(in_turn(&why, turn).into());
    let object = |id: &&ObjectId| Node::Object((*id).clone());
    let edge = |before, after| Edge::new(before, after, Gate::Applied, &why).weak();
    edges.extend(before.1.iter().map(|id| edge(object(id), barrier.clone())));
    edges.extend(after.1.iter().map(|id| edge(barrier.clone(), object(id))));
}

impl Rank {
    fn name(self) -> &'static str {
        match self {
            Self::Definitions => "custom resource definitions",
            Self::Namespaces => "namespaces",
            Self::Classes => "classes",
            Self::Limits => "limits",
            Self::Roles => "roles",
            Self::Bindings => "role bindings",
            Self::Accounts => "service accounts",
            Self::Configuration => "configuration",
            Self::Storage => "storage",
            Self::Services => "services",
            Self::Workloads => "workloads",
            Self::Companions => "what stands beside workloads",
            Self::Others => "other kinds",
            Self::ApiServices => "API services",
            Self::Webhooks => "admission",
        }
    }
}

fn rank(id: &ObjectId) -> Rank {
    match (id.group.as_str(), id.kind.as_str()) {
        ("apiextensions.k8s.io", "CustomResourceDefinition") => Rank::Definitions,
        ("", "Namespace") => Rank::Namespaces,
        ("" | "policy", "ResourceQuota" | "LimitRange") => Rank::Limits,
        ("rbac.authorization.k8s.io", "ClusterRole" | "Role") => Rank::Roles,
        ("rbac.authorization.k8s.io", "ClusterRoleBinding" | "RoleBinding") => Rank::Bindings,
        ("", "ServiceAccount") => Rank::Accounts,
        ("", "Secret" | "ConfigMap") => Rank::Configuration,
        ("", "PersistentVolume" | "PersistentVolumeClaim") => Rank::Storage,
        ("", "Service" | "Endpoints") | ("discovery.k8s.io", "EndpointSlice") => Rank::Services,
        ("networking.k8s.io", "NetworkPolicy") => Rank::Limits,
        ("apps" | "batch" | "extensions", _) | ("", "Pod" | "ReplicationController") => Rank::Workloads,
        ("autoscaling" | "policy", _) | ("networking.k8s.io", "Ingress") => Rank::Companions,
        ("apiregistration.k8s.io", "APIService") => Rank::ApiServices,
        ("admissionregistration.k8s.io", _) => Rank::Webhooks,
        // StorageClass, IngressClass, PriorityClass, GatewayClass, SecretProviderClass: named by other objects.
        (_, kind) if kind.ends_with("Class") => Rank::Classes,
        _ => Rank::Others,
    }
}
