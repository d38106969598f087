//! The programs of a control plane, and the folder that holds them.

use std::fmt;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::options::Parts;

/// A program of the control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Program {
    /// The store.
    Etcd,
    /// The API server.
    Apiserver,
    /// The controllers.
    ControllerManager,
    /// The scheduler.
    Scheduler,
    /// The node and its pods.
    Kwok,
    /// The command-line client.
    Kubectl,
    /// The wrapper that ends a program when the process that started it ends.
    Leash,
}

impl Program {
    /// The name of its file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::Apiserver => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Kwok => "kwok",
            Self::Kubectl => "kubectl",
            Self::Leash => "leash",
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A folder of programs.
///
/// Invariant: it holds every program that the parts asked for need.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Takes the programs from a folder, after a look at whether all that `parts` needs is there.
    ///
    /// # Errors
    /// [`Error::Missing`] with everything that is not there.
    pub(crate) fn in_folder(folder: &Path, parts: Parts) -> Result<Self, Error> {
        let programs: Vec<_> =
            needed(parts).iter().copied().filter(|program| !folder.join(program.name()).is_file()).collect();
        match programs.is_empty() {
            true => Ok(Self { folder: folder.to_owned() }),
            false => Err(Error::Missing { folder: folder.to_owned(), programs }),
        }
    }

    /// The path of a program.
    pub(crate) fn path(&self, program: Program) -> PathBuf {
        self.folder.join(program.name())
    }

    /// The path of the leash, which folders of others do not hold.
    pub(crate) fn leash(&self) -> Option<PathBuf> {
        Some(self.path(Program::Leash)).filter(|path| path.is_file())
    }
}

fn needed(parts: Parts) -> &'static [Program] {
    use Program::{Apiserver, ControllerManager, Etcd, Kubectl, Kwok, Scheduler};
    match parts {
        Parts::All => &[Etcd, Apiserver, ControllerManager, Scheduler, Kwok, Kubectl],
        Parts::Api => &[Etcd, Apiserver, Kubectl],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_programs_are_all_named() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["etcd", "kube-apiserver", "kubectl"] {
            std::fs::write(folder.path().join(name), "").expect("a file");
        }
        let error =
            Programs::in_folder(folder.path(), Parts::All).expect_err("three are missing").to_string();
        assert!(
            error.ends_with("missing=kube-controller-manager, kube-scheduler, kwok)"),
            "all missing programs are named: {error}"
        );
        assert!(Programs::in_folder(folder.path(), Parts::Api).is_ok(), "the API needs no more than these");
    }
}
