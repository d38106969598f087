//! The laws of a transform, from the conformance suite.

use std::sync::Arc;

use windlass_core::{Digest, Item, Object, Origin, Rendered, Transform, TreePath, Value};
use windlass_sops::{AgeKeys, DecryptObjects, Sops};
use windlass_testkit::MemoryFiles;
use windlass_testkit::renderer::Place;
use windlass_testkit::suite::{Bench, Check};
use windlass_testkit::transform::{Given, TransformHarness};
use windlass_yaml::{Options, read};

const RECORDED: &str = include_str!("data/recorded.jsonl");
const DATA_ALONE: &str = "secret.yaml {\"encrypted_regex\"";
const NAME_TOO: &str = "secret.yaml {\"unencrypted_regex\"";
const PLAIN: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\n";

struct Stage;

impl Bench for Stage {
    fn skips(&self) -> Vec<(&'static str, &'static str)> {
        vec![("what_is_missing_lists_its_needs", "it needs nothing beside the keys that it has")]
    }
}

fn sops() -> Sops {
    Sops::new().with_keys(AgeKeys::parse(include_str!("data/keys/age.txt")).expect("a key"))
}

/// The encrypted text of a recorded case.
fn recorded(name: &str) -> String {
    let rows = RECORDED.lines().map(|line| serde_json::from_str::<Value>(line).expect("a row is JSON"));
    let row = rows.into_iter().find(|row| row.text_at(&["name"]).is_some_and(|text| text.starts_with(name)));
    row.expect(name).text_at(&["encrypted"]).expect("a text").to_owned()
}

fn object(text: &str) -> Object {
    Object::new(read(text.as_bytes(), &Options::default()).expect(text).remove(0).value).expect(text)
}

/// Objects, each from a file of its own.
fn given(objects: impl IntoIterator<Item = (&'static str, Object)>) -> Given {
    let item = |(file, object)| Item::new(object, Origin::new(TreePath::new(file).expect("a path"), 1, 1));
    let items = objects.into_iter().map(item).collect();
    Given::new(MemoryFiles::new(), Rendered { items, ..Rendered::default() })
}

/// The encrypted object under another name, with something else in the place of its first encrypted value.
fn damaged(name: &str, value: &str) -> Object {
    let text = recorded(DATA_ALONE).replace("name: db", &format!("name: {name}"));
    let (before, rest) = text.split_once(": ENC[").expect("an encrypted value");
    let (_, after) = rest.split_once('\n').expect("more lines");
    object(&format!("{before}: {value}\n{after}"))
}

impl TransformHarness for Stage {
    fn transform(&self) -> Arc<dyn Transform> {
        Arc::new(DecryptObjects::new(sops(), Digest::of(b"age.txt")))
    }

    fn variants(&self) -> Vec<Arc<dyn Transform>> {
        vec![Arc::new(DecryptObjects::new(Sops::new(), Digest::of(b"none")))]
    }

    fn name(&self) -> String {
        "sops".into()
    }

    fn good(&self) -> Given {
        let plain = object("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n");
        given([("a.yaml", object(&recorded(DATA_ALONE))), ("b.yaml", plain)])
    }

    fn wrong(&self) -> (Given, Vec<Place>) {
        let given = given([("a.yaml", damaged("a", "canary")), ("b.yaml", damaged("b", "ENC[x]"))]);
        (given, vec![Place::new("a.yaml", 1), Place::new("b.yaml", 1)])
    }

    fn twice(&self) -> Check<(Given, [Place; 2])> {
        let given = given([("a.yaml", object(PLAIN)), ("b.yaml", object(&recorded(NAME_TOO)))]);
        Ok((given, [Place::new("a.yaml", 1), Place::new("b.yaml", 1)]))
    }

    fn indiscreet(&self) -> (Given, String) {
        (given([("a.yaml", damaged("a", "canary-88b1"))]), "canary-88b1".into())
    }
}

mod objects {
    windlass_testkit::transform_suite!(|| super::Stage);
}
