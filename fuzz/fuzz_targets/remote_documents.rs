//! Documents that servers and senders give: of registries, buckets, repositories of charts, and webhooks. The readers that are
//! not public are compiled in as they stand.
#![no_main]
#![allow(dead_code, unused_imports, reason = "of the readers, only those that read are called")]

use std::collections::BTreeMap;

use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use sha2::Sha256;
use windlass_core::Digest;
use windlass_fuzz::{CANARY, choice, limits, parts, texts, told};
use windlass_oci::{Credentials, OciLimits, OciSource};
use windlass_receiver::{Kind, Manifest, Receiver, Request, same_repository, same_server};

#[path = "../../crates/windlass-oci/src"]
mod oci {
    pub(crate) mod challenge;
    pub(crate) mod manifest;
}

#[path = "../../crates/windlass-bucket/src"]
mod bucket {
    pub(crate) mod listing;
}

#[path = "../../crates/windlass-web/src"]
mod web {
    pub(crate) mod index;
}

/// Where the manifest looks for its limits.
mod options {
    pub(crate) use windlass_oci::OciLimits;
}

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = choice(bytes, 8) else { return };
    match kind {
        0 => manifest(bytes),
        1 => challenge(bytes),
        2 => docker(bytes),
        3 => listing(bytes),
        4 => index(bytes),
        5 => webhook(bytes),
        6 => receiver(bytes),
        _ => addresses(bytes),
    }
});

fn manifest(bytes: &[u8]) {
    for platform in [None, Some("linux/arm64")] {
        let read = oci::manifest::Document::read(bytes, &OciLimits::default(), platform);
        let Ok(oci::manifest::Document::Manifest(manifest)) = read else { continue };
        let text = serde_json::to_vec(&manifest).expect("a manifest is written");
        let again = oci::manifest::Document::read(&text, &OciLimits::default(), platform);
        let Ok(oci::manifest::Document::Manifest(again)) = again else {
            panic!("a manifest that was written reads")
        };
        assert_eq!(manifest, again);
    }
}

fn challenge(bytes: &[u8]) {
    let Some([text]) = texts(bytes) else { return };
    let _ = oci::challenge::parse(text);
}

fn docker(bytes: &[u8]) {
    let [config, url] = parts(bytes);
    let Ok(url) = std::str::from_utf8(url) else { return };
    if url.contains(CANARY) {
        return;
    }
    for url in ["oci://registry.example/fleet/shop", url] {
        match Credentials::from_docker_config(config, url) {
            Ok(found) => assert!(!format!("{found:?}").contains(CANARY), "a password is shown"),
            Err(error) => assert!(!told(&error).contains(CANARY), "a password is shown"),
        }
    }
}

fn listing(bytes: &[u8]) {
    let pages: [&[u8]; 3] = parts(bytes);
    let mut listed = bucket::listing::Listed::default();
    for page in pages.into_iter().filter(|page| !page.is_empty()) {
        let Ok(page) = bucket::listing::Page::read(page) else { return };
        let _ = page.next();
        if listed.add(page, &limits()).is_err() {
            return;
        }
    }
    let Ok(listing) = listed.done(&limits()) else { return };
    for object in &listing.objects {
        assert!(object.path.names().all(|name| !matches!(name, "" | "." | "..")), "a key stays inside");
    }
    assert!(listing.objects.is_sorted_by(|a, b| a.key < b.key), "objects are in the order of their keys");
}

fn index(bytes: &[u8]) {
    let Some([text, chart, range, address]) = texts(bytes) else { return };
    let (chart, range) = (if chart.is_empty() { "shop" } else { chart }, range);
    let Ok(releases) = web::index::Releases::read(text.as_bytes(), chart) else { return };
    if let Ok(release) = releases.choose(range) {
        let url = release.url.as_deref().unwrap_or(address);
        let _ = web::index::resolved("https://charts.example/stable/", url);
        let _ = web::index::resolved(address, url);
    }
    // Written so that no line says where the chart begins, the index is read as a whole.
    let whole = text.replace("\nentries:", "\n\"entries\":");
    if !text.starts_with("entries:")
        && whole != text
        && let Ok(whole) = web::index::Releases::read(whole.as_bytes(), chart)
    {
        assert_eq!(
            format!("{releases:?}"),
            format!("{whole:?}"),
            "the lines of a chart are what the whole says of it"
        );
    }
}

const KINDS: [(Kind, &str); 14] = [
    (Kind::Generic, "generic"),
    (Kind::GenericHmac, "generic-hmac"),
    (Kind::GitHub, "github"),
    (Kind::Gitea, "gitea"),
    (Kind::GitLab, "gitlab"),
    (Kind::Bitbucket, "bitbucket"),
    (Kind::AzureDevOps, "azure"),
    (Kind::DockerHub, "dockerhub"),
    (Kind::Quay, "quay"),
    (Kind::Harbor, "harbor"),
    (Kind::Nexus, "nexus"),
    (Kind::Gcr, "gcr"),
    (Kind::Acr, "acr"),
    (Kind::CdEvents, "cdevents"),
];

/// A genuine delivery of any sender: an event and a body.
fn webhook(bytes: &[u8]) {
    let Some((kind, bytes)) = choice(bytes, KINDS.len() as u8) else { return };
    let [event, body] = parts(bytes);
    let Ok(event) = std::str::from_utf8(event) else { return };
    let kind = KINDS[usize::from(kind)].0;
    delivered(kind, event, body, |request| {
        let receiver = Receiver::new(kind, CANARY);
        match receiver.receive(request) {
            Ok(delivery) => {
                let _ = delivery.concerns("https://git.example/fleet/shop", Some("main"));
                let _ = delivery.concerns("https://git.example/fleet/shop", None);
            }
            Err(refused) => assert!(!format!("{refused} {refused:?}").contains(CANARY), "a secret is shown"),
        }
        let _ = Receiver::new(kind, "another").receive(request).map_err(|refused| refused.to_string());
    });
}

/// Calls with a request whose headers prove what the kind asks for.
fn delivered(kind: Kind, event: &str, body: &[u8], call: impl Fn(&Request<'_>)) {
    let mac = Hmac::<Sha256>::new_from_slice(CANARY.as_bytes()).expect("any length is a key");
    let mac = mac.chain_update(body).finalize().into_bytes();
    let hex: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
    let (signed, bearer) = (format!("sha256={hex}"), format!("Bearer {CANARY}"));
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(CANARY));
    let authorization = match kind {
        Kind::Gcr => bearer.as_str(),
        Kind::AzureDevOps => basic.as_str(),
        _ => CANARY,
    };
    let headers = [
        ("Content-Type", "application/json"),
        ("X-Signature", signed.as_str()),
        ("X-Hub-Signature-256", &signed),
        ("X-Gitea-Signature", &hex),
        ("X-Gitlab-Token", CANARY),
        ("Authorization", authorization),
        ("X-GitHub-Event", event),
        ("X-Gitea-Event", event),
        ("X-Gitlab-Event", event),
        ("X-Event-Key", event),
        ("Ce-Type", event),
    ];
    call(&Request { headers: &headers, body });
}

/// A receiver of Flux, a delivery to it, and an object that it may wake.
fn receiver(bytes: &[u8]) {
    let [manifest, event, body, object] = parts(bytes);
    let (Ok(manifest), Ok(event)) = (serde_json::from_slice::<Value>(manifest), std::str::from_utf8(event))
    else {
        return;
    };
    let Ok(receiver) = Manifest::read(&manifest) else { return };
    let object = serde_json::from_slice(object).unwrap_or_else(|_| json!({"metadata": {"name": "web"}}));
    let kind = Kind::of_flux(manifest["spec"]["type"].as_str().unwrap_or_default()).unwrap_or(Kind::Generic);
    for receiver in [receiver.clone().in_own_namespace(), receiver] {
        let _ = receiver.secret_name();
        delivered(kind, event, body, |request| {
            let Ok(accepted) = receiver.receive(Some(CANARY.as_bytes()), request) else { return };
            for target in accepted.targets.iter().flatten() {
                let _ = (target.to_string(), target.selects(&object));
            }
            let _ = accepted.wakes(&object);
        });
    }
}

fn addresses(bytes: &[u8]) {
    let Some([one, other]) = texts(bytes) else { return };
    assert_eq!(same_repository(one, other), same_repository(other, one), "as one is like the other");
    assert_eq!(same_server(one, other), same_server(other, one), "as one is like the other");
    if !one.contains(CANARY) && !other.contains(CANARY) {
        let source = OciSource::new(format!("oci://ada:{CANARY}@{one}")).tag(other);
        assert!(!format!("{source:?}").contains(CANARY), "a password is shown");
    }
    let _ = web::index::index_of(one);
    let _ = web::index::resolved(one, other);
}
