//! How many keys come one after another before each node.

use crate::net::{Link, Net};

/// The level of a node that has none, as it is on a cycle or, where cycles are not known yet, behind one.
pub(crate) const NO_LEVEL: u32 = u32::MAX;

/// Levels of all nodes, and how many links were looked at to find them.
///
/// Invariant: a key is at least one level above every key before it; a barrier adds none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Levels {
    pub(crate) of: Vec<u32>,
    pub(crate) visits: u64,
}

/// Counts levels as if the given nodes and the links that touch them were not there.
pub(crate) fn levels(net: &Net, without: &[u32]) -> Levels {
    let mut waiting = waiting(net, without);
    let mut levels = Levels { of: vec![0; net.nodes()], visits: 0 };
    let mut free: Vec<u32> =
        (0..).zip(&waiting).filter(|(_, count)| **count == 0).map(|(node, _)| node).collect();
    while let Some(node) = free.pop() {
        for link in net.leaving(node) {
            levels.raise(link, net.is_key(node));
            let count = &mut waiting[link.after as usize];
            *count -= 1;
            if *count == 0 {
                free.push(link.after);
            }
        }
    }
    let stuck = levels.of.iter_mut().zip(waiting).filter(|(_, count)| *count > 0);
    stuck.for_each(|(level, _)| *level = NO_LEVEL);
    levels
}

/// How many links enter each node from nodes that count; nodes that do not count wait for one more than will come.
fn waiting(net: &Net, without: &[u32]) -> Vec<u32> {
    let mut counts = vec![true; net.nodes()];
    without.iter().for_each(|node| counts[*node as usize] = false);
    let mut waiting: Vec<u32> = counts.iter().map(|counts| u32::from(!counts)).collect();
    let counted = net.links().iter().filter(|link| counts[link.before as usize]);
    counted.for_each(|link| waiting[link.after as usize] += 1);
    waiting
}

impl Levels {
    fn raise(&mut self, link: &Link, from_key: bool) {
        self.visits += 1;
        let least = self.of[link.before as usize] + u32::from(from_key);
        let level = &mut self.of[link.after as usize];
        *level = (*level).max(least);
    }
}
