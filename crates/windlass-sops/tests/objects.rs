//! Objects are decrypted after they were rendered.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use windlass_core::{
    Artifact, Bytes, Clock, Context, Digest, Entry, Error, ErrorKind, Files, Item, Now, Object, Origin,
    RenderInput, Rendered, Result, Revision, Transform, TreePath, Value, async_trait,
};
use windlass_sops::{AgeKeys, DecryptObjects, Sops};
use windlass_yaml::{Options, read};

const RECORDED: &str = include_str!("data/recorded.jsonl");

#[derive(Debug)]
struct Nothing;

impl Files for Nothing {
    fn list(&self, _: &TreePath) -> Result<Vec<Entry>> {
        Ok(Vec::new())
    }

    fn read(&self, _: &TreePath) -> Result<Bytes> {
        Err(Error::new(ErrorKind::NotFound, "no such file"))
    }
}

#[derive(Debug)]
struct Never;

#[async_trait]
impl Clock for Never {
    fn now(&self) -> Now {
        Now::default()
    }

    async fn sleep(&self, _: Duration) {}
}

fn recorded(name: &str) -> Value {
    let rows = RECORDED.lines().map(|line| serde_json::from_str(line).expect("a row is JSON"));
    rows.into_iter()
        .find(|row: &Value| row.text_at(&["name"]).is_some_and(|text| text.starts_with(name)))
        .expect(name)
}

fn object(text: &str) -> Object {
    let value = read(text.as_bytes(), &Options::default()).expect(text).remove(0).value;
    Object::new(value).expect(text)
}

fn run(object: Object) -> Result<Item> {
    let keys = AgeKeys::parse(include_str!("data/keys/age.txt")).expect("a key");
    let transform = DecryptObjects::new(Sops::new().with_keys(keys), Digest::of(b"age.txt"));
    let artifact = Artifact::new(Revision::new("sha1:1"), Digest::of(b"1"), Arc::new(Nothing));
    let root = TreePath::root();
    let item = Item::new(object, Origin::new(TreePath::new("a.yaml").expect("a path"), 1, 1));
    let rendered = Rendered { items: vec![item], ..Rendered::default() };
    let rendered =
        transform.transform(&Context::new(Never), &RenderInput::new(&artifact, &root), rendered)?;
    Ok(rendered.items.into_iter().next().expect("an item stays one"))
}

#[test]
fn an_encrypted_object_is_decrypted_whatever_the_order_of_its_fields() {
    let row = recorded("secret.yaml {\"encrypted_regex\": \"^(data");
    let item = run(object(row.text_at(&["encrypted"]).expect("a text"))).expect("it is decrypted");
    let plain = object(row.text_at(&["plain"]).expect("a text"));
    assert_eq!(item.object.body().canonical(), plain.body().canonical());
    assert_eq!(item.origin.transformers, ["sops"]);
}

#[test]
fn an_encrypted_file_inside_a_secret_is_decrypted() {
    for name in ["plain.env {}", "any.bin", "values.json", "secret.yaml {}", "plain.ini"] {
        let row = recorded(name);
        let inside = STANDARD.encode(row.text_at(&["encrypted"]).expect("a text"));
        let text = format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\ndata: {{file: {inside}, other: YQ==}}\n"
        );
        let item = run(object(&text)).expect(name);
        let plain =
            item.object.body().text_at(&["data", "file"]).map(|text| STANDARD.decode(text).expect("base64"));
        assert_eq!(plain.as_deref(), row.text_at(&["plain"]).map(str::as_bytes), "{name}");
        assert_eq!(item.object.body().text_at(&["data", "other"]), Some("YQ=="));
    }
}

#[test]
fn an_object_can_be_left_out_and_others_stay_as_they_are() {
    let plain = object("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: YQ==}\n");
    assert!(run(plain).expect("nothing is encrypted").origin.transformers.is_empty());
    let row = recorded("secret.yaml {\"encrypted_regex\": \"^(data");
    let off = row.text_at(&["encrypted"]).expect("a text").replace(
        "metadata:\n",
        "metadata:\n    annotations: {kustomize.toolkit.fluxcd.io/decrypt: disabled}\n",
    );
    assert!(run(object(&off)).expect("it is left out").object.body().get("sops").is_some());
}

#[test]
fn a_changed_value_names_object_and_field_and_not_itself() {
    let row = recorded("secret.yaml {\"encrypted_regex\": \"^(data");
    let changed = row
        .text_at(&["encrypted"])
        .expect("a text")
        .replace("user: ENC[AES256_GCM,data:", "user: ENC[AES256_GCM,data:AA");
    let error = run(object(&changed)).expect_err("it was changed").explain();
    assert!(error.contains("field=stringData.user") && error.contains("object=Secret//db"), "{error}");
    assert!(!error.contains("ENC["), "{error}");
}
