//! What does not run Pods.

use crate::{check, check_at_age};

#[test]
fn a_status_of_an_older_generation_says_nothing() {
    let old = "progressing: generation 3 not observed yet, status is of 2";
    let full = r#"{"metadata":{"generation":3},"spec":{"replicas":1},
                   "status":{"observedGeneration":2,"replicas":1,"updatedReplicas":1,"availableReplicas":1}}"#;
    check("apps/v1 Deployment", &[(full, old)]);
    check(
        "example.org/v1 Widget",
        &[(
            r#"{"metadata":{"generation":3},"status":{"observedGeneration":2,"conditions":[{"type":"Ready","status":"True"}]}}"#,
            old,
        )],
    );
    let unseen = "progressing: generation 1 not observed yet by its controller";
    for kind in ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"] {
        check(
            &format!("apps/v1 {kind}"),
            &[(r#"{"metadata":{"generation":1},"spec":{"replicas":0}}"#, unseen)],
        );
    }
    check("policy/v1 PodDisruptionBudget", &[(r#"{"metadata":{"generation":1}}"#, unseen)]);
    check("example.org/v1 Widget", &[(r#"{"metadata":{"generation":1}}"#, "healthy")]);
}

#[test]
fn what_is_being_deleted_is_progressing_whatever_it_is() {
    for kind in ["v1 ConfigMap", "apps/v1 Deployment", "v1 Namespace", "example.org/v1 Widget", "v1 Pod"] {
        check(
            kind,
            &[
                (
                    r#"{"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"}}"#,
                    "progressing: being deleted",
                ),
                (
                    r#"{"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z","finalizers":["a/b","c/d"]}}"#,
                    "progressing: being deleted, held by a/b, c/d",
                ),
            ],
        );
    }
}

#[test]
fn services_and_ways_in_wait_for_an_address() {
    check(
        "v1 Service",
        &[
            (r#"{}"#, "healthy"),
            (r#"{"spec":{"type":"ClusterIP"}}"#, "healthy"),
            (r#"{"spec":{"type":"ExternalName"}}"#, "healthy"),
            (
                r#"{"spec":{"type":"LoadBalancer","clusterIP":"10.0.0.1"},"status":{"loadBalancer":{}}}"#,
                "progressing: waiting for an address from the load balancer of the cloud",
            ),
            (
                r#"{"spec":{"type":"LoadBalancer"},"status":{"loadBalancer":{"ingress":[{"ip":"1.2.3.4"}]}}}"#,
                "healthy",
            ),
        ],
    );
    check(
        "networking.k8s.io/v1 Ingress",
        &[
            (
                r#"{"status":{"loadBalancer":{}}}"#,
                "progressing: waiting for an address from the ingress controller",
            ),
            (r#"{"status":{"loadBalancer":{"ingress":[{"hostname":"a"}]}}}"#, "healthy"),
        ],
    );
}

#[test]
fn autoscalers_may_be_without_metrics_at_first() {
    let broken = r#"{"status":{"conditions":[{"type":"AbleToScale","status":"True"},
        {"type":"ScalingActive","status":"False","reason":"FailedGetResourceMetric","message":"no metrics"}]}}"#;
    let said = "ScalingActive is False (FailedGetResourceMetric): no metrics";
    let kind = "autoscaling/v2 HorizontalPodAutoscaler";
    check_at_age(kind, Some(60), &[(broken, &format!("progressing: {said}"))]);
    check_at_age(kind, Some(600), &[(broken, &format!("degraded: {said}"))]);
    check(
        kind,
        &[
            (r#"{}"#, "progressing: not looked at yet by the autoscaler"),
            (
                r#"{"status":{"conditions":[{"type":"AbleToScale","status":"True"},{"type":"ScalingActive","status":"True"},{"type":"ScalingLimited","status":"True"}]}}"#,
                "healthy",
            ),
            (
                r#"{"status":{"conditions":[{"type":"ScalingActive","status":"False","reason":"ScalingDisabled"}]}}"#,
                "healthy",
            ),
            (
                r#"{"status":{"conditions":[{"type":"AbleToScale","status":"False","reason":"FailedGetScale","message":"not found"}]}}"#,
                "degraded: AbleToScale is False (FailedGetScale): not found",
            ),
        ],
    );
    check(
        "autoscaling/v1 HorizontalPodAutoscaler",
        &[(
            r#"{"metadata":{"annotations":{"autoscaling.alpha.kubernetes.io/conditions":"[{\"type\":\"ScalingActive\",\"status\":\"False\",\"reason\":\"InvalidSelector\"}]"}}}"#,
            "degraded: ScalingActive is False (InvalidSelector)",
        )],
    );
    check(
        "policy/v1 PodDisruptionBudget",
        &[
            (r#"{"metadata":{"generation":1},"status":{"observedGeneration":1}}"#, "healthy"),
            (
                r#"{"status":{"conditions":[{"type":"DisruptionAllowed","status":"False","reason":"InsufficientPods"}]}}"#,
                "healthy",
            ),
            (
                r#"{"status":{"conditions":[{"type":"DisruptionAllowed","status":"False","reason":"SyncFailed","message":"found no controllers"}]}}"#,
                "degraded: DisruptionAllowed is False (SyncFailed): found no controllers",
            ),
        ],
    );
}

#[test]
fn volumes_are_bound_or_lost() {
    check(
        "v1 PersistentVolumeClaim",
        &[
            (r#"{"status":{"phase":"Bound"}}"#, "healthy"),
            (r#"{"status":{"phase":"Lost"}}"#, "degraded: the volume of the claim is lost"),
            (
                r#"{"spec":{"storageClassName":"slow"},"status":{"phase":"Pending"}}"#,
                "progressing: waiting for a volume of class slow; some classes bind only once a pod uses the claim",
            ),
            (r#"{}"#, "progressing: waiting for a volume; some classes bind only once a pod uses the claim"),
        ],
    );
    check(
        "v1 PersistentVolume",
        &[
            (r#"{"status":{"phase":"Available"}}"#, "healthy"),
            (r#"{"status":{"phase":"Failed","message":"recycler"}}"#, "degraded: recycler"),
            (r#"{}"#, "progressing: not available yet"),
        ],
    );
}

#[test]
fn what_extends_the_cluster_says_what_is_missing() {
    check(
        "apiextensions.k8s.io/v1 CustomResourceDefinition",
        &[
            (r#"{}"#, "progressing: not established yet"),
            (
                r#"{"status":{"conditions":[{"type":"NamesAccepted","status":"True"},{"type":"Established","status":"True"}]}}"#,
                "healthy",
            ),
            (
                r#"{"status":{"conditions":[{"type":"Established","status":"True"},{"type":"NamesAccepted","status":"False","reason":"ListKindConflict","message":"WidgetList is taken"}]}}"#,
                "degraded: NamesAccepted is False (ListKindConflict): WidgetList is taken",
            ),
            (
                r#"{"status":{"conditions":[{"type":"Established","status":"False","reason":"Installing"}]}}"#,
                "progressing: not established yet",
            ),
            (
                r#"{"status":{"conditions":[{"type":"Established","status":"False","reason":"NotAccepted","message":"no"}]}}"#,
                "degraded: Established is False (NotAccepted): no",
            ),
        ],
    );
    check(
        "v1 Namespace",
        &[
            (r#"{"status":{"phase":"Active"}}"#, "healthy"),
            (r#"{}"#, "healthy"),
            (r#"{"status":{"phase":"Terminating"}}"#, "progressing: being deleted"),
            (
                r#"{"status":{"phase":"Terminating","conditions":[{"type":"NamespaceFinalizersRemaining","status":"True","reason":"SomeFinalizersRemain","message":"a/b in 1 resource"}]}}"#,
                "progressing: being deleted; NamespaceFinalizersRemaining is True (SomeFinalizersRemain): a/b in 1 resource",
            ),
        ],
    );
    check(
        "apiregistration.k8s.io/v1 APIService",
        &[
            (r#"{}"#, "progressing: not looked at yet by the API server"),
            (
                r#"{"status":{"conditions":[{"type":"Available","status":"True","reason":"Local"}]}}"#,
                "healthy",
            ),
            (
                r#"{"status":{"conditions":[{"type":"Available","status":"False","reason":"MissingEndpoints","message":"no endpoints"}]}}"#,
                "progressing: Available is False (MissingEndpoints): no endpoints",
            ),
        ],
    );
}

#[test]
fn any_other_kind_is_judged_by_its_standard_conditions() {
    check(
        "example.org/v1 Widget",
        &[
            (r#"{}"#, "healthy"),
            (r#"{"status":{"conditions":[]}}"#, "healthy"),
            (r#"{"status":{"conditions":[{"type":"Odd","status":"False"}]}}"#, "healthy"),
            (r#"{"status":{"conditions":[{"type":"Ready","status":"True"}]}}"#, "healthy"),
            (
                r#"{"status":{"conditions":[{"type":"Ready","status":"False","reason":"NoDisk","message":"the disk is gone"}]}}"#,
                "progressing: Ready is False (NoDisk): the disk is gone",
            ),
            (
                r#"{"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}}"#,
                "progressing: Ready is Unknown",
            ),
            (r#"{"status":{"conditions":[{"type":"Ready"}]}}"#, "progressing: Ready is unset"),
            (
                r#"{"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"Reconciling","status":"True","reason":"Progressing","message":"building"}]}}"#,
                "progressing: Reconciling is True (Progressing): building",
            ),
            (
                r#"{"status":{"conditions":[{"type":"Reconciling","status":"True"},{"type":"Stalled","status":"True","reason":"Invalid","message":"no such chart"}]}}"#,
                "degraded: Stalled is True (Invalid): no such chart",
            ),
            (
                r#"{"status":{"conditions":[{"type":"Stalled","status":"False"},{"type":"Ready","status":"True"}]}}"#,
                "healthy",
            ),
            (
                r#"{"metadata":{"generation":2},"status":{"conditions":[{"type":"Ready","status":"True","observedGeneration":1}]}}"#,
                "progressing: Ready speaks of generation 1, not of 2",
            ),
            (
                r#"{"metadata":{"generation":2},"status":{"conditions":[{"type":"Ready","status":"True","observedGeneration":2}]}}"#,
                "healthy",
            ),
        ],
    );
    for kind in ["v1 Secret", "v1 ConfigMap", "v1 ServiceAccount", "rbac.authorization.k8s.io/v1 Role"] {
        check(kind, &[(r#"{"data":{"a":"b"}}"#, "healthy")]);
    }
}

#[test]
fn nothing_that_a_secret_holds_reaches_a_message() {
    let told = r#"{"metadata":{"generation":2},"status":{"observedGeneration":1,"conditions":[{"type":"Stalled","status":"True","message":"hunter2"}]}}"#;
    check("v1 Secret", &[(told, "healthy")]);
    check("v1 ConfigMap", &[(told, "healthy")]);
}
