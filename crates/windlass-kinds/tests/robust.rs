//! No input panics, however odd.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use proptest::prelude::*;
use windlass_core::{Directives, Item, NoChildren, Object, Origin, Timestamp, Value};
use windlass_kinds::{argo, defaults, dialect, health, kstatus, order, schema, scope};

const KINDS: &[(&str, &str)] = &[
    ("apps/v1", "Deployment"),
    ("apps/v1", "ReplicaSet"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("v1", "Pod"),
    ("v1", "Service"),
    ("v1", "Namespace"),
    ("v1", "PersistentVolume"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "Secret"),
    ("v1", "ReplicationController"),
    ("networking.k8s.io/v1", "Ingress"),
    ("autoscaling/v1", "HorizontalPodAutoscaler"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("policy/v1", "PodDisruptionBudget"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("apiregistration.k8s.io/v1", "APIService"),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
    ("argoproj.io/v1alpha1", "Workflow"),
    ("example.org/v1", "Widget"),
];

/// The fields that the rules read, so that odd values get to where they are read.
const FIELDS: &[&str] = &[
    "metadata",
    "generation",
    "deletionTimestamp",
    "creationTimestamp",
    "finalizers",
    "annotations",
    "labels",
    "spec",
    "replicas",
    "paused",
    "suspend",
    "completions",
    "parallelism",
    "progressDeadlineSeconds",
    "updateStrategy",
    "type",
    "rollingUpdate",
    "partition",
    "restartPolicy",
    "clusterIP",
    "selector",
    "template",
    "group",
    "names",
    "kind",
    "plural",
    "scope",
    "versions",
    "name",
    "schema",
    "openAPIV3Schema",
    "properties",
    "service",
    "namespace",
    "conversion",
    "webhook",
    "clientConfig",
    "webhooks",
    "status",
    "observedGeneration",
    "conditions",
    "reason",
    "message",
    "phase",
    "startTime",
    "succeeded",
    "active",
    "failed",
    "updatedReplicas",
    "readyReplicas",
    "availableReplicas",
    "currentReplicas",
    "fullyLabeledReplicas",
    "currentRevision",
    "updateRevision",
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "updatedNumberScheduled",
    "numberReady",
    "numberAvailable",
    "containerStatuses",
    "initContainerStatuses",
    "state",
    "waiting",
    "terminated",
    "exitCode",
    "lastState",
    "loadBalancer",
    "ingress",
    "autoscaling.alpha.kubernetes.io/conditions",
    "windlass.dev/depends-on",
    "windlass.dev/timeout",
    "config.kubernetes.io/depends-on",
    "argocd.argoproj.io/sync-options",
];

const WORDS: &[&str] = &[
    "",
    "True",
    "False",
    "Ready",
    "Reconciling",
    "Stalled",
    "Progressing",
    "ReplicaFailure",
    "Available",
    "Complete",
    "Failed",
    "Established",
    "NamesAccepted",
    "AbleToScale",
    "ScalingActive",
    "PodScheduled",
    "Unschedulable",
    "Running",
    "Pending",
    "Always",
    "LoadBalancer",
    "RollingUpdate",
    "OnDelete",
    "CrashLoopBackOff",
    "ä€",
    "[{}]",
    "2026-01-01T00:00:00Z",
    "a/b/c",
    "Prune=,=",
    "🦀/🦀/🦀",
];

fn any_body() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        prop_oneof![any::<i64>(), -3_i64..6, Just(i64::MIN), Just(i64::MAX)].prop_map(Value::Int),
        any::<f64>().prop_filter_map("finite", Value::float),
        prop::sample::select(WORDS).prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 96, 8, |inner| {
        let field = prop::sample::select(FIELDS);
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            3 => prop::collection::vec((field, inner), 0..8).prop_map(|fields| fields.into_iter().collect::<Value>()),
        ]
    })
}

fn any_object() -> impl Strategy<Value = Value> {
    let part = || any_body();
    (prop::sample::select(KINDS), part(), part(), part(), part()).prop_map(
        |((version, kind), spec, status, metadata, webhooks)| {
            Value::from_iter([
                ("apiVersion", Value::from(version)),
                ("kind", Value::from(kind)),
                ("metadata", metadata),
                ("spec", spec),
                ("status", status),
                ("webhooks", webhooks),
            ])
        },
    )
}

/// With a name, so that it is an object; the rest of `metadata` as it came.
fn named(body: &Value, name: &str) -> Option<Object> {
    let mut body = body.clone();
    let map = body.as_map_mut()?;
    let metadata = map.get_mut("metadata")?;
    if metadata.as_map().is_none() {
        *metadata = Value::Map(windlass_core::Map::new());
    }
    metadata.as_map_mut()?.insert("name", name);
    metadata.as_map_mut()?.insert("namespace", "shop");
    Object::new(body).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn no_body_panics_a_health_rule(body in any_object()) {
        let _ = kstatus::compute(&body, Timestamp::from_unix(1_800_000_000));
        let _ = argo::built_in(&body);
        let _ = argo::by_conditions(&body);
        let health = health::assess(&body, &NoChildren);
        prop_assert!(health.message.len() < 64 * 1024, "a message has an end");
    }

    #[test]
    fn filling_twice_is_filling_once_whatever_the_body(body in any_object()) {
        let filled = defaults::filled(&body);
        prop_assert_eq!(defaults::filled(&filled), filled.clone());
        let created = defaults::created(&filled, "n");
        prop_assert_eq!(defaults::created(&created, "n"), created.clone());
    }

    #[test]
    fn no_body_panics_a_reader(body in any_object()) {
        let _ = schema::schema_of_crd(&body).map(|schemas| schemas.problems());
        if let Some(object) = named(&body, "it") {
            let _ = scope::crd_scope(&object);
            for dialect in dialect::default_dialects() {
                let _ = dialect.read(&object, &mut Directives::default());
            }
        }
    }
}

proptest! {
    #[test]
    fn no_items_panic_an_order_rule_and_their_order_does_not_matter(
        bodies in prop::collection::vec(any_object(), 0..8),
    ) {
        let named = |(at, body): (usize, &Value)| named(body, &format!("it-{at}"));
        let items: Vec<Item> = bodies
            .iter()
            .enumerate()
            .filter_map(named)
            .map(|object| Item::new(object, Origin::default()))
            .collect();
        let backwards: Vec<Item> = items.iter().rev().cloned().collect();
        for rule in order::default_order() {
            let mut edges = rule.edges(&items).unwrap();
            let mut again = rule.edges(&backwards).unwrap();
            edges.sort();
            again.sort();
            prop_assert_eq!(edges, again);
        }
    }
}
