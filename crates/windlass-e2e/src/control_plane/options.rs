//! Where a control plane comes from, and how much of it is started.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::build::cache_folder_from;
use super::error::Error;
use super::release::Release;

/// How to bring a control plane up.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Where the programs, or the cluster, come from.
    pub source: Source,
    /// How much of it is started.
    pub parts: Parts,
    /// The limit of the whole start, without a build.
    pub start_max: Duration,
    /// Flags added to those of kube-apiserver; a later flag wins over an earlier one of the same name.
    pub apiserver_flags: Vec<String>,
}

/// Where the programs, or the cluster, come from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// Programs that `go build` makes once for each version and keeps in a folder. The first use takes minutes.
    Built {
        /// The folder, in which each version has one of its own.
        cache: PathBuf,
        /// What is built.
        release: Release,
    },
    /// A folder that holds the programs under their usual names.
    Assets(PathBuf),
    /// A cluster that runs already, by its kubeconfig. Tests write to it.
    Existing(PathBuf),
}

/// How much of a control plane is started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Parts {
    /// Everything: pods are scheduled and become ready, namespaces go away, owned objects are collected.
    #[default]
    All,
    /// etcd and kube-apiserver: starts faster, but no controller runs.
    Api,
}

impl Options {
    /// Takes programs or a cluster from `source` and starts all parts within a minute.
    pub fn new(source: Source) -> Self {
        Self { source, parts: Parts::All, start_max: Duration::from_secs(60), apiserver_flags: Vec::new() }
    }

    /// Takes the source from the environment: `WINDLASS_E2E_KUBECONFIG` names a cluster that runs already, else
    /// `KUBEBUILDER_ASSETS` a folder of programs, else those of [`Release::from_env`] are built and kept in the user's
    /// cache folder.
    ///
    /// `KUBECONFIG` by itself is not looked at: it may lead to a cluster that nobody wants tests to write to.
    ///
    /// # Errors
    /// Where the programs have to be built: [`Error::NoCache`] without a cache folder, [`Error::Release`] if
    /// `WINDLASS_KUBERNETES` names no release that can be built.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_vars(|name| std::env::var_os(name))
    }

    /// Starts only these parts.
    #[must_use]
    pub fn with_parts(mut self, parts: Parts) -> Self {
        self.parts = parts;
        self
    }

    /// Sets the limit of the whole start.
    #[must_use]
    pub fn with_start_max(mut self, start_max: Duration) -> Self {
        self.start_max = start_max;
        self
    }

    /// Adds a flag to those of kube-apiserver, such as `--enable-priority-and-fairness=false` for a bench.
    #[must_use]
    pub fn with_apiserver_flag(mut self, flag: impl Into<String>) -> Self {
        self.apiserver_flags.push(flag.into());
        self
    }

    fn from_vars(var: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let path = |name: &str| var(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let source = if let Some(kubeconfig) = path("WINDLASS_E2E_KUBECONFIG") {
            Source::Existing(kubeconfig)
        } else if let Some(folder) = path("KUBEBUILDER_ASSETS") {
            Source::Assets(folder)
        } else {
            Source::Built { release: Release::from_vars(&var)?, cache: cache_folder_from(var)? }
        };
        Ok(Self::new(source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(vars: &[(&str, &str)], expected: &Source) {
        let found =
            Options::from_vars(|name| vars.iter().find(|(key, _)| *key == name).map(|(_, v)| v.into()));
        assert_eq!(&found.expect("a source").source, expected, "source from {vars:?}");
    }

    fn built(cache: &str) -> Source {
        Source::Built { cache: cache.into(), release: Release::V1_37 }
    }

    #[test]
    fn programs_are_built_into_the_cache_of_the_user() {
        check(&[("HOME", "/home/a")], &built("/home/a/.cache/windlass/controlplane"));
        check(&[("HOME", "/home/a"), ("XDG_CACHE_HOME", "/cache")], &built("/cache/windlass/controlplane"));
    }

    #[test]
    fn assets_are_taken_instead_of_a_build() {
        check(&[("HOME", "/home/a"), ("KUBEBUILDER_ASSETS", "/bin")], &Source::Assets("/bin".into()));
        check(
            &[("HOME", "/home/a"), ("KUBEBUILDER_ASSETS", "")],
            &built("/home/a/.cache/windlass/controlplane"),
        );
    }

    #[test]
    fn a_cluster_is_taken_only_where_it_was_named_for_tests() {
        check(
            &[("WINDLASS_E2E_KUBECONFIG", "/kc"), ("KUBEBUILDER_ASSETS", "/bin")],
            &Source::Existing("/kc".into()),
        );
        check(&[("KUBECONFIG", "/kc"), ("HOME", "/home/a")], &built("/home/a/.cache/windlass/controlplane"));
    }

    #[test]
    fn an_older_release_is_built_where_it_was_named() {
        let older = Source::Built { cache: "/cache/windlass/controlplane".into(), release: Release::V1_34 };
        check(&[("XDG_CACHE_HOME", "/cache"), ("WINDLASS_KUBERNETES", "1.34.4")], &older);
    }

    #[test]
    fn no_home_is_an_error() {
        assert!(matches!(Options::from_vars(|_| None), Err(Error::NoCache)), "nowhere to build into");
    }
}
