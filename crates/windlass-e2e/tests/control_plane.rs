//! The control plane behaves as a cluster does. One plane serves all tests, each in a namespace of its own.
#![allow(clippy::panic, reason = "a test fails by it, and says more than `expect` would")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use windlass_e2e::control_plane::{ControlPlane, Error, Options, Parts, Program, Release, Source};
use windlass_kinds::scope::{KUBERNETES_VERSION, Scope, scope};

/// A static is never dropped: the leashes end this plane together with the process of the tests.
static PLANE: LazyLock<ControlPlane> = LazyLock::new(|| start(Parts::All));

fn start(parts: Parts) -> ControlPlane {
    let options = Options::from_env().expect("a source of programs").with_parts(parts);
    ControlPlane::start(&options).unwrap_or_else(|error| panic!("no control plane: {error}"))
}

fn kubectl(line: &str) -> String {
    let arguments: Vec<_> = line.split(' ').collect();
    PLANE.kubectl_run(&arguments).unwrap_or_else(|error| panic!("{error}"))
}

fn wait(condition: &str, what: &str) {
    kubectl(&format!("wait --timeout=60s --for={condition} {what}"));
}

/// Asks until a path gives this. `kubectl wait` gives up at once where a list has no such item yet.
fn wait_for_value(path: &str, value: &str, what: &str) {
    for _ in 0..600 {
        let line = format!("get {what} -o jsonpath={path}");
        if PLANE.kubectl_run(&line.split(' ').collect::<Vec<_>>()).is_ok_and(|found| found.trim() == value) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("{path} of {what} never is {value}");
}

/// Applies manifests in a new namespace of that name.
fn apply_in(namespace: &str, manifests: &str) {
    kubectl(&format!("create namespace {namespace}"));
    let manifests = manifests.replace("NAMESPACE", namespace);
    PLANE.apply(&manifests).unwrap_or_else(|error| panic!("{error}"));
}

const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: NAMESPACE}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx}]}
";

#[test]
fn a_deployment_becomes_available() {
    apply_in("available", DEPLOYMENT);
    wait("condition=Available", "deployment/web --namespace=available");
    wait("condition=Ready", "pod --selector=app=web --namespace=available");
    let ready = kubectl("get deployment web --namespace=available -o jsonpath={.status.readyReplicas}");
    assert_eq!(ready, "2", "both replicas are ready");
}

#[test]
fn a_pod_that_is_told_to_be_stuck_never_becomes_ready() {
    let stuck = DEPLOYMENT
        .replace("labels: {app: web}}", "labels: {app: web}, annotations: {e2e.windlass.dev/pod: stuck}}");
    apply_in("stuck", &stuck);
    let reason = "{.status.containerStatuses[0].state.waiting.reason}";
    wait(&format!("jsonpath={reason}=ImagePullBackOff"), "pod --selector=app=web --namespace=stuck");
    let ready = kubectl("get deployment web --namespace=stuck -o jsonpath={.status.readyReplicas}");
    assert_eq!(ready, "", "no replica is ready");
}

#[test]
fn a_job_completes() {
    apply_in("completes", &job(""));
    wait("condition=Complete", "job/once --namespace=completes");
}

#[test]
fn a_job_whose_pod_is_told_to_fail_fails() {
    apply_in("fails", &job("annotations: {e2e.windlass.dev/pod: fails}"));
    wait("condition=Failed", "job/once --namespace=fails");
}

fn job(metadata: &str) -> String {
    format!(
        "
apiVersion: batch/v1
kind: Job
metadata: {{name: once, namespace: NAMESPACE}}
spec:
  backoffLimit: 0
  template:
    metadata: {{{metadata}}}
    spec: {{restartPolicy: Never, containers: [{{name: once, image: busybox}}]}}
"
    )
}

#[test]
fn a_service_gets_an_address_and_endpoints() {
    let service = "
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: NAMESPACE}
spec: {selector: {app: web}, ports: [{port: 80}]}
";
    apply_in("service", &format!("{DEPLOYMENT}{service}"));
    let address = kubectl("get service web --namespace=service -o jsonpath={.spec.clusterIP}");
    assert!(address.starts_with("127.96."), "an address of the range of services: {address}");
    let slice = "endpointslice --selector=kubernetes.io/service-name=web --namespace=service";
    wait_for_value("{.items[0].endpoints[1].conditions.ready}", "true", slice);
}

#[test]
fn a_defined_kind_is_established_and_served() {
    let definition = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: hoists.e2e.windlass.dev}
spec:
  group: e2e.windlass.dev
  scope: Namespaced
  names: {kind: Hoist, listKind: HoistList, plural: hoists, singular: hoist}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {load: {type: integer}}}
";
    apply_in("kinds", definition);
    wait("condition=Established", "crd/hoists.e2e.windlass.dev");
    let hoist = |load: &str| {
        format!(
            "{{apiVersion: e2e.windlass.dev/v1, kind: Hoist, metadata: {{name: a, namespace: kinds}}, spec: {{load: {load}}}}}"
        )
    };
    PLANE.apply(&hoist("7")).expect("an object of the kind is accepted");
    assert_eq!(kubectl("get hoist a --namespace=kinds -o jsonpath={.spec.load}"), "7", "it is stored");
    let refused = PLANE.apply(&hoist("heavy")).expect_err("the schema is enforced").to_string();
    assert!(refused.contains("spec.load"), "the field is named: {refused}");
}

#[test]
fn a_deleted_namespace_goes_away_with_what_is_in_it() {
    apply_in("goes", DEPLOYMENT);
    wait("condition=Available", "deployment/web --namespace=goes");
    kubectl("delete namespace goes --timeout=60s");
    let error = PLANE.kubectl_run(&["get", "namespace", "goes"]).expect_err("it is gone").to_string();
    assert!(error.contains("NotFound"), "the namespace is gone: {error}");
}

#[test]
fn what_an_object_owns_is_collected_with_it() {
    apply_in("collected", DEPLOYMENT);
    wait("condition=Available", "deployment/web --namespace=collected");
    kubectl("delete deployment web --namespace=collected");
    wait("delete", "pod --selector=app=web --namespace=collected");
}

#[test]
fn the_guest_is_refused() {
    let Some(guest) = PLANE.guest_kubeconfig() else {
        panic!("a cluster that was there before has no guest: unset WINDLASS_E2E_KUBECONFIG for this test");
    };
    let output = PLANE.kubectl_with(&guest).args(["get", "secrets", "-v=6"]).output().expect("kubectl runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "the guest may not read secrets");
    assert!(message.contains("403 Forbidden"), "the answer is 403: {message}");
    assert!(
        message.contains(r#"User "guest" cannot list resource "secrets""#),
        "the guest is named: {message}"
    );
}

#[test]
fn the_server_says_the_version_that_was_built() {
    let version = kubectl("get --raw /version");
    let expected = Release::from_env().expect("a release").version();
    assert!(version.contains(&format!("\"gitVersion\": \"v{expected}\"")), "{expected} in {version}");
    let minor = expected.split('.').nth(1).expect("a minor version");
    assert!(
        version.contains(&format!("\"minor\": \"{minor}\"")),
        "the minor version is stamped too: {version}"
    );
}

#[test]
fn every_kind_that_a_server_can_serve_has_its_scope_in_the_table() {
    let options = Options::from_env()
        .expect("a source of programs")
        .with_parts(Parts::Api)
        .with_apiserver_flag("--runtime-config=api/all=true");
    let plane = ControlPlane::start(&options).unwrap_or_else(|error| panic!("no control plane: {error}"));
    let resources = plane.kubectl_run(&["api-resources", "--no-headers"]).expect("what is served");
    let (mut kinds, mut wrong) = (0, Vec::new());
    for line in resources.lines() {
        let mut columns = line.split_whitespace().rev();
        let mut column = || columns.next().expect("a kind, whether it is in namespaces, and its version");
        let (kind, namespaced, version) = (column(), column(), column());
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let expected = if namespaced == "true" { Scope::Namespaced } else { Scope::Cluster };
        kinds += 1;
        if scope(group, kind) != Some(expected) {
            wrong.push(format!("{version} {kind}: {expected:?}, not {:?}", scope(group, kind)));
        }
    }
    assert!(kinds > 60, "the server serves its kinds: {resources}");
    assert_eq!(wrong, Vec::<String>::new(), "the table of {KUBERNETES_VERSION} and the server agree");
}

#[test]
fn two_planes_run_side_by_side_and_stop_without_a_trace() {
    let (one, other) = (start(Parts::Api), start(Parts::Api));
    assert_ne!(one.server(), other.server(), "each has a port of its own");
    one.kubectl_run(&["create", "namespace", "only-here"]).expect("a namespace");
    other.kubectl_run(&["get", "namespace", "only-here"]).expect_err("planes share nothing");

    let log = one.log(Program::Etcd).expect("etcd was started");
    let folder = log.parent().expect("logs are in the folder of the plane").to_owned();
    assert!(runs_with(&folder), "etcd works in its folder");
    let stopping = Instant::now();
    drop((one, other));
    assert!(!folder.exists(), "the folder is removed");
    assert!(!runs_with(&folder), "no process is left");
    assert!(stopping.elapsed().as_secs() < 5, "stopping takes no time: {:?}", stopping.elapsed());
}

#[test]
fn a_plane_ends_with_the_process_that_started_it() {
    let mut up = Up::start(&["up", "--api"], &[]);
    assert!(runs_with(&up.folder), "it is up");
    up.child.kill().expect("it is killed, and can clean nothing up");
    up.child.wait().expect("it ended");
    let deadline = Instant::now() + Duration::from_secs(10);
    while (runs_with(&up.folder) || up.folder.exists()) && Instant::now() < deadline {
        thread::yield_now();
    }
    assert!(!runs_with(&up.folder), "no process is left");
    assert!(!up.folder.exists(), "the folder is removed");
}

#[test]
fn a_request_to_terminate_stops_a_plane_in_order() {
    let up = Up::start(&["up", "--api"], &[]);
    let folder = up.folder.clone();
    assert!(up.terminate().success(), "stopping is no failure");
    assert!(!runs_with(&folder), "no process is left");
    assert!(!folder.exists(), "the folder is removed");
}

#[test]
fn a_cluster_that_was_there_before_is_used_and_left_running() {
    let command = PLANE.kubectl();
    let programs = Path::new(command.get_program()).parent().expect("kubectl is in a folder");
    let up = Up::start(&["up"], &[("WINDLASS_E2E_KUBECONFIG", PLANE.kubeconfig()), ("PATH", programs)]);
    assert_eq!(
        Some(up.folder.as_path()),
        PLANE.kubeconfig().parent(),
        "the kubeconfig is the one that was given"
    );
    assert!(up.terminate().success(), "stopping is no failure");
    kubectl("get --raw /readyz");
}

#[test]
fn programs_of_others_serve_too() {
    let assets = tempfile::tempdir().expect("a folder");
    let command = PLANE.kubectl();
    let programs = Path::new(command.get_program()).parent().expect("kubectl is in a folder");
    for name in ["etcd", "kube-apiserver", "kubectl"] {
        std::os::unix::fs::symlink(programs.join(name), assets.path().join(name)).expect("a link");
    }
    let options = Options::new(Source::Assets(assets.path().to_owned()));
    assert!(
        matches!(ControlPlane::start(&options), Err(Error::Missing { .. })),
        "the controllers are missed"
    );

    let plane =
        ControlPlane::start(&options.with_parts(Parts::Api)).expect("the API needs no more than these");
    let folder = plane.kubeconfig().parent().expect("a folder").to_owned();
    plane.kubectl_run(&["get", "namespaces"]).expect("it answers");
    drop(plane);
    assert!(!runs_with(&folder) && !folder.exists(), "nothing is left");
}

#[test]
fn a_part_that_does_not_start_is_reported_with_its_log() {
    let options = Options::from_env()
        .expect("a source of programs")
        .with_parts(Parts::Api)
        .with_apiserver_flag("--no-such-flag=1");
    let error = ControlPlane::start(&options).expect_err("the flag is unknown");
    assert!(matches!(error, Error::Exited { program: Program::Apiserver, .. }), "the part is named: {error}");
    assert!(error.to_string().contains("unknown flag: --no-such-flag"), "its log is shown: {error}");
}

/// The command `control-plane`, at work.
struct Up {
    child: Child,
    /// The folder of the kubeconfig that it has printed.
    folder: PathBuf,
}

impl Up {
    fn start(arguments: &[&str], vars: &[(&str, &Path)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_control-plane"));
        command.args(arguments).envs(vars.iter().copied()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut line = String::new();
        let stdout = child.stdout.as_mut().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let folder = Path::new(line.trim()).parent().expect("the folder of the kubeconfig").to_owned();
        Self { child, folder }
    }

    fn terminate(mut self) -> ExitStatus {
        let sent = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(sent.success(), "the signal is sent");
        self.child.wait().expect("it ends")
    }
}

/// Whether a process was started with this folder among its arguments.
fn runs_with(folder: &Path) -> bool {
    let folder = folder.to_str().expect("a text").as_bytes();
    let processes = fs::read_dir("/proc").expect("processes");
    processes.flatten().any(|process| {
        let arguments = fs::read(process.path().join("cmdline")).unwrap_or_default();
        arguments.windows(folder.len()).any(|window| window == folder)
    })
}
