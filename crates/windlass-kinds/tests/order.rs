//! Order as text: objects in, edges out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use windlass_core::{Edge, Gate, Hook, Item, Object, ObjectId, OrderRule, Origin, Phase};
use windlass_kinds::order::{BackendFirst, DefinitionFirst, KindOrder, NamespaceFirst, default_order};

/// `id more`, such as `ConfigMap/shop/web {"data": {}}`; with a wave, `-1 ConfigMap/shop/web`.
fn item(line: &str) -> Item {
    if let Some((wave, rest)) = line.trim().split_once(' ')
        && let Ok(wave) = wave.parse()
    {
        let mut item = item(rest);
        item.directives.wave = wave;
        return item;
    }
    let (id, more) = line.trim().split_once(' ').unwrap_or((line.trim(), "{}"));
    let id: ObjectId = id.parse().unwrap();
    let mut body: windlass_core::Value =
        serde_json::from_str(more).unwrap_or_else(|error| panic!("{error}: {more}"));
    let map = body.as_map_mut().unwrap();
    map.insert("apiVersion", if id.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", id.group) });
    map.insert("kind", id.kind);
    let mut metadata = windlass_core::Map::new();
    metadata.insert("name", id.name);
    if !id.namespace.is_empty() {
        metadata.insert("namespace", id.namespace);
    }
    map.insert("metadata", metadata);
    Item::new(Object::new(body).unwrap(), Origin::default())
}

fn line(edge: &Edge) -> String {
    let gate = if edge.gate == Gate::Healthy { "healthy" } else { "applied" };
    let weak = if edge.weak { ", weak" } else { "" };
    format!("{} -> {} ({gate}{weak}: {})", edge.before, edge.after, edge.why)
}

fn check(rule: &dyn OrderRule, items: &str, expected: &str) {
    let items: Vec<Item> = items.lines().filter(|line| !line.trim().is_empty()).map(item).collect();
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    let found = sorted(rule.edges(&items).unwrap().iter().map(line).collect());
    let expected =
        sorted(expected.lines().map(str::trim).filter(|line| !line.is_empty()).map(String::from).collect());
    assert_eq!(found, expected);
    let backwards: Vec<Item> = items.iter().rev().cloned().collect();
    let again = sorted(rule.edges(&backwards).unwrap().iter().map(line).collect());
    assert_eq!(found, again, "the order of the items does not matter");
}

const WIDGETS: &str = r#"CustomResourceDefinition.apiextensions.k8s.io//widgets.example.org {"spec":{"group":"example.org","names":{"kind":"Widget"}}}"#;

#[test]
fn a_namespace_comes_before_the_objects_in_it() {
    check(
        &NamespaceFirst,
        "Namespace//shop
         ConfigMap/shop/web
         Deployment.apps/shop/web
         ConfigMap/elsewhere/web
         ClusterRole.rbac.authorization.k8s.io//shop",
        "Namespace//shop -> ConfigMap/shop/web (applied: its namespace)
         Namespace//shop -> Deployment.apps/shop/web (applied: its namespace)",
    );
}

#[test]
fn a_namespace_that_is_no_item_makes_no_edge() {
    check(&NamespaceFirst, "ConfigMap/shop/web\nNamespace.example.org//shop", "");
}

#[test]
fn a_definition_is_healthy_before_its_objects() {
    check(
        &DefinitionFirst,
        &format!("{WIDGETS}\nWidget.example.org/shop/a\nWidget.other.org/shop/b\nGadget.example.org/shop/c"),
        "CustomResourceDefinition.apiextensions.k8s.io//widgets.example.org -> Widget.example.org/shop/a (healthy: its custom resource definition)",
    );
}

#[test]
fn a_definition_that_says_nothing_is_passed_over() {
    check(
        &DefinitionFirst,
        "CustomResourceDefinition.apiextensions.k8s.io//odd {\"spec\":3}\nWidget.example.org/a/b",
        "",
    );
}

#[test]
fn ranks_meet_at_one_barrier() {
    check(
        &KindOrder,
        "ConfigMap/a/x
         Secret/a/y
         Deployment.apps/a/web
         Job.batch/a/migrate",
        "ConfigMap/a/x -> [configuration before workloads] (applied, weak: configuration before workloads)
         Secret/a/y -> [configuration before workloads] (applied, weak: configuration before workloads)
         [configuration before workloads] -> Deployment.apps/a/web (applied, weak: configuration before workloads)
         [configuration before workloads] -> Job.batch/a/migrate (applied, weak: configuration before workloads)",
    );
}

#[test]
fn one_rank_alone_needs_no_order() {
    check(&KindOrder, "ConfigMap/a/x\nSecret/a/y", "");
    check(&KindOrder, "", "");
}

/// Gives the ranks in the order in which the barriers join them.
#[test]
fn every_kind_has_its_place() {
    let order = [
        "CustomResourceDefinition.apiextensions.k8s.io//a",
        "Namespace//a",
        "PriorityClass.scheduling.k8s.io//a",
        "ResourceQuota/a/a",
        "Role.rbac.authorization.k8s.io/a/a",
        "RoleBinding.rbac.authorization.k8s.io/a/a",
        "ServiceAccount/a/a",
        "Secret/a/a",
        "PersistentVolumeClaim/a/a",
        "Service/a/a",
        "StatefulSet.apps/a/a",
        "HorizontalPodAutoscaler.autoscaling/a/a",
        "Widget.example.org/a/a",
        "APIService.apiregistration.k8s.io//a",
        "ValidatingWebhookConfiguration.admissionregistration.k8s.io//a",
    ];
    let items: Vec<Item> = order.iter().map(|line| item(line)).collect();
    let edges = KindOrder.edges(&items).unwrap();
    for pair in order.windows(2) {
        let into = edges.iter().find(|edge| edge.before.to_string() == pair[0]).unwrap();
        let out = edges.iter().find(|edge| edge.after.to_string() == pair[1]).unwrap();
        assert_eq!(into.after, out.before, "{} before {}", pair[0], pair[1]);
    }
    assert_eq!(edges.len(), 2 * (order.len() - 1));
}

#[test]
fn classes_of_any_group_come_early() {
    for class in [
        "StorageClass.storage.k8s.io//a",
        "GatewayClass.gateway.networking.k8s.io//a",
        "SecretProviderClass.secrets-store.csi.x-k8s.io/a/a",
    ] {
        let items = [item(class), item("Deployment.apps/a/a")];
        let edges = KindOrder.edges(&items).unwrap();
        assert_eq!(edges[0].before.to_string(), class);
        assert_eq!(edges[0].why, "classes before workloads");
    }
}

#[test]
fn a_webhook_waits_for_what_serves_it() {
    check(
        &BackendFirst,
        r#"Service/sys/hook {"spec":{"selector":{"app":"hook"}}}
           Service/sys/other {"spec":{"selector":{"app":"other"}}}
           Deployment.apps/sys/hook {"spec":{"template":{"metadata":{"labels":{"app":"hook","tier":"x"}}}}}
           Deployment.apps/sys/other {"spec":{"template":{"metadata":{"labels":{"app":"other"}}}}}
           Deployment.apps/shop/hook {"spec":{"template":{"metadata":{"labels":{"app":"hook"}}}}}
           ValidatingWebhookConfiguration.admissionregistration.k8s.io//hook {"webhooks":[{"clientConfig":{"service":{"namespace":"sys","name":"hook"}}},{"clientConfig":{"service":{"namespace":"sys","name":"hook"}}},{"clientConfig":{"url":"https://x"}}]}
           ConfigMap/shop/web"#,
        "Service/sys/hook -> [Service/sys/hook serves calls of the API server] (applied, weak: Service/sys/hook serves calls of the API server)
         Deployment.apps/sys/hook -> [Service/sys/hook serves calls of the API server] (healthy, weak: Service/sys/hook serves calls of the API server)
         [Service/sys/hook serves calls of the API server] -> ValidatingWebhookConfiguration.admissionregistration.k8s.io//hook (applied, weak: Service/sys/hook serves calls of the API server)",
    );
}

#[test]
fn an_aggregated_api_and_a_conversion_wait_for_their_workloads() {
    check(
        &BackendFirst,
        r#"Service/sys/api {"spec":{"selector":{"app":"api"}}}
           DaemonSet.apps/sys/api {"spec":{"template":{"metadata":{"labels":{"app":"api"}}}}}
           APIService.apiregistration.k8s.io//v1.metrics {"spec":{"service":{"namespace":"sys","name":"api"}}}
           CustomResourceDefinition.apiextensions.k8s.io//widgets {"spec":{"group":"example.org","names":{"kind":"Widget"},"conversion":{"webhook":{"clientConfig":{"service":{"namespace":"sys","name":"api"}}}}}}
           Widget.example.org/shop/a"#,
        "Service/sys/api -> [Service/sys/api serves calls of the API server] (applied, weak: Service/sys/api serves calls of the API server)
         DaemonSet.apps/sys/api -> [Service/sys/api serves calls of the API server] (healthy, weak: Service/sys/api serves calls of the API server)
         [Service/sys/api serves calls of the API server] -> APIService.apiregistration.k8s.io//v1.metrics (applied, weak: Service/sys/api serves calls of the API server)
         [Service/sys/api serves calls of the API server] -> Widget.example.org/shop/a (applied, weak: Service/sys/api serves calls of the API server)",
    );
}

#[test]
fn a_service_without_a_selector_has_no_workloads() {
    check(
        &BackendFirst,
        r#"Service/sys/api {"spec":{}}
           Pod/sys/api
           APIService.apiregistration.k8s.io//v1 {"spec":{"service":{"namespace":"sys","name":"api"}}}"#,
        "Service/sys/api -> [Service/sys/api serves calls of the API server] (applied, weak: Service/sys/api serves calls of the API server)
         [Service/sys/api serves calls of the API server] -> APIService.apiregistration.k8s.io//v1 (applied, weak: Service/sys/api serves calls of the API server)",
    );
}

#[test]
fn the_number_of_edges_grows_linearly() {
    let kinds = ["Secret", "ConfigMap", "Service", "Deployment.apps", "Widget.example.org"];
    let edges = |count: usize| {
        let mut items = vec![item("Namespace//shop"), item(WIDGETS)];
        items.extend((0..count).map(|at| item(&format!("{}/shop/x{at}", kinds[at % kinds.len()]))));
        default_order().iter().map(|rule| rule.edges(&items).unwrap().len()).sum::<usize>()
    };
    assert!(edges(2000) <= 2 * edges(1000), "twice the items, at most twice the edges");
    assert!(edges(2000) <= 4 * 2002);
}

#[test]
fn ranks_stay_within_one_wave() {
    check(
        &KindOrder,
        "-1 Job.batch/a/migrate
         -1 Secret/a/key
         ConfigMap/a/x
         Deployment.apps/a/web",
        "Secret/a/key -> [configuration before workloads, wave -1] (applied, weak: configuration before workloads)
         [configuration before workloads, wave -1] -> Job.batch/a/migrate (applied, weak: configuration before workloads)
         ConfigMap/a/x -> [configuration before workloads] (applied, weak: configuration before workloads)
         [configuration before workloads] -> Deployment.apps/a/web (applied, weak: configuration before workloads)",
    );
}

#[test]
fn what_serves_a_call_in_another_wave_makes_no_edge() {
    check(
        &BackendFirst,
        r#"Service/sys/api {"spec":{"selector":{"app":"api"}}}
           1 Pod/sys/api
           1 DaemonSet.apps/sys/api {"spec":{"template":{"metadata":{"labels":{"app":"api"}}}}}
           APIService.apiregistration.k8s.io//v1 {"spec":{"service":{"namespace":"sys","name":"api"}}}
           1 APIService.apiregistration.k8s.io//v2 {"spec":{"service":{"namespace":"sys","name":"api"}}}"#,
        "Service/sys/api -> [Service/sys/api serves calls of the API server] (applied, weak: Service/sys/api serves calls of the API server)
         [Service/sys/api serves calls of the API server] -> APIService.apiregistration.k8s.io//v1 (applied, weak: Service/sys/api serves calls of the API server)
         DaemonSet.apps/sys/api -> [Service/sys/api serves calls of the API server, wave 1] (healthy, weak: Service/sys/api serves calls of the API server)
         [Service/sys/api serves calls of the API server, wave 1] -> APIService.apiregistration.k8s.io//v2 (applied, weak: Service/sys/api serves calls of the API server)",
    );
}

#[test]
fn ranks_and_backends_stay_within_hooks_of_one_phase_and_weight() {
    let hook = |line: &str, phase, weight| {
        let mut item = item(line);
        item.directives.hook = Some(Hook::new(phase).with_weight(weight));
        item
    };
    let calls = r#"{"webhooks":[{"clientConfig":{"service":{"namespace":"ops","name":"op"}}}]}"#;
    let webhook = format!("ValidatingWebhookConfiguration.admissionregistration.k8s.io//op {calls}");
    let items = [
        item("Service/ops/op"),
        hook("Job.batch/ops/first", Phase::Before, -5),
        hook("ConfigMap/ops/second", Phase::Before, 0),
        hook("Job.batch/ops/second", Phase::Before, 0),
        hook("ServiceAccount/ops/last", Phase::After, 0),
        hook(&webhook, Phase::After, 1),
    ];
    let found: Vec<String> = [&KindOrder as &dyn OrderRule, &BackendFirst]
        .iter()
        .flat_map(|rule| rule.edges(&items).unwrap())
        .map(|edge| line(&edge))
        .filter(|line| !line.contains("serves calls") || line.contains("Service/ops/op ->"))
        .collect();
    let barrier = "[configuration before workloads, before wave 0]";
    let why = "(applied, weak: configuration before workloads)";
    assert_eq!(
        found,
        [
            format!("ConfigMap/ops/second -> {barrier} {why}"),
            format!("{barrier} -> Job.batch/ops/second {why}")
        ]
    );
}
