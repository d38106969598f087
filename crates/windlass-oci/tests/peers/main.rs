//! Flux's own library and ORAS push what we read, and read what we push, and cosign signs it, over Debian's registry.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "../../../windlass-verify/tests/authority/mod.rs"]
mod authority;
mod cosign;
mod go;
mod programs;
mod signed;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;

use programs::{Registry, flux, oras};
use support::{all, bring, folder, package, push, read};
use windlass_core::Timestamp;
use windlass_oci::{LayerSelector, OciSource, Operation, Push};

const FILES: [(&str, &str); 4] =
    [("a.yaml", "a: 1\n"), ("sub/b.yaml", "b\n"), ("sub.yaml", "c\n"), ("sub/deeper/empty", "")];

fn source(registry: &Registry, repository: &str) -> OciSource {
    OciSource::new(format!("oci://{}/{repository}", registry.host)).tag("v1").with_plain_http()
}

fn to(registry: &Registry, repository: &str) -> Push {
    Push::to(format!("oci://{}/{repository}:v1", registry.host))
        .with_plain_http()
        .with_source("s")
        .with_revision("r")
        .with_created(Timestamp::from_unix(0))
}

fn content(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn what_flux_pushes_is_read() {
    let (registry, files) = (Registry::start(), folder(&FILES));
    let address = format!("{}/fleet/shop:v1", registry.host);
    let pushed = flux(&["push", &address, files.path().to_str().unwrap()]);
    let artifact = bring(&source(&registry, "fleet/shop")).unwrap();
    let digest = pushed.trim().rsplit_once('@').unwrap().1;
    assert_eq!(artifact.revision().to_string(), format!("v1@{digest}"));
    assert_eq!(artifact.revision().message.as_deref(), Some("r of s"));
    assert_eq!(all(&**artifact.files()), "a.yaml sub.yaml sub/b.yaml sub/deeper/empty");
    assert_eq!(read(&artifact, "sub/b.yaml"), "b\n");
}

#[test]
fn what_is_pushed_is_read_by_flux() {
    let (registry, files) = (Registry::start(), folder(&FILES));
    let pushed = push(&to(&registry, "fleet/shop"), files.path()).unwrap();
    let into = tempfile::tempdir().unwrap();
    let said = flux(&["pull", &format!("{}/fleet/shop:v1", registry.host), into.path().to_str().unwrap()]);
    assert_eq!(said.trim(), format!("s r {}/fleet/shop@{}", registry.host, pushed.digest));
    for (path, expected) in FILES {
        assert_eq!(content(&into.path().join(path)), expected, "{path}");
    }
    let again = bring(&source(&registry, "fleet/shop")).unwrap();
    assert_eq!(again.revision().id.to_string(), pushed.digest.to_string());
}

/// Names that fit into a header, that need a prefix, and that need a header of their own.
#[test]
fn an_archive_is_that_of_flux_whatever_its_names() {
    let long = "n".repeat(90);
    let names = [
        "a".to_owned(),
        "päth/ü.yaml".to_owned(),
        format!("{long}/{long}"),
        format!("m/{long}/{long}/{long}"),
        "x".repeat(120),
        format!("{}/y", "d".repeat(160)),
        format!("{}/{}", "d".repeat(140), "y".repeat(100)),
        "d/.hidden".to_owned(),
        "d.yaml".to_owned(),
    ];
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    let (registry, files) = (Registry::start(), folder(&files));
    flux(&["push", &format!("{}/fleet/names:v1", registry.host), files.path().to_str().unwrap()]);
    let config = oras(
        files.path(),
        &["manifest", "fetch-config", "--plain-http", &format!("{}/fleet/names:v1", registry.host)],
    );
    let config: serde_json::Value = serde_json::from_str(&config).unwrap();
    let ours = package(files.path()).unpacked_digest().to_string();
    assert_eq!(config["rootfs"]["diff_ids"][0], ours.as_str());
    let artifact = bring(&source(&registry, "fleet/names")).unwrap();
    let mut expected = names.to_vec();
    expected.sort();
    assert_eq!(all(&**artifact.files()), expected.join(" "));
}

#[test]
fn what_oras_pushes_is_read_as_files_and_folders() {
    let (registry, files) = (Registry::start(), folder(&FILES));
    let address = format!("{}/fleet/plain:v1", registry.host);
    oras(files.path(), &["push", "--plain-http", &address, "a.yaml", "sub.yaml:text/yaml", "sub"]);
    let artifact = bring(&source(&registry, "fleet/plain")).unwrap();
    assert_eq!(all(&**artifact.files()), "a.yaml sub.yaml sub/b.yaml sub/deeper/empty");
    assert_eq!(read(&artifact, "sub/b.yaml"), "b\n");
    let one = LayerSelector::media_type("text/yaml").with_operation(Operation::Copy);
    assert_eq!(all(&**bring(&source(&registry, "fleet/plain").with_layer(one)).unwrap().files()), "sub.yaml");
}

#[test]
fn what_is_pushed_is_read_by_oras() {
    let (registry, files) = (Registry::start(), folder(&FILES));
    let pushed = push(&to(&registry, "fleet/shop"), files.path()).unwrap();
    let address = format!("{}/fleet/shop:v1", registry.host);
    assert_eq!(oras(files.path(), &["resolve", "--plain-http", &address]).trim(), pushed.digest.to_string());
    let layer = format!("{}/fleet/shop@{}", registry.host, package(files.path()).digest());
    oras(files.path(), &["blob", "fetch", "--plain-http", "--output", "layer.tgz", &layer]);
    assert!(files.path().join("layer.tgz").metadata().unwrap().len() > 0);
}

#[test]
fn a_range_is_resolved_over_many_tags_of_a_real_registry() {
    let (registry, files) = (Registry::start(), folder(&FILES));
    push(&to(&registry, "fleet/shop"), files.path()).unwrap();
    let address = format!("{}/fleet/shop:v1", registry.host);
    let tags: Vec<String> = (0..30).map(|minor| format!("v1.{minor}.0")).collect();
    let mut args = vec!["tag", "--plain-http", &address];
    args.extend(tags.iter().map(String::as_str));
    oras(files.path(), &args);
    let revision = support::resolve(&source(&registry, "fleet/shop").semver("<1.20")).unwrap();
    assert!(revision.to_string().starts_with("v1.19.0@sha256:"), "{revision}");
}

#[test]
fn an_index_that_oras_made_is_read_by_its_platform() {
    let (registry, files) = (Registry::start(), folder(&FILES));
    let address = |tag: &str| format!("{}/fleet/many:{tag}", registry.host);
    for (platform, file) in [("linux/amd64", "a.yaml"), ("linux/arm64", "sub.yaml")] {
        let tag = platform.replace('/', "-");
        let config = format!("{{\"architecture\":\"{}\",\"os\":\"linux\"}}", &platform[6..]);
        std::fs::write(files.path().join("config.json"), config).unwrap();
        let config = "config.json:application/vnd.oci.image.config.v1+json";
        oras(files.path(), &["push", "--plain-http", "--config", config, &address(&tag), file]);
    }
    oras(
        files.path(),
        &["manifest", "index", "create", "--plain-http", &address("v1"), "linux-amd64", "linux-arm64"],
    );
    let many = source(&registry, "fleet/many");
    assert_eq!(all(&**bring(&many).unwrap().files()), "a.yaml");
    let arm = many.with_platform("linux/arm64");
    assert_eq!(all(&**bring(&arm).unwrap().files()), "sub.yaml");
}
