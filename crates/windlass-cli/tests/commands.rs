//! The commands on folders, through the real binary: what they do, what they print, how they end.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Child;

use serde_json::Value as Json;
use support::{UNIT, WEB, World, config_map, unit};

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Reads events until one holds these words.
fn wait_for(lines: &mut impl Iterator<Item = String>, words: &str) -> String {
    lines.find(|line| line.contains(words)).unwrap_or_else(|| panic!("never saw {words}"))
}

fn events(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok)
}

#[test]
fn plan_exits_with_2_for_differences_and_0_in_sync_and_writes_nothing() {
    let mut world = World::new();
    let said = world.run("plan -f unit.yaml");
    assert_eq!(said.code, Some(2), "{}", said.stderr);
    assert!(said.stdout.contains("+ create  ConfigMap/shop/web  web.yaml:1\n"), "{}", said.stdout);
    assert!(!world.path("live").exists(), "a plan writes nothing");
    world.good("apply -f unit.yaml");
    assert_eq!(world.run("plan -f unit.yaml").code, Some(0));
}

#[test]
fn apply_prints_the_plan_and_then_what_happened() {
    let mut world = World::new();
    let said = world.good("apply -f unit.yaml");
    let (plan, report) = said.stdout.split_once("1 create\n").expect("the plan ends with its counts");
    assert!(plan.contains("+ create  ConfigMap/shop/web"), "{plan}");
    assert_eq!(report, "created   ConfigMap/shop/web\nshop: 1 created\n");
    assert_eq!(said.stderr, "", "without a terminal no progress");
    let file = fs::read_to_string(world.path("live/shop/ConfigMap/web.yaml")).unwrap();
    assert!(file.contains("greeting: hello"), "{file}");
}

#[test]
fn a_second_apply_writes_nothing() {
    let mut world = World::new();
    world.good("apply -f unit.yaml");
    let before = fs::metadata(world.path("live/shop/ConfigMap/web.yaml")).unwrap().modified().unwrap();
    let said = world.good("apply -f unit.yaml");
    assert!(said.stdout.ends_with("shop: 1 unchanged\n"), "{}", said.stdout);
    let after = fs::metadata(world.path("live/shop/ConfigMap/web.yaml")).unwrap().modified().unwrap();
    assert_eq!(before, after);
}

#[test]
fn what_left_the_source_is_pruned_unless_told_otherwise() {
    let mut world = World::new();
    world.put("deploy/old.yaml", &config_map("old", "1"));
    world.good("apply -f unit.yaml");
    world.remove("deploy/old.yaml");
    let kept = world.good("apply -f unit.yaml --no-prune");
    assert!(kept.stdout.contains("kept      ConfigMap/shop/old  pruning is off"), "{}", kept.stdout);
    let pruned = world.good("apply -f unit.yaml");
    assert!(pruned.stdout.contains("deleted   ConfigMap/shop/old"), "{}", pruned.stdout);
    assert!(!world.path("live/shop/ConfigMap/old.yaml").exists());
}

#[test]
fn every_result_has_a_form_for_machines() {
    let mut world = World::new();
    let plan = json(&world.run("plan -f unit.yaml -o json").stdout);
    assert_eq!((&plan["unit"], &plan["actions"][0]["verb"]), (&"shop".into(), &"create".into()));
    let report = json(&world.run("apply -f unit.yaml -o json").stdout);
    assert_eq!(report["objects"][0]["outcome"], "created");
    let status = json(&world.run("status -f unit.yaml -o json").stdout);
    assert_eq!((&status["good"], &status["objects"][0]["status"]), (&true.into(), &"inSync".into()));
    let checks = json(&world.run("validate -f unit.yaml -o json").stdout);
    assert_eq!(checks["checks"].as_array().unwrap().len(), 5, "{checks}");
    let list = json(&world.run("render -f unit.yaml -o json").stdout);
    assert_eq!((&list["kind"], &list["items"][0]["data"]["greeting"]), (&"List".into(), &"hello".into()));
    let yaml = world.run("status -f unit.yaml -o yaml").stdout;
    assert!(yaml.contains("good: true\n"), "{yaml}");
}

#[test]
fn a_failure_has_a_form_for_machines_too() {
    let mut world = World::new();
    world.remove("deploy");
    let said = world.run("plan -f unit.yaml -o json");
    assert_eq!(json(&said.stdout)["error"]["kind"], "notFound", "{}", said.stdout);
    assert!(said.stderr.starts_with("error: "), "{}", said.stderr);
}

#[test]
fn render_writes_yaml_that_can_be_rendered_again() {
    let mut world = World::new();
    world.put("deploy/more.yaml", &config_map("more", "1"));
    let first = world.good("render -f unit.yaml").stdout;
    assert!(first.starts_with("---\n# more.yaml:1\napiVersion: v1\n"), "{first}");
    world.put("again/all.yaml", &first);
    let list = |said: support::Said| json(&said.stdout)["items"].clone();
    let again = list(world.good("render -f unit.yaml --source-dir again -o json"));
    assert_eq!(again, list(world.good("render -f unit.yaml -o json")));
}

#[test]
fn flags_override_the_file_and_can_stand_for_it() {
    let mut world = World::new();
    world.put("other/web.yaml", &WEB.replace("hello", "hi"));
    assert!(world.good("render -f unit.yaml --source-dir other").stdout.contains("greeting: hi"));
    let said = world.good("plan --name store --source-dir deploy --target-dir live2");
    assert!(said.stdout.starts_with("store -> "), "{}", said.stdout);
}

#[test]
fn a_repository_is_rendered_at_its_path() {
    let mut world = World::new();
    let commit = world.repository();
    world.put(
        "unit.yaml",
        &unit(
            "shop",
            "  source:\n    git: {url: ./fleet.git, branch: main, path: shop}\n  target: {dir: ./live}\n",
        ),
    );
    let said = world.good("plan -f unit.yaml");
    assert!(said.stdout.contains(&format!("main@sha1:{}", &commit[..12])), "{}", said.stdout);
    assert!(said.stdout.contains("ConfigMap/shop/web  shop/web.yaml:1"), "{}", said.stdout);
    world.good(&format!("plan -f unit.yaml --source-git-commit {commit}"));
}

#[test]
fn units_are_applied_in_the_order_of_their_dependencies_and_a_failure_holds_back_only_dependents() {
    let mut world = World::new();
    let of = |name: &str, folder: &str, after: &str| {
        unit(
            name,
            &format!("  source: {{dir: ../{folder}}}\n  target: {{dir: ../live}}\n  dependsOn: [{after}]\n"),
        )
    };
    for name in ["first", "second", "apart"] {
        world.put(&format!("{name}/it.yaml"), &config_map(name, "1"));
    }
    world.put("units/a.yaml", &of("second", "second", "first"));
    world.put("units/b.yaml", &of("first", "first", ""));
    world.put("units/c.yaml", &of("apart", "apart", ""));
    let said = world.good("apply -f units");
    let at = |words: &str| said.stdout.find(words).unwrap_or_else(|| panic!("{words}\n{}", said.stdout));
    assert!(at("first: 1 created") < at("second: 1 created"));

    world.put("first/it.yaml", "kind: ConfigMap\n");
    world.put("second/it.yaml", &config_map("second", "2"));
    world.put("apart/it.yaml", &config_map("apart", "2"));
    let said = world.run("apply -f units");
    assert_eq!(said.code, Some(1));
    assert!(
        said.stderr.contains("held back: it depends on `first`, which failed (unit=second)"),
        "{}",
        said.stderr
    );
    assert!(said.stdout.contains("apart: 1 changed"), "{}", said.stdout);
    let second = fs::read_to_string(world.path("live/shop/ConfigMap/second.yaml")).unwrap();
    assert!(second.contains("value: 1"), "what is held back is not written: {second}");
}

#[test]
fn delete_removes_what_the_unit_owns_and_nothing_else() {
    let mut world = World::new();
    world.good("apply -f unit.yaml");
    world.put("live/shop/ConfigMap/mine.yaml", &config_map("mine", "1"));
    let said = world.good("delete -f unit.yaml --yes");
    assert!(said.stdout.contains("- delete  ConfigMap/shop/web\n"), "it shows what goes: {}", said.stdout);
    assert!(said.stdout.ends_with("shop: 1 deleted\n"), "{}", said.stdout);
    assert!(!world.path("live/shop/ConfigMap/web.yaml").exists());
    assert!(world.path("live/shop/ConfigMap/mine.yaml").exists());
    assert!(world.good("status -f unit.yaml").stdout.contains("nothing remembered"));
}

#[test]
fn delete_without_a_yes_deletes_nothing() {
    let mut world = World::new();
    world.good("apply -f unit.yaml");
    assert_eq!(world.run("delete -f unit.yaml").code, Some(1));
    assert!(world.path("live/shop/ConfigMap/web.yaml").exists());
}

#[test]
fn status_tells_what_somebody_changed() {
    let mut world = World::new();
    world.good("apply -f unit.yaml");
    world.put("live/shop/ConfigMap/web.yaml", &WEB.replace("hello", "hacked"));
    let said = world.good("status -f unit.yaml");
    assert!(said.stdout.contains("ConfigMap/shop/web  drifted\n"), "{}", said.stdout);
}

#[test]
fn validate_says_which_checks_ran() {
    let mut world = World::new();
    world.put("deploy/web.yaml", "kind: ConfigMap\n");
    let said = world.run("validate -f unit.yaml");
    assert_eq!(said.code, Some(1));
    let checks: Vec<Vec<&str>> = said
        .stdout
        .lines()
        .filter(|line| line.starts_with("  "))
        .map(|line| line.trim().split("  ").map(str::trim).filter(|part| !part.is_empty()).collect())
        .collect();
    let named = |name: &str| checks.iter().find(|check| check[0] == name).map(|check| check[1]);
    assert_eq!(named("source"), Some("passed"), "{}", said.stdout);
    assert_eq!(named("manifests"), Some("failed"));
    assert_eq!(named("order"), Some("not run"));
}

#[test]
fn colours_are_there_only_where_they_are_wanted() {
    let mut world = World::new();
    assert!(!world.good("plan -f unit.yaml").stdout.contains('\u{1b}'), "no terminal, no colour");
    assert!(world.good("plan -f unit.yaml --color always").stdout.contains("\u{1b}[32m"));
    assert!(!world.good("plan -f unit.yaml --color never").stdout.contains('\u{1b}'));
}

#[test]
fn verbose_tells_progress_on_stderr_and_quiet_does_not() {
    let mut world = World::new();
    let said = world.good("apply -f unit.yaml --verbose");
    assert!(said.stderr.contains("shop: 1 object rendered\n"), "{}", said.stderr);
    assert!(said.stderr.contains("shop: created ConfigMap/shop/web\n"), "{}", said.stderr);
    assert_eq!(world.good("apply -f unit.yaml --quiet").stderr, "");
}

#[cfg(unix)]
#[test]
fn run_repairs_until_it_is_stopped_and_ends_well() {
    let mut world = World::new();
    let live = world.path("live/shop/ConfigMap/web.yaml");
    let child = world.start("run -f unit.yaml --interval 1s -o json");
    let mut lines = events(child);
    wait_for(&mut lines, r#""event":"finished""#);
    fs::write(&live, WEB.replace("hello", "hacked")).unwrap();
    wait_for(&mut lines, r#""event":"drifted""#);
    wait_for(&mut lines, r#""event":"finished""#);
    assert!(fs::read_to_string(&live).unwrap().contains("greeting: hello"), "drift is repaired");
    assert_eq!(stop(child), Some(0), "a clean stop is no failure");
}

#[cfg(unix)]
#[test]
fn a_unit_that_fails_does_not_stop_the_others_of_a_run() {
    let mut world = World::new();
    world.put(
        "bad.yaml",
        &UNIT.replace("shop", "bad").replace("./deploy", "./missing").replace("./live", "./live2"),
    );
    let child = world.start("run -f bad.yaml -f unit.yaml -o json");
    let seen: Vec<String> =
        events(child).take_while(|line| !line.contains(r#""event":"finished""#)).collect();
    assert!(seen.iter().any(|line| line.contains(r#""outcome":"created""#)), "{seen:#?}");
    let mut stderr = child.stderr.take().unwrap();
    assert_eq!(stop(child), Some(0));
    let mut told = String::new();
    stderr.read_to_string(&mut told).unwrap();
    assert!(told.contains("stopping: "), "{told}");
}

#[cfg(unix)]
#[test]
fn an_apply_that_is_stopped_says_so_and_fails() {
    let mut world = World::new();
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/fleet.git", server.local_addr().unwrap());
    let child = world.start(&format!("apply -f unit.yaml --source-git-url {url}"));
    let _silent = server.accept().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    assert_eq!(stop(child), Some(1));
    let mut told = String::new();
    stderr.read_to_string(&mut told).unwrap();
    assert!(told.starts_with("stopping: "), "{told}");
    assert_eq!(told.matches("error: ").count(), 1, "it is told once: {told}");
    assert!(told.contains("error: stopped before all was done\n  help: "), "{told}");
}

/// Asks a process to end, as a supervisor would.
#[cfg(unix)]
fn stop(child: &mut Child) -> Option<i32> {
    let kill = format!("kill -TERM {}", child.id());
    assert!(std::process::Command::new("/bin/sh").args(["-c", &kill]).status().unwrap().success());
    // What it still says has to go somewhere, or it waits for ever to say it.
    if let Some(mut rest) = child.stdout.take() {
        std::io::copy(&mut rest, &mut std::io::sink()).unwrap();
    }
    child.wait().unwrap().code()
}

#[test]
fn a_folder_is_rendered_by_what_lies_in_it() {
    let mut world = World::new();
    world.put("overlay/kustomization.yaml", "namePrefix: eu-\nresources: [web.yaml]\n");
    world.put("overlay/web.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n");
    let said = world.run("render --name shop --source-dir overlay --target-dir live");
    assert!(said.stdout.contains("name: eu-web"), "{}{}", said.stdout, said.stderr);
    world.put("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n");
    world.put("chart/values.yaml", "port: 80\n");
    world.put(
        "chart/templates/web.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: \"{{ .Release.Name }}-web\", namespace: shop}\n\
         spec: {ports: [{port: {{ .Values.port }}}]}\n",
    );
    let said = world.run("render --name shop --source-dir chart --target-dir live --helm-release-name eu");
    assert!(said.stdout.contains("name: eu-web"), "{}{}", said.stdout, said.stderr);
    assert!(said.stdout.contains("port: 80"), "{}", said.stdout);
}

#[test]
fn a_folder_has_nothing_to_go_back_to_and_that_is_said_at_once() {
    let mut world = World::new();
    world.good("apply -f unit.yaml");
    for command in ["rollback -f unit.yaml", "rollback -f unit.yaml --to sha256:12"] {
        let said = world.run(command);
        assert_eq!(said.code, Some(1), "{}", said.stdout);
        assert!(said.stderr.contains("a folder keeps no earlier revisions"), "{}", said.stderr);
        assert!(said.stderr.contains("unit.yaml:"), "it names the field: {}", said.stderr);
    }
    world.good("apply -f unit.yaml");
}

#[test]
fn a_deletion_whose_hooks_cannot_be_rendered_names_the_flag_that_does_without() {
    let mut world = World::new();
    let hook = "metadata: {name: backup, namespace: shop, annotations: {windlass.dev/hook: before-delete}}";
    world.write("deploy/hook.yaml", &format!("apiVersion: v1\nkind: ConfigMap\n{hook}\n"));
    world.good("apply -f unit.yaml");
    world.write("deploy/hook.yaml", "kind: {");
    let said = world.run("delete -f unit.yaml --yes");
    assert_eq!(said.code, Some(1), "{}", said.stdout);
    assert!(
        said.stderr.contains("delete the unit without its hooks: windlass delete --no-hooks"),
        "{}",
        said.stderr
    );
    assert!(world.path("live/shop/ConfigMap/web.yaml").exists());
    world.good("delete -f unit.yaml --yes --no-hooks");
    assert!(!world.path("live/shop/ConfigMap/web.yaml").exists());
}
