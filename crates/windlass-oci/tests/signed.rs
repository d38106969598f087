//! Artifacts that must be signed: those that cosign 3.1.3 signed for windlass-verify's `tests/cosign/make.sh`, laid into a
//! registry in both forms.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use std::path::{Path, PathBuf};

use support::registry::{Door, Fault, Server};
use support::{bring, read, shown};
use windlass_core::{Digest, Error, ErrorKind};
use windlass_oci::{OciLimits, OciSource, Verification};
use windlass_verify::sigstore::{PublicKeys, Signers};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const KINDS: [&str; 5] = ["p256", "p384", "p521", "ed25519", "rsa"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../windlass-verify/tests/cosign")
}

fn bytes(path: &str) -> Vec<u8> {
    std::fs::read(folder().join(path)).unwrap()
}

fn text(path: &str) -> String {
    String::from_utf8(bytes(path)).unwrap()
}

fn keys(kinds: &[&str]) -> PublicKeys {
    kinds
        .iter()
        .fold(PublicKeys::new(), |keys, kind| keys.with_pem(&text(&format!("{kind}/key.pub"))).unwrap())
}

/// A registry with the artifact, which nobody signed yet.
fn registry() -> (Server, Digest) {
    let server = Server::new(Door::Open);
    server.put_blob(&bytes("artifact/config.json"));
    server.put_blob(&bytes("artifact/layer.tgz"));
    let digest = server.put_manifest("fleet/shop", "v1", MANIFEST, &bytes("artifact/manifest.json"));
    (server, digest)
}

fn tag(digest: Digest) -> String {
    digest.to_string().replace(':', "-")
}

/// Lays the signature of the older form into the registry.
fn put_simple(server: &Server, digest: Digest, manifest: &str, payload: &[u8]) {
    server.put_blob(payload);
    server.put_manifest("fleet/shop", &format!("{}.sig", tag(digest)), MANIFEST, manifest.as_bytes());
}

/// Lays bundles into the registry, and lists them under the tag that is for that.
fn put_bundles(server: &Server, digest: Digest, bundles: &[String]) {
    let listed: Vec<String> = bundles.iter().map(|bundle| put_bundle(server, bundle)).collect();
    let index =
        format!("{{\"schemaVersion\":2,\"mediaType\":\"{INDEX}\",\"manifests\":[{}]}}", listed.join(","));
    server.put_manifest("fleet/shop", &tag(digest), INDEX, index.as_bytes());
}

fn put_bundle(server: &Server, bundle: &str) -> String {
    const TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
    let (config, blob) = (server.put_blob(b"{}"), server.put_blob(bundle.as_bytes()));
    let manifest = format!(
        "{{\"schemaVersion\":2,\"artifactType\":\"{TYPE}\",\"config\":{{\"mediaType\":\"e\",\"size\":2,\"digest\":\"{config}\"}},\
         \"layers\":[{{\"mediaType\":\"{TYPE}\",\"size\":{},\"digest\":\"{blob}\"}}]}}",
        bundle.len()
    );
    let digest = server.put_manifest(
        "fleet/shop",
        &Digest::of(manifest.as_bytes()).to_string(),
        MANIFEST,
        manifest.as_bytes(),
    );
    format!(
        "{{\"mediaType\":\"{MANIFEST}\",\"size\":{},\"digest\":\"{digest}\",\"artifactType\":\"{TYPE}\"}}",
        manifest.len()
    )
}

fn bundle(kind: &str) -> String {
    text(&format!("{kind}/bundle.json"))
}

fn source(server: &Server, kinds: &[&str]) -> OciSource {
    let verification = Verification::new(Signers::keys(keys(kinds)));
    OciSource::new(server.url("fleet/shop")).tag("v1").with_plain_http().with_verification(verification)
}

fn why(source: &OciSource) -> String {
    let error: Error = bring(source).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Denied, "no trusted signature"), "{error:?}");
    assert!(
        error.help().is_some() && error.context("digest").is_some() && error.context("repository").is_some()
    );
    error.context("why").unwrap().to_owned()
}

#[test]
fn what_a_trusted_key_signed_is_given_out_and_says_who_signed_it() {
    for kind in KINDS {
        for is_bundle in [true, false] {
            let (server, digest) = registry();
            match is_bundle {
                true => put_bundles(&server, digest, &[bundle(kind)]),
                false => {
                    let payload = bytes(&format!("{kind}/payload.json"));
                    put_simple(&server, digest, &text(&format!("{kind}/simple.json")), &payload);
                }
            }
            let artifact = bring(&source(&server, &["p256", kind])).unwrap();
            assert!(read(&artifact, "web.yaml").contains("ConfigMap"), "{kind}");
            let fingerprint = keys(&[kind]).fingerprints().remove(0);
            assert_eq!(artifact.revision().signer.as_deref(), Some(&fingerprint[..]), "{kind}");
            let others: Vec<&str> = KINDS.into_iter().filter(|other| *other != kind).collect();
            assert_eq!(why(&source(&server, &others)), "none of the given keys made the signature", "{kind}");
        }
    }
}

#[test]
fn what_nobody_signed_is_not_given_out_and_no_layer_of_it_is_asked_for() {
    let (server, digest) = registry();
    assert_eq!(why(&source(&server, &["p256"])), "nobody signed it");
    let hex = &digest.to_string()[..9];
    let tags = format!("GET /v2/fleet/shop/manifests/{}", tag(digest));
    assert_eq!(
        server.lines(),
        [
            "HEAD /v2/fleet/shop/manifests/v1".to_owned(),
            format!("GET /v2/fleet/shop/manifests/{hex}…"),
            format!("GET /v2/fleet/shop/referrers/{hex}…"),
            tags.clone(),
            format!("{tags}.sig"),
        ]
    );
}

#[test]
fn a_signature_of_another_artifact_does_not_count() {
    let (server, digest) = registry();
    let other = server.put_manifest(
        "fleet/shop",
        "v1",
        MANIFEST,
        text("artifact/manifest.json").replace("\"r\"", "\"q\"").as_bytes(),
    );
    assert_ne!(other, digest);
    put_bundles(&server, other, &[bundle("p256")]);
    let said = format!("the signature is of another artifact (signed={digest})");
    assert_eq!(why(&source(&server, &["p256"])), said);
    put_bundles(&server, other, &[]);
    put_simple(&server, other, &text("p256/simple.json"), &bytes("p256/payload.json"));
    assert_eq!(why(&source(&server, &["p256"])), said);
}

#[test]
fn one_signature_that_counts_is_enough_and_the_others_are_told_where_none_does() {
    let (server, digest) = registry();
    let bundles = ["{}".to_owned(), bundle("rsa"), bundle("p256"), bundle("p384")];
    put_bundles(&server, digest, &bundles);
    let artifact = bring(&source(&server, &["p256"])).unwrap();
    assert_eq!(artifact.revision().signer.as_deref(), Some(&keys(&["p256"]).fingerprints()[0][..]));
    assert_eq!(
        why(&source(&server, &["ed25519"])),
        "the signature cannot be read (bundle); none of the given keys made the signature"
    );
    // The older form counts beside bundles that do not.
    put_simple(&server, digest, &text("ed25519/simple.json"), &bytes("ed25519/payload.json"));
    assert!(bring(&source(&server, &["ed25519"])).is_ok());
}

#[test]
fn a_registry_that_lists_what_refers_to_an_artifact_is_asked_for_no_tag() {
    let (server, digest) = registry();
    let listed = put_bundle(&server, &bundle("p256"));
    let other = listed.replace("vnd.dev.sigstore.bundle.v0.3", "spdx").replacen("sha256:", "sha256:0", 1);
    let index = format!("{{\"schemaVersion\":2,\"mediaType\":\"{INDEX}\",\"manifests\":[{other},{listed}]}}");
    server.put_referrers("fleet/shop", digest, index.as_bytes());
    assert!(bring(&source(&server, &["p256"])).is_ok());
    let lines = server.lines();
    assert_eq!(lines.iter().filter(|line| line.contains("/manifests/sha256-")).count(), 0, "{lines:?}");
}

#[test]
fn a_signature_that_the_registry_damages_does_not_count() {
    let (server, digest) = registry();
    put_bundles(&server, digest, &[bundle("p256")]);
    server.fault(Fault::Damaged);
    assert!(
        why(&source(&server, &["p256"])).starts_with("the registry gives another blob than was asked for")
    );
}

#[test]
fn too_many_or_too_large_signatures_are_refused() {
    let (server, digest) = registry();
    let mut limits = OciLimits::default();
    (limits.signatures_max, limits.signature_bytes_max) = (2, 700);
    let limited = |kind: &str| source(&server, &[kind]).with_limits(limits.clone());
    put_bundles(&server, digest, &[bundle("p256"), bundle("p256"), bundle("p256")]);
    assert_eq!(shown(bring(&limited("rsa"))), "limit: the artifact has too many signatures");
    assert!(bring(&limited("p256")).is_ok(), "the first counts");
    put_bundles(&server, digest, &[bundle("rsa")]);
    assert!(why(&limited("rsa")).contains("signature_bytes_max=700"));
}

#[test]
fn a_registry_that_fails_is_not_one_without_signatures() {
    let (server, digest) = registry();
    put_bundles(&server, digest, &[bundle("p256")]);
    let source = source(&server, &["p256"]);
    let revision = support::resolve(&source).unwrap();
    server.fault(Fault::Status("503 Service Unavailable", String::new()));
    let error = support::fetch(&source, &revision).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}
