//! A run on folders takes an edit at once, wherever it is made.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use support::{World, unit};

/// Shorter than any wait between two looks where nobody tells of changes, and far longer than it takes.
const AT_ONCE: Duration = Duration::from_secs(20);

#[test]
fn a_run_takes_an_edit_of_the_source_and_one_of_the_target_at_once() {
    let mut world = World::new();
    world.put(
        "unit.yaml",
        &unit("shop", "  source: {dir: ./deploy}\n  target: {dir: ./live}\n  interval: 1h\n"),
    );
    let (source, live) = (world.path("deploy/web.yaml"), world.path("live/shop/ConfigMap/web.yaml"));
    let child = world.start("run -f unit.yaml --verbose");
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut until = |words: &str| {
        let mut seen = Vec::new();
        for line in lines.by_ref() {
            seen.push(line);
            if seen.last().unwrap().contains(words) {
                return;
            }
        }
        panic!("never saw {words}: {seen:#?}");
    };
    until("created ConfigMap/shop/web");
    until("next pass in");
    let begun = Instant::now();
    std::fs::write(&source, support::WEB.replace("hello", "bonjour")).unwrap();
    until("changed ConfigMap/shop/web");
    until("next pass in");
    let repaired = std::fs::read_to_string(&live).unwrap();
    assert!(repaired.contains("bonjour"), "{repaired}");
    std::fs::write(&live, repaired.replace("bonjour", "by hand")).unwrap();
    until("changed ConfigMap/shop/web");
    std::fs::create_dir_all(source.with_file_name("new/est")).unwrap();
    std::fs::write(source.with_file_name("new/est/db.yaml"), support::config_map("db", "1")).unwrap();
    until("created ConfigMap/shop/db");
    assert!(begun.elapsed() < AT_ONCE, "it took {:?}", begun.elapsed());
    child.kill().unwrap();
}
