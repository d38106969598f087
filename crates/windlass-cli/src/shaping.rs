//! What a unit does to what its folder gives, as Flux's kustomize-controller does it, in its order: encrypted files are
//! decrypted as they are read; the kustomization gets more fields; encrypted objects are decrypted; variables are put in;
//! common labels and annotations are set.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use windlass_core::{
    Context, Digest, Error, ErrorKind, Map, RenderInput, Rendered, Renderer, Result, Transform, Value,
};
use windlass_helm::template::HelmVersion;
use windlass_kustomize::{FILE_NAMES, Kustomize, Options};
use windlass_sops::{AgeKeys, DecryptObjects, DecryptedFiles, PgpKeys, Secret, Sops};

use crate::over::{over, with_files};
use crate::parts::KUBERNETES_VERSION;
use crate::spec::{self, Target, Unit};
use crate::tools::Charts;

/// The largest file of keys, in bytes.
const KEY_BYTES_MAX: u64 = 1 << 20;

/// Builds a kustomization as the unit says.
pub(crate) fn kustomize(unit: &Unit) -> Kustomize {
    let said = &unit.kustomize;
    let mut options = Options::default().with_restrict(said.restrict);
    if said.remote {
        options = options.with_remote();
    }
    if said.helm {
        let version = if unit.helm.as_helm_3 { HelmVersion::V3 } else { HelmVersion::V4 };
        options = options.with_helm(Charts::of_unit(version, unit.target.namespace()));
        if matches!(unit.target, Target::Dir(_)) {
            options = options.with_helm_cluster(KUBERNETES_VERSION, [] as [String; 0]);
        }
    }
    Kustomize::new(said.more.iter().fold(options, Options::with_more))
}

/// Does to what `renderer` gives what the unit says.
pub(crate) fn shaped(unit: &Unit, renderer: Arc<dyn Renderer>) -> Arc<dyn Renderer> {
    Arc::new(Shaped { unit: unit.clone(), renderer })
}

#[derive(Debug)]
struct Shaped {
    unit: Unit,
    renderer: Arc<dyn Renderer>,
}

impl Renderer for Shaped {
    fn fingerprint(&self) -> Digest {
        let said = &self.unit.kustomize;
        let pairs = |pairs: &spec::Pairs| -> Value {
            pairs.iter().map(|(name, value)| (name.clone(), Value::from(value.clone()))).collect()
        };
        let parts = [
            self.renderer.fingerprint().to_string(),
            kustomize(&self.unit).fingerprint().to_string(),
            said.substitute
                .as_ref()
                .map(|substitute| substitute.fingerprint().to_string())
                .unwrap_or_default(),
            pairs(&said.labels).canonical(),
            pairs(&said.annotations).canonical(),
            format!("{:?} {:?}", said.age_keys, said.openpgp_keys),
        ];
        Digest::of_parts(parts.iter().map(String::as_bytes))
    }

    fn render(&self, cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
        let said = &self.unit.kustomize;
        let mut rendered = if said.decrypts() {
            let sops = self.sops()?;
            let files = DecryptedFiles::new(Arc::clone(input.artifact.files()), sops.clone());
            let artifact = with_files(input.artifact, Arc::new(files));
            let input = RenderInput::new(&artifact, input.path).with_provided(input.provided);
            let rendered = self.customized(cx, &input)?;
            DecryptObjects::new(sops, Digest::of_parts([])).transform(cx, &input, rendered)?
        } else {
            self.customized(cx, input)?
        };
        if let Some(substitute) = &said.substitute {
            rendered = substitute.transform(cx, input, rendered)?;
        }
        self.mark(cx, &mut rendered)?;
        Ok(rendered)
    }
}

impl Shaped {
    /// Renders the folder. Where it is no kustomization and fields are to be added to one, one is written for what the folder
    /// gives.
    fn customized(&self, cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
        let files = input.artifact.files();
        let is_there = |name: &&str| input.path.join(name).is_ok_and(|path| files.read(&path).is_ok());
        let rendered = self.renderer.render(cx, input)?;
        if self.unit.kustomize.more.is_none() || FILE_NAMES.iter().any(is_there) {
            return Ok(rendered);
        }
        over(cx, input, rendered, &kustomize(&self.unit))
    }

    /// Reads the keys. What is wrong is said without a word of what is there.
    fn sops(&self) -> Result<Sops> {
        let said = &self.unit.kustomize;
        let mut sops = Sops::new();
        let blame = |name: &'static str| {
            move |error: Error| self.unit.blame(&["spec", "kustomize", "decryption", name], error)
        };
        if let Some(file) = &said.age_keys {
            let keys = read(file).and_then(|keys| AgeKeys::parse(text(&keys)?));
            sops = sops.with_keys(keys.map_err(blame("ageKeyFile"))?);
        }
        if let Some(file) = &said.openpgp_keys {
            let keys = read(file).and_then(|keys| PgpKeys::parse(text(&keys)?));
            sops = sops.with_keys(keys.map_err(blame("openpgpKeyFile"))?);
        }
        Ok(sops)
    }

    /// Sets the common labels and annotations.
    fn mark(&self, cx: &Context, rendered: &mut Rendered) -> Result<()> {
        let said = &self.unit.kustomize;
        if said.labels.is_empty() && said.annotations.is_empty() {
            return Ok(());
        }
        for item in &mut rendered.items {
            cx.check()?;
            let before = item.object.body().clone();
            item.object = item.object.edit(|body| {
                set(body, "labels", &said.labels);
                set(body, "annotations", &said.annotations);
            })?;
            if *item.object.body() != before {
                Arc::make_mut(&mut item.origin).transformers.push("commonMetadata".into());
            }
        }
        Ok(())
    }
}

/// Sets fields of a map in the metadata of an object.
fn set(body: &mut Value, map: &'static str, pairs: &spec::Pairs) {
    let Some(body) = body.as_map_mut().filter(|_| !pairs.is_empty()) else { return };
    let nothing = || Value::Map(Map::new());
    let Some(metadata) = body.entry("metadata", nothing).as_map_mut() else { return };
    let into = metadata.entry(map, nothing);
    if into.is_null() {
        *into = nothing();
    }
    let Some(into) = into.as_map_mut() else { return };
    pairs.iter().for_each(|(name, value)| drop(into.insert(name.clone(), Value::from(value.clone()))));
}

/// Reads a file of keys.
fn read(file: &Path) -> Result<Secret> {
    let unreadable = |error: std::io::Error| {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            std::io::ErrorKind::PermissionDenied => ErrorKind::Denied,
            _ => ErrorKind::Unavailable,
        };
        Error::new(kind, "the keys cannot be read").with("keyFile", file.display()).caused_by(error)
    };
    let mut bytes = Vec::new();
    let opened = File::open(file).and_then(|file| file.take(KEY_BYTES_MAX + 1).read_to_end(&mut bytes));
    let keys = Secret::new(bytes);
    opened.map_err(unreadable)?;
    if keys.as_slice().len() as u64 > KEY_BYTES_MAX {
        let error = Error::new(ErrorKind::Limit, "the file of keys is too large");
        return Err(error.with("keyFile", file.display()).with("max", KEY_BYTES_MAX));
    }
    Ok(keys)
}

fn text(keys: &Secret) -> Result<&str> {
    std::str::from_utf8(keys.as_slice()).map_err(|_| Error::new(ErrorKind::Invalid, "the keys are not UTF-8"))
}
