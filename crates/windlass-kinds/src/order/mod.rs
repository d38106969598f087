//! What comes before what, among the kinds of Kubernetes.
//!
//! ```
//! use windlass_core::{Item, Object, Origin};
//! use windlass_kinds::order::default_order;
//!
//! let item = |json: &str| Item::new(Object::new(serde_json::from_str(json).unwrap()).unwrap(), Origin::default());
//! let items = [
//!     item(r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": "shop"}}"#),
//!     item(r#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}"#),
//! ];
//! let edges: Vec<String> = default_order()
//!     .iter()
//!     .flat_map(|rule| rule.edges(&items).unwrap())
//!     .filter(|edge| !edge.weak)
//!     .map(|edge| format!("{} -> {} ({})", edge.before, edge.after, edge.why))
//!     .collect();
//! assert_eq!(edges, ["Namespace//shop -> ConfigMap/shop/web (its namespace)"]);
//! ```
//!
//! | rule | edge | gate |
//! | --- | --- | --- |
//! | [`NamespaceFirst`] | a Namespace before the objects in it | applied |
//! | [`DefinitionFirst`] | a CustomResourceDefinition before its objects | healthy |
//! | [`KindOrder`] | kinds by rank, as Flux and Helm have them; weak | applied |
//! | [`BackendFirst`] | what serves a webhook or an API before what calls it; weak | healthy |
//!
//! All of them see only the items: what is in the cluster already needs no edge. Edges of annotations
//! ([`Directives::after`](windlass_core::Directives), waves) are the engine's; weak edges stay within one wave, so that
//! they never stand against them, and within hooks of one phase and weight; the engine moves what a firm one needs to the wave that needs it. Deletion walks the
//! same graph backwards.
//!
//! The work and the number of edges grow linearly with the items: ranks and backends meet at barriers.

mod backend;
mod rank;

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::{Edge, Gate, Item, Node, ObjectId, OrderRule, Result, Text};

pub use backend::BackendFirst;
pub use rank::KindOrder;

/// Gives all rules of this module.
#[must_use]
pub fn default_order() -> Vec<Arc<dyn OrderRule>> {
    vec![Arc::new(NamespaceFirst), Arc::new(DefinitionFirst), Arc::new(KindOrder), Arc::new(BackendFirst)]
}

/// A Namespace is applied before the objects in it.
#[derive(Debug, Clone, Copy, Default)]
pub struct NamespaceFirst;

impl OrderRule for NamespaceFirst {
    fn edges(&self, items: &[Item]) -> Result<Vec<Edge>> {
        let namespaces: BTreeMap<&str, &ObjectId> = items
            .iter()
            .map(Item::id)
            .filter(|id| is_namespace(id))
            .map(|id| (id.name.as_str(), id))
            .collect();
        let why = Text::from("its namespace");
        let edge = |item: &Item| {
            let namespace = namespaces.get(item.id().namespace.as_str()).filter(|id| **id != item.id())?;
            Some(between(namespace, item.id(), Gate::Applied, &why))
        };
        Ok(items.iter().filter_map(edge).collect())
    }
}

/// A CustomResourceDefinition is established before its objects are applied.
#[derive(Debug, Clone, Copy, Default)]
pub struct DefinitionFirst;

impl OrderRule for DefinitionFirst {
    fn edges(&self, items: &[Item]) -> Result<Vec<Edge>> {
        let definitions: BTreeMap<(&str, &str), &ObjectId> = items
            .iter()
            .filter(|item| item.id().kind == "CustomResourceDefinition")
            .filter_map(|item| Some((crate::scope::defined_kind(item.object.body())?, item.id())))
            .collect();
        if definitions.is_empty() {
            return Ok(Vec::new());
        }
        let why = Text::from("its custom resource definition");
        let edge = |item: &Item| {
            let definition = definitions.get(&(item.id().group.as_str(), item.id().kind.as_str()))?;
            Some(between(definition, item.id(), Gate::Healthy, &why))
        };
        Ok(items.iter().filter_map(edge).collect())
    }
}

/// What is ordered within itself only: a wave, or the hooks of one phase, wave and weight.
type Turn<'a> = (Option<(&'a str, i32)>, i32);

fn turn(item: &Item) -> Turn<'_> {
    let hook = item.directives.hook.as_ref().map(|hook| (hook.phase.name(), hook.weight));
    (hook, item.directives.wave)
}

/// Tells the turns of one reason apart, so that each has barriers of its own.
fn in_turn(why: &str, turn: Turn<'_>) -> String {
    match turn {
        (None, 0) => why.to_owned(),
        (None, wave) => format!("{why}, wave {wave}"),
        (Some((phase, 0)), wave) => format!("{why}, {phase} wave {wave}"),
        (Some((phase, weight)), wave) => format!("{why}, {phase} wave {wave} weight {weight}"),
    }
}

fn is_namespace(id: &ObjectId) -> bool {
    id.group.is_empty() && id.kind == "Namespace"
}

fn between(before: &ObjectId, after: &ObjectId, gate: Gate, why: &Text) -> Edge {
    Edge::new(Node::Object(before.clone()), Node::Object(after.clone()), gate, why)
}
