//! Repositories behind the `sshd` of the machine, with keys of its `ssh-keygen`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use support::openssh::{OpenSsh, Settings, keygen};
use support::*;
use windlass_core::{Error, ErrorKind};
use windlass_git::write::Change;
use windlass_git::{Credentials, GitLimits, GitSource, HostKeyError};

/// What lets a server speak version 2 of the protocol.
const VERSION_2: &str = "AcceptEnv GIT_PROTOCOL";

/// A fleet behind `sshd`, and a cache that starts empty.
struct Served {
    fleet: Fleet,
    server: OpenSsh,
    key: String,
    cache: tempfile::TempDir,
}

impl Served {
    fn new(settings: Settings<'_>) -> Self {
        let server = OpenSsh::new(settings);
        let key = server.client("client", "ed25519", "", &[], settings.before_key);
        Self { fleet: Fleet::new(), server, key, cache: tempfile::tempdir().unwrap() }
    }

    fn usual() -> Self {
        Self::new(Settings { lines: &[VERSION_2], ..Settings::default() })
    }

    fn source(&self) -> GitSource {
        self.at(&self.fleet.url(), &self.key, &self.server.scanned())
    }

    fn at(&self, path: &str, key: &str, known: &str) -> GitSource {
        let source = GitSource::new(self.server.url(path)).with_cache(self.cache.path());
        source.with_known_hosts(known).with_credentials(Credentials::key(key))
    }

    fn brings(&self, source: &GitSource, of: &str) {
        let artifact = bring(source).unwrap_or_else(|error| panic!("{of}: {error:?}"));
        assert_eq!(read(&artifact, "README").unwrap(), "fleet\n", "{of}");
    }
}

#[test]
fn a_branch_is_fetched_and_followed_over_either_protocol() {
    for lines in [&[VERSION_2] as &[_], &[]] {
        let served = Served::new(Settings { lines, ..Settings::default() });
        let source = served.source();
        assert_eq!(resolve(&source).unwrap().to_string(), format!("main@sha1:{}", served.fleet.second));
        assert_eq!(read(&bring(&source).unwrap(), "apps/web.yaml").unwrap(), "replicas: 2\n");
        let change = [Change::file("apps/web.yaml", "replicas: 3\n")];
        served.fleet.repository.commit("main", "more", &author(), &change).unwrap();
        assert_eq!(read(&bring(&source).unwrap(), "apps/web.yaml").unwrap(), "replicas: 3\n");
        let tag = resolve(&source.clone().tag("v1")).unwrap();
        assert_eq!(tag.to_string(), format!("v1@sha1:{}", served.fleet.first));
        // Where only tips are given out, the history of the branch brings an old commit.
        let old = windlass_core::Revision::new(format!("sha1:{}", served.fleet.first));
        let old = fetch(&source.clone().branch("main"), &old).unwrap();
        assert_eq!(read(&old, "apps/web.yaml").unwrap(), "replicas: 1\n");
        let nobody = bring(&source.commit("1".repeat(40))).unwrap_err();
        assert_eq!((nobody.kind(), nobody.message()), (ErrorKind::NotFound, "no such commit"), "{nobody:?}");
    }
}

#[test]
fn a_large_repository_is_the_same_over_ssh_and_from_its_folder() {
    let served = Served::usual();
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    let files: Vec<Change> = (0..1500)
        .map(|at| {
            Change::file(format!("many/{}/{at}.bin", at % 40), (0..6000).map(|_| noise()).collect::<Vec<_>>())
        })
        .collect();
    served.fleet.repository.commit("main", "large", &author(), &files).unwrap();
    let (far, near) = (bring(&served.source()).unwrap(), bring(&served.fleet.source()).unwrap());
    assert_eq!((far.digest(), far.revision()), (near.digest(), near.revision()));
    assert_eq!(far.files().read(&path("many/7/7.bin")).unwrap().len(), 6000);
}

#[test]
fn keys_of_each_kind_and_form_are_taken() {
    let served = Served::usual();
    let known = served.server.scanned();
    let forms: [&[&str]; 3] = [&[], &["-m", "PEM"], &["-m", "PKCS8"]];
    for (at, kind) in
        ["ed25519", "ecdsa -b 256", "ecdsa -b 384", "ecdsa -b 521", "rsa -b 2048"].iter().enumerate()
    {
        for (form, more) in forms.iter().enumerate() {
            for phrase in ["", "hunter2"] {
                // What `-m PEM` encrypts is a form that OpenSSL has left behind.
                if !phrase.is_empty() && form == 1 {
                    continue;
                }
                let name = format!("key-{at}-{form}-{}", phrase.len());
                let key = served.server.client(&name, kind, phrase, more, "");
                let shown = Credentials::key(&key).with_passphrase(phrase);
                let source = served.at(&served.fleet.url(), &key, &known).with_credentials(shown);
                served.brings(&source, &format!("{kind} {more:?} {phrase}"));
            }
        }
    }
}

#[test]
fn hosts_of_each_kind_are_known_by_any_of_their_keys() {
    let kinds = ["ed25519", "ecdsa -b 256", "ecdsa -b 384", "ecdsa -b 521", "rsa -b 2048"];
    for kind in kinds {
        let served = Served::new(Settings { host_keys: &[kind], lines: &[VERSION_2], before_key: "" });
        served.brings(&served.source(), kind);
    }
    let several = ["ed25519", "ecdsa -b 256", "rsa -b 2048"];
    let served = Served::new(Settings { host_keys: &several, lines: &[VERSION_2], before_key: "" });
    for kind in several {
        let known = served.server.known_by(&[kind]);
        served.brings(&served.at(&served.fleet.url(), &served.key, &known), kind);
    }
}

#[test]
fn each_algorithm_that_a_server_may_insist_on_works() {
    for line in [
        "KexAlgorithms curve25519-sha256",
        "KexAlgorithms ecdh-sha2-nistp256",
        "KexAlgorithms ecdh-sha2-nistp384",
        "KexAlgorithms ecdh-sha2-nistp521",
        "KexAlgorithms diffie-hellman-group14-sha256",
        "KexAlgorithms diffie-hellman-group16-sha512",
        "KexAlgorithms diffie-hellman-group-exchange-sha256",
        "Ciphers chacha20-poly1305@openssh.com",
        "Ciphers aes256-gcm@openssh.com",
        "Ciphers aes128-gcm@openssh.com",
        "Ciphers aes256-ctr",
        "Ciphers aes128-ctr",
    ] {
        let served = Served::new(Settings { lines: &[VERSION_2, line], ..Settings::default() });
        let known = served.server.known_by(&["ed25519"]);
        served.brings(&served.at(&served.fleet.url(), &served.key, &known), line);
    }
    let old = Served::new(Settings { lines: &["Ciphers aes128-cbc"], ..Settings::default() });
    let known = old.server.known_by(&["ed25519"]);
    let error = bring(&old.at(&old.fleet.url(), &old.key, &known)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
    assert_eq!(error.context("theirs"), Some("aes128-cbc"), "{error:?}");
}

#[test]
fn a_key_of_rsa_is_shown_by_the_hash_that_the_server_takes() {
    for hash in ["rsa-sha2-256", "rsa-sha2-512"] {
        let accepted = format!("PubkeyAcceptedAlgorithms {hash}");
        let served = Served::new(Settings { lines: &[VERSION_2, &accepted], ..Settings::default() });
        let key = served.server.client("rsa", "rsa -b 2048", "", &[], "");
        let known = served.server.known_by(&["ed25519"]);
        served.brings(&served.at(&served.fleet.url(), &key, &known), hash);
    }
}

#[test]
fn strangers_on_either_side_are_refused() {
    let served = Served::usual();
    let url = served.fleet.url();
    let stranger = keygen(served.server.folder.path(), "stranger", "ed25519", "", &[]);
    let private = std::fs::read_to_string(&stranger).unwrap();
    let error = bring(&served.at(&url, &private, &served.server.scanned())).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Denied, "the server does not accept the key"));

    let public = std::fs::read_to_string(stranger.with_extension("pub")).unwrap();
    let cause = |known: &str| {
        let error = bring(&served.at(&url, &served.key, known)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
        std::error::Error::source(&error)
            .and_then(|cause| cause.downcast_ref::<HostKeyError>())
            .unwrap()
            .clone()
    };
    let unknown = cause(&format!("elsewhere {public}"));
    assert!(matches!(unknown, HostKeyError::Unknown { .. }), "{unknown:?}");
    let changed = cause(&format!("[127.0.0.1]:{} {public}", served.server.port));
    assert!(matches!(changed, HostKeyError::Changed { .. }), "{changed:?}");
    let HostKeyError::Unknown { line, .. } = unknown else { return };
    served.brings(&served.at(&url, &served.key, &line), "the line that the error gave");
}

#[test]
fn a_repository_that_is_not_there_is_not_found() {
    let served = Served::usual();
    let told = |error: Error| (error.kind(), error.to_string());
    let (kind, told) =
        told(bring(&served.at("/nowhere/a.git", &served.key, &served.server.scanned())).unwrap_err());
    assert_eq!(kind, ErrorKind::NotFound, "{told}");
    let expected =
        "repository not found (server=fatal: '/nowhere/a.git' does not appear to be a git repository";
    assert!(told.starts_with(expected), "{told}");
}

#[test]
fn a_server_that_stalls_is_left() {
    let stalls = "command=\"cat >/dev/null\"";
    let served = Served::new(Settings { before_key: stalls, lines: &[VERSION_2], ..Settings::default() });
    let mut limits = GitLimits::default();
    limits.idle_time_max = Duration::from_millis(1500);
    let error = bring(&served.source().with_limits(limits)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
}
