//! What is admitted, and what is said of a write beforehand.

#![allow(clippy::unwrap_used, clippy::panic)]

mod script;

use script::{Script, config_map, context, item, live_map, mark, object, status};
use windlass_core::{
    Admitted, Decision, ErrorKind, Item, Live, Mode, Observation, Predict, Prediction, Stamp, Version, Want,
};
use windlass_kube::{ConflictRules, KubeOptions, KubeTarget};

const DRY_RUN: &str = "PATCH /api/v1/namespaces/a/configmaps/x?fieldManager=windlass&fieldValidation=Strict&force=false&dryRun=All";
const FORCED: &str = "PATCH /api/v1/namespaces/a/configmaps/x?fieldManager=windlass&fieldValidation=Strict&force=true&dryRun=All";
const CRD: &str = r#"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"foos.x.io"},"spec":{"group":"x.io","scope":"Cluster","names":{"plural":"foos","kind":"Foo"},"versions":[{"name":"v1","served":true},{"name":"v0","served":false}]}}"#;

async fn admit(target: &KubeTarget, items: &[&str]) -> String {
    let items = items.iter().map(|json| item(json)).collect();
    let admitted = target.admit(&context(), items).await.unwrap();
    let told = admitted.iter().map(|admitted| match admitted {
        Admitted::Item(item) => format!("{} {}", item.id(), item.object.body().canonical()),
        Admitted::Later { item, until } => format!("{} after {until}", item.id()),
        Admitted::Refused(item, error) => format!("{} refused: [{}] {error}", item.id(), error.kind().name()),
    });
    told.collect::<Vec<_>>().join("\n")
}

#[tokio::test(start_paused = true)]
async fn identities_are_completed() {
    let target = Script::new().target();
    let told = admit(
        &target,
        &[
            r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}}"#,
            r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n","namespace":"odd"}}"#,
        ],
    )
    .await;
    assert_eq!(
        told,
        "ConfigMap/default/x {\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"x\",\"namespace\":\"default\"}}\n\
         Namespace//n {\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"n\"}}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_names_no_namespace_goes_where_the_options_say_else_where_the_context_says() {
    let named = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}}"#;
    let cluster = Script::new().cluster_in("team");
    let told = admit(&KubeTarget::new(cluster.clone(), KubeOptions::default()), &[named]).await;
    assert!(told.starts_with("ConfigMap/team/x "), "{told}");
    let options = KubeOptions::default().with_default_namespace("shop").unwrap();
    let told = admit(&KubeTarget::new(cluster, options), &[named]).await;
    assert!(told.starts_with("ConfigMap/shop/x "), "{told}");
}

#[tokio::test(start_paused = true)]
async fn what_only_the_server_sets_is_taken_out() {
    let target = Script::new().target();
    let told = admit(
        &target,
        &[r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","namespace":"a","uid":"u","resourceVersion":"1","creationTimestamp":null,"managedFields":[],"generation":2}}"#],
    )
    .await;
    assert_eq!(
        told,
        r#"ConfigMap/a/x {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","namespace":"a"}}"#
    );
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_spelled_as_the_server_keeps_it() {
    let target = Script::new().target();
    let told = admit(
        &target,
        &[r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"a"},"data":{"a":"eA==","b":"eQ=="},"stringData":{"b":"hello","c":null}}"#],
    )
    .await;
    assert_eq!(
        told,
        r#"Secret/a/s {"apiVersion":"v1","data":{"a":"eA==","b":"aGVsbG8=","c":""},"kind":"Secret","metadata":{"name":"s","namespace":"a"}}"#
    );
}

#[tokio::test(start_paused = true)]
async fn the_rules_of_an_aggregated_role_are_left_to_its_controller() {
    let role = |more: &str| {
        format!(
            r#"{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{{"name":"r"}},"rules":[]{more}}}"#
        )
    };
    let aggregated = role(r#","aggregationRule":{"clusterRoleSelectors":[]}"#);
    let told = admit(&Script::new().target(), &[&role(""), &aggregated]).await;
    let rules: Vec<bool> = told.lines().map(|line| line.contains("rules")).collect();
    assert_eq!(rules, [true, false], "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_kind_defined_among_the_items_comes_later_in_whatever_order() {
    let foo = r#"{"apiVersion":"x.io/v1","kind":"Foo","metadata":{"name":"f","namespace":"odd"}}"#;
    let unserved = foo.replace("x.io/v1", "x.io/v0");
    let script = Script::new();
    let target = script.target();
    let told = admit(&target, &[foo, CRD, &unserved]).await;
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], "Foo.x.io//f after CustomResourceDefinition.apiextensions.k8s.io//foos.x.io");
    assert!(lines[2].starts_with("Foo.x.io/odd/f refused: [undefined]"), "{told}");
    assert_eq!(script.log(), "GET /api\nGET /apis", "one discovery is enough");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_served_is_refused_with_what_is() {
    let script = Script::new();
    let target = script.target();
    let told = admit(
        &target,
        &[
            r#"{"apiVersion":"apps/v1beta1","kind":"Deployment","metadata":{"name":"w"}}"#,
            r#"{"apiVersion":"x.io/v1","kind":"Foo","metadata":{"name":"f"}}"#,
            r#"{"apiVersion":"metrics.k8s.io/v1beta1","kind":"NodeMetrics","metadata":{"name":"n"}}"#,
        ],
    )
    .await;
    assert_eq!(
        told,
        "Deployment.apps//w refused: [undefined] the cluster does not serve this version of the kind (kind=Deployment.apps, apiVersion=apps/v1beta1, served=v1)\n\
         Foo.x.io//f refused: [undefined] the cluster does not serve this kind (kind=Foo.x.io, apiVersion=x.io/v1)\n\
         NodeMetrics.metrics.k8s.io//n refused: [unavailable] the API group does not answer, so nobody knows its kinds (group=metrics.k8s.io)"
    );
}

fn live(value: &str) -> Observation {
    let mut body: windlass_core::Value = serde_json::from_str(&live_map("x", value, 4)).unwrap();
    body.as_map_mut().unwrap().get_mut("metadata").unwrap().as_map_mut().unwrap().remove("managedFields");
    Observation::Live(Live {
        id: "ConfigMap/a/x".parse().unwrap(),
        version: Version::new("4@u-x"),
        stamp: Stamp(windlass_core::Digest::of(value.as_bytes())),
        uid: Some("u-x".into()),
        owner: Some(mark()),
        deletion: None,
        health: None,
        body: Some(windlass_core::Object::new(body).unwrap()),
    })
}

async fn predict(target: &KubeTarget, item: &Item, observation: &Observation) -> Prediction {
    let wants = [Want { item, observation, owner: &mark() }];
    target.predict(&context(), &wants).await.unwrap().remove(0)
}

fn told(prediction: &Prediction) -> String {
    match prediction {
        Prediction::Same => "same".into(),
        Prediction::Change { payload, after, mode, conflicts } => {
            let conflicts: Vec<String> = conflicts
                .iter()
                .map(|conflict| format!("{} of {}: {:?}", conflict.path, conflict.holder, conflict.decision))
                .collect();
            let text = |object: &windlass_core::Object, path: &[&str]| {
                object.body().text_at(path).unwrap_or("nothing").to_owned()
            };
            format!(
                "{mode:?} k={} label={} [{}]",
                text(payload, &["data", "k"]),
                text(after, &["metadata", "labels", "windlass.dev/unit"]),
                conflicts.join(", ")
            )
        }
        Prediction::Deferred { until, .. } => format!("deferred until {until}"),
        Prediction::Refused(error) => format!("refused: [{}] {error}", error.kind().name()),
    }
}

fn conflicting() -> String {
    let causes = r#"{"causes":[{"reason":"FieldManagerConflict","message":"conflict with \"kubectl-edit\" using v1","field":".data.k"}]}"#;
    status(409, "Conflict", "Apply failed with 1 conflict", causes)
}

#[tokio::test(start_paused = true)]
async fn a_create_is_predicted_without_a_request() {
    let script = Script::new();
    let target = script.target();
    let item = item(&config_map("x", "1"));
    assert_eq!(told(&predict(&target, &item, &Observation::Absent).await), "Apply k=1 label=shop []");
    assert_eq!(script.log(), "GET /api\nGET /apis");
}

#[tokio::test(start_paused = true)]
async fn a_create_is_rehearsed_where_that_is_asked_for_and_its_namespace_exists() {
    let script = Script::new().on(FORCED, 201, &live_map("x", "1", 0));
    let target = script.target_with(KubeOptions::default().with_dry_run_of_creates());
    let wanted = item(&config_map("x", "1"));
    assert_eq!(told(&predict(&target, &wanted, &Observation::Absent).await), "Apply k=1 label=shop []");
    assert!(script.log().contains(FORCED));

    let namespace = item(r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}"#);
    let (observation, mark) = (Observation::Absent, mark());
    let wants = [
        Want { item: &wanted, observation: &observation, owner: &mark },
        Want { item: &namespace, observation: &Observation::Live(live_namespace()), owner: &mark },
    ];
    let absent = [wants[0], Want { observation: &observation, ..wants[1] }];
    script.clone().on(
        "PATCH /api/v1/namespaces/a?fieldManager=windlass&fieldValidation=Strict&force=true&dryRun=All",
        201,
        r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}"#,
    );
    target.predict(&context(), &absent).await.unwrap();
    assert!(!script.log().contains("configmaps"), "the namespace does not exist yet");
}

fn live_namespace() -> Live {
    let Observation::Live(live) = live("1") else { panic!("a live object") };
    live
}

#[tokio::test(start_paused = true)]
async fn what_the_rehearsal_leaves_as_it_is_is_the_same() {
    let script = Script::new().on(DRY_RUN, 200, &live_map("x", "1", 4));
    let target = script.target();
    let item = item(&config_map("x", "1"));
    let first = predict(&target, &item, &live("0")).await;
    assert_eq!(told(&first), "Apply k=1 label=shop []");
    // The stamp of what the server gave back is the one that an observation of it would have.
    let list = "GET /api/v1/configmaps?labelSelector=windlass.dev/unit%3Dshop%2Cwindlass.dev/installation%3Dwindlass&limit=2500";
    script.on(list, 200, &script::list(&[live_map("x", "1", 4)], ""));
    let observed =
        windlass_core::Target::observe(&target, &context(), &script::interest(&["ConfigMap/a/x"])).await;
    let observation = observed.unwrap().observations.into_values().next().unwrap();
    assert_eq!(told(&predict(&target, &item, &observation).await), "same");
}

#[tokio::test(start_paused = true)]
async fn a_taken_field_is_shown_with_its_holder() {
    let script = Script::new().on(DRY_RUN, 409, &conflicting()).on(FORCED, 200, &live_map("x", "1", 4));
    let target = script.target();
    let prediction = predict(&target, &item(&config_map("x", "1")), &live("0")).await;
    assert_eq!(told(&prediction), "Apply k=1 label=shop [data.k of kubectl-edit: Take]");
    let body = r#"{"apiVersion":"v1","data":{"k":"1"},"kind":"ConfigMap","metadata":{"labels":{"windlass.dev/installation":"windlass","windlass.dev/unit":"shop"},"name":"x","namespace":"a"}}"#;
    assert_eq!(script.log(), format!("GET /api\nGET /apis\n{DRY_RUN} {body}\n{FORCED} {body}"));
}

#[tokio::test(start_paused = true)]
async fn a_yielded_field_is_not_sent() {
    let script = Script::new().on(DRY_RUN, 409, &conflicting()).on(FORCED, 200, &live_map("x", "0", 4));
    let rules = ConflictRules::none().with("kubectl*", Decision::Yield);
    let target = script.target_with(KubeOptions::default().with_conflict_rules(rules));
    let prediction = predict(&target, &item(&config_map("x", "1")), &live("0")).await;
    assert_eq!(told(&prediction), "Apply k=nothing label=shop [data.k of kubectl-edit: Yield]");
    assert!(script.log().ends_with(
        r#"{"apiVersion":"v1","data":{},"kind":"ConfigMap","metadata":{"labels":{"windlass.dev/installation":"windlass","windlass.dev/unit":"shop"},"name":"x","namespace":"a"}}"#
    ));
}

#[tokio::test(start_paused = true)]
async fn a_refused_field_refuses_the_object() {
    let script = Script::new().on(DRY_RUN, 409, &conflicting());
    let target = script.target_with(
        KubeOptions::default().with_conflict_rules(ConflictRules::none().otherwise(Decision::Refuse)),
    );
    let prediction = predict(&target, &item(&config_map("x", "1")), &live("0")).await;
    assert_eq!(
        told(&prediction),
        "refused: [conflict] somebody else holds the field (field=data.k, holder=kubectl-edit, object=ConfigMap/a/x)"
    );
}

#[tokio::test(start_paused = true)]
async fn an_immutable_change_is_refused_unless_the_object_may_be_made_anew() {
    let immutable =
        status(422, "Invalid", "x", r#"{"causes":[{"message":"field is immutable","field":"data"}]}"#);
    let script = Script::new().on(DRY_RUN, 422, &immutable);
    let target = script.target();
    let mut item = item(&config_map("x", "1"));
    assert!(
        told(&predict(&target, &item, &live("0")).await).starts_with("refused: [invalid] field is immutable")
    );
    item.directives.mode = Some(Mode::Recreate);
    assert_eq!(told(&predict(&target, &item, &live("0")).await), "Recreate k=1 label=shop []");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_deleted_for_a_new_object_that_the_server_does_not_take() {
    let immutable =
        status(422, "Invalid", "x", r#"{"causes":[{"message":"field is immutable","field":"data"}]}"#);
    let post = "POST /api/v1/namespaces/a/configmaps?fieldManager=windlass&fieldValidation=Strict&dryRun=All";
    let large = "maximum memory usage per Container is 1Gi, but limit is 5Gi";
    let exists = r#"configmaps "x" already exists"#;
    for (code, reason, message, expected) in [
        (403, "Forbidden", large, "refused: [denied] maximum memory usage"),
        (422, "Invalid", "Required value", "refused: [invalid] Required value"),
        (403, "Forbidden", "exceeded quota: q, requested: configmaps=1", "Recreate"),
        (422, "Invalid", "provided port is already allocated", "Recreate"),
        (409, "AlreadyExists", exists, "Recreate"),
    ] {
        let script =
            Script::new().on(DRY_RUN, 422, &immutable).on(post, code, &status(code, reason, message, "{}"));
        let mut item = item(&config_map("x", "1"));
        item.directives.mode = Some(Mode::Recreate);
        let said = told(&predict(&script.target(), &item, &live("0")).await);
        assert!(said.starts_with(expected), "{message}: {said}");
        assert!(script.log().contains(post), "the creation is rehearsed");
    }
}

/// `ConfigMap/a/x` with fields of ours that were set by a replace, and others.
fn replaced(data: &str, ours: &str) -> String {
    format!(
        r#"{{"apiVersion":"v1","data":{{{data}}},"kind":"ConfigMap","metadata":{{"labels":{{"windlass.dev/installation":"windlass","windlass.dev/unit":"shop"}},"managedFields":[{{"fieldsV1":{{"f:data":{{{ours}}}}},"manager":"windlass","operation":"Update"}}],"name":"x","namespace":"a","resourceVersion":"4","uid":"u-x"}}}}"#
    )
}

#[tokio::test(start_paused = true)]
async fn a_replace_compares_what_we_set_and_leaves_what_others_write_beside_it() {
    let put = "PUT /api/v1/namespaces/a/configmaps/x?fieldManager=windlass&fieldValidation=Strict&dryRun=All";
    let (ours, both) = (r#""f:k":{}"#, r#""f:k":{},"f:old":{}"#);
    let after = replaced(r#""k":"1""#, ours);
    for (before, expected) in [
        (replaced(r#""k":"1""#, ours), "same"),
        (replaced(r#""k":"1","theirs":"2""#, ours), "same"),
        (replaced(r#""k":"1","old":"2""#, both), "Replace k=1 label=shop []"),
        // Somebody else holds the field now, and it comes back to us.
        (replaced(r#""k":"0""#, ""), "Replace k=1 label=shop []"),
    ] {
        let script =
            Script::new().on("GET /api/v1/namespaces/a/configmaps/x", 200, &before).on(put, 200, &after);
        let mut item = item(&config_map("x", "1"));
        item.directives.mode = Some(Mode::Replace);
        assert_eq!(told(&predict(&script.target(), &item, &live("0")).await), expected, "{before}");
        assert!(script.log().contains(r#""resourceVersion":"4""#), "rehearsed at the version that is there");
    }
}

#[tokio::test(start_paused = true)]
async fn what_exists_is_the_same_for_create_only() {
    let script = Script::new();
    let target = script.target();
    let mut item = item(&config_map("x", "1"));
    item.directives.mode = Some(Mode::CreateOnly);
    assert_eq!(told(&predict(&target, &item, &live("0")).await), "same");
    assert_eq!(script.log(), "GET /api\nGET /apis");
}

#[tokio::test(start_paused = true)]
async fn an_undefined_kind_waits_for_the_definition_that_is_wanted_as_well() {
    let target = Script::new().target();
    let foo = item(r#"{"apiVersion":"x.io/v1","kind":"Foo","metadata":{"name":"f"}}"#);
    let crd = item(CRD);
    let (mark, absent) = (mark(), Observation::Absent);
    let wants = [
        Want { item: &foo, observation: &Observation::Undefined, owner: &mark },
        Want { item: &crd, observation: &absent, owner: &mark },
    ];
    let predictions = target.predict(&context(), &wants).await.unwrap();
    assert_eq!(
        told(&predictions[0]),
        "deferred until CustomResourceDefinition.apiextensions.k8s.io//foos.x.io"
    );
    let alone = target.predict(&context(), &wants[..1]).await.unwrap();
    assert!(told(&alone[0]).starts_with("refused: [undefined]"));
}

#[tokio::test(start_paused = true)]
async fn an_error_of_one_rehearsal_is_the_answer_for_that_object_alone() {
    let denied = r#"{"kind":"Status","message":"no","reason":"Forbidden","code":403}"#;
    let script = Script::new().on(DRY_RUN, 403, denied);
    let target = script.target();
    let (one, two) = (item(&config_map("x", "1")), item(&config_map("y", "1")));
    let (mark, live, absent) = (mark(), live("0"), Observation::Absent);
    let wants = [
        Want { item: &one, observation: &live, owner: &mark },
        Want { item: &two, observation: &absent, owner: &mark },
    ];
    let predictions = target.predict(&context(), &wants).await.unwrap();
    assert!(matches!(&predictions[0], Prediction::Refused(error) if error.kind() == ErrorKind::Denied));
    assert!(matches!(&predictions[1], Prediction::Change { .. }));
    assert_eq!(object(&config_map("y", "1")).id(), two.id());
}

#[tokio::test(start_paused = true)]
async fn a_version_that_a_wanted_definition_adds_is_waited_for() {
    let groups = script::GROUPS.replace(
        r#"{"metadata":{"name":"metrics.k8s.io"}"#,
        r#"{"metadata":{"name":"x.io"},"versions":[{"version":"v0","resources":[{"resource":"foos","responseKind":{"kind":"Foo"},"scope":"Cluster","verbs":["get","list"]}]}]},{"metadata":{"name":"metrics.k8s.io"}"#,
    );
    let target = Script::default().on("GET /api", 200, script::CORE).on("GET /apis", 200, &groups).target();
    let json = r#"{"apiVersion":"x.io/v1","kind":"Foo","metadata":{"name":"f"}}"#;
    let (foo, crd, mark, absent, live) = (item(json), item(CRD), mark(), Observation::Absent, live("0"));
    for observation in [&live, &absent] {
        let wants = [
            Want { item: &foo, observation, owner: &mark },
            Want { item: &crd, observation: &absent, owner: &mark },
        ];
        let predictions = target.predict(&context(), &wants).await.unwrap();
        assert_eq!(
            told(&predictions[0]),
            "deferred until CustomResourceDefinition.apiextensions.k8s.io//foos.x.io"
        );
    }
    let alone = [Want { item: &foo, observation: &live, owner: &mark }];
    let predictions = target.predict(&context(), &alone).await.unwrap();
    assert!(told(&predictions[0]).starts_with("refused: [undefined]"), "{}", told(&predictions[0]));
}

#[tokio::test(start_paused = true)]
async fn a_yielded_field_that_cannot_be_left_out_refuses_the_object() {
    let causes = r#"{"causes":[{"reason":"FieldManagerConflict","message":"conflict with \"kubectl-edit\" using v1","field":".spec.ports[port=80,protocol=\"TCP\"].nodePort"}]}"#;
    let script = Script::new().on(DRY_RUN, 409, &status(409, "Conflict", "one", causes));
    let rules = ConflictRules::none().with("kubectl*", Decision::Yield);
    let target = script.target_with(KubeOptions::default().with_conflict_rules(rules));
    let prediction = predict(&target, &item(&config_map("x", "1")), &live("0")).await;
    assert!(
        told(&prediction).starts_with("refused: [conflict] somebody else holds the field"),
        "{prediction:?}"
    );
    assert!(!script.log().contains("force=true"), "it is not taken by force");
}

#[tokio::test(start_paused = true)]
async fn what_kubectl_applied_and_nobody_wants_is_shown_to_go() {
    let entry = r#"{"apiVersion":"v1","fieldsV1":{"f:data":{"f:old":{}}},"manager":"kubectl-client-side-apply","operation":"Update"},"#;
    let rehearsed = live_map("x", "1", 4)
        .replace(r#""managedFields":["#, &format!(r#""managedFields":[{entry}"#))
        .replace(r#""k":"1""#, r#""k":"1","old":"2""#);
    let script = Script::new().on(DRY_RUN, 200, &rehearsed).on(
        "GET /api/v1/namespaces/a/configmaps/x",
        200,
        &rehearsed,
    );
    let prediction = predict(&script.target(), &item(&config_map("x", "1")), &live("1")).await;
    assert_eq!(told(&prediction), "Apply k=1 label=shop [data.old of kubectl-client-side-apply: Take]");
    let Prediction::Change { after, .. } = &prediction else { panic!("{prediction:?}") };
    assert_eq!(after.body().at(&["data"]).unwrap().canonical(), r#"{"k":"1"}"#);
    let asked = script.log();
    assert!(asked.ends_with("GET /api/v1/namespaces/a/configmaps/x"), "nobody had looked yet: {asked}");
}

#[tokio::test(start_paused = true)]
async fn what_holds_many_others_is_refused_and_not_recreated() {
    let dry_run =
        "PATCH /api/v1/namespaces/n?fieldManager=windlass&fieldValidation=Strict&force=false&dryRun=All";
    let immutable =
        status(422, "Invalid", "x", r#"{"causes":[{"message":"field is immutable","field":"spec"}]}"#);
    let target = Script::new().on(dry_run, 422, &immutable).target();
    let mut item = item(r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"}}"#);
    item.directives.mode = Some(Mode::Recreate);
    let told = told(&predict(&target, &item, &live("0")).await);
    assert_eq!(told, "refused: [unsupported] it is never deleted and created anew (object=Namespace//n)");
}

#[tokio::test(start_paused = true)]
async fn what_kubernetes_says_of_fields_that_stay_is_understood() {
    for message in [
        "Invalid value: {}: field is immutable",
        "Forbidden: updates to parameters are forbidden.",
        "Forbidden: updates to reclaimPolicy are forbidden.",
        "Forbidden: updates to statefulset spec for fields other than 'replicas', 'template' are forbidden",
        "Forbidden: pod updates may not change fields other than `spec.containers[*].image`",
        r#"Invalid value: [\"None\"]: may not change once set"#,
        "Forbidden: may not be changed in an update.",
        "Invalid value: {}: cannot change roleRef",
        "Forbidden: spec is immutable after creation except resources.requests",
    ] {
        let details = format!(r#"{{"causes":[{{"message":"{message}","field":"data"}}]}}"#);
        let script = Script::new().on(DRY_RUN, 422, &status(422, "Invalid", "x", &details));
        let mut item = item(&config_map("x", "1"));
        item.directives.mode = Some(Mode::Recreate);
        let told = told(&predict(&script.target(), &item, &live("0")).await);
        assert_eq!(told, "Recreate k=1 label=shop []", "{message}");
    }
    let quoted =
        r#"{"causes":[{"message":"Invalid value: \"this is immutable\": must be short","field":"data"}]}"#;
    let script = Script::new().on(DRY_RUN, 422, &status(422, "Invalid", "x", quoted));
    let mut item = item(&config_map("x", "1"));
    item.directives.mode = Some(Mode::Recreate);
    let told = told(&predict(&script.target(), &item, &live("0")).await);
    assert!(told.starts_with("refused: [invalid]"), "a value may say anything: {told}");
}
