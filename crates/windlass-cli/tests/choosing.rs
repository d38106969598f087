//! Several units: which are meant, what flags do to them, and what they share.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use support::{World, unit};

#[test]
fn a_flag_reaches_only_the_units_that_are_meant() {
    let mut world = World::new();
    world.repository();
    world.put("units/a.yaml", &unit("a", "  source: {git: {url: ../fleet.git}}\n  target: {dir: ../live}\n"));
    world.put("units/b.yaml", &unit("b", "  source: {dir: ../deploy}\n  target: {dir: ../live}\n"));
    let said = world.good("plan -f units -u a --source-git-branch main");
    assert!(said.stdout.contains("main@sha1:"), "{}", said.stdout);
    let said = world.run("plan -f units --source-git-branch main");
    assert!(said.stderr.contains("--source-git-branch is about spec.source.git"), "{}", said.stderr);
    assert!(said.stderr.contains("path=units/b.yaml"), "it says which unit: {}", said.stderr);
    world.good("plan -f units --unit b --name c");
}

#[test]
fn units_share_a_folder_whichever_way_each_spells_it() {
    let mut world = World::new();
    let spellings = ["../live", "../units/../live", "../live/.", "./../live/"];
    for (at, live) in spellings.iter().enumerate() {
        world.put(&format!("d{at}/it.yaml"), &support::config_map(&format!("c{at}"), "1"));
        let spec = format!("  source: {{dir: ../d{at}}}\n  target: {{dir: \"{live}\"}}\n");
        world.put(&format!("units/{at}.yaml"), &unit(&format!("u{at}"), &spec));
    }
    let said = world.good("apply -f units");
    assert_eq!(said.stdout.matches(": 1 created").count(), spellings.len(), "{}", said.stdout);
}

#[test]
fn a_flag_switches_off_what_a_file_switches_on() {
    let mut world = World::new();
    world.put("unit.yaml", &format!("{}  pruneLimits: {{allowEmpty: true}}\n", support::UNIT));
    world.good("apply -f unit.yaml");
    world.remove("deploy/web.yaml");
    let said = world.run("plan -f unit.yaml --prune-allow-empty=false");
    assert!(said.stderr.contains("nothing was rendered"), "{}", said.stderr);
    world.put("deploy/old.yaml", &support::config_map("old", "1"));
    for off in ["--prune=false", "--no-prune"] {
        let said = world.good(&format!("plan -f unit.yaml {off}"));
        assert!(said.stdout.contains("pruning is off"), "{off}: {}", said.stdout);
    }
    for on in ["--prune", "--prune=true"] {
        assert!(world.good(&format!("plan -f unit.yaml {on}")).stdout.contains("- delete"), "{on}");
    }
}

#[test]
fn a_plan_knows_what_moves_between_folders_as_the_apply_does() {
    let mut world = World::new();
    for name in ["a", "b"] {
        world.put(&format!("{name}/stays.yaml"), &support::config_map(&format!("stays-{name}"), "1"));
        let spec = format!("  source: {{dir: ../{name}}}\n  target: {{dir: ../live}}\n");
        world.put(&format!("units/{name}.yaml"), &unit(name, &spec));
    }
    world.put("a/moves.yaml", &support::config_map("moves", "1"));
    world.good("apply -f units");
    world.remove("a/moves.yaml");
    world.put("b/moves.yaml", &support::config_map("moves", "1"));
    let plan = world.good("plan -f units").stdout;
    assert!(plan.contains("b wants it now, and takes it over") && plan.contains("takes it from a"), "{plan}");
    let said = world.good("apply -f units").stdout;
    assert!(!said.contains("deleted"), "{said}");
}
