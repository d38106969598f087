//! Targets and the engine, joined with what Kubernetes' kinds mean.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;

use windlass::fs::{DirSource, DirTarget};
use windlass::testkit::{TestClock, unit};
use windlass::{Engine, kubernetes};

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, annotations: {config.kubernetes.io/depends-on: /namespaces/shop/ConfigMap/web}}
spec:
  template:
    spec:
      containers:
      - {name: web, image: 'nginx:1.27', resources: {limits: {cpu: 500m}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
";

fn engine(place: &Path) -> Engine {
    fs::create_dir_all(place.join("deploy")).unwrap();
    fs::write(place.join("deploy/web.yaml"), WEB).unwrap();
    let target = kubernetes::folder(DirTarget::open(place.join("live")).unwrap());
    let source = DirSource::new(place.join("deploy"));
    Engine::new(unit("shop"), source, windlass::auto(), target).with_explain(kubernetes::explain())
}

#[test]
fn a_folder_knows_the_order_and_the_annotations_of_kinds() {
    let (place, clock) = (tempfile::tempdir().unwrap(), TestClock::auto());
    let plan = clock.block_on(engine(place.path()).plan(&clock.context())).unwrap();
    let stages: Vec<String> =
        plan.actions.iter().map(|action| format!("{} {}", action.stage, action.id.kind)).collect();
    assert_eq!(stages, ["0 Namespace", "1 ConfigMap", "2 Deployment"], "{plan}");
    let report = clock.block_on(engine(place.path()).apply(&clock.context(), &plan)).unwrap();
    assert!(report.is_success(), "nothing waits for a status that nobody writes: {report}");
}

#[test]
fn differences_are_told_by_the_schemas_of_kinds() {
    let (place, clock) = (tempfile::tempdir().unwrap(), TestClock::auto());
    let (engine, cx) = (engine(place.path()), clock.context());
    clock.block_on(engine.reconcile(&cx)).unwrap();
    let file = place.path().join("live/shop/Deployment.apps/web.yaml");
    let edited = fs::read_to_string(&file).unwrap().replace("500m", "0.5").replace("1.27", "1.26");
    fs::write(&file, edited).unwrap();
    let plan = clock.block_on(engine.plan(&cx)).unwrap();
    let mut changes: Vec<String> = plan.actions[2].changes.iter().map(ToString::to_string).collect();
    changes.sort();
    assert_eq!(
        changes,
        [
            r#"spec.template.spec.containers[name=web].image: "nginx:1.26" -> "nginx:1.27"  (drifted)"#,
            r#"spec.template.spec.containers[name=web].resources.limits.cpu: 0.5 -> "500m"  (spelling)"#,
        ]
    );
}
