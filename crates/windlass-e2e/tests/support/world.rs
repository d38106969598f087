//! One control plane for a test binary, and engines on it.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use windlass_core::{Context, Report, UnitId};
use windlass_e2e::control_plane::{ControlPlane, Options};
use windlass_engine::{Compared, Engine, TokioClock, Wait};
use windlass_git::GitSource;
use windlass_kube::{Cluster, Connect, KubeOptions, KubeTarget};
use windlass_render::Manifests;

use super::git::Served;

/// The control plane of this test binary, started with its first test.
pub(crate) fn plane() -> &'static Mutex<ControlPlane> {
    static PLANE: OnceLock<Mutex<ControlPlane>> = OnceLock::new();
    PLANE.get_or_init(|| {
        let options = Options::from_env().expect("where to find a control plane");
        Mutex::new(ControlPlane::start(&options).expect("the control plane must start"))
    })
}

pub(crate) fn kubectl(arguments: &[&str]) -> String {
    let plane = plane().lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    plane.kubectl_run(arguments).expect("kubectl must succeed")
}

/// A unit from a served repository to the cluster.
pub(crate) struct World {
    pub(crate) git: Served,
    pub(crate) cluster: Cluster,
    pub(crate) engine: Engine,
    pub(crate) cx: Context,
    runtime: tokio::runtime::Runtime,
    _cache: tempfile::TempDir,
}

impl World {
    pub(crate) fn new(unit: &str) -> Self {
        let kubeconfig =
            plane().lock().unwrap_or_else(std::sync::PoisonError::into_inner).kubeconfig().to_owned();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let cluster =
            runtime.block_on(Cluster::connect(&Connect::kubeconfig(kubeconfig))).expect("a connection");
        let target = KubeTarget::new(cluster.clone(), KubeOptions::default())
            .with_order(windlass_kinds::order::default_order())
            .with_dialects(windlass_kinds::dialect::default_dialects())
            .with_health(vec![Arc::new(windlass_kinds::health::KubernetesHealth)]);
        let (git, cache) = (Served::new(), tempfile::tempdir().expect("a temporary folder"));
        let source = GitSource::new(&git.url).branch("main").with_cache(cache.path());
        let unit = UnitId::new(unit).expect("the name of a unit");
        let engine = Engine::new(unit, source, Manifests::new(), target)
            .with_wait(Wait::default().with_health_timeout(Duration::from_secs(20)))
            .with_explain(Compared::default());
        Self { git, cluster, engine, cx: Context::new(TokioClock::new()), runtime, _cache: cache }
    }

    pub(crate) fn run<F: Future>(&self, work: F) -> F::Output {
        self.runtime.block_on(work)
    }

    pub(crate) fn pass(&self) -> Report {
        self.run(self.engine.reconcile(&self.cx)).expect("the pass must not fail as a whole")
    }

    pub(crate) fn plan_text(&self) -> String {
        self.run(self.engine.plan(&self.cx)).expect("the plan must be made").to_string()
    }
}
