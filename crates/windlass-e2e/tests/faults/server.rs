//! Parts behind the server that are dead: an aggregated API, a conversion webhook, and the server itself.

use crate::stage::{Stage, config_map, secret, shown};
use crate::support::plane::{kubectl, kubectl_args, plane};
use crate::support::proxy::{ALWAYS, Fault, Ill};
use crate::support::running::{WAIT_MAX, until};

fn definition(group: &str, versions: &[&str], more: &str) -> String {
    let version = |(at, name): (usize, &&str)| {
        format!(
            "{{name: {name}, served: true, storage: {}, schema: {{openAPIV3Schema: {{type: object, properties: \
             {{spec: {{type: object, properties: {{size: {{type: integer}}}}}}}}}}}}}}",
            at == 0
        )
    };
    let versions: Vec<String> = versions.iter().enumerate().map(version).collect();
    format!(
        "{{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {{name: widgets.{group}}}, \
         spec: {{group: {group}, scope: Namespaced, names: {{kind: Widget, listKind: WidgetList, plural: widgets, \
         singular: widget}}, versions: [{}]{more}}}}}",
        versions.join(", ")
    )
}

fn widget(group: &str, version: &str, name: &str, size: u32) -> String {
    format!(
        "apiVersion: {group}/{version}\nkind: Widget\nmetadata: {{name: {name}}}\nspec: {{size: {size}}}\n"
    )
}

fn define(group: &str, versions: &[&str], more: &str) {
    plane().apply(&definition(group, versions, more)).expect("a definition");
    kubectl(&format!("wait --for=condition=Established --timeout=30s crd/widgets.{group}"));
}

fn size(namespace: &str, resource: &str, name: &str) -> String {
    shown(namespace, &format!("{resource}/{name}"), ".spec.size")
}

#[test]
fn an_aggregated_api_that_dies_is_told_for_its_own_objects_and_nothing_is_deleted_until_it_lives() {
    const GROUP: &str = "dead.windlass.dev";
    define(GROUP, &["v1"], "");
    let stage = Stage::new("sapi", &["ill", "well"]);
    for name in ["a", "old"] {
        stage.put("ill", &format!("{name}.yaml"), &widget(GROUP, "v1", name, 1));
    }
    stage.put("ill", "map.yaml", &config_map("map", "1"));
    stage.put("well", "map.yaml", &config_map("map", "1"));
    let mut run = stage.converged(&["ill", "well"]);
    let (ill, widgets) = (stage.unit("ill"), format!("widgets.{GROUP}"));
    let uid = shown(&ill, &format!("{widgets}/a"), ".metadata.uid");

    // The API of the group is said to be served by a Service that is not there.
    let dead = r#"--patch={"metadata":{"labels":{"kube-aggregator.kubernetes.io/automanaged":null}},"spec":{"service":{"name":"nobody","namespace":"default"},"insecureSkipTLSVerify":true}}"#;
    kubectl_args(&["patch", "apiservice", &format!("v1.{GROUP}"), "--type=merge", dead]);
    stage.proxy.harm_watches(GROUP, Ill::Broken);
    stage.put("ill", "a.yaml", &widget(GROUP, "v1", "a", 2));
    std::fs::remove_file(stage.path("ill/old.yaml")).expect("a file");
    for unit in ["ill", "well"] {
        stage.put(unit, "map.yaml", &config_map("map", "2"));
    }
    let line = run.until(&format!("{ill}: failed Widget.{GROUP}/{ill}/a: "));
    assert!(line.contains("503") || line.contains("the API group does not answer"), "{line}");
    stage.until_value("well", "map", "2");
    stage.until_value("ill", "map", "2");

    kubectl(&format!("delete apiservice v1.{GROUP}"));
    run.until(&format!("{ill}: changed Widget.{GROUP}/{ill}/a"));
    run.until(&format!("{ill}: deleted Widget.{GROUP}/{ill}/old"));
    stage.until_ready(&run, &["ill", "well"]);
    assert_eq!(shown(&ill, &format!("{widgets}/a"), ".metadata.uid"), uid, "it is the same object");
    let mut written = stage.proxy.written(&ill);
    written.sort();
    let expected = [
        "DELETE widgets/old",
        "PATCH configmaps/map",
        "PATCH configmaps/map",
        "PATCH widgets/a",
        "PATCH widgets/a",
        "PATCH widgets/old",
    ];
    assert_eq!(written, expected, "{}", run.log().join("\n"));
    assert_eq!(stage.proxy.written(&stage.unit("well")).len(), 2, "created and changed");
    let log = run.log().join("\n");
    assert!(!log.contains(": drifted "), "{log}");
}

#[test]
fn a_conversion_webhook_that_is_dead_is_told_for_what_has_to_be_converted_and_nothing_else() {
    const GROUP: &str = "converted.windlass.dev";
    let nowhere = ", conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {url: \
                   'https://127.0.0.1:1/convert'}}}";
    define(GROUP, &["v1", "v2"], "");
    let stage = Stage::new("sconv", &["ill", "same", "well"]);
    stage.put("ill", "a.yaml", &widget(GROUP, "v2", "a", 1));
    stage.put("ill", "map.yaml", &config_map("map", "1"));
    stage.put("same", "a.yaml", &widget(GROUP, "v1", "a", 1));
    stage.put("well", "map.yaml", &config_map("map", "1"));
    let mut run = stage.converged(&["ill", "same", "well"]);
    let (ill, same) = (stage.unit("ill"), stage.unit("same"));

    define(GROUP, &["v1", "v2"], nowhere);
    stage.proxy.harm_watches(GROUP, Ill::Broken);
    stage.put("ill", "a.yaml", &widget(GROUP, "v2", "a", 2));
    stage.put("same", "a.yaml", &widget(GROUP, "v1", "a", 2));
    for unit in ["ill", "well"] {
        stage.put(unit, "map.yaml", &config_map("map", "2"));
    }
    let line = run.until(&format!("{ill}: failed Widget.{GROUP}/{ill}/a: "));
    assert!(line.contains("conversion webhook"), "{line}");
    stage.until_value("well", "map", "2");
    stage.until_value("ill", "map", "2");
    // What is stored as it is asked for needs no webhook.
    until("the other version is written", WAIT_MAX, || {
        (size(&same, &format!("widgets.v1.{GROUP}"), "a") == "2").then_some(())
    });

    define(GROUP, &["v1", "v2"], ", conversion: {strategy: None}");
    until("it is changed", WAIT_MAX, || {
        (size(&ill, &format!("widgets.v2.{GROUP}"), "a") == "2").then_some(())
    });
    stage.until_ready(&run, &["ill", "same", "well"]);
    let counts = ["ill", "same", "well"].map(|unit| stage.proxy.written(&stage.unit(unit)).len());
    assert_eq!(counts, [4, 2, 2], "each once created and once changed:\n{}", stage.proxy.log());
    stage.calm(&mut run, &["well"]);
}

#[test]
fn an_admission_webhook_that_is_dead_is_told_for_what_it_would_admit_and_nothing_else() {
    let stage = Stage::new("sadmit", &["ill", "well"]);
    for unit in ["ill", "well"] {
        stage.put(unit, "a.yaml", &config_map("a", "1"));
        stage.put(unit, "s.yaml", &secret("s", "1"));
    }
    let mut run = stage.converged(&["ill", "well"]);
    let ill = stage.unit("ill");
    let hook = format!(
        "{{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {{name: {ill}}}, \
         webhooks: [{{name: nobody.windlass.dev, sideEffects: None, admissionReviewVersions: [v1], failurePolicy: Fail, \
         clientConfig: {{url: 'https://127.0.0.1:1/admit'}}, namespaceSelector: {{matchLabels: \
         {{kubernetes.io/metadata.name: {ill}}}}}, rules: [{{apiGroups: [''], apiVersions: [v1], operations: ['*'], \
         resources: [configmaps]}}]}}]}}"
    );
    plane().apply(&hook).expect("a webhook");
    // The server takes a moment to know of it.
    until("the webhook is asked", WAIT_MAX, || {
        let arguments = ["create", "configmap", "probe", "--dry-run=server", "--namespace", &ill];
        let output = plane().kubectl().args(arguments).output().expect("kubectl runs");
        (!output.status.success()).then_some(())
    });
    for unit in ["ill", "well"] {
        stage.put(unit, "a.yaml", &config_map("a", "2"));
        stage.put(unit, "s.yaml", &secret("s", "2"));
    }
    let line = run.until(&format!("{ill}: failed ConfigMap/{ill}/a: "));
    assert!(line.contains("nobody.windlass.dev") && line.contains("connection refused"), "{line}");
    run.until(&format!("{ill}: changed Secret/{ill}/s"));
    stage.until_value("well", "a", "2");
    kubectl(&format!("delete validatingwebhookconfiguration {ill}"));
    stage.until_value("ill", "a", "2");
    stage.until_ready(&run, &["ill", "well"]);
    let counts = ["ill", "well"].map(|unit| stage.proxy.written(&stage.unit(unit)).len());
    assert_eq!(counts, [4, 4], "each once created and once changed:\n{}", stage.proxy.log());
    stage.calm(&mut run, &["well"]);
}

/// Everything that is asked meets the fault until both units have told it.
fn check_down(name: &'static str, fault: Fault, word: &str) {
    let stage = Stage::new(name, &["one", "two"]);
    ["one", "two"].iter().for_each(|unit| stage.put(unit, "a.yaml", &config_map("a", "1")));
    let mut run = stage.converged(&["one", "two"]);
    let rule = stage.proxy.rule("*", "", ALWAYS, fault);
    stage.proxy.harm_watches("", Ill::Broken);
    for unit in ["one", "two"] {
        stage.put(unit, "a.yaml", &config_map("a", "2"));
        let said = format!("{}: ", stage.unit(unit));
        run.until_line("tells it", |line| line.starts_with(&said) && line.contains(word));
    }
    rule.end();
    ["one", "two"].iter().for_each(|unit| stage.until_value(unit, "a", "2"));
    stage.until_ready(&run, &["one", "two"]);
    for unit in ["one", "two"] {
        assert_eq!(
            stage.proxy.written(&stage.unit(unit)).len(),
            2,
            "created and changed:\n{}",
            stage.proxy.log()
        );
    }
    stage.calm(&mut run, &[]);
}

#[test]
fn a_server_that_cannot_be_reached_is_told_by_every_unit_and_all_goes_on_when_it_can() {
    check_down("sdown", Fault::Cut, "the connection broke");
}

#[test]
fn a_load_balancer_without_any_server_is_told_by_every_unit_and_all_goes_on_when_there_is_one() {
    check_down("slb", Fault::Between(503), "503");
}
