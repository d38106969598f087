//! Laws of order and run over random small graphs, against a model that tries everything.

mod model;

use std::collections::{BTreeMap, BTreeSet};

use model::{KEYS, Model, edges};
use proptest::prelude::*;
use windlass_graph::{Edge, Gate, Limits, Node, Order, Run, State, order};

fn ordered(keys: &[u8], edges: &[Edge<u8>]) -> Order<u8> {
    order(keys, edges, &Limits::default()).expect("a test graph is small")
}

fn all_keys() -> Vec<u8> {
    (0..KEYS).collect()
}

fn shuffled() -> impl Strategy<Value = (Vec<Edge<u8>>, Vec<Edge<u8>>, Vec<u8>)> {
    edges().prop_flat_map(|edges| {
        (Just(edges.clone()), Just(edges).prop_shuffle(), Just(all_keys()).prop_shuffle())
    })
}

/// Which of the keys in turn to report on, and what to report.
fn steps() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    proptest::collection::vec((any::<prop::sample::Index>(), 0..5u8), 0..40)
}

fn ends(edge: &Edge<u8>) -> (Node<u8>, Node<u8>) {
    (edge.before.clone(), edge.after.clone())
}

proptest! {
    #[test]
    fn the_order_of_keys_and_edges_does_not_matter((edges, other_edges, other_keys) in shuffled()) {
        prop_assert_eq!(ordered(&all_keys(), &edges), ordered(&other_keys, &other_edges));
    }

    #[test]
    fn repeating_everything_does_not_matter(edges in edges()) {
        let twice = [edges.clone(), edges.clone()].concat();
        prop_assert_eq!(ordered(&all_keys(), &edges), ordered(&[all_keys(), all_keys()].concat(), &twice));
    }

    #[test]
    fn stages_respect_every_edge_that_did_not_yield(edges in edges()) {
        let (model, order) = (Model::of(&edges), ordered(&all_keys(), &edges));
        for (from, to) in ways(&model) {
            prop_assert!(order.rank(&from) < order.rank(&to), "{from} comes before {to}");
        }
    }

    #[test]
    fn the_reverse_respects_every_edge_the_other_way(edges in edges()) {
        let (model, order) = (Model::of(&edges), ordered(&all_keys(), &edges).reverse());
        for (from, to) in ways(&model) {
            prop_assert!(order.rank(&from) > order.rank(&to), "{to} goes before {from}");
        }
    }

    #[test]
    fn stages_hold_every_key_that_is_not_on_a_cycle_once(edges in edges()) {
        let (model, order) = (Model::of(&edges), ordered(&all_keys(), &edges));
        let mut staged = order.stages().concat();
        staged.sort_unstable();
        let expected: Vec<u8> = all_keys().into_iter().filter(|key| !model.cyclic.contains(&Node::Key(*key))).collect();
        prop_assert_eq!(staged, expected);
        prop_assert!(order.stages().iter().all(|stage| !stage.is_empty() && stage.is_sorted()));
    }

    #[test]
    fn exactly_the_weak_edges_on_circles_yield(edges in edges()) {
        let (model, order) = (Model::of(&edges), ordered(&all_keys(), &edges));
        let yielded: Vec<_> = order.yielded().iter().map(ends).collect();
        prop_assert_eq!(yielded, model.yielded.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn cycles_hold_exactly_what_waits_for_itself(edges in edges()) {
        let (model, order) = (Model::of(&edges), ordered(&all_keys(), &edges));
        let members: Vec<_> = order.cycles().iter().flat_map(|cycle| cycle.members.clone()).collect();
        prop_assert_eq!(members.len(), model.cyclic.len());
        prop_assert_eq!(members.into_iter().collect::<BTreeSet<_>>(), model.cyclic);
    }

    #[test]
    fn a_cycle_path_is_a_circle_of_edges_with_their_reasons(edges in edges()) {
        for cycle in ordered(&all_keys(), &edges).cycles() {
            prop_assert_eq!(cycle.path.first(), cycle.members.first());
            prop_assert_eq!(cycle.path.first(), cycle.path.last());
            prop_assert_eq!(cycle.path.len(), cycle.whys.len() + 1);
            for (step, why) in cycle.path.windows(2).zip(&cycle.whys) {
                let given = |edge: &Edge<u8>| (&edge.before, &edge.after, &edge.why) == (&step[0], &step[1], why);
                prop_assert!(edges.iter().any(given), "{step:?} because of {why}");
            }
        }
    }

    #[test]
    fn exactly_what_depends_on_a_cycle_is_blocked_by_it(edges in edges()) {
        let (model, order) = (Model::of(&edges), ordered(&all_keys(), &edges));
        let behind: Vec<u8> = all_keys().into_iter().filter(|key| model.is_behind_cycle(&Node::Key(*key))).collect();
        let blocked: Vec<u8> = order.blocked().iter().map(|blocked| blocked.key).collect();
        prop_assert_eq!(blocked, behind);
        for blocked in order.blocked() {
            prop_assert!(model.cyclic.contains(&blocked.by) && model.holds_back(&blocked.by, &Node::Key(blocked.key)));
        }
    }

    #[test]
    fn dangling_is_exactly_what_names_an_unknown_key(edges in edges()) {
        let order = ordered(&all_keys(), &edges);
        let is_unknown = |node: &Node<u8>| node.key().is_some_and(|key| *key >= KEYS);
        let unknown = |edge: &Edge<u8>| is_unknown(&edge.before) || is_unknown(&edge.after);
        let found: BTreeSet<_> = order.dangling().iter().map(|dangling| dangling.edge.clone()).collect();
        prop_assert_eq!(found, edges.into_iter().filter(unknown).collect::<BTreeSet<_>>());
        prop_assert!(order.dangling().iter().all(|dangling| dangling.missing >= KEYS));
    }

    #[test]
    fn a_failure_holds_back_exactly_what_depends_on_it(edges in edges(), pick in any::<prop::sample::Index>()) {
        let (model, mut run) = (Model::of(&edges), ordered(&all_keys(), &edges).run());
        let ready: Vec<u8> = run.ready().copied().collect();
        prop_assume!(!ready.is_empty());
        let failing = *pick.get(&ready);
        let blocked = run.failed(&failing).expect("it is ready");
        finish(&mut run);
        for key in all_keys().into_iter().map(Node::Key).filter(|key| *key != Node::Key(failing)) {
            let depends = model.holds_back(&Node::Key(failing), &key);
            let free = !depends && !model.cyclic.contains(&key) && !model.is_behind_cycle(&key);
            let key = *key.key().expect("all of them are keys");
            prop_assert_eq!(run.state(&key) == Some(State::Healthy), free, "{}", key);
            let held = blocked.iter().any(|blocked| blocked.key == key && blocked.by == Node::Key(failing));
            prop_assert!(!held || depends, "{} depends on {}", key, failing);
        }
    }

    #[test]
    fn a_run_agrees_with_the_model_at_every_step(edges in edges(), steps in steps()) {
        let (model, mut run) = (Model::of(&edges), ordered(&all_keys(), &edges).run());
        let mut walk = Walk::start(&model);
        for (pick, outcome) in steps {
            prop_assert_eq!(run.ready().copied().collect::<Vec<_>>(), walk.ready());
            prop_assert_eq!(run.blocked().iter().map(|blocked| blocked.key).collect::<BTreeSet<_>>(), walk.blocked());
            let under_way = walk.in_turn();
            let before = walk.blocked();
            if under_way.is_empty() { break }
            let key = *pick.get(&under_way);
            let newly = carry_out(&mut run, &mut walk, key, outcome);
            prop_assert!(run.visits() <= 2 * model.gates.len() as u64, "each edge once for each gate");
            prop_assert_eq!(newly, walk.blocked().difference(&before).copied().collect::<Vec<_>>());
        }
    }
}

/// Reports every key as healthy that ever becomes ready.
fn finish(run: &mut Run<u8>) {
    while let Some(key) = run.take() {
        run.done(&key, Gate::Healthy).expect("a key that was taken is in turn");
    }
}

/// Every pair of keys off cycles between which there is a way off cycles.
fn ways(model: &Model) -> Vec<(u8, u8)> {
    let mut off = model.gates.clone();
    off.retain(|(before, after), _| !model.cyclic.contains(before) && !model.cyclic.contains(after));
    let edges: Vec<Edge<u8>> = off.into_keys().map(|(before, after)| Edge::new(before, after, "")).collect();
    let off = Model::of(&edges);
    let pairs = all_keys().into_iter().flat_map(|from| all_keys().into_iter().map(move |to| (from, to)));
    pairs.filter(|(from, to)| off.reaches(&Node::Key(*from), &Node::Key(*to))).collect()
}

fn carry_out(run: &mut Run<u8>, walk: &mut Walk<'_>, key: u8, outcome: u8) -> Vec<u8> {
    if outcome == 0 {
        walk.failed.insert(key);
        let blocked = run.failed(&key).expect("it is in turn");
        return blocked.into_iter().map(|blocked| blocked.key).collect();
    }
    let gate = if outcome < 3 { Gate::Applied } else { Gate::Healthy };
    let reached = walk.reached.entry(key).or_insert(gate);
    *reached = gate.max(*reached);
    run.done(&key, gate).expect("it is in turn");
    Vec::new()
}

/// A run by brute force: at each question everything is worked out anew from what was reported.
struct Walk<'a> {
    model: &'a Model,
    reached: BTreeMap<u8, Gate>,
    failed: BTreeSet<u8>,
}

impl<'a> Walk<'a> {
    fn start(model: &'a Model) -> Self {
        Self { model, reached: BTreeMap::new(), failed: BTreeSet::new() }
    }

    /// The least gate that each node will never reach; only hard edges hand a loss on.
    fn lost(&self) -> BTreeMap<Node<u8>, Gate> {
        let mut lost: BTreeMap<Node<u8>, Gate> =
            self.model.cyclic.iter().map(|node| (node.clone(), Gate::Applied)).collect();
        for key in &self.failed {
            match self.reached.get(key) {
                None => drop(lost.insert(Node::Key(*key), Gate::Applied)),
                Some(Gate::Applied) => drop(lost.insert(Node::Key(*key), Gate::Healthy)),
                Some(Gate::Healthy) => {}
            }
        }
        loop {
            let before = lost.clone();
            for node in self.model.nodes() {
                let denied = self.model.into(&node).into_iter().filter(|(_, _, hard)| *hard).filter_map(
                    |(end, gate, _)| {
                        let loss = *before.get(end)?;
                        if loss <= gate { Some(Gate::Applied) } else { node.key().is_none().then_some(loss) }
                    },
                );
                if let Some(gate) = denied.min() {
                    let have = lost.entry(node.clone()).or_insert(gate);
                    *have = gate.min(*have);
                }
            }
            if lost == before {
                return lost;
            }
        }
    }

    /// The gate that each node has reached: keys as reported, barriers by what is before them.
    fn gates(&self, lost: &BTreeMap<Node<u8>, Gate>) -> BTreeMap<Node<u8>, Gate> {
        let mut gates: BTreeMap<Node<u8>, Gate> =
            self.reached.iter().map(|(key, gate)| (Node::Key(*key), *gate)).collect();
        loop {
            let before = gates.clone();
            for node in self.model.nodes().into_iter().filter(|node| node.key().is_none()) {
                let into = self.model.into(&node);
                if self.model.cyclic.contains(&node) || !into.iter().all(|edge| is_open(edge, &before, lost))
                {
                    continue;
                }
                let well = into.iter().all(|(end, _, hard)| {
                    before.get(end) == Some(&Gate::Healthy) || (!hard && lost.contains_key(end))
                });
                gates.insert(node, if well { Gate::Healthy } else { Gate::Applied });
            }
            if gates == before {
                return gates;
            }
        }
    }

    fn ready(&self) -> Vec<u8> {
        let lost = self.lost();
        let gates = self.gates(&lost);
        let fresh = |key: &u8| {
            !self.reached.contains_key(key)
                && !self.failed.contains(key)
                && !lost.contains_key(&Node::Key(*key))
        };
        let free =
            |key: &u8| self.model.into(&Node::Key(*key)).iter().all(|edge| is_open(edge, &gates, &lost));
        all_keys().into_iter().filter(fresh).filter(free).collect()
    }

    fn in_turn(&self) -> Vec<u8> {
        let done = self.reached.keys().copied().filter(|key| !self.failed.contains(key));
        self.ready().into_iter().chain(done).collect()
    }

    fn blocked(&self) -> BTreeSet<u8> {
        let own = |key: &u8| self.failed.contains(key) || self.model.cyclic.contains(&Node::Key(*key));
        let lost = self.lost();
        all_keys().into_iter().filter(|key| lost.contains_key(&Node::Key(*key)) && !own(key)).collect()
    }
}

/// Whether an edge lets what is after it go on: its gate is open, or it is weak and the gate will never open.
fn is_open(
    (end, gate, hard): &(&Node<u8>, Gate, bool),
    gates: &BTreeMap<Node<u8>, Gate>,
    lost: &BTreeMap<Node<u8>, Gate>,
) -> bool {
    gates.get(*end).is_some_and(|have| have >= gate)
        || (!hard && lost.get(*end).is_some_and(|loss| loss <= gate))
}
