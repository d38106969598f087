//! What each sender sends, and whom it wakes. The payloads in `tests/payloads` have the forms that the senders document, and
//! names of our own.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use windlass_core::{Context, Limits};
use windlass_engine::TokioClock;
use windlass_receiver::Request;

use super::*;
use crate::bell::Bell;
use crate::following::followed;
use crate::sources;
use crate::spec::{Asked, Fleet};

const SECRET: &str = "ada:canary-secret";

/// Receivers and units of a folder, and the paths that are awaited.
struct Stage {
    folder: tempfile::TempDir,
    hooks: Hooks,
    bells: BTreeMap<String, Bell>,
}

impl Stage {
    /// Units by their names, each with its source.
    fn new(receiver: &str, units: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        for (name, source) in units {
            let spec = format!("spec: {{source: {{{source}}}, target: {{dir: ./live}}}}");
            put(
                &format!("{name}.yaml"),
                &format!(
                    "apiVersion: windlass.dev/v1alpha1\nkind: Unit\nmetadata: {{name: {name}}}\n{spec}\n"
                ),
            );
        }
        put("secret", &format!("{SECRET}\n"));
        put(
            "receiver.yaml",
            &format!(
                "apiVersion: windlass.dev/v1alpha1\nkind: Receiver\nmetadata: {{name: hook}}\n\
                 spec: {{secretFile: secret, {receiver}}}\n"
            ),
        );
        let board = Arc::new(Board::new(&Context::new(TokioClock::new()), || 0));
        let mut stage = Self { folder, hooks: Hooks::new(&board, |_| ()), bells: BTreeMap::new() };
        assert!(stage.reload().is_empty());
        stage
    }

    /// Reads the files, as a run does again and again.
    fn reload(&mut self) -> Vec<Error> {
        let asked = Asked { files: vec![self.folder.path().into()], ..Asked::default() };
        let fleet = Fleet::read(&asked, &Limits::default()).unwrap();
        let bells = &mut self.bells;
        let receivers = fleet.receivers().iter().map(|receiver| {
            let woken = receiver.may_wake(&fleet).into_iter().map(|unit| {
                let bell = bells.entry(unit.id.as_str().to_owned()).or_default().clone();
                Woken::new(unit, followed(unit), sources::shared(unit), bell)
            });
            (receiver, woken.collect())
        });
        self.hooks.await_for(receivers.collect::<Vec<_>>())
    }

    fn send(&self, headers: &[(&str, String)], body: &[u8]) -> Came {
        let hook = self.hooks.at(&path(SECRET, "hook", "")).unwrap();
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        hook.take(&Request { headers: &headers, body })
    }

    /// Names the units that were woken since the last look.
    fn woken(&mut self) -> String {
        let rung = self.bells.iter_mut().filter(|(_, bell)| bell.rings() > 0);
        let names: Vec<String> = rung
            .map(|(name, bell)| {
                bell.silence();
                name.clone()
            })
            .collect();
        names.join(" ")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha256(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    hex(&mac.chain_update(body).finalize().into_bytes())
}

fn sha1(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<sha1::Sha1>::new_from_slice(secret.as_bytes()).unwrap();
    hex(&mac.chain_update(body).finalize().into_bytes())
}

type Headers = Vec<(&'static str, String)>;

/// What a sender of this type shows that knows this secret, with the name of the delivery.
fn shown(payload: &str, secret: &str, body: &[u8]) -> Headers {
    let json = ("content-type", "application/json".to_owned());
    let own = match payload {
        "github" => vec![
            ("x-github-event", "push".into()),
            ("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958".into()),
            ("x-hub-signature", format!("sha1={}", sha1(secret, body))),
            ("x-hub-signature-256", format!("sha256={}", sha256(secret, body))),
        ],
        "gitlab" => vec![
            ("x-gitlab-event", "Push Hook".into()),
            ("idempotency-key", "f5e5f430-f57b-4e6e-9fac-d9128cd7232f".into()),
            ("x-gitlab-token", secret.into()),
        ],
        "bitbucket" => vec![
            ("x-event-key", "repo:push".into()),
            ("x-request-uuid", "56db7aa1-d5ef-4c5a-8e4e-1b2c3d4e5f60".into()),
            ("x-hub-signature", format!("sha256={}", sha256(secret, body))),
        ],
        "bitbucket-server" => vec![
            ("x-event-key", "repo:refs_changed".into()),
            ("x-request-id", "1a2b3c4d-0000-4000-8000-000000000001".into()),
            ("x-hub-signature", format!("sha256={}", sha256(secret, body))),
        ],
        "gitea" => vec![
            ("x-gitea-event", "push".into()),
            ("x-gitea-delivery", "f6266f16-1bf3-46a5-9ea4-602e06ead473".into()),
            ("x-gitea-signature", sha256(secret, body)),
        ],
        "azuredevops" => vec![("authorization", format!("Basic {}", STANDARD.encode(secret)))],
        "harbor" => vec![("authorization", secret.into())],
        "nexus" => vec![
            ("x-nexus-webhook-id", "rm:repository:component".into()),
            ("x-nexus-webhook-delivery", "8a1c6f0e-2d3b-4c5a-9e8f-7a6b5c4d3e2f".into()),
            ("x-nexus-webhook-signature", sha1(secret, body)),
        ],
        "gcr" => vec![("authorization", "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln".into())],
        "cdevents" => vec![("ce-type", "dev.cdevents.change.merged.0.2.0".into())],
        "generic-hmac" => vec![("x-signature", format!("sha256={}", sha256(secret, body)))],
        _ => Vec::new(),
    };
    own.into_iter().chain([json]).collect()
}

/// What is there of a sender beside what it shows.
struct Sender {
    kind: &'static str,
    payload: &'static str,
    /// The source that the payload is about, another part of it, and one that stays where it is.
    sources: [&'static str; 3],
    /// Who is woken of these, and of another place.
    woken: &'static str,
    /// It proves that it knows the secret, beside the path.
    is_signed: bool,
    /// It names its deliveries.
    is_named: bool,
}

const fn git(kind: &'static str, payload: &'static str, sources: [&'static str; 3]) -> Sender {
    Sender { kind, payload, sources, woken: "it", is_signed: true, is_named: true }
}

const fn images(kind: &'static str, sources: [&'static str; 3]) -> Sender {
    Sender { kind, payload: kind, sources, woken: "it", is_signed: false, is_named: false }
}

macro_rules! sources {
    (git $url:literal) => {
        [
            concat!("git: {url: '", $url, "', branch: main}"),
            concat!("git: {url: '", $url, "', branch: next}"),
            concat!("git: {url: '", $url, "', commit: a10867b14bb761a232cd80139fbd4c0d33264240}"),
        ]
    };
    (oci $url:literal) => {
        [
            concat!("oci: {url: 'oci://", $url, "', tag: v1}"),
            concat!("oci: {url: 'oci://", $url, "', tag: v2}"),
            concat!(
                "oci: {url: 'oci://",
                $url,
                "', digest: 'sha256:8a9e9863dbb6e10edb5adfe917c00da84e1700fa76e7ed02476aa6e6fb8ee0d8'}"
            ),
        ]
    };
}

fn senders() -> Vec<Sender> {
    let harbor = images("harbor", sources!(oci "registry.harbour.example/lights/fleet"));
    let gcr = images("gcr", sources!(oci "europe-docker.pkg.dev/harbour-lights/apps/fleet"));
    let nexus = images("nexus", sources!(oci "nexus.harbour.example/lights/fleet"));
    let cdevents = git("cdevents", "cdevents", sources!(git "https://git.harbour.example/lights/fleet"));
    let generic = images("generic", sources!(git "https://git.harbour.example/lights/fleet"));
    vec![
        git("github", "github", sources!(git "https://github.com/harbour-lights/fleet.git")),
        git("gitlab", "gitlab", sources!(git "ssh://git@git.harbour.example/lights/fleet.git")),
        git("bitbucket", "bitbucket", sources!(git "git@bitbucket.org:harbour-lights/fleet.git")),
        git(
            "bitbucket",
            "bitbucket-server",
            sources!(git "ssh://git@bitbucket.harbour.example:7999/lights/fleet.git"),
        ),
        git("gitea", "gitea", sources!(git "https://code.harbour.example/lights/fleet")),
        git("azuredevops", "azuredevops", sources!(git "https://dev.azure.com/harbour/lights/_git/fleet")),
        images("dockerhub", sources!(oci "docker.io/harbourlights/fleet")),
        images("quay", sources!(oci "quay.io/harbourlights/fleet")),
        Sender { is_signed: true, ..harbor },
        // It does not say at which address it is.
        Sender { is_signed: true, is_named: true, woken: "it next other", ..nexus },
        // It says the tag within the name.
        Sender { is_named: true, woken: "it next", ..gcr },
        Sender { is_named: true, ..images("acr", sources!(oci "harbour.azurecr.io/lights/fleet")) },
        Sender { is_signed: false, woken: "it next", ..cdevents },
        Sender { woken: "it next other", ..generic },
        Sender {
            kind: "generic-hmac",
            payload: "generic-hmac",
            is_signed: true,
            woken: "it next other",
            ..images("generic", sources!(git "https://git.harbour.example/lights/fleet"))
        },
    ]
}

fn payload(name: &str) -> Vec<u8> {
    let file = name.strip_suffix("-hmac").unwrap_or(name);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/payloads");
    std::fs::read(folder.join(file).with_extension("json")).unwrap()
}

fn stage(sender: &Sender, more: &str) -> Stage {
    let [it, next, pinned] = sender.sources;
    let other = if it.starts_with("oci") {
        "oci: {url: 'oci://registry.other.example/lights/fleet', tag: v1}"
    } else {
        "git: {url: 'https://git.other.example/lights/fleet', branch: main}"
    };
    let units = [("it", it), ("next", next), ("pinned", pinned), ("other", other)];
    Stage::new(&format!("type: {}{more}", sender.kind), &units)
}

#[test]
fn what_each_sender_sends_wakes_the_units_that_follow_what_changed() {
    for sender in senders() {
        let body = payload(sender.payload);
        let mut stage = stage(&sender, "");
        let came = stage.send(&shown(sender.payload, SECRET, &body), &body);
        assert_eq!((came, stage.woken().as_str()), (Came::Accepted, sender.woken), "{}", sender.payload);
    }
}

#[test]
fn a_forged_delivery_of_each_sender_is_refused_and_wakes_nobody() {
    for sender in senders() {
        let (name, body) = (sender.payload, payload(sender.payload));
        let mut stage = stage(&sender, "");
        assert!(stage.hooks.at(&path("another", "hook", "")).is_none(), "{name}: the path is a secret");
        if !sender.is_signed {
            continue;
        }
        let other = [&body[..], b" "].concat();
        for (headers, body) in [
            (shown(name, "ada:another", &body), &body),
            (shown(name, "", &body), &body),
            (vec![("content-type", "application/json".to_owned())], &body),
            (shown(name, SECRET, b"{}"), &other),
        ] {
            let holds_body = !matches!(name, "gitlab" | "harbor" | "azuredevops");
            let expected = if holds_body || body != &other { Came::Forbidden } else { Came::Accepted };
            assert_eq!(stage.send(&headers, body), expected, "{name} {headers:?}");
            assert!(expected == Came::Accepted || stage.woken().is_empty(), "{name}");
        }
    }
}

#[test]
fn a_delivery_that_is_sent_again_wakes_nobody_where_its_sender_names_it() {
    for sender in senders() {
        let (name, body) = (sender.payload, payload(sender.payload));
        let mut stage = stage(&sender, "");
        let headers = shown(name, SECRET, &body);
        assert_eq!(
            (stage.send(&headers, &body), stage.woken().is_empty()),
            (Came::Accepted, false),
            "{name}"
        );
        // What is remembered outlives the files.
        assert!(stage.reload().is_empty());
        let expected = if sender.is_named { (Came::Repeated, true) } else { (Came::Accepted, false) };
        assert_eq!((stage.send(&headers, &body), stage.woken().is_empty()), expected, "{name}");
    }
}

#[test]
fn a_delivery_of_github_under_another_name_is_known_by_its_body() {
    let (sender, body) = (&senders()[0], payload("github"));
    let stage = stage(sender, "");
    let headers = |id: &str| {
        let of_it = shown("github", SECRET, &body).into_iter();
        of_it
            .map(|(name, value)| (name, if name == "x-github-delivery" { id.to_owned() } else { value }))
            .collect()
    };
    let send = |headers: Headers| stage.send(&headers, &body);
    assert_eq!([send(headers("1")), send(headers("2"))], [Came::Accepted, Came::Repeated]);
}

#[test]
fn units_of_one_source_ring_once_and_a_unit_that_is_named_is_woken_by_whatever_address() {
    let body = payload("github");
    let mirror = "git: {url: 'https://mirror.example/fleet', branch: main}";
    let next = "git: {url: 'https://mirror.example/fleet', branch: next}";
    let named = "type: github, resources: [{kind: Unit, name: a}, {kind: Unit, name: c}]";
    let units = [("a", mirror), ("b", mirror), ("c", next)];
    let mut stage = Stage::new(named, &units);
    assert_eq!(stage.send(&shown("github", SECRET, &body), &body), Came::Accepted);
    assert_eq!(stage.woken(), "a", "b is not named, and c is of another branch");
    let mut stage = Stage::new("type: generic", &[("a", mirror), ("b", mirror)]);
    assert_eq!(stage.send(&[], b""), Came::Accepted);
    assert_eq!(stage.woken(), "b", "one source, for which the bell of one unit rings");
}

#[test]
fn events_filters_and_a_suspension_decide_what_counts() {
    let (sender, body) = (&senders()[0], payload("github"));
    for (more, expected) in [
        (", events: [push]", Came::Accepted),
        (", events: [ping, release]", Came::Unwanted),
        (", suspend: true", Came::Suspended),
        (", resourceFilter: \"req.ref == 'refs/heads/main' && res.metadata.name == 'it'\"", Came::Accepted),
        (", resourceFilter: \"req.ref == 'refs/heads/next'\"", Came::Unconcerned),
        (", resourceFilter: \"req.nothing == res.kind\"", Came::Failed),
    ] {
        let mut stage = stage(sender, more);
        let came = stage.send(&shown("github", SECRET, &body), &body);
        assert_eq!(
            (came, stage.woken().as_str()),
            (expected, if came == Came::Accepted { "it" } else { "" })
        );
    }
}

#[test]
fn a_secret_that_is_renewed_renews_the_path_and_one_that_is_gone_closes_it() {
    let mut stage = Stage::new("type: generic", &[("a", "dir: ./a")]);
    let put = |stage: &Stage, text: &str| std::fs::write(stage.folder.path().join("secret"), text).unwrap();
    let is_open = |stage: &Stage, secret: &str| stage.hooks.at(&path(secret, "hook", "")).is_some();
    put(&stage, "renewed\r\n");
    assert!(stage.reload().is_empty());
    assert!(is_open(&stage, "renewed") && !is_open(&stage, SECRET));
    for wrong in ["", "\n", "\u{0}\u{0}"] {
        put(&stage, wrong);
        let expected = usize::from(wrong.trim().is_empty());
        assert_eq!(stage.reload().len(), expected, "{wrong:?}");
    }
    std::fs::remove_file(stage.folder.path().join("secret")).unwrap();
    let problems = stage.reload();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].context("field") == Some("spec.secretFile") && !is_open(&stage, "renewed"));
    // As a Secret is mounted.
    std::fs::create_dir(stage.folder.path().join("secret")).unwrap();
    std::fs::write(stage.folder.path().join("secret/token"), "mounted").unwrap();
    assert!(stage.reload().is_empty() && is_open(&stage, "mounted"));
}
