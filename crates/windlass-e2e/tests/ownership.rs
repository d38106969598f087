//! Whose a field is, and which version an object has: on the real control plane, beside `kubectl`.
#![allow(clippy::panic, reason = "a test fails by it, and says more than `expect` would")]

mod support;

use support::plane::{kubectl, kubectl_args};
use support::world::{World, failure, run};
use windlass_core::{ErrorKind, Report};

fn succeeds(report: &Report) {
    assert!(report.is_success(), "the pass succeeds:\n{report}");
}

fn is_in_sync(world: &World) {
    let plan = world.plan();
    assert!(plan.is_in_sync(), "nothing is left to do:\n{plan}");
}

fn config_map(mode: &str, data: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  annotations: {{windlass.dev/mode: {mode}}}\ndata: {{{data}}}\n"
    )
}

fn data(namespace: &str) -> String {
    kubectl(&format!("get configmap web --namespace={namespace} -o jsonpath={{.data}}"))
}

fn patch(namespace: &str, kind: &str, name: &str, patch: &str) {
    let (namespace, patch) = (format!("--namespace={namespace}"), format!("--patch={patch}"));
    kubectl_args(&["patch", kind, name, &namespace, "--type=merge", &patch]);
}

#[test]
fn what_kubectl_applied_and_git_has_not_goes_when_the_object_is_adopted() {
    let world = World::new("o-kubectl");
    let by_kubectl = "{apiVersion: v1, kind: ConfigMap, metadata: {name: web, namespace: o-kubectl}, data: {key: \"1\", old: \"2\"}}";
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("web.yaml").display().to_string();
    std::fs::write(&file, by_kubectl).expect("a file");
    world.write(&[("web.yaml", config_map("apply", "key: \"9\""))]);
    for again in [false, true] {
        kubectl_args(&["apply", "-f", &file]);
        assert_eq!(data("o-kubectl"), r#"{"key":"1","old":"2"}"#, "kubectl has applied, again: {again}");
        succeeds(&world.pass());
        assert_eq!(data("o-kubectl"), r#"{"key":"9"}"#, "the field that Git has not is gone, again: {again}");
        is_in_sync(&world);
    }
}

#[test]
fn a_replaced_object_converges_and_can_be_applied_afterwards() {
    let world = World::new("o-replace");
    world.write(&[("web.yaml", config_map("replace", "a: \"1\", b: \"1\""))]);
    succeeds(&world.pass());
    is_in_sync(&world);
    patch("o-replace", "configmap", "web", r#"{"data":{"z":"1"}}"#);
    is_in_sync(&world);
    patch("o-replace", "configmap", "web", r#"{"data":{"b":"7"}}"#);
    succeeds(&world.pass());
    assert_eq!(data("o-replace"), r#"{"a":"1","b":"1"}"#, "a replace leaves nothing of others");
    world.write(&[("web.yaml", config_map("apply", "b: \"1\""))]);
    succeeds(&world.pass());
    assert_eq!(data("o-replace"), r#"{"b":"1"}"#, "what the replace had set and Git has not goes");
    is_in_sync(&world);
}

fn definition(versions: &[(&str, bool, bool)]) -> String {
    let versions = versions.iter().map(|(name, served, storage)| {
        format!(
            "  - name: {name}\n    served: {served}\n    storage: {storage}\n    schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}\n"
        )
    });
    format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: gears.ownership.windlass.dev}}\n\
         spec:\n  group: ownership.windlass.dev\n  scope: Namespaced\n  names: {{kind: Gear, listKind: GearList, plural: gears, singular: gear}}\n  \
         versions:\n{}",
        versions.collect::<String>()
    )
}

fn gear(version: &str, name: &str) -> String {
    format!(
        "apiVersion: ownership.windlass.dev/{version}\nkind: Gear\nmetadata: {{name: {name}}}\nspec: {{load: 7}}\n"
    )
}

#[test]
fn objects_move_to_a_new_version_and_leave_an_old_one_in_one_pass_each() {
    let world = World::new("o-versions");
    world.write(&[
        ("definition.yaml", definition(&[("v1beta1", true, true)])),
        ("one.yaml", gear("v1beta1", "one")),
        ("two.yaml", gear("v1beta1", "two")),
    ]);
    succeeds(&world.pass());

    let both = definition(&[("v1beta1", true, false), ("v1", true, true)]);
    world.write(&[("definition.yaml", both), ("one.yaml", gear("v1", "one"))]);
    succeeds(&world.pass());
    is_in_sync(&world);

    let new = definition(&[("v1beta1", false, false), ("v1", true, true)]);
    world.commit(&[("definition.yaml", Some(&new)), ("two.yaml", None)]);
    succeeds(&world.pass());
    let left = kubectl("get gears.ownership.windlass.dev --namespace=o-versions -o name");
    assert_eq!(
        left.trim(),
        "gear.ownership.windlass.dev/one",
        "what the inventory held by the old version is gone"
    );
    is_in_sync(&world);
    assert!(world.delete().is_success(), "the definition goes with its objects");
}

fn job(image: &str, mode: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: migrate\n  annotations: {{windlass.dev/mode: {mode}}}\nspec:\n  template:\n    spec:\n      \
         restartPolicy: Never\n      containers: [{{name: migrate, image: {image}, env: [{{name: DB_PASSWORD, value: hunter2}}]}}]\n"
    )
}

#[test]
fn a_refused_template_shows_no_value_of_it_and_is_recreated_only_where_asked() {
    let world = World::new("o-immutable");
    world.write(&[("job.yaml", job("one", "apply"))]);
    succeeds(&world.pass());
    world.write(&[("job.yaml", job("two", "apply"))]);
    let plan = world.plan();
    let report = world.pass();
    let (kind, told) = failure(&report, "Job.batch/o-immutable/migrate");
    assert_eq!(kind, ErrorKind::Invalid, "{told}");
    assert!(told.contains("field is immutable"), "what is wrong is said: {told}");
    for said in [format!("{plan}{plan:?}"), format!("{report}{report:?}")] {
        assert!(!said.contains("hunter2"), "what the server quotes stays with it");
    }
    world.write(&[("job.yaml", job("two", "recreate"))]);
    let plan = world.plan().to_string();
    assert!(plan.contains("recreates it: deleted first, then created"), "it is said before:\n{plan}");
    assert!(!plan.contains("dnsPolicy"), "what the server fills in again is no change:\n{plan}");
    let report = run(world.engine(15).reconcile(&world.cx)).expect("a pass");
    succeeds(&report);
    let image =
        "get job migrate --namespace=o-immutable -o jsonpath={.spec.template.spec.containers[0].image}";
    assert_eq!(kubectl(image), "two");
}

#[test]
fn what_somebody_protects_on_the_live_object_is_not_pruned() {
    let world = World::new("o-protected");
    let other = config_map("apply", "a: \"1\"").replace("name: web", "name: other");
    world.write(&[("web.yaml", config_map("apply", "a: \"1\"")), ("other.yaml", other)]);
    succeeds(&world.pass());
    let keep = r#"{"metadata":{"annotations":{"kustomize.toolkit.fluxcd.io/prune":"disabled"}}}"#;
    patch("o-protected", "configmap", "web", keep);
    world.commit(&[("web.yaml", None)]);
    let report = world.pass();
    succeeds(&report);
    assert_eq!(data("o-protected"), r#"{"a":"1"}"#, "it is still there:\n{report}");
}
