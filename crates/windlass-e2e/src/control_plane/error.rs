//! What can go wrong between a source of programs and a control plane that is ready.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use super::program::Program;
use super::release::Release;

/// Why there is no control plane.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The programs have to be built, and there is nothing to build them with.
    #[error(
        "the program `go` was not found, which builds the control plane: install Go 1.26 or later, or set \
         KUBEBUILDER_ASSETS to a folder with the programs, or WINDLASS_E2E_KUBECONFIG to the kubeconfig of a cluster \
         that tests may write to"
    )]
    NoGo,
    /// `go build` did not build.
    #[error("go build: {status}\n{tail}")]
    Build {
        /// How it ended.
        status: ExitStatus,
        /// The end of what it printed.
        tail: String,
    },
    /// A folder of programs is not complete.
    #[error("programs are missing (folder={}, missing={})", folder.display(), names(programs))]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// What is not in it.
        programs: Vec<Program>,
    },
    /// A part ended by itself.
    #[error("{program} ended: {status}; the end of its log:\n{tail}")]
    Exited {
        /// The part.
        program: Program,
        /// How it ended.
        status: ExitStatus,
        /// The end of its log.
        tail: String,
    },
    /// A part was not ready in time.
    #[error("{what} took longer than {}s; the end of the log of {program}:\n{tail}", start_max.as_secs())]
    Late {
        /// What was waited for.
        what: &'static str,
        /// The part that should have done it.
        program: Program,
        /// The limit, of [`Options::start_max`](super::Options::start_max).
        start_max: Duration,
        /// The end of the log of that part.
        tail: String,
    },
    /// `kubectl` reported an error.
    #[error("kubectl {arguments}: {status}: {message}")]
    Kubectl {
        /// What it was asked to do.
        arguments: String,
        /// How it ended.
        status: ExitStatus,
        /// What it printed as its error.
        message: String,
    },
    /// Keys or certificates could not be made.
    #[error("no keys: {0}")]
    Keys(String),
    /// `WINDLASS_KUBERNETES` names a release that cannot be built.
    #[error("WINDLASS_KUBERNETES is {wanted}, and must be one of {}", Release::ALL.map(Release::version).join(", "))]
    Release {
        /// What it names.
        wanted: String,
    },
    /// Neither `XDG_CACHE_HOME` nor `HOME` says where the user's caches are.
    #[error("no folder for the programs: neither XDG_CACHE_HOME nor HOME is set")]
    NoCache,
    /// A file or a process could not be worked with.
    #[error("{doing} (path={}): {source}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file or program.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl Error {
    /// Makes an [`Error::Io`] for `map_err`.
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}

fn names(programs: &[Program]) -> String {
    programs.iter().map(|program| program.name()).collect::<Vec<_>>().join(", ")
}
