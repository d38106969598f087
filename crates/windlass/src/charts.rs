//! Joins windlass-kustomize with windlass-helm, where neither knows the other: charts of kustomizations, in the process.
//!
//! ```
//! use windlass::charts::InProcess;
//! use windlass::kustomize::{Kustomize, Options};
//!
//! let renderer = Kustomize::new(Options::default().with_helm(InProcess::default().with_namespace("shop")));
//! ```

use windlass_core::{Context, Digest, Result, TreePath};
use windlass_helm::template::HelmVersion;
use windlass_helm::{Chart, TemplateCommand};
use windlass_kustomize::{Helm, HelmTemplate};

/// Renders the charts of a kustomization to what `helm template` prints. There is no clock and no chance in it: the time stands
/// still, and functions that need random values are errors.
#[derive(Debug, Clone, Default)]
pub struct InProcess {
    version: HelmVersion,
    namespace: Option<String>,
}

impl InProcess {
    /// Follows Helm 3 or Helm 4, which is the default.
    #[must_use]
    pub fn with_version(mut self, version: HelmVersion) -> Self {
        self.version = version;
        self
    }

    /// Sets the namespace of releases for which the kustomization says none; `default` unless set.
    #[must_use]
    pub fn with_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }
}

impl Helm for InProcess {
    fn fingerprint(&self) -> Digest {
        let namespace = self.namespace.as_deref().unwrap_or_default();
        let words = format!("windlass-helm {} {:?} {namespace}", env!("CARGO_PKG_VERSION"), self.version);
        Digest::of(words.as_bytes())
    }

    fn template(&self, cx: &Context, asked: &HelmTemplate<'_>) -> Result<String> {
        let chart = Chart::load(cx, asked.chart, &TreePath::root())?;
        let command = TemplateCommand::parse(asked.args.iter().cloned())?
            .with_version(self.version)
            .or_namespace(|_| self.namespace.clone());
        Ok(command.run(cx, &chart, &|name| asked.read(name))?.text)
    }
}
