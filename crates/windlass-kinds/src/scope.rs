//! Which kinds live in namespaces.
//!
//! ```
//! use windlass_kinds::scope::{Scope, scope};
//! assert_eq!(scope("apps", "Deployment"), Some(Scope::Namespaced));
//! assert_eq!(scope("", "Namespace"), Some(Scope::Cluster));
//! assert_eq!(scope("example.org", "Widget"), None);
//! ```
//!
//! The table is made from the paths of the OpenAPI that Kubernetes publishes; see `generate/README.md`.

mod table;
mod unscoped;

use windlass_core::{Object, Text, Value};

pub use unscoped::Unscoped;

/// The version of Kubernetes that the tables of this crate were made from.
pub const KUBERNETES_VERSION: &str = table::VERSION;

/// Where the objects of a kind live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// In a namespace.
    Namespaced,
    /// In the cluster.
    Cluster,
}

/// A kind that a CustomResourceDefinition defines.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Defined {
    /// Its group.
    pub group: Text,
    /// Its name.
    pub kind: Text,
    /// Its name in paths, such as `widgets`.
    pub plural: Text,
    /// Where its objects live.
    pub scope: Scope,
    /// The versions that are served.
    pub versions: Vec<Text>,
}

/// Says where the objects of a kind built into Kubernetes live; `None` for any other.
#[must_use]
pub fn scope(group: &str, kind: &str) -> Option<Scope> {
    let at = table::KINDS.binary_search_by(|(have, name, _)| (*have, *name).cmp(&(group, kind))).ok()?;
    Some(if table::KINDS[at].2 { Scope::Namespaced } else { Scope::Cluster })
}

/// Reads what a CustomResourceDefinition defines; `None` for any other object, and for one that does not say.
#[must_use]
pub fn crd_scope(object: &Object) -> Option<Defined> {
    let body = object.body();
    let (group, kind) = defined_kind(body)?;
    let scope = match body.text_at(&["spec", "scope"])? {
        "Namespaced" => Scope::Namespaced,
        "Cluster" => Scope::Cluster,
        _ => return None,
    };
    let versions = body.at(&["spec", "versions"]).and_then(Value::as_list).unwrap_or_default();
    let served =
        versions.iter().filter(|version| version.get("served").and_then(Value::as_bool) == Some(true));
    Some(Defined {
        group: group.into(),
        kind: kind.into(),
        plural: body.text_at(&["spec", "names", "plural"])?.into(),
        scope,
        versions: served.filter_map(|version| version.text_at(&["name"])).map(Text::from).collect(),
    })
}

/// Says whether the objects of a kind hold secrets by their nature, so that their contents are never shown.
#[must_use]
pub fn is_secret(group: &str, kind: &str) -> bool {
    group.is_empty() && kind == "Secret"
}

/// Gives group and kind that a CustomResourceDefinition defines.
pub(crate) fn defined_kind(body: &Value) -> Option<(&str, &str)> {
    let is_definition = body.text_at(&["kind"])? == "CustomResourceDefinition"
        && body.text_at(&["apiVersion"])?.starts_with("apiextensions.k8s.io/");
    is_definition.then_some(())?;
    Some((body.text_at(&["spec", "group"])?, body.text_at(&["spec", "names", "kind"])?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defined(json: &str) -> Option<Defined> {
        crd_scope(&Object::new(serde_json::from_str(json).unwrap()).unwrap())
    }

    #[test]
    fn the_table_is_sorted_so_that_it_can_be_searched() {
        assert!(table::KINDS.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)), "strictly ascending");
    }

    #[test]
    fn built_in_kinds_have_the_scope_of_their_paths() {
        let namespaced = [
            ("", "Pod"),
            ("", "ServiceAccount"),
            ("", "PersistentVolumeClaim"),
            ("apps", "StatefulSet"),
            ("batch", "CronJob"),
            ("rbac.authorization.k8s.io", "RoleBinding"),
            ("networking.k8s.io", "Ingress"),
            ("policy", "PodDisruptionBudget"),
            ("coordination.k8s.io", "Lease"),
            ("events.k8s.io", "Event"),
            ("scheduling.k8s.io", "Workload"),
            ("lifecycle.k8s.io", "EvictionRequest"),
        ];
        let cluster = [
            ("", "Namespace"),
            ("", "Node"),
            ("", "PersistentVolume"),
            ("rbac.authorization.k8s.io", "ClusterRole"),
            ("storage.k8s.io", "StorageClass"),
            ("apiextensions.k8s.io", "CustomResourceDefinition"),
            ("apiregistration.k8s.io", "APIService"),
            ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
            ("scheduling.k8s.io", "PriorityClass"),
            ("resource.k8s.io", "ResourcePoolStatusRequest"),
        ];
        for (group, kind) in namespaced {
            assert_eq!(scope(group, kind), Some(Scope::Namespaced), "{group}/{kind}");
        }
        for (group, kind) in cluster {
            assert_eq!(scope(group, kind), Some(Scope::Cluster), "{group}/{kind}");
        }
        assert_eq!(scope("apps", "Pod"), None);
        assert_eq!(scope("", "PodList"), None);
        assert_eq!(scope("meta.k8s.io", "DeleteOptions"), None);
    }

    #[test]
    fn a_definition_says_group_kind_scope_and_served_versions() {
        let found = defined(
            r#"{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": {"name": "widgets.example.org"},
                "spec": {"group": "example.org", "scope": "Cluster", "names": {"kind": "Widget", "plural": "widgets"},
                         "versions": [{"name": "v1", "served": true}, {"name": "v1alpha1", "served": false}]}}"#,
        )
        .unwrap();
        assert_eq!((&*found.group, &*found.kind, &*found.plural), ("example.org", "Widget", "widgets"));
        assert_eq!(found.scope, Scope::Cluster);
        assert_eq!(found.versions, [Text::from("v1")]);
    }

    #[test]
    fn what_defines_nothing_gives_nothing() {
        let other = r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"},
                        "spec": {"group": "g", "scope": "Cluster", "names": {"kind": "K", "plural": "ks"}}}"#;
        let wordless = r#"{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                           "metadata": {"name": "a"}, "spec": {"group": 3}}"#;
        assert_eq!(defined(other), None);
        assert_eq!(defined(wordless), None);
    }

    #[test]
    fn only_secrets_are_secret() {
        assert!(is_secret("", "Secret"));
        assert!(!is_secret("", "ConfigMap"));
        assert!(!is_secret("external-secrets.io", "Secret"));
    }
}
