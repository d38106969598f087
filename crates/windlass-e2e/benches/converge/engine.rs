//! The engine's side: from a commit behind HTTP to the last object confirmed, and the pass after that.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use windlass_core::{Context, Event, EventKind, Report, UnitId};
use windlass_engine::{Engine, TokioClock};
use windlass_git::GitSource;
use windlass_kube::{Cluster, Connect, KubeOptions, KubeTarget};
use windlass_render::Manifests;

use super::fleet::CONFIG_MAPS;

/// What one engine is made for.
pub(crate) struct Job {
    pub(crate) kubeconfig: PathBuf,
    pub(crate) url: String,
    pub(crate) unit: String,
}

/// An engine that knows nothing yet: its connection, its discovery and its cache of Git are new.
pub(crate) struct Fresh {
    engine: Engine,
    cluster: Cluster,
    cx: Context,
    stages: Arc<Mutex<Stages>>,
}

/// What one pass took.
pub(crate) struct Pass {
    pub(crate) took: Duration,
    pub(crate) requests: u64,
    /// Name and end of each stage since the pass began.
    pub(crate) stages: Vec<(&'static str, Duration)>,
}

struct Stages {
    began: Instant,
    ends: Vec<(&'static str, Duration)>,
}

impl Fresh {
    pub(crate) async fn new(job: &Job, cache: &Path) -> Self {
        let connect = Connect::kubeconfig(&job.kubeconfig);
        let cluster = Cluster::connect(&connect).await.expect("a connection");
        let target = KubeTarget::new(cluster.clone(), KubeOptions::default());
        let source = GitSource::new(&job.url).branch("main").with_cache(cache);
        let unit = UnitId::new(&job.unit).expect("the name of a unit");
        let stages = Arc::new(Mutex::new(Stages { began: Instant::now(), ends: Vec::new() }));
        let told = Arc::clone(&stages);
        let engine = Engine::new(unit, source, Manifests::new(), target).with_events(move |event: &Event| {
            let Some(name) = stage(&event.what) else { return };
            let mut stages = told.lock().expect("nobody panics here");
            let now = stages.began.elapsed();
            let begun = stages.ends.iter().any(|(stage, _)| *stage == "written");
            let name = if name == "saved" && !begun { "intent saved" } else { name };
            match stages.ends.last_mut() {
                // Of a thousand objects the last one counts.
                Some((last, end)) if *last == name => *end = now,
                _ => stages.ends.push((name, now)),
            }
        });
        Self { engine, cluster, cx: Context::new(TokioClock::new()), stages }
    }

    /// Makes the pass that creates everything.
    pub(crate) async fn converge(&self) -> Pass {
        let (pass, report) = self.pass().await;
        assert_eq!(report.counts().created, CONFIG_MAPS + 1, "everything is created:\n{report}");
        pass
    }

    /// Makes a pass with nothing to do.
    pub(crate) async fn idle(&self) -> Pass {
        let (pass, report) = self.pass().await;
        assert_eq!(report.counts().unchanged, CONFIG_MAPS + 1, "nothing is left to do:\n{report}");
        pass
    }

    async fn pass(&self) -> (Pass, Report) {
        let before = self.cluster.requests();
        let began = Instant::now();
        *self.stages.lock().expect("nobody panics here") = Stages { began, ends: Vec::new() };
        let report = self.engine.reconcile(&self.cx).await.expect("the pass must not fail as a whole");
        let took = began.elapsed();
        assert!(report.is_success(), "every object is as wanted:\n{report}");
        let stages = std::mem::take(&mut self.stages.lock().expect("nobody panics here").ends);
        (Pass { took, requests: self.cluster.requests() - before, stages }, report)
    }
}

fn stage(what: &EventKind) -> Option<&'static str> {
    match what {
        EventKind::Resolved { .. } => Some("resolved"),
        EventKind::Rendered { .. } => Some("fetched and rendered"),
        EventKind::Planned { .. } => Some("observed and planned"),
        EventKind::Object { .. } => Some("written"),
        EventKind::Saved { .. } => Some("saved"),
        _ => None,
    }
}
