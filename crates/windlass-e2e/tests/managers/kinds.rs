//! What the objects of the test may say, each part as people write it.

use serde_json::{Value, json};

/// A part of an object that is there or not, in one of several forms.
pub(crate) struct Part {
    pub(crate) forms: Vec<Value>,
    /// Others set it as well and go on holding it: an autoscaler, an injector, a person who marks something.
    pub(crate) living: bool,
}

pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) plural: &'static str,
    /// The versions, oldest first; Git ends with the last.
    pub(crate) versions: Vec<String>,
    /// What every whole object says.
    pub(crate) base: Value,
    /// Of these, a whole object says exactly one.
    pub(crate) cores: Vec<Value>,
    pub(crate) parts: Vec<Part>,
    /// Whether it has a `scale`.
    pub(crate) scales: bool,
    /// Whether it is a custom kind.
    pub(crate) custom: bool,
}

impl Kind {
    pub(crate) fn latest(&self) -> usize {
        self.versions.len() - 1
    }
}

/// The custom kind of a namespace is in a group of its own.
pub(crate) fn group(namespace: &str) -> String {
    format!("{namespace}.example")
}

/// The definition of the custom kind, with those of its versions that are not gone.
pub(crate) fn definition(namespace: &str, versions: &[&str]) -> Value {
    let text = json!({"type": "string"});
    let relay = json!({"type": "object", "required": ["name"], "properties": {
        "name": text, "host": text, "port": {"type": "integer", "default": 80}}});
    let spec = json!({"type": "object", "properties": {
        "replicas": {"type": "integer"},
        "mode": {"type": "string", "default": "open"},
        "size": {"type": "integer"},
        "relays": {"type": "array", "items": relay, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
        "tags": {"type": "array", "items": text, "x-kubernetes-list-type": "set"},
        "steps": {"type": "array", "items": text, "x-kubernetes-list-type": "atomic"},
        "options": {"type": "object", "additionalProperties": text},
        "match": {"type": "object", "additionalProperties": text, "x-kubernetes-map-type": "atomic"},
        "limits": {"type": "object", "default": {}, "properties": {
            "soft": {"type": "integer", "default": 10}, "hard": {"type": "integer"}}},
    }});
    let status = json!({"type": "object", "properties": {"seen": text, "replicas": {"type": "integer"}}});
    let schema =
        json!({"openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "status": status}}});
    let versions: Vec<Value> = versions
        .iter()
        .map(|name| {
            json!({"name": name, "served": true, "storage": *name == "v1", "schema": schema, "subresources": {
                "status": {},
                "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}}})
        })
        .collect();
    let group = group(namespace);
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("gates.{group}")},
        "spec": {"group": group, "scope": "Namespaced", "names": {"kind": "Gate", "plural": "gates", "singular": "gate"},
            "versions": versions}})
}

fn part(forms: Value) -> Part {
    Part { forms: forms.as_array().expect("forms").clone(), living: false }
}

/// A part that others set as well.
fn shared(forms: Value) -> Part {
    Part { living: true, ..part(forms) }
}

fn marks() -> Vec<Part> {
    let label = |key: &str, value: &str| json!({"metadata": {"labels": {key: value}}});
    let note = |key: &str, value: &str| json!({"metadata": {"annotations": {key: value}}});
    vec![
        shared(json!([label("tier", "front"), label("tier", "back")])),
        shared(json!([
            label("app.kubernetes.io/part-of", "shop"),
            label("app.kubernetes.io/part-of", "mall")
        ])),
        shared(json!([note("note", "one"), note("note", "two")])),
        shared(json!([note("example.com/owner", "ada"), note("example.com/owner", "bob")])),
    ]
}

fn kind(name: &'static str, plural: &'static str, version: &str, base: Value, parts: Vec<Part>) -> Kind {
    let parts = marks().into_iter().chain(parts).collect();
    let cores = vec![json!({})];
    Kind { name, plural, versions: vec![version.into()], base, cores, parts, scales: false, custom: false }
}

fn template(part: Value) -> Value {
    json!({"spec": {"template": {"spec": part}}})
}

fn container(name: &str, more: Value) -> Value {
    let mut container = json!({"name": name});
    container.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
    template(json!({"containers": [container]}))
}

fn image(of: &str, tag: u8) -> Value {
    container(of, json!({"image": format!("registry.example/{of}:{tag}")}))
}

/// What the pods of a workload may be like.
fn pods() -> Vec<Part> {
    let probe =
        |form: Value| container("app", json!({"image": "registry.example/app:1", "readinessProbe": form}));
    let volume = |source: Value| {
        let mut volume = json!({"name": "data"});
        volume.as_object_mut().expect("a map").extend(source.as_object().expect("a map").clone());
        template(json!({"volumes": [volume]}))
    };
    let env = |name: &str, value: &str| {
        container("app", json!({"image": "registry.example/app:1", "env": [{"name": name, "value": value}]}))
    };
    let port = |number: u16, name: &str| {
        container(
            "app",
            json!({"image": "registry.example/app:1", "ports": [{"containerPort": number, "protocol": "TCP", "name": name}]}),
        )
    };
    vec![
        shared(json!([image("proxy", 1), image("proxy", 2)])),
        shared(json!([env("LOG", "debug"), env("LOG", "info")])),
        part(json!([env("MODE", "a"), env("MODE", "b")])),
        part(json!([port(8080, "http"), port(8443, "https")])),
        part(json!([
            probe(json!({"httpGet": {"path": "/", "port": 8080}})),
            probe(json!({"exec": {"command": ["true"]}})),
            probe(json!({"tcpSocket": {"port": 8080}, "periodSeconds": 5})),
        ])),
        part(json!([
            volume(json!({"emptyDir": {}})),
            volume(json!({"configMap": {"name": "settings"}})),
            volume(json!({"secret": {"secretName": "settings"}})),
        ])),
        part(json!([
            container(
                "app",
                json!({"image": "registry.example/app:1", "resources": {"limits": {"memory": "1Gi"}}})
            ),
            container(
                "app",
                json!({"image": "registry.example/app:1", "resources": {"limits": {"cpu": "2"}, "requests": {"cpu": "1"}}})
            )
        ])),
        shared(json!([{"spec": {"template": {"metadata": {"annotations": {"restarted": "now"}}}}},
            {"spec": {"template": {"metadata": {"annotations": {"restarted": "then"}}}}}])),
        part(json!([
            template(json!({"terminationGracePeriodSeconds": 5})),
            template(json!({"terminationGracePeriodSeconds": 7}))
        ])),
        part(json!([
            template(json!({"nodeSelector": {"disk": "fast"}})),
            template(json!({"nodeSelector": {"zone": "one"}}))
        ])),
        part(json!([template(json!({"tolerations": [{"key": "spot", "operator": "Exists"}]}))])),
    ]
}

fn workload(name: &'static str, plural: &'static str, spec: Value, parts: Vec<Part>, scales: bool) -> Kind {
    let mut base = json!({"spec": {"selector": {"matchLabels": {"app": "it"}}, "template": {"metadata": {"labels": {"app": "it"}}}}});
    super::shape::merge(&mut base, &spec);
    let parts = pods().into_iter().chain(parts).collect();
    let cores = vec![image("app", 1), image("app", 2), image("web", 1)];
    Kind { cores, scales, ..kind(name, plural, "apps/v1", base, parts) }
}

fn spec(forms: &[Value]) -> Part {
    Part { forms: forms.iter().map(|form| json!({"spec": form})).collect(), living: false }
}

fn replicas() -> Part {
    Part { living: true, ..spec(&[json!({"replicas": 0}), json!({"replicas": 1})]) }
}

/// All kinds of the test.
pub(crate) fn all(namespace: &str) -> Vec<Kind> {
    let mut all = plain();
    all.extend(workloads());
    all.extend(networks());
    all.push(custom(namespace));
    all
}

fn plain() -> Vec<Kind> {
    let data = |key: &str, value: &str| json!({"data": {key: value}});
    let entries = || {
        vec![
            shared(json!([data("a", "MQ=="), data("a", "Mg==")])),
            part(json!([data("b", "MQ=="), data("b", "Mg==")])),
            shared(json!([data("c.d", "MQ=="), data("c.d", "Mg==")])),
            part(json!([data("e", ""), data("e", "Mg==")])),
        ]
    };
    let rules = |verbs: Value| json!({"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": verbs}]});
    let subjects =
        |name: &str| json!({"subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "default"}]});
    let role =
        json!({"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}});
    let rbac = "rbac.authorization.k8s.io/v1";
    let secret = json!({"type": "Opaque"});
    vec![
        kind("ConfigMap", "configmaps", "v1", json!({}), entries()),
        kind("ConfigMap", "configmaps", "v1", json!({}), entries()),
        kind("Secret", "secrets", "v1", secret, entries()),
        kind(
            "ServiceAccount",
            "serviceaccounts",
            "v1",
            json!({}),
            vec![part(
                json!([{"automountServiceAccountToken": false}, {"automountServiceAccountToken": true}]),
            )],
        ),
        kind(
            "Role",
            "roles",
            rbac,
            json!({}),
            vec![part(json!([rules(json!(["get"])), rules(json!(["get", "list"]))]))],
        ),
        kind(
            "RoleBinding",
            "rolebindings",
            rbac,
            role,
            vec![part(json!([subjects("one"), subjects("two")]))],
        ),
        kind(
            "PersistentVolumeClaim",
            "persistentvolumeclaims",
            "v1",
            json!({"spec": {"storageClassName": "none",
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}),
            vec![],
        ),
    ]
}

fn workloads() -> Vec<Kind> {
    let rolling = |field: &str, value: Value| json!({"strategy": {"type": "RollingUpdate", "rollingUpdate": {field: value}}});
    let deployment = vec![
        replicas(),
        spec(&[
            json!({"strategy": {"type": "Recreate"}}),
            rolling("maxSurge", json!(1)),
            rolling("maxUnavailable", json!("50%")),
        ]),
        spec(&[json!({"minReadySeconds": 3}), json!({"minReadySeconds": 4})]),
        spec(&[json!({"revisionHistoryLimit": 2}), json!({"revisionHistoryLimit": 3})]),
        spec(&[json!({"paused": true})]),
    ];
    let set = vec![
        replicas(),
        spec(&[
            json!({"updateStrategy": {"type": "OnDelete"}}),
            json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}}),
        ]),
        spec(&[json!({"minReadySeconds": 3}), json!({"minReadySeconds": 4})]),
        spec(&[json!({"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}})]),
    ];
    let daemon = vec![
        spec(&[
            json!({"updateStrategy": {"type": "OnDelete"}}),
            json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}}}),
        ]),
        spec(&[json!({"minReadySeconds": 3}), json!({"minReadySeconds": 4})]),
    ];
    let nowhere = template(json!({"nodeSelector": {"none": "such"}}));
    let job = json!({"spec": {"schedule": "0 0 1 1 *", "suspend": true, "jobTemplate": {"spec": {"template": {"spec": {
        "restartPolicy": "Never", "containers": [{"name": "run", "image": "registry.example/run:1"}]}}}}}});
    let inner = |form: Value| json!({"jobTemplate": {"spec": form}});
    vec![
        workload("Deployment", "deployments", json!({}), deployment, true),
        workload(
            "StatefulSet",
            "statefulsets",
            json!({"spec": {"serviceName": "it", "replicas": 0}}),
            set,
            false,
        ),
        workload("DaemonSet", "daemonsets", nowhere, daemon, false),
        kind(
            "CronJob",
            "cronjobs",
            "batch/v1",
            job,
            vec![
                spec(&[json!({"concurrencyPolicy": "Forbid"}), json!({"concurrencyPolicy": "Replace"})]),
                spec(&[json!({"successfulJobsHistoryLimit": 1}), json!({"successfulJobsHistoryLimit": 2})]),
                spec(&[json!({"startingDeadlineSeconds": 60})]),
                spec(&[json!({"timeZone": "Europe/Paris"}), json!({"timeZone": "Etc/UTC"})]),
                spec(&[
                    inner(json!({"backoffLimit": 1})),
                    inner(json!({"backoffLimit": 2, "activeDeadlineSeconds": 60})),
                ]),
            ],
        ),
    ]
}

fn networks() -> Vec<Kind> {
    let port = |number: u16, name: &str, to: u16| json!({"ports": [{"port": number, "protocol": "TCP", "name": name, "targetPort": to}]});
    let service = vec![
        spec(&[port(80, "http", 80), port(80, "http", 8080)]),
        spec(&[port(443, "https", 443), port(9090, "metrics", 9090)]),
        spec(&[json!({"type": "NodePort"}), json!({"type": "ClusterIP"})]),
        spec(&[json!({"sessionAffinity": "ClientIP"}), json!({"sessionAffinity": "None"})]),
        spec(&[json!({"publishNotReadyAddresses": true})]),
        spec(&[json!({"selector": {"app": "it"}}), json!({"selector": {"app": "that"}})]),
    ];
    let scaler = json!({"spec": {"maxReplicas": 5, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "nobody"}}});
    let metric = |to: u8| json!({"metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": to}}}]});
    let window = |seconds: u16| json!({"behavior": {"scaleDown": {"stabilizationWindowSeconds": seconds}}});
    let from = |app: &str| json!({"ingress": [{"from": [{"podSelector": {"matchLabels": {"app": app}}}]}]});
    let rule = |host: &str| {
        json!({"rules": [{"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix",
        "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]})
    };
    let networking = "networking.k8s.io/v1";
    let selector = json!({"spec": {"podSelector": {"matchLabels": {"app": "it"}}}});
    let mut services = kind("Service", "services", "v1", json!({}), service);
    services.cores = vec![json!({"spec": port(80, "http", 80)}), json!({"spec": port(8080, "alt", 80)})];
    let mut ingress = kind(
        "Ingress",
        "ingresses",
        networking,
        json!({}),
        vec![
            spec(&[json!({"ingressClassName": "one"}), json!({"ingressClassName": "two"})]),
            spec(&[json!({"tls": [{"hosts": ["shop.example"], "secretName": "tls"}]})]),
            spec(&[json!({"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}})]),
        ],
    );
    ingress.cores = vec![json!({"spec": rule("shop.example")}), json!({"spec": rule("mall.example")})];
    vec![
        services,
        ingress,
        kind(
            "HorizontalPodAutoscaler",
            "horizontalpodautoscalers",
            "autoscaling/v2",
            scaler,
            vec![
                spec(&[json!({"minReplicas": 2}), json!({"minReplicas": 3})]),
                spec(&[metric(50), metric(60)]),
                spec(&[window(60), window(120)]),
            ],
        ),
        kind(
            "PodDisruptionBudget",
            "poddisruptionbudgets",
            "policy/v1",
            json!({"spec": {"selector": {"matchLabels": {"app": "it"}}}}),
            vec![
                spec(&[
                    json!({"minAvailable": 1}),
                    json!({"maxUnavailable": 1}),
                    json!({"minAvailable": "50%"}),
                ]),
                spec(&[json!({"unhealthyPodEvictionPolicy": "AlwaysAllow"})]),
            ],
        ),
        kind(
            "NetworkPolicy",
            "networkpolicies",
            networking,
            selector,
            vec![
                spec(&[from("web"), from("front")]),
                spec(&[json!({"policyTypes": ["Ingress"]}), json!({"policyTypes": ["Ingress", "Egress"]})]),
            ],
        ),
    ]
}

fn custom(namespace: &str) -> Kind {
    let relay = |name: &str, more: Value| {
        let mut relay = json!({"name": name});
        relay.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        json!({"spec": {"relays": [relay]}})
    };
    let parts = vec![
        replicas(),
        shared(json!([
            relay("a", json!({"host": "one.example"})),
            relay("a", json!({"host": "two.example", "port": 90}))
        ])),
        part(json!([relay("b", json!({})), relay("b", json!({"port": 91}))])),
        shared(json!([{"spec": {"tags": ["x"]}}, {"spec": {"tags": ["y"]}}])),
        part(json!([{"spec": {"tags": ["z"]}}])),
        part(json!([{"spec": {"steps": ["p", "q"]}}, {"spec": {"steps": ["q"]}}])),
        shared(json!([{"spec": {"options": {"o": "1"}}}, {"spec": {"options": {"o": "2"}}}])),
        part(json!([{"spec": {"options": {"u": "1"}}}])),
        part(json!([{"spec": {"match": {"m": "1"}}}, {"spec": {"match": {"n": "1"}}}])),
        part(json!([{"spec": {"mode": "shut"}}, {"spec": {"mode": "open"}}])),
        part(json!([{"spec": {"size": 1}}, {"spec": {"size": 2}}])),
        part(json!([{"spec": {"limits": {"soft": 11}}}, {"spec": {"limits": {"hard": 20}}}])),
    ];
    let group = group(namespace);
    let versions = ["v1alpha1", "v1beta1", "v1"].map(|version| format!("{group}/{version}"));
    Kind {
        versions: versions.into(),
        scales: true,
        custom: true,
        ..kind("Gate", "gates", "", json!({"spec": {}}), parts)
    }
}
