//! Watches that break, that stall and whose version is forgotten, and lists whose pages are.

use std::sync::Arc;
use std::time::Duration;

use crate::stage::{Stage, config_map, edit, secret, shown};
use crate::support::plane::kubectl_args;
use crate::support::proxy::{ALWAYS, Fault, Ill, Refusal, Rule};
use crate::support::running::{Run, WAIT_MAX, until};

const ALL_MAPS: &str = "/api/v1/configmaps?";
const TOO_OLD: Refusal = Refusal::new(410, "Expired", "too old resource version: 1 (9)");
const PAGE_GONE: Refusal = Refusal::new(
    410,
    "Expired",
    "The provided continue parameter is too old to display a consistent list result",
);

/// Two units of ConfigMaps and one of Secrets, all as wanted.
fn converged(name: &'static str) -> (Stage, Run) {
    let stage = Stage::new(name, &["one", "two", "secrets"]);
    stage.put("one", "a.yaml", &config_map("a", "1"));
    stage.put("two", "a.yaml", &config_map("a", "1"));
    stage.put("secrets", "s.yaml", &secret("s", "1"));
    let run = stage.converged(&["one", "two", "secrets"]);
    (stage, run)
}

/// Breaks the watch of ConfigMaps, and waits until the rule has met the next one.
fn break_watch(stage: &Stage, rule: &Arc<Rule>) {
    stage.proxy.harm_watches(ALL_MAPS, Ill::Broken);
    until("the watch is asked anew", WAIT_MAX, || (rule.hits() > 0).then_some(()));
}

/// What somebody did while nobody watched is put back, each once, and nothing else was written.
fn put_back(stage: &Stage, run: &mut Run) {
    let one = stage.unit("one");
    run.until(&format!("{one}: drifted ConfigMap/{one}/a"));
    stage.until_value("one", "a", "1");
    stage.until_ready(run, &["one", "two", "secrets"]);
    let written = |unit: &str| stage.proxy.written(&stage.unit(unit));
    assert_eq!(written("one"), ["PATCH configmaps/a", "PATCH configmaps/a"], "created and put back");
    assert_eq!(written("two"), ["PATCH configmaps/a"], "created");
    assert_eq!(written("secrets"), ["PATCH secrets/s"], "created");
    let drifts = run.log().iter().filter(|line| line.contains(": drifted ")).count();
    assert_eq!(drifts, 1, "nothing else has drifted:\n{}", run.log().join("\n"));
}

#[test]
fn a_watch_that_breaks_while_somebody_edits_misses_nothing() {
    let (stage, mut run) = converged("wbroken");
    let rule = stage.proxy.rule("WATCH", ALL_MAPS, 1, Fault::Cut);
    break_watch(&stage, &rule);
    edit(&stage.unit("one"), "a", "theirs");
    put_back(&stage, &mut run);
}

#[test]
fn a_watch_whose_version_is_forgotten_is_begun_with_a_new_list() {
    let (stage, mut run) = converged("wforgotten");
    let rule = stage.proxy.rule("WATCH", ALL_MAPS, 1, Fault::Told(TOO_OLD));
    edit(&stage.unit("one"), "a", "theirs");
    break_watch(&stage, &rule);
    put_back(&stage, &mut run);
}

#[test]
fn a_watch_that_is_refused_as_too_old_is_begun_with_a_new_list() {
    let (stage, mut run) = converged("wrefused");
    let rule = stage.proxy.rule("WATCH", ALL_MAPS, 2, Fault::Refused(TOO_OLD));
    break_watch(&stage, &rule);
    edit(&stage.unit("one"), "a", "theirs");
    put_back(&stage, &mut run);
}

#[test]
fn a_watch_that_cannot_be_had_is_told_for_its_kind_alone_and_what_it_missed_is_seen_when_it_can() {
    let (stage, mut run) = converged("wcut");
    let rule = stage.proxy.rule("WATCH", ALL_MAPS, ALWAYS, Fault::Cut);
    break_watch(&stage, &rule);
    for unit in ["one", "two"] {
        let unit = stage.unit(unit);
        let line = run.until_line("tells of the kind", |line| {
            line.starts_with(&format!("{unit}: ")) && line.contains("the connection broke")
        });
        assert!(line.contains("configmaps"), "{line}");
    }
    // Another kind is not affected, and what nobody could look at is neither written nor deleted.
    stage.put("secrets", "s.yaml", &secret("s", "2"));
    let secrets = stage.unit("secrets");
    run.until(&format!("{secrets}: changed Secret/{secrets}/s"));
    edit(&stage.unit("one"), "a", "theirs");
    assert_eq!(shown(&stage.unit("two"), "configmap/a", ".data.key"), "1");
    rule.end();
    let one = stage.unit("one");
    run.until(&format!("{one}: drifted ConfigMap/{one}/a"));
    stage.until_value("one", "a", "1");
    stage.until_ready(&run, &["one", "two", "secrets"]);
    assert_eq!(stage.proxy.written(&stage.unit("two")), ["PATCH configmaps/a"], "created, and that is all");
    assert_eq!(
        stage.proxy.written(&one),
        ["PATCH configmaps/a", "PATCH configmaps/a"],
        "created and put back"
    );
    let drifts = run.log().iter().filter(|line| line.contains(": drifted ")).count();
    assert_eq!(drifts, 1, "no false alarm:\n{}", run.log().join("\n"));
}

#[test]
fn an_object_that_was_deleted_while_nobody_watched_is_made_again_once() {
    let (stage, mut run) = converged("wgone");
    let rule = stage.proxy.rule("WATCH", ALL_MAPS, 1, Fault::Told(TOO_OLD));
    let one = stage.unit("one");
    break_watch(&stage, &rule);
    kubectl_args(&["delete", "configmap", "a", "--namespace", &one]);
    stage.until_value("one", "a", "1");
    stage.until_ready(&run, &["one", "two"]);
    assert_eq!(stage.proxy.written(&one), ["PATCH configmaps/a", "PATCH configmaps/a"], "created twice");
    assert_eq!(stage.proxy.written(&stage.unit("two")), ["PATCH configmaps/a"], "the other was not touched");
    let log = run.log().join("\n");
    assert!(!log.contains(": failed ") && !log.contains(": pass failed"), "{log}");
}

#[test]
fn a_list_whose_next_page_is_forgotten_is_begun_anew_and_complete() {
    let stage = Stage::new("wpages", &["one", "two"]);
    let names = ["a", "b", "c", "d", "e"];
    let all: Vec<String> = names.iter().map(|name| config_map(name, "1")).collect();
    ["one", "two"].iter().for_each(|unit| stage.put(unit, "all.yaml", &all.join("---\n")));
    drop(stage.converged(&["one", "two"]));
    let writes = stage.proxy.written(&stage.unit("one")).len();

    // A server without streaming lists, whose pages are short.
    let streaming = Refusal::new(422, "Invalid", "sendInitialEvents is forbidden for watch");
    stage.proxy.rule("WATCH", "sendInitialEvents", ALWAYS, Fault::Refused(streaming));
    let gone = stage.proxy.rule("GET", "continue=", 1, Fault::Refused(PAGE_GONE));
    let short = stage.proxy.rule("GET", "limit=500", ALWAYS, Fault::Rewritten("limit=500", "limit=3"));
    let mut run = stage.converged(&["one", "two"]);
    assert_eq!(gone.hits(), 1, "a page was gone:\n{}", stage.proxy.log());
    assert!(short.hits() > 1, "and there were several");
    assert_eq!(stage.proxy.written(&stage.unit("one")).len(), writes, "nothing was written");
    stage.calm(&mut run, &["one", "two"]);
}

#[test]
fn a_watch_that_stands_open_and_says_nothing_is_no_watch_for_long() {
    // The silence that is taken is a minute and a half: the clock of this one runs fast.
    let stage = super::fast::Fast::new("wsilent");
    stage.until_synced();
    let before = stage.proxy.asked("WATCH", ALL_MAPS);
    stage.proxy.harm_watches(ALL_MAPS, Ill::Silent);
    edit("wsilent", "a", "theirs");
    until("the watch is asked anew", WAIT_MAX, || {
        (stage.proxy.asked("WATCH", ALL_MAPS) > before).then_some(())
    });
    until("it is put back", Duration::from_secs(30), || {
        (shown("wsilent", "configmap/a", ".data.key") == "1").then_some(())
    });
    assert_eq!(
        stage.proxy.written("wsilent"),
        ["PATCH configmaps/a", "PATCH configmaps/a"],
        "created and put back"
    );
}
