//! In which order wanted objects are written.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::fmt;
use std::hash::{Hash, Hasher};

use windlass_core::{
    Action, Edge, Error, ErrorKind, Gate, Item, Node, ObjectId, Phase, Prediction, Verb, Warning,
};
use windlass_graph as graph;

use super::Drafts;
use crate::facts::{Facts, Wanted};
use crate::rules::Rules;

/// The order of the wanted objects, and what keeps some of them from having one.
#[derive(Default)]
pub(super) struct Ordered {
    pub(super) edges: Vec<Edge>,
    pub(super) problems: Vec<Error>,
    pub(super) warnings: Vec<Warning>,
    /// The stage of each draft, in their order; 0 for what has none.
    stages: Vec<u32>,
    refused: BTreeMap<ObjectId, Error>,
    skipped: BTreeMap<ObjectId, String>,
}

pub(super) fn order(facts: &Facts, rules: &Rules<'_>, drafts: &Drafts) -> Ordered {
    let mut ordered = Ordered::default();
    let edges = edges(facts, rules, &mut ordered);
    let keys = Keys::of(drafts, &edges);
    let wired: Vec<graph::Edge<Key<'_>>> = edges.iter().map(|edge| keys.wire(edge)).collect();
    match graph::order(keys.wanted(), &wired, &graph::Limits::default()) {
        Ok(order) => {
            read(&order, &mut ordered, drafts.len());
            hold_back(&order, drafts, &mut ordered);
            let is_followed = keys.followed(&edges, &order);
            ordered.edges = edges
                .into_iter()
                .zip(is_followed)
                .filter_map(|(edge, follow)| follow.then_some(edge))
                .collect();
        }
        Err(over) => {
            let error = Error::new(ErrorKind::Limit, "too many objects to order").caused_by(over);
            ordered.problems.push(error.clone());
            ordered.refused = drafts.keys().map(|id| (id.clone(), error.clone())).collect();
        }
    }
    ordered
}

/// An object by its place among those wanted: keys are compared as numbers. Objects that are not wanted have places behind.
#[derive(Clone, Copy, Debug)]
struct Key<'a> {
    place: usize,
    id: &'a ObjectId,
}

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl Eq for Key<'_> {}

impl PartialOrd for Key<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place.cmp(&other.place)
    }
}

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.place.hash(state);
    }
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

/// The keys of the wanted objects, in the order of their identities, and of others that edges name.
struct Keys<'a> {
    keys: Vec<Key<'a>>,
    places: HashMap<&'a ObjectId, usize>,
    wanted: usize,
}

impl<'a> Keys<'a> {
    fn of(drafts: &'a Drafts, edges: &'a [Edge]) -> Self {
        let mut places: HashMap<&ObjectId, usize> = drafts.keys().zip(0..).collect();
        let named = edges.iter().flat_map(|edge| [&edge.before, &edge.after]).filter_map(id_of);
        let others: BTreeSet<&ObjectId> = named.filter(|id| !places.contains_key(id)).collect();
        let wanted = places.len();
        places.extend(others.iter().copied().zip(wanted..));
        let keys = drafts.keys().chain(others).enumerate().map(|(place, id)| Key { place, id }).collect();
        Self { keys, places, wanted }
    }

    fn wanted(&self) -> &[Key<'a>] {
        &self.keys[..self.wanted]
    }

    fn node(&self, node: &Node) -> graph::Node<Key<'a>> {
        match node {
            // Every object that an edge names has a place.
            Node::Object(id) => graph::Node::Key(self.keys[self.places[id]]),
            Node::Barrier(name) => graph::Node::Barrier(name.clone().into()),
        }
    }

    fn wire(&self, edge: &Edge) -> graph::Edge<Key<'a>> {
        graph::Edge {
            before: self.node(&edge.before),
            after: self.node(&edge.after),
            gate: if edge.gate == Gate::Healthy { graph::Gate::Healthy } else { graph::Gate::Applied },
            weak: edge.weak,
            why: edge.why.clone().into(),
        }
    }

    /// Says of each edge whether it is left to follow once weak edges have yielded and unknown objects are out. Of edges with the
    /// same ends the graph names one; a firm one never yields because of a weak one beside it.
    fn followed(&self, edges: &[Edge], order: &graph::Order<Key<'a>>) -> Vec<bool> {
        let yielded: BTreeSet<_> = order.yielded().iter().map(|edge| (&edge.before, &edge.after)).collect();
        let known = |node: &Node| id_of(node).is_none_or(|id| self.places[id] < self.wanted);
        let yields = |edge: &Edge| {
            !yielded.is_empty() && yielded.contains(&(&self.node(&edge.before), &self.node(&edge.after)))
        };
        edges
            .iter()
            .map(|edge| known(&edge.before) && known(&edge.after) && !(edge.weak && yields(edge)))
            .collect()
    }
}

fn id_of(node: &Node) -> Option<&ObjectId> {
    match node {
        Node::Object(id) => Some(id),
        Node::Barrier(_) => None,
    }
}

/// Writes the order into the drafts.
pub(super) fn settle(ordered: &Ordered, drafts: &mut Drafts) {
    let stages = ordered.stages.iter().copied().chain(std::iter::repeat(0));
    for ((id, action), stage) in drafts.iter_mut().zip(stages) {
        action.stage = stage;
        action.owned.rank = stage;
        let can_be_written = !matches!(action.verb, Verb::Refuse { .. });
        if let Some(error) = ordered.refused.get(id).filter(|_| can_be_written) {
            action.verb = Verb::Refuse { error: error.clone() };
        } else if let Some(why) = ordered.skipped.get(id).filter(|_| action.verb.writes()) {
            action.verb = Verb::Skip { why: why.as_str().into() };
        }
    }
}

fn edges(facts: &Facts, rules: &Rules<'_>, ordered: &mut Ordered) -> Vec<Edge> {
    let items: Vec<Item> = facts.wanted.iter().map(|wanted| wanted.item.clone()).collect();
    let mut edges = Vec::new();
    for rule in rules.order {
        match rule.edges(&items) {
            Ok(more) => edges.extend(more),
            Err(error) => ordered.problems.push(error),
        }
    }
    edges.extend(facts.wanted.iter().filter_map(kind_exists));
    edges.extend(facts.predictions.iter().flatten().filter_map(|(id, prediction)| deferred(id, prediction)));
    edges.extend(asked_for(&items));
    if facts.delete_all {
        // What is no hook is there: it was applied before, and goes later.
        let wanted: BTreeSet<&ObjectId> = items.iter().map(Item::id).collect();
        let is_left = |node: &Node| matches!(node, Node::Object(id) if !wanted.contains(id));
        edges.retain(|edge| !is_left(&edge.before) && !is_left(&edge.after));
    }
    // Where all have one turn there is nothing to lift, and nothing between turns.
    if items.iter().map(turn).any(|one| one != turn(&items[0])) {
        edges.extend(turns(&lifted(&items, &edges), facts.delete_all));
    }
    edges.sort();
    edges.dedup();
    edges
}

fn kind_exists(wanted: &Wanted) -> Option<Edge> {
    let after = Node::Object(wanted.item.id().clone());
    wanted.until.clone().map(|until| Edge::new(until, after, Gate::Healthy, "its kind is defined here"))
}

fn deferred(id: &ObjectId, prediction: &Prediction) -> Option<Edge> {
    let Prediction::Deferred { until, .. } = prediction else { return None };
    let after = Node::Object(id.clone());
    Some(Edge::new(until.clone(), after, Gate::Healthy, "what it needs is made here"))
}

fn asked_for(items: &[Item]) -> impl Iterator<Item = Edge> + '_ {
    items.iter().flat_map(|item| {
        item.directives.after.iter().map(|before| {
            let (before, after) = (Node::Object(before.clone()), Node::Object(item.id().clone()));
            Edge::new(before, after, Gate::Healthy, "asked for")
        })
    })
}

/// When an object has its turn: its phase, its wave, and its weight among the hooks of that wave.
type Turn = (Phase, i32, i32);

fn turn(item: &Item) -> Turn {
    let wave = item.directives.wave;
    item.directives.hook.map_or((Phase::Main, wave, 0), |hook| (hook.phase, wave, hook.weight))
}

/// The turn of each object: the one it asked for, or an earlier one if something of that turn needs it. A namespace goes
/// with the first turn that has an object in it, though it says nothing of waves itself.
fn lifted(items: &[Item], edges: &[Edge]) -> BTreeMap<ObjectId, Turn> {
    let mut turns: BTreeMap<ObjectId, Turn> =
        items.iter().map(|item| (item.id().clone(), turn(item))).collect();
    let mut needs: BTreeMap<&ObjectId, Vec<&ObjectId>> = BTreeMap::new();
    for edge in edges.iter().filter(|edge| !edge.weak) {
        if let (Node::Object(before), Node::Object(after)) = (&edge.before, &edge.after) {
            needs.entry(after).or_default().push(before);
        }
    }
    // From the earliest turn on: what a node is moved to then stays, and each is looked at once.
    let mut next: BinaryHeap<Reverse<(Turn, &ObjectId)>> =
        needs.keys().filter_map(|id| Some(Reverse((*turns.get(*id)?, *id)))).collect();
    while let Some(Reverse((turn, after))) = next.pop() {
        // Out of date where it was moved since.
        if turns.get(after) != Some(&turn) {
            continue;
        }
        for before in needs.remove(after).unwrap_or_default() {
            if let Some(late) = turns.get_mut(before).filter(|late| **late > turn) {
                *late = turn;
                next.push(Reverse((turn, before)));
            }
        }
    }
    turns
}

/// All of a turn are healthy before any of the next begins; a barrier between two turns, not pairs.
fn turns(of: &BTreeMap<ObjectId, Turn>, delete_all: bool) -> Vec<Edge> {
    let is_ordered = |turn: &Turn| is_ordered(turn.0, delete_all);
    let all: BTreeSet<Turn> = of.values().copied().filter(is_ordered).collect();
    let next: BTreeMap<Turn, Turn> = all.iter().copied().zip(all.iter().copied().skip(1)).collect();
    let before: BTreeMap<Turn, Turn> = next.iter().map(|(turn, next)| (*next, *turn)).collect();
    let done = |turn: Turn| Node::Barrier(format!("{} is healthy", name(turn)).into());
    let mut edges = Vec::new();
    for (id, turn) in of {
        let (turn, node) = (*turn, Node::Object(id.clone()));
        if next.contains_key(&turn) {
            edges.push(Edge::new(node.clone(), done(turn), Gate::Healthy, name(turn)));
        }
        if let Some(earlier) = before.get(&turn) {
            edges.push(Edge::new(done(*earlier), node, Gate::Healthy, name(turn)));
        }
    }
    edges
}

/// Hooks that run when something has failed, or at another time, stand outside of the order.
const fn is_ordered(phase: Phase, delete_all: bool) -> bool {
    match phase {
        Phase::Before | Phase::Main | Phase::After => !delete_all,
        phase => phase.is_of_deletion() && delete_all,
    }
}

/// The objects that hooks after the deletion of the unit need, such as their namespace: they go after these have run.
pub(super) fn needed_after_deletion(facts: &Facts, rules: &Rules<'_>) -> BTreeSet<ObjectId> {
    let is_last = |item: &&Item| item.directives.hook.is_some_and(|hook| hook.phase == Phase::AfterDelete);
    let hooks = || facts.wanted.iter().map(|wanted| &wanted.item);
    let mut open: Vec<ObjectId> = hooks().filter(is_last).map(|item| item.id().clone()).collect();
    if !facts.delete_all || open.is_empty() {
        return BTreeSet::new();
    }
    let items: Vec<Item> = facts.beside_hooks.iter().chain(hooks()).cloned().collect();
    // A rule that fails is told where the hooks are ordered.
    let mut edges: Vec<Edge> =
        rules.order.iter().filter_map(|rule| rule.edges(&items).ok()).flatten().collect();
    edges.extend(asked_for(&items));
    let mut needs: BTreeMap<ObjectId, Vec<ObjectId>> = BTreeMap::new();
    for edge in edges.into_iter().filter(|edge| !edge.weak) {
        if let (Node::Object(before), Node::Object(after)) = (edge.before, edge.after) {
            needs.entry(after).or_default().push(before);
        }
    }
    let mut needed = BTreeSet::new();
    while let Some(after) = open.pop() {
        for before in needs.remove(&after).unwrap_or_default() {
            needed.insert(before.clone());
            open.push(before);
        }
    }
    needed
}

fn name((phase, wave, weight): Turn) -> String {
    match (phase, weight) {
        (Phase::Main, 0) => format!("wave {wave}"),
        (phase, 0) => format!("phase {}, wave {wave}", phase.name()),
        (phase, weight) => format!("phase {}, wave {wave}, weight {weight}", phase.name()),
    }
}

fn read(order: &graph::Order<Key<'_>>, ordered: &mut Ordered, wanted: usize) {
    ordered.stages = vec![0; wanted];
    for (stage, keys) in (0..).zip(order.stages()) {
        keys.into_iter().for_each(|key| ordered.stages[key.place] = stage);
    }
    for cycle in order.cycles() {
        let path: Vec<String> = cycle.path.iter().map(ToString::to_string).collect();
        let error = Error::new(ErrorKind::Invalid, "the objects wait for one another")
            .with("cycle", path.join(" -> "))
            .with_help("remove one of these dependencies");
        for key in cycle.members.iter().filter_map(graph::Node::key) {
            ordered.refused.insert(key.id.clone(), error.clone());
        }
    }
    for dangling in order.dangling() {
        let error = Error::new(ErrorKind::NotFound, "depends on an object that is not in this unit")
            .with("dependency", dangling.missing)
            .with("why", &dangling.edge.why)
            .with_help("add the object to this unit, or correct the name: Kind.group/namespace/name");
        match dangling.edge.after.key().filter(|_| !dangling.edge.weak) {
            Some(key) if *key != dangling.missing => {
                ordered.refused.entry(key.id.clone()).or_insert(error);
            }
            _ if dangling.edge.weak => {}
            _ => ordered.warnings.push(Warning::new(error.to_string())),
        }
    }
}

/// Walks the order as if everything that can be written were, to see what is held back by what cannot.
fn hold_back(order: &graph::Order<Key<'_>>, drafts: &Drafts, ordered: &mut Ordered) {
    let is_refused = |action: &Action| matches!(action.verb, Verb::Refuse { .. }) && !action.is_there;
    if ordered.refused.is_empty() && !drafts.values().any(is_refused) {
        return;
    }
    let mut run = order.run();
    while let Some(key) = run.take() {
        let refused = ordered.refused.contains_key(key.id) || drafts.get(key.id).is_some_and(is_refused);
        let step = if refused { run.failed(&key).map(drop) } else { run.done(&key, graph::Gate::Healthy) };
        if let Err(misstep) = step {
            let error = Error::new(ErrorKind::Internal, "the order was left").with("misstep", misstep);
            ordered.problems.push(error);
            return;
        }
    }
    for blocked in run.blocked() {
        if !ordered.refused.contains_key(blocked.key.id) {
            ordered.skipped.insert(
                blocked.key.id.clone(),
                format!("depends on {}, which cannot be written", blocked.by),
            );
        }
    }
}
