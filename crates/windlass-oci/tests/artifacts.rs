//! What becomes of artifacts: resolved by tag, range and digest, fetched, verified, unpacked.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use support::registry::{Door, Fault, Server};
use support::{Layer, all, bring, fetch, manifest, packed, path, put, read, resolve, shown};
use tar::EntryType;
use windlass_core::{Digest, ErrorKind, Revision};
use windlass_oci::{LayerSelector, OciLimits, OciSource, Operation};

const FLUX: &str = "application/vnd.cncf.flux.content.v1.tar+gzip";
const CHART: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
const PLAIN: &str = "application/vnd.oci.image.layer.v1.tar";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const FILE: EntryType = EntryType::Regular;

fn open() -> Server {
    Server::new(Door::Open)
}

fn source(server: &Server) -> OciSource {
    OciSource::new(server.url("fleet/shop")).with_plain_http()
}

/// One archive with one file.
fn archive(content: &str) -> Vec<Layer<'static>> {
    vec![Layer::of(FLUX, packed(&[(EntryType::Directory, ".", b""), (FILE, "web.yaml", content.as_bytes())]))]
}

#[test]
fn a_poll_with_nothing_new_is_one_request_without_a_body() {
    let server = open();
    let digest = put(&server, "fleet/shop", "latest", &archive("a"));
    let revision = resolve(&source(&server)).unwrap();
    assert_eq!(revision.to_string(), format!("latest@{digest}"), "as Flux writes it");
    assert_eq!(server.lines(), ["HEAD /v2/fleet/shop/manifests/latest"]);
}

#[test]
fn a_digest_is_resolved_without_a_request_and_fetched() {
    let server = open();
    let digest = put(&server, "fleet/shop", "v1", &archive("a")).to_string();
    let source = source(&server).digest(&digest);
    let revision = resolve(&source).unwrap();
    assert_eq!((revision.to_string(), server.lines()), (digest, Vec::new()));
    assert_eq!(read(&fetch(&source, &revision).unwrap(), "web.yaml"), "a");
    assert_eq!(server.lines().len(), 2, "the manifest and its layer");
}

#[test]
fn a_range_is_resolved_over_all_pages_of_tags() {
    let server = open();
    server.page(2);
    for tag in ["v1.2.0", "1.9.0", "1.10.0", "v2.0.0", "1.11.0-rc.1", "latest", "sha256-abc.sig"] {
        put(&server, "fleet/shop", tag, &archive(tag));
    }
    let revision = resolve(&source(&server).semver("1.x")).unwrap();
    assert!(revision.to_string().starts_with("1.10.0@sha256:"), "{revision}");
    let lines = server.lines();
    assert_eq!(lines.iter().filter(|line| line.contains("/tags/list")).count(), 4);
    assert_eq!(lines.last().unwrap(), "HEAD /v2/fleet/shop/manifests/1.10.0");
    let revision = resolve(&source(&server).semver(">=1.0.0-0 <2")).unwrap();
    assert!(revision.to_string().starts_with("1.11.0-rc.1@"), "{revision}");
    let none = resolve(&source(&server).semver(">=3"));
    assert_eq!(shown(none), "not found: no tag is in the range");
}

#[test]
fn a_list_of_tags_that_goes_on_elsewhere_or_for_ever_is_refused() {
    let (server, other) = (open(), open());
    put(&server, "fleet/shop", "v1.0.0", &archive("a"));
    server.fault(Fault::TagsAt(other.origin.clone()));
    let there = resolve(&source(&server).semver("1.x"));
    assert_eq!(shown(there), "denied: the list of tags goes on elsewhere");
    assert_eq!(other.lines(), Vec::<String>::new());
    server.fault(Fault::TagsAt(server.origin.clone()));
    let mut limits = OciLimits::default();
    limits.list_pages_max = 3;
    let endless = resolve(&source(&server).semver("1.x").with_limits(limits));
    assert_eq!(shown(endless), "limit: the list of tags has too many pages");
}

#[test]
fn a_registry_that_knows_no_head_is_asked_for_the_manifest() {
    let server = open();
    let digest = put(&server, "fleet/shop", "latest", &archive("a"));
    server.fault(Fault::NoHead);
    assert_eq!(resolve(&source(&server)).unwrap().id.as_str(), digest.to_string());
}

#[test]
fn what_is_not_there_is_not_found() {
    let server = open();
    put(&server, "fleet/shop", "latest", &archive("a"));
    let tag = resolve(&source(&server).tag("none"));
    assert_eq!(shown(tag), "not found: the registry has no such artifact");
    let of_git = fetch(&source(&server), &Revision::new("sha1:1234"));
    assert_eq!(shown(of_git), "not found: no revision of a registry");
}

#[test]
fn the_first_layer_is_taken_as_flux_takes_it() {
    let server = open();
    let mut layers = archive("a");
    layers.extend(archive("b"));
    put(&server, "fleet/shop", "latest", &layers);
    let artifact = bring(&source(&server)).unwrap();
    assert_eq!((all(&**artifact.files()), read(&artifact, "web.yaml")), ("web.yaml".into(), "a".into()));
}

#[test]
fn a_layer_is_chosen_by_its_media_type() {
    let server = open();
    let chart = packed(&[(FILE, "shop/Chart.yaml", b"name: shop"), (FILE, "shop/values.yaml", b"")]);
    let provenance = Layer::of("application/vnd.cncf.helm.chart.provenance.v1.prov", "signed");
    put(&server, "fleet/shop", "latest", &[provenance, Layer::of(CHART, chart.clone())]);
    let chosen = |selector| bring(&source(&server).with_layer(selector));
    let artifact = chosen(LayerSelector::media_type(CHART)).unwrap();
    assert_eq!(all(&**artifact.files()), "shop/Chart.yaml shop/values.yaml");
    let copied = chosen(LayerSelector::media_type(CHART).with_operation(Operation::Copy)).unwrap();
    assert_eq!(copied.files().read(&path("layer.tar.gz")).unwrap(), chart);
    let none = chosen(LayerSelector::media_type("text/none"));
    assert_eq!(shown(none), "not found: the artifact has no such layer");
    let first = bring(&source(&server));
    assert_eq!(shown(first), "invalid: the layer is no archive");
}

#[test]
fn files_and_folders_that_oras_named_are_laid_out() {
    let server = open();
    let mut folder = Layer::of(PLAIN, packed(&[(EntryType::Directory, "sub/", b""), (FILE, "sub/b", b"2")]));
    (folder.title, folder.unpack) = (Some("sub"), true);
    let files = [Layer::of(PLAIN, "1").titled("a.yaml"), Layer::of(PLAIN, "").titled("deep/empty"), folder];
    put(&server, "fleet/shop", "latest", &files);
    let artifact = bring(&source(&server)).unwrap();
    assert_eq!(all(&**artifact.files()), "a.yaml deep/empty sub/b");
    assert_eq!((read(&artifact, "a.yaml"), read(&artifact, "sub/b")), ("1".into(), "2".into()));
}

#[test]
fn a_name_that_oras_gave_leads_nowhere_else() {
    for (title, expected) in [
        ("../a", "invalid: the archive has a path that leads upwards"),
        ("/etc/passwd", "invalid: the archive has an absolute path"),
        (".", "invalid: the artifact has a file without a name"),
    ] {
        let server = open();
        put(&server, "fleet/shop", "latest", &[Layer::of(PLAIN, "1").titled(title)]);
        assert_eq!(shown(bring(&source(&server))), expected, "{title}");
    }
}

#[test]
fn a_layer_that_is_not_what_the_manifest_says_is_given_to_nobody() {
    let server = open();
    put(&server, "fleet/shop", "latest", &archive("a"));
    for (fault, expected) in [
        (Fault::Damaged, "corrupt: a layer is not the one that the manifest names"),
        (Fault::Short, "corrupt: a layer is shorter than the manifest says"),
        (Fault::Long, "corrupt: a layer is longer than the manifest says"),
    ] {
        server.fault(fault.clone());
        assert_eq!(shown(bring(&source(&server))), expected, "{fault:?}");
    }
}

#[test]
fn a_manifest_that_is_not_the_one_asked_for_is_refused() {
    let server = open();
    let digest = put(&server, "fleet/shop", "latest", &archive("a"));
    server.swap_manifest("fleet/shop", digest, manifest(&server, &archive("b")).as_bytes());
    let swapped = fetch(&source(&server), &Revision::new(digest.to_string()));
    assert_eq!(shown(swapped), "corrupt: the registry gives another manifest than was asked for");
}

#[test]
fn layers_that_are_too_large_are_not_even_asked_for() {
    let server = open();
    put(&server, "fleet/shop", "latest", &archive("a"));
    let mut limits = OciLimits::default();
    limits.layer_bytes_max = 10;
    let source = source(&server).with_limits(limits);
    assert_eq!(shown(bring(&source)), "limit: the layers of the artifact are too large");
    assert!(!server.lines().iter().any(|line| line.contains("/blobs/")));
}

#[test]
fn of_an_index_the_manifest_of_the_platform_is_taken_and_the_revision_is_that_of_the_index() {
    let server = open();
    let part = |architecture: &str, content: &str| {
        let manifest = manifest(&server, &archive(content));
        let digest = Digest::of(manifest.as_bytes());
        server.put_manifest("fleet/shop", &digest.to_string(), "m", manifest.as_bytes());
        format!(
            r#"{{"mediaType":"m","size":{},"digest":"{digest}","platform":{{"os":"linux","architecture":"{architecture}"}}}}"#,
            manifest.len()
        )
    };
    let index =
        format!(r#"{{"schemaVersion":2,"manifests":[{},{}]}}"#, part("arm64", "arm"), part("amd64", "amd"));
    let digest = server.put_manifest("fleet/shop", "latest", INDEX, index.as_bytes());
    let artifact = bring(&source(&server)).unwrap();
    assert_eq!(
        (read(&artifact, "web.yaml"), artifact.revision().id.to_string()),
        ("amd".into(), digest.to_string())
    );
    let arm = bring(&source(&server).with_platform("linux/arm64")).unwrap();
    assert_eq!(read(&arm, "web.yaml"), "arm");
    let error = bring(&source(&server).with_platform("linux/s390x")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.context("there").unwrap().starts_with("linux/arm64 sha256:"), "{error}");
}

#[test]
fn what_the_artifact_says_of_its_making_is_told_without_a_password() {
    let server = open();
    let layers = archive("a");
    let manifest = manifest(&server, &layers);
    let with = |source: &str| {
        let annotations = format!(
            r#","annotations":{{"org.opencontainers.image.created":"2026-01-02T03:04:05Z","org.opencontainers.image.revision":"main@sha1:1234","org.opencontainers.image.source":"{source}"}}}}"#
        );
        let manifest = format!("{}{annotations}", manifest.strip_suffix('}').unwrap());
        server.put_manifest("fleet/shop", "latest", "m", manifest.as_bytes());
        bring(&source_of(&server)).unwrap().revision().clone()
    };
    let revision = with("https://example.org/fleet");
    assert_eq!(revision.message.unwrap(), "main@sha1:1234 of https://example.org/fleet");
    assert_eq!(revision.time.unwrap().to_string(), "2026-01-02T03:04:05Z");
    assert_eq!(with("https://ada:canary@example.org/fleet").message.unwrap(), "main@sha1:1234");
}

fn source_of(server: &Server) -> OciSource {
    source(server)
}

#[test]
fn answers_that_are_none_are_told() {
    let server = open();
    put(&server, "fleet/shop", "latest", &archive("a"));
    for (status, expected) in [
        ("403 Forbidden", "denied: the registry denies access"),
        ("429 Too Many Requests", "unavailable: the registry cannot answer now"),
        ("500 Internal Server Error", "unavailable: the registry cannot answer now"),
        ("418 I'm a teapot", "invalid: the registry gives an answer that none gives"),
        ("301 Moved Permanently", "invalid: a redirect that leads to no address"),
    ] {
        server.fault(Fault::Status(status, String::new()));
        assert_eq!(shown(resolve(&source(&server))), expected, "{status}");
    }
    let none = OciSource::new("oci://127.0.0.1:1/a").with_plain_http();
    assert_eq!(shown(resolve(&none)), "unavailable: the registry cannot be reached");
    let tagged = OciSource::new("oci://registry.example/fleet/shop:v1");
    assert_eq!(shown(resolve(&tagged)), "invalid: the address has a tag");
}
