//! What is asked of a server, and what becomes of answers that are wrong.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use support::server::{Fault, Server};
use support::{all, bring, bring_in, context, fetch_in, read, resolve_in, shown, whole};
use windlass_bucket::{BucketLimits, BucketSource, Credentials};
use windlass_core::{Limits, TreePath};

fn source(server: &Server) -> BucketSource {
    BucketSource::new(&server.host, "fleet")
        .with_plain_http()
        .with_credentials(Credentials::new("ada", "canary-key").with_session_token("canary-token"))
}

fn three() -> Server {
    let server = Server::new();
    server.put(&[("a.yaml", b"a"), ("sub/b c.yaml", b"b"), ("sub/c.yaml", b"c")]);
    server
}

#[test]
fn a_resolve_lists_all_pages_and_fetches_nothing() {
    let server = three();
    server.page(2);
    resolve_in(&context(), &source(&server)).unwrap();
    let asked = server.asked();
    assert_eq!(
        asked,
        [
            "/fleet?continuation-token=2&encoding-type=url&list-type=2&prefix=",
            "/fleet?encoding-type=url&list-type=2&prefix=",
        ]
    );
}

#[test]
fn a_fetch_brings_only_what_has_changed() {
    let server = three();
    let source = source(&server);
    let first = bring(&source).unwrap();
    assert_eq!(all(&**first.files()), "a.yaml sub/b c.yaml sub/c.yaml");
    server.asked();
    server.put(&[("a.yaml", b"a"), ("sub/c.yaml", b"new"), ("d.yaml", b"d")]);
    let second = bring(&source).unwrap();
    let objects: Vec<String> = server.asked().into_iter().filter(|asked| !asked.contains('?')).collect();
    assert_eq!(objects, ["/fleet/d.yaml", "/fleet/sub/c.yaml"]);
    assert_eq!(read(&second, "sub/c.yaml") + &read(&second, "a.yaml"), "newa");
    assert_eq!(read(&first, "sub/c.yaml"), "c", "an artifact that is held does not change");
    bring(&source).unwrap();
    assert_eq!(server.asked().len(), 1, "nothing has changed, and nothing but the listing is asked for");
}

#[test]
fn a_prefix_is_asked_for_and_stays_in_the_paths() {
    let server = three();
    let artifact = bring(&source(&server).with_prefix("sub/")).unwrap();
    assert_eq!(all(&**artifact.files()), "sub/b c.yaml sub/c.yaml");
    assert!(server.asked().contains(&"/fleet?encoding-type=url&list-type=2&prefix=sub%2F".to_owned()));
}

#[test]
fn a_bucket_that_changes_while_it_is_fetched_is_noticed() {
    let server = three();
    let source = source(&server);
    for name in ["a.yaml", "b.yaml"] {
        server.put(&[("a.yaml", b"a")]);
        let revision = resolve_in(&context(), &source).unwrap();
        server.put(&[(name, b"x")]);
        let found = shown(fetch_in(&context(), &source, &revision));
        assert_eq!(found, "not found: the bucket has changed since it was resolved");
    }
}

#[test]
fn objects_are_verified() {
    let check = |fault, expected: &str| {
        let server = three();
        server.fault(Some(fault));
        assert_eq!(shown(bring(&source(&server))), expected, "{fault:?}");
    };
    check(Fault::Damaged, "corrupt: an object is not the one that its ETag names");
    check(Fault::Short, "corrupt: an object is shorter than the listing says");
    check(Fault::Long, "corrupt: an object is longer than the listing says");
    let plain = "x-amz-server-side-encryption: AES256\r\n";
    check(Fault::Header(plain), "corrupt: an object is not the one that its ETag names");
}

#[test]
fn an_etag_that_is_no_md5_is_not_taken_for_one() {
    let server = three();
    server.tag("a.yaml", "d41d8cd98f00b204e9800998ecf8427e-2");
    assert_eq!(read(&bring(&source(&server)).unwrap(), "a.yaml"), "a");
    for header in [
        "x-amz-server-side-encryption: aws:kms\r\n",
        "x-amz-server-side-encryption-customer-algorithm: AES256\r\n",
        "x-goog-encryption-kms-key-name: k\r\n",
    ] {
        let server = three();
        server.fault(Some(Fault::Header(header)));
        assert_eq!(shown(bring(&source(&server))), "no error", "{header}");
    }
}

#[test]
fn a_refusal_is_told_by_its_code_and_never_by_what_was_shown() {
    let check = |status, body, headers, expected: &str| {
        let server = three();
        server.fault(Some(Fault::Status(status, body, headers)));
        let error = bring(&source(&server)).unwrap_err();
        assert!(!whole(&error).contains("canary"), "{}", whole(&error));
        let said = format!("{}: {}", error.kind().name(), error.message());
        assert_eq!(said, expected);
        error
    };
    let body = "<Error><Code>SignatureDoesNotMatch</Code><Message>canary</Message></Error>";
    check("403 Forbidden", body, "", "denied: the server does not accept the credentials");
    let error = check(
        "403 Forbidden",
        "<Error><Code>AccessDenied</Code></Error>",
        "",
        "denied: the server denies access",
    );
    assert_eq!(error.context("code"), Some("AccessDenied"));
    assert_eq!(error.context("bucket"), Some("fleet"));
    check(
        "404 Not Found",
        "<Error><Code>NoSuchBucket</Code></Error>",
        "",
        "not found: the server has no such bucket",
    );
    check(
        "503 Slow Down",
        "<Error><Code>SlowDown</Code></Error>",
        "",
        "unavailable: the server cannot answer now",
    );
    check("403 Forbidden", "<html>canary", "", "denied: the server denies access");
    let body = "<Error><Code>RequestTimeTooSkewed</Code></Error>";
    check("403 Forbidden", body, "", "unavailable: the clock of this machine and that of the server differ");
    let body = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>";
    let error = check("400 Bad Request", body, "", "invalid: the bucket is in another region");
    assert_eq!(error.help(), Some("say that the region is eu-west-1"));
    let headers = "x-amz-bucket-region: eu-west-1\r\nlocation: http://elsewhere.example/\r\n";
    check("301 Moved Permanently", "", headers, "invalid: the bucket is in another region");
}

#[test]
fn whoever_has_no_credentials_shows_none() {
    let server = three();
    bring(&BucketSource::new(&server.host, "fleet").with_plain_http()).unwrap();
    assert!(server.shown().is_empty());
    bring(&source(&server)).unwrap();
    let shown = server.shown();
    assert_eq!(shown.len(), 4, "the listing and each object: {shown:?}");
    let start = "AWS4-HMAC-SHA256 Credential=ada/";
    assert!(shown.iter().all(|shown| shown.starts_with(start) && shown.contains("x-amz-security-token")));
}

#[test]
fn a_file_over_the_limit_is_listed_and_never_fetched() {
    let server = Server::new();
    server.put(&[("a.yaml", b"a"), ("large.bin", &[0; 100])]);
    let mut limits = Limits::default();
    limits.file_bytes_max = 10;
    let artifact = bring_in(&context().with_limits(limits), &source(&server)).unwrap();
    assert_eq!(all(&**artifact.files()), "a.yaml large.bin");
    let error = artifact.files().read(&TreePath::new("large.bin").unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "the file is too large (path=large.bin, bytes=100, file_bytes_max=10)");
    assert!(!server.asked().contains(&"/fleet/large.bin".to_owned()));
}

#[test]
fn a_listing_without_an_end_and_a_page_that_is_too_long_are_refused() {
    let server = three();
    let mut limits = BucketLimits::default();
    (limits.list_pages_max, limits.list_bytes_max) = (3, 300);
    server.page(1);
    server.fault(Some(Fault::Endless));
    let source = source(&server).with_limits(limits);
    assert_eq!(shown(bring(&source)), "limit: the listing has too many pages");
    server.page(3);
    assert_eq!(shown(bring(&source)), "limit: the answer of the server is too long");
}

#[test]
fn many_objects_are_fetched_at_once_and_stay_in_their_places() {
    let server = Server::new();
    let names: Vec<String> = (0..100).map(|at| format!("{at}.yaml")).collect();
    let objects: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), name.as_bytes())).collect();
    server.put(&objects);
    let artifact = bring(&source(&server)).unwrap();
    assert!(names.iter().all(|name| read(&artifact, name) == *name));
}
