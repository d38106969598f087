//! How many keys come one after another before each node.

use crate::net::{Link, Net};

/// The level of a node that has none, as it is on a cycle.
pub(crate) const NO_LEVEL: u32 = u32::MAX;

/// Levels of all nodes, and how many links were looked at to find them.
///
/// Invariant: a key is at least one level above every key before it; a barrier adds none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Levels {
    pub(crate) of: Vec<u32>,
    pub(crate) visits: u64,
}

/// Counts levels without the nodes on cycles and the links that touch them.
pub(crate) fn levels(net: &Net, cyclic: &[u32]) -> Levels {
    let mut levels = Levels { of: vec![0; net.nodes()], visits: 0 };
    cyclic.iter().for_each(|node| levels.of[*node as usize] = NO_LEVEL);
    let mut waiting = levels.waiting(net);
    let mut free: Vec<u32> =
        (0..).zip(&waiting).filter(|(_, count)| **count == 0).map(|(node, _)| node).collect();
    free.retain(|node| levels.has(*node));
    while let Some(node) = free.pop() {
        for link in net.leaving(node) {
            levels.raise(link, net.is_key(node));
            let count = &mut waiting[link.after as usize];
            *count -= 1;
            if *count == 0 && levels.has(link.after) {
                free.push(link.after);
            }
        }
    }
    levels
}

impl Levels {
    fn has(&self, node: u32) -> bool {
        self.of[node as usize] != NO_LEVEL
    }

    /// How many links enter each node from nodes that have a level.
    fn waiting(&self, net: &Net) -> Vec<u32> {
        let mut waiting = vec![0; net.nodes()];
        let counted = net.links().iter().filter(|link| self.has(link.before));
        counted.for_each(|link| waiting[link.after as usize] += 1);
        waiting
    }

    fn raise(&mut self, link: &Link, from_key: bool) {
        self.visits += 1;
        let least = self.of[link.before as usize] + u32::from(from_key);
        let level = &mut self.of[link.after as usize];
        *level = (*level).max(least);
    }
}
