//! How much one order may hold.

use thiserror::Error;

/// Bounds the size of what is ordered.
///
/// Both bounds count in `u32`, as the order does inside.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most nodes: keys as given, and barriers that edges name. One million unless said.
    pub nodes_max: u32,
    /// The most edges as given, repeated ones included. Ten million unless said.
    pub edges_max: u32,
}

/// Says which limit an input broke.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OverLimit {
    /// There are more keys and barriers than [`Limits::nodes_max`].
    #[error("too many nodes (nodes_max={max}, found={found})")]
    Nodes {
        /// The limit.
        max: u32,
        /// What was given; barriers are not counted where the keys alone are too many.
        found: usize,
    },
    /// There are more edges than [`Limits::edges_max`].
    #[error("too many edges (edges_max={max}, found={found})")]
    Edges {
        /// The limit.
        max: u32,
        /// What was given.
        found: usize,
    },
}

impl Limits {
    /// Sets the most nodes.
    #[must_use]
    pub fn with_nodes_max(self, nodes_max: u32) -> Self {
        Self { nodes_max, ..self }
    }

    /// Sets the most edges.
    #[must_use]
    pub fn with_edges_max(self, edges_max: u32) -> Self {
        Self { edges_max, ..self }
    }

    pub(crate) fn check_nodes(&self, found: usize) -> Result<(), OverLimit> {
        if found > self.nodes_max as usize {
            return Err(OverLimit::Nodes { max: self.nodes_max, found });
        }
        Ok(())
    }

    pub(crate) fn check_edges(&self, found: usize) -> Result<(), OverLimit> {
        if found > self.edges_max as usize {
            return Err(OverLimit::Edges { max: self.edges_max, found });
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { nodes_max: 1_000_000, edges_max: 10_000_000 }
    }
}
