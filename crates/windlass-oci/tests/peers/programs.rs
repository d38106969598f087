//! The programs of others: Debian's registry, and what `go` builds once, into the cache.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::go::{built, run};

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

/// The folder of the programs.
fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS
        .get_or_init(|| built("oci-peers", &SOURCES, &[("flux", "."), ("oras", "oras.land/oras/cmd/oras")]))
}
