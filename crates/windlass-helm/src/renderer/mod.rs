//! A chart as the source of a unit.

mod bases;
mod items;
mod lookup;
mod post;
mod reads;

use std::fmt;
use std::sync::Arc;

use windlass_core::{
    Artifact, Context, Digest, Error, ErrorKind, Need, RenderInput, Rendered, Renderer, Result, Text,
    Transform, TreePath, Value, Warning,
};

use crate::chart::Chart;
use crate::release::{ReleaseOptions, render_partly};
use crate::template::HelmVersion;
use crate::values::Values;
use lookup::Found;
pub(crate) use lookup::of_list;
use post::PostRender;
pub use post::PostRenderStrategy;
use reads::Reads;

/// Renders the chart at the path of the input, a folder or an archive, to wanted objects.
///
/// - Values come from files of the artifact, in their order, and then from [`with_values`](Self::with_values).
/// - Where no version of the cluster is set, the render needs [`Need::Capabilities`] and takes what the target serves.
/// - Dependencies that are not in the chart are needed as [`Need::Base`], under the [address](crate::Missing::address) that
///   [`Missing`] tells, but for those with `file://`, which are read from the artifact. What is brought is a chart: as its
///   root, or as the one folder or the one archive in it.
/// - Hooks of install and upgrade become hooks that run before and after each revision, those of delete run with the
///   deletion of the unit; tests and hooks of a rollback are left out.
/// - An object's origin is the template that it comes from.
///
/// [`Missing`]: crate::Missing
///
/// ```
/// use windlass_core::Renderer;
/// use windlass_helm::{HelmChart, Values};
///
/// let renderer = HelmChart::new("shop", "shop")?.with_values(Values::new().with_set("replicas=2")?);
/// assert_ne!(renderer.fingerprint(), HelmChart::new("shop", "shop")?.fingerprint());
/// # Ok::<(), windlass_core::Error>(())
/// ```
#[derive(Clone)]
pub struct HelmChart {
    options: ReleaseOptions,
    kube_version: Option<String>,
    files: Vec<TreePath>,
    values: Values,
    crds: bool,
    hooks: bool,
    tests: bool,
    lookup: bool,
    post: PostRender,
}

impl HelmChart {
    /// Makes a renderer of a release with its name and namespace.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a name that Helm does not take.
    pub fn new(name: impl Into<String>, namespace: impl Into<String>) -> Result<Self> {
        Ok(Self {
            options: ReleaseOptions::new(name, namespace)?,
            kube_version: None,
            files: Vec::new(),
            values: Values::new(),
            crds: true,
            hooks: true,
            tests: false,
            lookup: false,
            post: PostRender::default(),
        })
    }

    /// Follows Helm 3 or Helm 4.
    #[must_use]
    pub fn with_version(mut self, version: HelmVersion) -> Self {
        self.options = self.options.with_version(version);
        self
    }

    /// Reads values from these files of the artifact, the later ones over the earlier.
    #[must_use]
    pub fn with_value_files(mut self, files: impl IntoIterator<Item = TreePath>) -> Self {
        self.files = files.into_iter().collect();
        self
    }

    /// Sets values that go over those of the files.
    #[must_use]
    pub fn with_values(mut self, values: Values) -> Self {
        self.values = values;
        self
    }

    /// Renders for a cluster of this version, and of these groups and versions beside those that Helm takes for granted,
    /// whatever the target serves.
    #[must_use]
    pub fn with_cluster<T: Into<String>>(
        mut self,
        version: &str,
        api_versions: impl IntoIterator<Item = T>,
    ) -> Self {
        self.kube_version = Some(version.to_owned());
        self.options = self.options.with_api_versions(api_versions);
        self
    }

    /// Says whether the files of `crds/` are wanted, too.
    #[must_use]
    pub fn with_crds(mut self, crds: bool) -> Self {
        self.crds = crds;
        self
    }

    /// Says whether hooks are wanted.
    #[must_use]
    pub fn with_hooks(mut self, hooks: bool) -> Self {
        self.hooks = hooks;
        self
    }

    /// Says whether tests are wanted: they run after each revision.
    #[must_use]
    pub fn with_tests(mut self, tests: bool) -> Self {
        self.tests = tests;
        self
    }

    /// Says whether `lookup` finds objects of the target, as it does for `helm install`; `helm template` finds none.
    #[must_use]
    pub fn with_lookup(mut self, lookup: bool) -> Self {
        self.lookup = lookup;
        self
    }

    /// Says whether values are held against `values.schema.json`.
    #[must_use]
    pub fn with_schema_check(mut self, check: bool) -> Self {
        self.options = self.options.with_schema_check(check);
        self
    }

    /// Lets these change what the chart gives, each what the one before it gave, as the post-renderers of a Helm command do.
    /// Files of `crds/` are never changed. Hooks are as `strategy` says, and what a patch makes of their annotations counts.
    #[must_use]
    pub fn with_post_renderers(
        mut self,
        renderers: impl IntoIterator<Item = Arc<dyn Transform>>,
        strategy: PostRenderStrategy,
    ) -> Self {
        self.post = PostRender { renderers: renderers.into_iter().collect(), strategy };
        self
    }

    fn all_values(&self, cx: &Context, artifact: &Artifact) -> Result<Values> {
        let mut values = Values::new().with_version(self.options.version);
        for file in &self.files {
            cx.check()?;
            let text = artifact.files().read(file)?;
            values = values.with_file(file.as_str(), &text, cx.limits())?;
        }
        values.map = crate::values::read::merged(values.map, self.values.map.clone());
        Ok(values)
    }

    /// Takes the cluster that was set, else what the target serves.
    fn options(&self, input: &RenderInput<'_>) -> Result<ReleaseOptions> {
        if let Some(version) = &self.kube_version {
            return self.options.clone().with_kube_version(version);
        }
        let Some(served) = &input.provided.capabilities else {
            let message = "a chart can ask what the cluster serves, and nobody has asked the cluster yet";
            return Err(Error::new(ErrorKind::Unfetched, message).needing([Need::Capabilities]));
        };
        let options = self.options.clone().with_kube_version(&served.version)?;
        Ok(options.with_api_versions(served.apis.iter().map(Text::to_string)))
    }
}

impl fmt::Debug for HelmChart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HelmChart")
            .field("options", &self.options)
            .field("files", &self.files)
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}

impl Renderer for HelmChart {
    fn fingerprint(&self) -> Digest {
        let text = |text: &str| Value::from(text);
        let texts = |texts: &mut dyn Iterator<Item = String>| Value::List(texts.map(Value::from).collect());
        Digest::of_value(&Value::from_iter([
            ("renderer", text("windlass-helm chart")),
            ("version", text(env!("CARGO_PKG_VERSION"))),
            ("name", text(&self.options.name)),
            ("namespace", text(&self.options.namespace)),
            ("helm", text(&format!("{:?}", self.options.version))),
            ("kubeVersion", text(self.kube_version.as_deref().unwrap_or_default())),
            ("apiVersions", texts(&mut self.options.api_versions.iter().cloned())),
            ("files", texts(&mut self.files.iter().map(ToString::to_string))),
            ("values", Value::Map(self.values.map.clone())),
            ("crds", self.crds.into()),
            ("hooks", self.hooks.into()),
            ("tests", self.tests.into()),
            ("lookup", self.lookup.into()),
            ("schema", self.options.check_schema.into()),
            ("post", texts(&mut self.post.fingerprints())),
        ]))
    }

    fn render(&self, cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
        let reads = Arc::new(Reads::new(Arc::clone(input.artifact.files())));
        let artifact = Artifact::new(
            input.artifact.revision().clone(),
            input.artifact.digest(),
            Arc::clone(&reads) as Arc<dyn windlass_core::Files>,
        );
        let input = RenderInput::new(&artifact, input.path).with_provided(input.provided);
        let chart = Chart::load(cx, &*reads, input.path)?;
        let (chart, brought) = bases::with_dependencies(cx, chart, &input)?;
        let values = self.all_values(cx, &artifact)?;
        let mut options = self.options(&input)?;
        let found = Arc::new(Found::new(input.provided));
        if self.lookup {
            options = options.with_lookup(Arc::clone(&found) as _);
        }
        let rendered = render_partly(cx, &chart, &values, &options);
        // A template may fail for want of what it looked for.
        found.check()?;
        let (manifests, problems) = rendered?;
        let mut warnings: Vec<Warning> = manifests.warnings.iter().map(Warning::new).collect();
        if chart.is_deprecated() {
            warnings.push(Warning::new(format!("the chart {} is deprecated", chart.name())));
        }
        let wanted = items::Wanted { crds: self.crds, hooks: self.hooks, tests: self.tests };
        let problems = problems.into_iter().map(|problem| items::placed(problem, input.path)).collect();
        let items = items::items(cx, &manifests, input.path, wanted, problems, &mut warnings)?;
        let (items, of_post) = self.post.run(cx, &input, items, &mut warnings)?;
        let mut reads = reads.take();
        reads.extend(of_post);
        reads.extend(found.reads());
        if self.kube_version.is_none() {
            reads.extend(bases::capabilities(input.provided));
        }
        reads.extend(brought);
        Ok(Rendered { items, reads, warnings })
    }
}
