//! What is odd in Argo CD's rules stays odd.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use windlass_core::Value;
use windlass_kinds::argo::{built_in, by_conditions};

fn body(kind: &str, rest: &str) -> Value {
    let (version, kind) = kind.split_once(' ').unwrap();
    let mut body: Value = serde_json::from_str(rest).unwrap_or_else(|error| panic!("{error}: {rest}"));
    body.as_map_mut().unwrap().insert("apiVersion", version);
    body.as_map_mut().unwrap().insert("kind", kind);
    body
}

fn check(kind: &str, rest: &str, expected: &str) {
    let found = built_in(&body(kind, rest)).map_or_else(|| "no rule".to_owned(), |health| health.to_string());
    assert_eq!(found, expected, "{kind} {rest}");
}

#[test]
fn a_kind_without_a_rule_is_left_to_the_next_check() {
    for kind in [
        "v1 ConfigMap",
        "v1 Namespace",
        "batch/v1 CronJob",
        "extensions/v1beta1 Deployment",
        "example.org/v1 Pod",
    ] {
        check(kind, "{}", "no rule");
    }
    check(
        "v1 ConfigMap",
        r#"{"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"}}"#,
        "progressing: Pending deletion",
    );
}

#[test]
fn a_hook_that_is_held_is_still_assessed() {
    check(
        "batch/v1 Job",
        r#"{"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z","finalizers":["argocd.argoproj.io/hook-finalizer"]},
            "status":{"conditions":[{"type":"Complete","status":"True","message":"done"}]}}"#,
        "healthy: done",
    );
}

#[test]
fn a_resumed_job_counts_as_done() {
    let job = |conditions: &str| format!(r#"{{"status":{{"conditions":[{conditions}]}}}}"#);
    check("batch/v1 Job", &job(""), "progressing");
    check(
        "batch/v1 Job",
        &job(r#"{"type":"Suspended","status":"True","message":"Job suspended"}"#),
        "suspended: Job suspended",
    );
    check(
        "batch/v1 Job",
        &job(r#"{"type":"Suspended","status":"False","message":"Job resumed"}"#),
        "healthy: Job resumed",
    );
    check(
        "batch/v1 Job",
        &job(r#"{"type":"Complete","status":"True"},{"type":"Failed","status":"True","message":"no"}"#),
        "degraded: no",
    );
}

#[test]
fn a_pod_fails_early_only_if_it_restarts_always() {
    let pod = |policy: &str| {
        format!(
            r#"{{"spec":{{"restartPolicy":"{policy}"}},"status":{{"phase":"Pending","containerStatuses":[
                {{"name":"a","state":{{"waiting":{{"reason":"ImagePullBackOff","message":"back-off"}}}}}},
                {{"name":"b","state":{{"waiting":{{"reason":"ErrImagePull","message":"not found"}}}}}}]}}}}"#
        )
    };
    check("v1 Pod", &pod("Always"), "degraded: back-off, not found");
    check("v1 Pod", &pod("Never"), "progressing");
    check(
        "v1 Pod",
        r#"{"spec":{"restartPolicy":"Never"},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}"#,
        "progressing",
    );
    check(
        "v1 Pod",
        r#"{"spec":{"restartPolicy":"Always"},"status":{"phase":"Running","containerStatuses":[{"lastState":{"terminated":{"exitCode":1}}}]}}"#,
        "degraded",
    );
    check(
        "v1 Pod",
        r#"{"status":{"phase":"Failed","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":3}}}]}}"#,
        r#"degraded: container "a" failed with exit code 3"#,
    );
    check("v1 Pod", "{}", "unknown");
}

#[test]
fn absent_replicas_are_not_one() {
    check("apps/v1 Deployment", r#"{"spec":{},"status":{}}"#, "healthy");
    check(
        "apps/v1 Deployment",
        r#"{"spec":{"replicas":1},"status":{}}"#,
        "progressing: Waiting for rollout to finish: 0 out of 1 new replicas have been updated...",
    );
    check("apps/v1 StatefulSet", "{}", "progressing: Waiting for statefulset spec update to be observed...");
}

#[test]
fn conditions_decide_for_other_kinds() {
    let by = |conditions: &str| {
        let body = body("example.org/v1 Widget", &format!(r#"{{"status":{{"conditions":[{conditions}]}}}}"#));
        by_conditions(&body).map(|health| health.to_string())
    };
    assert_eq!(by(""), None);
    assert_eq!(by(r#"{"type":"Odd","status":"True"}"#), None);
    assert_eq!(by(r#"{"type":"Ready","status":"True","message":"up"}"#).unwrap(), "healthy: up");
    assert_eq!(by(r#"{"type":"Ready","status":"False","message":"down"}"#).unwrap(), "degraded: down");
    assert_eq!(by(r#"{"type":"Ready","status":"Unknown","message":"soon"}"#).unwrap(), "progressing: soon");
    assert_eq!(
        by(r#"{"type":"Ready","status":"True"},{"type":"Failed","status":"True","message":"no"}"#).unwrap(),
        "degraded: no"
    );
    assert_eq!(by(r#"{"type":"Synced","status":"True","message":"in sync"}"#).unwrap(), "healthy: in sync");
}
