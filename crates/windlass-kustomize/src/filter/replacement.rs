//! Replacements: a value from here to there.

use windlass_core::{Error, ErrorKind, Limits, Result, Text, Value};

use super::path::{self, Make};
use super::structured;
use crate::config;
use crate::decode::{Fields, Reading, as_text};
use crate::id::Id;
use crate::node::{Node, Scalar, Style, Tag, wrong_kind};
use crate::read::Cache;
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::select::Selector;

/// An entry of `replacements`.
#[derive(Clone)]
pub(crate) struct Replacement {
    source: Option<Source>,
    source_value: Option<Text>,
    targets: Option<Vec<Target>>,
}

/// An entry that is written here or in a file.
#[derive(Clone)]
pub(crate) enum Entry {
    Inline(Replacement),
    File(Text),
}

#[derive(Clone)]
struct Source {
    id: Id,
    path: Text,
    options: Options,
}

#[derive(Clone)]
struct Target {
    select: Option<Selector>,
    reject: Vec<Selector>,
    paths: Vec<Text>,
    options: Options,
}

/// How a value is cut and put.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) delimiter: Text,
    pub(crate) index: i64,
    pub(crate) create: bool,
}

const NAME: &str = "metadata.name";

impl Entry {
    pub(crate) fn read(value: &Value, reading: Reading) -> Result<Self> {
        let mut fields = Fields::of(value, reading)?;
        let file = fields.text("path")?;
        let replacement = Replacement::fields(&mut fields)?;
        fields.end()?;
        let inline = replacement.source.is_some()
            || replacement.targets.as_ref().is_some_and(|targets| !targets.is_empty());
        match (file.is_empty(), inline) {
            (true, _) => Ok(Self::Inline(replacement)),
            (false, false) => Ok(Self::File(file)),
            (false, true) => Err(invalid("cannot specify both path and inline replacement")),
        }
    }
}

impl Replacement {
    /// Reads a file of one replacement or of several.
    pub(crate) fn file(value: &Value) -> Result<Vec<Self>> {
        match value {
            Value::List(items) => items.iter().map(Self::read).collect(),
            Value::Map(_) => Ok(vec![Self::read(value)?]),
            other => {
                Err(invalid("expected a replacement or a list of them").with("found", other.type_name()))
            }
        }
    }

    fn read(value: &Value) -> Result<Self> {
        Self::fields(&mut Fields::of(value, Reading::Lenient)?)
    }

    fn fields(fields: &mut Fields<'_>) -> Result<Self> {
        Ok(Self {
            source: fields.inner("source", Source::read)?,
            source_value: fields.text_if("sourceValue")?,
            targets: fields.list_if("targets", Target::read)?,
        })
    }

    /// Carries the replacement out.
    pub(crate) fn apply(&self, map: &mut ResMap, cache: &mut Cache, limits: &Limits) -> Result<()> {
        let Some(targets) =
            self.targets.as_ref().filter(|_| self.source.is_some() || self.source_value.is_some())
        else {
            return Err(invalid("a replacement must have a source and at least one target"));
        };
        let value = match (&self.source, &self.source_value) {
            (Some(_), Some(_)) => return Err(invalid("source and sourceValue are mutually exclusive")),
            (None, value) => Node::plain(value.clone().unwrap_or_default()),
            (Some(source), None) => source.value(map)?,
        };
        let mut put = Put { value, cache, limits };
        targets.iter().try_for_each(|target| put.target(map, target))
    }
}

impl Source {
    fn read(value: &Value, reading: Reading) -> Result<Self> {
        let mut fields = Fields::of(value, reading)?;
        let gvk = config::gvk(&mut fields)?;
        let id = Id { gvk, name: fields.text("name")?, namespace: fields.text("namespace")? };
        let path = fields.text("fieldPath")?;
        let options = fields.inner("options", Options::read)?.unwrap_or_default();
        fields.end()?;
        Ok(Self { id, path: if path.is_empty() { NAME.into() } else { path }, options })
    }

    fn value(&self, map: &ResMap) -> Result<Node> {
        let mut found = map.list.iter().filter(|resource| self.takes(resource));
        let source =
            found.next().ok_or_else(|| invalid("nothing is selected as source").with("source", &self.id))?;
        if found.next().is_some() {
            return Err(invalid("several objects are selected as source").with("source", &self.id));
        }
        let here = |error: Error| error.with_each("fieldPath", &self.path).with_each("source", &self.id);
        let node = path::lookup(&source.node, &path::split(&self.path)).map_err(here)?;
        let node = node.filter(|node| !node.is_empty());
        let node = node.ok_or_else(|| here(invalid("the source has no such field")))?;
        self.options.cut(node).map_err(here)
    }

    fn takes(&self, resource: &Resource) -> bool {
        let wanted = &self.id;
        resource.all_ids().any(|id| {
            (wanted.name.is_empty() || wanted.name == id.name)
                && (wanted.namespace.is_empty()
                    || crate::id::effective(&wanted.namespace) == crate::id::effective(&id.namespace))
                && id.gvk.is_selected(&wanted.gvk)
        })
    }
}

impl Target {
    fn read(value: &Value, reading: Reading) -> Result<Self> {
        let mut fields = Fields::of(value, reading)?;
        let target = Self {
            select: fields.inner("select", Selector::read)?,
            reject: fields.list("reject", Selector::read)?,
            paths: fields.list("fieldPaths", |value, _| as_text(value))?,
            options: fields.inner("options", Options::read)?.unwrap_or_default(),
        };
        fields.end()?;
        Ok(target)
    }
}

impl Options {
    fn read(value: &Value, reading: Reading) -> Result<Self> {
        let mut fields = Fields::of(value, reading)?;
        let options = Self {
            delimiter: fields.text("delimiter")?,
            index: fields.int("index")?,
            create: fields.truth("create")?,
        };
        fields.text("encoding")?;
        fields.end()?;
        Ok(options)
    }

    /// Takes the part of the source that is wanted.
    fn cut(&self, node: &Node) -> Result<Node> {
        if self.delimiter.is_empty() {
            return Ok(node.clone());
        }
        let Node::Scalar(scalar) = node else { return Err(wrong_kind("scalar", node)) };
        let parts: Vec<&str> = scalar.text.split(self.delimiter.as_str()).collect();
        let part = usize::try_from(self.index).ok().and_then(|at| parts.get(at));
        let part = part.ok_or_else(|| invalid("options.index is out of bounds").with("index", self.index))?;
        Ok(Node::Scalar(Scalar { text: (*part).into(), shared: 0, ..scalar.clone() }))
    }

    /// Puts a value into a field.
    pub(crate) fn put(&self, field: &mut Node, value: &Node) -> Result<()> {
        let mut value = value.clone();
        if !self.delimiter.is_empty() {
            let Node::Scalar(have) = &*field else { return Err(wrong_kind("scalar", field)) };
            let mut parts: Vec<&str> = have.text.split(self.delimiter.as_str()).collect();
            let new = value.word().to_owned();
            match usize::try_from(self.index) {
                Err(_) => parts.insert(0, &new),
                Ok(at) if at >= parts.len() => parts.push(&new),
                Ok(at) => parts[at] = &new,
            }
            let joined = parts.join(&self.delimiter);
            value = match value {
                Node::Scalar(scalar) => Node::Scalar(Scalar { text: joined.into(), ..scalar }),
                _ => Node::Scalar(Scalar::new(joined, Tag::None, Style::Plain)),
            };
        }
        match field {
            Node::Scalar(scalar) => scalar.text = value.spelling().into(),
            field => *field = value,
        }
        Ok(())
    }
}

struct Put<'p> {
    value: Node,
    cache: &'p mut Cache,
    limits: &'p Limits,
}

impl Put<'_> {
    fn target(&mut self, map: &mut ResMap, target: &Target) -> Result<()> {
        let select = target.select.as_ref();
        let select = select.ok_or_else(|| invalid("a target must select objects").with("field", "select"))?;
        let select = select.matcher()?;
        let reject = target.reject.iter().map(Selector::matcher).collect::<Result<Vec<_>>>()?;
        for resource in &mut map.list {
            let rejected = !select.takes_labels(&resource.node)
                || reject.iter().any(|reject| reject.says_labels && reject.takes_labels(&resource.node))
                || reject
                    .iter()
                    .filter(|reject| !reject.any_id)
                    .any(|reject| resource.all_ids().any(|id| reject.takes_id(&id)));
            if rejected || !resource.all_ids().any(|id| select.takes_id(&id)) {
                continue;
            }
            let id = resource.id();
            self.paths(resource, target).map_err(|error| error.with_each("object", id))?;
            resource.changed("ReplacementTransformer");
        }
        map.forget();
        Ok(())
    }

    fn paths(&mut self, resource: &mut Resource, target: &Target) -> Result<()> {
        let default = [Text::from(NAME)];
        let paths = if target.paths.is_empty() { &default[..] } else { &target.paths };
        for written in paths {
            let here = |error: Error| error.with_each("fieldPath", written);
            let steps = path::split(written);
            let options = &target.options;
            let make = options.create.then(|| Make::like(&self.value));
            let (value, cache, limits) = (&self.value, &mut *self.cache, self.limits);
            let inside = structured::Inside { value, options, make, cache, limits };
            if inside.put(&mut resource.node, &steps).is_ok() {
                resource.even_out();
                continue;
            }
            let set = &mut |field: &mut Node| options.put(field, value);
            let mut matcher = path::Matcher { make, set, cache: &mut *self.cache, limits };
            if matcher.visit(&mut resource.node, &steps).map_err(here)? == 0 {
                return Err(here(invalid("the target has no such field")));
            }
            resource.even_out();
        }
        Ok(())
    }
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::Invalid, message)
}
