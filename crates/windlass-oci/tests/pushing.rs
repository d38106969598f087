//! What is pushed is what was packed, and reads as what Flux pushes.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use support::registry::{Door, Fault, Server};
use support::{all, bring, folder, package, push, read, shown};
use windlass_core::{Limits, Timestamp};
use windlass_oci::{Credentials, OciSource, Package, Push};

const FILES: [(&str, &str); 3] = [("a.yaml", "a: 1\n"), ("sub/b.yaml", "b\n"), ("sub.yaml", "c\n")];

fn to(server: &Server) -> Push {
    Push::to(format!("{}:v1", server.url("fleet/shop")))
        .with_plain_http()
        .with_source("s")
        .with_revision("r")
        .with_created(Timestamp::from_unix(0))
}

#[test]
fn what_was_pushed_is_read_again() {
    let server = Server::new(Door::Open);
    let files = folder(&FILES);
    let pushed = push(&to(&server), files.path()).unwrap();
    assert_eq!((pushed.tag.as_str(), pushed.repository.ends_with("/fleet/shop")), ("v1", true));
    let artifact = bring(&OciSource::new(server.url("fleet/shop")).tag("v1").with_plain_http()).unwrap();
    assert_eq!(artifact.revision().id.to_string(), pushed.digest.to_string());
    assert_eq!(artifact.revision().message.as_deref(), Some("r of s"));
    assert_eq!(all(&**artifact.files()), "a.yaml sub.yaml sub/b.yaml");
    assert_eq!(read(&artifact, "sub/b.yaml"), "b\n");
}

#[test]
fn what_is_there_is_not_sent_again_and_gets_the_same_digest() {
    let server = Server::new(Door::Open);
    let first = push(&to(&server), folder(&FILES).path()).unwrap();
    server.lines();
    let second = push(&to(&server), folder(&FILES).path()).unwrap();
    assert_eq!(first, second);
    let lines = server.lines();
    let writes: Vec<&String> = lines.iter().filter(|line| !line.starts_with("HEAD")).collect();
    assert_eq!(writes, ["PUT /v2/fleet/shop/manifests/v1"]);
}

#[test]
fn a_push_shows_its_credentials_and_asks_for_the_right_to_push() {
    let server = Server::new(Door::Token(None));
    let push_to = to(&server).with_credentials(Credentials::basic("ada", "canary-password"));
    push(&push_to, folder(&FILES).path()).unwrap();
    let asked = server.lines();
    let token = asked.iter().find(|line| line.contains("/token")).unwrap();
    assert!(token.ends_with("scope=repository%3Afleet%2Fshop%3Apull%2Cpush"), "{token}");
    assert!(!format!("{push_to:?}").contains("canary"));
}

#[test]
fn a_push_that_fails_leaves_the_tag_as_it_was() {
    let server = Server::new(Door::Open);
    let first = push(&to(&server), folder(&FILES).path()).unwrap();
    server.fault(Fault::Status("500 Oh", String::new()));
    let failed = push(&to(&server), folder(&[("other", "")]).path());
    assert_eq!(shown(failed), "unavailable: the registry cannot answer now");
    server.fault(Fault::None);
    let artifact = bring(&OciSource::new(server.url("fleet/shop")).tag("v1").with_plain_http()).unwrap();
    assert_eq!(artifact.revision().id.to_string(), first.digest.to_string());
}

#[test]
fn a_time_that_flux_cannot_read_is_refused() {
    let server = Server::new(Door::Open);
    let wrong = to(&server).with_annotation("org.opencontainers.image.created", "yesterday");
    assert_eq!(shown(push(&wrong, folder(&FILES).path())), "invalid: not an RFC 3339 time in UTC");
    assert!(server.lines().is_empty());
}

/// Recorded from `fluxcd/pkg/oci` 0.68.1: the `diff_ids` of its configuration for the same files.
#[cfg(unix)]
#[test]
fn an_archive_is_byte_for_byte_that_of_flux_before_it_is_packed() {
    use std::os::unix::fs::PermissionsExt;
    let files = folder(&[("a.yaml", "a: 1\n"), ("run.sh", "x\n"), ("sub/b.yaml", "b\n")]);
    std::os::unix::fs::symlink("a.yaml", files.path().join("link.yaml")).unwrap();
    let mode = |path: &str, mode| {
        std::fs::set_permissions(files.path().join(path), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    ["", "sub", "run.sh"].into_iter().for_each(|path| mode(path, 0o755));
    ["a.yaml", "sub/b.yaml"].into_iter().for_each(|path| mode(path, 0o644));
    assert_eq!(
        package(files.path()).unpacked_digest().to_string(),
        "sha256:84579f16d084e34cc8a683419b2ad7613a45746d0c09884304bdf47a3c4bc960"
    );
}

#[test]
fn what_is_ignored_stays_out_and_a_file_is_packed_alone() {
    let files = folder(&FILES);
    let ignored = |path: &windlass_core::TreePath, _: bool| path.as_str() == "sub.yaml";
    let some = Package::of(files.path(), &ignored, &Limits::default()).unwrap();
    assert_eq!((some.files(), package(files.path()).files()), (2, 3));
    assert_eq!(package(&files.path().join("a.yaml")).files(), 1);
}

#[test]
fn a_folder_that_is_too_large_or_not_there_is_refused() {
    let files = folder(&FILES);
    let with = |change: &dyn Fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        shown(Package::of(files.path(), &|_, _| false, &limits))
    };
    assert_eq!(with(&|limits| limits.files_max = 2), "limit: the folder has too many files");
    assert_eq!(with(&|limits| limits.artifact_bytes_max = 8), "limit: the folder is too large");
    assert_eq!(with(&|limits| limits.folder_depth_max = 1), "limit: the folder is too deep");
    let none = Package::of(&files.path().join("none"), &|_, _| false, &Limits::default());
    assert_eq!(shown(none), "not found: it cannot be read");
}
