//! The transformers of a kustomization, in their order.

use windlass_core::{Error, ErrorKind, Result, Text, Value};

use super::patches::Patches;
use super::{Build, Collected, Target, tracking};
use crate::config::{self, Config, FieldSpec};
use crate::filter::image::{Image, Matcher};
use crate::filter::namespace::{Namespace, Subjects};
use crate::filter::replacement::{Entry, Replacement};
use crate::filter::{affix, value_add};
use crate::generate::hash;
use crate::kustomization::{Label, Replica};
use crate::read;
use crate::resmap::ResMap;
use crate::resource::Track;
use crate::select::Selector;

/// A transformer that is ready to run.
pub(super) enum Transformer {
    Patches(Patches),
    Namespace(Namespace),
    Affix { prefix: Text, suffix: Text, specs: Vec<FieldSpec> },
    Labels { pairs: Vec<(Text, Text)>, specs: Vec<FieldSpec> },
    Annotations { pairs: Vec<(Text, Text)>, specs: Vec<FieldSpec> },
    Replicas { replica: Replica, specs: Vec<FieldSpec> },
    Image { image: Image, specs: Vec<FieldSpec> },
    Replacements(Vec<Replacement>),
    Hash,
    ValueAdd { value: Text, targets: Vec<AddTarget> },
}

/// Where a value is added.
pub(super) struct AddTarget {
    pub(super) selector: Option<Selector>,
    pub(super) path: Text,
    pub(super) position: i64,
}

/// A transformer with what it leaves for `buildMetadata`.
pub(super) struct Tracked {
    pub(super) transformer: Transformer,
    pub(super) track: Option<Track>,
}

impl Build<'_> {
    /// Runs the transformers of a kustomization.
    pub(super) fn transform(&mut self, target: &Target, collected: &mut Collected) -> Result<()> {
        let config = collected.config();
        let mut all = Vec::new();
        for (kind, transformer) in self.built_in(target, &config)? {
            let track = self.tracking.then(|| tracking::built_in(target, kind));
            all.push(Tracked { transformer, track });
        }
        all.extend(self.plugin_transformers(target, &target.kustomization().transformers)?);
        for Tracked { transformer, track } in all {
            self.cx.check()?;
            self.apply(&transformer, &mut collected.map)?;
            if let Some(track) = track {
                collected.map.list.iter_mut().for_each(|resource| resource.track(&track));
            }
            collected.map.drop_empty();
        }
        Ok(())
    }

    /// Runs validators, which may not change anything.
    pub(super) fn validate(&mut self, target: &Target, collected: &mut Collected) -> Result<()> {
        let validators = self.plugin_transformers(target, &target.kustomization().validators)?;
        for Tracked { transformer, .. } in validators {
            let before = values(&collected.map)?;
            self.apply(&transformer, &mut collected.map)?;
            if values(&collected.map)? != before {
                return Err(Error::new(ErrorKind::Invalid, "a validator may not change objects"));
            }
        }
        Ok(())
    }

    fn built_in(&mut self, target: &Target, config: &Config) -> Result<Vec<(&'static str, Transformer)>> {
        let file = target.kustomization();
        let mut out = Vec::new();
        if !file.patches_strategic.is_empty() {
            let patches = self.strategic_of(target, &file.patches_strategic, "")?;
            out.push(("PatchStrategicMergeTransformer", Transformer::Patches(patches)));
        }
        for patch in &file.patches {
            let patches =
                self.patches_of(target, patch).map_err(|error| error.with_each("field", "patches"))?;
            out.push(("PatchTransformer", Transformer::Patches(patches)));
        }
        if !file.namespace.is_empty() {
            let (name, specs) = (file.namespace.clone(), config.namespace.clone());
            let namespace = Namespace { name, specs, unset_only: false, subjects: Subjects::default() };
            out.push(("NamespaceTransformer", Transformer::Namespace(namespace)));
        }
        if !file.name_prefix.is_empty() {
            let (prefix, specs) = (file.name_prefix.clone(), config.name_prefix.clone());
            out.push(("PrefixTransformer", Transformer::Affix { prefix, suffix: Text::default(), specs }));
        }
        if !file.name_suffix.is_empty() {
            let (suffix, specs) = (file.name_suffix.clone(), config.name_suffix.clone());
            out.push(("SuffixTransformer", Transformer::Affix { prefix: Text::default(), suffix, specs }));
        }
        if !file.labels.is_empty() || !file.common_labels.is_empty() {
            for label in &file.labels {
                let specs = label_specs(label, config).map_err(|error| error.with_each("field", "labels"))?;
                out.push(("LabelTransformer", Transformer::Labels { pairs: label.pairs.clone(), specs }));
            }
            let (pairs, specs) = (file.common_labels.clone(), config.common_labels.clone());
            out.push(("LabelTransformer", Transformer::Labels { pairs, specs }));
        }
        if !file.common_annotations.is_empty() {
            let (pairs, specs) = (file.common_annotations.clone(), config.annotations.clone());
            out.push(("AnnotationsTransformer", Transformer::Annotations { pairs, specs }));
        }
        for patch in &file.patches_json {
            let patches = self.json_of(target, patch.target.as_ref(), &patch.path, &patch.patch);
            let patches = patches.map_err(|error| error.with_each("field", "patchesJson6902"))?;
            out.push(("PatchJson6902Transformer", Transformer::Patches(patches)));
        }
        for replica in &file.replicas {
            let (replica, specs) = (replica.clone(), config.replicas.clone());
            out.push(("ReplicaCountTransformer", Transformer::Replicas { replica, specs }));
        }
        for image in &file.images {
            let (image, specs) = (image.clone(), config.images.clone());
            out.push(("ImageTagTransformer", Transformer::Image { image, specs }));
        }
        if !file.replacements.is_empty() {
            let replacements = self.replacements_of(target, &file.replacements)?;
            out.push(("ReplacementTransformer", Transformer::Replacements(replacements)));
        }
        Ok(out)
    }

    pub(super) fn replacements_of(&mut self, target: &Target, entries: &[Entry]) -> Result<Vec<Replacement>> {
        let mut out = Vec::new();
        for entry in entries {
            match entry {
                Entry::Inline(replacement) => out.push(replacement.clone()),
                Entry::File(path) => {
                    let (file, bytes) = self.load(&target.loader, path)?;
                    let value: Result<Value> = read::config(&bytes, &mut self.cache, self.cx.limits());
                    let read = value.and_then(|value| Replacement::file(&value));
                    out.extend(read.map_err(|error| error.with_each("path", file))?);
                }
            }
        }
        Ok(out)
    }

    /// Runs one transformer.
    pub(super) fn apply(&mut self, transformer: &Transformer, map: &mut ResMap) -> Result<()> {
        match transformer {
            Transformer::Patches(patches) => self.patch(patches, map),
            Transformer::Namespace(namespace) => set_namespace(namespace, map),
            Transformer::Affix { prefix, suffix, specs } => add_affix(prefix, suffix, specs, map),
            Transformer::Labels { pairs, specs } => add_pairs(pairs, specs, map, "LabelTransformer"),
            Transformer::Annotations { pairs, specs } => {
                add_pairs(pairs, specs, map, "AnnotationsTransformer")
            }
            Transformer::Replicas { replica, specs } => set_replicas(replica, specs, map),
            Transformer::Image { image, specs } => set_image(image, specs, map),
            Transformer::Replacements(replacements) => {
                let (cache, limits) = (&mut self.cache, self.cx.limits());
                replacements.iter().enumerate().try_for_each(|(at, replacement)| {
                    let applied = replacement.apply(map, cache, limits);
                    applied.map_err(|error| error.with_each("field", format!("replacements[{at}]")))
                })
            }
            Transformer::Hash => self.add_hashes(map),
            Transformer::ValueAdd { value, targets } => add_value(value, targets, map),
        }
    }

    /// Adds the suffix that is made of the content to the names of what was generated.
    pub(super) fn add_hashes(&self, map: &mut ResMap) -> Result<()> {
        for at in 0..map.list.len() {
            if map.list[at].needs_hash {
                let namespace = map.effective_namespace(at);
                let resource = &mut map.list[at];
                let suffix = hash::suffix(&resource.node, &resource.gvk().kind)?;
                resource.remember(namespace);
                let name = format!("{}-{suffix}", resource.name());
                resource.set_name(name);
                resource.changed("HashTransformer");
            }
        }
        map.forget();
        Ok(())
    }
}

fn values(map: &ResMap) -> Result<Vec<Value>> {
    map.list.iter().map(|resource| crate::node::to_value(&resource.node, crate::node::Rules::V3)).collect()
}

fn label_specs(label: &Label, config: &Config) -> Result<Vec<FieldSpec>> {
    let mut specs = label.fields.clone();
    config::add_all(&mut specs, &config.labels)?;
    if label.selectors {
        config::add_all(&mut specs, &config.common_labels)?;
        return Ok(specs);
    }
    if label.templates {
        config::add_all(&mut specs, &config.template_labels)?;
    }
    if label.claim_templates {
        config::add_all(&mut specs, &config.claim_labels)?;
    }
    config::add(&mut specs, FieldSpec::any("metadata/labels", true))?;
    Ok(specs)
}

fn set_namespace(namespace: &Namespace, map: &mut ResMap) -> Result<()> {
    if namespace.name.is_empty() {
        return Ok(());
    }
    let mut problems = Vec::new();
    for at in 0..map.list.len() {
        let effective = map.effective_namespace(at);
        let cluster_scoped = map.list[at].id().gvk.is_cluster_scoped(&map.cluster);
        let resource = &mut map.list[at];
        // What comes from a chart has its namespace from Helm.
        if resource.node.is_empty() || resource.is_of_chart() {
            continue;
        }
        resource.remember(effective);
        let gvk = resource.gvk();
        if let Err(error) = namespace.apply(&mut resource.node, &gvk, cluster_scoped) {
            problems.push(object(error, resource));
        }
        resource.changed("NamespaceTransformer");
    }
    map.forget();
    if problems.is_empty() {
        problems.extend(map.check_unique().err().map(|error| error.with_each("transformer", "namespace")));
    }
    Error::all(problems).map_or(Ok(()), Err)
}

fn object(error: Error, resource: &crate::resource::Resource) -> Error {
    let origin = &resource.origin;
    error
        .with_each("object", resource.id())
        .with_each("path", super::file_of(origin))
        .with_each("line", origin.line)
}

/// Kinds whose names no prefix and no suffix changes.
fn keeps_name(kind: &str, group: &str) -> bool {
    matches!(kind, "CustomResourceDefinition" | "Namespace")
        || (kind == "APIService" && group == "apiregistration.k8s.io")
}

fn add_affix(prefix: &Text, suffix: &Text, specs: &[FieldSpec], map: &mut ResMap) -> Result<()> {
    let transformer = if prefix.is_empty() { "SuffixTransformer" } else { "PrefixTransformer" };
    for at in 0..map.list.len() {
        let effective = map.effective_namespace(at);
        let resource = &mut map.list[at];
        let first = resource.first_id().gvk;
        if keeps_name(&first.kind, &first.group) {
            continue;
        }
        for spec in specs.iter().filter(|spec| first.is_selected(&spec.gvk)) {
            if spec.path == "metadata/name" && !(prefix.is_empty() && suffix.is_empty()) {
                resource.prefixes.extend(Some(prefix.clone()).filter(|prefix| !prefix.is_empty()));
                resource.suffixes.extend(Some(suffix.clone()).filter(|suffix| !suffix.is_empty()));
                resource.remember(effective.clone());
            }
            let gvk = resource.gvk();
            let added = affix::affix(&mut resource.node, &gvk, prefix, suffix, spec);
            added.map_err(|error| object(error, resource))?;
        }
        resource.changed(transformer);
    }
    map.forget();
    Ok(())
}

fn add_pairs(
    pairs: &[(Text, Text)],
    specs: &[FieldSpec],
    map: &mut ResMap,
    transformer: &'static str,
) -> Result<()> {
    if pairs.is_empty() {
        return Ok(());
    }
    for resource in &mut map.list {
        resource.set_pairs(pairs, specs).map_err(|error| object(error, resource))?;
        resource.changed(transformer);
    }
    Ok(())
}

fn set_replicas(replica: &Replica, specs: &[FieldSpec], map: &mut ResMap) -> Result<()> {
    let mut found = false;
    for at in map.named(&replica.name).to_vec() {
        let resource = &mut map.list[at];
        let ids: Vec<_> = resource.all_ids().filter(|id| id.name == replica.name).collect();
        for spec in specs.iter().filter(|spec| ids.iter().any(|id| id.gvk.is_selected(&spec.gvk))) {
            found = true;
            let gvk = resource.gvk();
            affix::replicas(&mut resource.node, &gvk, replica.count, spec)
                .map_err(|error| object(error, resource))?;
            resource.changed("ReplicaCountTransformer");
        }
    }
    if found {
        return Ok(());
    }
    let error = Error::new(ErrorKind::NotFound, "no object of this name has replicas");
    Err(error.with("field", "replicas").with("name", &replica.name))
}

fn set_image(image: &Image, specs: &[FieldSpec], map: &mut ResMap) -> Result<()> {
    let matcher = Matcher::new(image);
    for resource in &mut map.list {
        let gvk = resource.gvk();
        matcher.apply(&mut resource.node, &gvk, specs).map_err(|error| object(error, resource))?;
    }
    Ok(())
}

fn add_value(value: &Text, targets: &[AddTarget], map: &mut ResMap) -> Result<()> {
    for target in targets {
        let taken = match &target.selector {
            None => (0..map.list.len()).collect(),
            Some(selector) => map.select(selector)?,
        };
        for at in taken {
            let cluster_scoped = map.list[at].id().gvk.is_cluster_scoped(&map.cluster);
            let resource = &mut map.list[at];
            let added = if target.path == "metadata/namespace" {
                let (name, specs) = (value.clone(), Vec::new());
                let namespace = Namespace { name, specs, unset_only: false, subjects: Subjects::default() };
                let gvk = resource.gvk();
                namespace.apply(&mut resource.node, &gvk, cluster_scoped)
            } else {
                value_add::apply(&mut resource.node, &target.path, target.position, value)
            };
            added.map_err(|error| object(error, resource))?;
            resource.changed("ValueAddTransformer");
        }
    }
    map.forget();
    Ok(())
}
