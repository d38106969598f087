//! Renames that exclude one another, and fields that two set in turn, on the real API server.
#![allow(clippy::panic, reason = "a test fails by it, and says more than `expect` would")]

mod support;

use std::time::Duration;

use support::plane::{kubectl, kubectl_args};
use support::world::{World, failure, run, with_outcome};
use windlass_core::{Error, Plan, Verb};

fn service(name: &str, spec: &str, port: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Service, metadata: {{name: {name}}}, spec: {{{spec} selector: {{app: web}}, ports: [{{port: 80{port}}}]}}}}\n"
    )
}

fn ingress(name: &str, host: &str) -> String {
    format!(
        "{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: {name}}}, spec: {{rules: [{{host: {host}, http: {{paths: \
         [{{path: /, pathType: Prefix, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}]}}}}]}}}}\n"
    )
}

/// What goes before what, by the plan.
fn first(plan: &Plan) -> Vec<String> {
    let ways =
        plan.actions.iter().filter(|action| action.verb == Verb::Delete && !action.makes_way_for.is_empty());
    ways.map(|action| format!("{} for {}", action.id.name, action.makes_way_for[0].name)).collect()
}

fn refused(plan: &Plan) -> Vec<Error> {
    let errors = plan.actions.iter().filter_map(|action| match &action.verb {
        Verb::Refuse { error } => Some(error.clone()),
        _ => None,
    });
    errors.collect()
}

/// Commits one document, applies it, commits the other, and gives what the plan says goes first. The second pass must be whole
/// and leave nothing to do.
fn renamed(world: &World, was: &str, is: &str) -> Vec<String> {
    world.write(&[("web.yaml", was.to_owned())]);
    let report = world.pass();
    assert!(report.is_success(), "the pass succeeds:\n{report}");
    world.write(&[("web.yaml", is.to_owned())]);
    let plan = world.plan();
    let report = world.pass();
    assert!(report.is_success(), "the pass succeeds:\n{plan}{report}");
    assert!(world.plan().is_in_sync(), "nothing is left to do:\n{}", world.plan());
    first(&plan)
}

/// Has the server check objects of a kind in a namespace by an expression, with each Ingress there as `params`.
fn policy(namespace: &str, operations: &str, expression: &str, message: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("policy.yaml").display().to_string();
    let manifest = format!(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {{name: {namespace}}}\nspec:\n  \
         paramKind: {{apiVersion: networking.k8s.io/v1, kind: Ingress}}\n  matchConstraints:\n    \
         namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {namespace}}}}}\n    \
         resourceRules: [{{apiGroups: [networking.k8s.io], apiVersions: [v1], operations: [{operations}], resources: [ingresses]}}]\n  \
         validations: [{{expression: \"{expression}\", message: {message}}}]\n---\n\
         apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {{name: {namespace}}}\nspec: \
         {{policyName: {namespace}, validationActions: [Deny], paramRef: {{selector: {{}}, parameterNotFoundAction: Allow}}}}\n"
    );
    std::fs::write(&file, manifest).expect("a file");
    kubectl_args(&["apply", "-f", &file]);
}

/// Waits until the server refuses a document, as it needs a moment to take a policy in.
fn until_refused(world: &World, document: &str) -> Plan {
    world.write(&[("web.yaml", document.to_owned())]);
    for _ in 0..450 {
        let plan = world.plan();
        let says = |action: &windlass_core::Action| action.in_place_of.is_some();
        if !refused(&plan).is_empty() || plan.actions.iter().any(says) {
            return plan;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    panic!("the policy never takes effect");
}

const ONE_HOST: &str = "params == null || params.metadata.name == object.metadata.name || \
                        !params.spec.rules.exists(p, object.spec.rules.exists(r, r.host == p.host))";

#[test]
fn a_service_keeps_its_node_port_by_another_name() {
    let world = World::new("x-port");
    let port = |name: &str| service(name, "type: NodePort,", ", nodePort: 31987");
    assert_eq!(renamed(&world, &port("front"), &port("entry")), ["front for entry"]);
}

#[test]
fn a_service_keeps_its_health_check_port_and_its_address_by_another_name() {
    let world = World::new("x-address");
    let local = "type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 31986,";
    let port = |name: &str| service(name, local, "");
    assert_eq!(renamed(&world, &port("front"), &port("entry")), ["front for entry"]);
    let address = kubectl("get service kubernetes --namespace=default -o jsonpath={.spec.clusterIP}");
    let (head, _) = address.rsplit_once('.').expect("an address");
    let fixed = |name: &str| service(name, &format!("clusterIP: {head}.77,"), "");
    assert_eq!(renamed(&world, &fixed("front"), &fixed("entry")), ["front for entry"]);
}

#[test]
fn a_port_moves_to_a_service_that_is_there() {
    let world = World::new("x-moves");
    let (a, b) = (service("a", "type: NodePort,", ", nodePort: 31985"), service("b", "type: NodePort,", ""));
    let was = format!("{a}---\n{b}");
    assert_eq!(renamed(&world, &was, &service("b", "type: NodePort,", ", nodePort: 31985")), ["a for b"]);
}

#[test]
fn who_holds_a_port_is_named_where_it_is_nobody_to_delete() {
    let world = World::new("x-held");
    kubectl_args(&[
        "create",
        "service",
        "nodeport",
        "theirs",
        "--tcp=80",
        "--node-port=31983",
        "--namespace=x-held",
    ]);
    world.write(&[("web.yaml", service("ours", "type: NodePort,", ", nodePort: 31983"))]);
    let (_, why) = failure(&world.pass(), "Service/x-held/ours");
    assert!(why.contains("held_by=Service/x-held/theirs"), "{why}");
}

#[test]
fn a_service_with_a_mistake_of_its_own_deletes_nothing() {
    let world = World::new("x-mistake");
    let port =
        |name: &str, spec: &str| service(name, &format!("type: NodePort, {spec}"), ", nodePort: 31984");
    world.write(&[("web.yaml", port("front", ""))]);
    world.pass();
    world.write(&[("web.yaml", port("entry", "sessionAffinity: Sometimes,"))]);
    assert!(first(&world.plan()).is_empty(), "{}", world.plan());
    let report = world.pass();
    assert_eq!(with_outcome(&report, "deleted"), [""; 0], "{report}");
}

#[test]
fn of_a_host_that_admission_allows_once_the_old_ingress_goes_first() {
    let world = World::new("x-host");
    policy("x-host", "CREATE, UPDATE", ONE_HOST, "the host is taken");
    let two = |a: &str, b: &str| format!("{}---\n{}", ingress(a, "a.example"), ingress(b, "b.example"));
    world.write(&[("web.yaml", two("a", "b"))]);
    world.pass();
    let plan = until_refused(&world, &two("c", "d"));
    assert_eq!(first(&plan), ["a for c", "b for d"], "each makes way for the one with its host:\n{plan}");
    let report = world.pass();
    assert!(report.is_success(), "{report}");
    assert!(world.plan().is_in_sync());
}

#[test]
fn of_a_singleton_the_old_one_goes_first() {
    let world = World::new("x-single");
    policy("x-single", "CREATE", "params == null", "there can be only one");
    world.write(&[("web.yaml", ingress("a", "a.example"))]);
    world.pass();
    let plan = until_refused(&world, &ingress("b", "b.example"));
    assert_eq!(first(&plan), ["a for b"], "{plan}");
    assert!(world.pass().is_success());
}

#[test]
fn a_rule_that_leaves_goes_before_what_it_refuses() {
    let world = World::new("x-leaves");
    let map = |value: &str| {
        format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: web}}, data: {{mode: {value}}}}}\n")
    };
    let dead = "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: x-leaves}, webhooks: \
                [{name: dead.acme.example, admissionReviewVersions: [v1], sideEffects: None, timeoutSeconds: 1, clientConfig: {service: \
                {name: nobody, namespace: x-leaves}}, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: x-leaves}}, rules: \
                [{apiGroups: [''], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps]}]}]}\n";
    world.write(&[("web.yaml", format!("{}---\n{dead}", map("a")))]);
    world.pass();
    let plan = until_refused(&world, &map("b"));
    assert_eq!(first(&plan), ["x-leaves for web"], "the server names the webhook:\n{plan}");
    assert!(world.pass().is_success() && world.plan().is_in_sync());
    let quota =
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: one}, spec: {hard: {services: '1'}}}\n";
    world.write(&[("web.yaml", format!("{}---\n{quota}", service("a", "", "")))]);
    world.pass();
    let two = format!("{}---\n{}", service("a", "", ""), service("b", "", ""));
    let plan = until_refused(&world, &two);
    assert_eq!(first(&plan), ["one for b"], "nothing but the quota leaves:\n{plan}");
    assert!(world.pass().is_success() && world.plan().is_in_sync());
}

#[test]
fn what_admission_refuses_for_itself_deletes_nothing() {
    let world = World::new("x-rule");
    let rule =
        "object.metadata.name.startsWith('team-') && !object.spec.rules.exists(r, r.host == 'bad.example')";
    world.write(&[("web.yaml", ingress("team-a", "a.example"))]);
    world.pass();
    policy("x-rule", "CREATE, UPDATE", rule, "against the rules");
    for wrong in [ingress("b", "a.example"), ingress("team-b", "bad.example")] {
        let plan = until_refused_on_write(&world, &wrong);
        assert!(first(&plan).is_empty(), "a name or a content that is refused is no exclusion:\n{plan}");
    }
}

/// Makes passes until one fails, and gives the plan then. Nothing may be deleted in it.
fn until_refused_on_write(world: &World, document: &str) -> Plan {
    std::thread::sleep(Duration::from_secs(3));
    world.write(&[("web.yaml", document.to_owned())]);
    let plan = world.plan();
    let report = world.pass();
    assert!(!report.is_success() && with_outcome(&report, "deleted").is_empty(), "it is refused:\n{report}");
    plan
}

#[test]
fn a_claim_is_never_deleted_first() {
    let world = World::new("x-claim");
    let claim = |name: &str| {
        format!(
            "{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: {name}}}, spec: {{accessModes: [ReadWriteOnce], \
             storageClassName: none, resources: {{requests: {{storage: 1Gi}}}}}}}}\n"
        )
    };
    world.write(&[("web.yaml", claim("a"))]);
    world.pass();
    world.write(&[("web.yaml", claim("b"))]);
    assert!(first(&world.plan()).is_empty());
}

#[test]
fn whoever_sets_a_field_back_each_time_is_named_by_plan_report_and_status() {
    let world = World::new("x-contest");
    let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: web}, data: {mode: ours}}\n";
    world.write(&[("web.yaml", map.to_owned())]);
    let set = || {
        kubectl_args(&[
            "patch",
            "configmap",
            "web",
            "--namespace=x-contest",
            "--field-manager=mesh-operator",
            "--type=merge",
            "-p",
            r#"{"data":{"mode":"theirs"}}"#,
        ])
    };
    let mut report = world.pass();
    for _ in 0..3 {
        set();
        report = world.pass();
    }
    let line = "mesh-operator set data.mode back 3 times";
    let warned =
        |warnings: &[windlass_core::Warning]| warnings.iter().any(|warning| warning.message.contains(line));
    assert!(warned(&report.warnings), "{report}");
    assert!(warned(&world.plan().warnings), "{}", world.plan());
    let status = run(world.engine(1).status(&world.cx)).expect("a status").to_string();
    assert!(status.contains(line), "{status}");
}
