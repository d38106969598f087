//! Engines between a served repository and the control plane.

use std::sync::LazyLock;
use std::time::Duration;

use tokio::runtime::Runtime;
use windlass_core::{Context, ErrorKind, ObjectId, Outcome, Plan, Report, Result, UnitId};
use windlass_engine::{Engine, TokioClock, Wait};
use windlass_git::GitSource;
use windlass_kube::{Cluster, Connect, KubeOptions, KubeTarget};
use windlass_render::Manifests;

use super::git::Served;
use super::plane::{ACCOUNTS, namespace, plane};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});

/// A unit from a served repository to the cluster. Objects without a namespace go to the one named like the unit.
pub(crate) struct World {
    pub(crate) unit: String,
    pub(crate) git: Served,
    pub(crate) cluster: Cluster,
    pub(crate) cx: Context,
    target: KubeOptions,
    cache: tempfile::TempDir,
}

impl World {
    pub(crate) fn new(unit: &str) -> Self {
        namespace(unit);
        let connect = Connect::kubeconfig(plane().kubeconfig());
        let cluster = run(Cluster::connect(&connect)).expect("a connection");
        let cluster = cluster.as_account(&format!("{ACCOUNTS}/{unit}")).expect("an account");
        let target = KubeOptions::default().with_default_namespace(unit).expect("a namespace");
        let cache = tempfile::tempdir().expect("a temporary folder");
        let cx = Context::new(TokioClock::new());
        Self { unit: unit.into(), git: Served::new(), cluster, cx, target, cache }
    }

    /// Takes over what was set under this name as well.
    pub(crate) fn with_former_manager(mut self, name: &str) -> Self {
        self.target = self.target.with_former_managers([name]);
        self
    }

    /// Commits files; `None` removes one.
    pub(crate) fn commit(&self, files: &[(&str, Option<&str>)]) {
        self.git.commit("a change", files);
    }

    /// An engine that waits this many seconds for health.
    pub(crate) fn engine(&self, seconds: u64) -> Engine {
        self.engine_on(self.cluster.clone(), seconds)
    }

    /// An engine of the same unit over another connection, or as another account.
    pub(crate) fn engine_on(&self, cluster: Cluster, seconds: u64) -> Engine {
        let target = KubeTarget::new(cluster, self.target.clone());
        let source = GitSource::new(&self.git.url).branch("main").with_cache(self.cache.path());
        let unit = UnitId::new(&self.unit).expect("the name of a unit");
        let timeout = Duration::from_secs(seconds);
        let wait = Wait::default().with_health_timeout(timeout).with_delete_timeout(Duration::from_secs(150));
        Engine::new(unit, source, Manifests::new(), target).with_wait(wait)
    }

    /// Commits files that hold these texts.
    pub(crate) fn write(&self, files: &[(&str, String)]) {
        let files: Vec<_> = files.iter().map(|(path, text)| (*path, Some(text.as_str()))).collect();
        self.commit(&files);
    }

    pub(crate) fn try_pass(&self) -> Result<Report> {
        run(self.engine(15).reconcile(&self.cx))
    }

    pub(crate) fn pass(&self) -> Report {
        self.pass_waiting(15)
    }

    pub(crate) fn pass_waiting(&self, seconds: u64) -> Report {
        let report = run(self.engine(seconds).reconcile(&self.cx));
        report.unwrap_or_else(|error| panic!("{}: no pass: {}", self.unit, error.explain()))
    }

    pub(crate) fn plan(&self) -> Plan {
        let plan = run(self.engine(1).plan(&self.cx));
        plan.unwrap_or_else(|error| panic!("{}: no plan: {}", self.unit, error.explain()))
    }

    /// Deletes all that the unit owns.
    pub(crate) fn delete(&self) -> Report {
        let engine = self.engine(1);
        let plan = run(engine.plan_delete(&self.cx)).expect("a plan to delete");
        run(engine.delete(&self.cx, &plan)).expect("a pass that deletes")
    }

    /// The namespaces of objects, complete as the target completes them.
    pub(crate) fn label(&self) -> String {
        format!("{}={}", windlass_kube::UNIT_LABEL, self.unit)
    }
}

pub(crate) fn run<F: Future>(work: F) -> F::Output {
    RUNTIME.block_on(work)
}

/// The objects of a report with this outcome, in order.
pub(crate) fn with_outcome(report: &Report, name: &str) -> Vec<String> {
    let fits = report.objects.iter().filter(|object| object.outcome.name() == name);
    let mut ids: Vec<String> = fits.map(|object| object.id.to_string()).collect();
    ids.sort();
    ids
}

/// Why an object failed.
pub(crate) fn failure(report: &Report, id: &str) -> (ErrorKind, String) {
    let id: ObjectId = id.parse().expect("an identity");
    let found = report.objects.iter().find(|object| object.id == id);
    match found.map(|object| &object.outcome) {
        Some(Outcome::Failed { error }) => (error.kind(), error.to_string()),
        other => panic!("{id} should have failed: {other:?} in\n{report}"),
    }
}

/// What is not as it should be, one line each: what failed, what was held back, what is not healthy.
pub(crate) fn troubles(report: &Report) -> String {
    let bad = |outcome: &Outcome| matches!(outcome, Outcome::Failed { .. } | Outcome::Skipped { .. });
    let ill = |object: &&windlass_core::ObjectReport| {
        bad(&object.outcome) || object.health.as_ref().is_some_and(|health| !health.is_ready())
    };
    let lines = report.objects.iter().filter(ill).map(|object| format!("{object}\n"));
    let problems = report.problems.iter().map(|problem| format!("! {problem}\n"));
    let warnings = report.warnings.iter().map(|warning| format!("? {}\n", warning.message));
    lines.chain(problems).chain(warnings).collect()
}
