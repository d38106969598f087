//! What a run says is ready, done and held back.

mod text;

use text::{arrow, ordered, play, ready};
use windlass_graph::{Gate, State};

#[track_caller]
fn check(graph: &str, steps: &str, expected: &str) {
    let played = play(&mut ordered(graph).run(), steps);
    assert_eq!(played, expected, "{graph}, {steps}");
}

#[test]
fn keys_without_predecessors_are_ready() {
    check("a -> b | c", "", "ready a c");
}

#[test]
fn a_key_is_ready_once_all_before_it_are_done() {
    check("a -> c | b -> c", "a+ b+", "ready a b\na+: ready b\nb+: ready c");
}

#[test]
fn an_applied_gate_opens_on_applied() {
    check("a -> b", "a+", "ready a\na+: ready b");
}

#[test]
fn a_healthy_gate_opens_on_healthy() {
    check("a => b", "a+ a++", "ready a\na+: ready \na++: ready b");
}

#[test]
fn healthy_implies_applied() {
    check("a -> b | a => c", "a++", "ready a\na++: ready b c");
    check("a -> b", "a++ a+", "ready a\na++: ready b\na+: ready b");
}

#[test]
fn a_report_given_twice_changes_nothing() {
    check(
        "a -> c | b -> c | b => d",
        "a+ a+ b+ b+",
        "ready a b\na+: ready b\na+: ready b\nb+: ready c\nb+: ready c",
    );
}

#[test]
fn a_barrier_opens_by_itself() {
    check("a -> [x] -> c | b -> [x] -> d", "a+ b+", "ready a b\na+: ready b\nb+: ready c d");
}

#[test]
fn a_barrier_with_nothing_before_it_is_open() {
    check("[x] => [y] -> a", "", "ready a");
}

#[test]
fn the_stricter_gate_counts_through_a_barrier() {
    check("a => [x] -> b", "a+ a++", "ready a\na+: ready \na++: ready b");
    check("a -> [x] => b", "a+ a++", "ready a\na+: ready \na++: ready b");
    check("a -> [x] -> b", "a+", "ready a\na+: ready b");
}

#[test]
fn one_barrier_serves_both_gates() {
    check(
        "a -> [x] -> b | c -> [x] => d",
        "a+ c++ a++",
        "ready a c\na+: ready c\nc++: ready b\na++: ready b d",
    );
}

#[test]
fn a_failure_holds_back_only_what_depends_on_it() {
    check("a -> b -> c | x -> y", "a! x+", "ready a x\na!: ready x; blocked b by a, c by a\nx+: ready y");
}

#[test]
fn a_weak_edge_waits_for_success_or_failure_and_holds_nothing_back() {
    check("a ~> b -> c | a -> d", "a! b+", "ready a\na!: ready b; blocked d by a\nb+: ready c");
}

#[test]
fn a_barrier_of_weak_edges_opens_when_all_before_it_are_done_or_failed() {
    check(
        "a ~> [x] ~> c | b ~> [x] | a -> e ~> [x]",
        "a! b+",
        "ready a b\na!: ready b; blocked e by a\nb+: ready c",
    );
}

#[test]
fn a_failure_holds_back_through_barriers() {
    check(
        "a -> [x] -> [y] -> b | c -> [x] | c -> d",
        "a! c+",
        "ready a c\na!: ready c; blocked b by a\nc+: ready d",
    );
}

#[test]
fn a_failure_after_applied_holds_back_what_waits_for_health() {
    check(
        "a -> b | a => c -> d",
        "a+ a! b+",
        "ready a\na+: ready b\na!: ready b; blocked c by a, d by a\nb+: ready ",
    );
}

#[test]
fn a_barrier_passes_a_lost_health_on() {
    let graph = "a -> [x] -> b | a -> [x] => c | z -> [x]";
    let expected = "ready a z\na+: ready z\na!: ready z; blocked c by a\nz+: ready b";
    check(graph, "a+ a! z+", expected);
    check(
        graph,
        "a+ a! z!",
        "ready a z\na+: ready z\na!: ready z; blocked c by a\nz!: ready ; blocked b by z",
    );
}

#[test]
fn a_failure_after_healthy_holds_back_nothing() {
    check("a => b", "a++ a!", "ready a\na++: ready b\na!: ready b");
}

#[test]
fn the_first_failure_is_the_one_that_is_named() {
    check(
        "a -> c | b -> c -> d | b -> e",
        "b! a!",
        "ready a b\nb!: ready a; blocked c by b, d by b, e by b\na!: ready ",
    );
}

#[test]
fn a_key_out_of_turn_is_refused_and_changes_nothing() {
    let refused = "b+: key out of turn (key=\"b\", state=Waiting)";
    check("a -> b", "b+ a+", &format!("ready a\n{refused}\na+: ready b"));
    check("a", "a! a+", "ready a\na!: ready \na+: key out of turn (key=\"a\", state=Failed)");
    check(
        "a -> b",
        "a! b!",
        "ready a\na!: ready ; blocked b by a\nb!: key out of turn (key=\"b\", state=Blocked)",
    );
    check("a -> a", "a!", "ready \na!: key out of turn (key=\"a\", state=Cyclic)");
    check("a", "q+", "ready a\nq+: unknown key (key=\"q\")");
}

#[test]
fn keys_behind_a_cycle_are_held_back_from_the_start() {
    let run = ordered("a -> b -> a | b -> [x] -> c | d").run();
    let blocked: Vec<String> = run.blocked().iter().map(ToString::to_string).collect();
    assert_eq!(ready(&run), "d");
    assert_eq!(blocked, ["held back (key=c, by=b)"]);
    assert_eq!(run.state(&"a".to_string()), Some(State::Cyclic));
}

#[test]
fn a_taken_key_is_not_ready_any_more() {
    let mut run = ordered("b | a").run();
    assert_eq!(run.take().as_deref(), Some("a"));
    assert_eq!(ready(&run), "b");
    assert_eq!(run.state(&"a".to_string()), Some(State::Taken));
    assert_eq!(run.take().as_deref(), Some("b"));
    assert_eq!(run.take(), None);
}

#[test]
fn a_waiting_key_names_the_edges_that_are_shut() {
    let mut run = ordered("a => d | b -> d | c -> [x] -> d").run();
    run.done(&"a".to_string(), Gate::Applied).expect("a is ready");
    run.done(&"b".to_string(), Gate::Applied).expect("b is ready");
    let shut: Vec<String> = run.waits_for(&"d".to_string()).iter().map(arrow).collect();
    assert_eq!(shut, ["a => d", "[x] -> d"]);
}

#[test]
fn a_run_is_finished_when_nothing_waits_or_is_under_way() {
    let mut run = ordered("a -> b | c -> c -> d | e").run();
    let mut finished = Vec::new();
    for step in ["a+", "b+", "e!"] {
        finished.push(run.is_finished());
        play(&mut run, step);
    }
    assert_eq!(finished, [false, false, false]);
    assert!(run.is_finished(), "a and b are applied, c is cyclic, d blocked, e failed");
}

#[test]
fn a_clone_goes_its_own_way() {
    let mut run = ordered("a -> b").run();
    let other = run.clone();
    play(&mut run, "a+");
    assert_eq!((ready(&run).as_str(), ready(&other).as_str()), ("b", "a"));
}

#[test]
fn orders_and_runs_cross_threads() {
    fn crosses<T: Send + Sync + 'static>(_: &T) {}
    let order = ordered("a -> b");
    crosses(&order);
    crosses(&order.run());
}

#[test]
fn a_reversed_run_starts_with_the_dependents() {
    let mut run = ordered("a -> [x] => b -> c").reverse().run();
    assert_eq!(play(&mut run, "c++ b++"), "ready c\nc++: ready b\nb++: ready a");
}
