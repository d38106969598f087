//! How much work is done, counted instead of timed, and that depth does not matter.

use windlass_graph::{Edge, Gate, Limits, Node, Order, Run, order};

const WIDTH: u32 = 1000;
const DEPTH: u32 = 100_000;

fn ordered(keys: u32, edges: &[Edge<u32>]) -> Order<u32> {
    order(&(0..keys).collect::<Vec<_>>(), edges, &Limits::default()).expect("the sizes are within the limits")
}

/// The first thousand keys before one barrier, the second thousand after it.
fn bow_tie() -> Order<u32> {
    let wave = || Node::barrier("wave");
    let into = (0..WIDTH).map(|key| Edge::new(key, wave(), "in"));
    let out = (WIDTH..2 * WIDTH).map(|key| Edge::new(wave(), key, "out"));
    ordered(2 * WIDTH, &into.chain(out).collect::<Vec<_>>())
}

fn chain() -> Vec<Edge<u32>> {
    (1..DEPTH).map(|key| Edge::new(key - 1, key, "next")).collect()
}

fn finish(run: &mut Run<u32>, gates: &[Gate]) {
    while let Some(key) = run.take() {
        for gate in gates {
            run.done(&key, *gate).expect("a key that was taken is in turn");
        }
    }
}

#[test]
fn ranking_looks_at_each_edge_of_a_barrier_once() {
    assert_eq!(bow_tie().visits(), u64::from(2 * WIDTH), "linear in edges, not in pairs");
}

#[test]
fn a_run_looks_at_each_edge_of_a_barrier_once_for_each_gate() {
    let visits = |gates: &[Gate]| {
        let mut run = bow_tie().run();
        finish(&mut run, gates);
        assert!(run.is_finished(), "every key had its turn");
        run.visits()
    };
    assert_eq!(visits(&[Gate::Healthy]), u64::from(2 * WIDTH));
    assert_eq!(visits(&[Gate::Applied, Gate::Healthy]), u64::from(4 * WIDTH), "once for each gate");
}

#[test]
fn failures_look_at_each_edge_of_a_barrier_once() {
    let mut run = bow_tie().run();
    let blocked: usize = (0..WIDTH).map(|key| run.failed(&key).expect("it is ready").len()).sum();
    assert_eq!(blocked, WIDTH as usize, "each is held back once");
    assert_eq!(run.visits(), u64::from(2 * WIDTH));
}

#[test]
fn work_doubles_with_the_size() {
    let visits = |size: u32| {
        let edges: Vec<_> = (1..size)
            .flat_map(|key| [key / 2, key / 3, key - 1].map(|before| Edge::new(before, key, "")))
            .collect();
        let order = ordered(size, &edges);
        let mut run = order.run();
        finish(&mut run, &[Gate::Healthy]);
        order.visits() + run.visits()
    };
    let (small, large) = (visits(5_000), visits(10_000));
    assert!(large.abs_diff(2 * small) < 20, "{small} and {large}");
}

#[test]
fn a_long_chain_is_walked_without_recursion() {
    let order = ordered(DEPTH, &chain());
    assert_eq!(order.rank(&(DEPTH - 1)), Some(DEPTH - 1));
    assert_eq!(order.reverse().rank(&0), Some(DEPTH - 1));
    let mut run = order.run();
    finish(&mut run, &[Gate::Applied]);
    assert!(run.is_finished(), "the chain is walked to its end");
}

#[test]
fn a_failure_runs_down_a_long_chain_without_recursion() {
    let blocked = ordered(DEPTH, &chain()).run().failed(&0).expect("the first is ready");
    assert_eq!(blocked.len() as u32, DEPTH - 1);
}

#[test]
fn a_long_chain_of_barriers_opens_without_recursion() {
    let barrier = |number: u32| Node::barrier(number.to_string());
    let links = (1..DEPTH).map(|number| Edge::new(barrier(number - 1), barrier(number), "next"));
    let ends = [Edge::new(0, barrier(0), "in"), Edge::new(barrier(DEPTH - 1), 1, "out").healthy()];
    let mut run = ordered(2, &links.chain(ends).collect::<Vec<_>>()).run();
    run.done(&0, Gate::Healthy).expect("the first is ready");
    assert_eq!(run.take(), Some(1));
}

#[test]
fn a_long_cycle_is_found_without_recursion() {
    let closing = [Edge::new(DEPTH - 1, 0, "back")];
    let order = ordered(DEPTH, &[chain(), closing.to_vec()].concat());
    assert_eq!(order.cycles()[0].path.len() as u32, DEPTH + 1);
    assert!(order.run().is_finished(), "nothing is left to do");
}

#[test]
fn a_weak_edge_breaks_a_long_circle() {
    let closing = [Edge::new(DEPTH - 1, 0, "back").weak()];
    let order = ordered(DEPTH, &[chain(), closing.to_vec()].concat());
    assert_eq!(order.yielded(), closing);
    assert_eq!(order.rank(&(DEPTH - 1)), Some(DEPTH - 1));
}
