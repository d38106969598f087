//! A control plane of etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok, on the loopback.
//!
//! What it is: the API server with its admission, defaulting, server-side apply, watches and garbage collection; the
//! controllers; the scheduler; one node whose pods kwok declares ready, and whose Jobs succeed. What it is not: there is
//! no kubelet, no container runs, no network between pods and no DNS.
//!
//! Two users have a kubeconfig: the administrator, in `system:masters`, and a guest that may do nothing.

mod build;
mod error;
mod launch;
mod options;
mod process;
mod program;
mod release;
mod secrets;

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

pub use build::{build, cache_folder};
pub use error::Error;
pub use options::{Options, Parts, Source};
pub use program::Program;
pub use release::Release;

use launch::Running;
use program::Programs;

/// A control plane that is up. Dropping it stops what it started and removes its folder.
pub struct ControlPlane {
    kubectl: PathBuf,
    kubeconfig: PathBuf,
    /// What this value has started, and thus has to stop; nothing for a cluster that was there before.
    running: Option<Running>,
}

impl ControlPlane {
    /// Brings a control plane up and waits until it can be used: the API answers, and unless [`Parts::Api`] was asked
    /// for, the namespace `default` has its service account and the node is ready.
    ///
    /// With [`Source::Existing`] it starts nothing and checks that the cluster answers.
    ///
    /// # Errors
    /// [`Error::NoGo`], [`Error::Build`] and [`Error::Missing`] where the programs cannot be had; [`Error::Exited`] and
    /// [`Error::Late`] with the end of the log of what did not start; [`Error::Kubectl`] where a cluster does not answer.
    pub fn start(options: &Options) -> Result<Self, Error> {
        let programs = match &options.source {
            Source::Existing(kubeconfig) => return Self::existing(kubeconfig),
            Source::Assets(folder) => Programs::in_folder(folder, options.parts)?,
            Source::Built { cache, release } => Programs::in_folder(&build(cache, *release)?, options.parts)?,
        };
        let running = launch::launch(&programs, options)?;
        Ok(Self {
            kubectl: programs.path(Program::Kubectl),
            kubeconfig: running.kubeconfig(),
            running: Some(running),
        })
    }

    /// The kubeconfig of the administrator. Only the owner of the process may read it.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// The kubeconfig of a user without any rights; nothing for a cluster that was there before.
    pub fn guest_kubeconfig(&self) -> Option<PathBuf> {
        self.running.as_ref().map(Running::guest_kubeconfig)
    }

    /// The address of the API server, such as `https://127.0.0.1:6443`; nothing for a cluster that was there before.
    pub fn server(&self) -> Option<&str> {
        self.running.as_ref().map(Running::server)
    }

    /// Where `program` writes its log; nothing for what this value did not start.
    pub fn log(&self, program: Program) -> Option<PathBuf> {
        self.running.as_ref()?.log(program)
    }

    /// A `kubectl` with the rights of the administrator, to which arguments can be added.
    pub fn kubectl(&self) -> Command {
        self.kubectl_with(&self.kubeconfig)
    }

    /// A `kubectl` that uses another kubeconfig, such as that of the guest.
    pub fn kubectl_with(&self, kubeconfig: &Path) -> Command {
        match &self.running {
            Some(running) => running.kubectl(&self.kubectl, kubeconfig),
            None => {
                let mut command = Command::new(&self.kubectl);
                command.env("KUBECONFIG", kubeconfig);
                command
            }
        }
    }

    /// Runs `kubectl` as the administrator and returns what it printed.
    ///
    /// # Errors
    /// [`Error::Kubectl`] with what it printed as its error, [`Error::Io`] if it could not be started.
    pub fn kubectl_run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<String, Error> {
        process::run(self.kubectl().args(arguments), None)
    }

    /// Applies manifests as `kubectl apply --server-side -f -` does and returns what it printed.
    ///
    /// # Errors
    /// As [`ControlPlane::kubectl_run`].
    pub fn apply(&self, manifests: &str) -> Result<String, Error> {
        process::run(self.kubectl().args(["apply", "--server-side", "-f", "-"]), Some(manifests))
    }

    /// Looks whether all that was started still runs.
    ///
    /// # Errors
    /// [`Error::Exited`] with the end of the log of what does not.
    pub fn check(&mut self) -> Result<(), Error> {
        self.running.as_mut().map_or(Ok(()), Running::check)
    }

    fn existing(kubeconfig: &Path) -> Result<Self, Error> {
        let plane = Self { kubectl: "kubectl".into(), kubeconfig: kubeconfig.to_owned(), running: None };
        plane.kubectl_run(&["get", "--raw", "/readyz"])?;
        Ok(plane)
    }
}

impl fmt::Debug for ControlPlane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControlPlane")
            .field("kubeconfig", &self.kubeconfig)
            .field("server", &self.server())
            .finish_non_exhaustive()
    }
}
