//! Results for machines: one document for each unit, whatever goes wrong.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use serde_json::Value as Json;
use support::{Said, UNIT, World, unit};

const VERSION: &str = "windlass.dev/v1alpha1";
const BROKEN: &str = "kind: ConfigMap\n";

/// Reads all documents of JSON.
fn documents(said: &Said) -> Vec<Json> {
    let stream = serde_json::Deserializer::from_str(&said.stdout).into_iter();
    stream.map(|document| document.unwrap_or_else(|error| panic!("{error}\n{}", said.stdout))).collect()
}

/// Reads all documents of YAML.
fn yaml(said: &Said) -> Vec<windlass_core::Value> {
    let documents = windlass_yaml::read(said.stdout.as_bytes(), &windlass_yaml::Options::default());
    documents
        .unwrap_or_else(|error| panic!("{error}\n{}", said.stdout))
        .into_iter()
        .map(|document| document.value)
        .collect()
}

/// A unit that is refused for one of its objects, so that there are both a result and an error.
fn refused() -> World {
    let world = World::new();
    let waits = support::config_map("waits", "1").replace(
        "  namespace: shop\n",
        "  namespace: shop\n  annotations:\n    windlass.dev/depends-on: ConfigMap/shop/absent\n",
    );
    world.put("deploy/waits.yaml", &waits);
    world
}

#[test]
fn a_unit_with_a_result_and_an_error_is_one_document() {
    for (command, kind) in [("plan", "Plan"), ("apply", "Report"), ("validate", "Validation")] {
        let mut world = refused();
        let said = world.run(&format!("{command} -f unit.yaml -o json"));
        assert_eq!(said.code, Some(1), "{}", said.stderr);
        let [document] = documents(&said).try_into().unwrap();
        assert_eq!(
            (&document["apiVersion"], &document["kind"]),
            (&VERSION.into(), &kind.into()),
            "{command}"
        );
        assert_eq!(document["unit"], "shop");
        let message = document["error"]["message"].as_str().unwrap();
        assert!(said.stderr.contains(&format!("error: {message}")), "{command}: {message}\n{}", said.stderr);
        let said = world.run(&format!("{command} -f unit.yaml -o yaml"));
        assert_eq!(yaml(&said).len(), 1, "{command}: {}", said.stdout);
    }
}

#[test]
fn each_unit_has_one_document_also_those_without_a_result() {
    let mut world = World::new();
    world.put("units/a.yaml", &unit("a", "  source: {dir: ../deploy}\n  target: {dir: ../live}\n"));
    world.put("units/b.yaml", &unit("b", "  source: {dir: ../broken}\n  target: {dir: ../live}\n"));
    world.put("broken/it.yaml", BROKEN);
    for command in ["plan", "validate"] {
        let json = documents(&world.run(&format!("{command} -f units -o json")));
        let units: Vec<&Json> = json.iter().map(|document| &document["unit"]).collect();
        assert_eq!(units, ["a", "b"], "{command}");
        assert!(json[0]["error"].is_null() && !json[1]["error"].is_null(), "{command}: {json:?}");
        assert!(json.iter().all(|document| document["apiVersion"] == VERSION), "{command}: {json:?}");
        let yaml = yaml(&world.run(&format!("{command} -f units -o yaml")));
        assert_eq!(yaml.len(), 2, "{command}");
    }
}

#[test]
fn a_failure_after_objects_of_yaml_is_a_document_of_its_own() {
    let mut world = World::new();
    world.put("units/a.yaml", &unit("a", "  source: {dir: ../deploy}\n  target: {dir: ../live}\n"));
    world.put("units/b.yaml", &unit("b", "  source: {dir: ../broken}\n  target: {dir: ../live}\n"));
    world.put("broken/it.yaml", BROKEN);
    let kinds = |world: &mut World, units: &str| -> Vec<String> {
        let said = world.run(&format!("render {units} -o yaml"));
        yaml(&said).iter().map(|document| document.text_at(&["kind"]).unwrap().to_owned()).collect()
    };
    assert_eq!(kinds(&mut world, "-f units"), ["ConfigMap", "Failure"]);
    world.put("units/b.yaml", &unit("a0", "  source: {dir: ../broken}\n  target: {dir: ../live}\n"));
    world.put("units/a.yaml", &unit("z", "  source: {dir: ../deploy}\n  target: {dir: ../live}\n"));
    assert_eq!(kinds(&mut world, "-f units"), ["Failure", "ConfigMap"]);
}

#[test]
fn a_list_of_objects_says_which_units_have_none() {
    let mut world = World::new();
    world.put("units/a.yaml", &unit("a", "  source: {dir: ../deploy}\n  target: {dir: ../live}\n"));
    world.put("units/b.yaml", &unit("b", "  source: {dir: ../broken}\n  target: {dir: ../live}\n"));
    world.put("broken/it.yaml", BROKEN);
    let said = world.run("render -f units -o json");
    assert_eq!(said.code, Some(1));
    let [list] = documents(&said).try_into().unwrap();
    assert_eq!((&list["kind"], list["items"].as_array().unwrap().len()), (&"List".into(), 1));
    assert_eq!(list["error"]["problems"][0]["context"]["unit"], "b", "{list}");
}

#[test]
fn what_goes_wrong_before_any_unit_is_a_document_too() {
    let mut world = World::new();
    world.put("bad.yaml", &UNIT.replace("kind: Unit", "kind: Untt"));
    for args in [
        "plan -f bad.yaml",
        "plan",
        "plan -f nowhere.yaml",
        "plan -f unit.yaml --no-such-flag",
        "run -f bad.yaml",
    ] {
        let said = world.run(&format!("{args} -o json"));
        assert_eq!(said.code, Some(1), "{args}");
        let [document] = documents(&said).try_into().unwrap();
        assert_eq!(
            (&document["apiVersion"], &document["kind"]),
            (&VERSION.into(), &"Failure".into()),
            "{args}"
        );
        let message = document["error"]["message"].as_str().unwrap();
        assert!(said.stderr.starts_with(&format!("error: {message}")), "{args}: {message}\n{}", said.stderr);
    }
    let said = world.run("plan -f bad.yaml --output=yaml");
    assert_eq!(yaml(&said)[0].text_at(&["kind"]), Some("Failure"));
    assert_eq!(world.run("plan -f bad.yaml").stdout, "", "text has it on stderr alone");
}

#[test]
fn every_document_has_a_version_and_a_kind() {
    let mut world = World::new();
    world.good("apply -f unit.yaml");
    for (command, kind) in [
        ("plan", "Plan"),
        ("apply", "Report"),
        ("status", "Status"),
        ("validate", "Validation"),
        ("delete --yes", "Report"),
    ] {
        let [document] =
            documents(&world.good(&format!("{command} -f unit.yaml -o json"))).try_into().unwrap();
        assert_eq!(
            (&document["apiVersion"], &document["kind"]),
            (&VERSION.into(), &kind.into()),
            "{command}"
        );
        assert!(document["error"].is_null(), "{command}");
    }
}
