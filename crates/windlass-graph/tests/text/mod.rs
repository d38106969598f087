//! Graphs, orders and runs as text a person can read.
//!
//! A graph is a list of chains between bars: `a -> b => [x] ~> c | d`. Arrows: `->` applied, `=>` healthy, `~>` weak
//! and applied, `~~>` weak and healthy. `[x]` is a barrier, `x?` a key that is not in the set. The reason of an edge
//! is its text, such as `a->b`.
#![allow(dead_code, reason = "each test program uses its part")]

use windlass_graph::{Blocked, Edge, Gate, Limits, Node, Order, Run, order};

/// Keys and edges of a graph in text.
pub(crate) fn parse(text: &str) -> (Vec<String>, Vec<Edge<String>>) {
    let (mut keys, mut edges) = (Vec::new(), Vec::new());
    for chain in text.split('|') {
        let words: Vec<&str> = chain.split_whitespace().collect();
        keys.extend(words.iter().step_by(2).filter(|word| is_known_key(word)).map(ToString::to_string));
        edges.extend(words.windows(3).step_by(2).map(|step| edge(step[0], step[1], step[2])));
    }
    (keys, edges)
}

/// The order of a graph in text.
pub(crate) fn ordered(text: &str) -> Order<String> {
    let (keys, edges) = parse(text);
    order(&keys, &edges, &Limits::default()).expect("a test graph is small")
}

/// Stages, one a line, and whatever stood in the way.
pub(crate) fn render(order: &Order<String>) -> String {
    let mut lines: Vec<String> = order.stages().iter().map(|stage| stage.join(" ")).collect();
    lines.extend(order.yielded().iter().map(|edge| format!("yielded: {}", arrow(edge))));
    lines.extend(
        order
            .cycles()
            .iter()
            .map(|cycle| format!("cycle: {}; members {}", nodes(&cycle.path), nodes(&cycle.members))),
    );
    lines.extend(order.blocked().iter().map(|blocked| format!("blocked: {}", held(blocked))));
    lines.extend(
        order.dangling().iter().map(|loose| format!("dangling: {} in {}", loose.missing, arrow(&loose.edge))),
    );
    lines.join("\n")
}

/// Carries out steps such as `a+` (applied), `a++` (healthy), `a!` (failed), and says after each what is ready and
/// what it blocked.
pub(crate) fn play(run: &mut Run<String>, steps: &str) -> String {
    let mut lines = vec![format!("ready {}", ready(run))];
    lines.extend(steps.split_whitespace().map(|word| step(run, word)));
    lines.join("\n")
}

/// Keys that may start.
pub(crate) fn ready(run: &Run<String>) -> String {
    run.ready().map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn step(run: &mut Run<String>, word: &str) -> String {
    let key = word.trim_end_matches(['+', '!']).to_string();
    let outcome = match &word[key.len()..] {
        "+" => run.done(&key, Gate::Applied).map(|()| Vec::new()),
        "++" => run.done(&key, Gate::Healthy).map(|()| Vec::new()),
        _ => run.failed(&key),
    };
    match outcome {
        Err(misstep) => format!("{word}: {misstep}"),
        Ok(blocked) if blocked.is_empty() => format!("{word}: ready {}", ready(run)),
        Ok(blocked) => format!(
            "{word}: ready {}; blocked {}",
            ready(run),
            blocked.iter().map(held).collect::<Vec<_>>().join(", ")
        ),
    }
}

fn is_known_key(word: &str) -> bool {
    !word.starts_with('[') && !word.ends_with('?')
}

fn node(word: &str) -> Node<String> {
    match word.strip_prefix('[') {
        Some(name) => Node::barrier(name.trim_end_matches(']')),
        None => Node::Key(word.trim_end_matches('?').to_string()),
    }
}

fn edge(before: &str, arrow: &str, after: &str) -> Edge<String> {
    Edge {
        before: node(before),
        after: node(after),
        gate: if matches!(arrow, "=>" | "~~>") { Gate::Healthy } else { Gate::Applied },
        weak: arrow.starts_with('~'),
        why: format!("{before}{arrow}{after}").into(),
    }
}

/// An edge as it would be written in a graph.
pub(crate) fn arrow(edge: &Edge<String>) -> String {
    let arrow = match (edge.weak, edge.gate) {
        (false, Gate::Applied) => "->",
        (false, Gate::Healthy) => "=>",
        (true, Gate::Applied) => "~>",
        (true, Gate::Healthy) => "~~>",
    };
    format!("{} {arrow} {}", edge.before, edge.after)
}

fn nodes(nodes: &[Node<String>]) -> String {
    nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn held(blocked: &Blocked<String>) -> String {
    format!("{} by {}", blocked.key, blocked.by)
}
