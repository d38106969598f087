//! What each sender shows, and what is made of it.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use windlass_receiver::{BODY_BYTES_MAX, Kind, Receiver, Refused, Request, path};

#[track_caller]
fn check(kind: Kind, headers: &[(&str, &str)], body: &[u8], expected: Result<(), &str>) {
    let receiver = Receiver::new(kind, "user:secret");
    let answer = receiver.receive(&Request { headers, body });
    assert_eq!(answer.map(drop).map_err(|refused| refused.to_string()), expected.map_err(str::to_owned));
    assert!(!format!("{receiver:?}").contains("secret"));
}

#[test]
fn a_secret_is_shown_where_the_sender_puts_it() {
    check(Kind::GitLab, &[("x-gitlab-token", "user:secret")], b"{}", Ok(()));
    check(Kind::GitLab, &[("X-Gitlab-Token", "user:secre")], b"{}", Err("another secret is shown"));
    check(Kind::GitLab, &[], b"{}", Err("no secret is shown"));
    check(Kind::Harbor, &[("Authorization", "user:secret")], b"{}", Ok(()));
    check(Kind::AzureDevOps, &[("Authorization", "Basic dXNlcjpzZWNyZXQ=")], b"{}", Ok(()));
    check(
        Kind::AzureDevOps,
        &[("Authorization", "Basic dXNlcjpzZWNyZXQx")],
        b"{}",
        Err("another secret is shown"),
    );
}

#[test]
fn what_is_not_verified_is_not_parsed() {
    check(Kind::GitHub, &[], b"[", Err("nobody signed it"));
    check(
        Kind::GitHub,
        &[("X-Hub-Signature-256", "md5=00")],
        b"[",
        Err("signed with an algorithm that is not known"),
    );
    for odd in ["", "sha256", "sha256=0", "sha256=zz", "sha256=+1", "sha256=\u{e9}\u{e9}"] {
        check(
            Kind::GitHub,
            &[("X-Hub-Signature-256", odd)],
            b"[",
            Err("the signature is not that of the body"),
        );
    }
}

#[test]
fn an_empty_secret_verifies_nothing() {
    let shown = [("X-Gitlab-Token", "")];
    let answer = Receiver::new(Kind::GitLab, "").receive(&Request { headers: &shown, body: b"{}" });
    assert_eq!(answer.unwrap_err(), Refused::Unverified("another secret is shown"));
}

#[test]
fn a_body_that_is_too_large_is_looked_at_no_further() {
    let body = vec![b' '; BODY_BYTES_MAX + 1];
    let answer = Receiver::new(Kind::Generic, "").receive(&Request { headers: &[], body: &body });
    assert_eq!(answer.unwrap_err().status(), 413);
}

#[track_caller]
fn concerns(kind: Kind, body: &str, url: &str, reference: Option<&str>, expected: bool) {
    let headers = [("X-Gitlab-Token", "s"), ("Authorization", "Basic cw==")];
    let delivery =
        Receiver::new(kind, "s").receive(&Request { headers: &headers, body: body.as_bytes() }).unwrap();
    assert_eq!(delivery.concerns(url, reference), expected, "{delivery:?}");
}

#[test]
fn a_source_wakes_for_its_own_repository_and_branch() {
    let push = r#"{"ref": "refs/heads/main", "project": {"default_branch": "main",
        "git_http_url": "https://git.example.org/team/fleet.git", "git_ssh_url": "git@git.example.org:team/fleet.git"}}"#;
    let gitlab = |url, reference, expected| concerns(Kind::GitLab, push, url, reference, expected);
    gitlab("https://git.example.org/team/fleet", Some("main"), true);
    gitlab("ssh://git@git.example.org:2222/team/fleet", None, true);
    gitlab("https://git.example.org/team/fleet", Some("refs/heads/main"), true);
    gitlab("https://git.example.org/team/fleet", Some("next"), false);
    gitlab("https://git.example.org/team/fleet-2", Some("main"), false);
}

#[test]
fn azure_docker_hub_and_google_say_what_changed_in_their_own_way() {
    let azure = r#"{"eventType": "git.push", "resource": {"refUpdates": [{"name": "refs/heads/main"}],
        "repository": {"defaultBranch": "refs/heads/main", "remoteUrl": "https://dev.azure.com/acme/_git/fleet"}}}"#;
    concerns(Kind::AzureDevOps, azure, "https://acme@dev.azure.com/acme/_git/fleet", None, true);
    let hub = r#"{"push_data": {"tag": "v1"}, "repository": {"repo_name": "acme/web"}}"#;
    concerns(Kind::DockerHub, hub, "acme/web", Some("v1"), true);
    let google =
        r#"{"action": "INSERT", "digest": "eu.pkg.dev/acme/web@sha256:12", "tag": "eu.pkg.dev/acme/web:v1"}"#;
    concerns(Kind::Gcr, google, "eu.pkg.dev/acme/web", None, true);
    concerns(Kind::Gcr, google, "eu.pkg.dev/acme/db", None, false);
}

#[test]
fn a_delivery_that_says_nothing_wakes_all() {
    concerns(Kind::Generic, "not json", "https://example.org/fleet", Some("main"), true);
}

#[test]
fn a_path_is_that_of_flux() {
    let expected = "/hook/033cd85fb94eef8b750b62b37d50fa65adb47b1f0ab5d6a8f9f6692e516e686a";
    assert_eq!(path("token", "name", "namespace"), expected);
    assert_ne!(path("token", "name", "namespace"), path("token2", "name", "namespace"));
}
