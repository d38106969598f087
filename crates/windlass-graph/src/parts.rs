//! Strongly connected parts: which weak edges yield, what is still a cycle, and its path.

use std::collections::VecDeque;

use petgraph::{algo::kosaraju_scc, graph::DiGraph};

use crate::net::{Link, Net, id};

/// No part, or no link.
const NONE: u32 = u32::MAX;

/// Splits joined links into those that stay and those that yield: every weak link inside a strongly connected part.
///
/// One pass is enough, since a weak link between two parts is on no circle.
pub(crate) fn yield_weak(nodes: usize, links: Vec<Link>) -> (Vec<Link>, Vec<Link>) {
    let mut part_of = vec![NONE; nodes];
    for (part, members) in (0..).zip(strong_parts(&links)) {
        members.into_iter().for_each(|node| part_of[node as usize] = part);
    }
    let inside = |link: &Link| part_of[link.before as usize] == part_of[link.after as usize];
    links.into_iter().partition(|link| !(link.weak && inside(link)))
}

/// Finds the parts that hold a circle, each sorted, in the order of their smallest members.
pub(crate) fn circles(links: &[Link]) -> Vec<Vec<u32>> {
    let mut loops: Vec<u32> =
        links.iter().filter(|link| link.before == link.after).map(|link| link.before).collect();
    loops.dedup();
    let mut parts = strong_parts(links);
    parts.retain(|part| part.len() > 1 || loops.binary_search(&part[0]).is_ok());
    parts.iter_mut().for_each(|part| part.sort_unstable());
    parts.sort_unstable();
    parts
}

/// Finds, for each part, a shortest way from its smallest member back to itself.
pub(crate) fn paths<'a>(net: &'a Net, parts: &[Vec<u32>]) -> Vec<Vec<&'a Link>> {
    let mut part_of = vec![NONE; net.nodes()];
    for (part, members) in (0..).zip(parts) {
        members.iter().for_each(|node| part_of[*node as usize] = part);
    }
    let mut reached_by = vec![None; net.nodes()];
    parts.iter().map(|part| path(net, &part_of, &mut reached_by, part[0])).collect()
}

/// Kosaraju's algorithm, because petgraph's version of Tarjan's recurses and overflows the stack on a long chain.
fn strong_parts(links: &[Link]) -> Vec<Vec<u32>> {
    let graph = DiGraph::<(), (), u32>::from_edges(links.iter().map(Link::ends));
    let parts = kosaraju_scc(&graph);
    parts.into_iter().map(|part| part.into_iter().map(|node| id(node.index())).collect()).collect()
}

/// Walks breadth first, the smaller neighbour first, so that the path is the same each time.
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
