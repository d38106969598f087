//! Authors of a repository choose names and texts; they do not choose what the command says on a terminal.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use support::{Said, World};

/// A manifest whose names would forge a line, move the cursor, ring and turn the text around.
const FORGED: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata:
  name: "x\nerror: forged\e[2J\a\x9b31m\u202e"
  namespace: shop
data: { value: "1" }
"#;

fn check(what: &str, said: &Said) {
    for text in [&said.stdout, &said.stderr] {
        assert!(!text.lines().any(|line| line.trim_start().starts_with("error: forged")), "{what}\n{text}");
        let odd = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(odd), "{what}\n{text:?}");
    }
}

#[test]
fn a_name_forges_no_line_in_any_command() {
    let mut world = World::new();
    world.put("deploy/forged.yaml", FORGED);
    for command in
        ["validate", "plan", "apply --verbose", "status", "plan", "validate -o json", "status -o json"]
    {
        let said = world.run(&format!("{command} -f unit.yaml"));
        check(command, &said);
    }
}

#[test]
fn an_error_forges_no_line() {
    let mut world = World::new();
    world.put("deploy/forged.yaml", FORGED);
    world.put("deploy/twice.yaml", FORGED);
    world.put(
        "deploy/dangling.yaml",
        &FORGED.replace(
            "  namespace: shop\n",
            "  namespace: shop\n  annotations: {windlass.dev/depends-on: \"a\\nerror: forged\"}\n",
        ),
    );
    for command in ["validate", "plan", "apply", "render"] {
        let said = world.run(&format!("{command} -f unit.yaml"));
        assert_eq!(said.code, Some(1), "{command}");
        check(command, &said);
        assert!(said.stderr.contains("forged"), "{command}\n{}", said.stderr);
    }
}

#[test]
fn a_plan_forges_no_line_below_an_object_that_it_refuses() {
    let mut world = World::new();
    let after = "  annotations: {windlass.dev/depends-on: \"ConfigMap/shop/a\\nerror: forged\"}\n";
    world.put(
        "deploy/dangling.yaml",
        &FORGED.replace("  namespace: shop\n", &format!("  namespace: shop\n{after}")),
    );
    for command in ["plan", "apply", "validate"] {
        let said = world.run(&format!("{command} -f unit.yaml"));
        assert_eq!(said.code, Some(1), "{command}");
        check(command, &said);
    }
    assert!(world.run("plan -f unit.yaml").stdout.contains("! refuse  ConfigMap/shop/x\\u000aerror: forged"));
}

#[test]
fn each_object_of_a_status_has_one_line() {
    let mut world = World::new();
    world.put("deploy/forged.yaml", FORGED);
    world.good("apply -f unit.yaml");
    let said = world.good("status -f unit.yaml");
    assert_eq!(said.stdout.lines().count(), 3, "{}", said.stdout);
    assert!(said.stdout.contains("ConfigMap/shop/x\\u000aerror: forged"), "{}", said.stdout);
}
