//! A kustomization that is written for what another renderer gave.

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass_core::{
    Artifact, Bytes, Context, Digest, Entry, EntryKind, Files, Item, Need, RenderInput, Rendered, Renderer,
    Result, Text, Transform, TreePath, Value,
};
use windlass_kustomize::{FILE_NAMES, Kustomize, Options};
use windlass_yaml::go;

/// The file that holds what another renderer gave. No tree has a file of this name by chance.
const RENDERED: &str = ".windlass-rendered.yaml";

/// One of Flux's `postRenderers`: `patches` and `images` of a kustomization whose one resource is what a chart gave.
#[derive(Debug)]
pub(crate) struct PostRenderer(Kustomize);

impl PostRenderer {
    /// Takes the fields of a kustomization.
    pub(crate) fn new(fields: &Value) -> Self {
        Self(Kustomize::new(Options::default().with_more(fields)))
    }
}

impl Transform for PostRenderer {
    fn fingerprint(&self) -> Digest {
        self.0.fingerprint()
    }

    fn transform(&self, cx: &Context, input: &RenderInput<'_>, rendered: Rendered) -> Result<Rendered> {
        over(cx, input, rendered, &self.0)
    }
}

/// Builds a kustomization in the place of `input` whose one resource is what was rendered.
///
/// # Errors
/// Those of the build.
pub(crate) fn over(
    cx: &Context,
    input: &RenderInput<'_>,
    rendered: Rendered,
    kustomize: &Kustomize,
) -> Result<Rendered> {
    let kustomization = format!("resources: [{RENDERED}]\n");
    let documents = rendered.items.iter().map(|item| go::to_yaml(item.object.body()));
    let resources = documents.collect::<Vec<_>>().join("---\n");
    let place = input.path.join(RENDERED)?;
    let extra = [(input.path.join(FILE_NAMES[0])?, kustomization), (place.clone(), resources)];
    let beside = Beside {
        files: Arc::clone(input.artifact.files()),
        extra: extra.into_iter().map(|(path, text)| (path, Bytes::from(text))).collect(),
    };
    let written: Vec<Need> = beside.extra.keys().cloned().map(Need::File).collect();
    let artifact = with_files(input.artifact, Arc::new(beside));
    let input = RenderInput::new(&artifact, input.path).with_provided(input.provided);
    let mut built = kustomize.render(cx, &input)?;
    built.items.iter_mut().for_each(|item| come_from(item, &place, &rendered.items));
    built.reads.retain(|need, _| !written.contains(need));
    built.reads.extend(rendered.reads);
    built.warnings.splice(..0, rendered.warnings);
    Ok(built)
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
pub(crate) fn with_files(artifact: &Artifact, files: Arc<dyn Files>) -> Artifact {
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
