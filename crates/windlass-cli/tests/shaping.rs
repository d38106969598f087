//! What a unit file says beside its folder: the fields of Flux's Kustomization, and values of a chart.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod support;

use support::{World, unit};

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: ${replicas:-1}
  template:
    spec: {containers: [{name: web, image: \"web:1\"}]}
";

/// Gives a world with a Deployment in place of the manifest, and a unit that says this.
fn world(kustomize: &str) -> World {
    let world = World::new();
    world.remove("deploy/web.yaml");
    world.put("deploy/app.yaml", DEPLOYMENT);
    let spec = format!("  source: {{dir: ./deploy}}\n  target: {{dir: ./live}}\n  kustomize:\n{kustomize}");
    world.put("unit.yaml", &unit("shop", &spec));
    world
}

fn check(mut world: World, expected: &str) {
    assert_eq!(world.good("render -f unit.yaml").stdout, expected);
}

const ALL: &str = r#"    targetNamespace: shop
    namePrefix: a-
    nameSuffix: -z
    images: [{name: web, newTag: "2"}]
    patches:
    - patch: |
        - {op: add, path: /spec/paused, value: true}
      target: {kind: Deployment}
    commonMetadata: {labels: {team: a}, annotations: {note: "1"}}
    postBuild: {substitute: {replicas: "3"}}
"#;

const RENDERED: &str = r#"---
# app.yaml:1
apiVersion: apps/v1
kind: Deployment
metadata:
  annotations:
    note: "1"
  labels:
    team: a
  name: a-web-z
  namespace: shop
spec:
  paused: true
  replicas: 3
  template:
    spec:
      containers:
      - image: web:2
        name: web
"#;

#[test]
fn plain_manifests_are_changed_as_flux_changes_them() {
    check(world(ALL), RENDERED);
}

#[test]
fn a_kustomization_gets_more_fields() {
    let world = world(ALL);
    world.put("deploy/kustomization.yaml", "resources: [app.yaml]\nnamePrefix: other-\nnamespace: other\n");
    check(world, RENDERED);
}

#[test]
fn what_a_chart_gives_is_changed_too_and_keeps_its_place() {
    let mut world = world("    namePrefix: a-\n");
    world.remove("deploy/app.yaml");
    world.put("deploy/Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}");
    let hook = "apiVersion: v1\nkind: Pod\nmetadata: {name: try, annotations: {helm.sh/hook: pre-install}}\n";
    world.put("deploy/templates/pod.yaml", &format!("# one\n---\n{hook}"));
    let said = world.good("plan -f unit.yaml").stdout;
    assert!(said.contains("a-try") && said.contains("templates/pod.yaml:3"), "{said}");
    let said = world.good("plan -f unit.yaml -o json").stdout;
    assert!(said.contains("\"phase\": \"before\""), "it is still a hook: {said}");
}

#[test]
fn components_come_from_the_source() {
    let mut world = world("    components: [../parts]\n");
    let component = "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nnamePrefix: c-\n";
    world.put("parts/kustomization.yaml", component);
    // The folder of a unit is the whole source here, and nothing above it can be read.
    assert!(world.run("render -f unit.yaml").stderr.contains("leaves its root"));
    world.put("deploy/parts/kustomization.yaml", component);
    world.put("deploy/kustomization.yaml", "resources: [app.yaml]\n");
    world.edit("unit.yaml", "../parts", "parts");
    let said = world.good("render -f unit.yaml").stdout;
    assert!(said.contains("name: c-web"), "{said}");
}

#[test]
fn encrypted_files_are_decrypted_before_anything_reads_them() {
    let mut world = world("    decryption: {ageKeyFile: keys/age.txt}\n");
    world.remove("deploy/app.yaml");
    for (file, text) in [
        ("deploy/db.yaml", include_str!("data/db.yaml")),
        ("deploy/db.env", include_str!("data/db.env")),
        ("keys/age.txt", include_str!("data/age.txt")),
    ] {
        world.put(file, text);
    }
    world.put(
        "deploy/kustomization.yaml",
        "resources: [db.yaml]\nsecretGenerator: [{name: env, envs: [db.env]}]\n",
    );
    let said = world.good("render -f unit.yaml").stdout;
    assert!(said.contains("stringData:\n  password: hunter2\n"), "{said}");
    // The suffix is the one of kustomize 5.8.2 for the file in the clear.
    assert!(said.contains("  password: aHVudGVyMw==\n") && said.contains("name: env-t829859t54\n"), "{said}");
}

#[test]
fn a_key_is_never_shown() {
    let mut world = world("    decryption: {ageKeyFile: keys/age.txt}\n");
    world.put("keys/age.txt", &include_str!("data/age.txt").replace("AGE-SECRET-KEY-1", "AGE-SECRET-KEY-0"));
    let said = world.run("plan -f unit.yaml -o json");
    assert_eq!(said.code, Some(1));
    assert!(said.stderr.contains("spec.kustomize.decryption.ageKeyFile"), "{}", said.stderr);
    assert!(
        !format!("{}{}", said.stdout, said.stderr).contains("SECRET-KEY"),
        "{}{}",
        said.stdout,
        said.stderr
    );
}

#[test]
fn variables_come_from_objects_of_the_target() {
    let from = "    postBuild:\n      substituteFrom:\n      - {kind: ConfigMap, name: vars, namespace: shop}\n      \
                - {kind: Secret, name: more, namespace: shop, optional: true}\n      strict: true\n";
    let mut world = world(from);
    let said = world.run("render -f unit.yaml");
    assert!(said.stderr.contains("`plan` asks the target"), "{}", said.stderr);
    assert_eq!(world.run("apply -f unit.yaml").code, Some(1), "they are not there");
    let vars =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: shop}\ndata: {replicas: \"7\"}\n";
    world.put("live/shop/ConfigMap/vars.yaml", vars);
    world.good("apply -f unit.yaml");
    let live = std::fs::read_to_string(world.path("live/_/Deployment.apps/web.yaml")).unwrap();
    assert!(live.contains("replicas: 7"), "{live}");
}

#[test]
fn a_strict_unit_takes_no_variable_without_a_value() {
    let mut world = world("    postBuild: {strict: true, substituteStrategy: Always}\n");
    world.edit("deploy/app.yaml", "${replicas:-1}", "${replicas}");
    let said = world.run("render -f unit.yaml");
    assert_eq!(said.code, Some(1));
    assert!(said.stderr.contains("variable=replicas"), "{}", said.stderr);
}

#[test]
fn files_of_values_go_over_one_another_in_their_order() {
    let mut world = World::new();
    world.remove("deploy/web.yaml");
    world.put("deploy/Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}");
    world.put("deploy/values.yaml", "{a: 0, b: 0, c: 0, d: 0}");
    world.put("deploy/one.yaml", "{a: 1, b: 1, c: 1}");
    world.put("deploy/two.yaml", "{a: 2, b: 2}");
    world.put("deploy/three.yaml", "{a: 3}");
    let text =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: {{ .Values | toJson | quote }}}\n";
    world.put("deploy/templates/a.yaml", text);
    let helm = "  source: {dir: ./deploy}\n  target: {dir: ./live}\n  helm:\n    valuesFile: one.yaml\n    \
                valuesFiles: [two.yaml, three.yaml]\n";
    world.put("unit.yaml", &unit("shop", helm));
    let said = world.good("render -f unit.yaml").stdout;
    assert!(said.contains(r#"a: "{\"a\":3,\"b\":2,\"c\":1,\"d\":0}""#), "{said}");
}

#[test]
fn charts_of_a_kustomization_are_rendered_where_the_unit_says_so() {
    let mut world = world("    enableHelm: true\n    namePrefix: big-\n");
    world.put(
        "deploy/kustomization.yaml",
        "helmCharts: [{name: web, releaseName: shop, valuesInline: {size: 3}}]\n",
    );
    world.put("deploy/charts/web/Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}\n");
    world.put("deploy/charts/web/values.yaml", "size: 1\n");
    world.put(
        "deploy/charts/web/templates/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {size: {{ .Values.size | quote }}, \
         kube: {{ .Capabilities.KubeVersion.Version }}}\n",
    );
    let rendered = world.good("render -f unit.yaml").stdout;
    let expected = "apiVersion: v1\ndata:\n  kube: v1.37.0\n  size: \"3\"\nkind: ConfigMap\nmetadata:\n  name: big-shop\n";
    assert!(rendered.contains(expected), "{rendered}");
    assert!(rendered.contains("charts/web/templates/a.yaml:1"), "{rendered}");
}

#[test]
fn charts_of_a_kustomization_are_refused_with_the_field_that_allows_them() {
    let mut world = world("    namePrefix: big-\n");
    world.put("deploy/kustomization.yaml", "helmCharts: [{name: web}]\n");
    let said = world.run("render -f unit.yaml");
    assert_eq!(said.code, Some(1));
    assert!(said.stderr.contains("field=helmCharts[0]"), "{}", said.stderr);
    assert!(said.stderr.contains("spec.kustomize.enableHelm: true"), "{}", said.stderr);
}
