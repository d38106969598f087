//! Builds the programs with `go build`, once for each version, and keeps them.
//!
//! Their source is two small Go modules in the folder `controlplane`, which pin every dependency by hash. They are
//! compiled into this crate, so that a built binary needs no checkout.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::Error;
use super::process::tail;

/// The version of Kubernetes that is built.
pub const KUBERNETES_VERSION: &str = "v1.34.4";

/// The files of the Go modules, by their path.
const SOURCES: &[(&str, &str)] = &[
    ("go.mod", include_str!("../../controlplane/go.mod")),
    ("go.sum", include_str!("../../controlplane/go.sum")),
    ("leash/main.go", include_str!("../../controlplane/leash/main.go")),
    ("kwok/go.mod", include_str!("../../controlplane/kwok/go.mod")),
    ("kwok/go.sum", include_str!("../../controlplane/kwok/go.sum")),
];

/// The packages of the module in the root of the sources.
const PACKAGES: &[&str] = &[
    "go.etcd.io/etcd/server/v3",
    "k8s.io/kubernetes/cmd/kube-apiserver",
    "k8s.io/kubernetes/cmd/kube-controller-manager",
    "k8s.io/kubernetes/cmd/kube-scheduler",
    "k8s.io/kubernetes/cmd/kubectl",
    "./leash",
];

/// The package of the module in the folder `kwok`.
const KWOK: &[&str] = &["sigs.k8s.io/kwok/cmd/kwok"];

/// Returns the folder of the programs inside `cache`, and builds them first if they are not there.
///
/// # Guarantees
/// The folder appears at once and complete. Of two builds at the same time the second waits and takes what the first built.
///
/// # Errors
/// [`Error::NoGo`] without `go` on the `PATH`, [`Error::Build`] with what it printed, [`Error::Io`] for files.
pub fn build(cache: &Path) -> Result<PathBuf, Error> {
    let done = cache.join(folder_name());
    if done.is_dir() {
        return Ok(done);
    }
    fs::create_dir_all(cache).map_err(Error::io("create the cache", cache))?;
    let _lock = lock(&cache.join("lock"))?;
    if !done.is_dir() {
        build_into(cache, &done)?;
    }
    Ok(done)
}

/// The folder where programs are kept by version: `windlass/controlplane` in `XDG_CACHE_HOME`, or else in `~/.cache`.
///
/// # Errors
/// [`Error::NoCache`] if the environment names neither.
pub fn cache_folder() -> Result<PathBuf, Error> {
    cache_folder_from(|name| std::env::var_os(name))
}

pub(crate) fn cache_folder_from(var: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, Error> {
    let path = |name: &str| var(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let caches = path("XDG_CACHE_HOME").or_else(|| path("HOME").map(|home| home.join(".cache")));
    Ok(caches.ok_or(Error::NoCache)?.join("windlass/controlplane"))
}

/// The name of the folder of this version. It ends in a hash of the sources, so that a change to them is a new build.
fn folder_name() -> String {
    let bytes = SOURCES.iter().flat_map(|(path, text)| path.bytes().chain(text.bytes()));
    // FNV-1a, since it guards against forgetting and not against anyone.
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{KUBERNETES_VERSION}-{:08x}", hash >> 32)
}

fn lock(path: &Path) -> Result<File, Error> {
    let file = File::create(path).map_err(Error::io("open the lock", path))?;
    file.lock().map_err(Error::io("lock", path))?;
    Ok(file)
}

fn build_into(cache: &Path, done: &Path) -> Result<(), Error> {
    let work = tempfile::Builder::new()
        .prefix(".build-")
        .tempdir_in(cache)
        .map_err(Error::io("create a folder to build in", cache))?;
    let (sources, programs) = (work.path().join("src"), work.path().join("bin"));
    for (path, text) in SOURCES {
        write(&sources.join(path), text)?;
    }
    go_build(&sources, &programs, PACKAGES)?;
    go_build(&sources.join("kwok"), &programs, KWOK)?;
    // The name of a program is the last part of its package, and that of etcd is `server`.
    let (server, etcd) = (programs.join("server"), programs.join("etcd"));
    fs::rename(&server, &etcd).map_err(Error::io("rename", server))?;
    fs::rename(&programs, done).map_err(Error::io("rename", programs))
}

fn go_build(module: &Path, programs: &Path, packages: &[&str]) -> Result<(), Error> {
    let printed = module.join("printed");
    let file = File::create(&printed).map_err(Error::io("create", &printed))?;
    let copy = file.try_clone().map_err(Error::io("create", &printed))?;
    let mut output = OsString::from(programs);
    output.push("/"); // A trailing slash tells go to make a folder.
    let status = Command::new("go")
        .args(["build", "-ldflags", &linker_flags(), "-o"])
        .arg(output)
        .args(packages)
        .current_dir(module)
        .env("GOFLAGS", "-mod=readonly -trimpath -buildvcs=false")
        .env("GOTOOLCHAIN", "local")
        .env("GOWORK", "off")
        .env("CGO_ENABLED", "0")
        .env_remove("GOOS")
        .env_remove("GOARCH")
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(copy)
        .status()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::NoGo,
            _ => Error::Io { doing: "start", path: "go".into(), source: error },
        })?;
    match status.success() {
        true => Ok(()),
        false => Err(Error::Build { status, tail: tail(&printed) }),
    }
}

/// Stamps the version, without which clients take the server for `v0.0.0` and reject it.
fn linker_flags() -> String {
    let version = KUBERNETES_VERSION.trim_start_matches('v');
    let mut numbers = version.split('.');
    let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    let stamps = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].map(|package| {
        format!(
            "-X {package}.gitVersion=v{version} -X {package}.gitMajor={major} -X {package}.gitMinor={minor}"
        )
    });
    format!("-s -w {}", stamps.join(" "))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    let folder = path.parent().expect("sources are inside a folder");
    fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    fs::write(path, text).map_err(Error::io("write", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_built_is_the_version_pinned() {
        let (_, go_mod) = SOURCES[0];
        let patch = KUBERNETES_VERSION.trim_start_matches("v1");
        assert!(
            go_mod.contains(&format!("k8s.io/kubernetes {KUBERNETES_VERSION} ")),
            "go.mod pins Kubernetes"
        );
        assert!(
            go_mod.contains(&format!("k8s.io/client-go => k8s.io/client-go v0{patch}")),
            "and its libraries"
        );
    }

    #[test]
    fn the_linker_stamps_version_major_and_minor() {
        let flags = linker_flags();
        for stamp in ["gitVersion=v1.34.4", "gitMajor=1", "gitMinor=34"] {
            assert!(
                flags.contains(&format!("-X k8s.io/component-base/version.{stamp}")),
                "{stamp} in {flags}"
            );
        }
    }

    #[test]
    fn what_was_built_is_not_built_again() {
        let cache = tempfile::tempdir().expect("a folder");
        let done = cache.path().join(folder_name());
        fs::create_dir(&done).expect("a folder");
        assert_eq!(build(cache.path()).expect("no build"), done, "the folder that is there is taken");
    }
}
