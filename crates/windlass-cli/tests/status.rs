//! How `status` ends: with 1 if anything is wrong.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use support::{WEB, World};

const LIVE: &str = "live/shop/ConfigMap/web.yaml";

/// What `status` says of the one object, and how it ends, after something happened to it.
fn status(happens: impl FnOnce(&World)) -> (String, Option<i32>) {
    let mut world = World::new();
    world.good("apply -f unit.yaml");
    happens(&world);
    let said = world.run("status -f unit.yaml");
    let line = said.stdout.lines().nth(1).unwrap_or_default();
    (line.trim_start_matches("ConfigMap/shop/web  ").to_owned(), said.code)
}

#[test]
fn what_is_in_sync_or_drifted_is_not_wrong() {
    assert_eq!(status(|_| ()), ("in sync".into(), Some(0)));
    assert_eq!(status(|world| world.put(LIVE, &WEB.replace("hello", "hi"))), ("drifted".into(), Some(0)));
}

#[test]
fn what_is_missing_is_wrong() {
    assert_eq!(status(|world| world.remove(LIVE)), ("missing".into(), Some(1)));
}

#[test]
fn what_is_not_ours_any_more_is_wrong() {
    let marks = |world: &World| {
        world.remove("live/.windlass/marks");
    };
    assert_eq!(status(marks), ("not ours any more".into(), Some(1)));
}

#[test]
fn what_cannot_be_looked_at_is_wrong() {
    let (line, code) = status(|world| world.put(LIVE, "metadata: {name: web\n"));
    assert!(line.starts_with("unknown: "), "{line}");
    assert_eq!(code, Some(1));
}
