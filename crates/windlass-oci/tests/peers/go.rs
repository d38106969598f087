//! Programs that `go` builds once, into the cache.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs a program that has to succeed; gives what it prints.
pub(crate) fn run(command: &mut Command) -> String {
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{command:?}: {said} {}", String::from_utf8_lossy(&done.stdout));
    String::from_utf8(done.stdout).unwrap()
}

/// The folder of programs, each with its package, built first if it is not there. It goes by its name and sources.
pub(crate) fn built(name: &str, sources: &[(&str, &str)], programs: &[(&str, &str)]) -> PathBuf {
    let mut hash = DefaultHasher::new();
    sources.hash(&mut hash);
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
    let done = cache.join(format!("windlass/{name}-{:016x}", hash.finish()));
    if !done.is_dir() {
        build(&cache.join("windlass"), &done, sources, programs);
    }
    done
}

/// Builds beside the place, so that it appears at once and complete.
fn build(cache: &Path, done: &Path, sources: &[(&str, &str)], programs: &[(&str, &str)]) {
    std::fs::create_dir_all(cache).unwrap();
    let work = tempfile::tempdir_in(cache).unwrap();
    let folder = work.path().join("src");
    std::fs::create_dir(&folder).unwrap();
    for (name, text) in sources {
        std::fs::write(folder.join(name), text).unwrap();
    }
    for (name, package) in programs {
        let program = work.path().join("bin").join(name);
        let mut go = Command::new("go");
        go.args(["build", "-ldflags", "-s -w", "-o"]).arg(program).arg(package).current_dir(&folder);
        go.env("GOFLAGS", "-mod=readonly -trimpath -buildvcs=false")
            .env("GOWORK", "off")
            .env("CGO_ENABLED", "0");
        go.env("GOTOOLCHAIN", "local");
        run(&mut go);
    }
    if let Err(error) = std::fs::rename(work.path().join("bin"), done) {
        assert!(done.is_dir(), "{error}: another build must have come first");
    }
}
