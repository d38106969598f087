//! What runs Pods.

use windlass_core::{Children, Health, HealthCheck, Object, ObjectId};
use windlass_kinds::health::KubernetesHealth;

use crate::{body, check, check_at_age};

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

#[derive(Debug)]
struct Owns(Vec<(ObjectId, Object)>);

impl Children for Owns {
    fn owned_by(&self, owner: &ObjectId) -> Vec<Object> {
        self.0.iter().filter(|(id, _)| id == owner).map(|(_, object)| object.clone()).collect()
    }

    fn age_seconds(&self) -> Option<u64> {
        None
    }
}

fn named(kind: &str, name: &str, rest: &str) -> Object {
    let object = Object::new(body(kind, rest)).unwrap();
    let renamed = object.edit(|body| {
        body.as_map_mut().unwrap().get_mut("metadata").unwrap().as_map_mut().unwrap().insert("name", name);
    });
    renamed.unwrap()
}

/// `web`: the rest of a Deployment. `pods`: the statuses of the Pods of its ReplicaSet.
fn check_pods(web: &str, pods: &[&str], expected: &str) {
    let web = named("apps/v1 Deployment", "web", web);
    let set = named("apps/v1 ReplicaSet", "web-1", "{}");
    let mut owned = vec![(web.id().clone(), set.clone())];
    for (number, status) in pods.iter().enumerate() {
        let pod = named("v1 Pod", &format!("web-1-{number}"), &format!(r#"{{"status":{status}}}"#));
        owned.push((set.id().clone(), pod));
    }
    let health: Health = KubernetesHealth.assess(&web, &Owns(owned)).unwrap();
    assert_eq!(health.to_string(), expected);
}

const WAITS: &str = r#"{"spec":{"replicas":1},"status":{"replicas":1,"updatedReplicas":1}}"#;

#[test]
fn a_workload_names_the_pods_that_trouble_it() {
    let pulls = r#"{"phase":"Pending","containerStatuses":[{"name":"web","state":{"waiting":{"reason":"ErrImagePull"}}}]}"#;
    check_pods(
        WAITS,
        &[pulls, r#"{"phase":"Pending"}"#],
        "progressing: 0 of 1 replica available; Pod web-1-0: container web is in ErrImagePull",
    );
}

#[test]
fn a_workload_tells_how_a_container_ended_that_keeps_crashing() {
    let crashes = r#"{"phase":"Running","containerStatuses":[
        {"name":"proxy","ready":true,"state":{"running":{}}},
        {"name":"web","state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off 5m0s restarting failed container"}},
         "lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}"#;
    check_pods(
        WAITS,
        &[crashes],
        "progressing: 0 of 1 replica available; Pod web-1-0: container web is in CrashLoopBackOff: back-off 5m0s \
         restarting failed container; it ended with code 137 (OOMKilled)",
    );
}

#[test]
fn a_workload_tells_that_no_node_takes_its_pods() {
    let homeless = r#"{"phase":"Pending","conditions":[
        {"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/3 nodes are available"}]}"#;
    let gated = r#"{"phase":"Pending","conditions":[
        {"type":"PodScheduled","status":"False","reason":"SchedulingGated"}]}"#;
    check_pods(
        WAITS,
        &[homeless, gated],
        "progressing: 0 of 1 replica available; Pod web-1-0: PodScheduled is False (Unschedulable): \
         0/3 nodes are available",
    );
}

#[test]
fn a_workload_that_failed_names_its_pods_too() {
    let late = r#"{"spec":{"replicas":1},"status":{"replicas":1,"updatedReplicas":1,"conditions":[
        {"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded","message":"too slow"}]}}"#;
    let pulls = r#"{"phase":"Pending","initContainerStatuses":[
        {"name":"setup","state":{"waiting":{"reason":"ImagePullBackOff","message":"no such image"}}}]}"#;
    check_pods(
        late,
        &[pulls],
        "degraded: 0 of 1 replica available; Progressing is False (ProgressDeadlineExceeded): too slow; \
         Pod web-1-0: container setup is in ImagePullBackOff: no such image",
    );
    let leaves =
        r#"{"phase":"Failed","message":"evicted"},"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"}"#;
    check_pods(WAITS, &[leaves], "progressing: 0 of 1 replica available");
}
