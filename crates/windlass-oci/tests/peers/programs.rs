//! The programs of others: Debian's registry, and what `go` builds once, into the cache.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const SOURCES: [(&str, &str); 4] = [
    ("go.mod", include_str!("go/go.mod")),
    ("go.sum", include_str!("go/go.sum")),
    ("main.go", include_str!("go/main.go")),
    ("tools.go", include_str!("go/tools.go")),
];

/// A registry on the loopback, which ends with this value.
pub(crate) struct Registry {
    pub(crate) host: String,
    process: Child,
    _folder: tempfile::TempDir,
}

impl Registry {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let host = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let data = folder.path().join("data");
        let config = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: \"{host}\"}}\nlog: {{level: error}}\n",
            data.display()
        );
        let file = folder.path().join("config.yml");
        std::fs::write(&file, config).unwrap();
        let process = Command::new("docker-registry")
            .arg("serve")
            .arg(file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("these tests need Debian's docker-registry");
        let registry = Self { host, process, _folder: folder };
        let began = Instant::now();
        while TcpStream::connect(&registry.host).is_err() {
            assert!(began.elapsed() < Duration::from_secs(30), "the registry does not answer");
            std::thread::yield_now();
        }
        registry
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Asks Flux's library.
pub(crate) fn flux(args: &[&str]) -> String {
    run(Command::new(programs().join("flux")).args(args))
}

/// Asks ORAS, in a folder.
pub(crate) fn oras(folder: &Path, args: &[&str]) -> String {
    run(Command::new(programs().join("oras")).args(args).current_dir(folder))
}

fn run(command: &mut Command) -> String {
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{command:?}: {said} {}", String::from_utf8_lossy(&done.stdout));
    String::from_utf8(done.stdout).unwrap()
}

/// The folder of the programs, built first if it is not there. It goes by its sources.
fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let mut hash = DefaultHasher::new();
        SOURCES.hash(&mut hash);
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
        let done = cache.join(format!("windlass/oci-peers-{:016x}", hash.finish()));
        if !done.is_dir() {
            build(&cache.join("windlass"), &done);
        }
        done
    })
}

/// Builds beside the place, so that it appears at once and complete.
fn build(cache: &Path, done: &Path) {
    std::fs::create_dir_all(cache).unwrap();
    let work = tempfile::tempdir_in(cache).unwrap();
    let sources = work.path().join("src");
    std::fs::create_dir(&sources).unwrap();
    for (name, text) in SOURCES {
        std::fs::write(sources.join(name), text).unwrap();
    }
    for (name, package) in [("flux", "."), ("oras", "oras.land/oras/cmd/oras")] {
        let program = work.path().join("bin").join(name);
        let mut go = Command::new("go");
        go.args(["build", "-ldflags", "-s -w", "-o"]).arg(program).arg(package).current_dir(&sources);
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
