//! Kinds as the server serves them, and the paths of their objects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use windlass_core::{Error, ErrorKind, ObjectId, Result, Text, Value};

/// One version of one kind, as it is served.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Resource {
    pub(crate) group: Text,
    pub(crate) version: Text,
    pub(crate) plural: Text,
    pub(crate) kind: Text,
    pub(crate) namespaced: bool,
    pub(crate) listable: bool,
    pub(crate) watchable: bool,
}

impl Resource {
    pub(crate) fn api_version(&self) -> Text {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version).into()
        }
    }

    /// Names it as an error should: `deployments.apps`.
    pub(crate) fn name(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_string()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }

    /// Gives the path of the collection; over all namespaces where `namespace` is empty.
    pub(crate) fn collection(&self, namespace: &str) -> Result<String> {
        let root = if self.group.is_empty() {
            "/api/v1".to_owned()
        } else {
            format!("/apis/{}", self.api_version())
        };
        if namespace.is_empty() {
            return Ok(format!("{root}/{}", self.plural));
        }
        Ok(format!("{root}/namespaces/{}/{}", segment(namespace)?, self.plural))
    }

    /// Gives the path of an object.
    pub(crate) fn object(&self, id: &ObjectId) -> Result<String> {
        let namespace = if self.namespaced { &*id.namespace } else { "" };
        if self.namespaced && namespace.is_empty() {
            return Err(Error::new(ErrorKind::Invalid, "the object has no namespace").with("object", id));
        }
        let collection = self.collection(namespace).map_err(|error| error.with("object", id))?;
        let name = segment(&id.name).map_err(|error| error.with("object", id))?;
        Ok(format!("{collection}/{name}"))
    }
}

/// Refuses what Kubernetes refuses in a path, so that a name cannot lead elsewhere.
fn segment(name: &str) -> Result<String> {
    if name.is_empty() || name == "." || name == ".." || name.contains(['/', '%']) {
        return Err(Error::new(ErrorKind::Invalid, "not the name of an object").with("name", name));
    }
    Ok(crate::request::encode(name))
}

/// What the server serves, at one moment.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Catalog {
    /// By group and kind; the preferred version first.
    pub(crate) kinds: BTreeMap<(Text, Text), Vec<Resource>>,
    /// Groups of which a version did not answer: what is missing there may exist.
    pub(crate) silent: BTreeSet<Text>,
}

impl Catalog {
    pub(crate) fn add(&mut self, resource: Resource) {
        let versions = self.kinds.entry((resource.group.clone(), resource.kind.clone())).or_default();
        if !versions.iter().any(|have| have.version == resource.version) {
            versions.push(resource);
        }
    }

    pub(crate) fn versions(&self, id: &ObjectId) -> &[Resource] {
        self.kinds.get(&(id.group.clone(), id.kind.clone())).map_or(&[], Vec::as_slice)
    }
}

/// What is known of the kinds of one cluster.
#[derive(Default)]
pub(crate) struct Kinds {
    /// The lock is held while the server is asked, so that many callers ask once.
    pub(crate) served: tokio::sync::Mutex<Option<Arc<Catalog>>>,
    /// What definitions that were written here will serve, known before the server lists it.
    pub(crate) defined: Mutex<BTreeMap<ObjectId, Vec<Resource>>>,
    pub(crate) outdated: AtomicBool,
    /// The version of the server, as of a catalog.
    pub(crate) version: tokio::sync::Mutex<Option<(Arc<Catalog>, Text)>>,
    /// The server is new enough to say whether it gives lists by watches.
    pub(crate) modern: AtomicBool,
}

/// Reads from a CustomResourceDefinition what it will serve.
pub(crate) fn defined_by(crd: &Value) -> Vec<Resource> {
    let text = |path: &[&str]| crd.text_at(path).map(Text::from);
    let (Some(group), Some(kind), Some(plural)) =
        (text(&["spec", "group"]), text(&["spec", "names", "kind"]), text(&["spec", "names", "plural"]))
    else {
        return Vec::new();
    };
    let namespaced = crd.text_at(&["spec", "scope"]) == Some("Namespaced");
    let versions = crd.at(&["spec", "versions"]).and_then(Value::as_list).unwrap_or_default();
    versions
        .iter()
        .filter(|version| version.get("served").and_then(Value::as_bool) == Some(true))
        .filter_map(|version| version.text_at(&["name"]))
        .map(|version| Resource {
            group: group.clone(),
            version: version.into(),
            plural: plural.clone(),
            kind: kind.clone(),
            namespaced,
            listable: true,
            watchable: true,
        })
        .collect()
}

/// Says whether an object defines kinds: a CustomResourceDefinition.
pub(crate) fn is_definition(id: &ObjectId) -> bool {
    id.group == "apiextensions.k8s.io" && id.kind == "CustomResourceDefinition"
}

/// Says whether an object is a namespace.
pub(crate) fn is_namespace(id: &ObjectId) -> bool {
    id.group.is_empty() && id.kind == "Namespace"
}

/// Says whether writing an object may change which kinds are served.
pub(crate) fn changes_kinds(id: &ObjectId) -> bool {
    is_definition(id) || (id.group == "apiregistration.k8s.io" && id.kind == "APIService")
}

/// Refuses to delete an object for a change of its own that takes many others with it: all objects of a kind, or all
/// objects in a namespace.
pub(crate) fn is_made_once(id: &ObjectId) -> Result<()> {
    if !(is_definition(id) || is_namespace(id)) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unsupported, "it is never deleted and created anew")
        .with("object", id)
        .with_help("all objects of the kind, or in the namespace, would go with it; do it by hand, or undo the change"))
}
