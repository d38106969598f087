//! Releases of the real Helm that a unit takes over: nothing restarts, and what the chart does not render any more goes. On
//! the real control plane, with the real command.
//!
//! Helm is not run here: building it takes minutes. Its Secrets are those that Helm 3.22.0 and Helm 4.3.2 wrote, and the
//! objects are made as each of them does, from the manifest of that release: by a client-side create, and by a server-side
//! apply, both as the manager `helm` and with Helm's label and annotations.
#![allow(clippy::panic, reason = "a test fails by it, and says more than `expect` would")]

mod support;

use std::path::Path;

use support::plane::{kubectl, kubectl_args, plane};
use support::process::{Ended, Moment, windlass};
use support::running::{WAIT_MAX, until};

/// The chart of both releases; `values.yaml` says that it still has the old objects.
const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../windlass-cli/tests/data/chart");
const RELEASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../windlass-helm/tests/releases");

/// Makes what Helm made in a namespace.
fn installed(namespace: &str, words: &str, recorded: &str, folder: &Path) {
    support::plane::namespace(namespace);
    let secret = format!("{RELEASES}/{recorded}.json");
    let secret = std::fs::read_to_string(secret).expect("a recorded Secret");
    let objects = objects(&secret, namespace);
    let file = folder.join("was.json");
    std::fs::write(&file, objects).expect("a file");
    let mut words: Vec<&str> = words.split(' ').collect();
    words.extend(["-f", file.to_str().expect("a path in UTF-8")]);
    kubectl_args(&words);
    std::fs::write(&file, secret).expect("a file");
    kubectl_args(&["create", "--field-manager=helm", "-f", file.to_str().expect("a path in UTF-8")]);
}

/// Gives the objects of a release as Helm sends them.
fn objects(secret: &str, namespace: &str) -> String {
    use windlass_helm::StoredRelease;
    let limits = windlass_core::Limits::default();
    let secret = windlass_core::Object::new(serde_json::from_str(secret).expect("JSON")).expect("a Secret");
    let release = StoredRelease::from_secret(&secret, &limits).expect("a release");
    let objects = release.objects(&limits).expect("its objects");
    let items: Vec<serde_json::Value> = objects
        .iter()
        .map(|object| {
            let mut body = serde_json::to_value(&**object.body()).expect("JSON");
            body["metadata"]["namespace"] = namespace.into();
            body["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "Helm".into();
            body["metadata"]["annotations"]["meta.helm.sh/release-name"] = release.name().into();
            body["metadata"]["annotations"]["meta.helm.sh/release-namespace"] = namespace.into();
            body
        })
        .collect();
    serde_json::json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

fn get(namespace: &str, what: &str, path: &str) -> String {
    kubectl(&format!("get {what} --namespace={namespace} --ignore-not-found -o jsonpath={path}"))
}

fn run(words: &str, folder: &Path) -> Ended {
    let unit = folder.join("unit.yaml").display().to_string();
    let mut arguments: Vec<&str> = words.split(' ').collect();
    arguments.extend(["-f", &unit]);
    windlass(&arguments, folder, Moment::Never)
}

fn succeeds(words: &str, folder: &Path) {
    let ended = run(words, folder);
    assert_eq!(ended.code, Some(0), "windlass {words}:\n{}", ended.lines.join("\n"));
}

/// What tells whether anything of the workload was made anew.
fn workload(namespace: &str) -> [String; 4] {
    [
        get(namespace, "deployment/web", "{.metadata.uid}"),
        get(namespace, "deployment/web", "{.metadata.annotations.deployment\\.kubernetes\\.io/revision}"),
        get(namespace, "replicasets", "{.items[*].metadata.uid}"),
        get(namespace, "pods", "{.items[*].metadata.uid}"),
    ]
}

fn is_taken_over(namespace: &str, words: &str, recorded: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    installed(namespace, words, recorded, folder);
    until("the pods of the release are there", WAIT_MAX, || {
        (get(namespace, "deployment/web", "{.status.readyReplicas}") == "2").then_some(())
    });
    let before = workload(namespace);

    let kubeconfig = plane().kubeconfig().display();
    let unit = format!(
        "apiVersion: windlass.dev/v1alpha1\nkind: Unit\nmetadata: {{name: {namespace}}}\nspec:\n  source: {{dir: {CHART}}}\n  \
         target: {{kubernetes: {{kubeconfig: {kubeconfig}, namespace: {namespace}}}}}\n  helm: {{releaseName: web, values: \
         {{replicas: 2, old: false}}}}\n"
    );
    std::fs::write(folder.join("unit.yaml"), &unit).expect("a file");
    assert_ne!(run("apply", folder).code, Some(0), "what another owner has is not taken unless asked");
    assert_eq!(workload(namespace), before);

    std::fs::write(
        folder.join("unit.yaml"),
        unit.replace("{releaseName", "{takeOverRelease: true, releaseName"),
    )
    .expect("a file");
    succeeds("apply", folder);
    let owner = "{.metadata.labels.windlass\\.dev/unit}";
    assert_eq!(get(namespace, "deployment/web", owner), namespace);
    assert_eq!(get(namespace, "configmap/web-old", owner), namespace, "what is left belongs to the unit");
    assert_eq!(get(namespace, "configmap/web-kept", owner), "", "what asks to be kept does not");
    assert_eq!(workload(namespace), before, "nothing of the workload was made anew");

    succeeds("apply", folder);
    assert_eq!(
        get(namespace, "configmap/web-old", "{.metadata.name}"),
        "",
        "it is pruned by the second pass"
    );
    assert_eq!(get(namespace, "configmap/web-kept", "{.metadata.name}"), "web-kept");
    assert_eq!(run("plan", folder).code, Some(0), "nothing is left to do");
    assert_eq!(workload(namespace), before, "nothing of the workload was made anew");
}

#[test]
fn a_release_of_helm_3_is_taken_over_with_no_pod_restarted() {
    is_taken_over("r-helm-3", "create --field-manager=helm", "helm-3.22.0");
}

#[test]
fn a_release_of_helm_4_is_taken_over_with_no_pod_restarted() {
    is_taken_over("r-helm-4", "apply --server-side --field-manager=helm", "helm-4.3.2");
}
