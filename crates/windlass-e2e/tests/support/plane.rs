//! The control plane of a test binary, looked at by `kubectl` and by the audit log of the API server: neither knows
//! anything of Windlass.

use std::collections::BTreeSet;
use std::path::PathBuf;
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

/// Lists what carries a label, of every kind that can be listed: `Kind.group/namespace/name`. What controllers made is
/// left out, as they copy labels.
pub(crate) fn labelled(label: &str) -> BTreeSet<String> {
    // Between listing the kinds and listing their objects another test may have taken a kind away.
    let found = (0..5).find_map(|_| Kinds::listed().try_labelled(label).ok());
    found.expect("kubectl lists all kinds")
}

/// The kinds that can be listed, as long as nobody defines another.
pub(crate) struct Kinds(String);

impl Kinds {
    pub(crate) fn listed() -> Self {
        // A broken API service makes kubectl complain, and list everything else all the same.
        let output = PLANE.kubectl().args(["api-resources", "--verbs=list", "-o", "name"]).output();
        let listed = String::from_utf8_lossy(&output.expect("kubectl runs").stdout).into_owned();
        let kinds: Vec<&str> = listed.lines().filter(|kind| !kind.starts_with("events")).collect();
        assert!(kinds.len() > 40, "kubectl lists the kinds: {kinds:?}");
        Self(kinds.join(","))
    }

    /// As [`labelled`].
    pub(crate) fn labelled(&self, label: &str) -> BTreeSet<String> {
        self.try_labelled(label).unwrap_or_else(|error| panic!("{error}"))
    }

    fn try_labelled(&self, label: &str) -> Result<BTreeSet<String>, String> {
        let mut command = PLANE.kubectl();
        command.args(["get", &self.0, "--all-namespaces", "--ignore-not-found", "--output=json"]);
        let output = command.args(["--selector", label]).output().expect("kubectl runs");
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        if output.stdout.is_empty() {
            return Ok(BTreeSet::new());
        }
        let list: Value = serde_json::from_slice(&output.stdout).expect("a list");
        let items = list.get("items").and_then(Value::as_list).unwrap_or_default();
        Ok(items.iter().filter(|item| !is_controlled(item)).map(identity).collect())
    }
}

fn is_controlled(item: &Value) -> bool {
    item.at(&["metadata", "ownerReferences"]).is_some()
        || item.at(&["metadata", "labels", "endpoints.kubernetes.io/managed-by"]).is_some()
}

fn identity(item: &Value) -> String {
    windlass_core::ObjectId::of(item).expect("an object of the server has a name").to_string()
}

/// What the API server was asked to write by a unit, by its audit log; rehearsals are not writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Writes {
    pub(crate) asked: usize,
    pub(crate) done: usize,
}

pub(crate) fn writes_of(unit: &str) -> Writes {
    let log = PLANE.kubeconfig().with_file_name("audit.log");
    let text =
        std::fs::read_to_string(log).expect("an audit log; unset WINDLASS_E2E_KUBECONFIG for this test");
    let account = format!("system:serviceaccount:{ACCOUNTS}:{unit}");
    let events = text.lines().filter(|line| line.contains(&account)).map(|line| {
        let event: Value = serde_json::from_str(line).expect("an event");
        let uri = event.text_at(&["requestURI"]).unwrap_or_default();
        let ours = event.text_at(&["impersonatedUser", "username"]) == Some(&account);
        let code = event.at(&["responseStatus", "code"]).and_then(Value::as_int).unwrap_or_default();
        (ours && !uri.contains("dryRun=All"), code < 300)
    });
    let asked: Vec<bool> = events.filter_map(|(write, done)| write.then_some(done)).collect();
    Writes { asked: asked.len(), done: asked.into_iter().filter(|done| *done).count() }
}
