//! Builds the programs of a release with `go build`, once for each version, and keeps them.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::Error;
use super::process::tail;
use super::release::{LEASH, LEASH_SOURCES, MODULES, Release};

/// Returns the folder of the programs of `release` inside `cache`, and builds them first if they are not there.
///
/// # Guarantees
/// The folder appears at once and complete. Of two builds at the same time the second waits and takes what the first built.
///
/// # Errors
/// [`Error::NoGo`] without `go` on the `PATH`, [`Error::Build`] with what it printed, [`Error::Io`] for files.
pub fn build(cache: &Path, release: Release) -> Result<PathBuf, Error> {
    let done = cache.join(folder_name(release));
    if done.is_dir() {
        return Ok(done);
    }
    let mut private = DirBuilder::new();
    private.recursive(true).mode(0o700).create(cache).map_err(Error::io("create the cache", cache))?;
    let _lock = lock(&cache.join("lock"))?;
    if !done.is_dir() {
        build_into(cache, release, &done)?;
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

/// Builds the leash alone, into `folder`, for programs that came without one: a second, or nothing where there is no Go.
pub(crate) fn build_leash(folder: &Path) -> Result<Option<PathBuf>, Error> {
    let sources = folder.join("src");
    write_sources(&sources, &LEASH_SOURCES)?;
    match go_build(&sources.join(LEASH), &folder.join("bin"), &["."], "-s -w") {
        Ok(()) => Ok(Some(folder.join("bin/leash"))),
        Err(Error::NoGo) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The name of the folder of a release. It ends in a hash of the sources, so that a change to them is a new build.
fn folder_name(release: Release) -> String {
    let sources = release.sources();
    let bytes = sources.iter().flat_map(|(path, text)| path.bytes().chain(text.bytes()));
    // FNV-1a, since it guards against forgetting and not against anyone.
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("v{release}-{:08x}", hash >> 32)
}

fn lock(path: &Path) -> Result<File, Error> {
    let file = File::create(path).map_err(Error::io("open the lock", path))?;
    file.lock().map_err(Error::io("lock", path))?;
    Ok(file)
}

/// Builds in a folder beside the programs, which only the holder of the lock touches.
fn build_into(cache: &Path, release: Release, done: &Path) -> Result<(), Error> {
    let work = cache.join(".build");
    remove(&work)?; // A build that was killed leaves it.
    let built = build_in(&work, release, done);
    remove(&work)?;
    built
}

fn build_in(work: &Path, release: Release, done: &Path) -> Result<(), Error> {
    let (sources, programs) = (work.join("src"), work.join("bin"));
    write_sources(&sources, &release.sources())?;
    for (module, packages) in MODULES {
        go_build(&sources.join(module), &programs, packages, &linker_flags(release))?;
    }
    // The name of a program is the last part of its package, and that of etcd is `server`.
    let (server, etcd) = (programs.join("server"), programs.join("etcd"));
    fs::rename(&server, &etcd).map_err(Error::io("rename", server))?;
    fs::rename(&programs, done).map_err(Error::io("rename", programs))
}

fn remove(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", folder)(error)),
        _ => Ok(()),
    }
}

fn go_build(module: &Path, programs: &Path, packages: &[&str], linker_flags: &str) -> Result<(), Error> {
    let printed = module.join("printed");
    let file = File::create(&printed).map_err(Error::io("create", &printed))?;
    let copy = file.try_clone().map_err(Error::io("create", &printed))?;
    let mut output = OsString::from(programs);
    output.push("/"); // A trailing slash tells go to make a folder.
    let status = Command::new("go")
        .args(["build", "-ldflags", linker_flags, "-o"])
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
fn linker_flags(release: Release) -> String {
    let mut numbers = release.version().split('.');
    let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    let stamps = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].map(|package| {
        format!(
            "-X {package}.gitVersion=v{release} -X {package}.gitMajor={major} -X {package}.gitMinor={minor}"
        )
    });
    format!("-s -w {}", stamps.join(" "))
}

fn write_sources(folder: &Path, sources: &[(&str, &str)]) -> Result<(), Error> {
    for (path, text) in sources {
        let path = folder.join(path);
        let parent = path.parent().expect("sources are inside a folder");
        fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        fs::write(&path, text).map_err(Error::io("write", path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linker_stamps_version_major_and_minor() {
        let flags = linker_flags(Release::V1_34);
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
        for release in Release::ALL {
            let done = cache.path().join(folder_name(release));
            fs::create_dir(&done).expect("a folder of its own for each release");
            let found = build(cache.path(), release).expect("no build");
            assert_eq!(found, done, "the folder that is there is taken");
        }
    }
}
