//! Objects, decrypted after they were rendered.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use windlass_core::{
    Context, Digest, Error, ErrorKind, Object, RenderInput, Rendered, Result, Transform, Value,
};
use windlass_yaml::{Options, go, read};

use crate::files::is_encrypted;
use crate::{Format, Sops};

const SWITCH: &str = "kustomize.toolkit.fluxcd.io/decrypt";

/// Decrypts objects that were rendered from encrypted files, and the encrypted files inside Secrets, as Flux does.
///
/// Renderers sort the fields of objects, and may add some, so that the code over all values (MAC) cannot be checked here:
/// each value is still authenticated with its path, but nobody notices a value that was taken out or added in the clear.
/// [`DecryptedFiles`](crate::DecryptedFiles) decrypts before the render and checks it. An object with the annotation
/// `kustomize.toolkit.fluxcd.io/decrypt: disabled` stays as it is.
#[derive(Debug, Clone)]
pub struct DecryptObjects {
    sops: Sops,
    /// Stands for the keys, which say nothing about themselves.
    keys: Digest,
}

impl DecryptObjects {
    /// Decrypts with these keys. `keys` is a digest of what they are, so that other keys are another
    /// [fingerprint](Transform::fingerprint).
    #[must_use]
    pub fn new(sops: Sops, keys: Digest) -> Self {
        Self { sops, keys }
    }

    /// Gives the object in the clear; `None` where nothing is encrypted.
    ///
    /// # Errors
    /// As [`Sops::decrypt`].
    fn object(&self, object: &Object) -> Result<Option<Object>> {
        if object.annotation(SWITCH) == Some("disabled") {
            return Ok(None);
        }
        let body = object.body();
        if body.at(&["sops", "mac"]).is_some() {
            let text = go::to_yaml(body);
            let plain = self.sops.decrypt_unordered(text.as_bytes(), Format::Yaml)?;
            return Object::new(one(plain.as_slice())?).map(Some);
        }
        let is_secret = object.id().kind == "Secret" && object.id().group.is_empty();
        if is_secret { self.data(object) } else { Ok(None) }
    }

    /// Decrypts the encrypted files among the data of a Secret.
    fn data(&self, object: &Object) -> Result<Option<Object>> {
        let Some(data) = object.body().get("data").and_then(Value::as_map) else { return Ok(None) };
        let mut new = Vec::new();
        for (name, value) in data.iter() {
            let Some(bytes) = value.as_text().and_then(|text| STANDARD.decode(text).ok()) else { continue };
            if is_encrypted(&bytes) {
                let plain =
                    self.sops.decrypt(&bytes, format_of(&bytes)).map_err(|error| error.with("key", name))?;
                new.push((name.clone(), STANDARD.encode(plain.as_slice())));
            }
        }
        if new.is_empty() {
            return Ok(None);
        }
        let set = |body: &mut Value| {
            let data = body.as_map_mut().and_then(|body| body.get_mut("data")).and_then(Value::as_map_mut);
            if let Some(data) = data {
                new.drain(..).for_each(|(name, value)| drop(data.insert(name, value)));
            }
        };
        object.edit(set).map(Some)
    }
}

/// Tells the format of an encrypted file by its text, since the name of a key in a Secret says nothing.
fn format_of(bytes: &[u8]) -> Format {
    let text = bytes.trim_ascii_start();
    let starts_line = |mark: &[u8]| {
        bytes.starts_with(mark) || bytes.windows(mark.len() + 1).any(|w| w[0] == b'\n' && &w[1..] == mark)
    };
    if text.starts_with(b"{") {
        let has_data_only = read(bytes, &Options::default()).is_ok_and(|found| {
            found
                .first()
                .and_then(|one| one.value.as_map())
                .is_some_and(|map| map.len() == 2 && map.contains("data"))
        });
        return if has_data_only { Format::Binary } else { Format::Json };
    }
    if starts_line(b"sops_mac=") {
        Format::Dotenv
    } else if starts_line(b"[sops]") {
        Format::Ini
    } else {
        Format::Yaml
    }
}

fn one(text: &[u8]) -> Result<Value> {
    let mut documents = read(text, &Options::default().with_format(windlass_yaml::Format::Yaml))?;
    let document = documents.pop().filter(|_| documents.is_empty());
    document
        .map(|document| document.value)
        .ok_or_else(|| Error::new(ErrorKind::Internal, "an object became none"))
}

impl Transform for DecryptObjects {
    fn fingerprint(&self) -> Digest {
        Digest::of_value(&Value::from_iter([
            ("transform", Value::from("windlass-sops objects")),
            ("version", env!("CARGO_PKG_VERSION").into()),
            ("keys", self.keys.to_string().into()),
        ]))
    }

    fn transform(&self, cx: &Context, _: &RenderInput<'_>, mut rendered: Rendered) -> Result<Rendered> {
        let (mut problems, mut seen) = (Vec::new(), BTreeMap::new());
        for item in &mut rendered.items {
            cx.check()?;
            match self.object(&item.object) {
                Ok(None) => {}
                Ok(Some(object)) => {
                    item.object = object;
                    Arc::make_mut(&mut item.origin).transformers.push("sops".into());
                }
                Err(error) => {
                    problems.push(error.with_each("object", item.id()).with_each("origin", &item.origin));
                }
            }
            if let Some(first) = seen.insert(item.id().clone(), Arc::clone(&item.origin)) {
                let error = Error::new(ErrorKind::Invalid, "decryption gives two objects one identity");
                problems.push(error.with("id", item.id()).with("first", first).with("again", &item.origin));
            }
        }
        Error::all(problems.into_iter().take(cx.limits().problems_max)).map_or(Ok(rendered), Err)
    }
}
