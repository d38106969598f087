//! What the environment says of the cluster to use, as `kubectl` reads it.

use std::ffi::OsString;
use std::path::PathBuf;

use kube::config::{Kubeconfig, KubeconfigError};
use windlass_core::{Error, ErrorKind, Result};

/// Kubeconfigs that one variable may name.
const FILES_MAX: usize = 100;

/// The parts of the environment that matter, so that no test has to change that of its process.
pub(crate) struct Environment {
    pub(crate) kubeconfig: Option<OsString>,
    pub(crate) home: Option<PathBuf>,
    pub(crate) in_pod: bool,
}

/// Where the configuration is.
#[derive(Debug)]
pub(crate) enum Found {
    Kubeconfig(Box<Kubeconfig>),
    /// There is no kubeconfig, and this is a pod.
    Pod,
}

impl Environment {
    pub(crate) fn of_process() -> Self {
        Self {
            kubeconfig: std::env::var_os("KUBECONFIG").filter(|value| !value.is_empty()),
            home: std::env::home_dir(),
            in_pod: std::env::var_os("KUBERNETES_SERVICE_HOST").is_some_and(|value| !value.is_empty()),
        }
    }

    fn paths(&self) -> Vec<PathBuf> {
        match &self.kubeconfig {
            Some(value) => std::env::split_paths(value)
                .filter(|path| !path.as_os_str().is_empty())
                .take(FILES_MAX)
                .collect(),
            None => self.home.iter().map(|home| home.join(".kube").join("config")).collect(),
        }
    }

    /// Reads the files that are there, and merges them: of two entries of one name the first counts.
    pub(crate) fn find(&self) -> Result<Found> {
        let (paths, mut merged) = (self.paths(), None);
        for path in &paths {
            let read = match Kubeconfig::read_from(path) {
                Err(KubeconfigError::ReadConfig(error, _))
                    if error.kind() == std::io::ErrorKind::NotFound =>
                {
                    continue;
                }
                other => other.map_err(|error| unusable(&error).with("path", path.display()))?,
            };
            merged = Some(match merged {
                None => read,
                Some(before) => Kubeconfig::merge(before, read).map_err(|error| unusable(&error))?,
            });
        }
        match merged {
            Some(kubeconfig) => Ok(Found::Kubeconfig(Box::new(kubeconfig))),
            None if self.in_pod => Ok(Found::Pod),
            None => Err(nothing(&paths)),
        }
    }
}

fn nothing(paths: &[PathBuf]) -> Error {
    let looked: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    Error::new(ErrorKind::Invalid, "there is no kubeconfig, and this is no pod")
        .with("path", looked.join(" "))
        .with_help("name a kubeconfig by a path or by the variable KUBECONFIG")
}

/// Words of these errors name files and fields, not contents; those of a file that is no YAML may quote it.
pub(crate) fn unusable(error: &KubeconfigError) -> Error {
    let words = match error {
        KubeconfigError::Parse(_) => "it is not the YAML of a kubeconfig".to_owned(),
        // The path is told beside it.
        KubeconfigError::ReadConfig(error, _) => error.to_string(),
        other => other.to_string(),
    };
    Error::new(ErrorKind::Invalid, format!("cannot use the kubeconfig: {words}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kubeconfig: &str, in_pod: bool, expected: &str) {
        let at = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/environment");
        let place = |name: &str| at.join(name).into_os_string().into_string().unwrap();
        let files: Vec<String> = kubeconfig.split_whitespace().map(place).collect();
        let kubeconfig = (!files.is_empty()).then(|| files.join(":").into());
        let found = Environment { kubeconfig, home: Some(at), in_pod }.find();
        let told = match found {
            Ok(Found::Pod) => "pod".into(),
            Ok(Found::Kubeconfig(found)) => {
                let names: Vec<&str> = found.contexts.iter().map(|context| context.name.as_str()).collect();
                format!("{} of {}", found.current_context.unwrap_or_default(), names.join(" "))
            }
            Err(error) => error.message().to_owned(),
        };
        assert_eq!(told, expected, "{files:?}");
    }

    #[test]
    fn files_are_merged_and_missing_ones_left_out() {
        check("one", false, "one of one");
        check("one two", false, "one of one two");
        check("missing two one", false, "two of two one");
    }

    #[test]
    fn without_a_kubeconfig_a_pod_uses_its_account() {
        check("missing", true, "pod");
        check("", true, "pod");
        check("one", true, "one of one");
    }

    #[test]
    fn without_either_it_is_said_where_one_was_looked_for() {
        check("", false, "there is no kubeconfig, and this is no pod");
        let none = Environment { kubeconfig: Some("/a:/b".into()), home: None, in_pod: false };
        assert_eq!(none.find().unwrap_err().context("path"), Some("/a /b"));
    }

    #[test]
    fn a_file_that_is_broken_is_never_left_out() {
        check("broken one", true, "cannot use the kubeconfig: it is not the YAML of a kubeconfig");
    }
}
