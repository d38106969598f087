//! Hooks around the deletion of a unit, on a real API server.
#![allow(clippy::panic, reason = "a test fails by it, and says more than `expect` would")]

mod support;

use support::plane::{kubectl, labelled};
use support::world::{World, failure, run, troubles, with_outcome};
use windlass_engine::Engine;

/// A ConfigMap, and what runs before it goes.
fn web(before: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: web}}\n---\n{before}")
}

fn without_hooks(engine: &Engine) -> Engine {
    let mut options = engine.options().clone();
    options.deletion_hooks = false;
    engine.clone().with_options(options)
}

#[test]
fn hooks_run_around_the_deletion_also_in_a_namespace_of_the_unit_and_nothing_is_left() {
    let world = World::new("hooks-end");
    let before = "
apiVersion: v1
kind: ConfigMap
metadata: {name: backup, annotations: {argocd.argoproj.io/hook: PreDelete}}
---
apiVersion: v1
kind: Namespace
metadata: {name: hooks-end-own}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: farewell
  namespace: hooks-end-own
  annotations: {helm.sh/hook: post-delete}
";
    world.write(&[("all.yaml", web(before))]);
    let report = world.pass();
    assert_eq!(with_outcome(&report, "created"), ["ConfigMap/hooks-end/web", "Namespace//hooks-end-own"]);
    let report = world.delete();
    assert_eq!(troubles(&report), "");
    assert_eq!(
        with_outcome(&report, "created"),
        ["ConfigMap/hooks-end-own/farewell", "ConfigMap/hooks-end/backup"]
    );
    assert_eq!(with_outcome(&report, "deleted"), ["ConfigMap/hooks-end/web", "Namespace//hooks-end-own"]);
    assert_eq!(labelled(&world.label()), std::collections::BTreeSet::new());
    assert!(world.delete().objects.is_empty(), "the unit is forgotten");
}

#[test]
fn a_pod_before_the_deletion_that_never_ends_keeps_the_unit_until_it_is_deleted_without_hooks() {
    let world = World::new("hooks-stuck");
    let before = "
apiVersion: v1
kind: Pod
metadata:
  name: backup
  annotations: {argocd.argoproj.io/hook: PreDelete, e2e.windlass.dev/pod: stuck}
spec: {containers: [{name: backup, image: backup}]}
";
    world.write(&[("all.yaml", web(before))]);
    world.pass();
    let report = world.delete();
    let (_, why) = failure(&report, "Pod/hooks-stuck/backup");
    assert!(why.contains("the hook"), "{why}");
    assert_eq!(with_outcome(&report, "skipped"), ["ConfigMap/hooks-stuck/web"]);
    assert_eq!(kubectl("get configmap web --namespace=hooks-stuck -o name").trim(), "configmap/web");
    let engine = without_hooks(&world.engine(1));
    let plan = run(engine.plan_delete(&world.cx)).expect("a plan to delete");
    let report = run(engine.delete(&world.cx, &plan)).expect("a pass that deletes");
    assert_eq!(troubles(&report), "");
    assert_eq!(labelled(&world.label()), std::collections::BTreeSet::new());
}
