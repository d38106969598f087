//! A build: from a folder to objects.

mod accumulate;
mod charts;
mod generators;
mod input;
mod load;
mod names;
mod patches;
mod place;
mod plugins;
mod remote;
mod tracking;
mod transformers;
mod values;
mod vars;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use windlass_core::{
    Address, Artifact, Bytes, Capabilities, Context, Digest, Error, ErrorKind, Files, Need, Origin, Result,
    Text, TreePath,
};
use windlass_yaml::go;

use crate::config::{self, Config};
use crate::id::Gvk;
use crate::kustomization::{Kustomization, SortOptions};
use crate::node::{Rules, decoded, to_value};
use crate::order::{self, Legacy};
use crate::read::{self, Cache, Doc};
use crate::resmap::ResMap;
use crate::schema::Schemas;
use crate::{Built, BuiltObject, Options, VERSION};
use load::Loader;
use place::Place;
pub(crate) use place::file_of;
use tracking::Trail;
use vars::VarSet;

/// What a build knows of while it runs.
pub(crate) struct Build<'b> {
    cx: &'b Context,
    files: &'b dyn Files,
    /// Other artifacts that were brought.
    bases: &'b BTreeMap<Address, Artifact>,
    options: &'b Options,
    /// What the target serves, where there is a target: charts are rendered for it.
    served: Option<Option<&'b Capabilities>>,
    cache: Cache,
    reads: BTreeMap<Need, Digest>,
    warnings: Vec<String>,
    /// Files of resources that were read, since several overlays share a base.
    documents: HashMap<Place, Arc<Vec<Doc>>>,
    kustomizations: HashMap<Place, Arc<(Kustomization, Text)>>,
    schemas: Schemas,
    schema_is_set: bool,
    /// Whether the built-in schemas were needed before others were set.
    built_in_used: bool,
    cluster: Arc<HashSet<Gvk>>,
    bytes_read: u64,
    /// A file that was read to see whether it is one.
    pending: Option<(Place, Bytes)>,
    patches: usize,
    /// Whether the root asks for `buildMetadata`.
    tracking: bool,
}

/// What was collected so far of a kustomization.
struct Collected {
    map: ResMap,
    config: Option<Arc<Config>>,
    vars: VarSet,
}

/// A kustomization with its place.
struct Target {
    file: Arc<(Kustomization, Text)>,
    loader: Loader,
    /// The path from the root, as the origin of what is read; only where it is tracked.
    track: Trail,
    /// The namespace that the kustomizations that led here say: charts without one take it.
    namespace: Text,
}

impl<'b> Build<'b> {
    pub(crate) fn new(
        cx: &'b Context,
        files: &'b dyn Files,
        bases: &'b BTreeMap<Address, Artifact>,
        options: &'b Options,
    ) -> Self {
        Self {
            cx,
            files,
            bases,
            options,
            served: None,
            cache: Cache::new(),
            reads: BTreeMap::new(),
            warnings: Vec::new(),
            documents: HashMap::new(),
            kustomizations: HashMap::new(),
            schemas: Schemas::default(),
            schema_is_set: false,
            built_in_used: false,
            cluster: Arc::default(),
            bytes_read: 0,
            pending: None,
            patches: 0,
            tracking: false,
        }
    }

    /// Renders charts for a target, once it is known what that serves.
    pub(crate) fn for_target(mut self, served: Option<&'b Capabilities>) -> Self {
        self.served = Some(served);
        self
    }

    /// Builds a folder.
    pub(crate) fn run(mut self, path: &TreePath) -> Result<Built> {
        let mut target = self.target(Loader::new(path.clone()), Trail::default())?;
        if let Some(more) = &self.options.more {
            let fields = read::config(more.as_bytes(), &mut self.cache, self.cx.limits())?;
            Arc::make_mut(&mut target.file).0.extend(&fields)?;
        }
        let file = Arc::clone(&target.file);
        self.set_schema(&target, true)?;
        self.tracking = !file.0.build_metadata.is_empty();
        let mut collected = self.collect(&target, self.empty())?;
        self.documents.clear();
        self.kustomizations.clear();
        self.add_hashes(&mut collected.map)?;
        self.fix_names(&mut collected)?;
        self.resolve_vars(&mut collected)?;
        let mut map = collected.map;
        self.drop_local(&mut map)?;
        sort(&mut map, file.0.sort.as_ref(), self.options.unsorted)
            .map_err(|error| error.with_each("path", target.path()))?;
        if file.0.wants("managedByLabel") || self.options.managed_by_label {
            manage(&mut map)?;
        }
        let (origins, transformations) =
            (file.0.wants("originAnnotations"), file.0.wants("transformerAnnotations"));
        map.list.iter_mut().for_each(|resource| resource.finish(origins, transformations));
        self.output(map)
    }

    fn empty(&self) -> Collected {
        Collected { map: ResMap::new(Arc::clone(&self.cluster)), config: None, vars: VarSet::default() }
    }

    /// Takes away what asks not to be part of the output.
    fn drop_local(&self, map: &mut ResMap) -> Result<()> {
        map.drop_empty();
        let problems = map.list.iter().filter_map(|resource| {
            resource
                .check()
                .err()
                .map(|error| error.with("path", file_of(&resource.origin)).with("line", resource.origin.line))
        });
        if let Some(error) = Error::all(problems) {
            return Err(error);
        }
        map.list.retain(|resource| !resource.is_local());
        map.forget();
        Ok(())
    }

    fn output(self, map: ResMap) -> Result<Built> {
        let limits = self.cx.limits();
        if map.list.len() > limits.objects_max {
            let error = Error::new(ErrorKind::Limit, "too many objects");
            return Err(error.with("objects_max", limits.objects_max));
        }
        let mut text = String::new();
        let mut objects = Vec::with_capacity(map.list.len());
        for resource in map.list {
            self.cx.check()?;
            let at = |error: Error| {
                error
                    .with_each("object", resource.id())
                    .with_each("path", file_of(&resource.origin))
                    .with_each("line", resource.origin.line)
            };
            let value = to_value(&resource.node, Rules::V3).map_err(at)?;
            let file =
                self.options.files.then(|| decoded(&resource.node, Rules::V3)).transpose().map_err(at)?;
            if self.options.text {
                if !text.is_empty() {
                    text.push_str("---\n");
                }
                text.push_str(&go::to_yaml(&value));
            }
            let mut origin = Origin::clone(&resource.origin);
            origin.transformers = resource.transformers.iter().map(|name| Text::from(*name)).collect();
            let (id, cluster) = (resource.id(), &self.cluster);
            let namespace = (!id.gvk.is_cluster_scoped(cluster)).then(|| id.effective_namespace(cluster));
            let body = self.options.objects.then_some(value);
            objects.push(BuiltObject { body, origin, namespace, decoded: file });
        }
        Ok(Built { text, objects, reads: self.reads, warnings: self.warnings })
    }
}

fn sort(map: &mut ResMap, options: Option<&SortOptions>, unsorted: bool) -> Result<()> {
    let legacy = match options {
        None if unsorted => return Ok(()),
        None => Legacy::new(&order::FIRST, &order::LAST),
        Some(options) => {
            let wrong = |message, field| Err(Error::new(ErrorKind::Invalid, message).with("field", field));
            match (options.order.as_str(), &options.legacy) {
                ("fifo", None) => return Ok(()),
                ("fifo", Some(_)) => {
                    return wrong("only the legacy order has options", "sortOptions.legacySortOptions");
                }
                ("legacy", None) => Legacy::new(&order::FIRST, &order::LAST),
                ("legacy", Some(order)) => Legacy::new(&order.first, &order.last),
                _ => return wrong("expected legacy or fifo", "sortOptions.order"),
            }
        }
    };
    map.list.sort_by_cached_key(|resource| legacy.key(&resource.id()));
    map.forget();
    map.check_unique()
}

/// Adds the label that says who made the objects.
fn manage(map: &mut ResMap) -> Result<()> {
    let pair = [("app.kubernetes.io/managed-by".into(), format!("kustomize-{VERSION}").into())];
    let spec = [config::FieldSpec::any("metadata/labels", true)];
    for resource in &mut map.list {
        resource.set_pairs(&pair, &spec)?;
        resource.changed("LabelTransformer");
    }
    Ok(())
}

impl Target {
    fn kustomization(&self) -> &Kustomization {
        &self.file.0
    }

    /// The namespace that it says, else that of those that led here.
    fn namespace(&self) -> &Text {
        let own = &self.file.0.namespace;
        if own.is_empty() { &self.namespace } else { own }
    }

    /// The path of the file itself.
    fn path(&self) -> Place {
        let root = self.loader.root();
        root.join(&self.file.1).unwrap_or_else(|_| root.clone())
    }
}
