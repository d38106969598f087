//! One pass of Windlass, and when it got where.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use windlass_core::{Context, Event, Happening, Outcome, UnitId};
use windlass_engine::{Engine, TokioClock};
use windlass_git::GitSource;
use windlass_kube::{Cluster, Connect, KubeOptions, KubeTarget};
use windlass_render::Manifests;

use crate::fleet::OBJECTS;

/// When a pass got where, from its start.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Timing {
    pub(crate) resolved: Duration,
    pub(crate) rendered: Duration,
    pub(crate) planned: Duration,
    pub(crate) first: Duration,
    /// The last object was confirmed.
    pub(crate) last: Duration,
    /// The state was saved as well, and all was reported.
    pub(crate) ended: Duration,
}

pub(crate) struct Pass {
    engine: Engine,
    cluster: Cluster,
    cx: Context,
    log: Arc<Mutex<Log>>,
    _cache: tempfile::TempDir,
}

struct Log {
    began: Instant,
    timing: Timing,
}

impl Pass {
    pub(crate) async fn new(kubeconfig: &Path, url: &str, unit: &str) -> Self {
        let cluster = Cluster::connect(&Connect::kubeconfig(kubeconfig)).await.expect("a connection");
        let target = KubeTarget::new(cluster.clone(), KubeOptions::default());
        let cache = tempfile::tempdir().expect("a folder");
        let source = GitSource::new(url).branch("main").with_cache(cache.path());
        let log = Arc::new(Mutex::new(Log { began: Instant::now(), timing: Timing::default() }));
        let sink = Arc::clone(&log);
        let engine = Engine::new(UnitId::new(unit).expect("a unit"), source, Manifests::new(), target)
            .with_events(move |event: &Event| note(&sink, &event.what));
        Self { engine, cluster, cx: Context::new(TokioClock::new()), log, _cache: cache }
    }

    /// Makes the first pass.
    pub(crate) async fn timed(&self) -> Timing {
        lock(&self.log).began = Instant::now();
        let report = self.engine.reconcile(&self.cx).await.expect("a pass");
        let mut log = lock(&self.log);
        log.timing.ended = log.began.elapsed();
        assert_eq!(report.counts().created, OBJECTS + 1, "all objects are new");
        log.timing
    }

    pub(crate) async fn requests_of_a_converged_pass(&self) -> u64 {
        let before = self.cluster.requests();
        let report = self.engine.reconcile(&self.cx).await.expect("a pass");
        assert_eq!(report.counts().unchanged, OBJECTS + 1, "all has converged");
        self.cluster.requests() - before
    }
}

fn lock(log: &Mutex<Log>) -> std::sync::MutexGuard<'_, Log> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

fn note(log: &Mutex<Log>, what: &Happening) {
    let mut log = lock(log);
    let now = log.began.elapsed();
    let timing = &mut log.timing;
    match what {
        Happening::Resolved { .. } => timing.resolved = now,
        Happening::Rendered { .. } => timing.rendered = now,
        Happening::Planned { .. } => timing.planned = now,
        Happening::Object { outcome: Outcome::Created, .. } => {
            timing.last = now;
            if timing.first.is_zero() {
                timing.first = now;
            }
        }
        _ => {}
    }
}

/// A process that makes one pass and tells the most memory it took, in kilobytes.
pub(crate) fn child(kubeconfig: &Path, url: &str, unit: &str) {
    let report = crate::runtime().block_on(async {
        let pass = Pass::new(kubeconfig, url, unit).await;
        pass.engine.reconcile(&pass.cx).await.expect("a pass")
    });
    assert!(report.is_success(), "{report}");
    let status = std::fs::read_to_string("/proc/self/status").expect("the status of a process");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    println!("{}", peak.trim().trim_end_matches(" kB"));
}
