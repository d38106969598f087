//! What is ordered and what orders it: gates, nodes and edges.

use std::{fmt, sync::Arc};

/// Says how far the node before must have come until the node after may start.
///
/// Gates are ordered by strictness: healthy implies applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gate {
    /// Opens once the node before was applied.
    Applied,
    /// Opens once the node before is healthy.
    Healthy,
}

/// Either end of an edge.
///
/// Keys sort before barriers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node<K> {
    /// One of the keys to order.
    Key(K),
    /// A node without work of its own, known by its name, which opens by itself once everything before it is done.
    Barrier(Arc<str>),
}

/// One reason why something comes after something else.
///
/// The order of edges is the order of their ends, then the stronger edge first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edge<K> {
    /// What comes first.
    pub before: Node<K>,
    /// What waits.
    pub after: Node<K>,
    /// What it waits for.
    pub gate: Gate,
    /// Whether the edge is a preference: it yields where it would close a cycle, and holds nothing back when what is
    /// before it fails.
    pub weak: bool,
    /// The reason, for people.
    pub why: Arc<str>,
}

impl<K> Node<K> {
    /// Names a barrier.
    #[must_use]
    pub fn barrier(name: impl Into<Arc<str>>) -> Self {
        Self::Barrier(name.into())
    }

    /// Returns the key, if it is one.
    #[must_use]
    pub fn key(&self) -> Option<&K> {
        match self {
            Self::Key(key) => Some(key),
            Self::Barrier(_) => None,
        }
    }

    pub(crate) fn name(&self) -> Option<&Arc<str>> {
        match self {
            Self::Key(_) => None,
            Self::Barrier(name) => Some(name),
        }
    }
}

impl<K> Edge<K> {
    /// Makes a hard edge that waits for `before` to be applied.
    #[must_use]
    pub fn new(before: impl Into<Node<K>>, after: impl Into<Node<K>>, why: impl Into<Arc<str>>) -> Self {
        Self { before: before.into(), after: after.into(), gate: Gate::Applied, weak: false, why: why.into() }
    }

    /// Makes the edge wait for `before` to be healthy.
    #[must_use]
    pub fn healthy(self) -> Self {
        Self { gate: Gate::Healthy, ..self }
    }

    /// Makes the edge a preference: it yields where it would close a cycle, and holds nothing back when what is before
    /// it fails.
    #[must_use]
    pub fn weak(self) -> Self {
        Self { weak: true, ..self }
    }
}

impl<K> From<K> for Node<K> {
    fn from(key: K) -> Self {
        Self::Key(key)
    }
}

impl<K: Ord> Ord for Edge<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let ends = (&self.before, &self.after).cmp(&(&other.before, &other.after));
        ends.then(self.weak.cmp(&other.weak))
            .then(other.gate.cmp(&self.gate))
            .then_with(|| self.why.cmp(&other.why))
    }
}

impl<K: Ord> PartialOrd for Edge<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Applied => "applied",
            Self::Healthy => "healthy",
        })
    }
}

impl<K: fmt::Display> fmt::Display for Node<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => key.fmt(f),
            Self::Barrier(name) => write!(f, "[{name}]"),
        }
    }
}
