//! Built-in generators and transformers that are written as objects of their own.

use std::sync::Arc;

use windlass_core::{Error, ErrorKind, Origin, Result, Text, Value};

use super::charts::GENERATOR;
use super::transformers::{AddTarget, Tracked, Transformer};
use super::{Build, Target, file_of, tracking};
use crate::config;
use crate::decode::{Fields, Reading};
use crate::filter::namespace::{Namespace, Subjects};
use crate::filter::replacement::Entry;
use crate::generate::{Args, Kind};
use crate::kustomization::{Chart, Globals, Patch, image, replica};
use crate::node::{Map, Node, Rules, to_value};
use crate::read;
use crate::resource::{Resource, Track};
use crate::select::Selector;

impl Build<'_> {
    /// Reads the objects of `generators` and runs them.
    pub(super) fn plugin_generators(&mut self, target: &Target) -> Result<Vec<(Resource, Option<Track>)>> {
        let mut out = Vec::new();
        for plugin in self.plugins(target, &target.kustomization().generators)? {
            let track = tracking::plugin(&plugin);
            let made = self.plugin_generator(target, &plugin).map_err(|error| here(error, &plugin))?;
            out.extend(made.into_iter().map(|made| (made, track.clone())));
        }
        Ok(out)
    }

    /// Reads the objects of `transformers` or `validators`.
    pub(super) fn plugin_transformers(&mut self, target: &Target, entries: &[Text]) -> Result<Vec<Tracked>> {
        let mut out = Vec::new();
        for plugin in self.plugins(target, entries)? {
            let track = tracking::plugin(&plugin);
            let transformers =
                self.plugin_transformer(target, &plugin).map_err(|error| here(error, &plugin))?;
            let last = transformers.len().saturating_sub(1);
            out.extend(transformers.into_iter().enumerate().map(|(at, transformer)| Tracked {
                transformer,
                track: track.clone().filter(|_| at == last),
            }));
        }
        Ok(out)
    }

    /// Gives the objects of entries that are YAML, and then those of files and folders.
    fn plugins(&mut self, target: &Target, entries: &[Text]) -> Result<Vec<Resource>> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let mut collected = self.empty();
        let mut paths = Vec::new();
        for entry in entries {
            match self.resources_in(target, entry.as_bytes()) {
                Err(_) => paths.push(entry.clone()),
                Ok(resources) => {
                    for mut resource in resources {
                        if self.tracking {
                            let trail = target.track.then(&target.file.1);
                            resource.track_origin(&tracking::file(&trail));
                        }
                        collected.map.append(resource)?;
                    }
                }
            }
        }
        Ok(self.resources(target, collected, &paths)?.map.list)
    }

    fn plugin_generator(&mut self, target: &Target, plugin: &Resource) -> Result<Vec<Resource>> {
        let (kind, value) = self.plugin_config(plugin)?;
        let made = match kind.as_str() {
            "ConfigMapGenerator" => {
                self.make(target, &Args::plugin(&value, Kind::ConfigMap)?, Kind::ConfigMap)?
            }
            "SecretGenerator" => self.make(target, &Args::plugin(&value, Kind::Secret)?, Kind::Secret)?,
            "IAMPolicyGenerator" => service_account(&value, &plugin.origin)?,
            GENERATOR => {
                let fields = &mut Fields::of(&value, Reading::Lenient)?;
                return self.chart(target, &Globals::of(fields)?, &Chart::of(fields)?);
            }
            _ => return Err(Error::new(ErrorKind::Unsupported, "no such built-in generator")),
        };
        Ok(vec![made])
    }

    /// Only what is built in is run; nothing is executed.
    fn plugin_config(&self, plugin: &Resource) -> Result<(Text, Value)> {
        let gvk = plugin.gvk();
        if !gvk.group.is_empty() || gvk.version != "builtin" {
            let error = Error::new(ErrorKind::Unsupported, "external plugins and functions are not run");
            return Err(error.with("apiVersion", gvk.api_version()));
        }
        Ok((gvk.kind, to_value(&plugin.node, Rules::V3)?))
    }

    fn plugin_transformer(&mut self, target: &Target, plugin: &Resource) -> Result<Vec<Transformer>> {
        let (kind, value) = self.plugin_config(plugin)?;
        let fields = &mut Fields::of(&value, Reading::Lenient)?;
        let affix = |fields: &mut Fields<'_>, prefix: bool, suffix: bool| {
            let specs = config::specs(fields, "fieldSpecs")?;
            if fields.take("fieldSpecs").is_none() {
                return Err(Error::new(ErrorKind::Invalid, "missing field").with("field", "fieldSpecs"));
            }
            let (first, last) = (fields.text("prefix")?, fields.text("suffix")?);
            let mut out = Vec::new();
            if prefix {
                let specs = specs.clone();
                out.push(Transformer::Affix { prefix: first, suffix: Text::default(), specs });
            }
            if suffix {
                out.push(Transformer::Affix { prefix: Text::default(), suffix: last, specs });
            }
            Ok(out)
        };
        Ok(vec![match kind.as_str() {
            "PrefixTransformer" => return affix(fields, true, false),
            "SuffixTransformer" => return affix(fields, false, true),
            "PrefixSuffixTransformer" => return affix(fields, true, true),
            "AnnotationsTransformer" => Transformer::Annotations {
                pairs: fields.pairs("annotations")?,
                specs: config::specs(fields, "fieldSpecs")?,
            },
            "LabelTransformer" => Transformer::Labels {
                pairs: fields.pairs("labels")?,
                specs: config::specs(fields, "fieldSpecs")?,
            },
            "ImageTagTransformer" => Transformer::Image {
                image: fields.inner("imageTag", image)?.unwrap_or_default(),
                specs: config::specs(fields, "fieldSpecs")?,
            },
            "ReplicaCountTransformer" => Transformer::Replicas {
                replica: fields.inner("replica", replica)?.unwrap_or_default(),
                specs: config::specs(fields, "fieldSpecs")?,
            },
            "NamespaceTransformer" => Transformer::Namespace(namespace(fields, &value)?),
            "HashTransformer" => Transformer::Hash,
            "PatchTransformer" => {
                let patch = Patch::read(&value, Reading::Lenient)?;
                Transformer::Patches(self.patches_of(target, &patch)?)
            }
            "PatchStrategicMergeTransformer" => {
                let (paths, inline) = (fields.texts("paths")?, fields.text("patches")?);
                Transformer::Patches(self.strategic_of(target, &paths, &inline)?)
            }
            "PatchJson6902Transformer" => {
                let selector = fields.inner("target", Selector::read)?;
                let (path, inline) = (fields.text("path")?, fields.text("jsonOp")?);
                Transformer::Patches(self.json_of(target, selector.as_ref(), &path, &inline)?)
            }
            "ReplacementTransformer" => {
                let entries = fields.list("replacements", Entry::read)?;
                Transformer::Replacements(self.replacements_of(target, &entries)?)
            }
            "ValueAddTransformer" => self.value_add(target, fields)?,
            _ => return Err(Error::new(ErrorKind::Unsupported, "no such built-in transformer")),
        }])
    }

    fn value_add(&mut self, target: &Target, fields: &mut Fields<'_>) -> Result<Transformer> {
        let mut targets = fields.list("targets", add_target)?;
        let file = fields.text("targetFilePath")?;
        if !file.is_empty() {
            let (path, bytes) = self.load(&target.loader, &file)?;
            let value = read::config(&bytes, &mut self.cache, self.cx.limits());
            let value = value.map_err(|error| error.with_each("path", path))?;
            targets.extend(Fields::of(&value, Reading::Lenient)?.list("targets", add_target)?);
        }
        if targets.is_empty() {
            return Err(
                Error::new(ErrorKind::Invalid, "at least one target is needed").with("field", "targets")
            );
        }
        let value = Text::from(fields.text("value")?.trim());
        let folder = target.loader.root().path.name().unwrap_or_default();
        Ok(Transformer::ValueAdd { value: if value.is_empty() { folder.into() } else { value }, targets })
    }
}

fn here(error: Error, plugin: &Resource) -> Error {
    let (id, origin) = (plugin.id(), &plugin.origin);
    error.with_each("plugin", id).with_each("path", file_of(origin)).with_each("line", origin.line)
}

fn add_target(value: &Value, reading: Reading) -> Result<AddTarget> {
    let mut fields = Fields::of(value, reading)?;
    let target = AddTarget {
        selector: fields.inner("selector", Selector::read)?,
        path: fields.text("fieldPath")?,
        position: fields.int("filePathPosition")?,
    };
    let wrong = |message, field| Err(Error::new(ErrorKind::Invalid, message).with("field", field));
    match (target.path.is_empty(), target.position < 0) {
        (true, _) => wrong("missing field", "fieldPath"),
        (_, true) => wrong("a position cannot be negative", "filePathPosition"),
        _ => Ok(target),
    }
}

fn namespace(fields: &mut Fields<'_>, value: &Value) -> Result<Namespace> {
    let subjects = match fields.text("setRoleBindingSubjects")?.as_str() {
        "" | "defaultOnly" => Subjects::Default,
        "allServiceAccounts" => Subjects::Accounts,
        "none" => Subjects::None,
        _ => {
            let error = Error::new(ErrorKind::Invalid, "expected defaultOnly, allServiceAccounts or none");
            return Err(error.with("field", "setRoleBindingSubjects"));
        }
    };
    let name = value.text_at(&["metadata", "namespace"]).unwrap_or_default().into();
    let specs = config::specs(fields, "fieldSpecs")?;
    Ok(Namespace { name, specs, unset_only: fields.truth("unsetOnly")?, subjects })
}

/// Makes the service account that an IAM policy is for.
fn service_account(value: &Value, origin: &Arc<Origin>) -> Result<Resource> {
    let text = |path: &[&str]| value.text_at(path).unwrap_or_default().to_owned();
    if text(&["cloud"]) != "gke" {
        return Err(Error::new(ErrorKind::Invalid, "the cloud is not supported").with("field", "cloud"));
    }
    let account = format!(
        "{}@{}.iam.gserviceaccount.com",
        text(&["serviceAccount", "name"]),
        text(&["serviceAccount", "projectId"])
    );
    let annotation = Map::of(vec![("iam.gke.io/gcp-service-account".into(), Node::plain(account))]);
    let mut meta = Map::of(vec![
        ("annotations".into(), Node::Map(annotation)),
        ("name".into(), Node::plain(text(&["kubernetesService", "name"]))),
    ]);
    let namespace = text(&["kubernetesService", "namespace"]);
    if !namespace.is_empty() {
        meta.push("namespace", Node::plain(namespace));
    }
    let root = vec![
        ("apiVersion".into(), Node::plain("v1")),
        ("kind".into(), Node::plain("ServiceAccount")),
        ("metadata".into(), Node::Map(meta)),
    ];
    Ok(Resource::new(Node::Map(Map::of(root)), Arc::clone(origin)))
}
