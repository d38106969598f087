//! What else is said of a cluster: what a delete takes with it, what is served, what holds a namespace, and why a workload is
//! not ready.

#![allow(clippy::unwrap_used, clippy::panic)]

mod script;

use std::time::Duration;

use script::writes::{PATCH, apply, told};
use script::{Script, context, interest, list, status};
use windlass_core::{ErrorKind, Expect, Mode, ObjectId, Predict, Target, Write};

const DEFINITION: &str = "CustomResourceDefinition.apiextensions.k8s.io//widgets.x.io";

fn inside(plural: &str) -> String {
    let root = if plural == "deployments" { "/apis/apps/v1" } else { "/api/v1" };
    format!("GET {root}/namespaces/n/{plural}?labelSelector=windlass.dev/unit&limit=1000")
}

/// A server all of whose groups answer.
fn answering() -> Script {
    let groups = script::GROUPS.replace("Stale", "Current");
    Script::default().on("GET /api", 200, script::CORE).on("GET /apis", 200, &groups)
}

async fn taken(script: &Script, id: &str) -> String {
    let id: ObjectId = id.parse().unwrap();
    let all = script.target().takes(&context(), &[id, "ConfigMap/a/x".parse().unwrap()]).await;
    let all = match all {
        Ok(all) => all,
        Err(error) => return format!("{}: {error}", error.kind().name()),
    };
    let lines = all.values().flatten().map(|taken| {
        let owner = taken.owner.as_ref().map_or("nobody".into(), ToString::to_string);
        format!("{} of {owner}", taken.id)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// An object of a unit in the namespace `n`.
fn item(name: &str, unit: &str) -> String {
    format!(
        r#"{{"metadata":{{"name":"{name}","namespace":"n","labels":{{"windlass.dev/unit":"{unit}","windlass.dev/installation":"windlass"}}}}}}"#
    )
}

#[tokio::test(start_paused = true)]
async fn a_namespace_takes_what_units_have_in_it() {
    let script = answering()
        .on(&inside("configmaps"), 200, &list(&[item("x", "shop"), item("y", "web")], ""))
        .on(&inside("secrets"), 200, &list(&[], ""))
        .on(&inside("deployments"), 200, &list(&[item("web", "web")], ""));
    let expected = "ConfigMap/n/x of shop\nConfigMap/n/y of web\nDeployment.apps/n/web of web";
    assert_eq!(taken(&script, "Namespace//n").await, expected);
    assert!(script.log().lines().skip(2).all(|line| line.ends_with("(metadata)")), "names are enough");
}

#[tokio::test(start_paused = true)]
async fn where_a_kind_cannot_be_listed_nobody_says_that_nothing_goes() {
    let forbidden = status(403, "Forbidden", "secrets is forbidden", "{}");
    let script = answering()
        .on(&inside("configmaps"), 200, &list(&[], ""))
        .on(&inside("secrets"), 403, &forbidden)
        .on(&inside("deployments"), 200, &list(&[], ""));
    let told = taken(&script, "Namespace//n").await;
    assert!(told.starts_with("denied: secrets is forbidden"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn an_aggregated_api_that_does_not_answer_keeps_no_namespace() {
    let silent = Script::new()
        .on(&inside("configmaps"), 200, &list(&[item("y", "web")], ""))
        .on(&inside("secrets"), 200, &list(&[], ""))
        .on(&inside("deployments"), 200, &list(&[], ""));
    assert_eq!(taken(&silent, "Namespace//n").await, "ConfigMap/n/y of web");
}

#[tokio::test(start_paused = true)]
async fn an_aggregated_api_that_has_stopped_answering_keeps_no_namespace_either() {
    let groups = |freshness: &str| {
        let pods = r#","resources":[{"resource":"pods","responseKind":{"kind":"PodMetrics"},"scope":"Namespaced","verbs":["get","list"]}]"#;
        script::GROUPS.replace(r#""freshness":"Stale""#, &format!(r#""freshness":"{freshness}"{pods}"#))
    };
    let metrics = inside("pods").replace("/api/v1", "/apis/metrics.k8s.io/v1beta1");
    let script = |then: &str| {
        Script::default()
            .on("GET /api", 200, script::CORE)
            .on("GET /apis", 200, &groups("Current"))
            .on("GET /apis", 200, &groups(then))
            .on(&inside("configmaps"), 200, &list(&[item("y", "web")], ""))
            .on(&inside("secrets"), 200, &list(&[], ""))
            .on(&inside("deployments"), 200, &list(&[], ""))
            .on(&metrics, 503, "service unavailable")
    };
    assert_eq!(taken(&script("Stale"), "Namespace//n").await, "ConfigMap/n/y of web");
    let told = taken(&script("Current"), "Namespace//n").await;
    assert!(told.starts_with("unavailable: "), "of an API that answers, each kind has to be listed: {told}");
}

#[tokio::test(start_paused = true)]
async fn a_definition_takes_all_objects_of_its_kind() {
    let item = r#"{"metadata":{"name":"w","namespace":"n"}}"#.to_owned();
    let script = Script::default()
        .on("GET /api", 200, script::CORE)
        .on("GET /apis", 200, &script::widgets(&["v2", "v1"]))
        .on("GET /apis/x.io/v2/widgets?limit=1000", 200, &list(&[item], ""));
    assert_eq!(taken(&script, DEFINITION).await, "Widget.x.io/n/w of nobody");
    assert_eq!(taken(&script, "ConfigMap/a/y").await, "", "of anything else nothing is asked");
}

#[tokio::test(start_paused = true)]
async fn what_is_served_is_told_with_the_version_of_the_server() {
    let script = answering().on("GET /version", 200, r#"{"gitVersion":"v1.37.2"}"#);
    let target = script.target();
    for _ in 0..2 {
        let capabilities = target.capabilities(&context()).await.unwrap().unwrap();
        assert_eq!(&*capabilities.version, "v1.37.2");
        for api in ["v1", "v1/ConfigMap", "apps/v1", "apps/v1/Deployment"] {
            assert!(capabilities.apis.contains(api), "{api} in {:?}", capabilities.apis);
        }
    }
    assert_eq!(script.log(), "GET /api\nGET /apis\nGET /version", "asked once");
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_is_being_deleted_is_said_to_be_with_what_holds_it() {
    let message = "configmaps \\\"x\\\" is forbidden: unable to create new content in namespace a because it is being terminated";
    let refused = format!(
        r#"{{"kind":"Status","message":"{message}","reason":"Forbidden","details":{{"causes":[{{"reason":"NamespaceTerminating","message":"namespace a is being terminated","field":"metadata.namespace"}}]}},"code":403}}"#
    );
    let namespace = r#"{"metadata":{"name":"a"},"status":{"phase":"Terminating","conditions":[
        {"type":"NamespaceDeletionDiscoveryFailure","status":"False","message":"All resources successfully discovered"},
        {"type":"NamespaceFinalizersRemaining","status":"True","message":"Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"}]}}"#;
    let script = Script::new().on(PATCH, 403, &refused).on("GET /api/v1/namespaces/a", 200, namespace);
    let error = script.target().write(&context(), &apply(Mode::Apply, Expect::Absent)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(error.message(), "the namespace is being deleted");
    let held =
        "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances";
    assert_eq!(error.context("held_by"), Some(held));
    let blind = Script::new().on(PATCH, 403, &refused);
    let written = blind.target().write(&context(), &apply(Mode::Apply, Expect::Absent)).await;
    assert!(
        told(&written).starts_with("conflict: the namespace is being deleted"),
        "also where it cannot be read"
    );
}

const WEB: &str = r#"{"metadata":{"name":"web","namespace":"a","uid":"d","generation":1,"resourceVersion":"7",
    "labels":{"windlass.dev/unit":"shop","windlass.dev/installation":"windlass"}},
    "spec":{"replicas":1,"selector":{"matchLabels":{"app":"web"}}},
    "status":{"observedGeneration":1,"replicas":1,"updatedReplicas":1}}"#;

/// A Deployment with one ReplicaSet, whose Pod cannot get its image.
fn with_pods(script: Script) -> Script {
    let set = r#"{"metadata":{"name":"web-1","namespace":"a","uid":"rs","ownerReferences":[{"controller":true,"uid":"d"}]}}"#;
    let pod = r#"{"metadata":{"name":"web-1-x","namespace":"a","uid":"p","resourceVersion":"8","ownerReferences":[{"controller":true,"uid":"rs"}]},
        "spec":{"containers":[{"name":"main","image":"nowhere/none"}]},
        "status":{"phase":"Pending","containerStatuses":[{"name":"main","ready":false,"restartCount":0,"state":{"waiting":{"reason":"ImagePullBackOff","message":"Back-off pulling image"}}}]}}"#;
    script.on(&sets(), 200, &list(&[set.into()], "")).on(
        "GET /api/v1/namespaces/a/pods?labelSelector=app%3Dweb&limit=50",
        200,
        &list(&[pod.into()], ""),
    )
}

fn sets() -> String {
    "GET /apis/apps/v1/namespaces/a/replicasets?labelSelector=app%3Dweb&limit=100".into()
}

#[tokio::test(start_paused = true)]
async fn a_workload_that_is_not_ready_is_explained_by_its_pods() {
    let listing =
        "GET /apis/apps/v1/deployments?labelSelector=windlass.dev/unit%2Cwindlass.dev/installation&limit=500";
    let script = with_pods(Script::new()).on(listing, 200, &list(&[WEB.into()], "")).on(
        "GET /apis/apps/v1/namespaces/a/deployments/web",
        200,
        WEB,
    );
    let (target, cx) = (script.watching_target(), context());
    let mut interest = interest(&["Deployment.apps/a/web"]);
    for _ in 0..2 {
        let observed = target.observe(&cx, &interest).await.unwrap();
        let live = observed.observations.values().next().unwrap().live().unwrap();
        let message = live.health.as_ref().unwrap().to_string();
        assert!(message.contains("web-1-x") && message.contains("ImagePullBackOff"), "{message}");
        interest.objects.values_mut().for_each(|look| look.known = Some(windlass_testkit::known(live.stamp)));
    }
    assert_eq!(script.log().matches(&sets()).count(), 1, "what is known is not asked for again at once");
}

#[tokio::test(start_paused = true)]
async fn what_a_watch_tells_during_a_write_that_gets_no_answer_is_looked_after_as_well() {
    let deployments = "/apis/apps/v1/deployments";
    let listing =
        format!("GET {deployments}?labelSelector=windlass.dev/unit%2Cwindlass.dev/installation&limit=500");
    let patch = "PATCH /apis/apps/v1/namespaces/a/deployments/web?fieldManager=windlass&fieldValidation=Strict&force=true";
    let script = with_pods(Script::new()).on(&listing, 200, &script::list_at(5, &[])).on(patch, 0, "");
    let script = script.on(
        "GET /apis/apps/v1/namespaces/a/deployments/web",
        404,
        &script::absent("deployments", "web"),
    );
    let feed = script.watch(deployments);
    let (target, cx) = (script.watching_target(), context());
    target.observe(&cx, &interest(&["Deployment.apps/a/web"])).await.unwrap();
    let web = script::object(
        r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"a"}}"#,
    );
    let write = Write::apply(web, Mode::Apply, Expect::Absent, script::mark());
    let writing = tokio::time::timeout(Duration::from_secs(2), target.write(&cx, &write));
    let telling = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        feed.tell("ADDED", &WEB.replace('\n', ""));
    };
    let (written, ()) = futures_util::future::join(writing, telling).await;
    assert!(written.is_err(), "no answer came");
    script.log();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(script.log().matches(&sets()).count(), 1, "its pods are asked why");
}

#[tokio::test(start_paused = true)]
async fn a_look_without_a_watch_explains_it_as_well() {
    let listing = "GET /apis/apps/v1/deployments?labelSelector=windlass.dev/unit%3Dshop%2Cwindlass.dev/installation%3Dwindlass&limit=2500";
    let script = with_pods(Script::new()).on(listing, 200, &list(&[WEB.into()], ""));
    let observed = script.target().observe(&context(), &interest(&["Deployment.apps/a/web"])).await.unwrap();
    let live = observed.observations.values().next().unwrap().live().unwrap();
    let message = live.health.as_ref().unwrap().to_string();
    assert!(message.contains("web-1-x") && message.contains("ImagePullBackOff"), "{message}");
}
