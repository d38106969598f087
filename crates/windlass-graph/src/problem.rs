//! What stands in the way of an order, as data.

use std::{fmt, sync::Arc};

use thiserror::Error;

use crate::edge::{Edge, Node};

/// A circle of hard edges.
///
/// Invariant: `path` starts and ends with the smallest member, and `whys[i]` is the reason of the edge from
/// `path[i]` to `path[i + 1]`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cycle<K> {
    /// The shortest way from the smallest member back to itself, such as `a, b, a`.
    pub path: Vec<Node<K>>,
    /// Why each step of the path is there.
    pub whys: Vec<Arc<str>>,
    /// Everything that waits for itself together with the path, sorted.
    pub members: Vec<Node<K>>,
}

/// An edge that names a key outside the set. It orders nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dangling<K> {
    /// The key that is not there.
    pub missing: K,
    /// The edge as it was given.
    pub edge: Edge<K>,
}

/// A key that cannot start, because something before it never comes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Error)]
#[error("held back (key={key}, by={by})")]
#[non_exhaustive]
pub struct Blocked<K> {
    /// The key that is held back.
    pub key: K,
    /// The failed key or the member of a cycle which it depends on, directly or not.
    pub by: Node<K>,
}

impl<K: Ord> Ord for Dangling<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.edge.cmp(&other.edge).then_with(|| self.missing.cmp(&other.missing))
    }
}

impl<K: Ord> PartialOrd for Dangling<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K: fmt::Display> fmt::Display for Cycle<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path: Vec<String> = self.path.iter().map(ToString::to_string).collect();
        write!(f, "cycle (path={}, why={})", path.join(" -> "), self.whys.join("; "))
    }
}

impl<K: fmt::Display> fmt::Display for Dangling<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { missing, edge } = self;
        write!(f, "missing key (key={missing}, edge={} -> {}, why={})", edge.before, edge.after, edge.why)
    }
}

impl<K: fmt::Debug + fmt::Display> std::error::Error for Cycle<K> {}
impl<K: fmt::Debug + fmt::Display> std::error::Error for Dangling<K> {}
