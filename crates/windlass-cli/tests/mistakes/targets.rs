//! Mistakes about folders as targets.

use std::io::{BufRead, BufReader};

use crate::Mistake;
use crate::support::{UNIT, config_map};

pub(crate) const ALL: &[Mistake] = &[
    ("a target that is a file", |world| {
        world.put("live", "not a folder");
        world.run("plan -f unit.yaml");
    }),
    ("a target below a file", |world| {
        world.run("apply -f unit.yaml --target-dir unit.yaml/live");
    }),
    ("a target in which something is in the way", |world| {
        world.put("live/shop", "not a folder");
        world.run("apply -f unit.yaml");
    }),
    ("a target that another process holds", |world| {
        // A unit of its own, so that it has no part in what is edited here.
        world.put("copy/other.yaml", &config_map("other", "1"));
        world.write("other.yaml", &UNIT.replace("name: shop", "name: store").replace("./deploy", "./copy"));
        let child = world.start("run -f other.yaml -o json");
        let mut events = BufReader::new(child.stdout.take().unwrap()).lines();
        let is_finished = |line: String| line.contains(r#""event":"finished""#);
        assert!(events.by_ref().map_while(Result::ok).any(is_finished), "the other process makes a pass");
        world.run("apply -f unit.yaml");
        // Whoever tells nobody ends: the other process has to be heard until here.
        drop(events);
    }),
    ("a file of the target that was broken by hand", |world| {
        world.good("apply -f unit.yaml");
        world
            .write("live/shop/ConfigMap/web.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web\n");
        world.run("plan -f unit.yaml");
    }),
    ("an object of another unit", |world| {
        world.good("apply -f unit.yaml");
        world.put("copy/web.yaml", &config_map("web", "2"));
        world.write("other.yaml", &UNIT.replace("name: shop", "name: store").replace("./deploy", "./copy"));
        world.run("apply -f other.yaml");
    }),
    ("a state that was damaged by hand", |world| {
        world.good("apply -f unit.yaml");
        world.put("live/.windlass/state/shop.json", "{");
        world.run("status -f unit.yaml");
    }),
    ("everything is gone from the source", |world| {
        world.good("apply -f unit.yaml");
        world.remove("deploy/web.yaml");
        world.run("apply -f unit.yaml");
    }),
    ("most is gone from the source", |world| {
        for at in 0..12 {
            world.put(&format!("deploy/c{at}.yaml"), &config_map(&format!("c{at}"), "1"));
        }
        world.good("apply -f unit.yaml");
        for at in 0..12 {
            world.remove(&format!("deploy/c{at}.yaml"));
        }
        world.run("apply -f unit.yaml");
    }),
];
