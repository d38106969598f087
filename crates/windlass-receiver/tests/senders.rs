//! What each sender shows, and what is made of it.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use base64::Engine as _;
use serde_json::json;
use windlass_receiver::{BODY_BYTES_MAX, Kind, Manifest, Receiver, Refused, Request, SEEN_MAX, Seen, path};

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
fn azure_and_docker_hub_say_what_changed_in_their_own_way() {
    let azure = r#"{"eventType": "git.push", "resource": {"refUpdates": [{"name": "refs/heads/main"}],
        "repository": {"defaultBranch": "refs/heads/main", "remoteUrl": "https://dev.azure.com/acme/_git/fleet"}}}"#;
    concerns(Kind::AzureDevOps, azure, "https://acme@dev.azure.com/acme/_git/fleet", None, true);
    let hub = r#"{"push_data": {"tag": "v1"}, "repository": {"repo_name": "acme/web"}}"#;
    concerns(Kind::DockerHub, hub, "acme/web", Some("v1"), true);
}

#[test]
fn an_event_of_google_is_taken_out_of_its_envelope() {
    let event =
        r#"{"action": "INSERT", "digest": "eu.pkg.dev/acme/web@sha256:12", "tag": "eu.pkg.dev/acme/web:v1"}"#;
    let data = base64::engine::general_purpose::STANDARD.encode(event);
    let envelope = format!(r#"{{"message": {{"data": "{data}", "messageId": "1"}}, "subscription": "web"}}"#);
    let receive = |headers: &[(&str, &str)], body: &str| {
        Receiver::new(Kind::Gcr, "s").receive(&Request { headers, body: body.as_bytes() })
    };
    let delivery = receive(&[("Authorization", "Bearer token")], &envelope).unwrap();
    assert!(delivery.concerns("eu.pkg.dev/acme/web", None) && !delivery.concerns("eu.pkg.dev/acme/db", None));
    assert_eq!(receive(&[], &envelope).unwrap_err(), Refused::Unverified("no token is shown"));
    assert_eq!(receive(&[("Authorization", "Bearer token")], event).unwrap_err(), Refused::Malformed);
}

#[test]
fn a_push_that_does_not_tell_the_default_branch_wakes_who_follows_it() {
    let push = r#"{"push": {"changes": [{"new": {"name": "next"}}]},
        "repository": {"links": {"html": {"href": "https://bitbucket.org/team/fleet"}}}}"#;
    let request = Request { headers: &[], body: push.as_bytes() };
    let delivery = Receiver::new(Kind::Acr, "").receive(&request).unwrap();
    let wakes =
        |delivery: &windlass_receiver::Delivery| delivery.concerns("https://bitbucket.org/team/fleet", None);
    assert!(wakes(&delivery));
    assert!(!wakes(&delivery.clone().with_default_branch("main")));
    assert!(wakes(&delivery.with_default_branch("next")));
}

/// The signature is that of the body as it came.
#[test]
fn a_form_of_github_is_read() {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let body = b"payload=%7B%22ref%22%3A%22refs%2Fheads%2Fmain%22%7D";
    let mac = Hmac::<sha2::Sha256>::new_from_slice(b"s").unwrap().chain_update(body).finalize().into_bytes();
    let signature = format!("sha256={}", mac.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let receive = |media: &str| {
        let headers = [("X-Hub-Signature-256", signature.as_str()), ("Content-Type", media)];
        Receiver::new(Kind::GitHub, "s").receive(&Request { headers: &headers, body })
    };
    assert_eq!(receive("application/x-www-form-urlencoded").unwrap().references, ["refs/heads/main"]);
    assert_eq!(receive("text/plain").unwrap_err(), Refused::MediaType);
}

/// As notification-controller 1.6.0 answers.
#[test]
fn a_manifest_says_whom_a_delivery_wakes() {
    let manifest = |spec: serde_json::Value| {
        let ready = json!([{"type": "Ready", "status": "True"}]);
        let metadata = json!({"name": "web", "namespace": "shop"});
        Manifest::read(&json!({"metadata": metadata, "spec": spec, "status": {"conditions": ready}})).unwrap()
    };
    let headers = [("Content-Type", "application/json; charset=utf-8")];
    let request = Request { headers: &headers, body: br#"{"tag": "shop/web:v1"}"# };
    let told = |manifest: &Manifest| match manifest.receive(Some(b"t"), &request) {
        Ok(accepted) => accepted
            .targets
            .iter()
            .map(|one| one.as_ref().map_or_else(ToString::to_string, ToString::to_string))
            .collect(),
        Err(refused) => vec![format!("{} {refused}", refused.status())],
    };
    let named = json!({"kind": "GitRepository", "name": "web"});
    let labelled =
        json!({"kind": "ImageRepository", "name": "*", "matchLabels": {"app": "web"}, "namespace": "other"});
    let odd = json!([{"kind": "Web", "name": "a"}, {"kind": "Bucket", "name": "*"}]);
    let both = manifest(json!({"type": "generic", "resources": [named, labelled]}));
    let first = "source.toolkit.fluxcd.io/v1 GitRepository shop/web";
    assert_eq!(told(&both), [first, "image.toolkit.fluxcd.io/v1 ImageRepository other/*[app=web]"]);
    assert_eq!(
        told(&both.clone().in_own_namespace()),
        [first, "objects of other namespaces are not allowed (namespace=other)"]
    );
    assert_eq!(
        told(&manifest(json!({"type": "generic", "resources": odd}))),
        ["apiVersion must be given for this kind (kind=Web)", "the name * needs matchLabels (kind=Bucket)"]
    );
    assert_eq!(
        told(&manifest(json!({"type": "generic", "suspend": true}))),
        ["503 the receiver is suspended or not ready"]
    );
    assert_eq!(told(&manifest(json!({"type": "carrier"}))), ["400 no such type of receivers (type=carrier)"]);
    let filter = |text: &str| manifest(json!({"type": "generic", "resourceFilter": text}));
    assert!(told(&filter("req.tag"))[0].starts_with("500 the filter of the receiver cannot be used"));
    assert_eq!(both.receive(None, &request).unwrap_err(), Refused::NoSecret);
}

/// `res` is what Flux knows of an object: its version, kind and metadata.
#[test]
fn a_filter_sees_the_message_and_the_metadata_of_an_object() {
    let wakes = |filter: &str, media: &str| {
        let manifest = Manifest::read(&json!({
            "spec": {"type": "generic", "resourceFilter": filter},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]},
        }));
        let headers = [("Content-Type", media)];
        let request = Request { headers: &headers, body: br#"{"tag": "shop/web:v1", "number": 2}"# };
        let accepted = manifest.unwrap().receive(Some(b"t"), &request).unwrap();
        let object = json!({"kind": "Web", "metadata": {"name": "web"}, "spec": {"a": 1}});
        accepted.wakes(&object).map_err(|failure| failure.to_string())
    };
    let json = "application/json";
    assert_eq!(
        wakes("req.tag.split('/').last().value().split(':').first().value() == res.metadata.name", json),
        Ok(true)
    );
    assert_eq!(wakes("req.number == 2 && res.kind == 'Other'", json), Ok(false));
    assert_eq!(wakes("has(res.spec)", json), Ok(false));
    assert_eq!(wakes("res.spec.a == 1", json), Err("no such key: spec".to_owned()));
    assert_eq!(wakes("has(req.tag)", "text/plain"), Ok(false), "the sender does not say that it is JSON");
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

#[test]
fn images_are_known_by_the_address_of_their_registry() {
    let hub = r#"{"push_data": {"tag": "v1"}, "repository": {"repo_name": "acme/web"}}"#;
    concerns(Kind::DockerHub, hub, "oci://docker.io/acme/web", Some("v1"), true);
    concerns(Kind::DockerHub, hub, "oci://registry-1.docker.io/acme/web", Some("v1"), true);
    concerns(Kind::DockerHub, hub, "oci://registry.example/acme/web", Some("v1"), false);
    let acr = r#"{"action": "push", "target": {"repository": "web", "tag": "v1"}, "request": {"host": "acme.azurecr.io"}}"#;
    concerns(Kind::Acr, acr, "oci://acme.azurecr.io/web", Some("v1"), true);
    concerns(Kind::Acr, acr, "oci://other.azurecr.io/web", Some("v1"), false);
    let resource = r#"{"resource_url": "registry.example:5000/acme/web:v1", "tag": "v1"}"#;
    let harbor = format!(r#"{{"type": "PUSH_ARTIFACT", "event_data": {{"resources": [{resource}]}}}}"#);
    let receive = |url: &str| {
        let request = Request { headers: &[("Authorization", "s")], body: harbor.as_bytes() };
        Receiver::new(Kind::Harbor, "s").receive(&request).unwrap().concerns(url, Some("v1"))
    };
    assert!(
        receive("oci://registry.example:5000/acme/web") && !receive("oci://registry.example:5000/acme/db")
    );
}

#[test]
fn a_delivery_is_known_until_many_others_came_and_one_without_a_name_is_always_new() {
    let push = |id: usize| {
        let (token, id) = ("secret", id.to_string());
        let headers = [("X-Gitlab-Token", token), ("Idempotency-Key", id.as_str())];
        Receiver::new(Kind::GitLab, token).receive(&Request { headers: &headers, body: b"{}" }).unwrap()
    };
    let mut seen = Seen::default();
    assert!((0..SEEN_MAX).all(|id| seen.is_new(&push(id))));
    assert!((0..SEEN_MAX).all(|id| !seen.is_new(&push(id))));
    assert!(seen.is_new(&push(SEEN_MAX)) && !seen.is_new(&push(1)));
    assert!(seen.is_new(&push(0)), "the oldest is forgotten");
    let hub = Receiver::new(Kind::DockerHub, "").receive(&Request { headers: &[], body: b"{}" }).unwrap();
    assert!(seen.is_new(&hub) && seen.is_new(&hub));
}
