//! The edges between numbered nodes, laid out for walking in both directions.

use std::{cmp::Ordering, sync::Arc};

use crate::edge::{Edge, Gate};

/// An edge between numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) before: u32,
    pub(crate) after: u32,
    pub(crate) gate: Gate,
    pub(crate) weak: bool,
    pub(crate) why: Arc<str>,
}

/// Invariant: `links` is sorted by both ends and names no pair twice; the links that leave `n` are
/// `links[leaving[n]..leaving[n + 1]]`, those that enter it have the places `by_end[entering[n]..entering[n + 1]]`.
/// Numbers below `keys` are keys, the others barriers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Net {
    keys: u32,
    links: Vec<Link>,
    leaving: Vec<u32>,
    by_end: Vec<u32>,
    entering: Vec<u32>,
}

/// Turns a place in a list into a number.
pub(crate) fn id(place: usize) -> u32 {
    u32::try_from(place).expect("limits count nodes and edges in u32")
}

/// Sorts links by their ends and joins those of one pair: hard wins over weak, healthy over applied, and the
/// strongest gives the reason.
pub(crate) fn join(links: &mut Vec<Link>) {
    links.sort_unstable_by(Link::by_ends_then_strength);
    links.dedup_by(|weaker, kept| {
        let same = kept.ends() == weaker.ends();
        if same {
            kept.gate = kept.gate.max(weaker.gate);
        }
        same
    });
}

impl Link {
    pub(crate) fn new<K>(before: u32, after: u32, edge: &Edge<K>) -> Self {
        Self { before, after, gate: edge.gate, weak: edge.weak, why: Arc::clone(&edge.why) }
    }

    pub(crate) fn ends(&self) -> (u32, u32) {
        (self.before, self.after)
    }

    fn by_ends_then_strength(&self, other: &Self) -> Ordering {
        let ends = self.ends().cmp(&other.ends());
        ends.then(self.weak.cmp(&other.weak))
            .then(other.gate.cmp(&self.gate))
            .then_with(|| self.why.cmp(&other.why))
    }

    fn turned(&self) -> Self {
        Self { before: self.after, after: self.before, ..self.clone() }
    }
}

impl Net {
    /// Lays out joined links between `nodes` numbers, of which the first `keys` are keys.
    pub(crate) fn new(keys: usize, nodes: usize, links: Vec<Link>) -> Self {
        let leaving = offsets(nodes, links.iter().map(|link| link.before));
        let entering = offsets(nodes, links.iter().map(|link| link.after));
        let by_end = places(&entering, links.iter().map(|link| link.after));
        Self { keys: id(keys), links, leaving, by_end, entering }
    }

    /// The same nodes with every link the other way round.
    pub(crate) fn turned(&self) -> Self {
        let mut links: Vec<Link> = self.links.iter().map(Link::turned).collect();
        links.sort_unstable_by_key(Link::ends);
        Self::new(self.keys as usize, self.nodes(), links)
    }

    /// The same nodes without some of the links, which are sorted by their ends.
    pub(crate) fn without(self, dropped: &[Link]) -> Self {
        let (keys, nodes, mut links) = (self.keys as usize, self.nodes(), self.links);
        links.retain(|link| dropped.binary_search_by_key(&link.ends(), Link::ends).is_err());
        Self::new(keys, nodes, links)
    }

    pub(crate) fn nodes(&self) -> usize {
        self.leaving.len() - 1
    }

    pub(crate) fn keys(&self) -> u32 {
        self.keys
    }

    pub(crate) fn links(&self) -> &[Link] {
        &self.links
    }

    pub(crate) fn is_key(&self, node: u32) -> bool {
        node < self.keys
    }

    pub(crate) fn leaving(&self, node: u32) -> &[Link] {
        &self.links[range(&self.leaving, node)]
    }

    pub(crate) fn entering(&self, node: u32) -> impl ExactSizeIterator<Item = &Link> {
        self.by_end[range(&self.entering, node)].iter().map(|place| &self.links[*place as usize])
    }
}

fn range(offsets: &[u32], node: u32) -> std::ops::Range<usize> {
    offsets[node as usize] as usize..offsets[node as usize + 1] as usize
}

/// Where the row of each node starts if rows stand in the order of nodes.
fn offsets(nodes: usize, ends: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut offsets = vec![0; nodes + 1];
    for end in ends {
        offsets[end as usize + 1] += 1;
    }
    for node in 0..nodes {
        offsets[node + 1] += offsets[node];
    }
    offsets
}

/// The places of the links, row by row, in the order of links within a row.
fn places(offsets: &[u32], ends: impl ExactSizeIterator<Item = u32>) -> Vec<u32> {
    let mut next = offsets.to_vec();
    let mut places = vec![0; ends.len()];
    for (place, end) in ends.enumerate() {
        let slot = &mut next[end as usize];
        places[*slot as usize] = id(place);
        *slot += 1;
    }
    places
}
