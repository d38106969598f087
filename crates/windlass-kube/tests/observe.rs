//! What is asked in order to look, and what comes of the answers.

#![allow(clippy::unwrap_used, clippy::panic)]

mod script;

use std::fmt::Write as _;

use script::{Script, absent, context, interest, list, live_map, status, widgets};
use windlass_core::{ErrorKind, Interest, Observation, Observed, Target};

const LIST: &str = "GET /api/v1/configmaps?labelSelector=windlass.dev/unit%3Dshop%2Cwindlass.dev/installation%3Dwindlass&limit=2500";
const LIST_A: &str = "GET /api/v1/namespaces/a/configmaps?labelSelector=windlass.dev/unit%3Dshop%2Cwindlass.dev/installation%3Dwindlass&limit=2500";
const DEPLOYMENTS: &str = "GET /apis/apps/v1/deployments?labelSelector=windlass.dev/unit%3Dshop%2Cwindlass.dev/installation%3Dwindlass&limit=2500";
const FORBIDDEN: &str = r#"{"kind":"Status","reason":"Forbidden","message":"configmaps is forbidden: User \"u\" cannot list resource","code":403}"#;

/// Writes what was seen as one line for each object.
fn told(observed: &Observed) -> String {
    let mut out = String::new();
    for (id, observation) in &observed.observations {
        let what = match observation {
            Observation::Live(live) => {
                let owner = live.owner.as_ref().map_or("nobody".into(), ToString::to_string);
                let body = if live.body.is_some() { "body" } else { "no body" };
                format!("{} of {owner}, {body}", live.version.0)
            }
            Observation::Absent => "absent".into(),
            Observation::Undefined => "undefined".into(),
            Observation::Unreadable(error) => format!("unreadable: {error}"),
        };
        writeln!(out, "{id}: {what}").unwrap();
    }
    for live in &observed.orphans {
        writeln!(out, "orphan {}", live.id).unwrap();
    }
    out.trim_end().into()
}

async fn check(script: &Script, interest: &Interest, expected: &str, asked: &str) {
    let target = script.target();
    let observed = target.observe(&context(), interest).await.unwrap();
    assert_eq!(told(&observed), expected);
    assert_eq!(script.log(), format!("GET /api\nGET /apis\n{asked}").trim_end());
}

#[tokio::test(start_paused = true)]
async fn a_second_pass_costs_one_list_for_each_kind_and_nothing_else() {
    let script = Script::new()
        .on(LIST, 200, &list(&[live_map("x", "1", 5), live_map("y", "1", 6)], ""))
        .on(DEPLOYMENTS, 200, &list(&[r#"{"metadata":{"name":"web","namespace":"a","resourceVersion":"7","labels":{"windlass.dev/installation":"windlass","windlass.dev/unit":"shop"}}}"#.into()], ""));
    let target = script.target();
    let mut interest = interest(&["ConfigMap/a/x", "ConfigMap/a/y", "Deployment.apps/a/web"]);
    let observed = target.observe(&context(), &interest).await.unwrap();
    script.log();
    for (id, look) in &mut interest.objects {
        look.known = observed.observations[id].live().map(|live| windlass_testkit::known(live.stamp));
    }
    let requests = target.cluster().requests();
    let observed = target.observe(&context(), &interest).await.unwrap();
    assert_eq!(script.log(), format!("{LIST}\n{DEPLOYMENTS}"));
    assert_eq!(target.cluster().requests() - requests, 2, "the counter agrees");
    assert_eq!(
        told(&observed),
        "ConfigMap/a/x: 5@u-x of shop, no body\nConfigMap/a/y: 6@u-y of shop, no body\n\
         Deployment.apps/a/web: 7 of shop, no body"
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_list_does_not_show_is_read_by_itself() {
    let theirs = live_map("y", "1", 6).replace("windlass.dev/unit\":\"shop", "kapp.k14s.io/app\":\"7");
    let script = Script::new()
        .on(LIST, 200, &list(&[live_map("x", "1", 5)], ""))
        .on("GET /api/v1/namespaces/a/configmaps/y", 200, &theirs)
        .on("GET /api/v1/namespaces/a/configmaps/z", 404, &absent("configmaps", "z"));
    check(
        &script,
        &interest(&["ConfigMap/a/x", "ConfigMap/a/y", "ConfigMap/a/z"]),
        "ConfigMap/a/x: 5@u-x of shop, body\nConfigMap/a/y: 6@u-y of kapp:7, body\nConfigMap/a/z: absent",
        &format!("{LIST}\nGET /api/v1/namespaces/a/configmaps/y\nGET /api/v1/namespaces/a/configmaps/z"),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn many_missing_objects_are_searched_by_one_list_of_names() {
    let names = "GET /api/v1/namespaces/a/configmaps?limit=2500";
    let script = Script::new()
        .on(LIST, 200, &list(&[], ""))
        .on(
            names,
            200,
            &list(&[r#"{"metadata":{"name":"m3"}}"#.into(), r#"{"metadata":{"name":"other"}}"#.into()], ""),
        )
        .on(
            "GET /api/v1/namespaces/a/configmaps/m3",
            200,
            &live_map("m3", "1", 9).replace("windlass.dev/unit", "x"),
        );
    let ids: Vec<String> = (0..8).map(|at| format!("ConfigMap/a/m{at}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let target = script.target();
    let observed = target.observe(&context(), &interest(&ids)).await.unwrap();
    let absent =
        observed.observations.values().filter(|observation| **observation == Observation::Absent).count();
    assert_eq!(absent, 7);
    assert!(told(&observed).contains("ConfigMap/a/m3: 9@u-m3 of nobody, body"));
    assert_eq!(
        script.log(),
        format!("GET /api\nGET /apis\n{LIST}\n{names} (metadata)\nGET /api/v1/namespaces/a/configmaps/m3")
    );
}

#[tokio::test(start_paused = true)]
async fn pages_are_followed_and_a_forgotten_page_begins_the_list_anew() {
    let next = format!("{LIST}&continue=t1%2B");
    let script = Script::new()
        .on(LIST, 200, &list(&[live_map("x", "1", 5)], "t1+"))
        .on(&next, 410, &status(410, "Expired", "too old", "{}"))
        .on(&next, 200, &list(&[live_map("y", "1", 6)], ""));
    check(
        &script,
        &interest(&["ConfigMap/a/x", "ConfigMap/a/y"]),
        "ConfigMap/a/x: 5@u-x of shop, body\nConfigMap/a/y: 6@u-y of shop, body",
        &format!("{LIST}\n{next}\n{LIST}\n{next}"),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_account_of_one_namespace_lists_by_namespace_and_remembers_it() {
    let script = Script::new().on(LIST, 403, FORBIDDEN).on(LIST_A, 200, &list(&[live_map("x", "1", 5)], ""));
    let target = script.target();
    for asked in [format!("GET /api\nGET /apis\n{LIST}\n{LIST_A}"), LIST_A.into()] {
        let observed = target.observe(&context(), &interest(&["ConfigMap/a/x"])).await.unwrap();
        assert_eq!(told(&observed), "ConfigMap/a/x: 5@u-x of shop, body");
        assert_eq!(script.log(), asked);
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_that_may_only_read_reads_one_by_one() {
    let script = Script::new().on(LIST, 403, FORBIDDEN).on(LIST_A, 403, FORBIDDEN).on(
        "GET /api/v1/namespaces/a/configmaps/x",
        200,
        &live_map("x", "1", 5),
    );
    check(
        &script,
        &interest(&["ConfigMap/a/x"]),
        "ConfigMap/a/x: 5@u-x of shop, body",
        &format!("{LIST}\n{LIST_A}\nGET /api/v1/namespaces/a/configmaps/x"),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_read_is_unreadable_and_never_absent() {
    let script = Script::new().on(LIST, 200, &list(&[], "")).on(
        "GET /api/v1/namespaces/a/configmaps/x",
        403,
        FORBIDDEN,
    );
    let error = script.target().observe(&context(), &interest(&["ConfigMap/a/x"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "nothing could be looked at: {error}");
    assert!(error.to_string().contains("User \"u\" cannot list resource"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_fails_takes_no_other_with_it() {
    let broken = status(500, "InternalError", "conversion webhook for x failed", "{}");
    let script =
        Script::new().on(LIST, 200, &list(&[live_map("x", "1", 5)], "")).on(DEPLOYMENTS, 500, &broken);
    check(
        &script,
        &interest(&["ConfigMap/a/x", "Deployment.apps/a/web"]),
        "ConfigMap/a/x: 5@u-x of shop, body\nDeployment.apps/a/web: unreadable: conversion webhook for x failed \
         (kind=deployments.apps, status=500)",
        &format!("{LIST}\n{DEPLOYMENTS}"),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_kind_is_undefined_after_one_more_question() {
    let script = Script::new().on(LIST, 200, &list(&[live_map("x", "1", 5)], ""));
    let target = script.target();
    let interest = interest(&["ConfigMap/a/x", "Widget.example.org/a/w"]);
    target.observe(&context(), &interest).await.unwrap();
    assert_eq!(script.log(), format!("GET /api\nGET /apis\n{LIST}"), "the first look is fresh already");
    let observed = target.observe(&context(), &interest).await.unwrap();
    assert!(told(&observed).ends_with("Widget.example.org/a/w: undefined"));
    assert_eq!(script.log(), format!("GET /api\nGET /apis\n{LIST}"), "asked again once");
}

#[tokio::test(start_paused = true)]
async fn a_kind_of_a_group_that_does_not_answer_is_unreadable() {
    let script = Script::new().on(LIST, 200, &list(&[live_map("x", "1", 5)], ""));
    let target = script.target();
    let observed = target
        .observe(&context(), &interest(&["ConfigMap/a/x", "NodeMetrics.metrics.k8s.io//n"]))
        .await
        .unwrap();
    assert_eq!(
        told(&observed),
        "ConfigMap/a/x: 5@u-x of shop, body\nNodeMetrics.metrics.k8s.io//n: unreadable: the API group does not \
         answer, so nobody knows its kinds (group=metrics.k8s.io)"
    );
}

#[tokio::test(start_paused = true)]
async fn strays_come_without_bodies_and_copies_of_controllers_are_none() {
    let owned = live_map("copy", "1", 8)
        .replace(r#""name":"copy""#, r#""name":"copy","ownerReferences":[{"controller":true,"uid":"o"}]"#);
    let script =
        Script::new().on(LIST, 200, &list(&[live_map("x", "1", 5), live_map("old", "1", 4), owned], ""));
    let target = script.target();
    let observed = target.observe(&context(), &interest(&["ConfigMap/a/x"])).await.unwrap();
    assert_eq!(told(&observed), "ConfigMap/a/x: 5@u-x of shop, body\norphan ConfigMap/a/old");
    assert!(observed.orphans.iter().all(|live| live.body.is_none()));
}

#[tokio::test(start_paused = true)]
async fn bodies_carry_no_managed_fields() {
    let script = Script::new().on(LIST, 200, &list(&[live_map("x", "1", 5)], ""));
    let observed = script.target().observe(&context(), &interest(&["ConfigMap/a/x"])).await.unwrap();
    let live = observed.observations.values().next().unwrap().live().unwrap();
    assert!(!live.body.as_ref().unwrap().body().canonical().contains("managedFields"));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_knows_no_aggregated_discovery_is_asked_group_by_group() {
    let group = r#"{"name":"apps","versions":[{"version":"v1beta1"},{"version":"v1"}],"preferredVersion":{"version":"v1"}}"#;
    let broken =
        r#"{"name":"metrics.k8s.io","versions":[{"version":"v1"}],"preferredVersion":{"version":"v1"}}"#;
    let deployments = r#"{"resources":[{"name":"deployments","namespaced":true,"kind":"Deployment","verbs":["list"]},{"name":"deployments/scale","namespaced":true,"kind":"Scale","verbs":["get"]}]}"#;
    let script = Script::default()
        .on("GET /api", 200, r#"{"kind":"APIVersions","versions":["v1"]}"#)
        .on("GET /apis", 200, &format!(r#"{{"kind":"APIGroupList","groups":[{group},{broken}]}}"#))
        .on(
            "GET /api/v1",
            200,
            r#"{"resources":[{"name":"configmaps","namespaced":true,"kind":"ConfigMap","verbs":["list"]}]}"#,
        )
        .on("GET /apis/apps/v1", 200, deployments)
        .on("GET /apis/apps/v1beta1", 200, deployments)
        .on("GET /apis/metrics.k8s.io/v1", 503, "{}")
        .on(DEPLOYMENTS, 200, &list(&[], ""))
        .on("GET /apis/apps/v1/namespaces/a/deployments/web", 404, &absent("deployments", "web"));
    let target = script.target();
    let interest = interest(&["Deployment.apps/a/web", "Pod.metrics.k8s.io/a/p"]);
    let observed = target.observe(&context(), &interest).await.unwrap();
    assert_eq!(
        told(&observed),
        "Deployment.apps/a/web: absent\nPod.metrics.k8s.io/a/p: unreadable: the API group does not answer, so \
         nobody knows its kinds (group=metrics.k8s.io)"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_list_is_told_without_its_text() {
    let script = Script::new().on(LIST, 200, r#"{"items":[{"secret":"sesame"#);
    let error = script.target().observe(&context(), &interest(&["ConfigMap/a/x"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(!error.explain().contains("sesame"), "{}", error.explain());
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_not_served_any_more_is_looked_for_under_another() {
    let list_of = |version: &str| {
        format!(
            "GET /apis/x.io/{version}/widgets?labelSelector=windlass.dev/unit%3Dshop%2Cwindlass.dev/installation%3Dwindlass&limit=2500"
        )
    };
    let item = r#"{"metadata":{"name":"w","namespace":"a","resourceVersion":"7","labels":{"windlass.dev/installation":"windlass","windlass.dev/unit":"shop"}}}"#;
    let script = Script::default()
        .on("GET /api", 200, script::CORE)
        .on("GET /apis", 200, &widgets(&["v1beta1", "v1"]))
        .on("GET /apis", 200, &widgets(&["v1"]))
        .on(&list_of("v1beta1"), 200, &list(&[item.into()], ""))
        .on(&list_of("v1beta1"), 404, "404 page not found")
        .on(&list_of("v1"), 200, &list(&[item.into()], ""));
    let target = script.target();
    let mut interest = interest(&["Widget.x.io/a/w"]);
    interest.objects.values_mut().for_each(|look| look.api_version = "x.io/v1beta1".into());
    let observed = target.observe(&context(), &interest).await.unwrap();
    assert_eq!(told(&observed), "Widget.x.io/a/w: 7 of shop, body");
    script.log();
    let observed = target.observe(&context(), &interest).await.unwrap();
    assert_eq!(told(&observed), "Widget.x.io/a/w: 7 of shop, body");
    assert_eq!(script.log(), format!("{}\nGET /api\nGET /apis\n{}", list_of("v1beta1"), list_of("v1")));
}

#[tokio::test(start_paused = true)]
async fn a_kind_is_undefined_once_the_server_lists_it_no_more_and_unreadable_before() {
    let interest = interest(&["ConfigMap/a/x", "Widget.x.io/a/w"]);
    let script = |then: &[&str]| {
        Script::default()
            .on("GET /api", 200, script::CORE)
            .on("GET /apis", 200, &widgets(&["v1"]))
            .on("GET /apis", 200, &widgets(then))
            .on(LIST, 200, &list(&[live_map("x", "1", 5)], ""))
    };
    let observed = script(&[]).target().observe(&context(), &interest).await.unwrap();
    assert!(told(&observed).ends_with("Widget.x.io/a/w: undefined"), "{}", told(&observed));
    let observed = script(&["v1"]).target().observe(&context(), &interest).await.unwrap();
    let unreadable =
        "Widget.x.io/a/w: unreadable: the server lists the kind and does not serve it (kind=Widget.x.io)";
    assert!(told(&observed).ends_with(unreadable), "{}", told(&observed));
}
