//! Times order and walk over growing sets, so that linearity can be seen: `cargo bench -p windlass-graph`.
//!
//! Numbers as keys show the graph alone; texts as long as the names of real objects add what it takes to compare them.
#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

use std::hash::Hash;
use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

use windlass_graph::{Edge, Gate, Limits, Order, order};

const SIZES: [usize; 5] = [12_500, 25_000, 50_000, 100_000, 200_000];
const EDGES_PER_KEY: usize = 3;
const REPEATS: usize = 7;

fn main() {
    print_table("number", |number| number as u64);
    print_table("text", |number| format!("apps/Deployment/team-{}/service-{number}", number % 97));
}

fn print_table<K: Ord + Hash + Clone + Debug>(kind: &str, key: impl Fn(usize) -> K) {
    println!("{kind:>8} {:>8} {:>10} {:>8} {:>10} {:>8}", "edges", "order", "ns/edge", "walk", "ns/edge");
    for size in SIZES {
        let keys: Vec<K> = (0..size).map(&key).collect();
        let edges = edges(size, &key);
        println!("{size:>8} {:>8} {}", edges.len(), measure(&keys, &edges));
    }
}

fn measure<K: Ord + Hash + Clone + Debug>(keys: &[K], edges: &[Edge<K>]) -> String {
    let limits = Limits::default();
    let (made, answer) = fastest(|| order(keys, edges, &limits).expect("the sizes are within the limits"));
    let (walked, count) = fastest(|| walk(&answer));
    assert_eq!(count, keys.len(), "a walk reaches every key");
    let per_edge = |time: Duration| time.as_nanos() / edges.len() as u128;
    let (made_each, walked_each) = (per_edge(made), per_edge(walked));
    format!("{made:>10.1?} {made_each:>8} {walked:>10.1?} {walked_each:>8}")
}

fn walk<K: Ord + Clone + Debug>(order: &Order<K>) -> usize {
    let mut run = order.run();
    let mut count = 0;
    while let Some(key) = run.take() {
        run.done(&key, Gate::Healthy).expect("a key that was taken is in turn");
        count += 1;
    }
    count
}

fn fastest<T>(work: impl Fn() -> T) -> (Duration, T) {
    let once = || {
        let start = Instant::now();
        let answer = work();
        (start.elapsed(), answer)
    };
    let runs = (0..REPEATS).map(|_| once());
    runs.min_by_key(|(time, _)| *time).expect("there is at least one repeat")
}

/// Edges from random lesser numbers, so that there is no cycle.
fn edges<K>(size: usize, key: impl Fn(usize) -> K) -> Vec<Edge<K>> {
    let mut seed = 1;
    let mut edge = |after| Edge::new(key(random(&mut seed) % after), key(after), "random");
    (1..size).flat_map(|after| [after; EDGES_PER_KEY]).map(&mut edge).collect()
}

/// A linear congruential generator (Knuth's MMIX), the same on every machine.
fn random(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as usize
}
