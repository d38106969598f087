//! Keys and barriers as small numbers, and back.

use std::{collections::BTreeSet, hash::Hash, sync::Arc};

use crate::{
    edge::{Edge, Node},
    find::Places,
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
        let mut sorted: Vec<&K> = keys.iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        Self { keys: sorted.into_iter().cloned().collect(), barriers: barriers(edges) }
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
}

impl<K: Ord + Hash + Clone> Names<K> {
    /// Numbers both ends of every edge; an edge with an unknown end comes back once per unknown end.
    pub(crate) fn link(&self, edges: &[Edge<K>]) -> (Vec<Link>, Vec<Dangling<K>>) {
        let places = Places::of(&self.keys);
        let before = self.find_all(&places, edges.iter().map(|edge| &edge.before));
        let after = self.find_all(&places, edges.iter().map(|edge| &edge.after));
        let mut links = Vec::with_capacity(edges.len());
        let mut dangling = Vec::new();
        for (edge, ends) in edges.iter().zip(before.into_iter().zip(after)) {
            match ends {
                (Some(before), Some(after)) => links.push(Link::new(before, after, edge)),
                (before, after) => dangling.extend(missing(edge, before, after)),
            }
        }
        dangling.sort_unstable();
        dangling.dedup();
        (links, dangling)
    }

    fn find_all<'a>(
        &self,
        places: &Places<'_, K>,
        nodes: impl Iterator<Item = &'a Node<K>> + Clone,
    ) -> Vec<Option<u32>>
    where
        K: 'a,
    {
        let keys: Vec<&K> = nodes.clone().filter_map(Node::key).collect();
        let mut found = places.find_all(&keys).into_iter();
        nodes
            .map(|node| if node.key().is_some() { found.next().flatten() } else { self.find(node) })
            .collect()
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
