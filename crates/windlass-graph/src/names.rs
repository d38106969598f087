//! Keys and barriers as small numbers, and back.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    edge::{Edge, Node},
    net::{Link, id},
    problem::Dangling,
};

/// Invariant: both lists are sorted and without repeats. The number of a key is its place; barriers follow the
/// keys, so that numbers compare as nodes do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names<K> {
    keys: Vec<K>,
    barriers: Vec<Arc<str>>,
}

impl<K: Ord + Clone> Names<K> {
    pub(crate) fn of(keys: &[K], edges: &[Edge<K>]) -> Self {
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        keys.dedup();
        Self { keys, barriers: barriers(edges) }
    }

    pub(crate) fn keys(&self) -> &[K] {
        &self.keys
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len() + self.barriers.len()
    }

    pub(crate) fn find_key(&self, key: &K) -> Option<u32> {
        self.keys.binary_search(key).ok().map(id)
    }

    pub(crate) fn find(&self, node: &Node<K>) -> Option<u32> {
        match node {
            Node::Key(key) => self.find_key(key),
            Node::Barrier(name) => self.barriers.binary_search(name).ok().map(|at| id(self.keys.len() + at)),
        }
    }

    pub(crate) fn key(&self, number: u32) -> &K {
        &self.keys[number as usize]
    }

    pub(crate) fn node(&self, number: u32) -> Node<K> {
        let number = number as usize;
        match self.keys.get(number) {
            Some(key) => Node::Key(key.clone()),
            None => Node::Barrier(Arc::clone(&self.barriers[number - self.keys.len()])),
        }
    }

    pub(crate) fn edge(&self, link: &Link) -> Edge<K> {
        Edge {
            before: self.node(link.before),
            after: self.node(link.after),
            gate: link.gate,
            weak: link.weak,
            why: Arc::clone(&link.why),
        }
    }

    /// Numbers both ends of every edge; an edge with an unknown end comes back once per unknown end.
    pub(crate) fn link(&self, edges: &[Edge<K>]) -> (Vec<Link>, Vec<Dangling<K>>) {
        let mut links = Vec::with_capacity(edges.len());
        let mut dangling = Vec::new();
        for edge in edges {
            match (self.find(&edge.before), self.find(&edge.after)) {
                (Some(before), Some(after)) => links.push(Link::new(before, after, edge)),
                (before, after) => dangling.extend(missing(edge, before, after)),
            }
        }
        dangling.sort_unstable();
        dangling.dedup();
        (links, dangling)
    }
}

fn barriers<K>(edges: &[Edge<K>]) -> Vec<Arc<str>> {
    let ends = edges.iter().flat_map(|edge| [&edge.before, &edge.after]);
    let names: BTreeSet<&Arc<str>> = ends.filter_map(Node::name).collect();
    names.into_iter().cloned().collect()
}

fn missing<K: Clone>(edge: &Edge<K>, before: Option<u32>, after: Option<u32>) -> Vec<Dangling<K>> {
    let ends = [(&edge.before, before), (&edge.after, after)];
    let unknown = ends.into_iter().filter(|(_, found)| found.is_none());
    let keys = unknown.filter_map(|(node, _)| node.key());
    keys.map(|key| Dangling { missing: key.clone(), edge: edge.clone() }).collect()
}
