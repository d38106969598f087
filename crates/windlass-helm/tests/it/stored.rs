//! Releases that the real Helm stored: read, written, and taken over.
//!
//! `tests/releases` holds the Secret of revision 2 of one chart, as Helm 3.22.0 and Helm 4.3.2 wrote it.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::write::GzEncoder;
use windlass_core::{
    Capabilities, ErrorKind, Item, Limits, Need, Object, Origin, Provided, RenderInput, Rendered, Result,
    Selection, Text, Transform, TreePath, Value,
};
use windlass_helm::{StoredRelease, TakeOver};
use windlass_testkit::files;

use crate::command::context;

const RECORDED: [(&str, &str); 2] = [
    ("r-helm-3", include_str!("../releases/helm-3.22.0.json")),
    ("r-helm-4", include_str!("../releases/helm-4.3.2.json")),
];

fn object(json: &str) -> Object {
    Object::new(serde_json::from_str(json).unwrap()).unwrap()
}

fn read(secret: &Object) -> Result<StoredRelease> {
    StoredRelease::from_secret(secret, &Limits::default())
}

/// A Secret whose release is this text, packed as Helm does.
fn secret(json: &[u8]) -> Object {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(json).unwrap();
    holding(&BASE64.encode(BASE64.encode(packer.finish().unwrap())))
}

fn holding(data: &str) -> Object {
    object(&format!(
        r#"{{"apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1", "metadata": {{"name": "a"}},
            "data": {{"release": "{data}"}}}}"#
    ))
}

#[test]
fn releases_of_both_versions_are_read() {
    for (namespace, recorded) in RECORDED {
        let release = read(&object(recorded)).unwrap();
        assert_eq!(
            (release.name(), release.namespace(), release.revision(), release.status()),
            ("web", namespace, 2, "deployed")
        );
        let objects = release.objects(&Limits::default()).unwrap();
        let ids: Vec<String> = objects.iter().map(|object| object.id().to_string()).collect();
        assert_eq!(
            ids,
            ["ConfigMap//web-old", "ConfigMap//web-kept", "Service//web", "Deployment.apps//web"],
            "the hook is none of them"
        );
        assert_eq!(format!("{release:?}"), "StoredRelease(web.v2 deployed)");
    }
}

#[test]
fn what_is_written_has_all_that_helm_wrote_and_the_same_bytes_each_time() {
    for (_, recorded) in RECORDED {
        let theirs = object(recorded);
        let release = read(&theirs).unwrap();
        let ours = release.secret().unwrap();
        assert_eq!(ours, release.secret().unwrap());
        assert_eq!((ours.id(), read(&ours).unwrap()), (theirs.id(), release));
        for label in ["name", "owner", "status", "version"] {
            assert_eq!(ours.label(label), theirs.label(label), "{label}");
        }
        assert_eq!(ours.body().text_at(&["type"]), theirs.body().text_at(&["type"]));
    }
}

#[test]
fn what_is_no_release_is_refused_and_nothing_of_it_told() {
    let deep = format!("{{\"hunter2\": {}", "[".repeat(100_000));
    let damaged = [
        holding("hunter2!"),
        holding(&BASE64.encode("hunter2!")),
        holding(&BASE64.encode(BASE64.encode("{\"hunter2\""))),
        holding(&BASE64.encode(BASE64.encode([0x1f, 0x8b, 0x08, 0x00]))),
        secret(b"{\"name\": \"hunter2\"}"),
        secret(b"{\"name\": \"hunter2\", \"version\": 0, \"info\": {\"status\": \"deployed\"}}"),
        secret(b"{\"name\": \"hunter2\", \"version\": 1}"),
        secret(b"[\"hunter2\"]"),
        secret(deep.as_bytes()),
        object(
            r#"{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"release": ""}}"#,
        ),
    ];
    for secret in damaged {
        let error = read(&secret).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.to_string().contains("secret=Secret//a"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn a_release_that_inflates_beyond_the_limit_is_refused() {
    let error = read(&secret(&vec![b' '; (32 << 20) + 1])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
}

#[test]
fn what_was_stored_before_helm_packed_it_is_read() {
    let plain = r#"{"name": "web", "version": 1, "info": {"status": "deployed"}}"#;
    assert_eq!(read(&holding(&BASE64.encode(BASE64.encode(plain)))).unwrap().revision(), 1);
}

/// What is live, beside the release: one object a line, as `name label=value annotation=value`.
struct World {
    provided: Provided,
    rendered: Rendered,
}

const NAMESPACE: &str = "r-helm-4";

impl World {
    /// The chart renders all but `web-old` and `web-kept`.
    fn new(live: &[Object]) -> Self {
        let mut provided = Provided::default();
        let apis = ["v1/ConfigMap", "v1/Service", "apps/v1/Deployment"];
        provided.capabilities = Some(Capabilities::new("v1.37.2", apis.map(Text::from)));
        provided.lists.insert(secrets(), vec![object(RECORDED[1].1)]);
        provided.lists.insert(managed(), live.to_vec());
        let mut rendered = Rendered::default();
        for (api, kind) in [("v1", "Service"), ("apps/v1", "Deployment")] {
            let body =
                format!(r#"{{"apiVersion": "{api}", "kind": "{kind}", "metadata": {{"name": "web"}}}}"#);
            rendered.items.push(Item::new(object(&body), Origin::default()));
        }
        Self { provided, rendered }
    }

    fn run(&self) -> Result<Rendered> {
        let files = files([("web/Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}")]);
        let (artifact, path) = (files.artifact(), TreePath::new("web").unwrap());
        let input = RenderInput::new(&artifact, &path).with_provided(&self.provided);
        TakeOver::new("web", NAMESPACE, "example.com/unit").transform(
            &context(),
            &input,
            self.rendered.clone(),
        )
    }

    fn taken(&self) -> Vec<String> {
        let rendered = self.run().unwrap();
        assert_eq!(rendered.items[..2], self.rendered.items, "what is rendered stays as it is");
        rendered.items[2..].iter().map(|item| item.id().to_string()).collect()
    }
}

fn secrets() -> Need {
    let secrets = Selection::new("v1", "Secret").in_namespace(NAMESPACE);
    let secrets = secrets.with_label("owner", "helm").with_label("name", "web");
    Need::Objects(secrets.with_label("status", "deployed"))
}

fn managed() -> Need {
    let maps = Selection::new("v1", "ConfigMap").in_namespace(NAMESPACE);
    Need::Objects(maps.with_label("app.kubernetes.io/managed-by", "Helm"))
}

fn config_map(name: &str, labels: &str, annotations: &str) -> Object {
    object(&format!(
        r#"{{"apiVersion": "v1", "kind": "ConfigMap", "data": {{"a": "live"}}, "metadata": {{"name": "{name}",
            "namespace": "{NAMESPACE}", "labels": {{"app.kubernetes.io/managed-by": "Helm"{labels}}},
            "annotations": {{"meta.helm.sh/release-namespace": "{NAMESPACE}"{annotations}}}}}}}"#
    ))
}

const OF_WEB: &str = r#", "meta.helm.sh/release-name": "web""#;

#[test]
fn what_is_not_rendered_any_more_is_wanted_once_as_the_release_has_it() {
    let live = [config_map("web-old", "", OF_WEB), config_map("web-kept", "", OF_WEB)];
    let world = World::new(&live);
    assert_eq!(world.taken(), ["ConfigMap/r-helm-4/web-old"], "the other asks to be kept");
    let rendered = world.run().unwrap();
    let item = &rendered.items[2];
    assert_eq!(item.object.body().text_at(&["data", "a"]), Some("1"));
    assert!(item.directives.no_wait);
    let warning = &*rendered.warnings[0].message;
    assert!(warning.contains("web.v2") && warning.contains("ConfigMap/r-helm-4/web-old"), "{warning}");
    assert!(rendered.reads.contains_key(&secrets()) && rendered.reads.contains_key(&managed()));

    let owned = [config_map("web-old", r#", "example.com/unit": "shop""#, OF_WEB)];
    let world = World::new(&owned);
    assert!(world.taken().is_empty(), "once it is owned, it is not wanted");
    assert!(world.run().unwrap().warnings.is_empty());
}

#[test]
fn what_is_kept_or_gone_or_of_another_release_is_left_alone() {
    let kept = format!(r#"{OF_WEB}, "helm.sh/resource-policy": "keep""#);
    let of_another = r#", "meta.helm.sh/release-name": "other""#;
    for live in [vec![], vec![config_map("web-old", "", &kept)], vec![config_map("web-old", "", of_another)]]
    {
        assert!(World::new(&live).taken().is_empty(), "{live:?}");
    }
    let mut world = World::new(&[config_map("web-old", "", OF_WEB)]);
    world.provided.lists.insert(secrets(), Vec::new());
    assert!(world.taken().is_empty(), "there is no release");
    let mut world = World::new(&[config_map("web-old", "", OF_WEB)]);
    world.provided.capabilities = Some(Capabilities::new("v1.37.2", []));
    assert!(world.taken().is_empty(), "the kind is not served any more");
}

#[test]
fn what_is_not_known_is_asked_for_and_the_newest_release_counts() {
    let needs = |provided: Provided| {
        let world = World { provided, rendered: Rendered::default() };
        let error = world.run().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unfetched);
        error.needs().to_vec()
    };
    assert_eq!(needs(Provided::default()), [secrets()]);
    let mut provided = Provided::default();
    provided.lists.insert(secrets(), vec![object(RECORDED[1].1)]);
    assert_eq!(needs(provided.clone()), [Need::Capabilities]);
    provided.capabilities = Some(Capabilities::new("v1.37.2", [Text::from("v1/ConfigMap")]));
    assert_eq!(needs(provided), [managed()]);

    let mut world = World::new(&[config_map("web-old", "", OF_WEB)]);
    let newer = object(RECORDED[1].1);
    let newer = read(&newer).unwrap();
    let json = serde_json::json!({
        "name": newer.name(), "namespace": newer.namespace(), "version": 10, "info": {"status": "deployed"}, "manifest": "",
    });
    let body: Value = serde_json::from_value(json).unwrap();
    let newest = StoredRelease::new(body).unwrap().secret().unwrap();
    world.provided.lists.get_mut(&secrets()).unwrap().insert(0, newest);
    assert!(world.taken().is_empty(), "revision 10 owns nothing");
}
