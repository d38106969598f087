//! What an order says: stages, ranks, and what stood in the way.

mod text;

use text::{arrow, ordered, parse, render};
use windlass_graph::{Limits, Node, order};

#[track_caller]
fn check(graph: &str, expected: &str) {
    assert_eq!(render(&ordered(graph)), expected, "{graph}");
}

#[test]
fn nothing_has_no_stage() {
    check("", "");
}

#[test]
fn stages_follow_edges_and_sort_their_keys() {
    check("a -> b -> c | d", "a d\nb\nc");
    check("z -> a | y -> a | b", "b y z\na");
}

#[test]
fn a_key_stands_as_high_as_it_can() {
    check("a -> b -> c -> d | a -> d | x -> d", "a x\nb\nc\nd");
}

#[test]
fn gates_do_not_change_stages() {
    check("a => b -> c", "a\nb\nc");
}

#[test]
fn barriers_are_transparent() {
    check("a -> [x] -> b | c -> [x] -> d", "a c\nb d");
    check("a -> [x] -> [y] -> b", "a\nb");
    check("[x] -> a | b -> [y]", "a b");
}

#[test]
fn a_weak_edge_orders_where_it_closes_no_circle() {
    check("b ~> a", "b\na");
}

#[test]
fn a_weak_edge_yields_to_a_hard_one() {
    check("a -> b ~> a", "a\nb\nyielded: b ~> a");
}

#[test]
fn all_weak_edges_of_a_part_yield_in_the_order_of_their_keys() {
    check("c ~> a ~> b ~~> c | c ~> d", "a b c\nd\nyielded: a ~> b\nyielded: b ~~> c\nyielded: c ~> a");
}

#[test]
fn a_weak_edge_yields_through_a_barrier() {
    check("a -> [x] -> b ~> a", "a\nb\nyielded: b ~> a");
    check("a ~> [x] -> b -> a", "b\na\nyielded: a ~> [x]");
}

#[test]
fn a_weak_edge_to_itself_yields() {
    check("a ~> a", "a\nyielded: a ~> a");
}

#[test]
fn weak_edges_behind_a_cycle_order_and_do_not_hold_back() {
    check("a -> b -> a | b -> c ~> d", "c\nd\ncycle: a b a; members a b\nblocked: c by b");
}

#[test]
fn a_cycle_isolates_its_members() {
    check("a -> b -> c -> a | d -> e", "d\ne\ncycle: a b c a; members a b c");
}

#[test]
fn a_cycle_names_its_shortest_path_and_all_members() {
    check("a -> b -> c -> d -> a | c -> a", "cycle: a b c a; members a b c d");
    check("b -> c -> b | a -> b -> a", "cycle: a b a; members a b c");
}

#[test]
fn a_cycle_names_the_reason_of_each_step() {
    let order = ordered("a -> b => a");
    assert_eq!(order.cycles()[0].to_string(), "cycle (path=a -> b -> a, why=a->b; b=>a)");
}

#[test]
fn each_circle_is_a_cycle_of_its_own() {
    check("d -> c -> d | a -> b -> a -> c", "cycle: a b a; members a b\ncycle: c d c; members c d");
}

#[test]
fn an_edge_to_itself_is_a_cycle_of_one() {
    check("a -> a | b", "b\ncycle: a a; members a");
}

#[test]
fn weak_edges_yield_before_cycles_are_found() {
    check("a -> b -> a | b ~> c -> a", "c\nyielded: b ~> c\ncycle: a b a; members a b");
}

#[test]
fn a_cycle_may_go_through_barriers() {
    check("a -> [x] -> b -> a", "cycle: a [x] b a; members a b [x]");
    check("[x] -> [y] -> [x] | [y] -> a | b", "a b\ncycle: [x] [y] [x]; members [x] [y]\nblocked: a by [y]");
}

#[test]
fn what_depends_on_a_cycle_is_blocked_by_it_and_keeps_its_rank() {
    check(
        "a -> b -> a | b -> c -> d | a -> d | e -> d",
        "c e\nd\ncycle: a b a; members a b\nblocked: c by b\nblocked: d by a",
    );
}

#[test]
fn what_several_cycles_block_names_the_smallest_member_next_to_it() {
    let cycles = "cycle: a d a; members a d\ncycle: b c b; members b c";
    check("a -> d -> a | b -> c -> b | d -> x | b -> x", &format!("x\n{cycles}\nblocked: x by b"));
}

#[test]
fn what_a_cycle_depends_on_is_not_blocked() {
    check("x -> a -> b -> a", "x\ncycle: a b a; members a b");
}

#[test]
fn a_cycle_blocks_through_barriers() {
    check("a -> a -> [x] => b", "b\ncycle: a a; members a\nblocked: b by a");
}

#[test]
fn an_edge_to_an_unknown_key_dangles_and_orders_nothing() {
    check("b -> ghost? -> a", "a b\ndangling: ghost in b -> ghost\ndangling: ghost in ghost -> a");
}

#[test]
fn an_edge_between_unknown_keys_dangles_once_for_each() {
    check("v? ~> u?", "dangling: u in v ~> u\ndangling: v in v ~> u");
    check("u? -> u?", "dangling: u in u -> u");
    check("[x] -> u?", "dangling: u in [x] -> u");
}

#[test]
fn repeated_keys_and_edges_are_harmless() {
    check("a -> b | a -> b | b | a | c? -> a | c? -> a", "a\nb\ndangling: c in c -> a");
}

#[test]
fn hard_wins_over_weak() {
    check("a ~> b | a -> b -> a", "cycle: a b a; members a b");
}

#[test]
fn the_strongest_of_a_pair_is_what_counts() {
    let joined =
        |graph: &str| ordered(graph).before(&Node::Key("b".into())).iter().map(arrow).collect::<Vec<_>>();
    assert_eq!(joined("a -> b | a => b"), ["a => b"], "healthy wins over applied");
    assert_eq!(joined("a ~~> b | a -> b"), ["a => b"], "both win, though no single edge had both");
    assert_eq!(joined("a ~> b | a ~> b"), ["a ~> b"], "weak stays weak");
}

#[test]
fn edges_of_a_node_are_listed_without_looking_through_barriers() {
    let order = ordered("a -> [x] => b | c -> b");
    let list = |edges: Vec<_>| edges.iter().map(arrow).collect::<Vec<_>>().join(", ");
    assert_eq!(list(order.before(&Node::Key("b".into()))), "c -> b, [x] => b");
    assert_eq!(list(order.before(&Node::barrier("x"))), "a -> [x]");
    assert_eq!(list(order.after(&Node::Key("a".into()))), "a -> [x]");
    assert_eq!(list(order.after(&Node::barrier("nobody"))), "");
}

#[test]
fn ranks_are_the_numbers_of_stages() {
    let order = ordered("a -> [x] -> b -> c | d -> d -> e");
    let ranks = ["a", "b", "c", "d", "e", "nobody"].map(|key| order.rank(&key.to_string()));
    assert_eq!(ranks, [Some(0), Some(1), Some(2), None, Some(0), None]);
}

#[test]
fn reverse_puts_dependents_first() {
    assert_eq!(render(&ordered("a -> b -> c | a -> [x] -> d").reverse()), "c d\nb\na");
}

#[test]
fn reverse_reports_problems_as_they_were_given() {
    let order = ordered("a -> b -> a | z -> a | b -> y | c -> d ~> c | c -> u?").reverse();
    let problems = "yielded: d ~> c\ncycle: a b a; members a b\nblocked: z by a\ndangling: u in c -> u";
    assert_eq!(render(&order), format!("d y z\nc\n{problems}"));
}

#[test]
fn reversed_twice_is_the_same_order() {
    let order = ordered("a -> b -> a | z => a | b -> [x] -> y ~> q | c -> d ~> c");
    assert_eq!(order.reverse().reverse(), order);
}

#[test]
fn too_many_nodes_are_refused() {
    let (keys, edges) = parse("a -> [x] -> b");
    let limits = |max| Limits::default().with_nodes_max(max);
    let message = |max| order(&keys, &edges, &limits(max)).expect_err("over the limit").to_string();
    assert!(order(&keys, &edges, &limits(3)).is_ok(), "two keys and a barrier are three nodes");
    assert_eq!(message(2), "too many nodes (nodes_max=2, found=3)");
    assert_eq!(message(1), "too many nodes (nodes_max=1, found=2)");
}

#[test]
fn too_many_edges_are_refused() {
    let (keys, edges) = parse("a -> b | a -> b");
    let limits = |max| Limits::default().with_edges_max(max);
    assert!(order(&keys, &edges, &limits(2)).is_ok(), "two edges are not more than two");
    let refused = order(&keys, &edges, &limits(1)).expect_err("repeated edges count");
    assert_eq!(refused.to_string(), "too many edges (edges_max=1, found=2)");
}
