//! The laws of order rules, dialects and health checks hold for each of those that are here.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use windlass_core::{
    Dialect, Directives, HealthCheck, HealthStatus, Item, Mode, Object, OrderRule, Origin, Value,
};
use windlass_testkit::id;
use windlass_testkit::suite::{Bench, Check};

/// `apiVersion kind namespace/name`, and more of the body.
fn object(line: &str, more: &str) -> Object {
    let [api_version, kind, place] = line.split(' ').collect::<Vec<_>>()[..] else { unreachable!() };
    let (namespace, name) = place.split_once('/').unwrap();
    let mut body: Value = serde_json::from_str(more).unwrap();
    let map = body.as_map_mut().unwrap();
    map.insert("apiVersion", api_version);
    map.insert("kind", kind);
    let metadata = [("name", name), ("namespace", namespace)];
    let metadata = metadata.into_iter().filter(|(_, value)| !value.is_empty());
    map.insert("metadata", metadata.map(|(key, value)| (key, Value::from(value))).collect::<Value>());
    Object::new(body).unwrap()
}

mod order {
    use super::*;
    use windlass_kinds::order::{BackendFirst, DefinitionFirst, KindOrder, NamespaceFirst};
    use windlass_testkit::order::OrderHarness;

    /// An operator with its definition, webhook and namespace, and many objects of its kind.
    struct Stage(Arc<dyn OrderRule>);

    impl Bench for Stage {
        fn skips(&self) -> Vec<(&'static str, &'static str)> {
            vec![(
                "what_items_say_wrongly_is_invalid_and_names_them",
                "none of the rules finds anything wrong",
            )]
        }
    }

    const OPERATOR: [(&str, &str); 6] = [
        ("v1 Namespace /shop", "{}"),
        (
            "apiextensions.k8s.io/v1 CustomResourceDefinition /widgets.example.org",
            r#"{"spec":{"group":"example.org","names":{"kind":"Widget"}}}"#,
        ),
        ("v1 Service shop/hook", r#"{"spec":{"selector":{"app":"hook"}}}"#),
        ("apps/v1 Deployment shop/hook", r#"{"spec":{"template":{"metadata":{"labels":{"app":"hook"}}}}}"#),
        (
            "admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration /hook",
            r#"{"webhooks":[{"clientConfig":{"service":{"name":"hook","namespace":"shop"}}}]}"#,
        ),
        ("v1 ConfigMap shop/settings", "{}"),
    ];

    impl OrderHarness for Stage {
        fn rule(&self) -> Arc<dyn OrderRule> {
            self.0.clone()
        }

        fn items(&self, count: usize) -> Vec<Item> {
            let operator = OPERATOR.into_iter().map(|(line, more)| object(line, more));
            let kinds = ["example.org/v1 Widget", "v1 Secret", "apps/v1 Deployment", "v1 Service"];
            let others = (0..count).map(|at| object(&format!("{} shop/x-{at}", kinds[at % 4]), "{}"));
            operator.chain(others).map(|object| Item::new(object, Origin::default())).collect()
        }
    }

    mod namespaces {
        use super::*;
        windlass_testkit::order_suite!(|| Stage(Arc::new(NamespaceFirst)));
    }

    mod definitions {
        use super::*;
        windlass_testkit::order_suite!(|| Stage(Arc::new(DefinitionFirst)));
    }

    mod kinds {
        use super::*;
        windlass_testkit::order_suite!(|| Stage(Arc::new(KindOrder)));
    }

    mod backends {
        use super::*;
        windlass_testkit::order_suite!(|| Stage(Arc::new(BackendFirst)));
    }
}

mod dialect {
    use super::*;
    use windlass_kinds::dialect::{ArgoDialect, CliUtilsDialect, FluxDialect, HelmDialect, WindlassDialect};
    use windlass_testkit::dialect::DialectHarness;

    type Say = fn(&mut Directives);

    /// A dialect, what annotations say in it, and values that it cannot read.
    struct Stage {
        dialect: Arc<dyn Dialect>,
        spoken: Vec<(&'static str, &'static str, Say)>,
        wrong: Vec<(&'static str, &'static str)>,
    }

    fn annotated(annotation: &str, value: &str) -> Object {
        let annotations = Value::from_iter([(annotation, Value::from(value))]);
        let set = |body: &mut Value| {
            let metadata = body.as_map_mut().unwrap().get_mut("metadata").unwrap();
            metadata.as_map_mut().unwrap().insert("annotations", annotations);
        };
        object("v1 ConfigMap shop/it", "{}").edit(set).unwrap()
    }

    impl Bench for Stage {}

    impl DialectHarness for Stage {
        fn dialect(&self) -> Arc<dyn Dialect> {
            self.dialect.clone()
        }

        fn spoken(&self) -> Vec<(Object, Directives)> {
            let read = |(annotation, value, say): &(&str, &str, Say)| {
                let mut said = Directives::default();
                say(&mut said);
                (annotated(annotation, value), said)
            };
            self.spoken.iter().map(read).collect()
        }

        fn wrong(&self) -> Vec<(Object, String)> {
            self.wrong.iter().map(|(name, value)| (annotated(name, value), (*name).to_owned())).collect()
        }
    }

    mod windlass {
        use super::*;

        windlass_testkit::dialect_suite!(|| Stage {
            dialect: Arc::new(WindlassDialect),
            spoken: vec![
                ("windlass.dev/wave", "-3", |said| said.wave = -3),
                ("windlass.dev/prune", "disabled", |said| said.keep = true),
                ("windlass.dev/mode", "recreate", |said| said.mode = Some(Mode::Recreate)),
                ("windlass.dev/timeout", "90s", |said| {
                    said.time_limit = Some(std::time::Duration::from_secs(90));
                }),
                ("windlass.dev/depends-on", "Namespace//shop", |said| said.after =
                    vec![id("Namespace//shop")]),
            ],
            wrong: vec![
                ("windlass.dev/wave", "third"),
                ("windlass.dev/prune", "no"),
                ("windlass.dev/mode", ""),
                ("windlass.dev/timeout", "soon"),
                ("windlass.dev/depends-on", "that"),
            ],
        });
    }

    mod cli_utils {
        use super::*;

        windlass_testkit::dialect_suite!(|| Stage {
            dialect: Arc::new(CliUtilsDialect),
            spoken: vec![
                ("cli-utils.sigs.k8s.io/on-remove", "keep", |said| said.keep = true),
                ("client.lifecycle.config.k8s.io/mutation", "ignore", |said| {
                    said.mode = Some(Mode::CreateOnly);
                }),
            ],
            wrong: vec![
                ("cli-utils.sigs.k8s.io/on-remove", "drop"),
                ("config.kubernetes.io/depends-on", "that"),
            ],
        });
    }

    mod argo {
        use super::*;

        windlass_testkit::dialect_suite!(|| Stage {
            dialect: Arc::new(ArgoDialect),
            spoken: vec![
                ("argocd.argoproj.io/sync-wave", "5", |said| said.wave = 5),
                ("argocd.argoproj.io/sync-options", "Prune=false", |said| said.keep = true),
            ],
            wrong: vec![
                ("argocd.argoproj.io/sync-wave", "fifth"),
                ("argocd.argoproj.io/sync-options", "Prune=perhaps"),
            ],
        });
    }

    mod flux {
        use super::*;

        windlass_testkit::dialect_suite!(|| Stage {
            dialect: Arc::new(FluxDialect),
            spoken: vec![
                ("kustomize.toolkit.fluxcd.io/prune", "disabled", |said| said.keep = true),
                ("kustomize.toolkit.fluxcd.io/ssa", "IfNotPresent", |said| {
                    said.mode = Some(Mode::CreateOnly);
                }),
            ],
            wrong: vec![
                ("kustomize.toolkit.fluxcd.io/prune", "no"),
                ("kustomize.toolkit.fluxcd.io/ssa", "Never"),
            ],
        });
    }

    mod helm {
        use super::*;

        windlass_testkit::dialect_suite!(|| Stage {
            dialect: Arc::new(HelmDialect),
            spoken: vec![("helm.sh/resource-policy", "keep", |said| said.keep = true)],
            wrong: vec![("helm.sh/resource-policy", "drop")],
        });
    }
}

mod health {
    use super::*;
    use windlass_kinds::argo::ArgoHealth;
    use windlass_kinds::health::KubernetesHealth;
    use windlass_kinds::kstatus::KstatusHealth;
    use windlass_testkit::health::HealthHarness;

    struct Stage(Arc<dyn HealthCheck>, fn() -> Check<Object>);

    impl Bench for Stage {}

    impl HealthHarness for Stage {
        fn check(&self) -> Arc<dyn HealthCheck> {
            self.0.clone()
        }

        fn known(&self) -> Vec<(Object, HealthStatus)> {
            let deployment = |status: &str| {
                let more = format!(
                    r#"{{"spec":{{"replicas":2}},"status":{{"observedGeneration":1,"replicas":2,"updatedReplicas":2,
                    {status}}}}}"#
                );
                object("apps/v1 Deployment shop/web", &more)
            };
            vec![
                (
                    deployment(
                        r#""readyReplicas":2,"availableReplicas":2,"conditions":[{"type":"Available","status":"True"},
                        {"type":"Progressing","status":"True","reason":"NewReplicaSetAvailable"}]"#,
                    ),
                    HealthStatus::Healthy,
                ),
                (deployment(r#""readyReplicas":1,"availableReplicas":1"#), HealthStatus::Progressing),
            ]
        }

        fn unknown(&self) -> Check<Object> {
            (self.1)()
        }
    }

    fn every() -> Check<Object> {
        windlass_testkit::suite::stated("it has a rule for every kind")
    }

    mod kubernetes {
        use super::*;
        windlass_testkit::health_suite!(|| Stage(Arc::new(KubernetesHealth), every));
    }

    mod kstatus {
        use super::*;
        windlass_testkit::health_suite!(|| Stage(Arc::new(KstatusHealth), every));
    }

    mod argo {
        use super::*;
        windlass_testkit::health_suite!(|| Stage(Arc::new(ArgoHealth), || {
            Ok(object("example.org/v1 Widget shop/a", "{}"))
        }));
    }
}
