//! One walk through an order: what is ready, what is done, what failed.

use std::{fmt::Debug, sync::Arc};

use thiserror::Error;

use crate::{
    edge::{Edge, Gate},
    names::Names,
    net::Net,
    problem::Blocked,
    progress::{Progress, State},
};

/// A walk through an [`Order`](crate::Order), which knows what may start now.
///
/// It does no work itself: whoever does reports what is [`done`](Run::done) or has [`failed`](Run::failed) and asks
/// what is ready. A whole walk looks at each edge at most twice: once for each gate that the node before it reaches or
/// can no longer reach. Clones go their own ways.
///
/// # Example
/// ```
/// use windlass_graph::{Edge, Gate, Limits, order};
///
/// let edges = [Edge::new("db", "web", "reads it").healthy()];
/// let mut run = order(&["web", "db"], &edges, &Limits::default())?.run();
///
/// assert_eq!(run.take(), Some("db"));
/// run.done(&"db", Gate::Applied)?;
/// assert_eq!(run.take(), None, "web waits for health");
/// run.done(&"db", Gate::Healthy)?;
/// assert_eq!(run.take(), Some("web"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run<K> {
    names: Arc<Names<K>>,
    net: Arc<Net>,
    progress: Progress,
}

/// Says why a run cannot take a report.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Misstep<K> {
    /// The key is not in the set.
    #[error("unknown key (key={key:?})")]
    Unknown {
        /// The key.
        key: K,
    },
    /// The key was not free to start, or has failed before.
    #[error("key out of turn (key={key:?}, state={state:?})")]
    OutOfTurn {
        /// The key.
        key: K,
        /// Where it stands.
        state: State,
    },
}

impl<K: Ord + Clone + Debug> Run<K> {
    pub(crate) fn start(names: &Arc<Names<K>>, net: &Arc<Net>, cyclic: &[u32]) -> Self {
        Self { names: Arc::clone(names), net: Arc::clone(net), progress: Progress::start(net, cyclic) }
    }

    /// Lists the keys that may start and were not taken, sorted.
    pub fn ready(&self) -> impl Iterator<Item = &K> {
        self.progress.ready().iter().map(|node| self.names.key(*node))
    }

    /// Hands out the smallest key that may start. It is not ready any more, but under way.
    #[must_use = "a key is handed out only once"]
    pub fn take(&mut self) -> Option<K> {
        self.progress.take().map(|node| self.names.key(node).clone())
    }

    /// Takes note that a key is applied or healthy, and opens what waited for that.
    ///
    /// A key that is ready need not be taken before. A gate that was reached before changes nothing.
    ///
    /// # Errors
    /// [`Misstep`] if the key is unknown, not free to start, or failed; then nothing changes.
    pub fn done(&mut self, key: &K, gate: Gate) -> Result<(), Misstep<K>> {
        let node = self.in_turn(key)?;
        self.progress.reach(&self.net, node, gate);
        Ok(())
    }

    /// Takes note that a key failed for good, and returns the keys that are held back from now on, sorted.
    ///
    /// What an open gate let through stays free: a key that was applied and then fails holds back only what waits
    /// for its health. A key that several others hold back names the one that was first.
    ///
    /// # Errors
    /// [`Misstep`] if the key is unknown, not free to start, or failed before; then nothing changes.
    pub fn failed(&mut self, key: &K) -> Result<Vec<Blocked<K>>, Misstep<K>> {
        let node = self.in_turn(key)?;
        let blocked = self.progress.fail(&self.net, node);
        Ok(blocked.into_iter().filter_map(|node| self.hold(node)).collect())
    }

    /// Says where a key stands, if it is in the set.
    #[must_use]
    pub fn state(&self, key: &K) -> Option<State> {
        self.names.find_key(key).map(|node| self.progress.state(node))
    }

    /// Lists all keys that are held back, sorted, by failures and by cycles.
    #[must_use]
    pub fn blocked(&self) -> Vec<Blocked<K>> {
        (0..self.net.keys()).filter_map(|node| self.hold(node)).collect()
    }

    /// Lists the edges directly before a key whose gate is shut, sorted.
    #[must_use]
    pub fn waits_for(&self, key: &K) -> Vec<Edge<K>> {
        let Some(node) = self.names.find_key(key) else { return Vec::new() };
        let shut = self.net.entering(node).filter(|link| !self.progress.is_open(link));
        shut.map(|link| self.names.edge(link)).collect()
    }

    /// Says whether no key waits, is ready or is under way. An applied key may still become healthy.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.progress.unfinished() == 0
    }

    /// How many times an edge was looked at, so that tests can count work instead of timing it.
    #[doc(hidden)]
    #[must_use]
    pub fn visits(&self) -> u64 {
        self.progress.visits()
    }

    fn in_turn(&self, key: &K) -> Result<u32, Misstep<K>> {
        let node = self.names.find_key(key).ok_or_else(|| Misstep::Unknown { key: key.clone() })?;
        match self.progress.state(node) {
            State::Ready | State::Taken | State::Applied | State::Healthy => Ok(node),
            state => Err(Misstep::OutOfTurn { key: key.clone(), state }),
        }
    }

    fn hold(&self, node: u32) -> Option<Blocked<K>> {
        let by = self.progress.held_by(node)?;
        Some(Blocked { key: self.names.key(node).clone(), by: self.names.node(by) })
    }
}
