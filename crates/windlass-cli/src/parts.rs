//! From a unit to the parts of an engine: what the `windlass` command knows of sources, renderers and targets.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use windlass_core::{
    Artifact, Bases, Capabilities, Context, Digest, Error, ErrorKind, EventSink, Need, Paths, Provided,
    RenderInput, Rendered, Renderer, Result, Revision, Source as Origin, Target as Place, TreePath,
};
use windlass_engine::{Compared, Engine, Options, Wait, bring_bases};
use windlass_fs::{DirTarget, Notifier};
use windlass_kinds::dialect::default_dialects;
use windlass_kinds::health::KubernetesHealth;
use windlass_kinds::order::default_order;
use windlass_kinds::scope::Unscoped;
use windlass_kube::{Cluster, Connect, KubeOptions, KubeTarget};
use windlass_render::{Auto, Manifests};

use crate::bases::{Allowed, HELP, Shelf, of_helm, of_remote};
use crate::bell::{Bell, Ringing};
use crate::chart::{self, Chart, release, takes_over};
use crate::spec::{Kubernetes, Source, Target, Unit, flagged};
use crate::words::advised;
use crate::{shaping, sources};

/// What a unit is rendered from.
pub(crate) struct Origins {
    pub(crate) source: Arc<dyn Origin>,
    pub(crate) path: TreePath,
    pub(crate) renderer: Arc<dyn Renderer>,
    pub(crate) bases: Arc<dyn Bases>,
}

/// Makes what a unit is rendered from. Nothing is asked yet.
pub(crate) fn origins(unit: &Unit, fetched: &Fetched) -> Origins {
    origins_asking(unit, &fetched.bases, false)
}

/// Makes what a unit is rendered from. `asks`: there is a target that can be asked for what is live.
fn origins_asking(unit: &Unit, bases: &Arc<Shelf>, asks: bool) -> Origins {
    let renderer = Arc::new(Blamed { part: renderer(unit, asks), unit: unit.clone() });
    let path = match &unit.source {
        Source::Dir(_) => TreePath::root(),
        Source::Git(git) => git.path.clone(),
        Source::Oci(oci) => oci.path.clone(),
        Source::Bucket(bucket) => bucket.path.clone(),
        Source::Archive(archive) => archive.path.clone(),
        Source::Chart(chart) => chart.path.clone(),
    };
    // Who asks for these asks once.
    let source = sources::source(unit, &Notifier::polling());
    Origins { source, path, renderer, bases: Allowed::by(unit, bases) }
}

/// Makes the renderer that the folder asks for by what is in it: a kustomization, a chart, or plain manifests.
fn renderer(unit: &Unit, asks: bool) -> Arc<dyn Renderer> {
    let auto =
        Auto::otherwise(Manifests::new()).with_file(windlass_kustomize::FILE_NAMES, shaping::kustomize(unit));
    let auto: Arc<dyn Renderer> = Arc::new(auto.with_file(["Chart.yaml"], Chart::new(unit, asks)));
    let shaped = shaping::shaped(unit, auto);
    if asks && takes_over(unit) { chart::taking_over(unit, shaped) } else { shaped }
}

/// What a chart is rendered for where no cluster can be asked.
pub(crate) const KUBERNETES_VERSION: &str = "1.37.0";

/// What allows charts in a kustomization.
const HELM_HELP: &str = "allow it with `spec.kustomize.enableHelm: true` or --kustomize-enable-helm";

/// A renderer whose errors say which field of the unit named what it renders.
#[derive(Debug)]
struct Blamed {
    unit: Unit,
    part: Arc<dyn Renderer>,
}

impl Renderer for Blamed {
    fn fingerprint(&self) -> Digest {
        self.part.fingerprint()
    }

    fn render(&self, cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
        let blame = |error: Error| {
            let of_path = matches!(error.kind(), ErrorKind::NotFound) && !input.path.is_root();
            let error = of_helm(of_remote(error, HELP), HELM_HELP).with_each("source", &self.unit.source);
            if of_path {
                self.unit.blame(&sources::path_field(&self.unit), error)
            } else {
                error.with_each("unit", &self.unit.id)
            }
        };
        self.part.render(cx, input).map_err(blame)
    }
}

/// What one run has fetched, so that all units of one source are rendered from one revision, which is fetched once.
#[derive(Debug, Default)]
pub(crate) struct Fetched {
    artifacts: tokio::sync::Mutex<BTreeMap<String, Artifact>>,
    bases: Arc<Shelf>,
}

impl Fetched {
    /// Fetches what a unit is rendered from.
    ///
    /// # Errors
    /// What the source says. The next unit of the source asks again.
    pub(crate) async fn fetch(&self, cx: &Context, unit: &Unit, origins: &Origins) -> Result<Artifact> {
        let mut known = self.artifacts.lock().await;
        let key = sources::shared(unit);
        if let Some(artifact) = known.get(&key) {
            return Ok(artifact.clone());
        }
        let fetched = async {
            let resolved = origins.source.resolve(cx).await?;
            origins.source.fetch(cx, &resolved.revision, &Paths::All).await
        };
        let artifact = fetched.await.map_err(|error| sources::blame(unit, error))?;
        known.insert(key, artifact.clone());
        Ok(artifact)
    }
}

/// Renders what was fetched, off the threads that wait, and brings what it needs from elsewhere.
///
/// # Errors
/// What the renderer says, and the sources of what it needs.
pub(crate) async fn render(
    cx: &Context,
    origins: &Origins,
    artifact: Artifact,
) -> Result<(Revision, Rendered)> {
    let mut provided = Provided::default();
    // There is no cluster to ask here.
    provided.capabilities = Some(Capabilities::new(format!("v{KUBERNETES_VERSION}"), []));
    for _ in 0..cx.limits().render_rounds_max {
        match render_once(cx, origins, &artifact, &provided).await {
            Ok(rendered) => return Ok((artifact.revision().clone(), rendered)),
            Err(error) if error.needs().is_empty() => return Err(error),
            Err(error) if error.needs().iter().all(|need| matches!(need, Need::Base(_))) => {
                bring_bases(cx, &*origins.bases, &error, &mut provided).await?;
            }
            Err(error) => return Err(error.with_help("`plan` asks the target; this command asks none")),
        }
    }
    Err(Error::new(ErrorKind::Limit, "the render asks for something missing again and again"))
}

async fn render_once(
    cx: &Context,
    origins: &Origins,
    artifact: &Artifact,
    provided: &Provided,
) -> Result<Rendered> {
    let (cx, renderer, path) = (cx.clone(), Arc::clone(&origins.renderer), origins.path.clone());
    let (artifact, provided) = (artifact.clone(), provided.clone());
    let work = move || renderer.render(&cx, &RenderInput::new(&artifact, &path).with_provided(&provided));
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|lost| Err(Error::new(ErrorKind::Internal, "the render was lost").caused_by(lost)))
}

/// A source, and what rings for it.
type Rung = (Arc<dyn Origin>, Bell);

/// Makes engines. Units with one target share it: one connection, one lock.
#[derive(Debug, Default)]
pub(crate) struct Workshop {
    /// One for all folders: the system has few.
    notifier: Notifier,
    /// By the path by which a folder goes, whichever way it was spelled.
    folders: Mutex<BTreeMap<String, Arc<dyn Place>>>,
    /// Those of other artifacts.
    bases: Arc<Shelf>,
    /// By what units of one source have in common, with what rings for it.
    sources: Mutex<BTreeMap<String, Rung>>,
    clusters: tokio::sync::Mutex<Vec<(Kubernetes, Cluster)>>,
    targets: tokio::sync::Mutex<Vec<(Kubernetes, Arc<dyn Place>)>>,
    /// Those of `clusters`, for whoever cannot wait for a connection that is being made.
    connected: Mutex<Vec<Cluster>>,
}

impl Workshop {
    /// Makes one whose folders are watched by this notifier.
    pub(crate) fn new(notifier: Notifier) -> Self {
        Self { notifier, ..Self::default() }
    }

    /// Makes the engine of a unit. Nothing is asked yet, but a kubeconfig is read.
    ///
    /// # Errors
    /// What a kubeconfig or a folder says, with the place of the unit that names it.
    pub(crate) async fn engine(&self, unit: &Unit, events: impl EventSink) -> Result<Engine> {
        let Origins { path, renderer, bases, .. } = origins_asking(unit, &self.bases, true);
        let target = self.target(unit).await?;
        let mut options = Options::default();
        options.prune = unit.prune.clone();
        options.adoption = unit.adoption;
        if takes_over(unit) {
            let (release, namespace) = release(unit);
            options.former_owners = vec![format!("helm:{namespace}/{release}").into()];
        }
        options.interval = unit.interval;
        options.wait = Wait::default().with_health_timeout(unit.timeout).with_delete_timeout(unit.timeout);
        let blamed = unit.clone();
        let engine = Engine::of(unit.id.clone(), self.source(unit), renderer, target);
        // A folder knows no kinds.
        let engine = match &unit.target {
            Target::Dir(_) => engine.with_transform(Unscoped),
            Target::Kubernetes(_) => engine,
        };
        Ok(engine
            .with_path(path)
            .with_bases(bases)
            .with_source_name(sources::name(unit))
            .with_source_errors(move |error| sources::blame(&blamed, error))
            .with_options(options)
            .with_explain(Compared::new(Arc::clone(windlass_kinds::schema::built_in())))
            .with_events(events))
    }

    /// Gives the source of a unit: the same one for all units of one repository.
    fn source(&self, unit: &Unit) -> Arc<dyn Origin> {
        self.ringing(unit).0
    }

    /// Gives what lets a run look at the source of a unit.
    pub(crate) fn bell(&self, unit: &Unit) -> Bell {
        self.ringing(unit).1
    }

    fn ringing(&self, unit: &Unit) -> Rung {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || {
            let bell = Bell::default();
            let source = Ringing::new(sources::source(unit, &self.notifier), bell.clone());
            (Arc::new(source) as Arc<dyn Origin>, bell)
        };
        sources.entry(sources::shared(unit)).or_insert_with(made).clone()
    }

    async fn target(&self, unit: &Unit) -> Result<Arc<dyn Place>> {
        match &unit.target {
            Target::Dir(folder) => {
                self.folder(folder).map_err(|error| unit.blame(&["spec", "target", "dir"], error))
            }
            Target::Kubernetes(kubernetes) => self
                .kubernetes(kubernetes)
                .await
                .map_err(|(field, error)| unit.blame(&["spec", "target", "kubernetes", field], error)),
        }
    }

    /// Gives the target at a folder: the same one, whichever way the folder is spelled.
    fn folder(&self, folder: &Path) -> Result<Arc<dyn Place>> {
        let opened = DirTarget::open(folder)?
            .with_notifier(&self.notifier)
            .with_dialects(default_dialects())
            .with_order(default_order());
        let place = opened.profile().place.to_owned();
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(folders.entry(place).or_insert_with(|| Arc::new(opened))))
    }

    /// Gives the target in a cluster, or the field that is to blame.
    async fn kubernetes(&self, kubernetes: &Kubernetes) -> Result<Arc<dyn Place>, (&'static str, Error)> {
        let mut targets = self.targets.lock().await;
        if let Some((_, target)) = targets.iter().find(|(have, _)| have == kubernetes) {
            return Ok(Arc::clone(target));
        }
        let mut options = KubeOptions::default();
        if let Some(namespace) = &kubernetes.namespace {
            options = options.with_default_namespace(namespace).map_err(|error| ("namespace", error))?;
        }
        let connected = self.cluster(kubernetes).await.map_err(to_blame)?;
        let mut cluster = connected.clone();
        if let Some(account) = &kubernetes.account {
            cluster = cluster.as_account(account).map_err(|error| ("account", error))?;
        }
        let target = KubeTarget::new(cluster, options)
            .with_dialects(default_dialects())
            .with_order(default_order())
            .with_health(vec![Arc::new(KubernetesHealth)])
            .with_store_cluster(connected);
        let target: Arc<dyn Place> = Arc::new(target);
        targets.push((kubernetes.clone(), Arc::clone(&target)));
        Ok(target)
    }

    /// Connects, or takes the connection that another unit with the same words made.
    async fn cluster(&self, kubernetes: &Kubernetes) -> Result<Cluster> {
        let key = Kubernetes { namespace: None, account: None, ..kubernetes.clone() };
        let mut clusters = self.clusters.lock().await;
        if let Some((_, cluster)) = clusters.iter().find(|(have, _)| *have == key) {
            return Ok(cluster.clone());
        }
        let cluster = Cluster::connect(&connect(&key)).await?;
        clusters.push((key, cluster.clone()));
        self.connected().push(cluster.clone());
        Ok(cluster)
    }

    /// Counts the requests that were sent to all clusters.
    pub(crate) fn requests(&self) -> u64 {
        self.connected().iter().map(Cluster::requests).sum()
    }

    fn connected(&self) -> MutexGuard<'_, Vec<Cluster>> {
        self.connected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Finds the field that a connection fails by. What windlass-kube calls by the name of a function is a field and a flag
/// here.
fn to_blame(error: Error) -> (&'static str, Error) {
    let allowed = match error.context("option") {
        Some("allow_exec_credentials") => "allowExecCredentials",
        Some("allow_unverified_tls") => "allowUnverifiedTls",
        Some("allow_plain_http") => "allowPlainHttp",
        _ if error.context("context").is_some() => return ("context", error),
        _ => return ("kubeconfig", advised(error)),
    };
    let of_field = flagged().into_iter().find(|(path, _)| path.last() == Some(&allowed));
    let help = of_field.map(|(path, field)| {
        format!("--{}, or `{}: true`, allows it. {}", field.flag, path.join("."), field.about)
    });
    (allowed, help.into_iter().fold(error, Error::with_help))
}

fn connect(kubernetes: &Kubernetes) -> Connect {
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
    connect
}
