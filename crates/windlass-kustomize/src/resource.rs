//! One object on its way through a build.

mod shared;
mod track;

use std::cell::RefCell;
use std::sync::Arc;

use windlass_core::{Error, ErrorKind, Origin, Result, Text};

pub(crate) use track::{Track, Tracked};

use crate::config::FieldSpec;
use crate::filter::affix;
use crate::id::{Gvk, Id, no_text};
use crate::node::{Map, NO_TEXT, Node, Scalar, Style, Tag, add_field, set_field};

/// An object, what it was called before, and where it comes from.
///
/// kustomize keeps most of this in annotations of the object while it works; nobody sees them.
#[derive(Clone)]
pub(crate) struct Resource {
    pub(crate) node: Node,
    /// What it was called before each renaming, the first first.
    pub(crate) before: Vec<Before>,
    pub(crate) prefixes: Vec<Text>,
    pub(crate) suffixes: Vec<Text>,
    pub(crate) behavior: Behavior,
    pub(crate) needs_hash: bool,
    /// As a patch, it may rename.
    pub(crate) name_change: bool,
    /// As a patch, it may change the kind.
    pub(crate) kind_change: bool,
    /// The variables that take their value from it.
    pub(crate) vars: Vec<Text>,
    pub(crate) origin: Arc<Origin>,
    /// The names of the transformers that changed it, in order.
    pub(crate) transformers: Vec<&'static str>,
    pub(crate) tracked: Option<Arc<Tracked>>,
    /// Values that several places share, by their numbers.
    shared: Vec<(u16, Text)>,
    shared_next: u16,
    /// The kind as it was read last, with the texts that it was read from: reading it anew each time makes many texts.
    kind: RefCell<Option<(Text, Text, Gvk)>>,
}

/// A name that an object had.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Before {
    pub(crate) name: Text,
    pub(crate) namespace: Text,
    pub(crate) kind: Text,
}

/// What a generator does where there is an object of its name.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Behavior {
    #[default]
    Unspecified,
    Create,
    Replace,
    Merge,
}

/// Annotations that are only for the build.
const BUILD_ANNOTATIONS: [&str; 19] = [
    "internal.config.kubernetes.io/previousKinds",
    "internal.config.kubernetes.io/previousNames",
    "internal.config.kubernetes.io/prefixes",
    "internal.config.kubernetes.io/suffixes",
    "internal.config.kubernetes.io/previousNamespaces",
    "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/allowKindChange",
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/generatorBehavior",
    "internal.config.kubernetes.io/needsHashSuffix",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
    OF_CHART,
];

/// Marks what comes from a chart.
pub(crate) const OF_CHART: &str = "internal.config.kubernetes.io/helm-generated";

const ORIGIN: &str = "config.kubernetes.io/origin";
const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";
const LOCAL: &str = "config.kubernetes.io/local-config";

impl Behavior {
    pub(crate) fn of(text: &str) -> Self {
        match text {
            "create" => Self::Create,
            "replace" => Self::Replace,
            "merge" => Self::Merge,
            _ => Self::Unspecified,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Create => "create",
            Self::Replace => "replace",
            Self::Merge => "merge",
        }
    }
}

impl Resource {
    pub(crate) fn new(node: Node, origin: Arc<Origin>) -> Self {
        Self {
            node,
            before: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            behavior: Behavior::Unspecified,
            needs_hash: false,
            name_change: false,
            kind_change: false,
            vars: Vec::new(),
            origin,
            transformers: Vec::new(),
            tracked: None,
            shared: Vec::new(),
            shared_next: 1,
            kind: RefCell::new(None),
        }
    }

    /// Gives the identity that it has now.
    pub(crate) fn id(&self) -> Id {
        Id { gvk: self.gvk(), name: self.name(), namespace: self.namespace() }
    }

    pub(crate) fn gvk(&self) -> Gvk {
        let scalar = |field| match self.node.get(field) {
            Some(Node::Scalar(scalar)) => Some(&scalar.text),
            _ => None,
        };
        let (api_version, kind) = (scalar("apiVersion"), scalar("kind"));
        let mut known = self.kind.borrow_mut();
        match (&*known, api_version, kind) {
            (Some((version, name, gvk)), Some(api_version), Some(kind))
                if version == api_version && name == kind =>
            {
                gvk.clone()
            }
            (_, Some(api_version), Some(kind)) => {
                let gvk = Gvk::new(api_version, kind.clone());
                *known = Some((api_version.clone(), kind.clone(), gvk.clone()));
                gvk
            }
            _ => Gvk::new(api_version.map_or("", Text::as_str), kind.cloned().unwrap_or_default()),
        }
    }

    /// Gives the identity that it had first.
    pub(crate) fn first_id(&self) -> Id {
        self.before_ids().next().unwrap_or_else(|| self.id())
    }

    /// Gives the identities that it had, the first first.
    pub(crate) fn before_ids(&self) -> impl Iterator<Item = Id> {
        let gvk = if self.before.is_empty() { Gvk::default() } else { self.gvk() };
        self.before.iter().map(move |before| Id {
            gvk: Gvk { kind: before.kind.clone(), ..gvk.clone() },
            name: before.name.clone(),
            namespace: before.namespace.clone(),
        })
    }

    /// Gives the identity that it has and those that it had.
    pub(crate) fn all_ids(&self) -> impl Iterator<Item = Id> {
        std::iter::once(self.id()).chain(self.before_ids())
    }

    /// Remembers the identity that it has now.
    pub(crate) fn remember(&mut self, namespace: Text) {
        let Id { gvk, name, .. } = self.id();
        self.before.push(Before { name, namespace, kind: gvk.kind });
    }

    pub(crate) fn name(&self) -> Text {
        self.meta_text("name")
    }

    pub(crate) fn namespace(&self) -> Text {
        self.meta_text("namespace")
    }

    fn meta_text(&self, field: &str) -> Text {
        match self.node.get("metadata").and_then(|meta| meta.get(field)) {
            Some(Node::Scalar(scalar)) if scalar.tag != Tag::Null => scalar.text.clone(),
            _ => no_text(),
        }
    }

    fn meta_mut(&mut self) -> Option<&mut Map> {
        let meta = self.node.as_map_mut()?.entry("metadata", || Node::Map(Map::new()));
        if meta.is_null() {
            *meta = Node::Map(Map::new());
        }
        meta.as_map_mut()
    }

    pub(crate) fn set_name(&mut self, name: impl Into<Text>) {
        let name = name.into();
        if let Some(meta) = self.meta_mut() {
            set_field(meta, "name", Node::plain(name));
        }
    }

    pub(crate) fn set_namespace(&mut self, namespace: &Text) {
        if namespace.is_empty() {
            if let Some(Node::Map(meta)) = self.node.as_map_mut().and_then(|root| root.get_mut("metadata")) {
                meta.remove("namespace");
            }
        } else if let Some(meta) = self.meta_mut() {
            set_field(meta, "namespace", Node::plain(namespace.clone()));
        }
    }

    pub(crate) fn set_kind(&mut self, kind: &Text) {
        if let Some(root) = self.node.as_map_mut() {
            set_field(root, "kind", Node::plain(kind.clone()));
        }
    }

    pub(crate) fn set_api_version(&mut self, api_version: String) {
        if let Some(root) = self.node.as_map_mut() {
            set_field(root, "apiVersion", Node::plain(api_version));
        }
    }

    /// Gives labels or annotations as texts.
    pub(crate) fn texts(&self, field: &str) -> Vec<(Text, Text)> {
        let map = self.node.get("metadata").and_then(|meta| meta.get(field)).and_then(Node::as_map);
        let mut pairs: Vec<(Text, Text)> = Vec::new();
        for (key, value) in map.into_iter().flat_map(Map::iter) {
            pairs.push((key.clone(), text_of(value)));
        }
        pairs
    }

    /// Sets labels or annotations; nothing takes the field away.
    pub(crate) fn set_texts(&mut self, field: &str, mut pairs: Vec<(Text, Text)>) {
        let Some(meta) = self.meta_mut() else { return };
        meta.remove(field);
        if pairs.is_empty() {
            return;
        }
        pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut map = Map::new();
        for (key, value) in pairs {
            add_field(&mut map, key.strip_prefix(NO_TEXT).unwrap_or(&key), Node::text(value));
        }
        meta.push(field, Node::Map(map));
    }

    /// Sets labels or annotations at the fields that the specs name.
    pub(crate) fn set_pairs(&mut self, pairs: &[(Text, Text)], specs: &[FieldSpec]) -> Result<()> {
        let (gvk, first) = (self.gvk(), self.shared_next);
        let shared = affix::pairs(&mut self.node, &gvk, pairs, specs, first)?;
        self.shared_next = first.saturating_add(u16::try_from(pairs.len()).unwrap_or(u16::MAX));
        self.even_out();
        self.shared.extend(shared);
        Ok(())
    }

    /// Brings a value that was changed in one place to the others that share it.
    pub(crate) fn even_out(&mut self) {
        if self.shared.is_empty() {
            return;
        }
        let mut changed = Vec::new();
        shared::find_changed(&self.node, &self.shared, &mut changed);
        for (number, scalar) in changed {
            if let Some((_, value)) = self.shared.iter_mut().find(|(have, _)| *have == number) {
                value.clone_from(&scalar.text);
            }
            shared::spread(&mut self.node, number, &scalar);
        }
    }

    /// Forgets which values were shared, where all values were made anew.
    pub(crate) fn share_nothing(&mut self) {
        self.shared.clear();
    }

    /// Takes over what the object in its place has: name, labels and annotations that it does not have itself, and its
    /// history.
    pub(crate) fn take_meta(&mut self, other: &Resource) {
        for field in ["labels", "annotations"] {
            let merged = merged(other.texts(field), self.texts(field));
            self.set_texts(field, merged);
        }
        self.set_name(other.name());
        self.set_namespace(&other.namespace());
        self.needs_hash &= other.needs_hash;
        self.behavior = other.behavior;
        self.name_change = other.name_change;
        self.kind_change = other.kind_change;
        self.before.clone_from(&other.before);
        self.prefixes.clone_from(&other.prefixes);
        self.suffixes.clone_from(&other.suffixes);
        self.vars.clone_from(&other.vars);
    }

    /// Says that a transformer changed it.
    pub(crate) fn changed(&mut self, transformer: &'static str) {
        if self.transformers.last() != Some(&transformer) {
            self.transformers.push(transformer);
        }
    }

    /// Says whether the build keeps something in annotations of the object.
    pub(crate) fn has_history(&self) -> bool {
        !self.before.is_empty()
            || !self.prefixes.is_empty()
            || !self.suffixes.is_empty()
            || self.needs_hash
            || self.behavior != Behavior::Unspecified
            || self.tracked.is_some()
    }

    /// Says whether it asks not to be part of the output.
    pub(crate) fn is_local(&self) -> bool {
        let annotations = self.node.get("metadata").and_then(|meta| meta.get("annotations"));
        let local = annotations.and_then(|annotations| annotations.get(LOCAL));
        local.is_some_and(|local| local.word() != "false")
    }

    /// Says that it comes from a chart.
    pub(crate) fn mark_of_chart(&mut self) {
        let Some(meta) = self.meta_mut() else { return };
        let annotations = meta.entry("annotations", || Node::Map(Map::new()));
        if annotations.is_null() {
            *annotations = Node::Map(Map::new());
        }
        if let Node::Map(annotations) = annotations {
            annotations.put(OF_CHART, Node::text("true"));
        }
    }

    /// Says whether it comes from a chart.
    pub(crate) fn is_of_chart(&self) -> bool {
        let annotations = self.node.get("metadata").and_then(|meta| meta.get("annotations"));
        annotations
            .and_then(|annotations| annotations.get(OF_CHART))
            .is_some_and(|mark| mark.word() == "true")
    }

    /// Checks what each object needs at the end.
    pub(crate) fn check(&self) -> Result<()> {
        let missing = |field| Error::new(ErrorKind::Invalid, "missing field").with("field", field);
        let kind = self.node.get("kind").map_or("", Node::word);
        if kind.is_empty() {
            return Err(missing("kind"));
        }
        if !kind.ends_with("List")
            && self.node.get("metadata").and_then(|meta| meta.get("name")).is_none_or(Node::is_empty)
        {
            return Err(missing("metadata.name"));
        }
        Ok(())
    }

    /// Makes annotations texts, takes away those of the build, and adds those that were asked for.
    pub(crate) fn finish(&mut self, origins: bool, transformations: bool) {
        let mut pairs = self.texts("annotations");
        pairs.retain(|(key, _)| {
            let key = key.as_str();
            !BUILD_ANNOTATIONS.contains(&key) && key != ORIGIN && key != TRANSFORMATIONS
        });
        let tracked = self.tracked.take().unwrap_or_default();
        if let Some(origin) = tracked.origin.as_ref().filter(|_| origins) {
            pairs.push((ORIGIN.into(), origin.written().into()));
        }
        if transformations && !tracked.transformations.is_empty() {
            let list: String = tracked.transformations.iter().map(Track::item).collect();
            pairs.push((TRANSFORMATIONS.into(), list.into()));
        }
        self.set_texts("annotations", pairs);
    }

    /// Takes over what is told of the object in its place: what changed it, and where its origin stays, that too.
    pub(crate) fn take_track(&mut self, other: &Self, origin_stays: bool) {
        let Some(old) = &other.tracked else { return };
        let tracked = Arc::make_mut(self.tracked.get_or_insert_default());
        if !old.transformations.is_empty() {
            tracked.transformations.clone_from(&old.transformations);
        }
        if old.origin.is_some() && (origin_stays || tracked.origin.is_none()) {
            tracked.origin.clone_from(&old.origin);
        }
    }

    /// Says what made the object, unless that is known.
    pub(crate) fn track_origin(&mut self, track: &Track) {
        let tracked = Arc::make_mut(self.tracked.get_or_insert_default());
        tracked.origin.get_or_insert_with(|| track.clone());
    }

    /// Adds a transformation; where no origin is known, it becomes the origin.
    pub(crate) fn track(&mut self, track: &Track) {
        let tracked = Arc::make_mut(self.tracked.get_or_insert_default());
        if tracked.origin.is_none() {
            tracked.origin = Some(track.clone());
        } else {
            tracked.transformations.push(track.clone());
        }
    }
}

/// Two lists of pairs, of which the second one counts.
pub(crate) fn merged(base: Vec<(Text, Text)>, over: Vec<(Text, Text)>) -> Vec<(Text, Text)> {
    let map: std::collections::BTreeMap<Text, Text> = base.into_iter().chain(over).collect();
    map.into_iter().collect()
}

fn text_of(node: &Node) -> Text {
    match node {
        Node::Scalar(Scalar { text, .. }) => text.clone(),
        _ => Text::default(),
    }
}

/// Makes a scalar of a text that is a boolean.
pub(crate) fn truth(text: &str) -> Node {
    Node::Scalar(Scalar::new(text, Tag::Bool, Style::Plain))
}
