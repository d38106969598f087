//! Health case by case: kind, the rest of the object, and the line that a report shows.

use windlass_core::{Around, Health, HealthCheck, Object, ObjectId, Value};
use windlass_kinds::health::{KubernetesHealth, assess};

#[derive(Debug)]
struct Aged(Option<u64>);

impl Around for Aged {
    fn owned_by(&self, _owner: &ObjectId) -> Vec<Object> {
        Vec::new()
    }

    fn age_seconds(&self) -> Option<u64> {
        self.0
    }
}

/// `kind`: `apps/v1 Deployment`. `rest`: the other fields of the object.
fn body(kind: &str, rest: &str) -> Value {
    let (version, kind) = kind.split_once(' ').unwrap();
    let mut body: Value = serde_json::from_str(rest).unwrap_or_else(|error| panic!("{error}: {rest}"));
    let map = body.as_map_mut().unwrap();
    map.insert("apiVersion", version);
    map.insert("kind", kind);
    map.entry("metadata", || Value::Map(windlass_core::Map::new()))
        .as_map_mut()
        .unwrap()
        .insert("name", "it");
    body
}

fn check(kind: &str, cases: &[(&str, &str)]) {
    check_at_age(kind, None, cases);
}

fn check_at_age(kind: &str, age: Option<u64>, cases: &[(&str, &str)]) {
    for (rest, expected) in cases {
        assert_eq!(assess(&body(kind, rest), &Aged(age)).to_string(), *expected, "{kind} {rest}");
    }
}

#[test]
fn deployments_say_which_replicas_are_missing() {
    check(
        "apps/v1 Deployment",
        &[
            (
                r#"{"spec":{"replicas":3},"status":{"replicas":3,"updatedReplicas":3,"readyReplicas":3,"availableReplicas":3}}"#,
                "healthy",
            ),
            (
                r#"{"spec":{"replicas":3},"status":{"replicas":3,"updatedReplicas":3,"availableReplicas":1}}"#,
                "progressing: 1 of 3 replicas available",
            ),
            (
                r#"{"spec":{"replicas":3},"status":{"replicas":4,"updatedReplicas":1,"availableReplicas":3}}"#,
                "progressing: 1 of 3 replicas updated",
            ),
            (r#"{"spec":{},"status":{}}"#, "progressing: 0 of 1 replica updated"),
            (
                r#"{"spec":{"replicas":1},"status":{"replicas":2,"updatedReplicas":1,"availableReplicas":1}}"#,
                "progressing: 1 old replica still to terminate",
            ),
            (
                r#"{"spec":{"replicas":0},"status":{"replicas":2,"updatedReplicas":2,"availableReplicas":2}}"#,
                "progressing: 2 old replicas still to terminate",
            ),
            (r#"{"spec":{"replicas":0},"status":{}}"#, "healthy"),
            (r#"{"spec":{"replicas":0}}"#, "healthy"),
            (r#"{"spec":{"replicas":3,"paused":true},"status":{}}"#, "suspended: the rollout is paused"),
        ],
    );
}

#[test]
fn deployments_name_the_condition_that_fails() {
    check(
        "apps/v1 Deployment",
        &[
            (
                r#"{"spec":{"replicas":2},"status":{"replicas":2,"updatedReplicas":2,"availableReplicas":1,"conditions":[
                    {"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded","message":"ReplicaSet \"it-1\" has timed out progressing."}]}}"#,
                "degraded: 1 of 2 replicas available; Progressing is False (ProgressDeadlineExceeded): ReplicaSet \"it-1\" has timed out progressing.",
            ),
            (
                r#"{"spec":{"replicas":2},"status":{"conditions":[
                    {"type":"ReplicaFailure","status":"True","reason":"FailedCreate","message":"exceeded quota: pods"}]}}"#,
                "progressing: 0 of 2 replicas updated; ReplicaFailure is True (FailedCreate): exceeded quota: pods",
            ),
            (
                r#"{"spec":{"replicas":1},"status":{"replicas":1,"updatedReplicas":1,"availableReplicas":1,"conditions":[
                    {"type":"Available","status":"False","reason":"MinimumReplicasUnavailable","message":"too few"}]}}"#,
                "progressing: Available is False (MinimumReplicasUnavailable): too few",
            ),
            (
                r#"{"spec":{"replicas":1},"status":{"replicas":1,"updatedReplicas":1,"availableReplicas":1,"conditions":[
                    {"type":"ReplicaFailure","status":"False"},{"type":"Available","status":"True"}]}}"#,
                "healthy",
            ),
        ],
    );
}

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
fn replica_sets_fail_with_the_message_of_their_condition() {
    check(
        "apps/v1 ReplicaSet",
        &[
            (
                r#"{"spec":{"replicas":2},"status":{"replicas":2,"readyReplicas":2,"availableReplicas":2}}"#,
                "healthy",
            ),
            (r#"{"spec":{"replicas":2},"status":{"replicas":1}}"#, "progressing: 1 of 2 replicas created"),
            (
                r#"{"spec":{"replicas":2},"status":{"replicas":2,"readyReplicas":1}}"#,
                "progressing: 1 of 2 replicas ready",
            ),
            (
                r#"{"spec":{"replicas":2},"status":{"replicas":2,"readyReplicas":2,"availableReplicas":1}}"#,
                "progressing: 1 of 2 replicas available",
            ),
            (
                r#"{"spec":{"replicas":1},"status":{"replicas":3,"readyReplicas":3,"availableReplicas":3}}"#,
                "progressing: 2 replicas still to terminate",
            ),
            (
                r#"{"spec":{"replicas":1},"status":{"conditions":[{"type":"ReplicaFailure","status":"True","reason":"FailedCreate","message":"pods is forbidden"}]}}"#,
                "degraded: ReplicaFailure is True (FailedCreate): pods is forbidden",
            ),
        ],
    );
}

#[test]
fn stateful_sets_follow_partition_and_strategy() {
    check(
        "apps/v1 StatefulSet",
        &[
            (
                r#"{"spec":{"replicas":3},"status":{"replicas":3,"readyReplicas":3,"currentReplicas":3}}"#,
                "healthy",
            ),
            (
                r#"{"spec":{"replicas":3},"status":{"replicas":2,"readyReplicas":2}}"#,
                "progressing: 2 of 3 replicas created",
            ),
            (
                r#"{"spec":{"replicas":3},"status":{"replicas":3,"readyReplicas":2}}"#,
                "progressing: 2 of 3 replicas ready",
            ),
            (
                r#"{"spec":{"replicas":3},"status":{"replicas":3,"readyReplicas":3,"availableReplicas":1}}"#,
                "progressing: 1 of 3 replicas available",
            ),
            (
                r#"{"spec":{"replicas":3},"status":{"replicas":5,"readyReplicas":5}}"#,
                "progressing: 2 replicas still to terminate",
            ),
            (
                r#"{"spec":{"replicas":3},"status":{"replicas":3,"readyReplicas":3,"updatedReplicas":1,"currentRevision":"a","updateRevision":"b"}}"#,
                "progressing: 1 of 3 replicas updated",
            ),
            (
                r#"{"spec":{"replicas":3,"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":2}}},
                    "status":{"replicas":3,"readyReplicas":3,"updatedReplicas":1,"currentRevision":"a","updateRevision":"b"}}"#,
                "healthy",
            ),
            (
                r#"{"spec":{"replicas":3,"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":1}}},
                    "status":{"replicas":3,"readyReplicas":3,"updatedReplicas":1,"currentRevision":"a","updateRevision":"b"}}"#,
                "progressing: 1 of 2 replicas updated",
            ),
            (
                r#"{"spec":{"replicas":1,"updateStrategy":{"type":"OnDelete"}},
                    "status":{"replicas":1,"readyReplicas":1,"currentRevision":"a","updateRevision":"b"}}"#,
                "healthy",
            ),
            (
                r#"{"spec":{"replicas":1,"updateStrategy":{"type":"OnDelete"}},"status":{"replicas":1}}"#,
                "progressing: 0 of 1 replica ready",
            ),
        ],
    );
}

#[test]
fn daemon_sets_count_pods_on_nodes() {
    check(
        "apps/v1 DaemonSet",
        &[
            (r#"{"status":{}}"#, "progressing: not looked at yet by its controller"),
            (r#"{"status":{"desiredNumberScheduled":0}}"#, "healthy"),
            (
                r#"{"status":{"desiredNumberScheduled":3,"currentNumberScheduled":2}}"#,
                "progressing: 2 of 3 pods scheduled",
            ),
            (
                r#"{"status":{"desiredNumberScheduled":3,"currentNumberScheduled":3,"updatedNumberScheduled":1,"numberReady":3,"numberAvailable":3}}"#,
                "progressing: 1 of 3 pods updated",
            ),
            (
                r#"{"spec":{"updateStrategy":{"type":"OnDelete"}},"status":{"desiredNumberScheduled":3,"currentNumberScheduled":3,"updatedNumberScheduled":1,"numberReady":3,"numberAvailable":3}}"#,
                "healthy",
            ),
            (
                r#"{"status":{"desiredNumberScheduled":3,"currentNumberScheduled":3,"updatedNumberScheduled":3,"numberReady":2}}"#,
                "progressing: 2 of 3 pods ready",
            ),
            (
                r#"{"status":{"desiredNumberScheduled":3,"currentNumberScheduled":3,"updatedNumberScheduled":3,"numberReady":3,"numberAvailable":2}}"#,
                "progressing: 2 of 3 pods available",
            ),
        ],
    );
}

#[test]
fn a_job_is_progressing_until_it_is_complete() {
    check(
        "batch/v1 Job",
        &[
            (r#"{}"#, "progressing: not started yet"),
            (
                r#"{"spec":{"completions":4},"status":{"startTime":"2026-01-01T00:00:00Z","active":1,"succeeded":2,"failed":1}}"#,
                "progressing: 2 of 4 completions succeeded, 1 running, 1 failed",
            ),
            (
                r#"{"status":{"startTime":"2026-01-01T00:00:00Z","active":1}}"#,
                "progressing: 0 of 1 completion succeeded, 1 running",
            ),
            (r#"{"status":{"succeeded":1,"conditions":[{"type":"Complete","status":"True"}]}}"#, "healthy"),
            (
                r#"{"status":{"startTime":"2026-01-01T00:00:00Z","conditions":[{"type":"Complete","status":"False"}]}}"#,
                "progressing: 0 of 1 completion succeeded",
            ),
            (
                r#"{"status":{"conditions":[{"type":"Failed","status":"True","reason":"BackoffLimitExceeded","message":"Job has reached the specified backoff limit"}]}}"#,
                "degraded: Failed is True (BackoffLimitExceeded): Job has reached the specified backoff limit",
            ),
            (
                r#"{"status":{"conditions":[{"type":"FailureTarget","status":"True","reason":"PodFailurePolicy"}]}}"#,
                "degraded: FailureTarget is True (PodFailurePolicy)",
            ),
            (r#"{"spec":{"suspend":true}}"#, "suspended: the job is suspended"),
            (
                r#"{"status":{"startTime":"2026-01-01T00:00:00Z","conditions":[{"type":"Suspended","status":"False","reason":"JobResumed"}]}}"#,
                "progressing: 0 of 1 completion succeeded",
            ),
        ],
    );
    check(
        "batch/v1 CronJob",
        &[(r#"{}"#, "healthy"), (r#"{"spec":{"suspend":true}}"#, "suspended: the schedule is suspended")],
    );
}

#[test]
fn a_pod_that_failed_is_degraded_with_the_reason() {
    check(
        "v1 Pod",
        &[
            (r#"{"status":{"phase":"Succeeded"}}"#, "healthy"),
            (r#"{"status":{"phase":"Failed"}}"#, "degraded: the pod failed"),
            (r#"{"status":{"phase":"Failed","reason":"Evicted"}}"#, "degraded: Evicted"),
            (
                r#"{"status":{"phase":"Failed","reason":"Evicted","message":"The node was low on resource: memory."}}"#,
                "degraded: The node was low on resource: memory.",
            ),
            (
                r#"{"status":{"phase":"Failed","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":0}}},
                    {"name":"b","state":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}}"#,
                "degraded: container b ended with code 137 (OOMKilled)",
            ),
            (
                r#"{"status":{"phase":"Failed","initContainerStatuses":[{"name":"init","state":{"terminated":{"exitCode":1,"reason":"Error"}}}]}}"#,
                "degraded: container init ended with code 1",
            ),
        ],
    );
}

#[test]
fn a_pod_that_waits_in_vain_is_degraded() {
    check(
        "v1 Pod",
        &[
            (r#"{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}"#, "healthy"),
            (
                r#"{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"False"}]}}"#,
                "progressing: running and not ready",
            ),
            (
                r#"{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"False","reason":"ContainersNotReady","message":"containers with unready status: [web]"}]}}"#,
                "progressing: Ready is False (ContainersNotReady): containers with unready status: [web]",
            ),
            (
                r#"{"status":{"phase":"Running","containerStatuses":[{"name":"web","state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off 10s restarting"}}}]}}"#,
                "degraded: container web is in CrashLoopBackOff: back-off 10s restarting",
            ),
            (
                r#"{"status":{"phase":"Pending","containerStatuses":[{"name":"web","state":{"waiting":{"reason":"ImagePullBackOff"}}}]}}"#,
                "degraded: container web is in ImagePullBackOff",
            ),
            (
                r#"{"status":{"phase":"Pending","containerStatuses":[{"name":"web","state":{"waiting":{"reason":"CreateContainerConfigError","message":"secret \"x\" not found"}}}]}}"#,
                "degraded: container web is in CreateContainerConfigError: secret \"x\" not found",
            ),
            (
                r#"{"status":{"phase":"Pending","containerStatuses":[{"name":"web","state":{"waiting":{"reason":"InvalidImageName"}}}]}}"#,
                "degraded: container web is in InvalidImageName",
            ),
            (
                r#"{"status":{"phase":"Pending","containerStatuses":[{"name":"web","state":{"waiting":{"reason":"ContainerCreating"}}}]}}"#,
                "progressing: container web is in ContainerCreating",
            ),
            (r#"{"status":{"phase":"Pending"}}"#, "progressing: pending"),
            (r#"{}"#, "progressing: not looked at yet"),
            (r#"{"status":{"phase":"Unknown"}}"#, "unknown: the phase is Unknown"),
        ],
    );
}

#[test]
fn a_pod_may_wait_for_a_node_for_a_while() {
    let unschedulable = r#"{"status":{"phase":"Pending","conditions":[
        {"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/3 nodes are available"}]}}"#;
    let said = "PodScheduled is False (Unschedulable): 0/3 nodes are available";
    check_at_age("v1 Pod", None, &[(unschedulable, &format!("progressing: {said}"))]);
    check_at_age("v1 Pod", Some(14), &[(unschedulable, &format!("progressing: {said}"))]);
    check_at_age("v1 Pod", Some(15), &[(unschedulable, &format!("degraded: {said}"))]);
    let gated = r#"{"status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"SchedulingGated"}]}}"#;
    check_at_age("v1 Pod", Some(900), &[(gated, "progressing: PodScheduled is False (SchedulingGated)")]);
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

#[derive(Debug)]
struct Owns(Vec<(ObjectId, Object)>);

impl Around for Owns {
    fn owned_by(&self, owner: &ObjectId) -> Vec<Object> {
        self.0.iter().filter(|(id, _)| id == owner).map(|(_, object)| object.clone()).collect()
    }

    fn age_seconds(&self) -> Option<u64> {
        None
    }
}

#[test]
fn a_workload_names_the_pods_that_trouble_it() {
    let named = |kind: &str, name: &str, rest: &str| {
        let body = body(kind, rest);
        Object::new(body).unwrap().edit(|body| {
            body.as_map_mut()
                .unwrap()
                .get_mut("metadata")
                .unwrap()
                .as_map_mut()
                .unwrap()
                .insert("name", name);
        })
    };
    let stuck = r#"{"status":{"phase":"Pending","containerStatuses":[{"name":"web","state":{"waiting":{"reason":"ErrImagePull"}}}]}}"#;
    let web = named(
        "apps/v1 Deployment",
        "web",
        r#"{"spec":{"replicas":1},"status":{"replicas":1,"updatedReplicas":1}}"#,
    )
    .unwrap();
    let set = named("apps/v1 ReplicaSet", "web-1", "{}").unwrap();
    let pod = named("v1 Pod", "web-1-a", stuck).unwrap();
    let fine = named("v1 Pod", "web-1-b", r#"{"status":{"phase":"Pending"}}"#).unwrap();
    let around =
        Owns(vec![(web.id().clone(), set.clone()), (set.id().clone(), pod), (set.id().clone(), fine)]);
    let health: Health = KubernetesHealth.assess(&web, &around).unwrap();
    assert_eq!(
        health.to_string(),
        "progressing: 0 of 1 replica available; Pod web-1-a: container web is in ErrImagePull"
    );
}
