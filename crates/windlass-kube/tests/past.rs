//! Objects with a past: what is read, rehearsed and written.

#![allow(clippy::unwrap_used, clippy::panic)]

mod script;

use script::writes::{GET, PATCH, sent, told};
use script::{Script, context, interest, item, live_map, mark, object, status};
use windlass_core::{Cascade, Conflict, Expect, Item, Observation, Predict, Prediction, Target, Want, Write};
use windlass_kube::KubeTarget;

const LIST: &str = "GET /api/v1/configmaps?labelSelector=windlass.dev/unit%3Dshop%2Cwindlass.dev/installation%3Dwindlass&limit=2500";
const GENTLE_DRY: &str = "PATCH /api/v1/namespaces/a/configmaps/x?fieldManager=windlass&fieldValidation=Strict&force=false&dryRun=All";
const SETTLE: &str = "PATCH /api/v1/namespaces/a/configmaps/x?fieldManager=windlass";
const WANTED: &str =
    r#"{"apiVersion":"v1","data":{"k":"1"},"kind":"ConfigMap","metadata":{"name":"x","namespace":"a"}}"#;

/// `ConfigMap/a/x` as `manager` made it, with one key more than Git has.
fn made_by(manager: &str, version: u32) -> String {
    format!(
        r#"{{"apiVersion":"v1","data":{{"k":"1","old":"2"}},"kind":"ConfigMap","metadata":{{"managedFields":[{{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{{"f:data":{{".":{{}},"f:k":{{}},"f:old":{{}}}}}},"manager":"{manager}","operation":"Update"}}],"name":"x","namespace":"a","resourceVersion":"{version}","uid":"u-x"}}}}"#
    )
}

async fn observed(target: &KubeTarget) -> Observation {
    let observed = target.observe(&context(), &interest(&["ConfigMap/a/x"])).await.unwrap();
    observed.observations.into_values().next().unwrap()
}

async fn predicted(target: &KubeTarget, item: &Item, observation: &Observation) -> Prediction {
    let wants = [Want { item, observation, owner: &mark() }];
    target.predict(&context(), &wants).await.unwrap().remove(0)
}

fn shown(conflicts: &[Conflict]) -> String {
    let shown = conflicts.iter().map(|one| format!("{} {} {}", one.path, one.holder, one.decision.name()));
    shown.collect::<Vec<_>>().join(", ")
}

fn write(prediction: &Prediction) -> Write {
    let Prediction::Change { payload, mode, conflicts, .. } = prediction else { panic!("{prediction:?}") };
    Write::Apply {
        payload: payload.clone(),
        mode: *mode,
        expect: Expect::Any,
        owner: mark(),
        conflicts: conflicts.clone(),
    }
}

#[tokio::test(start_paused = true)]
async fn an_adopted_config_map_is_settled_and_applied_by_two_requests_and_no_dry_run() {
    let script = Script::new()
        .on(LIST, 200, &script::list(&[], ""))
        .on(GET, 200, &made_by("helm", 4))
        .on(SETTLE, 200, &live_map("x", "1", 5))
        .on(PATCH, 200, &live_map("x", "1", 6));
    let target = script.target();
    let observation = observed(&target).await;
    script.log();
    let prediction = predicted(&target, &item(WANTED), &observation).await;
    let Prediction::Change { after, conflicts, .. } = &prediction else { panic!("{prediction:?}") };
    assert_eq!(after.body().at(&["data"]).unwrap().canonical(), r#"{"k":"1"}"#);
    assert_eq!(shown(conflicts), "data.old helm take", "the plan says from whom");
    assert_eq!(
        script.log(),
        "",
        "nothing is filled in of a ConfigMap, and its managed fields say who holds what"
    );

    assert_eq!(told(&target.write(&context(), &write(&prediction)).await), "changed 6@u-x");
    let ours = r#"{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:data":{".":{},"f:k":{},"f:old":{}}},"manager":"windlass","operation":"Apply"}"#;
    assert_eq!(
        script.log(),
        format!(
            "{SETTLE} [{{\"op\":\"add\",\"path\":\"/metadata/managedFields\",\"value\":[{ours}]}},{{\"op\":\"replace\",\"path\":\"/metadata/resourceVersion\",\"value\":\"4\"}}]\n{PATCH} {}",
            sent(r#","resourceVersion":"5","uid":"u-x""#)
        )
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_controller_writes_between_the_settling_and_the_apply_is_in_nobodys_way() {
    let gentle = PATCH.replace("force=true", "force=false");
    let script = Script::new()
        .on(LIST, 200, &script::list(&[], ""))
        .on(GET, 200, &made_by("helm", 4))
        .on(SETTLE, 200, &live_map("x", "1", 5))
        .on(PATCH, 409, &script::writes::conflict())
        .on(&gentle, 200, &live_map("x", "1", 7));
    let target = script.target();
    let observation = observed(&target).await;
    let prediction = predicted(&target, &item(WANTED), &observation).await;
    script.log();
    assert_eq!(told(&target.write(&context(), &write(&prediction)).await), "changed 7@u-x");
    let asked = script.log();
    assert!(asked.ends_with(&sent(r#","uid":"u-x""#)), "the same object, and no field by force: {asked}");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_moved_since_is_settled_as_it_is_and_each_field_is_looked_at_again() {
    let gentle = PATCH.replace("force=true", "force=false");
    let conflict = script::writes::conflict();
    let script = Script::new()
        .on(LIST, 200, &script::list(&[], ""))
        .on(GET, 200, &made_by("helm", 4))
        .on(GET, 200, &made_by("helm", 7))
        .on(SETTLE, 409, &conflict)
        .on(SETTLE, 200, &live_map("x", "1", 8))
        .on(&gentle, 200, &live_map("x", "1", 9));
    let target = script.target();
    let observation = observed(&target).await;
    let prediction = predicted(&target, &item(WANTED), &observation).await;
    script.log();
    assert_eq!(told(&target.write(&context(), &write(&prediction)).await), "changed 9@u-x");
    let asked = script.log();
    assert!(asked.contains(r#""path":"/metadata/resourceVersion","value":"7""#), "{asked}");
    assert!(asked.ends_with(&sent(r#","uid":"u-x""#)), "not by force at a version that nobody saw: {asked}");
}

#[tokio::test(start_paused = true)]
async fn without_a_past_a_change_is_one_request_and_one_dry_run() {
    let script = Script::new()
        .on(LIST, 200, &script::list(&[live_map("x", "0", 4)], ""))
        .on(GENTLE_DRY, 200, &live_map("x", "1", 4))
        .on(&PATCH.replace("force=true", "force=false"), 200, &live_map("x", "1", 5));
    let target = script.target();
    let observation = observed(&target).await;
    script.log();
    let prediction = predicted(&target, &item(WANTED), &observation).await;
    assert_eq!(script.log().lines().count(), 1);
    assert_eq!(told(&target.write(&context(), &write(&prediction)).await), "changed 5@u-x");
    assert_eq!(script.log().lines().count(), 1);
}

const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/a/deployments/w";

fn deployment(strategy: &str, meta: &str) -> String {
    format!(
        r#"{{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{{meta}"name":"w","namespace":"a"}},"spec":{{"strategy":{strategy}}}}}"#
    )
}

#[tokio::test(start_paused = true)]
async fn what_only_defaulting_put_into_the_other_branch_goes() {
    let dry =
        format!("PATCH {DEPLOYMENT}?fieldManager=windlass&fieldValidation=Strict&force=false&dryRun=All");
    let rehearsed = format!("PATCH {DEPLOYMENT}?fieldManager=windlass&fieldValidation=Strict&dryRun=All");
    let meta = |fields: &str| {
        format!(
            r#""managedFields":[{{"apiVersion":"apps/v1","fieldsV1":{fields},"manager":"windlass","operation":"Apply"}}],"resourceVersion":"4","uid":"u","#
        )
    };
    let live = deployment(
        r#"{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%"}}"#,
        &meta(r#"{"f:spec":{"f:selector":{}}}"#),
    );
    let refused = status(
        422,
        "Invalid",
        "x",
        r#"{"causes":[{"message":"Forbidden: may not be specified","field":"spec.strategy.rollingUpdate"}]}"#,
    );
    let recreate = deployment(r#"{"type":"Recreate"}"#, "");
    let script = Script::new()
        .on(&dry, 422, &refused)
        .on(&format!("GET {DEPLOYMENT}"), 200, &live)
        .on(&rehearsed, 200, &deployment(r#"{"type":"Recreate"}"#, r#""resourceVersion":"4","#))
        .on(&format!("PATCH {DEPLOYMENT}?fieldManager=windlass"), 200, &live)
        .on(
            &format!("PATCH {DEPLOYMENT}?fieldManager=windlass&fieldValidation=Strict&force=false"),
            200,
            &deployment(r#"{"type":"Recreate"}"#, &meta(r#"{"f:spec":{"f:strategy":{"f:type":{}}}}"#)),
        );
    let list = "GET /apis/apps/v1/deployments?labelSelector=windlass.dev/unit%3Dshop%2Cwindlass.dev/installation%3Dwindlass&limit=2500";
    let script = script.on(list, 200, &script::list(std::slice::from_ref(&live), ""));
    let target = script.target();
    let seen = target.observe(&context(), &interest(&["Deployment.apps/a/w"])).await.unwrap();
    let observation = seen.observations.into_values().next().unwrap();
    let prediction = predicted(&target, &item(&recreate), &observation).await;
    let Prediction::Change { after, .. } = &prediction else { panic!("{prediction:?}") };
    assert_eq!(after.body().at(&["spec", "strategy"]).unwrap().canonical(), r#"{"type":"Recreate"}"#);
    script.log();
    let told = told(&target.write(&context(), &write(&prediction)).await);
    assert!(told.starts_with("unchanged") || told.starts_with("changed"), "{told}");
    let asked = script.log();
    assert!(
        asked.contains(
            r#""fieldsV1":{"f:spec":{"f:selector":{},"f:strategy":{"f:rollingUpdate":{"f:maxSurge":{}}}}}"#
        ),
        "it becomes ours first, and goes with the apply: {asked}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_valid_for_itself_stays_refused_as_it_was() {
    let refused = status(
        422,
        "Invalid",
        "x",
        r#"{"causes":[{"message":"Invalid value: must be good","field":"data.k"}]}"#,
    );
    let script = Script::new()
        .on(LIST, 200, &script::list(&[live_map("x", "0", 4)], ""))
        .on(GENTLE_DRY, 422, &refused)
        .on(GET, 200, &live_map("x", "0", 4));
    let target = script.target();
    let observation = observed(&target).await;
    let Prediction::Refused(error) = predicted(&target, &item(WANTED), &observation).await else {
        panic!("refused")
    };
    assert_eq!(error.context("field"), Some("data.k"));
}

#[tokio::test(start_paused = true)]
async fn what_the_server_keeps_is_let_go_of_without_what_was_ours() {
    let path = "/api/v1/namespaces/kube-system";
    let kept = status(
        403,
        "Forbidden",
        "namespaces \"kube-system\" is forbidden: this namespace may not be deleted",
        r#"{"name":"kube-system","kind":"namespaces"}"#,
    );
    let left = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kube-system","resourceVersion":"5","uid":"u","labels":{"windlass.dev/unit":"shop"}}}"#;
    let script = Script::new()
        .on(&format!("DELETE {path}"), 403, &kept)
        .on(&format!("PATCH {path}?fieldManager=windlass&force=true"), 200, left)
        .on(&format!("PATCH {path}?fieldManager=windlass"), 200, left);
    let namespace = object(r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kube-system"}}"#);
    let delete = Write::Delete {
        id: namespace.id().clone(),
        api_version: "v1".into(),
        expect: Expect::Uid("u".into()),
        cascade: Cascade::Background,
    };
    let told = told(&script.target().write(&context(), &delete).await);
    assert_eq!(
        told,
        "released: the server does not let it be deleted: namespaces \"kube-system\" is forbidden: this namespace may not be deleted"
    );
    let asked = script.log();
    assert!(asked.contains(
        r#"force=true {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kube-system","uid":"u"}}"#
    ));
    assert!(asked.ends_with(r#"[{"op":"remove","path":"/metadata/labels/windlass.dev~1unit"}]"#), "{asked}");
}
