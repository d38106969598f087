//! Selectors: of targets by patterns, and of labels.

mod labels;

use regex::Regex;
use windlass_core::{Error, ErrorKind, Result, Text, Value};

use crate::config;
use crate::decode::{Fields, Reading};
use crate::id::{Gvk, Id};
use crate::pattern;
use labels::Labels;

/// A selector as it is written.
#[derive(Clone, Default)]
pub(crate) struct Selector {
    pub(crate) id: Id,
    pub(crate) annotations: Text,
    pub(crate) labels: Text,
}

/// A selector that is ready to be compared.
pub(crate) struct Matcher {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    annotations: Labels,
    labels: Labels,
    /// Nothing is said of kind, name and namespace.
    pub(crate) any_id: bool,
    /// Something is said of labels or annotations.
    pub(crate) says_labels: bool,
}

/// A pattern for a whole text.
enum Pattern {
    Any,
    /// A text in which a dot takes any letter.
    Plain(Text),
    Regex(Regex),
}

impl Selector {
    pub(crate) fn read(value: &Value, reading: Reading) -> Result<Self> {
        let mut fields = Fields::of(value, reading)?;
        let gvk = config::gvk(&mut fields)?;
        let id = Id { gvk, name: fields.text("name")?, namespace: fields.text("namespace")? };
        let selector = Self {
            id,
            annotations: fields.text("annotationSelector")?,
            labels: fields.text("labelSelector")?,
        };
        fields.end()?;
        Ok(selector)
    }

    pub(crate) fn matcher(&self) -> Result<Matcher> {
        let Id { gvk, name, namespace } = &self.id;
        Ok(Matcher {
            group: Pattern::new(&gvk.group, "group")?,
            version: Pattern::new(&gvk.version, "version")?,
            kind: Pattern::new(&gvk.kind, "kind")?,
            name: Pattern::new(name, "name")?,
            namespace: Pattern::new(namespace, "namespace")?,
            annotations: Labels::read(&self.annotations)
                .map_err(|error| error.with_each("field", "annotationSelector"))?,
            labels: Labels::read(&self.labels).map_err(|error| error.with_each("field", "labelSelector"))?,
            any_id: self.id == Id::default(),
            says_labels: !(self.annotations.is_empty() && self.labels.is_empty()),
        })
    }
}

impl Pattern {
    fn new(text: &Text, field: &'static str) -> Result<Self> {
        if text.is_empty() {
            return Ok(Self::Any);
        }
        if pattern::is_plain(text) {
            return Ok(Self::Plain(text.clone()));
        }
        let pattern = pattern::compile(&format!("^(?:{text})$"));
        let wrong = || Error::new(ErrorKind::Invalid, "not a regular expression").with("field", field);
        Ok(Self::Regex(pattern.ok_or_else(wrong)?))
    }

    fn takes(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Plain(wanted) => pattern::strip(text, wanted) == Some(""),
            Self::Regex(pattern) => pattern.is_match(text),
        }
    }
}

impl Matcher {
    pub(crate) fn takes_gvk(&self, gvk: &Gvk) -> bool {
        self.kind.takes(&gvk.kind) && self.group.takes(&gvk.group) && self.version.takes(&gvk.version)
    }

    pub(crate) fn takes_name(&self, name: &str) -> bool {
        self.name.takes(name)
    }

    pub(crate) fn takes_namespace(&self, namespace: &str) -> bool {
        self.namespace.takes(namespace)
    }

    pub(crate) fn takes_id(&self, id: &Id) -> bool {
        self.takes_gvk(&id.gvk) && self.takes_name(&id.name) && self.takes_namespace(&id.namespace)
    }

    pub(crate) fn takes_labels(&self, object: &crate::node::Node) -> bool {
        self.labels.take(object, "labels") && self.annotations.take(object, "annotations")
    }
}
