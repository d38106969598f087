//! Against a real server, versitygw, and the library by which Flux speaks to one, minio-go.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../../../windlass-oci/tests/peers/go.rs"]
mod go;
mod programs;

use std::time::{Duration, SystemTime};

use programs::{Gateway, KEYS};
use support::{all, bring_in, fetch_in, read, resolve_in, shown, whole};
use windlass_bucket::{BucketSource, Credentials};
use windlass_core::{Clock, Context, Now, Timestamp, async_trait};
use windlass_testkit::TestClock;

/// The time of a real server: a signature is good for some minutes.
#[derive(Debug)]
struct Today(TestClock);

#[async_trait]
impl Clock for Today {
    fn now(&self) -> Now {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        Now { wall: Timestamp::from_unix(since.as_secs()), ..self.0.now() }
    }

    async fn sleep(&self, wait: Duration) {
        self.0.sleep(wait).await;
    }
}

fn today() -> Context {
    Context::new(Today(TestClock::new()))
}

fn source(gateway: &Gateway) -> BucketSource {
    let keys = Credentials::new(KEYS.0, KEYS.1);
    BucketSource::new(&gateway.host, "fleet").with_plain_http().with_credentials(keys)
}

fn put(gateway: &Gateway, files: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    gateway.peer(&["put", "fleet", folder.path().to_str().unwrap()]);
}

/// Keys that have to be escaped in paths, in queries, in XML and in signatures.
const ODD: [(&str, &str); 8] = [
    ("a.yaml", "a\n"),
    ("sub/b c+d.yaml", "b\n"),
    ("sub/ü&<>'\".yaml", "c\n"),
    ("sub/%2F~!*().yaml", "d\n"),
    ("sub/=?#@:;,$.yaml", "e\n"),
    ("sub/[x]{y}|^`.yaml", "f\n"),
    ("sub.yaml", ""),
    ("日本/語.yaml", "g\n"),
];

#[test]
fn files_and_revision_are_those_that_fluxs_library_sees() {
    let gateway = Gateway::start();
    put(&gateway, &ODD);
    let source = source(&gateway);
    let artifact = bring_in(&today(), &source).unwrap();
    let mut names: Vec<&str> = ODD.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    assert_eq!(all(&**artifact.files()), names.join(" "));
    for (name, content) in ODD {
        assert_eq!(read(&artifact, name), content, "{name}");
    }
    assert_eq!(artifact.revision().id.as_str(), gateway.peer(&["revision", "fleet", ""]).trim());
    let below = resolve_in(&today(), &source.with_prefix("sub/")).unwrap();
    assert_eq!(below.id.as_str(), gateway.peer(&["revision", "fleet", "sub/"]).trim());
}

#[test]
fn a_bucket_of_several_pages_is_read_whole() {
    let gateway = Gateway::start();
    let names: Vec<String> = (0..1_100).map(|at| format!("apps/{at}.yaml")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), name.as_str())).collect();
    put(&gateway, &files);
    let artifact = bring_in(&today(), &source(&gateway)).unwrap();
    assert!(names.iter().all(|name| read(&artifact, name) == *name));
    assert_eq!(artifact.revision().id.as_str(), gateway.peer(&["revision", "fleet", ""]).trim());
}

#[test]
fn what_was_uploaded_in_parts_has_an_etag_of_another_form_and_is_read() {
    let gateway = Gateway::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large");
    std::fs::write(&file, "0123456789".repeat(600_000)).unwrap();
    gateway.peer(&["parts", "fleet", "large.txt", file.to_str().unwrap()]);
    let artifact = bring_in(&today(), &source(&gateway)).unwrap();
    assert_eq!(read(&artifact, "large.txt").len(), 6_000_000);
}

#[test]
fn a_change_is_seen_and_what_changes_under_a_fetch_is_refused() {
    let gateway = Gateway::start();
    put(&gateway, &[("a.yaml", "one"), ("b.yaml", "b")]);
    let source = source(&gateway);
    let first = resolve_in(&today(), &source).unwrap();
    put(&gateway, &[("a.yaml", "two")]);
    let gone = "not found: the bucket has changed since it was resolved";
    assert_eq!(shown(fetch_in(&today(), &source, &first)), gone);
    let second = bring_in(&today(), &source).unwrap();
    assert_ne!(second.revision().id, first.id);
    assert_eq!(read(&second, "a.yaml"), "two");
    gateway.peer(&["remove", "fleet", "b.yaml"]);
    assert_eq!(all(&**bring_in(&today(), &source).unwrap().files()), "a.yaml");
}

#[test]
fn what_a_real_server_refuses_is_told_in_words() {
    let gateway = Gateway::start();
    let refused = |source: &BucketSource, context: &Context| {
        let error = resolve_in(context, source).unwrap_err();
        assert!(!whole(&error).contains("canary"), "{}", whole(&error));
        let code = error.context("code").unwrap_or_default().to_owned();
        format!("{}: {} ({code})", error.kind().name(), error.message())
    };
    let with = |key: &str, secret: &str| source(&gateway).with_credentials(Credentials::new(key, secret));
    let denied = "denied: the server does not accept the credentials";
    assert_eq!(refused(&with(KEYS.0, "canary-wrong"), &today()), format!("{denied} (SignatureDoesNotMatch)"));
    let open = BucketSource::new(&gateway.host, "fleet").with_plain_http();
    assert_eq!(refused(&open, &today()), "denied: the server denies access (AccessDenied)");
    let keys = Credentials::new(KEYS.0, KEYS.1);
    let none = BucketSource::new(&gateway.host, "nothing").with_plain_http().with_credentials(keys);
    assert_eq!(refused(&none, &today()), "not found: the server has no such bucket (NoSuchBucket)");
    let late = "unavailable: the clock of this machine and that of the server differ (RequestTimeTooSkewed)";
    assert_eq!(refused(&source(&gateway), &support::context()), late);
    let elsewhere = refused(&source(&gateway).with_region("eu-west-1"), &today());
    assert_eq!(elsewhere, "invalid: the bucket is in another region (AuthorizationHeaderMalformed)");
}
