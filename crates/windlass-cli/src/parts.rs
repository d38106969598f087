//! From a unit to the parts of an engine: what the `windlass` command knows of sources, renderers and targets.

use std::sync::Arc;

use windlass_core::{
    Error, EventSink, Policy, RenderInput, Rendered, Renderer, Result, Revision, Source as Origin, Target as Place,
    TreePath,
};
use windlass_core::{Context, Paths};
use windlass_engine::{Engine, Options, Wait};
use windlass_fs::{DirSource, DirTarget};
use windlass_git::GitSource;
use windlass_kinds::dialect::default_dialects;
use windlass_kinds::health::KubernetesHealth;
use windlass_kinds::order::default_order;
use windlass_kube::{Cluster, Connect, KubeOptions, KubeTarget};
use windlass_render::Manifests;

use crate::spec::{GitReference, Kubernetes, Source, Target, Unit};

/// The field that is to blame when the source fails.
pub(crate) const SOURCE: [&str; 2] = ["spec", "source"];

/// What a unit is rendered from.
#[derive(Debug)]
pub(crate) struct Origins {
    pub(crate) source: Arc<dyn Origin>,
    pub(crate) path: TreePath,
    pub(crate) renderer: Arc<dyn Renderer>,
}

/// Makes what a unit is rendered from. Nothing is asked yet.
pub(crate) fn origins(unit: &Unit) -> Origins {
    let renderer: Arc<dyn Renderer> = Arc::new(Manifests::new());
    match &unit.source {
        Source::Dir(folder) => {
            Origins { source: Arc::new(DirSource::new(folder)), path: TreePath::root(), renderer }
        }
        Source::Git { url, at, path } => {
            let source = GitSource::new(url);
            let source = match at {
                GitReference::Default => source,
                GitReference::Branch(name) => source.branch(name),
                GitReference::Tag(name) => source.tag(name),
                GitReference::Commit(name) => source.commit(name),
            };
            Origins { source: Arc::new(source), path: path.clone(), renderer }
        }
    }
}

/// Fetches a unit.
///
/// # Errors
/// What the source says, with the place of the unit that names it.
pub(crate) async fn fetch(cx: &Context, unit: &Unit, origins: &Origins) -> Result<windlass_core::Artifact> {
    let fetch = async || {
        let resolved = origins.source.resolve(cx).await?;
        origins.source.fetch(cx, &resolved.revision, &Paths::All).await
    };
    fetch().await.map_err(|error| unit.blame(&SOURCE, error))
}

/// Renders what was fetched, off the threads that wait.
///
/// # Errors
/// What the renderer says.
pub(crate) async fn render(
    cx: &Context,
    unit: &Unit,
    origins: &Origins,
    artifact: windlass_core::Artifact,
) -> Result<(Revision, Rendered)> {
    let (cx, renderer, path) = (cx.clone(), Arc::clone(&origins.renderer), origins.path.clone());
    let revision = artifact.revision().clone();
    let work = move || renderer.render(&cx, &RenderInput::new(&artifact, &path));
    let rendered = tokio::task::spawn_blocking(work).await.unwrap_or_else(|lost| {
        Err(Error::new(windlass_core::ErrorKind::Internal, "the render was lost").caused_by(lost))
    });
    Ok((revision, rendered.map_err(|error| error.with_each("unit", &unit.id))?))
}

/// Makes the engine of a unit. Nothing is asked yet, but a kubeconfig is read.
///
/// # Errors
/// What a kubeconfig says, with the place of the unit that names it.
pub(crate) async fn engine(unit: &Unit, events: impl EventSink, policy: Option<Arc<dyn Policy>>) -> Result<Engine> {
    let origins = origins(unit);
    let target = target(unit).await?;
    let mut options = Options::default();
    options.prune = unit.prune.clone();
    options.adoption = unit.adoption;
    options.interval = unit.interval;
    options.wait = Wait::default().with_health_timeout(unit.timeout).with_delete_timeout(unit.timeout);
    let engine = Engine::of(unit.id.clone(), origins.source, origins.renderer, target)
        .with_path(origins.path)
        .with_options(options)
        .with_order(default_order())
        .with_dialects(default_dialects())
        .with_events(events);
    Ok(match policy {
        Some(policy) => engine.with_policy(policy),
        None => engine,
    })
}

/// Adds to an error of an engine which field of the unit may be to blame: that of the source, unless the error names an
/// object or a file of its own.
pub(crate) fn blame(unit: &Unit, error: Error) -> Error {
    const OF_THE_SOURCE: [&str; 5] = ["url", "reference", "branch", "commit", "source"];
    let problem = |problem: &Error| {
        let of_source = OF_THE_SOURCE.iter().any(|key| problem.context(key).is_some());
        if of_source { unit.blame(&SOURCE, problem.clone()) } else { problem.clone() }
    };
    let problems: Vec<Error> = error.problems().iter().map(problem).collect();
    Error::all(problems).unwrap_or(error)
}

async fn target(unit: &Unit) -> Result<Arc<dyn Place>> {
    match &unit.target {
        Target::Dir(folder) => Ok(Arc::new(DirTarget::new(folder))),
        Target::Kubernetes(kubernetes) => {
            let target = cluster(kubernetes).await;
            target.map_err(|error| unit.blame(&["spec", "target", "kubernetes"], error))
        }
    }
}

async fn cluster(kubernetes: &Kubernetes) -> Result<Arc<dyn Place>> {
    let mut connect = kubernetes.kubeconfig.as_ref().map_or_else(Connect::environment, Connect::kubeconfig);
    if let Some(context) = &kubernetes.context {
        connect = connect.context(context);
    }
    if kubernetes.allow_exec_credentials {
        connect = connect.allow_exec_credentials();
    }
    if kubernetes.allow_unverified_tls {
        connect = connect.allow_unverified_tls();
    }
    if kubernetes.allow_plain_http {
        connect = connect.allow_plain_http();
    }
    let mut options = KubeOptions::default();
    if let Some(namespace) = &kubernetes.namespace {
        options = options.with_default_namespace(namespace)?;
    }
    let target = KubeTarget::new(Cluster::connect(&connect).await?, options)
        .with_dialects(default_dialects())
        .with_order(default_order())
        .with_health(vec![Arc::new(KubernetesHealth)]);
    Ok(Arc::new(target))
}
