//! What comes before what.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Directives, Item, Object, ObjectId, Result, Text};

/// What an edge waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Gate {
    /// The object was written.
    Applied,
    /// The object is healthy.
    Healthy,
}

/// An end of an edge.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Node {
    /// An object.
    Object(ObjectId),
    /// A point that opens by itself once all before it is done, so that "all of these before all of those" costs the
    /// sum and not the product.
    Barrier(Text),
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(id) => write!(f, "{id}"),
            Self::Barrier(name) => write!(f, "[{name}]"),
        }
    }
}

/// `before` must pass `gate` before `after` may start.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    /// What comes first.
    pub before: Node,
    /// What waits.
    pub after: Node,
    /// What it waits for.
    pub gate: Gate,
    /// Whether the edge is a preference: it yields where it would close a cycle, and holds nothing back when what is
    /// before it fails.
    pub weak: bool,
    /// Why, for people: `namespace`, `custom resource definition`, `annotation`.
    pub why: Text,
}

impl Edge {
    /// Makes a firm edge.
    pub fn new(before: Node, after: Node, gate: Gate, why: impl Into<Text>) -> Self {
        Self { before, after, gate, weak: false, why: why.into() }
    }

    /// Makes it a preference, that yields where it would close a cycle and holds nothing back after a failure.
    #[must_use]
    pub fn weak(mut self) -> Self {
        self.weak = true;
        self
    }
}

/// Knows what must come before what.
///
/// For an implementor: pure; the same items in any order give the same set of edges; the work and the number of edges
/// grow linearly with the items, by barriers and not by pairs.
///
/// ```
/// use windlass_core::{Edge, Gate, Item, Node, OrderRule, Result};
///
/// /// All that is no `Quota` waits until every `Quota` was written: by one barrier, not by pairs.
/// #[derive(Debug)]
/// struct QuotasFirst;
///
/// impl OrderRule for QuotasFirst {
///     fn edges(&self, items: &[Item]) -> Result<Vec<Edge>> {
///         let barrier = || Node::Barrier("quotas".into());
///         let edge = |item: &Item| match (item.id().kind.as_str(), Node::Object(item.id().clone())) {
///             ("Quota", quota) => Edge::new(quota, barrier(), Gate::Applied, "a quota comes first"),
///             (_, other) => Edge::new(barrier(), other, Gate::Applied, "quotas come first"),
///         };
///         Ok(items.iter().map(edge).collect())
///     }
/// }
/// ```
///
/// [Smaller parts](https://github.com/windlass-dev/windlass/blob/main/docs/smaller-parts.md) has one in a whole crate, with its tests.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no order rule",
    label = "this does not say what comes before what",
    note = "how to write one: https://github.com/windlass-dev/windlass/blob/main/docs/smaller-parts.md"
)]
pub trait OrderRule: fmt::Debug + Send + Sync + 'static {
    /// Gives the edges among the items.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) naming the object, for what the items themselves say wrongly.
    fn edges(&self, items: &[Item]) -> Result<Vec<Edge>>;
}

/// Reads the annotations of one tool.
///
/// For an implementor: pure; touches only what its own annotations speak of; a value it cannot read is an error that
/// names annotation and object, never a default.
///
/// ```
/// use windlass_core::{Dialect, Directives, Error, ErrorKind, Object, Result};
///
/// /// `shop.example/wave: "3"`.
/// #[derive(Debug)]
/// struct Waves;
///
/// impl Dialect for Waves {
///     fn read(&self, object: &Object, into: &mut Directives) -> Result<()> {
///         let Some(wave) = object.annotation("shop.example/wave") else { return Ok(()) };
///         let wrong = |_| Error::new(ErrorKind::Invalid, "shop.example/wave is no number").with("object", object.id());
///         into.wave = wave.parse().map_err(wrong)?;
///         Ok(())
///     }
/// }
/// ```
///
/// [Smaller parts](https://github.com/windlass-dev/windlass/blob/main/docs/smaller-parts.md) has one in a whole crate, with its tests.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no dialect",
    label = "this does not read annotations",
    note = "how to write one: https://github.com/windlass-dev/windlass/blob/main/docs/smaller-parts.md"
)]
pub trait Dialect: fmt::Debug + Send + Sync + 'static {
    /// Reads what the object says into `into`.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) naming annotation and value.
    fn read(&self, object: &Object, into: &mut Directives) -> Result<()>;
}
