//! Objects that others made before: taken over, and afterwards what Git says and no more. On the real control plane.
#![allow(clippy::panic, reason = "a test fails by it, and says more than `expect` would")]

mod support;

use std::collections::BTreeSet;

use support::plane::{kubectl, kubectl_args, writes_of};
use support::world::World;
use windlass_core::{Plan, Report};

fn succeeds(report: &Report) {
    assert!(report.is_success(), "the pass succeeds:\n{report}");
}

fn is_in_sync(world: &World) {
    let plan = world.plan();
    assert!(plan.is_in_sync(), "nothing is left to do:\n{plan}");
}

/// Has `kubectl` make an object, by these words before the file.
fn made(words: &str, namespace: &str, manifest: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("was.yaml").display().to_string();
    std::fs::write(&file, manifest).expect("a file");
    let mut words: Vec<&str> = words.split(' ').collect();
    let namespace = format!("--namespace={namespace}");
    words.extend(["-f", &file, &namespace]);
    kubectl_args(&words);
}

fn config_map(data: &str) -> String {
    format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: web}}, data: {{{data}}}}}\n")
}

fn get(namespace: &str, what: &str, path: &str) -> String {
    kubectl(&format!("get {what} --namespace={namespace} -o jsonpath={path}"))
}

fn holders(plan: &Plan) -> BTreeSet<String> {
    let conflicts = plan.actions.iter().flat_map(|action| &action.conflicts);
    conflicts
        .map(|one| format!("{} {} {}", one.path, one.holder, one.decision.name()))
        .filter(|line| !line.contains("annotations"))
        .collect()
}

#[test]
fn what_a_former_tool_made_becomes_what_git_says_by_two_writes() {
    let makers = [
        ("create", "kubectl-create"),
        ("apply", "kubectl-client-side-apply"),
        ("apply --server-side", "kubectl"),
        ("apply --server-side --field-manager=kustomize-controller", "kustomize-controller"),
        ("apply --server-side --field-manager=argocd-controller", "argocd-controller"),
        ("create --field-manager=argocd-controller", "argocd-controller"),
        ("apply --server-side --field-manager=helm", "helm"),
        ("create --field-manager=helm", "helm"),
        ("create --field-manager=kubectl-edit", "kubectl-edit"),
    ];
    for (at, (words, manager)) in makers.into_iter().enumerate() {
        let unit = format!("p-former-{at}");
        let world = World::new(&unit);
        made(words, &unit, &config_map("key: \"1\", old: \"2\""));
        world.write(&[("web.yaml", config_map("key: \"9\""))]);
        let plan = world.plan();
        let expected = format!("data.old {manager} take");
        assert!(holders(&plan).contains(&expected), "the plan says from whom ({expected}):\n{plan}");
        succeeds(&world.pass());
        assert_eq!(get(&unit, "configmap/web", "{.data}"), r#"{"key":"9"}"#, "made by `kubectl {words}`");
        is_in_sync(&world);
        let left = get(&unit, "configmap/web", "{.metadata.managedFields[*].manager}");
        assert_eq!(left, "windlass", "nobody else holds anything of it");
    }
}

#[test]
fn an_object_without_a_past_costs_one_write_and_one_with_it_two() {
    let world = World::new("p-cost");
    let map = |name: &str, value: &str| {
        format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}, data: {{key: \"{value}\"}}}}\n"
        )
    };
    world.write(&[("keep.yaml", map("keep", "1"))]);
    succeeds(&world.pass());
    let cost = |files: &[(&str, String)]| {
        let before = writes_of("p-cost").done;
        world.write(files);
        succeeds(&world.pass());
        writes_of("p-cost").done - before
    };
    let plain = cost(&[("keep.yaml", map("keep", "2"))]);
    made("apply", "p-cost", &map("past", "1"));
    let adopted = cost(&[("past.yaml", map("past", "1"))]);
    // The state of the unit is saved before and after, which both have.
    assert_eq!(adopted - plain, 1, "an object with a past is settled once");
}

#[test]
fn config_maps_that_kubectl_applied_are_adopted_by_two_requests_each() {
    let asked = |count: usize| {
        let world = World::new(&format!("p-many-{count}"));
        let maps: String = (0..count)
            .map(|at| {
                format!("---\n{}", config_map("a: \"1\", b: \"2\"").replace("web", &format!("map-{at}")))
            })
            .collect();
        made("apply", &world.unit, &maps);
        world.write(&[("maps.yaml", maps.replace(", b: \"2\"", ""))]);
        let before = world.cluster.requests();
        let report = world.pass();
        succeeds(&report);
        assert_eq!(report.counts().changed, count, "each is taken over:\n{report}");
        let data = get(&world.unit, "configmaps", "{.items[?(@.data.b)].metadata.name}");
        assert_eq!(data, "", "what left Git is gone");
        world.cluster.requests() - before
    };
    let (some, more) = (asked(20), asked(60));
    assert_eq!(more - some, 80, "40 more ConfigMaps are 80 more requests");
}

fn deployment(spec: &str, containers: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  {spec}\n  selector: {{matchLabels: {{app: web}}}}\n  \
         template:\n    metadata: {{labels: {{app: web}}}}\n    spec: {{containers: [{containers}]}}\n"
    )
}

fn container(name: &str, more: &str) -> String {
    format!("{{name: {name}, image: \"registry.example/web:1\"{more}}}")
}

#[test]
fn a_container_that_is_renamed_at_adoption_is_one_rollout() {
    let world = World::new("p-renamed");
    made("apply", "p-renamed", &deployment("replicas: 0", &container("app", "")));
    world.write(&[("web.yaml", deployment("replicas: 0", &container("web", "")))]);
    succeeds(&world.pass());
    let names = get("p-renamed", "deployment/web", "{.spec.template.spec.containers[*].name}");
    assert_eq!(names, "web");
    let generation = get("p-renamed", "deployment/web", "{.metadata.generation}");
    assert_eq!(generation, "2", "the template changed once");
    is_in_sync(&world);
}

#[test]
fn what_only_defaulting_put_there_goes_when_the_other_branch_is_asked_for() {
    let world = World::new("p-unions");
    let limits = |memory: &str| container("web", &format!(", resources: {{limits: {{memory: {memory}}}}}"));
    world.write(&[("web.yaml", deployment("replicas: 0", &limits("1Gi")))]);
    succeeds(&world.pass());
    world.write(&[("web.yaml", deployment("replicas: 0\n  strategy: {type: Recreate}", &limits("512Mi")))]);
    let plan = world.plan().to_string();
    assert!(plan.contains("- spec.strategy.rollingUpdate"), "the plan says what goes:\n{plan}");
    succeeds(&world.pass());
    let strategy = get("p-unions", "deployment/web", "{.spec.strategy}");
    assert_eq!(strategy, r#"{"type":"Recreate"}"#);
    is_in_sync(&world);
}

#[test]
fn what_another_manager_holds_stays_and_is_named() {
    let world = World::new("p-living");
    world.write(&[("web.yaml", config_map("a: \"1\", b: \"1\""))]);
    succeeds(&world.pass());
    made("apply --server-side --field-manager=operator", "p-living", &config_map("b: \"1\""));
    world.write(&[("web.yaml", config_map("a: \"1\""))]);
    let plan = world.plan();
    assert_eq!(holders(&plan), BTreeSet::from(["data.b operator yield".to_owned()]), "{plan}");
    succeeds(&world.pass());
    assert_eq!(get("p-living", "configmap/web", "{.data}"), r#"{"a":"1","b":"1"}"#);
    is_in_sync(&world);
}

#[test]
fn what_lost_its_managed_fields_still_becomes_what_git_says() {
    let world = World::new("p-wiped");
    world.write(&[("web.yaml", config_map("a: \"1\", b: \"2\""))]);
    succeeds(&world.pass());
    let wipe = "--patch={\"metadata\":{\"managedFields\":[{}]}}";
    kubectl_args(&["patch", "configmap", "web", "--namespace=p-wiped", "--type=merge", wipe]);
    world.write(&[("web.yaml", config_map("a: \"3\""))]);
    succeeds(&world.pass());
    assert_eq!(get("p-wiped", "configmap/web", "{.data}"), r#"{"a":"3"}"#);
    is_in_sync(&world);
}

#[test]
fn replicas_that_leave_git_are_left_to_the_autoscaler_that_comes() {
    let world = World::new("p-scaled");
    world.write(&[("web.yaml", deployment("replicas: 3", &container("web", "")))]);
    let _ = world.pass_waiting(1);
    let scaler = "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {minReplicas: 3, maxReplicas: 5, \
                  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}}\n";
    world.write(&[
        ("web.yaml", deployment("revisionHistoryLimit: 2", &container("web", ""))),
        ("scaler.yaml", scaler.into()),
    ]);
    let plan = world.plan();
    let told = "spec.replicas HorizontalPodAutoscaler.autoscaling/p-scaled/web yield";
    assert!(holders(&plan).contains(told), "the plan says who has it:\n{plan}");
    let _ = world.pass_waiting(1);
    assert_eq!(get("p-scaled", "deployment/web", "{.spec.replicas}"), "3");
    assert_eq!(get("p-scaled", "deployment/web", "{.spec.revisionHistoryLimit}"), "2");
}

#[test]
fn a_namespace_that_the_server_keeps_is_let_go_of() {
    let world = World::new("p-kept");
    let namespace =
        "{apiVersion: v1, kind: Namespace, metadata: {name: kube-public, labels: {p-kept: platform}}}\n";
    world.write(&[("kept.yaml", namespace.into()), ("web.yaml", config_map("a: \"1\""))]);
    succeeds(&world.pass());
    world.commit(&[("kept.yaml", None)]);
    let report = world.pass();
    succeeds(&report);
    assert!(report.to_string().contains("may not be deleted"), "it is said why it stays:\n{report}");
    let labels = kubectl("get namespace kube-public -o jsonpath={.metadata.labels}");
    assert!(!labels.contains("p-kept") && !labels.contains("windlass"), "what was ours is gone: {labels}");
    let again = world.pass();
    succeeds(&again);
    assert!(!again.to_string().contains("kube-public"), "it is told once:\n{again}");
}

#[test]
fn annotations_that_are_an_empty_map_leave_those_of_controllers_alone() {
    let world = World::new("p-empty");
    let web = deployment("replicas: 0", &container("web", ""));
    world.write(&[("web.yaml", web.replace("{name: web}", "{name: web, annotations: {}}"))]);
    succeeds(&world.pass());
    let counted = "--for=jsonpath={.metadata.annotations.deployment\\.kubernetes\\.io/revision}=1";
    kubectl_args(&["wait", "deployment/web", "--namespace=p-empty", "--timeout=120s", counted]);
    is_in_sync(&world);
}

#[test]
fn the_old_branch_of_a_union_goes_also_where_the_server_would_keep_it() {
    let world = World::new("p-branch");
    let set = |strategy: &str| {
        let web = deployment(strategy, &container("web", "")).replace("kind: Deployment", "kind: DaemonSet");
        web.replace("spec: {containers", "spec: {nodeSelector: {none: such}, containers")
    };
    world.write(&[("web.yaml", set("minReadySeconds: 0"))]);
    succeeds(&world.pass());
    world.write(&[("web.yaml", set("updateStrategy: {type: OnDelete}"))]);
    let plan = world.plan().to_string();
    assert!(plan.contains("- spec.updateStrategy.rollingUpdate"), "the plan says what goes:\n{plan}");
    succeeds(&world.pass());
    assert_eq!(get("p-branch", "daemonset/web", "{.spec.updateStrategy}"), r#"{"type":"OnDelete"}"#);
    is_in_sync(&world);
}

#[test]
fn what_was_ours_goes_where_only_our_entry_of_the_managed_fields_is_gone() {
    let world = World::new("p-lost");
    world.write(&[("web.yaml", config_map("a: \"1\", b: \"2\""))]);
    succeeds(&world.pass());
    made("apply --server-side --field-manager=operator", "p-lost", &config_map("c: \"3\""));
    let first = get("p-lost", "configmap/web", "{.metadata.managedFields[0].manager}");
    let at = usize::from(first != "windlass");
    let patch = format!("--patch=[{{\"op\":\"remove\",\"path\":\"/metadata/managedFields/{at}\"}}]");
    kubectl_args(&["patch", "configmap", "web", "--namespace=p-lost", "--type=json", &patch]);
    let plan = world.plan().to_string();
    assert!(plan.contains("no field changes, only who holds them"), "the plan says why:\n{plan}");
    world.write(&[("web.yaml", config_map("a: \"1\""))]);
    succeeds(&world.pass());
    assert_eq!(get("p-lost", "configmap/web", "{.data}"), r#"{"a":"1","c":"3"}"#);
    is_in_sync(&world);
}

#[test]
fn a_conversion_that_is_switched_off_goes_with_what_others_hold_of_it() {
    let world = World::new("p-conversion");
    let definition = |conversion: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: relays.p-conversion.example}}\n\
             spec:\n  group: p-conversion.example\n  scope: Namespaced\n  names: {{kind: Relay, plural: relays}}\n  versions:\n  - name: v1\n    \
             served: true\n    storage: true\n    schema: {{openAPIV3Schema: {{type: object}}}}\n  conversion: {conversion}\n"
        )
    };
    let url = |of: &str| {
        format!("{{clientConfig: {{url: \"https://{of}.example/convert\"}}, conversionReviewVersions: [v1]}}")
    };
    world.write(&[("crd.yaml", definition(&format!("{{strategy: Webhook, webhook: {}}}", url("one"))))]);
    succeeds(&world.pass());
    let patch = "--patch={\"spec\":{\"conversion\":{\"webhook\":{\"clientConfig\":{\"url\":\"https://two.example/convert\"}}}}}";
    let name = "relays.p-conversion.example";
    kubectl_args(&["patch", "crd", name, "--type=merge", "--field-manager=injector", patch]);
    world.write(&[("crd.yaml", definition("{strategy: None}"))]);
    succeeds(&world.pass());
    assert_eq!(
        kubectl(&format!("get crd {name} -o jsonpath={{.spec.conversion}}")),
        r#"{"strategy":"None"}"#
    );
    is_in_sync(&world);
    assert!(world.delete().is_success(), "the definition goes");
}
