//! Lists of objects.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{Context, Object, ObjectId, Result, Text};

/// Which objects of a kind are meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Selection {
    /// The `apiVersion` in which to read them.
    pub api_version: Text,
    /// The kind.
    pub kind: Text,
    /// The namespace; all of them where it is empty. It says nothing of a kind whose objects lie in none.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub namespace: Text,
    /// Labels that each of them has.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<Text, Text>,
}

impl Selection {
    /// Means all objects of a kind, in all namespaces.
    pub fn new(api_version: impl Into<Text>, kind: impl Into<Text>) -> Self {
        Self {
            api_version: api_version.into(),
            kind: kind.into(),
            namespace: Text::default(),
            labels: BTreeMap::new(),
        }
    }

    /// Means those of one namespace; of all where it is empty.
    #[must_use]
    pub fn in_namespace(mut self, namespace: impl Into<Text>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Means those that have this label, too.
    #[must_use]
    pub fn with_label(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// Gives the API group of the kind; empty for that of the core.
    #[must_use]
    pub fn group(&self) -> &str {
        self.api_version.rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// Says whether an object is meant, as far as its kind and its namespace tell. An object without a namespace is in all.
    #[must_use]
    pub fn means(&self, id: &ObjectId) -> bool {
        let lies_in = self.namespace.is_empty() || id.namespace.is_empty() || id.namespace == self.namespace;
        id.group == self.group() && id.kind == self.kind && lies_in
    }

    /// Says whether an object has the labels.
    #[must_use]
    pub fn fits(&self, object: &Object) -> bool {
        let label = |name: &Text| object.body().text_at(&["metadata", "labels", name]);
        self.labels.iter().all(|(name, value)| label(name) == Some(&**value))
    }
}

fn is_empty(text: &Text) -> bool {
    text.is_empty()
}

/// Lists objects of the target, whoever owns them.
///
/// For an implementor:
/// - A list has each object of the [selection](Selection) with its body, as an [`observe`](crate::Target::observe) of it would
///   give it, and no other; sorted by identity.
/// - What cannot be read is an error and is never left out; a kind that is not known is
///   [`Undefined`](crate::ErrorKind::Undefined), never an empty list.
/// - It reads by the same rights as `observe`, changes nothing, and nothing is watched for it.
/// - More objects than [`objects_max`](crate::Limits::objects_max) are a [`Limit`](crate::ErrorKind::Limit).
///
/// It is written as [`Target`](crate::Target) is, with `#[async_trait]` above the `impl`, and given by its [profile](crate::Target::profile):
/// `Profile::new(place).with_list(self)`.
#[async_trait]
pub trait List: fmt::Debug + Send + Sync + 'static {
    /// Lists.
    ///
    /// # Errors
    /// [`Undefined`](crate::ErrorKind::Undefined), [`Denied`](crate::ErrorKind::Denied),
    /// [`Unavailable`](crate::ErrorKind::Unavailable), [`Timeout`](crate::ErrorKind::Timeout),
    /// [`Cancelled`](crate::ErrorKind::Cancelled), [`Limit`](crate::ErrorKind::Limit),
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for a kind that cannot be listed.
    async fn list(&self, cx: &Context, selection: &Selection) -> Result<Vec<Object>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_reads_back_and_says_no_more_than_it_has_to() {
        let all = Selection::new("v1", "Secret");
        assert_eq!(serde_json::to_string(&all).unwrap(), r#"{"apiVersion":"v1","kind":"Secret"}"#);
        let some = all.in_namespace("shop").with_label("tier", "web");
        let text = r#"{"apiVersion":"v1","kind":"Secret","namespace":"shop","labels":{"tier":"web"}}"#;
        assert_eq!(serde_json::to_string(&some).unwrap(), text);
        assert_eq!(serde_json::from_str::<Selection>(text).unwrap(), some);
    }

    #[test]
    fn a_selection_means_its_kind_in_its_namespace() {
        let means = |selection: &Selection, id: [&str; 4]| {
            selection.means(&ObjectId::new(id[0], id[1], id[2], id[3]))
        };
        let all = Selection::new("apps/v1", "Deployment");
        assert!(means(&all, ["apps", "Deployment", "shop", "web"]));
        assert!(!means(&all, ["", "Deployment", "shop", "web"]));
        assert!(!means(&all, ["apps", "StatefulSet", "shop", "web"]));
        let some = all.in_namespace("shop");
        assert!(means(&some, ["apps", "Deployment", "shop", "web"]));
        assert!(!means(&some, ["apps", "Deployment", "other", "web"]));
        assert!(means(&Selection::new("v1", "Node").in_namespace("shop"), ["", "Node", "", "one"]));
    }
}
