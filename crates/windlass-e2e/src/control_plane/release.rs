//! The releases of Kubernetes that can be built, and the Go modules that pin each.
//!
//! The modules lie in the folder `controlplane`, those of a release in the folder of its minor version. They are compiled
//! into this crate, so that a built binary needs no checkout.

use std::ffi::OsString;
use std::fmt;

use super::error::Error;

/// The variable that chooses the release.
const VARIABLE: &str = "WINDLASS_KUBERNETES";

/// The folder of the module of the leash, which is the same for all releases.
pub(crate) const LEASH: &str = "leash";

/// A release of Kubernetes that can be built, with the etcd and the kwok that fit it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Release {
    /// Kubernetes 1.37.2 with etcd 3.7.0 and kwok 0.8.0.
    #[default]
    V1_37,
    /// Kubernetes 1.34.4 with etcd 3.6.4 and kwok 0.7.0.
    V1_34,
}

impl Release {
    /// All of them, the default one first.
    pub const ALL: [Self; 2] = [Self::V1_37, Self::V1_34];

    /// Its version as `WINDLASS_KUBERNETES` names it, such as `1.37.2`.
    pub fn version(self) -> &'static str {
        match self {
            Self::V1_37 => "1.37.2",
            Self::V1_34 => "1.34.4",
        }
    }

    /// Takes the release that the variable `WINDLASS_KUBERNETES` names, and the default one where it is empty or not set.
    ///
    /// # Errors
    /// [`Error::Release`] if it names none of [`Release::ALL`].
    pub fn from_env() -> Result<Self, Error> {
        Self::from_vars(|name| std::env::var_os(name))
    }

    pub(crate) fn from_vars(var: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let Some(wanted) = var(VARIABLE).filter(|value| !value.is_empty()) else {
            return Ok(Self::default());
        };
        let found = Self::ALL.into_iter().find(|release| wanted == release.version());
        found.ok_or_else(|| Error::Release { wanted: wanted.to_string_lossy().into_owned() })
    }

    /// The files of its Go modules, by their path.
    pub(crate) fn sources(self) -> [(&'static str, &'static str); 6] {
        let [go_mod, go_sum, kwok_mod, kwok_sum] = match self {
            Self::V1_37 => [
                include_str!("../../controlplane/1.37/go.mod"),
                include_str!("../../controlplane/1.37/go.sum"),
                include_str!("../../controlplane/1.37/kwok/go.mod"),
                include_str!("../../controlplane/1.37/kwok/go.sum"),
            ],
            Self::V1_34 => [
                include_str!("../../controlplane/1.34/go.mod"),
                include_str!("../../controlplane/1.34/go.sum"),
                include_str!("../../controlplane/1.34/kwok/go.mod"),
                include_str!("../../controlplane/1.34/kwok/go.sum"),
            ],
        };
        let [(leash_mod, leash_mod_text), (leash_main, leash_main_text)] = LEASH_SOURCES;
        [
            ("go.mod", go_mod),
            ("go.sum", go_sum),
            ("kwok/go.mod", kwok_mod),
            ("kwok/go.sum", kwok_sum),
            (leash_mod, leash_mod_text),
            (leash_main, leash_main_text),
        ]
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.version())
    }
}

/// The files of the module of the leash, by their path.
pub(crate) const LEASH_SOURCES: [(&str, &str); 2] = [
    ("leash/go.mod", include_str!("../../controlplane/leash/go.mod")),
    ("leash/main.go", include_str!("../../controlplane/leash/main.go")),
];

/// The modules of each release by their folder, and the packages that are built in each.
pub(crate) const MODULES: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "go.etcd.io/etcd/server/v3",
            "k8s.io/kubernetes/cmd/kube-apiserver",
            "k8s.io/kubernetes/cmd/kube-controller-manager",
            "k8s.io/kubernetes/cmd/kube-scheduler",
            "k8s.io/kubernetes/cmd/kubectl",
        ],
    ),
    ("kwok", &["sigs.k8s.io/kwok/cmd/kwok"]),
    (LEASH, &["."]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_named_is_the_version_pinned() {
        for release in Release::ALL {
            let [(_, go_mod), ..] = release.sources();
            let (_, patch) = release.version().split_once('.').expect("a major version");
            assert!(
                go_mod.contains(&format!("k8s.io/kubernetes v{release}")),
                "{release}: go.mod pins Kubernetes"
            );
            for line in go_mod.lines().filter(|line| line.contains(" => ")) {
                assert!(line.ends_with(&format!(" v0.{patch}")), "{release}: and its libraries: {line}");
            }
        }
    }

    #[test]
    fn the_documented_etcd_and_kwok_are_the_ones_pinned() {
        for (release, etcd, kwok) in
            [(Release::V1_37, "v3.7.0", "v0.8.0"), (Release::V1_34, "v3.6.4", "v0.7.0")]
        {
            let [(_, go_mod), _, (_, kwok_mod), ..] = release.sources();
            assert!(go_mod.contains(&format!("go.etcd.io/etcd/server/v3 {etcd} ")), "{release}: etcd {etcd}");
            assert!(kwok_mod.contains(&format!("sigs.k8s.io/kwok {kwok} ")), "{release}: kwok {kwok}");
        }
    }

    #[test]
    fn the_variable_chooses_the_release() {
        let from = |value: &str| Release::from_vars(|name| (name == VARIABLE).then(|| value.into()));
        assert_eq!(from("1.34.4").expect("a release"), Release::V1_34, "the older one where it is named");
        assert_eq!(from("1.37.2").expect("a release"), Release::V1_37, "the default one by its name");
        assert_eq!(from("").expect("a release"), Release::V1_37, "the default one where nothing is named");
        let error = from("1.36.0").expect_err("no such release").to_string();
        assert_eq!(error, "WINDLASS_KUBERNETES is 1.36.0, and must be one of 1.37.2, 1.34.4");
    }
}
