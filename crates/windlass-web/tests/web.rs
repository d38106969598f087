//! What is asked of servers, and who is shown credentials.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use support::server::{Fault, Server};
use support::{all, bring, digest, fetch, packed, read, resolve, shown, whole};
use windlass_web::{ArchiveSource, ChartSource, Credentials, WebLimits};

const SHOWN: &str = "Basic YWRhOmNhbmFyeQ==";

fn ada() -> Credentials {
    Credentials::basic("ada", "canary")
}

fn archive(server: &Server) -> ArchiveSource {
    ArchiveSource::new(server.url("/fleet.tgz")).with_plain_http()
}

fn chart(server: &Server, range: &str) -> ChartSource {
    ChartSource::new(server.url("/charts"), "shop", range).with_plain_http()
}

/// A repository with versions of a chart: each with its address, and with its digest or without.
fn repository(server: &Server, versions: &[(&str, &str, bool)]) {
    let mut index = "entries:\n  shop:\n".to_owned();
    for (version, url, has_digest) in versions {
        let bytes = packed(&[("shop/Chart.yaml", format!("version: {version}\n").as_bytes())], &[]);
        index.push_str(&format!("  - version: {version}\n    name: shop\n    urls: [\"{url}\"]\n"));
        if *has_digest {
            index.push_str(&format!("    digest: {}\n", digest(&bytes)));
        }
        server.put(&format!("/charts/shop-{version}.tgz"), bytes);
    }
    server.put("/charts/index.yaml", index);
}

#[test]
fn a_poll_with_nothing_new_is_one_answer_without_a_body() {
    for validator in ["etag", "last-modified"] {
        let server = Server::new();
        server.validator(Some(validator));
        let bytes = packed(&[("fleet/web.yaml", b"a")], &[]);
        server.put("/fleet.tgz", bytes.clone());
        let source = archive(&server);
        let artifact = bring(&source).unwrap();
        assert_eq!(artifact.revision().id.as_str(), format!("sha256:{}", digest(&bytes)));
        assert_eq!(read(&artifact, "fleet/web.yaml"), "a");
        assert_eq!(server.asked(), ["200 /fleet.tgz"], "a fetch of what was resolved asks nobody");
        bring(&source).unwrap();
        assert_eq!(server.asked(), ["304 /fleet.tgz"]);
        server.put("/fleet.tgz", packed(&[("fleet/web.yaml", b"b")], &[]));
        assert_eq!(read(&bring(&source).unwrap(), "fleet/web.yaml"), "b");
        assert_eq!(server.asked(), ["200 /fleet.tgz"]);
    }
}

#[test]
fn a_server_without_validators_is_asked_for_all_each_time() {
    let server = Server::new();
    server.validator(None);
    server.put("/fleet.tgz", packed(&[("web.yaml", b"a")], &[]));
    let source = archive(&server);
    assert_eq!(resolve(&source).unwrap().id, resolve(&source).unwrap().id);
    assert_eq!(server.asked(), ["200 /fleet.tgz", "200 /fleet.tgz"]);
}

#[test]
fn a_pinned_archive_is_asked_for_once_and_no_other_is_taken() {
    let server = Server::new();
    let bytes = packed(&[("web.yaml", b"a")], &[]);
    server.put("/fleet.tgz", bytes.clone());
    let source = archive(&server).with_digest(format!("sha256:{}", digest(&bytes)));
    resolve(&source).unwrap();
    assert!(server.asked().is_empty(), "its revision is known");
    assert_eq!(read(&bring(&source).unwrap(), "web.yaml"), "a");
    bring(&source).unwrap();
    assert_eq!(server.asked(), ["200 /fleet.tgz"]);
    let other = archive(&server).with_digest(format!("sha256:{}", "0".repeat(64)));
    assert_eq!(shown(bring(&other)), "corrupt: the archive is not the one of the digest");
    let odd = archive(&server).with_digest("sha1:00");
    assert_eq!(shown(bring(&odd)), "invalid: not a digest");
}

#[test]
fn what_is_no_archive_is_refused() {
    let check = |bytes: Vec<u8>, expected: &str| {
        let server = Server::new();
        server.put("/fleet.tgz", bytes);
        let mut limits = WebLimits::default();
        (limits.archive_bytes_max, limits.unpacked_bytes_max) = (1_000, 10_000);
        assert_eq!(shown(bring(&archive(&server).with_limits(limits))), expected);
    };
    check(b"<html>".to_vec(), "invalid: not an archive");
    check(b"PK\x03\x04".to_vec(), "unsupported: an archive of this form is not read");
    check(vec![0; 1_001], "limit: the answer of the server is too long");
    check(packed(&[("a", &[0; 20_000])], &[]), "limit: the archive unpacks to too much");
    let mut cut = packed(&[("a", b"a")], &[]);
    cut.truncate(cut.len() / 2);
    check(cut, "corrupt: the archive is damaged");
}

#[test]
fn a_redirect_to_another_server_takes_no_credentials_along() {
    let (server, other) = (Server::new(), Server::new());
    server.wants(SHOWN);
    server.redirect("/fleet.tgz", &other.url("/store/fleet.tgz"));
    other.put("/store/fleet.tgz", packed(&[("web.yaml", b"a")], &[]));
    bring(&archive(&server).with_credentials(ada())).unwrap();
    assert_eq!(server.asked(), [format!("302 /fleet.tgz {SHOWN}")]);
    assert_eq!(other.asked(), ["200 /store/fleet.tgz"]);
    server.redirect("/fleet.tgz", "/fleet.tgz");
    assert_eq!(shown(bring(&archive(&server).with_credentials(ada()))), "limit: too many redirects");
}

#[test]
fn a_refusal_is_told_without_what_was_shown() {
    let server = Server::new();
    server.wants(SHOWN);
    let wrong = archive(&server).with_credentials(Credentials::bearer("canary"));
    let error = bring(&wrong).unwrap_err();
    assert!(
        !whole(&error).contains("canary") && !format!("{wrong:?}").contains("canary"),
        "{}",
        whole(&error)
    );
    assert_eq!(shown(bring(&wrong)), "denied: the server does not accept the credentials");
    assert_eq!(shown(bring(&archive(&server))), "denied: the server asks for credentials");
    assert_eq!(
        shown(bring(&archive(&server).with_credentials(ada()))),
        "not found: nothing lies at the address"
    );
    server.fault(Some(Fault::Status("503 Service Unavailable")));
    assert_eq!(shown(bring(&archive(&server))), "unavailable: the server cannot answer now");
    let plain = ArchiveSource::new(server.url("/fleet.tgz"));
    assert_eq!(shown(bring(&plain)), "denied: the address is one of plain HTTP");
    let odd = ArchiveSource::new("https://ada:canary@releases.example/a.tgz");
    assert!(!whole(&bring(&odd).unwrap_err()).contains("canary"));
    assert_eq!(shown(bring(&odd)), "invalid: not an address");
}

#[test]
fn a_chart_is_brought_by_the_digest_of_the_index() {
    let server = Server::new();
    repository(&server, &[("1.0.0", "shop-1.0.0.tgz", true), ("1.1.0", "shop-1.1.0.tgz", true)]);
    let source = chart(&server, "1.x");
    let first = resolve(&source).unwrap();
    assert_eq!(first.reference.as_deref(), Some("1.1.0"));
    assert_eq!(server.asked(), ["200 /charts/index.yaml"], "a resolve brings no archive");
    let artifact = fetch(&source, &first).unwrap();
    assert_eq!(all(&**artifact.files()), "shop/Chart.yaml");
    assert_eq!(server.asked(), ["200 /charts/shop-1.1.0.tgz"]);
    resolve(&source).unwrap();
    assert_eq!(server.asked(), ["304 /charts/index.yaml"]);
    let all = [("1.0.0", "shop-1.0.0.tgz", true), ("1.1.0", "shop-1.1.0.tgz", true), ("1.2.0", "x", true)];
    repository(&server, &all);
    assert_eq!(resolve(&source).unwrap().reference.as_deref(), Some("1.2.0"));
    assert_eq!(
        read(&fetch(&source, &first).unwrap(), "shop/Chart.yaml"),
        "version: 1.1.0\n",
        "an older one is there"
    );
    server.put("/charts/shop-1.1.0.tgz", packed(&[("shop/Chart.yaml", b"canary")], &[]));
    assert_eq!(
        shown(fetch(&source, &first)),
        "corrupt: the archive of the chart is not the one that the index names"
    );
    repository(&server, &[("1.0.0", "shop-1.0.0.tgz", true)]);
    resolve(&source).unwrap();
    assert_eq!(
        shown(fetch(&source, &first)),
        "not found: what lies at the address has changed since it was resolved"
    );
}

#[test]
fn a_chart_without_a_digest_in_the_index_is_known_by_its_archive() {
    let server = Server::new();
    repository(&server, &[("1.0.0", "shop-1.0.0.tgz", false)]);
    let source = chart(&server, "");
    let revision = resolve(&source).unwrap();
    fetch(&source, &revision).unwrap();
    resolve(&source).unwrap();
    assert_eq!(
        server.asked(),
        [
            "200 /charts/index.yaml",
            "200 /charts/shop-1.0.0.tgz",
            "304 /charts/index.yaml",
            "304 /charts/shop-1.0.0.tgz",
        ]
    );
    let other = chart(&server, "1.0.0");
    assert_eq!(read(&fetch(&other, &revision).unwrap(), "shop/Chart.yaml"), "version: 1.0.0\n");
}

#[test]
fn credentials_of_a_repository_are_shown_elsewhere_only_where_asked_for() {
    let (server, other) = (Server::new(), Server::new());
    server.wants(SHOWN);
    repository(&other, &[("1.0.0", "x", true)]);
    repository(&server, &[("1.0.0", &other.url("/charts/shop-1.0.0.tgz"), true)]);
    bring(&chart(&server, "").with_credentials(ada())).unwrap();
    assert_eq!(other.asked(), ["200 /charts/shop-1.0.0.tgz"]);
    bring(&chart(&server, "").with_credentials(ada()).with_passed_credentials()).unwrap();
    assert_eq!(other.asked(), [format!("200 /charts/shop-1.0.0.tgz {SHOWN}")]);
}

#[test]
fn what_a_repository_lacks_is_named() {
    let server = Server::new();
    repository(&server, &[("1.0.0", "oci://registry.example/shop", true)]);
    let check = |range: &str, expected: &str| assert_eq!(shown(bring(&chart(&server, range))), expected);
    check("2.x", "not found: no version of the chart is in the range");
    check("newest", "invalid: not a range of versions");
    check("", "unsupported: the index names a chart in a registry");
    let none = ChartSource::new(server.url("/charts"), "nothing", "").with_plain_http();
    assert_eq!(shown(bring(&none)), "not found: the repository has no such chart");
    let nowhere = ChartSource::new(server.url("/elsewhere"), "shop", "").with_plain_http();
    assert_eq!(shown(bring(&nowhere)), "not found: nothing lies at the address");
}
