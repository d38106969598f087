//! What fails fails for itself: on the real control plane, each test with a unit and a namespace of its own.
#![allow(clippy::panic, reason = "a test fails by it, and says more than `expect` would")]
#![allow(clippy::print_stdout, reason = "how far a long test has come")]

mod support;

use support::plane::{kubectl, labelled, plane, writes_of};
use support::running::{WAIT_MAX, until};
use support::world::{World, failure, run, with_outcome};
use windlass_core::{ErrorKind, Report};
use windlass_kube::{Cluster, Connect};

fn config_map(name: &str, value: &str) -> String {
    dependent(name, value, "")
}

/// A ConfigMap that waits for others.
fn dependent(name: &str, value: &str, after: &str) -> String {
    let annotations = match after {
        "" => String::new(),
        after => format!("  annotations:\n    windlass.dev/depends-on: {after}\n"),
    };
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n{annotations}data:\n  key: \"{value}\"\n"
    )
}

fn deployment(name: &str, replicas: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  {replicas}\n  selector: {{matchLabels: {{app: {name}}}}}\n  \
         template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec: {{containers: [{{name: web, image: nginx}}]}}\n"
    )
}

fn data_of(namespace: &str, name: &str) -> String {
    kubectl(&format!("get configmap {name} --namespace={namespace} -o jsonpath={{.data.key}}"))
}

fn ids(namespace: &str, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("ConfigMap/{namespace}/{name}")).collect()
}

fn succeeds(report: &Report) {
    assert!(report.is_success(), "the pass succeeds:\n{report}");
}

#[test]
fn a_render_with_errors_tells_them_all_and_touches_nothing_while_another_unit_goes_on() {
    let (world, other) = (World::new("f-render"), World::new("f-render-other"));
    world.write(&[("a.yaml", config_map("a", "1")), ("b.yaml", config_map("b", "1"))]);
    succeeds(&world.pass());
    let before = writes_of("f-render");

    world.commit(&[
        ("b.yaml", None),
        ("a.yaml", Some(&config_map("a", "2"))),
        ("broken.yaml", Some("kind: [\n")),
    ]);
    world.write(&[("twice/1.yaml", config_map("twice", "1")), ("twice/2.yaml", config_map("twice", "2"))]);
    world.write(&[("no-name.yaml", "apiVersion: v1\nkind: ConfigMap\n".into())]);
    let error = world.try_pass().expect_err("the render fails");
    let told = error.explain();
    for place in ["broken.yaml", "twice/1.yaml", "twice/2.yaml", "no-name.yaml"] {
        assert!(told.contains(place), "{place} is named:\n{told}");
    }
    assert_eq!(error.kind(), ErrorKind::Invalid, "its author has to mend it:\n{told}");
    assert!(!error.may_have_written(), "nothing was written");
    assert_eq!(writes_of("f-render"), before, "the server saw no write");
    assert_eq!(data_of("f-render", "a") + &data_of("f-render", "b"), "11", "all is as it was");

    other.write(&[("a.yaml", config_map("a", "1"))]);
    assert_eq!(with_outcome(&other.pass(), "created"), ids("f-render-other", &["a"]), "another unit goes on");
}

#[test]
fn a_definition_that_arrives_with_its_first_object_works_in_one_pass() {
    let world = World::new("f-definition");
    let definition = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: winches.failures.windlass.dev}
spec:
  group: failures.windlass.dev
  scope: Namespaced
  names: {kind: Winch, listKind: WinchList, plural: winches, singular: winch}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {load: {type: integer}}}}}
";
    let winch =
        "apiVersion: failures.windlass.dev/v1\nkind: Winch\nmetadata: {name: first}\nspec: {load: 7}\n";
    world.write(&[("a-winch.yaml", winch.into()), ("definition.yaml", definition.into())]);
    let report = world.pass();
    succeeds(&report);
    assert_eq!(report.counts().created, 2, "both in one pass:\n{report}");
    let load =
        kubectl("get winches.failures.windlass.dev first --namespace=f-definition -o jsonpath={.spec.load}");
    assert_eq!(load, "7", "the server has it");
    assert!(world.plan().is_in_sync(), "nothing is left to do:\n{}", world.plan());
}

#[test]
fn what_cannot_be_written_fails_itself_and_what_depends_on_it_and_prunes_nothing() {
    const NS: &str = "f-partial";
    let world = World::new(NS);
    world.write(&[("old.yaml", config_map("old", "1")), ("good.yaml", config_map("good", "1"))]);
    succeeds(&world.pass());

    let long = "l".repeat(254);
    let on = |name: &str| format!("ConfigMap/{NS}/{name}");
    world.write(&[
        ("cycle-a.yaml", dependent("cycle-a", "1", &on("cycle-b"))),
        ("cycle-b.yaml", dependent("cycle-b", "1", &on("cycle-a"))),
        ("long.yaml", config_map(&long, "1")),
        ("field.yaml", deployment("field", "replicsa: 1")),
        ("after-cycle.yaml", dependent("after-cycle", "1", &on("cycle-a"))),
        ("after-long.yaml", dependent("after-long", "1", &on(&long))),
        ("after-field.yaml", dependent("after-field", "1", &format!("Deployment.apps/{NS}/field"))),
        ("after-after.yaml", dependent("after-after", "1", &on("after-long"))),
        ("after-good.yaml", dependent("after-good", "1", &on("good"))),
        ("good.yaml", config_map("good", "2")),
        ("web.yaml", deployment("web", "replicas: 1")),
    ]);
    world.commit(&[("old.yaml", None)]);
    let report = world.pass();

    let mut failed = ids(NS, &["cycle-a", "cycle-b", &long]);
    failed.push(format!("Deployment.apps/{NS}/field"));
    assert_eq!(with_outcome(&report, "failed"), failed, "these fail:\n{report}");
    let held = ids(NS, &["after-after", "after-cycle", "after-field", "after-long"]);
    let skipped: Vec<String> =
        with_outcome(&report, "skipped").into_iter().filter(|id| !id.ends_with("/old")).collect();
    assert_eq!(skipped, held, "these are held back:\n{report}");
    let mut created = ids(NS, &["after-good"]);
    created.push(format!("Deployment.apps/{NS}/web"));
    assert_eq!(with_outcome(&report, "created"), created, "all else converges:\n{report}");
    assert_eq!(data_of(NS, "good"), "2", "also what was there");
    assert_eq!(data_of(NS, "old"), "1", "nothing is pruned:\n{report}");

    check_failure(&report, &on("cycle-a"), ErrorKind::Invalid, &["cycle-b"]);
    check_failure(&report, &on(&long), ErrorKind::Invalid, &["metadata.name"]);
    check_failure(&report, &format!("Deployment.apps/{NS}/field"), ErrorKind::Invalid, &["replicsa"]);

    world.commit(&[
        ("cycle-a.yaml", None),
        ("long.yaml", None),
        ("field.yaml", None),
        ("after-cycle.yaml", None),
    ]);
    world.commit(&[
        ("cycle-b.yaml", None),
        ("after-long.yaml", None),
        ("after-field.yaml", None),
        ("after-after.yaml", None),
    ]);
    let report = world.pass();
    succeeds(&report);
    assert_eq!(
        with_outcome(&report, "deleted"),
        ids(NS, &["old"]),
        "with the mistakes gone it is pruned:\n{report}"
    );
}

fn check_failure(report: &Report, id: &str, kind: ErrorKind, words: &[&str]) {
    let (found, text) = failure(report, id);
    assert_eq!(found, kind, "{id}: {text}");
    words.iter().for_each(|word| assert!(text.contains(word), "{id}: {word} in {text}"));
}

#[test]
fn an_object_of_nobody_is_adopted_and_one_of_another_owner_is_a_conflict() {
    const NS: &str = "f-owners";
    let (world, other) = (World::new(NS), World::new("f-owners-other"));
    let there = |name: &str, labels: &str| {
        format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, namespace: {NS}, labels: {{{labels}}}}}, data: {{key: theirs}}}}"
        )
    };
    let flux = "kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system";
    plane().apply(&there("free", "")).expect("an object of nobody");
    plane().apply(&there("flux", flux)).expect("an object of Flux");
    other.write(&[("a.yaml", there("unit", ""))]);
    succeeds(&other.pass());

    let names = ["flux", "free", "unit"];
    world.write(
        &names
            .map(|name| (name, config_map(name, "ours")))
            .map(|(name, text)| (leak(format!("{name}.yaml")), text)),
    );
    let plan = world.plan();
    let adopted: Vec<String> =
        plan.actions.iter().filter(|action| action.adopts).map(|action| action.id.to_string()).collect();
    assert_eq!(adopted, ids(NS, &["free"]), "the plan says what it would adopt:\n{plan}");

    let report = world.pass();
    assert_eq!(with_outcome(&report, "changed"), ids(NS, &["free"]), "it is adopted:\n{report}");
    let flux = format!("ConfigMap/{NS}/flux");
    check_failure(&report, &flux, ErrorKind::Conflict, &["another owner", "flux:flux-system/apps"]);
    let unit = format!("ConfigMap/{NS}/unit");
    check_failure(&report, &unit, ErrorKind::Conflict, &["another owner", "f-owners-other"]);
    assert_eq!(
        names.map(|name| data_of(NS, name)),
        ["theirs", "ours", "theirs"],
        "others keep what is theirs"
    );
    assert_eq!(
        labelled(&world.label()).into_iter().collect::<Vec<_>>(),
        ids(NS, &["free"]),
        "one carries our mark"
    );
}

fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

#[test]
fn without_rights_the_verb_and_the_resource_are_named_and_nothing_is_pruned() {
    const NS: &str = "f-rights";
    let world = World::new(NS);
    world.write(&[("a.yaml", config_map("a", "1")), ("b.yaml", config_map("b", "1"))]);
    succeeds(&world.pass());
    world.commit(&[("b.yaml", None), ("a.yaml", Some(&config_map("a", "2")))]);

    let guest = plane().guest_kubeconfig().expect("a guest; unset WINDLASS_E2E_KUBECONFIG for this test");
    let guest = run(Cluster::connect(&Connect::kubeconfig(guest))).expect("a connection");
    let error =
        run(world.engine_on(guest, 5).reconcile(&world.cx)).expect_err("a guest may not even read the state");
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    for word in ["get", "configmaps", "guest"] {
        assert!(error.explain().contains(word), "{word} is named: {}", error.explain());
    }

    // Another account may keep the state and read, and not write.
    kubectl(
        "create rolebinding reader --namespace=f-rights --clusterrole=view --serviceaccount=f-rights:reader",
    );
    kubectl(
        "create rolebinding reader --namespace=windlass-system --clusterrole=edit --serviceaccount=f-rights:reader",
    );
    let admin = run(Cluster::connect(&Connect::kubeconfig(plane().kubeconfig()))).expect("a connection");
    let reader = admin.as_account("f-rights/reader").expect("an account");
    let report = run(world.engine_on(reader, 5).reconcile(&world.cx)).expect("a pass");
    let a = format!("ConfigMap/{NS}/a");
    check_failure(
        &report,
        &a,
        ErrorKind::Denied,
        &["patch", "configmaps", "system:serviceaccount:f-rights:reader"],
    );
    assert_eq!(report.counts().written(), 0, "nothing is written and nothing pruned:\n{report}");
    assert_eq!(data_of(NS, "a") + &data_of(NS, "b"), "11", "all is as it was");

    succeeds(&world.pass());
}

#[test]
fn a_pass_over_a_converged_unit_sends_no_request() {
    let world = World::new("f-requests");
    let maps: Vec<String> = (0..20).map(|at| config_map(&format!("map-{at}"), "1")).collect();
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n".to_owned();
    let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: s}\n".to_owned();
    let all = maps.into_iter().chain([
        secret,
        account,
        deployment("web", "replicas: 2"),
        deployment("db", "replicas: 1"),
    ]);
    world.write(&[("all.yaml", all.collect::<Vec<_>>().join("---\n"))]);
    let engine = world.engine(15);
    let pass = || run(engine.reconcile(&world.cx)).expect("a pass");
    succeeds(&pass());
    succeeds(&pass());

    let before = world.cluster.requests();
    let report = pass();
    assert_eq!(report.counts().written(), 0, "it has converged:\n{report}");
    assert_eq!(world.cluster.requests() - before, 0, "everything is watched");

    let since = world.cx.now().wall;
    let held: windlass_core::ObjectId = "ConfigMap/f-requests/map-0".parse().expect("an identity");
    let holds = |control: &mut windlass_core::Control| {
        let suspension = windlass_core::Suspension::new("an upgrade", "ann", since);
        control.objects.insert(held.clone(), suspension);
    };
    run(world.engine(15).ask(&world.cx, holds)).expect("somebody else holds an object");
    let is_held = || with_outcome(&pass(), "kept") == [held.to_string()];
    until("it is held", WAIT_MAX, || is_held().then_some(()));
    run(engine.ask(&world.cx, |control| control.objects.clear())).expect("it is let go");
    until("it is let go", WAIT_MAX, || (!is_held()).then_some(()));
}

#[test]
fn what_others_scale_and_patch_is_put_back_and_what_they_add_stays() {
    const NS: &str = "f-drift";
    let world = World::new(NS);
    world.write(&[("web.yaml", deployment("web", "replicas: 2")), ("a.yaml", config_map("a", "1"))]);
    succeeds(&world.pass());

    kubectl("scale deployment web --replicas=5 --namespace=f-drift");
    let patch = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: f-drift, annotations: {theirs: stays}}, data: {key: theirs}}";
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), patch).expect("a patch");
    let file = file.path().display();
    kubectl(&format!("apply --server-side --force-conflicts --field-manager=somebody -f {file}"));

    let report = world.pass();
    succeeds(&report);
    let changed = [format!("ConfigMap/{NS}/a"), format!("Deployment.apps/{NS}/web")];
    assert_eq!(with_outcome(&report, "changed"), changed, "both are put back:\n{report}");
    assert_eq!(
        kubectl("get deployment web --namespace=f-drift -o jsonpath={.spec.replicas}"),
        "2",
        "as wanted"
    );
    assert_eq!(data_of(NS, "a"), "1", "as wanted");
    let theirs = kubectl("get configmap a --namespace=f-drift -o jsonpath={.metadata.annotations.theirs}");
    assert_eq!(theirs, "stays", "what we do not name is not ours");
    assert!(world.plan().is_in_sync(), "nothing is left to do:\n{}", world.plan());
}
