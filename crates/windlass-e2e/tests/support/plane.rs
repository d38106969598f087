//! The control plane of a test binary, looked at by `kubectl` and by the audit log of the API server: neither knows
//! anything of Windlass.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::LazyLock;

use windlass_core::Value;
use windlass_e2e::control_plane::{ControlPlane, Options};

/// The accounts of units: each unit acts as one of its own, so that the audit log tells whose a write was.
pub(crate) const ACCOUNTS: &str = "e2e-accounts";

/// Started with the first test. A static is never dropped: the leashes end it together with the process.
static PLANE: LazyLock<ControlPlane> = LazyLock::new(|| {
    let policy = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/support/audit.yaml");
    let options = Options::from_env()
        .expect("where to find a control plane")
        .with_apiserver_flag(format!("--audit-policy-file={}", policy.display()))
        .with_apiserver_flag("--audit-log-path=audit.log");
    let plane = ControlPlane::start(&options).unwrap_or_else(|error| panic!("no control plane: {error}"));
    let group = format!("--group=system:serviceaccounts:{ACCOUNTS}");
    plane
        .kubectl_run(&["create", "clusterrolebinding", "e2e", "--clusterrole=cluster-admin", &group])
        .expect("the accounts of units may do anything");
    plane
});

pub(crate) fn plane() -> &'static ControlPlane {
    &PLANE
}

/// Runs `kubectl` with these words.
pub(crate) fn kubectl(line: &str) -> String {
    kubectl_args(&line.split(' ').collect::<Vec<_>>())
}

pub(crate) fn kubectl_args(arguments: &[&str]) -> String {
    PLANE.kubectl_run(arguments).unwrap_or_else(|error| panic!("{error}"))
}

/// Makes a namespace unless it is there.
pub(crate) fn namespace(name: &str) {
    let manifest = format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}");
    PLANE.apply(&manifest).unwrap_or_else(|error| panic!("{error}"));
}

/// Lists what carries a label, of every kind that can be listed: `Kind.group/namespace/name`.
pub(crate) fn labelled(label: &str) -> BTreeSet<String> {
    // A broken API service makes kubectl complain, and list everything else all the same.
    let output = PLANE.kubectl().args(["api-resources", "--verbs=list", "-o", "name"]).output();
    let listed = String::from_utf8_lossy(&output.expect("kubectl runs").stdout).into_owned();
    let kinds: Vec<&str> = listed.lines().filter(|kind| !kind.starts_with("events")).collect();
    assert!(kinds.len() > 40, "kubectl lists the kinds: {kinds:?}");
    let output = PLANE
        .kubectl()
        .args(["get", &kinds.join(","), "--all-namespaces", "--ignore-not-found", "--selector", label])
        .args(["--output", "json"])
        .stderr(Stdio::piped())
        .output()
        .expect("kubectl runs");
    let list: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let items = list.get("items").and_then(Value::as_list).unwrap_or_default();
    items.iter().filter(|item| !is_controlled(item)).map(identity).collect()
}

/// A controller copies labels from what it makes objects for.
fn is_controlled(item: &Value) -> bool {
    item.at(&["metadata", "ownerReferences"]).is_some()
}

fn identity(item: &Value) -> String {
    windlass_core::ObjectId::of(item).expect("an object of the server has a name").to_string()
}

/// Counts the writes of a unit that the API server saw, by its audit log: rehearsals are not writes.
pub(crate) fn writes_of(unit: &str) -> usize {
    let log = PLANE.kubeconfig().with_file_name("audit.log");
    // A write of our own, so that the log holds what came before.
    let account = format!("\"impersonatedUser\":{{\"username\":\"system:serviceaccount:{ACCOUNTS}:{unit}\"");
    let text = std::fs::read_to_string(log).expect("an audit log; unset WINDLASS_E2E_KUBECONFIG for this test");
    text.lines().filter(|line| line.contains(&account) && !line.contains("dryRun=All")).count()
}
