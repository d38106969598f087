//! The programs of others, which `go` builds once, into the cache: a server, and a client on the library that Flux uses.

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

/// Who asks.
pub(crate) const KEYS: (&str, &str) = ("ada", "canary-secret");

/// A server of buckets on the loopback, which ends with this value.
pub(crate) struct Gateway {
    pub(crate) host: String,
    process: Child,
    _folder: tempfile::TempDir,
}

impl Gateway {
    /// Starts a server with a bucket called `fleet`.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let host = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let (data, notes) = (folder.path().join("data"), folder.path().join("notes"));
        std::fs::create_dir(&data).and_then(|()| std::fs::create_dir(&notes)).unwrap();
        let process = Command::new(programs().join("versitygw"))
            .args(["--port", &host, "--quiet", "posix", "--sidecar"])
            .args([notes, data])
            .env("ROOT_ACCESS_KEY", KEYS.0)
            .env("ROOT_SECRET_KEY", KEYS.1)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let gateway = Self { host, process, _folder: folder };
        let began = Instant::now();
        while TcpStream::connect(&gateway.host).is_err() {
            assert!(began.elapsed() < Duration::from_secs(60), "the server does not answer");
            std::thread::yield_now();
        }
        gateway.peer(&["make", "fleet"]);
        gateway
    }

    /// Does with the bucket what Flux's library does.
    pub(crate) fn peer(&self, args: &[&str]) -> String {
        let mut peer = Command::new(programs().join("peer"));
        run(peer.arg(&self.host).args(args).env("ACCESS_KEY", KEYS.0).env("SECRET_KEY", KEYS.1))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The folder of the programs.
fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        built(
            "bucket-peers",
            &SOURCES,
            &[("peer", "."), ("versitygw", "github.com/versity/versitygw/cmd/versitygw")],
        )
    })
}
