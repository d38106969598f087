//! What renders the charts of a kustomization, which the caller gives.

use std::fmt;
use std::sync::Arc;

use windlass_core::{Bytes, Context, Digest, Error, ErrorKind, Files, Result};

/// What does for the charts of a kustomization what `helm template` does.
///
/// This crate knows no charts. It asks as kustomize asks the program: by arguments. windlass-helm answers them with its
/// `TemplateCommand`:
///
/// ```
/// use windlass_core::{Context, Digest, Result, TreePath};
/// use windlass_helm::{Chart, TemplateCommand};
/// use windlass_kustomize::{Helm, HelmTemplate, Options, build};
/// # use windlass_testkit::{TestClock, files};
///
/// #[derive(Debug)]
/// struct InProcess;
///
/// impl Helm for InProcess {
///     fn fingerprint(&self) -> Digest {
///         Digest::of(b"helm 4")
///     }
///
///     fn template(&self, cx: &Context, asked: &HelmTemplate<'_>) -> Result<String> {
///         let chart = Chart::load(cx, asked.chart, &TreePath::root())?;
///         let command = TemplateCommand::parse(asked.args.iter().cloned())?;
///         Ok(command.run(cx, &chart, &|name| asked.read(name))?.text)
///     }
/// }
///
/// let files = files([
///     ("kustomization.yaml", "helmCharts: [{name: web, releaseName: shop, valuesInline: {colour: red}}]\n"),
///     ("charts/web/Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"),
///     ("charts/web/values.yaml", "colour: blue\n"),
///     (
///         "charts/web/templates/a.yaml",
///         "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {a: {{ .Values.colour }}}\n",
///     ),
/// ]);
/// let cx = Context::new(TestClock::new());
/// let built = build(&cx, &files, &TreePath::root(), &Options::default().with_helm(InProcess))?;
/// assert_eq!(built.text, "apiVersion: v1\ndata:\n  a: red\nkind: ConfigMap\nmetadata:\n  name: shop\n");
/// assert_eq!(built.objects[0].origin.to_string(), "charts/web/templates/a.yaml:1");
/// # Ok::<(), windlass_core::Error>(())
/// ```
pub trait Helm: fmt::Debug + Send + Sync + 'static {
    /// Tells what the answers depend on beside what is asked, such as the version of Helm.
    fn fingerprint(&self) -> Digest;

    /// Gives what `helm template` prints.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) where `helm template` fails, [`Limit`](ErrorKind::Limit), and those of the context.
    fn template(&self, cx: &Context, asked: &HelmTemplate<'_>) -> Result<String>;
}

/// What `helm template` is asked.
#[non_exhaustive]
pub struct HelmTemplate<'a> {
    /// The arguments behind `helm template`. Files that they name are given by [`read`](Self::read).
    pub args: Vec<String>,
    /// The files of the chart, which is their root.
    pub chart: &'a dyn Files,
    pub(crate) values: Vec<(String, Bytes)>,
}

impl HelmTemplate<'_> {
    /// Gives a file of values that the arguments name.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) for any other name.
    pub fn read(&self, name: &str) -> Result<Vec<u8>> {
        let found = self.values.iter().find(|(have, _)| have == name);
        let missing = || Error::new(ErrorKind::NotFound, "no such file of values").with("path", name);
        found.map(|(_, text)| text.to_vec()).ok_or_else(missing)
    }
}

impl fmt::Debug for HelmTemplate<'_> {
    /// Without values: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HelmTemplate").field("args", &self.args).finish_non_exhaustive()
    }
}

/// Charts are rendered, and for what.
#[derive(Debug, Clone)]
pub(crate) struct Charts {
    pub(crate) helm: Arc<dyn Helm>,
    pub(crate) kube_version: String,
    pub(crate) api_versions: Vec<String>,
}

impl PartialEq for Charts {
    fn eq(&self, other: &Self) -> bool {
        self.helm.fingerprint() == other.helm.fingerprint()
            && (&self.kube_version, &self.api_versions) == (&other.kube_version, &other.api_versions)
    }
}

impl Eq for Charts {}

impl Charts {
    pub(crate) fn fingerprint(&self) -> Digest {
        let mut parts = vec![self.helm.fingerprint().to_string(), self.kube_version.clone()];
        parts.extend(self.api_versions.iter().cloned());
        Digest::of_parts(parts.iter().map(String::as_bytes))
    }
}
