//! Strongly connected parts: which weak edges yield, what is still a cycle, and its path.

use std::collections::VecDeque;

use petgraph::{algo::kosaraju_scc, graph::DiGraph};

use crate::{
    levels::{NO_LEVEL, levels},
    net::{Link, Net, id},
};

/// No part.
const NONE: u32 = u32::MAX;

/// Invariant: no weak link of `net` is inside a strongly connected part; `circles` are its parts that hold a circle,
/// each sorted, in the order of their smallest nodes.
pub(crate) struct Untangled {
    pub(crate) net: Net,
    pub(crate) yielded: Vec<Link>,
    pub(crate) circles: Vec<Vec<u32>>,
}

/// Lets every weak link inside a strongly connected part yield, and finds the circles that are left.
///
/// One pass of yielding is enough, since a weak link between two parts is on no circle.
pub(crate) fn untangle(net: Net) -> Untangled {
    let tangle = tangle(&net);
    if tangle.is_empty() {
        return Untangled { net, yielded: Vec::new(), circles: Vec::new() };
    }
    let (yielded, rest) = weak_inside(net.nodes(), tangle);
    let net = if yielded.is_empty() { net } else { net.without(&yielded) };
    Untangled { net, yielded, circles: circles(&rest) }
}

/// Finds, for each circle, a shortest way from its smallest node back to itself.
pub(crate) fn paths<'a>(net: &'a Net, circles: &[Vec<u32>]) -> Vec<Vec<&'a Link>> {
    let part_of = part_of(net.nodes(), circles);
    let mut reached_by = vec![None; net.nodes()];
    circles.iter().map(|circle| path(net, &part_of, &mut reached_by, circle[0])).collect()
}

/// The links between nodes that never come free: on a circle, or behind one. Most nets have none.
fn tangle(net: &Net) -> Vec<Link> {
    let level = levels(net, &[]).of;
    let stuck = |node: u32| level[node as usize] == NO_LEVEL;
    net.links().iter().filter(|link| stuck(link.before) && stuck(link.after)).cloned().collect()
}

/// Splits links into the weak ones inside a strongly connected part and the others.
fn weak_inside(nodes: usize, links: Vec<Link>) -> (Vec<Link>, Vec<Link>) {
    let part_of = part_of(nodes, &strong_parts(&links));
    let inside = |link: &Link| part_of[link.before as usize] == part_of[link.after as usize];
    links.into_iter().partition(|link| link.weak && inside(link))
}

fn circles(links: &[Link]) -> Vec<Vec<u32>> {
    let mut loops: Vec<u32> =
        links.iter().filter(|link| link.before == link.after).map(|link| link.before).collect();
    loops.dedup();
    let mut parts = strong_parts(links);
    parts.retain(|part| part.len() > 1 || loops.binary_search(&part[0]).is_ok());
    parts.iter_mut().for_each(|part| part.sort_unstable());
    parts.sort_unstable();
    parts
}

/// Kosaraju's algorithm, because petgraph's version of Tarjan's recurses and overflows the stack on a long chain.
fn strong_parts(links: &[Link]) -> Vec<Vec<u32>> {
    let graph = DiGraph::<(), (), u32>::from_edges(links.iter().map(Link::ends));
    let parts = kosaraju_scc(&graph);
    parts.into_iter().map(|part| part.into_iter().map(|node| id(node.index())).collect()).collect()
}

fn part_of(nodes: usize, parts: &[Vec<u32>]) -> Vec<u32> {
    let mut part_of = vec![NONE; nodes];
    for (part, members) in (0..).zip(parts) {
        members.iter().for_each(|node| part_of[*node as usize] = part);
    }
    part_of
}

/// Walks breadth first, the smaller neighbour first, so that the path is the same each time. Every node of a circle
/// leads back to its start, so the walk ends there.
fn path<'a>(net: &'a Net, part_of: &[u32], reached_by: &mut [Option<&'a Link>], start: u32) -> Vec<&'a Link> {
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        let inside =
            net.leaving(node).iter().filter(|link| part_of[link.after as usize] == part_of[start as usize]);
        for link in inside {
            if link.after == start {
                return walk_back(reached_by, link, start);
            }
            let reached = &mut reached_by[link.after as usize];
            if reached.is_none() {
                *reached = Some(link);
                queue.push_back(link.after);
            }
        }
    }
    Vec::new()
}

fn walk_back<'a>(reached_by: &[Option<&'a Link>], last: &'a Link, start: u32) -> Vec<&'a Link> {
    let step = |link: &&'a Link| reached_by[link.before as usize].filter(|_| link.before != start);
    let mut path: Vec<&Link> = std::iter::successors(Some(last), step).collect();
    path.reverse();
    path
}
