//! A run that nobody reads: it goes on, and ends when it is told to.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader};
use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};
use support::{World, config_map};

fn terminate(child: &Child) {
    kill_process(Pid::from_child(child), Signal::TERM).unwrap();
}

/// A unit of which each pass says more than a pipe holds, with an object that cannot be written.
fn talkative() -> World {
    let world = World::new();
    let long = "x".repeat(180);
    for at in 0..400 {
        world.put(&format!("deploy/{at}.yaml"), &config_map(&format!("{long}{at}"), "1"));
    }
    world.put("deploy/blocked.yaml", &config_map("blocked", "1").replace("shop", "taken"));
    world.put("live/taken", "not a folder");
    world
}

#[test]
fn a_run_that_nobody_reads_goes_on_and_ends_at_the_first_signal() {
    let mut world = talkative();
    let child = world.start("run -f unit.yaml -o json");
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let mut told = stderr.lines().map_while(Result::ok);
    assert!(told.any(|line| line.contains("taken")), "the pass ends, and tells what it could not write");
    terminate(child);
    assert_eq!(child.wait().unwrap().code(), Some(0), "a clean stop");
}

#[test]
fn a_run_of_which_nobody_reads_anything_ends_too() {
    let mut world = talkative();
    let child = world.start("run -f unit.yaml --verbose");
    // Its words begin: after them nothing is read any more.
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut String::new()).unwrap();
    terminate(child);
    terminate(child);
    assert!(matches!(child.wait().unwrap().code(), Some(0 | 130)));
}

#[test]
fn a_unit_that_waits_says_once_for_what_and_goes_on_when_that_is_well() {
    let mut world = World::new();
    let of = |name: &str, after: &str| {
        let spec = format!(
            "  source: {{dir: ../{name}}}\n  target: {{dir: ../live}}\n  interval: 1s\n  dependsOn: [{after}]\n"
        );
        support::unit(name, &spec)
    };
    world.put("units/a.yaml", &of("database", ""));
    world.put("units/b.yaml", &of("shop", "database"));
    world.put("database/it.yaml", "kind: ConfigMap\n");
    world.put("shop/it.yaml", &config_map("shop", "1"));
    let mended = world.path("database/it.yaml");
    let child = world.start("run -f units --verbose");
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut seen = Vec::new();
    let mut until = |words: &str| {
        for line in lines.by_ref() {
            seen.push(line);
            if seen.last().unwrap().contains(words) {
                return;
            }
        }
        panic!("never saw {words}: {seen:#?}");
    };
    until("shop: waits for `database`");
    std::fs::write(mended, config_map("database", "1")).unwrap();
    until("database: created ConfigMap/shop/database");
    until("shop: created ConfigMap/shop/shop");
}
