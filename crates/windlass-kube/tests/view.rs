//! What is kept of a cluster between looks, and what is told of its changes.

#![allow(clippy::unwrap_used, clippy::panic)]

mod script;

use std::collections::BTreeSet;
use std::time::Duration;

use script::writes::{PATCH, apply, delete, told as told_of_write};
use script::{Script, absent, context, interest, list, live_map, status};
use windlass_core::{
    Cascade, Context, ErrorKind, Expect, Interest, Mode, Observation, Observed, Target, UnitId,
};
use windlass_kube::KubeTarget;

const SELECTOR: &str = "labelSelector=windlass.dev/unit%2Cwindlass.dev/installation";
const MAPS: &str = "/api/v1/configmaps";
const FORBIDDEN: &str = r#"{"kind":"Status","reason":"Forbidden","message":"configmaps is forbidden: User \"u\" cannot list resource","code":403}"#;

fn listing(path: &str) -> String {
    format!("GET {path}?{SELECTOR}&limit=500")
}

fn watching(path: &str, version: &str) -> String {
    format!("WATCH {path}?{SELECTOR}&watch=true&allowWatchBookmarks=true&resourceVersion={version}")
}

/// A list at a version.
fn list_at(version: u32, items: &[String]) -> String {
    list(items, "").replace(r#""continue":"""#, &format!(r#""resourceVersion":"{version}""#))
}

fn told(observed: &Observed) -> String {
    let told = observed.observations.iter().map(|(id, observation)| match observation {
        Observation::Live(live) => {
            let body = if live.body.is_some() { ", body" } else { "" };
            format!("{}: {}{body}", id.name, live.version.0)
        }
        Observation::Absent => format!("{}: absent", id.name),
        Observation::Undefined => format!("{}: undefined", id.name),
        Observation::Unreadable(error) => format!("{}: unreadable: {error}", id.name),
    });
    let orphans = observed.orphans.iter().map(|live| format!("orphan {}", live.id.name));
    told.chain(orphans).collect::<Vec<_>>().join("\n")
}

/// Looks, and lets bodies be left out from then on.
async fn look(target: &KubeTarget, cx: &Context, interest: &mut Interest) -> String {
    let observed = target.observe(cx, interest).await.unwrap();
    for (id, look) in &mut interest.objects {
        look.known = observed.observations[id].live().map(|live| windlass_testkit::known(live.stamp));
    }
    told(&observed)
}

/// What is told within a while.
async fn changed(target: &KubeTarget, cx: &Context, wait: u64) -> String {
    let cx = cx.clone().with_timeout(Duration::from_secs(wait));
    match target.profile().watch.unwrap().changed(&cx).await {
        Ok(units) => names(&units),
        Err(error) if error.kind() == ErrorKind::Timeout => "nothing".into(),
        Err(error) => panic!("{error}"),
    }
}

fn names(units: &BTreeSet<UnitId>) -> String {
    units.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// A server with `x` at 5 and `y` at 6 of the unit, in a list at 7.
fn two() -> Script {
    let items = [live_map("x", "1", 5), live_map("y", "1", 6)];
    Script::new().on(&listing(MAPS), 200, &list_at(7, &items))
}

fn of(unit: &str, mut interest: Interest) -> Interest {
    interest.unit = UnitId::new(unit).unwrap();
    interest
}

#[tokio::test(start_paused = true)]
async fn a_pass_over_what_has_not_changed_sends_nothing() {
    let script = two();
    let (target, cx) = (script.watching_target(), context());
    let mut interest = interest(&["ConfigMap/a/x", "ConfigMap/a/y"]);
    script.watch(MAPS);
    let items = [live_map("x", "1", 5), live_map("y", "1", 6)];
    let script = ["x", "y"].into_iter().zip(&items).fold(script, |script, (name, item)| {
        script.on(&format!("GET /api/v1/namespaces/a/configmaps/{name}"), 200, item)
    });
    assert_eq!(look(&target, &cx, &mut interest).await, "x: 5@u-x, body\ny: 6@u-y, body");
    tokio::task::yield_now().await;
    script.log();
    for _ in 0..3 {
        assert_eq!(look(&target, &cx, &mut interest).await, "x: 5@u-x\ny: 6@u-y");
    }
    assert_eq!(script.log(), "");
}

#[tokio::test(start_paused = true)]
async fn what_a_watch_has_told_of_is_whole_without_a_request() {
    let script = two();
    let feed = script.watch(MAPS);
    let items = [live_map("x", "1", 5), live_map("y", "1", 6)];
    let script = ["x", "y"].into_iter().zip(&items).fold(script, |script, (name, item)| {
        script.on(&format!("GET /api/v1/namespaces/a/configmaps/{name}"), 200, item)
    });
    let (target, cx) = (script.watching_target(), context());
    let mut interest = interest(&["ConfigMap/a/x", "ConfigMap/a/y"]);
    look(&target, &cx, &mut interest).await;
    feed.tell("MODIFIED", &live_map("x", "2", 8));
    assert_eq!(changed(&target, &cx, 5).await, "shop");
    feed.tell("MODIFIED", &live_map("x", "2", 9));
    assert_eq!(changed(&target, &cx, 5).await, "nothing", "a version alone, such as of a status");
    script.log();
    let observed = target.observe(&cx, &interest).await.unwrap();
    assert_eq!(told(&observed), "x: 9@u-x, body\ny: 6@u-y");
    let seen = observed.observations.values().find_map(|seen| seen.live()?.body.clone()).unwrap();
    assert_eq!(script.log(), "");
    let metadata = seen.body().at(&["metadata"]).and_then(windlass_core::Value::as_map).unwrap();
    let fields: Vec<&str> = metadata.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(fields, ["labels", "name", "namespace", "uid"], "as a read gives it");
    assert_eq!(seen.body().text_at(&["data", "k"]), Some("2"));
}

#[tokio::test(start_paused = true)]
async fn all_units_share_one_list_and_one_watch_for_each_kind() {
    let script = two();
    let feed = script.watch(MAPS);
    let cluster = script.cluster();
    let targets: Vec<KubeTarget> =
        (0..3).map(|_| KubeTarget::new(cluster.clone(), windlass_kube::KubeOptions::default())).collect();
    let cx = context();
    for (target, unit) in targets.iter().zip(["a", "b", "shop"]) {
        let nothing = of(unit, interest(&["ConfigMap/a/x"]));
        let script = script.clone();
        script.on("GET /api/v1/namespaces/a/configmaps/x", 200, &live_map("x", "1", 5));
        target.observe(&cx, &nothing).await.unwrap();
    }
    tokio::task::yield_now().await;
    let log = script.log();
    let lists = log.lines().filter(|line| line.contains("configmaps?"));
    assert_eq!(lists.collect::<Vec<_>>(), [listing(MAPS), watching(MAPS, "7")]);
    feed.tell("MODIFIED", &live_map("x", "2", 8));
    for (target, unit) in targets.iter().zip(["a", "b", "shop"]) {
        assert_eq!(changed(target, &cx, 5).await, unit, "each target is told of its own units");
    }
    drop(targets);
    feed.closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_change_names_who_asks_and_who_owns_and_nobody_else() {
    let script = two();
    let feed = script.watch(MAPS);
    let script = script.on("GET /api/v1/namespaces/a/configmaps/x", 200, &live_map("x", "1", 5));
    let script = script.on("GET /api/v1/namespaces/a/configmaps/y", 200, &live_map("y", "1", 6));
    let (target, cx) = (script.watching_target(), context());
    look(&target, &cx, &mut interest(&["ConfigMap/a/x"])).await;
    look(&target, &cx, &mut of("other", interest(&["ConfigMap/a/y"]))).await;
    feed.tell("MODIFIED", &live_map("x", "2", 8));
    assert_eq!(changed(&target, &cx, 5).await, "shop");
    feed.tell("MODIFIED", &live_map("y", "2", 9));
    assert_eq!(changed(&target, &cx, 5).await, "other shop", "it is asked for by one and owned by the other");
    feed.tell("MODIFIED", &live_map("y", "2", 10));
    assert_eq!(changed(&target, &cx, 5).await, "nothing", "a version alone is no change");
    feed.tell("ADDED", &live_map("new", "1", 11));
    assert_eq!(changed(&target, &cx, 5).await, "shop", "an orphan");
    feed.tell("DELETED", &live_map("x", "2", 12));
    assert_eq!(changed(&target, &cx, 5).await, "shop");
    target.profile().watch.unwrap().release(&script::unit());
    feed.tell("MODIFIED", &live_map("new", "3", 13));
    assert_eq!(changed(&target, &cx, 5).await, "nothing", "the unit was released");
    target.profile().watch.unwrap().release(&UnitId::new("other").unwrap());
    feed.closed().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_written_is_known_at_once_and_its_echo_is_no_change() {
    let script = two();
    let feed = script.watch(MAPS);
    let script = script.on("GET /api/v1/namespaces/a/configmaps/x", 200, &live_map("x", "1", 5)).on(
        PATCH,
        200,
        &live_map("x", "2", 9),
    );
    let (target, cx) = (script.watching_target(), context());
    let mut interest = interest(&["ConfigMap/a/x"]);
    look(&target, &cx, &mut interest).await;
    let mut write = apply(Mode::Apply, Expect::Absent);
    if let windlass_core::Write::Apply { expect, .. } = &mut write {
        *expect = Expect::Absent;
    }
    let written = target.write(&cx, &write).await.unwrap();
    interest
        .objects
        .values_mut()
        .for_each(|look| look.known = written.live().map(|live| windlass_testkit::known(live.stamp)));
    script.log();
    assert_eq!(look(&target, &cx, &mut interest).await, "x: 9@u-x\norphan y", "before any event");
    feed.tell("MODIFIED", &live_map("x", "of somebody before", 8));
    feed.tell("MODIFIED", &live_map("x", "2", 9));
    assert_eq!(changed(&target, &cx, 5).await, "nothing");
    assert_eq!(look(&target, &cx, &mut interest).await, "x: 9@u-x\norphan y");
    assert_eq!(script.log(), "", "nobody was asked");
    feed.tell("MODIFIED", &live_map("x", "3", 10));
    assert_eq!(changed(&target, &cx, 5).await, "shop");
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_does_not_come_back_by_an_old_event() {
    let gone = r#"{"kind":"Status","status":"Success","details":{"uid":"u-x"}}"#;
    let script = two();
    let feed = script.watch(MAPS);
    let script = script
        .on("GET /api/v1/namespaces/a/configmaps/x", 200, &live_map("x", "1", 5))
        .on("GET /api/v1/namespaces/a/configmaps/x", 404, &absent("configmaps", "x"))
        .on(script::writes::DELETE, 200, gone);
    let (target, cx) = (script.watching_target(), context());
    let mut interest = interest(&["ConfigMap/a/x"]);
    look(&target, &cx, &mut interest).await;
    let written = target.write(&cx, &delete(Expect::Any, Cascade::Background)).await;
    assert_eq!(told_of_write(&written), "gone");
    feed.tell("MODIFIED", &live_map("x", "before it went", 8));
    feed.tell("DELETED", &live_map("x", "before it went", 9));
    assert_eq!(changed(&target, &cx, 5).await, "nothing");
    assert_eq!(look(&target, &cx, &mut interest).await, "x: absent\norphan y");
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ends_in_order_goes_on_where_it_was() {
    let script = two();
    let (first, second) = (script.watch(MAPS), script.watch(MAPS));
    let (target, cx) = (script.watching_target(), context());
    let script = script.on("GET /api/v1/namespaces/a/configmaps/x", 200, &live_map("x", "1", 5));
    look(&target, &cx, &mut interest(&["ConfigMap/a/x"])).await;
    first.tell("BOOKMARK", r#"{"metadata":{"resourceVersion":"40"}}"#);
    tokio::time::sleep(Duration::from_secs(5)).await;
    script.log();
    drop(first);
    assert_eq!(changed(&target, &cx, 5).await, "nothing", "nothing can have been missed");
    assert_eq!(script.log(), watching(MAPS, "40"));
    second.tell("MODIFIED", &live_map("x", "2", 41));
    assert_eq!(changed(&target, &cx, 5).await, "shop");
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_says_nothing_is_asked_anew() {
    let script = two();
    let (_silent, second) = (script.watch(MAPS), script.watch(MAPS));
    let script = script.on("GET /api/v1/namespaces/a/configmaps/x", 200, &live_map("x", "1", 5));
    let script = script.on("GET /api/v1/namespaces/a/configmaps/y", 200, &live_map("y", "1", 6));
    let (target, cx) = (script.watching_target(), context());
    look(&target, &cx, &mut interest(&["ConfigMap/a/x", "ConfigMap/a/y"])).await;
    tokio::task::yield_now().await;
    script.log();
    second.tell("MODIFIED", &live_map("x", "2", 8));
    assert_eq!(changed(&target, &cx, 60).await, "nothing");
    assert_eq!(changed(&target, &cx, 60).await, "shop");
    assert_eq!(script.log(), watching(MAPS, "7"));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_counts_as_a_change() {
    let script = two();
    let (first, _second) = (script.watch(MAPS), script.watch(MAPS));
    let script = script.on("GET /api/v1/namespaces/a/configmaps/x", 200, &live_map("x", "1", 5));
    let script = script.on("GET /api/v1/namespaces/a/configmaps/y", 200, &live_map("y", "1", 6));
    let (target, cx) = (script.watching_target(), context());
    let mut interest = interest(&["ConfigMap/a/x", "ConfigMap/a/y"]);
    look(&target, &cx, &mut interest).await;
    first.reset();
    assert_eq!(changed(&target, &cx, 5).await, "shop");
    assert_eq!(look(&target, &cx, &mut interest).await, "x: 5@u-x\ny: 6@u-y", "and it goes on");
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_cannot_go_on_hides_nothing_at_first_and_then_makes_what_is_known_unreadable() {
    let busy = status(429, "TooManyRequests", "too many requests", "{}");
    let check = async |refusals: usize| {
        let script = two();
        let first = script.watch(MAPS);
        (0..refusals).for_each(|_| script.refuse_watch(MAPS, 429, &busy));
        let script = script.on("GET /api/v1/namespaces/a/configmaps/x", 200, &live_map("x", "1", 5));
        let (target, cx) = (script.watching_target(), context());
        let mut interest = interest(&["ConfigMap/a/x"]);
        look(&target, &cx, &mut interest).await;
        tokio::task::yield_now().await;
        drop(first);
        tokio::time::sleep(Duration::from_secs(3)).await;
        let seen = match target.observe(&cx, &interest).await {
            Ok(observed) => told(&observed),
            Err(error) => error.to_string(),
        };
        (seen, changed(&target, &cx, 120).await)
    };
    assert_eq!(check(2).await, ("x: 5@u-x\norphan y".into(), "shop".into()));
    let (seen, told) = check(20).await;
    assert!(seen.starts_with("too many requests (kind=configmaps"), "{seen}");
    assert_eq!(told, "shop");
}

#[tokio::test(start_paused = true)]
async fn a_version_that_the_server_has_forgotten_leads_to_a_new_list() {
    let script = two();
    let (first, _second) = (script.watch(MAPS), script.watch(MAPS));
    let script = script
        .on(&listing(MAPS), 200, &list_at(90, &[live_map("x", "2", 80)]))
        .on("GET /api/v1/namespaces/a/configmaps/x", 200, &live_map("x", "1", 5))
        .on("GET /api/v1/namespaces/a/configmaps/x", 200, &live_map("x", "2", 80))
        .on("GET /api/v1/namespaces/a/configmaps/y", 200, &live_map("y", "1", 6))
        .on("GET /api/v1/namespaces/a/configmaps/y", 404, &absent("configmaps", "y"));
    let (target, cx) = (script.watching_target(), context());
    let mut interest = interest(&["ConfigMap/a/x", "ConfigMap/a/y"]);
    look(&target, &cx, &mut interest).await;
    tokio::task::yield_now().await;
    script.log();
    first.tell("ERROR", r#"{"kind":"Status","message":"too old resource version: 7 (80)","code":410}"#);
    assert_eq!(changed(&target, &cx, 5).await, "shop");
    tokio::task::yield_now().await;
    assert_eq!(script.log(), format!("{}\n{}", listing(MAPS), watching(MAPS, "90")));
    assert_eq!(look(&target, &cx, &mut interest).await, "x: 80@u-x, body\ny: absent");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_listed_is_unreadable_with_the_reason_and_comes_back() {
    let broken = status(500, "InternalError", "conversion webhook for x failed", "{}");
    let deployments = "/apis/apps/v1/deployments";
    let script = two()
        .on(&listing(deployments), 500, &broken)
        .on(&listing(deployments), 500, &broken)
        .on(&listing(deployments), 200, &list_at(9, &[]))
        .on("GET /apis/apps/v1/namespaces/a/deployments/web", 404, &absent("deployments", "web"))
        .on("GET /api/v1/namespaces/a/configmaps/x", 200, &live_map("x", "1", 5));
    let (target, cx) = (script.watching_target(), context());
    let mut interest = interest(&["ConfigMap/a/x", "Deployment.apps/a/web"]);
    let unreadable = "x: 5@u-x, body\nweb: unreadable: conversion webhook for x failed (kind=deployments.apps, status=500)\norphan y";
    assert_eq!(look(&target, &cx, &mut interest).await, unreadable);
    let again = unreadable.replace(", body", "");
    assert_eq!(look(&target, &cx, &mut interest).await, again, "a look does not wait for the next attempt");
    assert_eq!(changed(&target, &cx, 60).await, "shop", "it is there again");
    assert_eq!(look(&target, &cx, &mut interest).await, "x: 5@u-x\nweb: absent\norphan y");
}

#[tokio::test(start_paused = true)]
async fn an_account_that_may_not_list_all_is_shown_its_namespaces_and_then_single_objects() {
    let mine = "/api/v1/namespaces/a/configmaps";
    let script = Script::new()
        .on(&listing(MAPS), 403, FORBIDDEN)
        .on(&listing(mine), 200, &list_at(7, &[live_map("x", "1", 5)]))
        .on("GET /api/v1/namespaces/a/configmaps/x", 200, &live_map("x", "1", 5))
        .on("GET /api/v1/namespaces/b/configmaps?labelSelector", 403, FORBIDDEN)
        .on(&listing("/api/v1/namespaces/b/configmaps"), 403, FORBIDDEN)
        .on("GET /api/v1/namespaces/b/configmaps/z", 200, &live_map("z", "1", 4).replace(r#""a""#, r#""b""#));
    let feed = script.watch(mine);
    let (target, cx) = (script.watching_target(), context());
    let mut interest = interest(&["ConfigMap/a/x", "ConfigMap/b/z"]);
    assert_eq!(look(&target, &cx, &mut interest).await, "x: 5@u-x, body\nz: 4@u-z, body");
    tokio::task::yield_now().await;
    script.log();
    assert_eq!(look(&target, &cx, &mut interest).await, "x: 5@u-x\nz: 4@u-z");
    assert_eq!(
        script.log(),
        "GET /api/v1/namespaces/b/configmaps/z",
        "what nobody may list is read each time"
    );
    feed.tell("MODIFIED", &live_map("x", "2", 8));
    assert_eq!(changed(&target, &cx, 5).await, "shop");
    assert_eq!(changed(&target, &cx, 40).await, "shop", "what nobody may list is looked at again");
    // The right comes.
    drop(script.on(&listing(MAPS), 200, &list_at(90, &[live_map("x", "2", 8)])));
    feed.closed().await;
}

#[tokio::test(start_paused = true)]
async fn what_may_be_listed_and_not_watched_is_listed_again_and_again() {
    let script = two();
    script.refuse_watch(MAPS, 403, FORBIDDEN);
    let script = script
        .on(&listing(MAPS), 200, &list_at(8, &[live_map("x", "1", 5), live_map("y", "1", 6)]))
        .on(&listing(MAPS), 200, &list_at(9, &[live_map("x", "2", 9), live_map("y", "1", 6)]))
        .on("GET /api/v1/namespaces/a/configmaps/x", 200, &live_map("x", "1", 5))
        .on("GET /api/v1/namespaces/a/configmaps/y", 200, &live_map("y", "1", 6));
    let (target, cx) = (script.watching_target(), context());
    let mut interest = interest(&["ConfigMap/a/x", "ConfigMap/a/y"]);
    look(&target, &cx, &mut interest).await;
    assert_eq!(changed(&target, &cx, 5).await, "shop", "a right that went");
    assert_eq!(changed(&target, &cx, 30).await, "shop", "a change that a list showed");
    assert_eq!(changed(&target, &cx, 60).await, "nothing");
}

#[tokio::test(start_paused = true)]
async fn a_list_comes_by_the_watch_where_the_server_can() {
    let modern = script::CORE.replacen('{', r#"{"apiVersion":"apidiscovery.k8s.io/v2","#, 1);
    let script = Script::default().on("GET /api", 200, &modern).on("GET /apis", 200, script::GROUPS);
    let script = script.on("GET /api/v1/namespaces/a/configmaps/x", 200, &live_map("x", "1", 5));
    let feed = script.watch(MAPS);
    feed.tell("ADDED", &live_map("x", "1", 5));
    feed.tell("ADDED", &live_map("y", "1", 6));
    feed.tell(
        "BOOKMARK",
        r#"{"metadata":{"resourceVersion":"7","annotations":{"k8s.io/initial-events-end":"true"}}}"#,
    );
    let (target, cx) = (script.watching_target(), context());
    let mut interest = interest(&["ConfigMap/a/x"]);
    assert_eq!(look(&target, &cx, &mut interest).await, "x: 5@u-x, body\norphan y");
    let streamed = format!(
        "WATCH {MAPS}?{SELECTOR}&watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
    );
    assert!(script.log().contains(&streamed));
    feed.tell("MODIFIED", &live_map("x", "2", 8));
    assert_eq!(changed(&target, &cx, 5).await, "shop");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_lists_by_watches_is_asked_by_pages() {
    let modern = script::CORE.replacen('{', r#"{"apiVersion":"apidiscovery.k8s.io/v2","#, 1);
    let script = Script::default().on("GET /api", 200, &modern).on("GET /apis", 200, script::GROUPS);
    script.refuse_watch(MAPS, 422, &status(422, "Invalid", "sendInitialEvents is forbidden", "{}"));
    let script = script.on(&listing(MAPS), 200, &list_at(7, &[live_map("x", "1", 5)])).on(
        "GET /api/v1/namespaces/a/configmaps/x",
        200,
        &live_map("x", "1", 5),
    );
    let target = script.watching_target();
    assert_eq!(look(&target, &context(), &mut interest(&["ConfigMap/a/x"])).await, "x: 5@u-x, body");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_prepares_the_storage_of_a_kind_is_waited_for() {
    let modern = script::CORE.replacen('{', r#"{"apiVersion":"apidiscovery.k8s.io/v2","#, 1);
    let script = Script::default().on("GET /api", 200, &modern).on("GET /apis", 200, script::GROUPS);
    let busy = status(429, "TooManyRequests", "storage is (re)initializing", "{}");
    (0..8).for_each(|_| script.refuse_watch(MAPS, 429, &busy));
    let feed = script.watch(MAPS);
    feed.tell(
        "BOOKMARK",
        r#"{"metadata":{"resourceVersion":"7","annotations":{"k8s.io/initial-events-end":"true"}}}"#,
    );
    let script = script.on("GET /api/v1/namespaces/a/configmaps/x", 404, &absent("configmaps", "x"));
    let target = script.watching_target();
    assert_eq!(look(&target, &context(), &mut interest(&["ConfigMap/a/x"])).await, "x: absent");
}

#[tokio::test(start_paused = true)]
async fn what_many_units_do_not_find_is_listed_once() {
    let everything = format!("GET {MAPS}?limit=2500");
    let script = Script::new().on(&listing(MAPS), 200, &list_at(7, &[])).on(
        &everything,
        200,
        &list_at(7, &[r#"{"metadata":{"name":"other","namespace":"n1"}}"#.into()]),
    );
    let (target, cx) = (script.watching_target(), context());
    for at in 0..50 {
        let id = format!("ConfigMap/n{at}/x");
        let missing = script::status(404, "NotFound", "x", r#"{"name":"x","kind":"configmaps"}"#);
        let get = format!("GET /api/v1/namespaces/n{at}/configmaps/x");
        let _ = script.clone().on(&get, 404, &missing);
        let mut interest = of(&format!("u{at}"), interest(&[&id]));
        assert_eq!(look(&target, &cx, &mut interest).await, "x: absent");
    }
    let log = script.log();
    let reads = log.lines().filter(|line| line.contains("/namespaces/")).count();
    assert_eq!(reads, 7, "then it pays to list: {log}");
    assert_eq!(log.lines().filter(|line| line.starts_with(&everything)).count(), 1);
}
