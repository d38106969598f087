//! Which object is which.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::OnceLock;

use windlass_core::Text;

/// The namespace in which objects without one live, for comparisons.
const DEFAULT: &str = "default";

/// Stands where an object cannot have a namespace.
const NOT_NAMESPACED: &str = "_non_namespaceable_";

/// A kind with its group and version; empty is not known, or any.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Gvk {
    pub(crate) group: Text,
    pub(crate) version: Text,
    pub(crate) kind: Text,
}

/// A kind with a name and a namespace.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Id {
    pub(crate) gvk: Gvk,
    pub(crate) name: Text,
    pub(crate) namespace: Text,
}

/// An identity by which objects are told apart: of namespaces only the effective one counts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    gvk: Gvk,
    name: Text,
    namespace: Text,
}

impl Gvk {
    pub(crate) fn new(api_version: &str, kind: Text) -> Self {
        let (group, version) = split(api_version);
        Self { group: group.into(), version: version.into(), kind }
    }

    /// Says whether `selector` takes it; what is empty there takes everything.
    pub(crate) fn is_selected(&self, selector: &Gvk) -> bool {
        let fits = |have: &Text, wanted: &Text| wanted.is_empty() || have == wanted;
        fits(&self.kind, &selector.kind)
            && fits(&self.group, &selector.group)
            && fits(&self.version, &selector.version)
    }

    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// Says whether it is known that its objects have no namespace.
    pub(crate) fn is_cluster_scoped(&self, also: &HashSet<Gvk>) -> bool {
        built_in_scope(self).unwrap_or_else(|| also.contains(self))
    }

    /// Says whether it is one of the built-in kinds.
    pub(crate) fn is_built_in(&self) -> bool {
        built_in_scope(self).is_some()
    }

    /// The text by which configuration is sorted.
    pub(crate) fn sort_text(&self) -> String {
        let or = |text: &Text, other: &str| if text.is_empty() { other.to_owned() } else { text.to_string() };
        format!("{}_{}_{}", or(&self.group, "~G"), or(&self.version, "~V"), or(&self.kind, "~K"))
    }
}

/// Cuts an `apiVersion` into group and version.
pub(crate) fn split(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// Says of a built-in kind whether it has no namespaces; `None` for every other kind. `generate/scopes.py` makes the text.
fn built_in_scope(gvk: &Gvk) -> Option<bool> {
    type Table = HashMap<(&'static str, &'static str, &'static str), bool>;
    static TABLE: OnceLock<Table> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let lines = include_str!("scopes.txt").lines().map(|line| line.splitn(3, ' ').collect::<Vec<_>>());
        let entry = |words: Vec<&'static str>| match words[..] {
            [scope, api_version, kind] => {
                let (group, version) = split(api_version);
                Some(((group, version, kind), scope == "c"))
            }
            _ => None,
        };
        lines.filter_map(entry).collect()
    });
    table.get(&(gvk.group.as_str(), gvk.version.as_str(), gvk.kind.as_str())).copied()
}

impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &Text, other: &str| if text.is_empty() { other.to_owned() } else { text.to_string() };
        let (kind, version) = (or(&self.kind, "[noKind]"), or(&self.version, "[noVer]"));
        write!(f, "{kind}.{version}.{}", or(&self.group, "[noGrp]"))
    }
}

impl Id {
    pub(crate) fn effective_namespace(&self, cluster: &HashSet<Gvk>) -> Text {
        if self.gvk.is_cluster_scoped(cluster) {
            static NONE: OnceLock<Text> = OnceLock::new();
            return NONE.get_or_init(|| NOT_NAMESPACED.into()).clone();
        }
        effective(&self.namespace)
    }

    pub(crate) fn key(&self, cluster: &HashSet<Gvk>) -> Key {
        let namespace = self.effective_namespace(cluster);
        Key { gvk: self.gvk.clone(), name: self.name.clone(), namespace }
    }

    /// The key of an identity of which it is not asked whether its kind has namespaces.
    pub(crate) fn plain_key(&self) -> Key {
        Key { gvk: self.gvk.clone(), name: self.name.clone(), namespace: effective(&self.namespace) }
    }
}

/// Gives the namespace that counts for comparisons.
pub(crate) fn effective(namespace: &Text) -> Text {
    static NAME: OnceLock<Text> = OnceLock::new();
    if namespace.is_empty() { NAME.get_or_init(|| DEFAULT.into()).clone() } else { namespace.clone() }
}

/// Gives the empty text, of which there is only one.
pub(crate) fn no_text() -> Text {
    static NOTHING: OnceLock<Text> = OnceLock::new();
    NOTHING.get_or_init(Text::default).clone()
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &Text, other: &str| if text.is_empty() { other.to_owned() } else { text.to_string() };
        write!(f, "{}/{}.{}", self.gvk, or(&self.name, "[noName]"), or(&self.namespace, "[noNs]"))
    }
}
