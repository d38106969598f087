//! Repositories behind SSH, served by this process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

#[path = "../support/mod.rs"]
mod support;

use std::net::TcpListener;
use std::time::Duration;

use russh::keys::PrivateKey;
use support::sshd::{Command, ED25519, P256, P384, P521, RSA, Sshd, key, text};
use support::*;
use windlass_core::{Error, ErrorKind, Source};
use windlass_git::write::Change;
use windlass_git::{Credentials, GitLimits, GitSource, HostKeyError, Reference, TagRange};
use windlass_testkit::block_on;

/// A fleet behind an SSH server, a key that opens it, and a cache that starts empty.
struct Served {
    fleet: Fleet,
    server: Sshd,
    client: PrivateKey,
    cache: tempfile::TempDir,
}

impl Served {
    fn new(command: Command) -> Self {
        Self::with(vec![key(ED25519)], key(ED25519), command)
    }

    fn with(keys: Vec<PrivateKey>, client: PrivateKey, command: Command) -> Self {
        let fleet = Fleet::new();
        let server = Sshd::new(fleet.folder.path(), keys, &client, command);
        Self { fleet, server, client, cache: tempfile::tempdir().unwrap() }
    }

    /// A source that nobody would talk to.
    fn bare(&self) -> GitSource {
        GitSource::new(self.server.url("fleet.git")).with_cache(self.cache.path())
    }

    fn source(&self) -> GitSource {
        self.shown(&text(&self.client)).with_known_hosts(self.server.known_hosts())
    }

    fn shown(&self, key: &str) -> GitSource {
        self.bare().with_credentials(Credentials::key(key))
    }

    fn fails(&self, source: &GitSource, expected: &str) -> Error {
        let error = bring(source).unwrap_err();
        let told = shown(&error).replace(&self.server.port.to_string(), "PORT");
        assert_eq!(told.replace(&self.fleet.second, "COMMIT"), expected, "{error:?}");
        let whole = format!("{error:?} {}", error.explain());
        assert!(!whole.contains("PRIVATE KEY") && !whole.contains("hunter2"), "a secret is shown: {whole}");
        error
    }
}

const COMMAND: &str = "GIT_PROTOCOL=version=2 git-upload-pack '/fleet.git'";

#[test]
fn a_repository_is_resolved_by_one_list_and_fetched_once() {
    let served = Served::new(Command::Git);
    let revision = resolve(&served.source()).unwrap();
    assert_eq!(revision.to_string(), format!("main@sha1:{}", served.fleet.second));
    assert_eq!(served.server.asked(), [COMMAND]);
    let artifact = fetch(&served.source(), &revision).unwrap();
    assert_eq!(read(&artifact, "apps/web.yaml").unwrap(), "replicas: 2\n");
    assert_eq!(artifact.revision().message.as_deref(), Some("grow"));
    assert_eq!(served.server.asked(), [COMMAND]);
    let again = fetch(&served.source(), &revision).unwrap();
    assert_eq!(artifact.digest(), again.digest());
    assert_eq!(served.server.asked(), [""; 0], "what is held is asked of nobody");
}

#[test]
fn a_moved_branch_is_followed_and_names_are_found() {
    let served = Served::new(Command::Git);
    bring(&served.source()).unwrap();
    let change = [Change::file("apps/web.yaml", "replicas: 3\n")];
    served.fleet.repository.commit("main", "more", &author(), &change).unwrap();
    assert_eq!(read(&bring(&served.source()).unwrap(), "apps/web.yaml").unwrap(), "replicas: 3\n");
    let tag = resolve(&served.source().tag("v1")).unwrap();
    assert_eq!(tag.to_string(), format!("v1@sha1:{}", served.fleet.first));
    served.fleet.repository.tag("1.2.0", &served.fleet.first, &author()).unwrap();
    let range = served.source().reference(Reference::Semver(TagRange::new("^1")));
    assert_eq!(resolve(&range).unwrap().to_string(), format!("1.2.0@sha1:{}", served.fleet.first));
    let old = bring(&served.source().commit(&served.fleet.first)).unwrap();
    assert_eq!(read(&old, "apps/web.yaml").unwrap(), "replicas: 1\n");
    served.fails(
        &served.source().branch("mian"),
        "not found: no such reference (reference=branch mian, existing=main old, url=ssh://git@127.0.0.1:PORT/fleet.git)",
    );
}

#[test]
fn a_commit_that_is_not_there_is_not_found() {
    let served = Served::new(Command::Git);
    let nobody = "1".repeat(40);
    let error = bring(&served.source().commit(&nobody)).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "no such commit"), "{error:?}");
}

#[test]
fn keys_of_each_kind_open_hosts_of_each_kind() {
    for (host, client) in [(ED25519, RSA), (P256, P521), (P384, P256), (P521, P384), (RSA, ED25519)] {
        let served = Served::with(vec![key(host.clone())], key(client.clone()), Command::Git);
        let artifact = bring(&served.source()).unwrap_or_else(|error| panic!("{host} {client}: {error:?}"));
        assert_eq!(read(&artifact, "README").unwrap(), "fleet\n");
    }
}

#[test]
fn the_kind_of_key_that_a_host_is_known_by_is_asked_for() {
    let served = Served::with(vec![key(ED25519), key(P256), key(RSA)], key(ED25519), Command::Git);
    for one in &served.server.keys {
        let known = served.server.known_by(std::slice::from_ref(one));
        let source = served.shown(&text(&served.client)).with_known_hosts(known);
        assert!(bring(&source).is_ok(), "{}", one.algorithm());
    }
}

#[test]
fn an_unknown_host_and_a_changed_key_are_told_apart_before_anything_is_shown() {
    let served = Served::new(Command::Git);
    let (fingerprint, line) = {
        let host = &served.server.keys[0];
        let line = served.server.known_by(std::slice::from_ref(host));
        (host.fingerprint(russh::keys::HashAlg::Sha256).to_string(), line)
    };
    let other = format!("elsewhere {}\n", key(ED25519).public_key().to_openssh().unwrap());
    let source = |known: &str| served.shown(&text(&served.client)).with_known_hosts(known);
    let rest = format!(
        "(host=[127.0.0.1]:PORT, shown=ssh-ed25519 {fingerprint}, url=ssh://git@127.0.0.1:PORT/fleet.git)"
    );
    let error = served.fails(&source(&other), &format!("denied: the host is not known {rest}"));
    let help = error.help().unwrap();
    assert!(help.ends_with(line.trim_end()), "{help}");
    assert!(matches!(cause(&error), HostKeyError::Unknown { .. }), "{error:?}");
    let changed = served.server.known_by(&[key(ED25519)]);
    let error =
        served.fails(&source(&changed), &format!("denied: the key of the host is not the known one {rest}"));
    assert!(matches!(cause(&error), HostKeyError::Changed { known, .. } if known.len() == 1), "{error:?}");
    let revoked = format!("{line}@revoked * {}", line.split_once(' ').unwrap().1);
    let error = served.fails(&source(&revoked), &format!("denied: the key of the host is revoked {rest}"));
    assert!(matches!(cause(&error), HostKeyError::Revoked { .. }), "{error:?}");
    assert_eq!(served.server.asked(), [""; 0]);
}

fn cause(error: &Error) -> HostKeyError {
    std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<HostKeyError>()).unwrap().clone()
}

#[test]
fn what_is_missing_or_of_another_kind_is_refused_before_anybody_is_asked() {
    let served = Served::new(Command::Git);
    let key = "(option=credentials, url=ssh://git@127.0.0.1:PORT/fleet.git)";
    let hosts = "(option=known_hosts, url=ssh://git@127.0.0.1:PORT/fleet.git)";
    let proxy = "(option=proxy, url=ssh://git@127.0.0.1:PORT/fleet.git)";
    let both = bring(&served.bare()).unwrap_err();
    let both: Vec<&str> = both.problems().iter().map(Error::message).collect();
    assert_eq!(both, ["SSH needs a private key", "SSH needs known hosts, and there is none"]);
    let known = || served.bare().with_known_hosts(served.server.known_hosts());
    served.fails(&known(), &format!("denied: SSH needs a private key {key}"));
    let token = known().with_credentials(Credentials::basic("git", "hunter2"));
    served.fails(&token, &format!("denied: SSH takes a private key, and no token or password {key}"));
    let no_hosts = served.shown(&text(&served.client));
    served.fails(&no_hosts, &format!("denied: SSH needs known hosts, and there is none {hosts}"));
    let proxied = served.source().with_proxy("http://127.0.0.1:1");
    served.fails(&proxied, &format!("unsupported: SSH goes through no proxy {proxy}"));
    let over_http = GitSource::new("https://127.0.0.1:1/a").with_cache(served.cache.path());
    let over_http = over_http.with_credentials(Credentials::key(text(&served.client)));
    served.fails(&over_http, "denied: a private key is for SSH (url=https://127.0.0.1:1/a)");
    assert_eq!(served.server.asked(), [""; 0]);
}

#[test]
fn a_key_that_the_server_does_not_know_is_named_by_its_fingerprint() {
    let served = Served::new(Command::Git);
    let other = key(P256);
    let fingerprint = other.fingerprint(russh::keys::HashAlg::Sha256);
    let source = served.shown(&text(&other)).with_known_hosts(served.server.known_hosts());
    let error = served.fails(
        &source,
        &format!(
            "denied: the server does not accept the key (user=git, key=ecdsa-sha2-nistp256 {fingerprint}, \
             url=ssh://git@127.0.0.1:PORT/fleet.git)"
        ),
    );
    assert!(error.help().is_some_and(|help| help.contains("deploy keys")));
}

#[test]
fn an_encrypted_key_needs_its_passphrase() {
    let client = key(ED25519);
    let locked = client.encrypt(&mut russh::keys::key::safe_rng(), "hunter2").unwrap();
    let served = Served::with(vec![key(ED25519)], client, Command::Git);
    let source = |phrase: Option<&str>| {
        let key = Credentials::key(text(&locked));
        let key = phrase.into_iter().fold(key, Credentials::with_passphrase);
        served.bare().with_known_hosts(served.server.known_hosts()).with_credentials(key)
    };
    assert!(bring(&source(Some("hunter2\n"))).is_ok(), "as it is read from a file");
    let url = "(option=credentials, url=ssh://git@127.0.0.1:PORT/fleet.git)";
    let wrong = "invalid: the passphrase does not open the private key";
    served.fails(&source(Some("hunter")), &format!("{wrong} {url}"));
    let none = "invalid: the private key is encrypted, and there is no passphrase";
    served.fails(&source(None), &format!("{none} {url}"));
}

#[test]
fn what_a_server_says_on_its_standard_error_is_told() {
    let url = "url=ssh://git@127.0.0.1:PORT";
    let served = Served::new(Command::Git);
    let gone = GitSource::new(served.server.url("gone.git")).with_cache(served.cache.path());
    let gone = gone.with_credentials(Credentials::key(text(&served.client)));
    let gone = gone.with_known_hosts(served.server.known_hosts());
    served.fails(
        &gone,
        &format!(
            "not found: repository not found (server=fatal: 'gone.git' does not appear to be a git repository, {url}/gone.git)"
        ),
    );
    let served = Served::new(Command::Fails("ERROR: Your key is about to \u{1b}[31mexpire.\n"));
    served.fails(
        &served.source(),
        &format!(
            "unavailable: the server gives up (server=ERROR: Your key is about to [31mexpire., exit=1, {url}/fleet.git)"
        ),
    );
    let served = Served::new(Command::Fails(""));
    served.fails(
        &served.source(),
        &format!("unavailable: the server ends the conversation (exit=1, {url}/fleet.git)"),
    );
}

#[test]
fn a_server_that_talks_much_beside_its_answer_is_understood() {
    let served = Served::new(Command::Noisy);
    assert_eq!(read(&bring(&served.source()).unwrap(), "README").unwrap(), "fleet\n");
}

#[test]
fn an_answer_that_breaks_off_leaves_no_commit_behind() {
    let served = Served::new(Command::BreaksOff(4000));
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    let noise: Vec<u8> = (0..20_000).map(|_| noise()).collect();
    served.fleet.repository.commit("main", "noise", &author(), &[Change::file("noise", noise)]).unwrap();
    let revision = resolve(&served.source()).unwrap();
    let error = fetch(&served.source(), &revision).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    let whole = Sshd::new(served.fleet.folder.path(), vec![key(ED25519)], &served.client, Command::Git);
    let source = GitSource::new(whole.url("fleet.git")).with_known_hosts(whole.known_hosts());
    let source =
        source.with_cache(served.cache.path()).with_credentials(Credentials::key(text(&served.client)));
    assert!(fetch(&source, &revision).is_ok());
}

#[test]
fn an_answer_over_the_limit_is_cut_off() {
    let served = Served::new(Command::Git);
    let mut limits = GitLimits::default();
    limits.list_bytes_max = 100;
    served.fails(
        &served.source().with_limits(limits),
        "limit: the answer of the server is too long (list_bytes_max=100, url=ssh://git@127.0.0.1:PORT/fleet.git)",
    );
}

#[test]
fn a_silent_server_and_no_server_are_told_apart() {
    let mut limits = GitLimits::default();
    limits.idle_time_max = Duration::from_millis(50);
    let served = Served::new(Command::Silence);
    // The handshake of a slow machine may take as long; it is the same error.
    let error = resolve(&served.source().with_limits(limits.clone())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
    assert!(error.context("url").is_some());
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = mute.local_addr().unwrap().port();
    let at = |port| {
        let source = GitSource::new(format!("ssh://git@127.0.0.1:{port}/a")).with_cache(served.cache.path());
        let source = source.with_credentials(Credentials::key(text(&served.client)));
        source.with_known_hosts(served.server.known_hosts()).with_limits(limits.clone())
    };
    let error = resolve(&at(port)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
    drop(mute);
    let error = resolve(&at(port)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
}

#[test]
fn a_dropped_call_leaves_the_thread_of_a_silent_server() {
    let served = Served::new(Command::Silence);
    let mut limits = GitLimits::default();
    limits.calls_max = 1;
    limits.idle_time_max = Duration::from_secs(3600);
    let source = served.source().with_limits(limits);
    let cx = context();
    let call = source.resolve(&cx);
    // Polled once, the call has its thread; dropped, it gives the thread back, or the next call would wait for it.
    drop(futures_polled(call));
    let commit = source.clone().commit(&served.fleet.first);
    assert!(block_on(commit.resolve(&context())).is_ok());
}

/// Polls a future once.
fn futures_polled<F: Future + Unpin>(mut future: F) -> F {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let _ = std::pin::Pin::new(&mut future).poll(&mut cx);
    future
}

#[test]
fn many_sources_share_one_cache_and_one_fetch() {
    let served = Served::new(Command::Git);
    let revision = resolve(&served.source()).unwrap();
    served.server.asked();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| fetch(&served.source(), &revision).unwrap());
        }
    });
    assert_eq!(served.server.asked(), [COMMAND], "one fetches, the others wait for it");
}

#[test]
fn a_cache_is_for_those_who_show_the_same_key() {
    let served = Served::new(Command::Git);
    let revision = resolve(&served.source()).unwrap();
    fetch(&served.source(), &revision).unwrap();
    let other = served.shown(&text(&key(ED25519))).with_known_hosts(served.server.known_hosts());
    assert_eq!(fetch(&other, &revision).unwrap_err().kind(), ErrorKind::Denied);
}

#[test]
fn no_secret_is_shown_by_a_source() {
    let client = key(ED25519);
    let text = text(&client);
    let source = GitSource::new("git@example.org:a.git")
        .with_credentials(Credentials::key(&text).with_passphrase("hunter2"))
        .with_known_hosts(format!("example.org {}", key(ED25519).public_key().to_openssh().unwrap()));
    let middle = text.lines().nth(3).unwrap();
    for shown in [format!("{source:?}"), format!("{source:#?}")] {
        assert!(
            !shown.contains(middle) && !shown.contains("hunter2") && !shown.contains("PRIVATE"),
            "{shown}"
        );
        assert!(shown.contains("Credentials(key)"), "{shown}");
    }
}
