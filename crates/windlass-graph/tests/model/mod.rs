//! The same answers by brute force over small graphs: closures, all pairs, no cleverness.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use windlass_graph::{Edge, Gate, Node};

/// Keys `0..KEYS` are in the set, a few more are not.
pub(crate) const KEYS: u8 = 8;
const UNKNOWN: u8 = 2;
const BARRIERS: u8 = 4;
const EDGES: usize = 18;

/// Edges over known keys, unknown keys and barriers, circles included.
pub(crate) fn edges() -> impl Strategy<Value = Vec<Edge<u8>>> {
    let ends = (0..KEYS + UNKNOWN + BARRIERS, 0..KEYS + UNKNOWN + BARRIERS);
    proptest::collection::vec((ends, any::<bool>(), 0..4u8, 0..2u8).prop_map(edge), 0..EDGES)
}

fn edge(((before, after), healthy, weak, why): ((u8, u8), bool, u8, u8)) -> Edge<u8> {
    Edge {
        before: node(before),
        after: node(after),
        gate: if healthy { Gate::Healthy } else { Gate::Applied },
        weak: weak == 0,
        why: format!("reason {why}").into(),
    }
}

fn node(number: u8) -> Node<u8> {
    match number.checked_sub(KEYS + UNKNOWN) {
        None => Node::Key(number),
        Some(barrier) => Node::barrier(format!("wave {barrier}")),
    }
}

type Pair = (Node<u8>, Node<u8>);

/// What holds after dangling edges are left out, pairs are joined and weak edges on circles have yielded.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) gates: BTreeMap<Pair, Gate>,
    /// The pairs whose edge is hard.
    pub(crate) hard: BTreeSet<Pair>,
    pub(crate) yielded: BTreeSet<Pair>,
    pub(crate) cyclic: BTreeSet<Node<u8>>,
    reach: BTreeSet<Pair>,
    hard_reach: BTreeSet<Pair>,
}

impl Model {
    pub(crate) fn of(edges: &[Edge<u8>]) -> Self {
        let known = |node: &Node<u8>| node.key().is_none_or(|key| *key < KEYS);
        let mut joined: BTreeMap<Pair, (bool, Gate)> = BTreeMap::new();
        for edge in edges.iter().filter(|edge| known(&edge.before) && known(&edge.after)) {
            let pair = (edge.before.clone(), edge.after.clone());
            let (weak, gate) = joined.entry(pair).or_insert((edge.weak, edge.gate));
            (*weak, *gate) = (*weak && edge.weak, (*gate).max(edge.gate));
        }
        let all = closure(joined.keys().cloned().collect());
        let yields = |pair: &Pair, weak: bool| weak && (all.contains(&turned(pair)) || pair.0 == pair.1);
        let yielded = joined
            .iter()
            .filter(|(pair, (weak, _))| yields(pair, *weak))
            .map(|(pair, _)| pair.clone())
            .collect();
        let hard = joined.iter().filter(|(_, (weak, _))| !weak).map(|(pair, _)| pair.clone()).collect();
        Self::without(joined.into_iter().map(|(pair, (_, gate))| (pair, gate)).collect(), hard, yielded)
    }

    fn without(mut gates: BTreeMap<Pair, Gate>, hard: BTreeSet<Pair>, yielded: BTreeSet<Pair>) -> Self {
        gates.retain(|pair, _| !yielded.contains(pair));
        let hard_reach = closure(hard.clone());
        let reach = closure(gates.keys().cloned().collect());
        let cyclic = reach.iter().filter(|(from, to)| from == to).map(|(from, _)| from.clone()).collect();
        Self { gates, hard, yielded, cyclic, reach, hard_reach }
    }

    pub(crate) fn reaches(&self, from: &Node<u8>, to: &Node<u8>) -> bool {
        self.reach.contains(&(from.clone(), to.clone()))
    }

    /// Whether there is a way of hard edges alone, on which a failure travels.
    pub(crate) fn holds_back(&self, from: &Node<u8>, to: &Node<u8>) -> bool {
        self.hard_reach.contains(&(from.clone(), to.clone()))
    }

    /// Whether a node is held back by a cycle, but not on one.
    pub(crate) fn is_behind_cycle(&self, node: &Node<u8>) -> bool {
        !self.cyclic.contains(node) && self.cyclic.iter().any(|cyclic| self.holds_back(cyclic, node))
    }

    /// The edges into a node: what is before it, the gate, and whether the edge is hard.
    pub(crate) fn into(&self, node: &Node<u8>) -> Vec<(&Node<u8>, Gate, bool)> {
        let into = self.gates.iter().filter(|((_, after), _)| after == node);
        into.map(|(pair, gate)| (&pair.0, *gate, self.hard.contains(pair))).collect()
    }

    pub(crate) fn nodes(&self) -> BTreeSet<Node<u8>> {
        let ends = self.gates.keys().flat_map(|(before, after)| [before.clone(), after.clone()]);
        ends.chain((0..KEYS).map(Node::Key)).collect()
    }
}

fn turned((before, after): &Pair) -> Pair {
    (after.clone(), before.clone())
}

fn closure(mut pairs: BTreeSet<Pair>) -> BTreeSet<Pair> {
    loop {
        let longer = |(a, b): &Pair| -> Vec<Pair> {
            let next = pairs.range((b.clone(), Node::Key(0))..).take_while(|(from, _)| from == b);
            next.map(|(_, c)| (a.clone(), c.clone())).collect()
        };
        let found: Vec<Pair> = pairs.iter().flat_map(longer).filter(|pair| !pairs.contains(pair)).collect();
        if found.is_empty() {
            return pairs;
        }
        pairs.extend(found);
    }
}
