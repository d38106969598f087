//! What a unit does to what its folder gives, as Flux's kustomize-controller does it, in its order: encrypted files are
//! decrypted as they are read; the kustomization gets more fields; encrypted objects are decrypted; variables are put in;
//! common labels and annotations are set.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use windlass_core::{
    Artifact, Bytes, Context, Digest, Entry, EntryKind, Error, ErrorKind, Files, Item, Map, Need,
    RenderInput, Rendered, Renderer, Result, Text, Transform, TreePath, Value,
};
use windlass_helm::template::HelmVersion;
use windlass_kustomize::{FILE_NAMES, Kustomize, Options};
use windlass_sops::{AgeKeys, DecryptObjects, DecryptedFiles, PgpKeys, Secret, Sops};
use windlass_yaml::go;

use crate::parts::KUBERNETES_VERSION;
use crate::spec::{self, Target, Unit};
use crate::tools::Charts;

/// The largest file of keys, in bytes.
const KEY_BYTES_MAX: u64 = 1 << 20;

/// The file that holds what another renderer gave, for a kustomization that is written for it. No tree has a file of this
/// name by chance.
const RENDERED: &str = ".windlass-rendered.yaml";

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
        let kustomization = format!("resources: [{RENDERED}]\n");
        let documents = rendered.items.iter().map(|item| go::to_yaml(item.object.body()));
        let resources = documents.collect::<Vec<_>>().join("---\n");
        let place = input.path.join(RENDERED)?;
        let extra = [(input.path.join(FILE_NAMES[0])?, kustomization), (place.clone(), resources)];
        let beside = Beside {
            files: Arc::clone(files),
            extra: extra.into_iter().map(|(path, text)| (path, Bytes::from(text))).collect(),
        };
        let written: Vec<Need> = beside.extra.keys().cloned().map(Need::File).collect();
        let artifact = with_files(input.artifact, Arc::new(beside));
        let input = RenderInput::new(&artifact, input.path).with_provided(input.provided);
        let mut built = kustomize(&self.unit).render(cx, &input)?;
        built.items.iter_mut().for_each(|item| come_from(item, &place, &rendered.items));
        built.reads.retain(|need, _| !written.contains(need));
        built.reads.extend(rendered.reads);
        built.warnings.splice(..0, rendered.warnings);
        Ok(built)
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

/// Gives an object that was rendered twice the place and the directives of the first time.
fn come_from(item: &mut Item, place: &TreePath, first: &[Item]) {
    if item.origin.file != *place {
        return;
    }
    let at = usize::try_from(item.origin.document).unwrap_or_default();
    let Some(before) = at.checked_sub(1).and_then(|at| first.get(at)) else { return };
    let mut origin = (*before.origin).clone();
    origin.transformers.extend(item.origin.transformers.iter().cloned());
    item.origin = Arc::new(origin);
    item.directives = before.directives.clone();
}

/// The same artifact, seen through other files.
fn with_files(artifact: &Artifact, files: Arc<dyn Files>) -> Artifact {
    Artifact::new(artifact.revision().clone(), artifact.digest(), files)
}

/// Files with some beside them.
#[derive(Debug)]
struct Beside {
    files: Arc<dyn Files>,
    extra: BTreeMap<TreePath, Bytes>,
}

impl Files for Beside {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        let mut entries = self.files.list(folder)?;
        let here = self.extra.keys().filter(|path| path.parent().as_ref() == Some(folder));
        let names: Vec<Text> = here.filter_map(TreePath::name).map(Text::from).collect();
        entries.retain(|entry| !names.contains(&entry.name));
        entries.extend(names.into_iter().map(|name| Entry::new(name, EntryKind::File)));
        entries.sort();
        Ok(entries)
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        self.extra.get(path).map_or_else(|| self.files.read(path), |bytes| Ok(bytes.clone()))
    }

    fn real(&self, path: &TreePath) -> Result<TreePath> {
        if self.extra.contains_key(path) { Ok(path.clone()) } else { self.files.real(path) }
    }
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
