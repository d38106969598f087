//! One view of a real cluster: what units look at is answered from memory, and what others do is told.
#![allow(clippy::panic, reason = "a test fails by it, and says more than `expect` would")]

mod support;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use support::plane::{kubectl, kubectl_args, namespace, plane};
use support::world::run;
use windlass_core::{
    Cascade, Context, ErrorKind, Expect, Interest, Look, Mode, Object, ObjectId, Observation, Observed,
    Owner, Predict, Target, UnitId, Write,
};
use windlass_engine::TokioClock;
use windlass_kube::{Cluster, Connect, KubeOptions, KubeTarget};

/// A unit with a namespace of its own.
struct Stage {
    target: KubeTarget,
    cx: Context,
    unit: UnitId,
    interest: Interest,
}

fn connected() -> Cluster {
    run(Cluster::connect(&Connect::kubeconfig(plane().kubeconfig()))).expect("a connection")
}

impl Stage {
    fn new(name: &str) -> Self {
        Self::on(connected(), name)
    }

    fn on(cluster: Cluster, name: &str) -> Self {
        namespace(name);
        let unit = UnitId::new(name).expect("a unit");
        let interest = Interest { unit: unit.clone(), objects: std::collections::BTreeMap::new() };
        let target = KubeTarget::new(cluster, KubeOptions::default());
        Self { target, cx: Context::new(TokioClock::new()), unit, interest }
    }

    fn map(&self, name: &str, content: &str) -> Object {
        windlass_testkit::config_map(self.unit.as_str(), name, content)
    }

    fn want(&mut self, id: &ObjectId, api_version: &str) {
        self.interest.objects.insert(id.clone(), Look::new(api_version));
    }

    fn look(&mut self) -> Observed {
        let observed = run(self.target.observe(&self.cx, &self.interest)).expect("a look");
        for (id, look) in &mut self.interest.objects {
            look.known = observed.observations[id].live().map(|live| windlass_testkit::known(live.stamp));
        }
        observed
    }

    fn apply(&mut self, object: &Object) {
        let owner = Owner::of(&self.unit);
        let write = Write::apply(object.clone(), Mode::Apply, Expect::Any, owner);
        run(self.target.write(&self.cx, &write)).expect("a write");
        self.want(object.id(), object.api_version());
    }

    fn changed(&self, wait: u64) -> BTreeSet<UnitId> {
        let cx = self.cx.clone().with_timeout(Duration::from_secs(wait));
        let watch = self.target.profile().watch.expect("a watch");
        match run(watch.changed(&cx)) {
            Ok(units) => units,
            Err(error) if error.kind() == ErrorKind::Timeout => BTreeSet::new(),
            Err(error) => panic!("a watch does not end: {error}"),
        }
    }

    fn edit(&self, name: &str, content: &str) {
        let (namespace, patch) = (
            format!("--namespace={}", self.unit),
            format!(r#"--patch={{"data":{{"content":"{content}"}}}}"#),
        );
        kubectl_args(&["patch", "configmap", name, &namespace, "--type=merge", &patch]);
    }
}

fn health(observed: &Observed) -> String {
    let live = observed.observations.values().next().and_then(Observation::live).expect("it is there");
    live.health.as_ref().map_or_else(String::new, ToString::to_string)
}

#[test]
fn a_look_at_what_rests_asks_nobody_and_an_edit_is_told_at_once() {
    let mut stage = Stage::new("view-rests");
    for at in 0..40 {
        let object = stage.map(&format!("m{at}"), "one");
        stage.apply(&object);
    }
    stage.look();
    let before = stage.target.cluster().requests();
    for _ in 0..5 {
        let observed = stage.look();
        assert!(
            observed.observations.values().all(|seen| seen.live().is_some_and(|live| live.body.is_none()))
        );
    }
    assert_eq!(stage.target.cluster().requests() - before, 0, "everything is known");
    assert!(stage.changed(2).is_empty(), "the echoes of the writes are no changes");
    let began = Instant::now();
    stage.edit("m7", "two");
    assert_eq!(stage.changed(10), [stage.unit.clone()].into());
    println!("an edit was told after {} ms, kubectl included", began.elapsed().as_millis());
    let before = stage.target.cluster().requests();
    let observed = stage.look();
    assert_eq!(stage.target.cluster().requests() - before, 0, "the watch told of what was changed");
    let bodies =
        observed.observations.values().filter(|seen| seen.live().is_some_and(|live| live.body.is_some()));
    assert_eq!(bodies.count(), 1);
}

#[test]
fn what_others_take_our_labels_from_is_still_found() {
    let mut stage = Stage::new("view-labels");
    let object = stage.map("m", "one");
    stage.apply(&object);
    stage.look();
    kubectl("label configmap --namespace=view-labels m windlass.dev/unit-");
    assert_eq!(stage.changed(10), [stage.unit.clone()].into());
    let observed = stage.look();
    let live = observed.observations.values().next().and_then(Observation::live).expect("it is there");
    assert_eq!(live.owner, None);
    kubectl("delete configmap --namespace=view-labels m");
    assert!(
        matches!(stage.look().observations.values().next(), Some(Observation::Absent)),
        "nothing is stale"
    );
}

#[test]
fn what_is_deleted_is_gone_and_what_a_finalizer_holds_is_told() {
    let mut stage = Stage::new("view-gone");
    let object = stage.map("m", "one");
    stage.apply(&object);
    stage.look();
    let delete = |stage: &Stage| {
        let write = Write::Delete {
            id: object.id().clone(),
            api_version: "v1".into(),
            expect: Expect::Any,
            cascade: Cascade::Background,
        };
        run(stage.target.write(&stage.cx, &write)).expect("a delete")
    };
    let finalizers = r#"--patch={"metadata":{"finalizers":["e2e.windlass.dev/hold"]}}"#;
    kubectl_args(&["patch", "configmap", "m", "--namespace=view-gone", "--type=merge", finalizers]);
    delete(&stage);
    let observed = stage.look();
    let live = observed.observations.values().next().and_then(Observation::live).expect("it is held");
    let deletion = live.deletion.as_ref().expect("it is told to go");
    assert_eq!(deletion.to_string(), "being deleted, held by e2e.windlass.dev/hold");
    stage.changed(2);
    let none = r#"--patch={"metadata":{"finalizers":null}}"#;
    kubectl_args(&["patch", "configmap", "m", "--namespace=view-gone", "--type=merge", none]);
    assert_eq!(stage.changed(10), [stage.unit.clone()].into());
    assert!(matches!(stage.look().observations.values().next(), Some(Observation::Absent)));
}

#[test]
fn rights_that_come_and_go_change_how_much_is_seen() {
    namespace("view-rights");
    let account = "system:serviceaccount:view-rights:reader";
    let cluster = connected().as_user(account).expect("an account");
    kubectl(
        "create role maps --namespace=view-rights --verb=get,list,watch,patch,create --resource=configmaps",
    );
    kubectl_args(&[
        "create",
        "rolebinding",
        "maps",
        "--namespace=view-rights",
        "--role=maps",
        &format!("--user={account}"),
    ]);
    let mut stage = Stage::on(cluster, "view-rights");
    let object = stage.map("m", "one");
    stage.apply(&object);
    stage.look();
    let before = stage.target.cluster().requests();
    assert!(stage.look().observations.values().all(|seen| seen.live().is_some()));
    assert_eq!(stage.target.cluster().requests() - before, 0, "its own namespace is watched");
    stage.edit("m", "two");
    assert_eq!(stage.changed(10), [stage.unit.clone()].into());
}

#[test]
fn what_goes_with_a_namespace_and_what_is_served_is_told() {
    let mut stage = Stage::new("view-takes");
    let object = stage.map("m", "one");
    stage.apply(&object);
    let id: ObjectId = "Namespace//view-takes".parse().expect("an identity");
    let taken = run(stage.target.takes(&stage.cx, std::slice::from_ref(&id))).expect("an answer");
    let taken: Vec<String> = taken[&id].iter().map(|taken| taken.id.to_string()).collect();
    assert_eq!(taken, ["ConfigMap/view-takes/m"], "not what the cluster makes in every namespace");
    let capabilities = run(stage.target.capabilities(&stage.cx)).expect("an answer").expect("a server");
    assert!(capabilities.version.starts_with("v1."), "{}", capabilities.version);
    assert!(["apps/v1", "apps/v1/Deployment"].iter().all(|api| capabilities.apis.contains(*api)));
}

#[test]
fn a_deployment_without_its_image_is_explained_by_its_pods() {
    let mut stage = Stage::new("view-pods");
    let text = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"view-pods"},"spec":{"replicas":1,
        "selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{
        "nodeSelector":{"nowhere":"at-all"},"containers":[{"name":"main","image":"registry.example/none"}]}}}}"#;
    let object = Object::new(serde_json::from_str(text).expect("JSON")).expect("an object");
    stage.apply(&object);
    let end = Instant::now() + Duration::from_secs(60);
    let mut told = String::new();
    while Instant::now() < end && !told.contains("Pod web-") {
        told = health(&stage.look());
        stage.changed(2);
    }
    assert!(told.contains("Pod web-"), "{told}");
}
