//! ConfigMaps and Secrets made from files, literals and env files.

pub(crate) mod data;
pub(crate) mod hash;
pub(crate) mod kv;

use std::sync::Arc;

use windlass_core::{Error, ErrorKind, Origin, Result, Text, Value};

use crate::decode::{Fields, Reading};
use crate::node::{Map, Node};
use crate::resource::{Behavior, Resource, truth};

/// An entry of `configMapGenerator` or `secretGenerator`.
#[derive(Clone, Default)]
pub(crate) struct Args {
    pub(crate) namespace: Text,
    pub(crate) name: Text,
    pub(crate) behavior: Text,
    pub(crate) literals: Vec<Text>,
    pub(crate) files: Vec<Text>,
    pub(crate) envs: Vec<Text>,
    pub(crate) options: Option<Options>,
    /// Of a Secret.
    pub(crate) secret_type: Text,
}

/// Options of a generator, or of all of them.
#[derive(Clone, Default)]
pub(crate) struct Options {
    labels: Option<Vec<(Text, Text)>>,
    annotations: Option<Vec<(Text, Text)>>,
    disable_hash: bool,
    immutable: bool,
}

/// What is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    ConfigMap,
    Secret,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }

    pub(crate) const fn generator(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMapGenerator",
            Self::Secret => "SecretGenerator",
        }
    }
}

impl Args {
    pub(crate) fn config_map(value: &Value, reading: Reading) -> Result<Self> {
        let mut fields = Fields::of(value, reading)?;
        let args = Self::fields(&mut fields)?;
        fields.end()?;
        Ok(args)
    }

    pub(crate) fn secret(value: &Value, reading: Reading) -> Result<Self> {
        let mut fields = Fields::of(value, reading)?;
        let mut args = Self::fields(&mut fields)?;
        args.secret_type = fields.text("type")?;
        fields.end()?;
        Ok(args)
    }

    fn fields(fields: &mut Fields<'_>) -> Result<Self> {
        let mut args = Self {
            namespace: fields.text("namespace")?,
            name: fields.text("name")?,
            behavior: fields.text("behavior")?,
            literals: fields.texts("literals")?,
            files: fields.texts("files")?,
            envs: fields.texts("envs")?,
            options: fields.inner("options", Options::read)?,
            secret_type: Text::default(),
        };
        args.envs.extend(Some(fields.text("env")?).filter(|env| !env.is_empty()));
        Ok(args)
    }

    /// Reads a generator that is written as a file of its own.
    pub(crate) fn plugin(value: &Value, kind: Kind) -> Result<Self> {
        let mut args = match kind {
            Kind::ConfigMap => Self::config_map(value, Reading::Lenient)?,
            Kind::Secret => Self::secret(value, Reading::Lenient)?,
        };
        let meta = |field| value.text_at(&["metadata", field]).unwrap_or_default();
        if args.name.is_empty() {
            args.name = meta("name").into();
        }
        if args.namespace.is_empty() {
            args.namespace = meta("namespace").into();
        }
        Ok(args)
    }

    /// Makes the object of what was read.
    pub(crate) fn make(&self, kind: Kind, pairs: Vec<kv::Pair>, origin: Arc<Origin>) -> Result<Resource> {
        if self.name.is_empty() {
            return Err(Error::new(ErrorKind::Invalid, "a generator must have a name")
                .with("field", kind.generator()));
        }
        let mut meta = Map::of(vec![("name".into(), Node::text(self.name.clone()))]);
        if !self.namespace.is_empty() {
            meta.push("namespace", Node::text(self.namespace.clone()));
        }
        let mut root = Map::of(vec![
            ("apiVersion".into(), Node::plain("v1")),
            ("kind".into(), Node::plain(kind.name())),
            ("metadata".into(), Node::Map(meta)),
        ]);
        match kind {
            Kind::ConfigMap => data::fill_config_map(&mut root, pairs),
            Kind::Secret => {
                let secret_type = if self.secret_type.is_empty() { "Opaque" } else { &self.secret_type };
                root.push("type", Node::text(secret_type));
                data::fill_secret(&mut root, pairs);
            }
        }
        let mut resource = Resource::new(Node::Map(root), origin);
        self.mark(&mut resource);
        Ok(resource)
    }

    fn mark(&self, resource: &mut Resource) {
        let options = self.options.clone().unwrap_or_default();
        resource.needs_hash = !options.disable_hash;
        resource.behavior = Behavior::of(&self.behavior);
        for (field, pairs) in [("labels", options.labels), ("annotations", options.annotations)] {
            if let Some(pairs) = pairs.filter(|pairs| !pairs.is_empty()) {
                resource.set_texts(field, pairs);
            }
        }
        if let (true, Some(root)) = (options.immutable, resource.node.as_map_mut()) {
            root.put("immutable", truth("true"));
        }
    }
}

impl Options {
    pub(crate) fn read(value: &Value, reading: Reading) -> Result<Self> {
        let mut fields = Fields::of(value, reading)?;
        let options = Self {
            labels: fields.pairs_if("labels")?,
            annotations: fields.pairs_if("annotations")?,
            disable_hash: fields.truth("disableNameSuffixHash")?,
            immutable: fields.truth("immutable")?,
        };
        fields.end()?;
        Ok(options)
    }

    /// Adds what is said for all generators.
    pub(crate) fn with(local: Option<&Self>, all: Option<&Self>) -> Option<Self> {
        let Some(all) = all else { return local.cloned() };
        let mut options = local.cloned().unwrap_or_default();
        for (own, more) in [(&mut options.labels, &all.labels), (&mut options.annotations, &all.annotations)]
        {
            let Some(more) = more else { continue };
            *own = Some(crate::resource::merged(more.clone(), own.take().unwrap_or_default()));
        }
        options.disable_hash |= all.disable_hash;
        options.immutable |= all.immutable;
        Some(options)
    }
}
