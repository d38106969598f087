//! Charts of kustomizations, rendered in the process by windlass-helm.

use std::sync::Arc;

use windlass_core::{Context, Digest, Error, ErrorKind, Result, TreePath};
use windlass_helm::template::{HelmVersion, Time};
use windlass_helm::{Chart, Cluster, TemplateCommand};
use windlass_kustomize::{Helm, HelmTemplate};

use super::helm::Chance;
use super::namespace;

/// `helm template` for the charts of a kustomization.
#[derive(Debug)]
pub(crate) struct Charts {
    version: HelmVersion,
    /// That of a release whose chart says none.
    namespace: Option<String>,
    /// The time, where templates may ask for it and for chance.
    now: Option<Time>,
}

impl Charts {
    /// For a unit: what is rendered is the same each time.
    pub(crate) const fn of_unit(version: HelmVersion, namespace: Option<String>) -> Self {
        Self { version, namespace, now: None }
    }

    /// For a command, which takes namespace, time and chance from where Helm takes them.
    pub(super) fn of_command(cx: &Context, version: HelmVersion) -> Self {
        let namespace = namespace::of(Cluster::default(), cx.limits());
        Self { version, namespace, now: Some(super::helm::now(cx)) }
    }
}

impl Helm for Charts {
    fn fingerprint(&self) -> Digest {
        let namespace = self.namespace.as_deref().unwrap_or_default();
        Digest::of(
            format!("windlass-helm {} {:?} {namespace}", env!("CARGO_PKG_VERSION"), self.version).as_bytes(),
        )
    }

    fn template(&self, cx: &Context, asked: &HelmTemplate<'_>) -> Result<String> {
        let chart = Chart::load(cx, asked.chart, &TreePath::root())?;
        let chance = Arc::new(Chance::default());
        let mut command = TemplateCommand::parse(asked.args.iter().cloned())?
            .with_version(self.version)
            .or_namespace(|_| self.namespace.clone());
        if let Some(now) = self.now {
            command = command.with_chance(now, Arc::clone(&chance) as _);
        }
        let output = command.run(cx, &chart, &|name| asked.read(name))?;
        if chance.has_failed() {
            return Err(Error::new(ErrorKind::Unavailable, "the system gives no random bytes"));
        }
        Ok(output.text)
    }
}
