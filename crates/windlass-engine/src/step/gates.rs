//! Whose health something waits for.

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::{Node, Plan};
use windlass_graph::{self as graph, Gate};

use super::slot::Slot;

/// Notes of what the health is waited for: by an object, or by a barrier that passes it on.
///
/// A barrier that objects enter once they are applied still is healthy only when they are. So their health matters where
/// an edge that waits for health leaves the barrier, or one behind it.
pub(super) fn find(plan: &Plan, order: &graph::Order<usize>, slots: &mut [Slot]) {
    let heedful = heedful(plan, order);
    for (at, slot) in slots.iter_mut().enumerate() {
        let leaving = order.after(&graph::Node::Key(at));
        slot.gates |= leaving.iter().any(|edge| match &edge.after {
            graph::Node::Barrier(name) => edge.gate == Gate::Healthy || heedful.contains(&**name),
            graph::Node::Key(_) => edge.gate == Gate::Healthy,
        });
    }
}

/// The barriers whose health something waits for.
fn heedful(plan: &Plan, order: &graph::Order<usize>) -> BTreeSet<String> {
    let names: BTreeSet<&str> = plan
        .edges
        .iter()
        .flat_map(|edge| [&edge.before, &edge.after])
        .filter_map(|node| match node {
            Node::Barrier(name) => Some(name.as_str()),
            Node::Object(_) => None,
        })
        .collect();
    let mut before: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut found: Vec<String> = Vec::new();
    for name in names {
        for edge in order.after(&graph::Node::barrier(name)) {
            if edge.gate == Gate::Healthy {
                found.push(name.to_owned());
            } else if let graph::Node::Barrier(next) = &edge.after {
                before.entry(next.to_string()).or_default().push(name);
            }
        }
    }
    let mut heedful = BTreeSet::new();
    while let Some(name) = found.pop() {
        if heedful.insert(name.clone()) {
            found.extend(before.get(&name).into_iter().flatten().map(|name| (*name).to_owned()));
        }
    }
    heedful
}
