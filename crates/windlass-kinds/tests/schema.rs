//! The published schemas, by what a merge asks of them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use windlass_diff::{ListKind, Scalar, Schemas};
use windlass_kinds::schema::{built_in, schema_of_crd};

/// Names what tells the items of a list apart: `atomic`, `set`, or the keys.
fn list(table: &Schemas, kind: &str, path: &str) -> String {
    let (api_version, kind) = kind.split_once(' ').unwrap();
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let schema = table.get(group, version, kind).unwrap();
    let at = path.split('.').fold(schema, |schema, step| match step {
        "[]" => schema.item(),
        field => schema.field(field),
    });
    match at.list_kind() {
        ListKind::Atomic => "atomic".to_owned(),
        ListKind::Set => "set".to_owned(),
        ListKind::Map(keys) => keys.join(" "),
    }
}

const POD: &str = "spec.template.spec";

#[test]
fn the_table_is_whole() {
    assert_eq!(built_in().problems(), []);
    assert!(built_in().kinds.len() > 80, "{}", built_in().kinds.len());
}

#[test]
fn lists_of_pods_have_their_keys() {
    for (path, keys) in [
        ("containers", "name"),
        ("initContainers", "name"),
        ("ephemeralContainers", "name"),
        ("containers.[].ports", "containerPort protocol"),
        ("containers.[].env", "name"),
        ("containers.[].envFrom", "atomic"),
        ("containers.[].args", "atomic"),
        ("containers.[].command", "atomic"),
        ("containers.[].volumeMounts", "mountPath"),
        ("containers.[].volumeDevices", "devicePath"),
        ("volumes", "name"),
        ("volumes.[].projected.sources", "atomic"),
        ("tolerations", "atomic"),
        ("imagePullSecrets", "name"),
        ("hostAliases", "ip"),
        ("topologySpreadConstraints", "topologyKey whenUnsatisfiable"),
        ("schedulingGates", "name"),
    ] {
        for kind in ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"] {
            let at = format!("{POD}.{path}");
            assert_eq!(list(built_in(), &format!("apps/v1 {kind}"), &at), keys, "{kind} {at}");
        }
    }
    assert_eq!(
        list(built_in(), "batch/v1 CronJob", "spec.jobTemplate.spec.template.spec.containers"),
        "name"
    );
    assert_eq!(list(built_in(), "v1 Pod", "spec.containers.[].ports"), "containerPort protocol");
}

#[test]
fn lists_of_other_kinds_have_their_keys() {
    for (kind, path, keys) in [
        ("v1 Service", "spec.ports", "port protocol"),
        ("v1 Service", "spec.externalIPs", "atomic"),
        ("v1 Service", "status.conditions", "type"),
        ("v1 ServiceAccount", "secrets", "name"),
        ("v1 ServiceAccount", "imagePullSecrets", "atomic"),
        ("v1 ConfigMap", "metadata.finalizers", "set"),
        ("v1 ConfigMap", "metadata.ownerReferences", "uid"),
        ("apps/v1 Deployment", "status.conditions", "type"),
        ("networking.k8s.io/v1 Ingress", "spec.rules", "atomic"),
        ("rbac.authorization.k8s.io/v1 Role", "rules", "atomic"),
        ("admissionregistration.k8s.io/v1 MutatingWebhookConfiguration", "webhooks", "name"),
        ("apiextensions.k8s.io/v1 CustomResourceDefinition", "spec.versions", "atomic"),
        ("apps/v1 StatefulSet", "spec.volumeClaimTemplates", "atomic"),
        ("unheard.of/v1 Widget", "metadata.finalizers", "set"),
        ("unheard.of/v1 Widget", "spec.things", "atomic"),
    ] {
        assert_eq!(list(built_in(), kind, path), keys, "{kind} {path}");
    }
}

/// Kubernetes 1.37 serves the first four as `v1`, and the last two no more, which clusters of 1.34 still do.
#[test]
fn versions_that_came_and_versions_that_went_have_a_schema() {
    for (kind, path, keys) in [
        ("admissionregistration.k8s.io/v1 MutatingAdmissionPolicy", "spec.matchConditions", "name"),
        ("certificates.k8s.io/v1 PodCertificateRequest", "status.conditions", "type"),
        ("resource.k8s.io/v1 DeviceTaintRule", "status.conditions", "type"),
        ("storagemigration.k8s.io/v1 StorageVersionMigration", "status.conditions", "type"),
        ("storagemigration.k8s.io/v1alpha1 StorageVersionMigration", "status.conditions", "type"),
        ("networking.k8s.io/v1beta1 ServiceCIDR", "status.conditions", "type"),
    ] {
        assert_eq!(list(built_in(), kind, path), keys, "{kind} {path}");
    }
}

#[test]
fn keys_have_defaults() {
    let pod = built_in().get("", "v1", "Pod").unwrap();
    let port = pod.at(&["spec", "containers"]).item().field("ports").item();
    assert_eq!(port.default_of("protocol").unwrap().as_text(), Some("TCP"));
    let service = built_in().get("", "v1", "Service").unwrap();
    assert_eq!(service.at(&["spec", "ports"]).item().default_of("protocol").unwrap().as_text(), Some("TCP"));
}

#[test]
fn scalars_with_several_spellings_are_known() {
    let container = built_in().get("", "v1", "Pod").unwrap().at(&["spec", "containers"]).item();
    assert_eq!(container.at(&["resources", "limits", "cpu"]).scalar(), Scalar::Quantity);
    assert_eq!(container.at(&["resources", "requests", "any.thing/x"]).scalar(), Scalar::Quantity);
    let claim = built_in().get("", "v1", "PersistentVolumeClaim").unwrap();
    assert_eq!(claim.at(&["spec", "resources", "requests", "storage"]).scalar(), Scalar::Quantity);
    let service = built_in().get("", "v1", "Service").unwrap();
    assert_eq!(service.at(&["spec", "ports"]).item().field("targetPort").scalar(), Scalar::IntOrString);
    let quota = built_in().get("", "v1", "ResourceQuota").unwrap();
    assert_eq!(quota.at(&["spec", "hard", "requests.cpu"]).scalar(), Scalar::Quantity);
}

#[test]
fn maps_that_are_replaced_whole_are_known() {
    let deployment = built_in().get("apps", "v1", "Deployment").unwrap();
    assert!(deployment.at(&["spec", "selector"]).is_atomic());
    assert!(deployment.at(&["spec", "template", "spec", "nodeSelector"]).is_atomic());
    assert!(built_in().get("", "v1", "Service").unwrap().at(&["spec", "selector"]).is_atomic());
    assert!(!deployment.at(&["metadata", "labels"]).is_atomic());
    assert!(deployment.at(&["spec", "strategy"]).patch().retain_keys);
}

fn crd(versions: &str) -> windlass_core::Value {
    let text = format!(
        r#"{{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{{"name":"widgets.example.org"}},
            "spec":{{"group":"example.org","names":{{"kind":"Widget"}},"versions":{versions}}}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_definition_gives_one_schema_for_each_version() {
    let schemas = schema_of_crd(&crd(
        r#"[{"name":"v1","schema":{"openAPIV3Schema":{"type":"object","properties":{"metadata":{"type":"object"},"spec":{"type":"object","properties":{
              "ports":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["port","protocol"],
                       "items":{"type":"object","properties":{"port":{"type":"integer"},"protocol":{"type":"string","default":"TCP"}}}},
              "tags":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}},
              "whole":{"type":"object","x-kubernetes-map-type":"atomic","properties":{"a":{"type":"string"}}},
              "plain":{"type":"array","items":{"type":"string"}}}}}}}},
            {"name":"v1alpha1","schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]"#,
    ))
    .unwrap();
    assert_eq!(schemas.problems(), []);
    let keys = |version: &str, path| list(&schemas, &format!("example.org/{version} Widget"), path);
    assert_eq!(keys("v1", "spec.ports"), "port protocol");
    assert_eq!(keys("v1", "spec.tags"), "set");
    assert_eq!(keys("v1", "spec.plain"), "atomic");
    assert_eq!(keys("v1", "metadata.finalizers"), "set");
    assert_eq!(keys("v1alpha1", "metadata.ownerReferences"), "uid");
    let widget = schemas.get("example.org", "v1", "Widget").unwrap();
    assert!(widget.at(&["spec", "whole"]).is_atomic());
    assert_eq!(widget.at(&["spec", "ports"]).item().default_of("protocol").unwrap().as_text(), Some("TCP"));
    let mut all = Schemas::clone(built_in());
    all.extend(schemas);
    assert_eq!(list(&all, "example.org/v1 Widget", "spec.tags"), "set");
    assert_eq!(list(&all, "v1 Service", "spec.ports"), "port protocol");
}

#[test]
fn a_definition_without_a_name_is_refused_with_all_that_is_missing() {
    let error =
        schema_of_crd(&serde_json::from_str(r#"{"metadata":{"name":"odd"},"spec":{"group":1}}"#).unwrap());
    assert_eq!(
        error.unwrap_err().to_string(),
        "3 problems\n- missing field (field=spec.group, definition=odd)\n- missing field (field=spec.names.kind, definition=odd)\n- missing field (field=spec.versions, definition=odd)"
    );
}
