//! Custom kinds: what Argo CD says of them, and what Windlass does.
//!
//! The answers of Argo CD are those of its scripts at 3.5 and 3.6.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod body;

use body::body;
use windlass_core::{HealthCheck, NoChildren, Object};
use windlass_kinds::argo::{ArgoHealth, by_rule};
use windlass_kinds::health::assess;

/// The rest of the object, what Argo CD says of it, and what Windlass says.
fn check(kind: &str, cases: &[(&str, &str, &str)]) {
    for (rest, argo, ours) in cases {
        let body = body(kind, rest);
        let found = by_rule(&body).unwrap_or_else(|| panic!("no rule for {kind}"));
        assert_eq!(format!("{}: {}", found.status.name(), found.message), *argo, "Argo CD: {kind} {rest}");
        assert_eq!(assess(&body, &NoChildren).to_string(), *ours, "Windlass: {kind} {rest}");
    }
}

#[test]
fn a_condition_that_is_not_true_may_still_become_so() {
    check(
        "cert-manager.io/v1 Certificate",
        &[
            ("{}", "Progressing: Waiting for certificate", "progressing: Waiting for certificate"),
            (
                r#"{"status":{"conditions":[{"type":"Ready","status":"False","reason":"Failed","message":"no order"}]}}"#,
                "Degraded: no order",
                "progressing: Ready is False (Failed): no order",
            ),
            (
                r#"{"status":{"conditions":[{"type":"Ready","status":"True","message":"up to date"},
                    {"type":"Issuing","status":"True","message":"renewing"}]}}"#,
                "Progressing: renewing",
                "progressing: renewing",
            ),
            (
                r#"{"status":{"conditions":[{"type":"Ready","status":"True","message":"up to date"}]}}"#,
                "Healthy: up to date",
                "healthy",
            ),
        ],
    );
}

#[test]
fn what_is_suspended_is_so_for_both() {
    let reconciled =
        r#"{"spec":{"suspend":true},"status":{"conditions":[{"type":"Ready","status":"False"}]}}"#;
    check(
        "kustomize.toolkit.fluxcd.io/v1 Kustomization",
        &[(reconciled, "Suspended: Kustomization is suspended", "suspended: Kustomization is suspended")],
    );
    check(
        "keda.sh/v1alpha1 ScaledObject",
        &[(
            r#"{"status":{"conditions":[{"type":"Ready","status":"True","message":"ready"},
                {"type":"Paused","status":"True","message":"paused"}]}}"#,
            "Suspended: paused",
            "suspended: paused",
        )],
    );
}

#[test]
fn flux_follows_ready_where_argo_cd_counts_conditions() {
    let tested = r#"{"status":{"conditions":[{"type":"Ready","status":"True","reason":"TestSucceeded"},
        {"type":"Released","status":"True"},{"type":"TestSuccess","status":"True"}]}}"#;
    check("helm.toolkit.fluxcd.io/v2 HelmRelease", &[(tested, "Degraded: TestSucceeded", "healthy")]);
}

#[test]
fn what_passes_in_every_rollout_is_no_reason_to_give_up() {
    let rolling = r#"{"metadata":{"generation":1},"spec":{"updateStrategy":{"partition":0}},
        "status":{"observedGeneration":1,"replicas":3,"updatedAvailableReplicas":1}}"#;
    let said = "Some replicas are not ready or available";
    check(
        "apps.kruise.io/v1alpha1 CloneSet",
        &[(rolling, &format!("Degraded: {said}"), &format!("progressing: {said}"))],
    );
}

#[test]
fn a_phase_that_failed_is_degraded_for_both() {
    check(
        "velero.io/v1 Backup",
        &[
            (
                r#"{"status":{"phase":"PartiallyFailed"}}"#,
                "Degraded: PartiallyFailed",
                "degraded: PartiallyFailed",
            ),
            (r#"{"status":{"phase":"Completed"}}"#, "Healthy: Backup completed", "healthy"),
        ],
    );
    check(
        "argoproj.io/v1alpha1 Rollout",
        &[
            (
                r#"{"metadata":{"generation":2},"status":{"observedGeneration":"1","phase":"Healthy"}}"#,
                "Progressing: Waiting for rollout spec update to be observed",
                "progressing: Waiting for rollout spec update to be observed",
            ),
            (
                r#"{"metadata":{"generation":2},"status":{"observedGeneration":"2","phase":"Degraded","message":"aborted"}}"#,
                "Degraded: aborted",
                "degraded: aborted",
            ),
        ],
    );
}

#[test]
fn a_rule_for_a_group_holds_for_its_kinds_and_an_own_rule_wins() {
    let broken = r#"{"status":{"conditions":[{"type":"Synced","status":"False","message":"denied"}]}}"#;
    check("s3.aws.upbound.io/v1beta1 Bucket", &[(broken, "Degraded: denied", "degraded: denied")]);
    let paused =
        r#"{"status":{"conditions":[{"type":"Synced","status":"False","reason":"ReconcilePaused"}]}}"#;
    check(
        "s3.aws.crossplane.io/v1beta1 Bucket",
        &[(paused, "Suspended: ReconcilePaused", "suspended: ReconcilePaused")],
    );
    assert!(by_rule(&body("upbound.io/v1 Bucket", broken)).is_none());
    assert!(by_rule(&body("example.org/v1 Bucket", broken)).is_none());
}

#[test]
fn a_message_lists_what_is_wrong_in_order() {
    let conditions = r#"{"status":{"conditions":[
        {"type":"ConfigurationsReady","status":"False","reason":"Failed","message":"no image"},
        {"type":"Ready","status":"Unknown"},{"type":"RoutesReady","status":"True"}]}}"#;
    check(
        "serving.knative.dev/v1 Service",
        &[(
            conditions,
            "Degraded: ConfigurationsReady is False, since Failed. no image\nReady is Unknown\n",
            "progressing: Ready is Unknown",
        )],
    );
}

#[test]
fn what_is_missing_is_on_its_way() {
    let gone = r#"{"status":{"state":"NotFound"}}"#;
    let said = "Component state: NotFound.";
    check(
        "core.humio.com/v1alpha1 HumioView",
        &[(gone, &format!("Missing: {said}"), &format!("progressing: {said}"))],
    );
}

#[test]
fn argo_cd_decides_by_its_rules_unless_the_object_goes() {
    let of = |rest: &str| {
        let object = Object::new(body("kafka.strimzi.io/v1 Kafka", rest)).unwrap();
        ArgoHealth.assess(&object, &NoChildren).unwrap().to_string()
    };
    let status = r#""status":{"conditions":[{"type":"NotReady","status":"True","message":"no brokers"}]}"#;
    assert_eq!(of(&format!("{{{status}}}")), "degraded: no brokers");
    let leaving = r#""metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"}"#;
    assert_eq!(of(&format!("{{{leaving},{status}}}")), "progressing: Pending deletion");
}

#[test]
fn a_long_status_is_assessed_in_linear_time_and_told_in_short() {
    let one = r#"{"type":"Some","status":"False","reason":"Because","message":"of a long story"}"#;
    let conditions = vec![one; 20_000].join(",");
    let rest = format!(r#"{{"status":{{"conditions":[{conditions}]}}}}"#);
    for kind in ["serving.knative.dev/v1 Service", "cluster.x-k8s.io/v1 MachinePool", "x.upbound.io/v1 Y"] {
        let found = by_rule(&body(kind, &rest)).unwrap();
        assert!(found.message.chars().count() <= 1025, "{kind} says too much");
    }
}
