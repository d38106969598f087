//! Engines over one repository and one cluster.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use windlass_core::{
    Artifact, Context, Paths, Resolved, Result, Revision, Source, TreePath, UnitId, async_trait,
};
use windlass_engine::{Engine, Fleet, SharedSource, TokioClock};
use windlass_git::GitSource;
use windlass_kube::{Cluster, Connect, KubeOptions, KubeTarget};
use windlass_render::Manifests;

use super::Job;

/// What all units of a fleet have in common.
pub(crate) struct Common {
    pub(crate) cluster: Cluster,
    pub(crate) asked: Arc<Asked>,
    source: Arc<SharedSource>,
    target: Arc<KubeTarget>,
    pub(crate) cx: Context,
}

impl Common {
    /// Connects anew; nothing is known.
    pub(crate) async fn new(job: &Job, cache: &Path) -> Self {
        let connect = Connect::kubeconfig(&job.kubeconfig);
        let cluster = Cluster::connect(&connect).await.expect("a connection");
        let target = Arc::new(KubeTarget::new(cluster.clone(), KubeOptions::default()));
        let git = GitSource::new(&job.url).with_cache(cache);
        let inner = match job.commits.as_slice() {
            [] => vec![git.branch("main")],
            commits => commits.iter().map(|commit| git.clone().commit(commit)).collect(),
        };
        let asked = Arc::new(Asked { inner, at: 0.into(), listings: 0.into(), fetches: 0.into() });
        let source = Arc::new(SharedSource::new(asked.clone()));
        Self { cluster, asked, source, target, cx: Context::new(TokioClock::new()) }
    }

    /// Makes the engine of the unit whose folder has its name.
    pub(crate) fn engine(&self, unit: &str, interval: Duration) -> Engine {
        let id = UnitId::new(unit).expect("the name of a unit");
        let path = TreePath::new(unit).expect("a path");
        Engine::of(id, self.source.clone(), Arc::new(Manifests::new()), self.target.clone())
            .with_source_name("the repository")
            .with_path(path)
            .with_interval(interval)
    }

    pub(crate) fn fleet(&self, units: &[String], interval: Duration) -> Fleet {
        Fleet::of(units.iter().map(|unit| self.engine(unit, interval))).expect("names that differ")
    }
}

/// A source that counts what it is asked, and goes through commits.
#[derive(Debug)]
pub(crate) struct Asked {
    inner: Vec<GitSource>,
    /// Which of them it is at.
    pub(crate) at: AtomicUsize,
    pub(crate) listings: AtomicU64,
    pub(crate) fetches: AtomicU64,
}

#[async_trait]
impl Source for Asked {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        self.listings.fetch_add(1, Ordering::Relaxed);
        self.inner[self.at.load(Ordering::Relaxed)].resolve(cx).await
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        self.fetches.fetch_add(1, Ordering::Relaxed);
        self.inner[self.at.load(Ordering::Relaxed)].fetch(cx, revision, paths).await
    }
}
