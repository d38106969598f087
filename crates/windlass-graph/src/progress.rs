//! How far every node has come, and what that means for the nodes after it.

use std::collections::BTreeSet;

use crate::{
    edge::Gate,
    net::{Link, Net, id},
};

/// Says where a key stands in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum State {
    /// Something before it is not done yet.
    Waiting,
    /// It may start.
    Ready,
    /// It was handed out and is under way.
    Taken,
    /// It is applied.
    Applied,
    /// It is healthy, hence applied.
    Healthy,
    /// It failed.
    Failed,
    /// Something before it failed or is on a cycle.
    Blocked,
    /// It is on a cycle.
    Cyclic,
}

/// Invariant: `ready` holds the keys whose state is `Ready`; `unfinished` counts those that wait, are ready or taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    marks: Vec<Mark>,
    ready: BTreeSet<u32>,
    unfinished: usize,
    visits: u64,
}

/// Where one node stands. Invariant: a gate that is lost was not and will not be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    state: State,
    /// Links into it whose gate is shut.
    waiting: u32,
    /// Links into it whose other end is not healthy; barriers ask for this.
    unhealthy: u32,
    reached: Option<Gate>,
    /// The least gate that will never be reached.
    lost: Option<Gate>,
    /// Whose loss took that gate away; means nothing while none is lost. A key loses at most one.
    by: u32,
}

/// A node that has come from one gate to another.
struct Rise {
    node: u32,
    from: Option<Gate>,
    to: Gate,
}

/// A gate that a node will never reach.
#[derive(Clone, Copy)]
struct Loss {
    node: u32,
    gate: Gate,
    by: u32,
    /// What it had lost before.
    earlier: Option<Gate>,
}

impl Progress {
    /// Nothing is done, nodes on cycles are lost, and everything before which nothing stands is ready or open.
    pub(crate) fn start(net: &Net, cyclic: &[u32]) -> Self {
        let marks: Vec<Mark> =
            (0..id(net.nodes())).map(|node| Mark::fresh(net.entering(node).len())).collect();
        let mut progress = Self { marks, ready: BTreeSet::new(), unfinished: net.keys() as usize, visits: 0 };
        progress.lose_cyclic(net, cyclic);
        for node in 0..id(net.nodes()) {
            let rise = progress.arrive(net, node);
            progress.spread_rises(net, rise.into_iter().collect());
        }
        progress
    }

    pub(crate) fn state(&self, node: u32) -> State {
        self.marks[node as usize].state
    }

    /// The node that holds this one back, if any does.
    pub(crate) fn held_by(&self, node: u32) -> Option<u32> {
        let mark = &self.marks[node as usize];
        (mark.state == State::Blocked).then_some(mark.by)
    }

    pub(crate) fn ready(&self) -> &BTreeSet<u32> {
        &self.ready
    }

    pub(crate) fn unfinished(&self) -> usize {
        self.unfinished
    }

    pub(crate) fn visits(&self) -> u64 {
        self.visits
    }

    pub(crate) fn is_open(&self, link: &Link) -> bool {
        let before = &self.marks[link.before as usize];
        let yields = link.weak && before.lost.is_some_and(|lost| lost <= link.gate);
        before.reached >= Some(link.gate) || yields
    }

    pub(crate) fn take(&mut self) -> Option<u32> {
        let node = self.ready.pop_first()?;
        self.marks[node as usize].state = State::Taken;
        Some(node)
    }

    /// Takes note that a key which was free to start has reached a gate.
    pub(crate) fn reach(&mut self, net: &Net, node: u32, gate: Gate) {
        let Some(rise) = self.raise(node, gate) else { return };
        let state = match gate {
            Gate::Applied => State::Applied,
            Gate::Healthy => State::Healthy,
        };
        self.finish(node, state);
        self.spread_rises(net, vec![rise]);
    }

    /// Takes note that a key which was free to start has failed, and names the keys that are blocked from now on.
    pub(crate) fn fail(&mut self, net: &Net, node: u32) -> Vec<u32> {
        self.finish(node, State::Failed);
        let lost = match self.marks[node as usize].reached {
            None => Some(Gate::Applied),
            Some(Gate::Applied) => Some(Gate::Healthy),
            Some(Gate::Healthy) => None,
        };
        let loss = lost.and_then(|gate| self.lose(node, gate, node));
        self.spread_losses(net, loss.into_iter().collect())
    }

    fn finish(&mut self, node: u32, state: State) {
        let mark = &mut self.marks[node as usize];
        if matches!(mark.state, State::Waiting | State::Ready | State::Taken) {
            self.unfinished -= 1;
        }
        mark.state = state;
        self.ready.remove(&node);
    }

    /// Marks all of them before any loss spreads, so that none is taken for a node held back by another.
    fn lose_cyclic(&mut self, net: &Net, cyclic: &[u32]) {
        let mut losses = Vec::with_capacity(cyclic.len());
        for &node in cyclic {
            losses.extend(self.lose(node, Gate::Applied, node));
            if net.is_key(node) {
                self.finish(node, State::Cyclic);
            }
        }
        for loss in losses {
            self.spread_losses(net, vec![loss]);
        }
    }

    /// Walks on from nodes that rose, with a list instead of recursion: a chain may be long.
    fn spread_rises(&mut self, net: &Net, mut rises: Vec<Rise>) {
        while let Some(rise) = rises.pop() {
            for link in net.leaving(rise.node) {
                self.visits += 1;
                self.marks[link.after as usize].count(link.gate, &rise);
                rises.extend(self.arrive(net, link.after));
            }
        }
    }

    /// Where all gates before a node are open, a key becomes ready and a barrier opens.
    fn arrive(&mut self, net: &Net, node: u32) -> Option<Rise> {
        let mark = &mut self.marks[node as usize];
        if mark.waiting > 0 {
            return None;
        }
        if !net.is_key(node) {
            let gate = if mark.unhealthy == 0 { Gate::Healthy } else { Gate::Applied };
            return self.raise(node, gate);
        }
        if mark.state == State::Waiting {
            mark.state = State::Ready;
            self.ready.insert(node);
        }
        None
    }

    fn raise(&mut self, node: u32, to: Gate) -> Option<Rise> {
        let mark = &mut self.marks[node as usize];
        if mark.reached >= Some(to) {
            return None;
        }
        let from = mark.reached.replace(to);
        Some(Rise { node, from, to })
    }

    /// Walks on from what is lost and returns the keys that are blocked by it, sorted. A weak link yields to a loss: what
    /// is after it waits no longer for what will not come.
    fn spread_losses(&mut self, net: &Net, mut losses: Vec<Loss>) -> Vec<u32> {
        let (mut blocked, mut rises) = (Vec::new(), Vec::new());
        while let Some(loss) = losses.pop() {
            for link in net.leaving(loss.node) {
                self.visits += 1;
                if link.weak {
                    self.marks[link.after as usize].let_go(link.gate, &loss);
                    rises.extend(self.arrive(net, link.after));
                    continue;
                }
                let Some((gate, by)) = loss.through(link, net) else { continue };
                let Some(next) = self.lose(link.after, gate, by) else { continue };
                losses.push(next);
                if net.is_key(next.node) {
                    self.finish(next.node, State::Blocked);
                    blocked.push(next.node);
                }
            }
        }
        self.spread_rises(net, rises);
        blocked.sort_unstable();
        blocked
    }

    fn lose(&mut self, node: u32, gate: Gate, by: u32) -> Option<Loss> {
        let mark = &mut self.marks[node as usize];
        if mark.lost.is_some_and(|lost| lost <= gate) {
            return None;
        }
        let earlier = mark.lost.replace(gate);
        mark.by = by;
        Some(Loss { node, gate, by, earlier })
    }
}

impl Mark {
    fn fresh(entering: usize) -> Self {
        let entering = id(entering);
        Self {
            state: State::Waiting,
            waiting: entering,
            unhealthy: entering,
            reached: None,
            lost: None,
            by: 0,
        }
    }

    /// Counts one link into it whose other end rose.
    fn count(&mut self, gate: Gate, rise: &Rise) {
        if rise.from < Some(gate) && gate <= rise.to {
            self.waiting -= 1;
        }
        if rise.to == Gate::Healthy {
            self.unhealthy -= 1;
        }
    }

    /// Counts one weak link into it whose other end lost a gate as if the gate had opened.
    fn let_go(&mut self, gate: Gate, loss: &Loss) {
        let first = loss.earlier.is_none_or(|earlier| gate < earlier);
        if loss.gate <= gate && first {
            self.waiting -= 1;
        }
        if loss.earlier.is_none() {
            self.unhealthy -= 1;
        }
    }
}

impl Loss {
    /// What the node after is denied, and by whom: everything if the gate between them stays shut, else a barrier its
    /// health.
    fn through(self, link: &Link, net: &Net) -> Option<(Gate, u32)> {
        if link.gate >= self.gate {
            return Some((Gate::Applied, self.by));
        }
        (!net.is_key(link.after)).then_some((self.gate, self.by))
    }
}
