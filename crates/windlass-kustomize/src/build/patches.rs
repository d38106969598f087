//! Reading patches, finding what they are for, and applying them.

use windlass_core::{Error, ErrorKind, Result, Text, Value};

use super::place::Place;

use super::{Build, Target, input};
use crate::kustomization::Patch;
use crate::node::Node;
use crate::patch::{json, strategic};
use crate::read;
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::schema::Schemas;
use crate::select::Selector;

/// Patches of one build.
const PATCHES_MAX: usize = 100_000;

/// The patches of one entry.
pub(super) struct Patches {
    /// Where they were written, for errors.
    source: String,
    target: Option<Selector>,
    kind: Kind,
}

enum Kind {
    /// Each for the object of its own name.
    Strategic(Vec<Resource>),
    /// As that, from `patchesStrategicMerge`, where kustomize makes labels and annotations texts.
    StrategicByName(Vec<Resource>),
    /// One for all objects that the target selects.
    StrategicForAll(Box<Resource>),
    Json {
        patch: Value,
        renames: bool,
    },
}

impl Build<'_> {
    /// Reads `patchesStrategicMerge`: each entry is a patch or a file.
    pub(super) fn strategic_of(&mut self, target: &Target, paths: &[Text], inline: &str) -> Result<Patches> {
        let mut patches = Vec::new();
        for path in paths {
            match self.resources_in(target, path.as_bytes()) {
                Ok(more) => patches.extend(more),
                Err(_) => {
                    let (file, bytes) = self.load(&target.loader, path)?;
                    let more = self.resources_of(&file, &bytes);
                    patches.extend(more.map_err(|error| error.with_each("path", &file))?);
                }
            }
        }
        if !inline.is_empty() {
            patches.extend(self.resources_in(target, inline.as_bytes())?);
        }
        if patches.is_empty() {
            let error = Error::new(ErrorKind::Invalid, "the patch is empty");
            return Err(error.with("field", "patchesStrategicMerge"));
        }
        self.count(patches.len())?;
        let source =
            paths.iter().map(Text::as_str).filter(|path| !path.contains('\n')).collect::<Vec<_>>().join(", ");
        Ok(Patches { source, target: None, kind: Kind::StrategicByName(patches) })
    }

    /// Reads an entry of `patches`, which may be of either kind.
    pub(super) fn patches_of(&mut self, target: &Target, patch: &Patch) -> Result<Patches> {
        let inline = patch.patch.trim();
        let invalid = |message| Err(Error::new(ErrorKind::Invalid, message));
        let (source, text) = match (inline.is_empty(), patch.path.is_empty()) {
            (true, true) => return invalid("one of patch and path must be set"),
            (false, false) => return invalid("patch and path cannot be set at the same time"),
            (false, true) => ("an inline patch".to_owned(), inline.as_bytes().to_vec()),
            (true, false) => {
                let (file, bytes) = self.load(&target.loader, &patch.path)?;
                (file.to_string(), bytes.to_vec())
            }
        };
        let here = |error: Error| error.with_each("patch", &source);
        let strategic = self.resources_in(target, &text);
        let json = std::str::from_utf8(&text)
            .map_err(|_| Error::new(ErrorKind::Invalid, "the patch is not UTF-8"))
            .and_then(|text| json::parse(text, &mut self.cache, self.cx.limits()));
        let kind = match (strategic, json) {
            (Err(error), Err(_)) => {
                return Err(here(error).with_help("neither a strategic patch nor a JSON patch"));
            }
            (Ok(mut patches), _) => {
                for loaded in &mut patches {
                    loaded.name_change = patch.options.name_change;
                    loaded.kind_change = patch.options.kind_change;
                }
                self.count(patches.len())?;
                match (patch.target.is_some(), patches.len()) {
                    (true, 1) => Kind::StrategicForAll(Box::new(patches.remove(0))),
                    (true, more) if more > 1 => {
                        let error =
                            Error::new(ErrorKind::Invalid, "several patches in one entry with a target");
                        return Err(here(error));
                    }
                    _ => Kind::Strategic(patches),
                }
            }
            (Err(_), Ok(operations)) => {
                self.count(1)?;
                if patch.target.is_none() {
                    let error = Error::new(ErrorKind::Invalid, "a JSON patch needs a target");
                    return Err(here(error));
                }
                Kind::Json { patch: operations, renames: true }
            }
        };
        Ok(Patches { source, target: patch.target.clone(), kind })
    }

    /// Reads an entry of `patchesJson6902`.
    pub(super) fn json_of(
        &mut self,
        target: &Target,
        selector: Option<&Selector>,
        path: &str,
        inline: &str,
    ) -> Result<Patches> {
        let invalid = |message| Err(Error::new(ErrorKind::Invalid, message));
        let Some(selector) = selector.filter(|selector| !selector.id.name.is_empty()) else {
            return invalid("the target must have a name");
        };
        let (source, text) = match (path.is_empty(), inline.is_empty()) {
            (true, true) => return invalid("neither a path nor a patch is set"),
            (false, false) => return invalid("a path and a patch cannot be set at the same time"),
            (true, false) => ("an inline patch".to_owned(), inline.to_owned()),
            (false, true) => {
                let (file, bytes) = self.load(&target.loader, path)?;
                (file.to_string(), String::from_utf8_lossy(&bytes).into_owned())
            }
        };
        let patch = json::parse(&text, &mut self.cache, self.cx.limits())
            .map_err(|error| error.with_each("patch", &source))?;
        if patch.as_list().is_none_or(<[_]>::is_empty) {
            return Err(Error::new(ErrorKind::Invalid, "the patch is empty").with("patch", source));
        }
        self.count(1)?;
        let kind = Kind::Json { patch, renames: false };
        Ok(Patches { source, target: Some(selector.clone()), kind })
    }

    fn count(&mut self, patches: usize) -> Result<()> {
        self.patches += patches;
        if self.patches <= PATCHES_MAX {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Limit, "too many patches").with("patches_max", PATCHES_MAX))
    }

    /// Reads objects that are written inside of a kustomization.
    pub(super) fn resources_in(&mut self, target: &Target, text: &[u8]) -> Result<Vec<Resource>> {
        self.resources_of(&target.path(), text)
    }

    fn resources_of(&mut self, file: &Place, text: &[u8]) -> Result<Vec<Resource>> {
        let docs = read::documents(text, &mut self.cache, self.cx.limits())?;
        input::resources(&docs, file)
    }

    /// Applies the patches of an entry.
    pub(super) fn patch(&mut self, patches: &Patches, map: &mut ResMap) -> Result<()> {
        let here = |error: Error| error.with_each("patch", &patches.source);
        match (&patches.kind, &patches.target) {
            (Kind::Strategic(list) | Kind::StrategicByName(list), _) => {
                let as_texts = matches!(patches.kind, Kind::StrategicByName(_));
                let problems =
                    list.iter().filter_map(|patch| self.strategic(patch, as_texts, map).err().map(here));
                Error::all(problems.collect::<Vec<_>>()).map_or(Ok(()), Err)
            }
            (Kind::StrategicForAll(patch), Some(target)) => self.for_all(patch, target, map).map_err(here),
            (Kind::Json { patch, renames }, Some(target)) => {
                for at in map.select(target).map_err(here)? {
                    let namespace = map.effective_namespace(at);
                    let resource = &mut map.list[at];
                    if *renames {
                        resource.remember(namespace);
                    }
                    let id = resource.id();
                    json::apply(resource, patch).map_err(|error| here(error).with_each("object", id))?;
                    resource.changed("PatchTransformer");
                }
                map.forget();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn strategic(&mut self, patch: &Resource, as_texts: bool, map: &mut ResMap) -> Result<()> {
        self.built_in_used |= !self.schema_is_set;
        let at = map.one(&patch.first_id())?;
        let namespace = map.effective_namespace(at);
        let resource = &mut map.list[at];
        let own = if as_texts { for_object(patch, resource) } else { patch.clone() };
        let forgets = wipes_annotations(&own.node);
        apply(&self.schemas, resource, own, namespace)?;
        if resource.node.is_empty() || patch.name_change || patch.kind_change || forgets {
            map.forget();
        }
        Ok(())
    }

    fn for_all(&mut self, patch: &Resource, target: &Selector, map: &mut ResMap) -> Result<()> {
        self.built_in_used |= !self.schema_is_set;
        let selected = map.select(target)?;
        for at in selected {
            let namespace = map.effective_namespace(at);
            let resource = &mut map.list[at];
            let own = for_object(patch, resource);
            let id = resource.id();
            apply(&self.schemas, resource, own, namespace).map_err(|error| error.with_each("object", id))?;
        }
        map.drop_empty();
        map.forget();
        if patch.name_change || patch.kind_change { map.check_unique() } else { Ok(()) }
    }
}

/// Makes a patch for many objects one for this object: labels and annotations become texts, the version is the object's.
fn for_object(patch: &Resource, resource: &Resource) -> Resource {
    let mut own = patch.clone();
    own.take_meta(patch);
    own.set_api_version(resource.gvk().api_version());
    own.set_kind(&patch.gvk().kind);
    own
}

/// Merges a patch into an object; name, namespace and kind stay unless the patch may change them.
fn apply(schemas: &Schemas, resource: &mut Resource, patch: Resource, namespace: Text) -> Result<()> {
    let (before, own_namespace) = (resource.id(), resource.namespace());
    if patch.name_change || patch.kind_change {
        resource.remember(namespace);
    }
    if wipes_annotations(&patch.node) {
        resource.before.clear();
        resource.prefixes.clear();
        resource.suffixes.clear();
        resource.needs_hash = false;
        resource.tracked = None;
    }
    let node = std::mem::replace(&mut resource.node, Node::null());
    let merged = strategic::merge(schemas, node, patch.node);
    let Some(node) = merged.map_err(|error| error.with_each("object", &before))? else { return Ok(()) };
    resource.node = node;
    if resource.node.is_empty() {
        return Ok(());
    }
    if !patch.kind_change {
        resource.set_kind(&before.gvk.kind);
    }
    if !patch.name_change {
        resource.set_name(before.name);
    }
    resource.set_namespace(&own_namespace);
    resource.even_out();
    resource.changed("PatchTransformer");
    Ok(())
}

/// kustomize keeps the history of an object in its annotations, so that it goes with them.
fn wipes_annotations(patch: &Node) -> bool {
    let Some(annotations) = patch.get("metadata").and_then(|meta| meta.get("annotations")) else {
        return false;
    };
    annotations.is_null()
        || annotations.get("$patch").is_some_and(|asked| matches!(asked.spelling(), "delete" | "replace"))
}
