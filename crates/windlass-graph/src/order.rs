//! Keys and edges in, an order out.

use std::{fmt::Debug, hash::Hash, sync::Arc};

use crate::{
    edge::{Edge, Node},
    levels::{Levels, NO_LEVEL, levels},
    limits::{Limits, OverLimit},
    names::Names,
    net::{Link, Net, join},
    parts::{Untangled, paths, untangle},
    problem::{Blocked, Cycle, Dangling},
    run::Run,
};

/// Which key comes before which, and what stood in the way of that.
///
/// Invariant: `start`, `levels` and `cycles` belong to `net`, the numbers of which are those of `names`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order<K> {
    names: Arc<Names<K>>,
    net: Arc<Net>,
    levels: Arc<Levels>,
    cyclic: Vec<u32>,
    cycles: Vec<Cycle<K>>,
    blocked: Vec<Blocked<K>>,
    yielded: Vec<Edge<K>>,
    dangling: Vec<Dangling<K>>,
    start: Run<K>,
}

/// Orders a set of keys by edges.
///
/// Keys and edges may come in any order and repeat. Where one pair has several edges, hard wins over weak and
/// healthy over applied. Barriers exist because edges name them.
///
/// # Errors
/// [`OverLimit`] if there is more than `limits` allow. Cycles and unknown keys are no error but part of the answer,
/// for everything else is still ordered.
pub fn order<K: Ord + Hash + Clone + Debug>(
    keys: &[K],
    edges: &[Edge<K>],
    limits: &Limits,
) -> Result<Order<K>, OverLimit> {
    limits.check_nodes(keys.len())?;
    limits.check_edges(edges.len())?;
    let names = Names::of(keys, edges);
    limits.check_nodes(names.len())?;
    let (mut links, dangling) = names.link(edges);
    join(&mut links);
    let Untangled { net, yielded, circles } = untangle(Net::new(names.keys().len(), names.len(), links));
    let yielded = yielded.iter().map(|link| names.edge(link)).collect();
    let cycles = cycles(&names, &net, &circles);
    let mut cyclic = circles.concat();
    cyclic.sort_unstable();
    Ok(Order::new(Arc::new(names), Arc::new(net), cyclic).with_reports(cycles, yielded, dangling))
}

impl<K: Ord + Clone + Debug> Order<K> {
    /// Starts a walk through the order.
    #[must_use]
    pub fn run(&self) -> Run<K> {
        self.start.clone()
    }

    /// Lists all keys, sorted, once each.
    #[must_use]
    pub fn keys(&self) -> &[K] {
        self.names.keys()
    }

    /// Groups the keys for printing: everything that a key waits for is in a stage above it, and each key stands as
    /// high as it can. Keys on cycles are left out; keys that those hold back are not.
    ///
    /// A walk does not wait for a whole stage, only for the edges.
    #[must_use]
    pub fn stages(&self) -> Vec<Vec<K>> {
        let mut stages: Vec<Vec<K>> = Vec::new();
        for (key, level) in self.keys().iter().zip(&self.levels.of).filter(|(_, level)| **level != NO_LEVEL) {
            let level = *level as usize;
            stages.resize_with(stages.len().max(level + 1), Vec::new);
            stages[level].push(key.clone());
        }
        stages
    }

    /// Returns the number of the stage of a key; none if it is on a cycle or not in the set.
    ///
    /// An edge always leads to a greater rank. Whoever keeps ranks can therefore delete without the edges, from the
    /// greatest rank down to the least.
    #[must_use]
    pub fn rank(&self, key: &K) -> Option<u32> {
        let node = self.names.find_key(key)?;
        Some(self.levels.of[node as usize]).filter(|level| *level != NO_LEVEL)
    }

    /// Turns every edge round: dependents first, as deletion needs it.
    ///
    /// Gates stay with their edges; a deletion that is seen to be complete counts as healthy. Cycles, yielded and
    /// dangling edges are reported as they were given, not turned.
    #[must_use]
    pub fn reverse(&self) -> Self {
        let turned = Self::new(Arc::clone(&self.names), Arc::new(self.net.turned()), self.cyclic.clone());
        turned.with_reports(self.cycles.clone(), self.yielded.clone(), self.dangling.clone())
    }

    /// Lists the edges that lead to a node, sorted, after yielding and joining. Barriers are not looked through.
    #[must_use]
    pub fn before(&self, node: &Node<K>) -> Vec<Edge<K>> {
        let Some(node) = self.names.find(node) else { return Vec::new() };
        self.net.entering(node).map(|link| self.names.edge(link)).collect()
    }

    /// Lists the edges that leave a node, sorted, after yielding and joining. Barriers are not looked through.
    #[must_use]
    pub fn after(&self, node: &Node<K>) -> Vec<Edge<K>> {
        let Some(node) = self.names.find(node) else { return Vec::new() };
        self.net.leaving(node).iter().map(|link| self.names.edge(link)).collect()
    }

    /// Lists one cycle for each circle of hard edges that is left, by its smallest member.
    #[must_use]
    pub fn cycles(&self) -> &[Cycle<K>] {
        &self.cycles
    }

    /// Lists the keys that a member of a cycle holds back, sorted, each with the smallest member from which a way
    /// without other members leads to it.
    ///
    /// They keep their rank, and a run reports them as blocked from its start.
    #[must_use]
    pub fn blocked(&self) -> &[Blocked<K>] {
        &self.blocked
    }

    /// Lists the weak edges that yielded, by their ends.
    #[must_use]
    pub fn yielded(&self) -> &[Edge<K>] {
        &self.yielded
    }

    /// Lists the edges that name a key outside the set, once for each such key.
    #[must_use]
    pub fn dangling(&self) -> &[Dangling<K>] {
        &self.dangling
    }

    /// How many times an edge was looked at to count ranks, so that tests can count work instead of timing it.
    #[doc(hidden)]
    #[must_use]
    pub fn visits(&self) -> u64 {
        self.levels.visits
    }

    fn new(names: Arc<Names<K>>, net: Arc<Net>, cyclic: Vec<u32>) -> Self {
        let levels = Arc::new(levels(&net, &cyclic));
        let start = Run::start(&names, &net, &cyclic);
        let blocked = start.blocked();
        let (cycles, yielded, dangling) = (Vec::new(), Vec::new(), Vec::new());
        Self { names, net, levels, cyclic, cycles, blocked, yielded, dangling, start }
    }

    fn with_reports(self, cycles: Vec<Cycle<K>>, yielded: Vec<Edge<K>>, dangling: Vec<Dangling<K>>) -> Self {
        Self { cycles, yielded, dangling, ..self }
    }
}

fn cycles<K: Ord + Clone>(names: &Names<K>, net: &Net, circles: &[Vec<u32>]) -> Vec<Cycle<K>> {
    let paths = paths(net, circles).into_iter();
    paths.zip(circles).map(|(path, members)| cycle(names, &path, members)).collect()
}

fn cycle<K: Ord + Clone>(names: &Names<K>, path: &[&Link], members: &[u32]) -> Cycle<K> {
    let first = members.first().map(|node| names.node(*node));
    let rest = path.iter().map(|link| names.node(link.after));
    Cycle {
        path: first.into_iter().chain(rest).collect(),
        whys: path.iter().map(|link| Arc::clone(&link.why)).collect(),
        members: members.iter().map(|node| names.node(*node)).collect(),
    }
}
