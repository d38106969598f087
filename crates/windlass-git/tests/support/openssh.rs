//! The `sshd` of the machine, with keys that `ssh-keygen` makes. Each connection has an `sshd` of its own, as inetd starts it,
//! so that nothing waits for a port and nothing outlives the test.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SSHD: &str = "/usr/sbin/sshd";

/// A server on the loopback that ends with the process.
pub struct OpenSsh {
    pub port: u16,
    pub folder: tempfile::TempDir,
}

/// How a server differs from a usual one.
#[derive(Default, Clone, Copy)]
pub struct Settings<'t> {
    /// The kinds of its host keys, as `ssh-keygen -t` takes them; Ed25519 where there is none.
    pub host_keys: &'t [&'t str],
    /// More lines of `sshd_config`.
    pub lines: &'t [&'t str],
    /// What stands before the keys that may come in.
    pub before_key: &'t str,
}

impl OpenSsh {
    pub fn new(settings: Settings<'_>) -> Self {
        assert!(Path::new(SSHD).exists(), "the features git-program and ssh need the package openssh-server");
        // As root, sshd wants this folder, which a service would make.
        let _ = std::fs::create_dir("/run/sshd");
        let folder = tempfile::tempdir().unwrap();
        let kinds = if settings.host_keys.is_empty() { &["ed25519"] } else { settings.host_keys };
        let mut config = String::from(
            "UsePAM no\nStrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitRootLogin prohibit-password\nPidFile none\n",
        );
        for kind in kinds {
            let file = keygen(folder.path(), &format!("host-{}", kind.replace(' ', "-")), kind, "", &[]);
            config.push_str(&format!("HostKey {}\n", file.display()));
        }
        config.push_str(&format!("AuthorizedKeysFile {}\n", folder.path().join("authorized").display()));
        settings.lines.iter().for_each(|line| config.push_str(&format!("{line}\n")));
        let file = folder.path().join("sshd_config");
        std::fs::write(&file, config).unwrap();
        std::fs::write(folder.path().join("authorized"), "").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let file = file.clone();
                std::thread::spawn(move || {
                    let input = OwnedFd::from(stream.try_clone().unwrap());
                    let mut sshd = Command::new(SSHD);
                    sshd.args(["-i", "-e", "-f"]).arg(&file).stdin(input).stdout(OwnedFd::from(stream));
                    let _ = sshd.stderr(Stdio::null()).status();
                });
            }
        });
        Self { port, folder }
    }

    /// Makes a key of a kind that the server lets in, and gives its private part as it was written.
    pub fn client(&self, name: &str, kind: &str, phrase: &str, more: &[&str], before: &str) -> String {
        let file = keygen(self.folder.path(), name, kind, phrase, more);
        let public = std::fs::read_to_string(file.with_extension("pub")).unwrap();
        let authorized = self.folder.path().join("authorized");
        let known = std::fs::read_to_string(&authorized).unwrap();
        std::fs::write(authorized, format!("{known}{before} {public}")).unwrap();
        std::fs::read_to_string(file).unwrap()
    }

    /// The address of a repository by its path on this machine.
    pub fn url(&self, path: &str) -> String {
        format!("ssh://{}@127.0.0.1:{}{path}", user(), self.port)
    }

    /// What `ssh-keyscan` prints of the server, with names that `ssh-keygen -H` hashed.
    pub fn scanned(&self) -> String {
        let port = self.port.to_string();
        let scanned = Command::new("ssh-keyscan").args(["-H", "-p", &port, "127.0.0.1"]).output().unwrap();
        let lines = String::from_utf8(scanned.stdout).unwrap();
        assert!(lines.contains("|1|"), "{lines} {}", String::from_utf8_lossy(&scanned.stderr));
        lines
    }

    /// Lines of known hosts with the keys of some kinds.
    pub fn known_by(&self, kinds: &[&str]) -> String {
        let line = |kind: &&str| {
            let file = self.folder.path().join(format!("host-{}.pub", kind.replace(' ', "-")));
            format!("[127.0.0.1]:{} {}", self.port, std::fs::read_to_string(file).unwrap())
        };
        kinds.iter().map(line).collect()
    }
}

/// Makes a key of a kind such as `ecdsa -b 384`.
pub fn keygen(folder: &Path, name: &str, kind: &str, phrase: &str, more: &[&str]) -> PathBuf {
    let file = folder.join(name);
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-N", phrase, "-C", "a test", "-t"]).args(kind.split(' ')).args(more);
    assert!(keygen.arg("-f").arg(&file).stdin(Stdio::null()).status().unwrap().success(), "{kind} {more:?}");
    file
}

fn user() -> String {
    let user = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(user.stdout).unwrap().trim().to_owned()
}
