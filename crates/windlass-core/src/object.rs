//! Objects and their identity.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Digest, Error, ErrorKind, Result, Text, Value};

/// Which object: group, kind, namespace and name. Never the version, so that a move from `v1beta1` to `v1` is a change
/// of one object and not a delete and a create.
///
/// Written `Deployment.apps/shop/web`; without a group `Service/shop/web`, without a namespace `Namespace//shop`. What
/// would make that ambiguous is written as in a URL: a `.` in the kind as `%2E`, a `/` in kind, group or namespace as
/// `%2F`, a `%` anywhere as `%25`. So every identity reads back as itself.
///
/// ```
/// use windlass_core::ObjectId;
/// let id = ObjectId::new("apps", "Deployment", "shop", "web");
/// assert_eq!(id.to_string(), "Deployment.apps/shop/web");
/// assert_eq!(id.to_string().parse::<ObjectId>()?, id);
/// # Ok::<(), windlass_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// The API group; empty for the core group.
    pub group: Text,
    /// The kind, such as `Deployment`.
    pub kind: Text,
    /// The namespace; empty for an object that has none.
    pub namespace: Text,
    /// The name.
    pub name: Text,
}

impl ObjectId {
    /// Makes an identity; `""` for no group and for no namespace.
    pub fn new(
        group: impl Into<Text>,
        kind: impl Into<Text>,
        namespace: impl Into<Text>,
        name: impl Into<Text>,
    ) -> Self {
        Self { group: group.into(), kind: kind.into(), namespace: namespace.into(), name: name.into() }
    }

    /// Reads the identity from `apiVersion`, `kind` and `metadata` of a body.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with every field that is missing or not a text.
    pub fn of(body: &Value) -> Result<Self> {
        if body.as_map().is_none() {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("an object must be a map, not {}", body.type_name()),
            ));
        }
        let api_version = required(body, &["apiVersion"]);
        let kind = required(body, &["kind"]);
        let name = required(body, &["metadata", "name"]);
        let namespace = optional(body, &["metadata", "namespace"]);
        match (api_version, kind, name, namespace) {
            (Ok(version), Ok(kind), Ok(name), Ok(namespace)) => {
                Ok(Self::new(group_of(version), kind, namespace.cloned().unwrap_or_default(), name))
            }
            (version, kind, name, namespace) => {
                let problems = [version.err(), kind.err(), name.err(), namespace.err()];
                Err(Error::all(problems.into_iter().flatten())
                    .unwrap_or_else(|| Error::new(ErrorKind::Internal, "no problem in a wrong object")))
            }
        }
    }

    /// Takes the texts of others that say the same as group, kind and namespace, and leaves its own in `texts` where there
    /// is none. Identities that share their texts are compared faster and take less memory.
    pub fn share(&mut self, texts: &mut BTreeSet<Text>) {
        for text in [&mut self.group, &mut self.kind, &mut self.namespace] {
            share(text, texts);
        }
    }

    /// Gives the kind with its group: `Deployment.apps`, `Service`.
    #[must_use]
    pub fn group_kind(&self) -> String {
        if self.group.is_empty() { self.kind.to_string() } else { format!("{}.{}", self.kind, self.group) }
    }
}

fn share(text: &mut Text, texts: &mut BTreeSet<Text>) {
    match texts.get(text) {
        Some(known) => *text = known.clone(),
        None => drop(texts.insert(text.clone())),
    }
}

fn required<'a>(body: &'a Value, path: &[&str]) -> Result<&'a Text> {
    optional(body, path)?
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Error::new(ErrorKind::Invalid, "missing field").with("field", path.join(".")))
}

fn optional<'a>(body: &'a Value, path: &[&str]) -> Result<Option<&'a Text>> {
    match body.at(path) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text)),
        Some(other) => {
            Err(Error::new(ErrorKind::Invalid, format!("must be a text, not {}", other.type_name()))
                .with("field", path.join(".")))
        }
    }
}

/// Gives the group of an `apiVersion`: `apps` of `apps/v1`, nothing of `v1`.
fn group_of(api_version: &str) -> &str {
    api_version.rsplit_once('/').map_or("", |(group, _)| group)
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = escaped(&self.kind, &['%', '/', '.']);
        let dot = if self.group.is_empty() { "" } else { "." };
        let group = escaped(&self.group, &['%', '/']);
        let namespace = escaped(&self.namespace, &['%', '/']);
        f.pad(&format!("{kind}{dot}{group}/{namespace}/{}", escaped(&self.name, &['%'])))
    }
}

impl FromStr for ObjectId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::new(ErrorKind::Invalid, "not an object id")
                .with("id", text)
                .with_help("write Kind.group/namespace/name, such as Deployment.apps/shop/web")
        };
        let mut parts = text.splitn(3, '/');
        let (Some(kind), Some(namespace), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong());
        };
        let (kind, group) = kind.split_once('.').unwrap_or((kind, ""));
        match [group, kind, namespace, name].map(unescaped) {
            [Some(group), Some(kind), Some(namespace), Some(name)]
                if !kind.is_empty() && !name.is_empty() =>
            {
                Ok(Self::new(group, kind, namespace, name))
            }
            _ => Err(wrong()),
        }
    }
}

fn escaped<'a>(text: &'a str, special: &[char]) -> Cow<'a, str> {
    if !text.contains(special) {
        return Cow::Borrowed(text);
    }
    let escape =
        |c: char| if special.contains(&c) { format!("%{:02X}", u32::from(c)) } else { c.to_string() };
    Cow::Owned(text.chars().map(escape).collect())
}

/// Undoes `escaped`; `None` for a `%` that it would not have written.
fn unescaped(text: &str) -> Option<Text> {
    let mut parts = text.split('%');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        out.push(match code {
            "25" => '%',
            "2F" => '/',
            "2E" => '.',
            _ => return None,
        });
        out += rest;
    }
    Some(out.into())
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A body with its identity. Cheap to clone.
///
/// Invariant: `id == ObjectId::of(&body)`, and `api_version` is that of the body.
#[derive(Clone)]
pub struct Object {
    id: ObjectId,
    api_version: Text,
    body: Arc<Value>,
    /// The digest of the body, once somebody asked for it: a plan asks several times.
    digest: OnceLock<Digest>,
}

impl Object {
    /// Makes an object from a body.
    ///
    /// # Errors
    /// As [`ObjectId::of`].
    pub fn new(body: Value) -> Result<Self> {
        let id = ObjectId::of(&body)?;
        let api_version = match body.get("apiVersion") {
            Some(Value::Text(text)) => text.clone(),
            _ => Text::default(),
        };
        Ok(Self { id, api_version, body: Arc::new(body), digest: OnceLock::new() })
    }

    /// Shares the texts of its identity and its `apiVersion`, as [`ObjectId::share`].
    pub fn share_id(&mut self, texts: &mut BTreeSet<Text>) {
        self.id.share(texts);
        share(&mut self.api_version, texts);
    }

    /// Gives the identity.
    #[must_use]
    pub fn id(&self) -> &ObjectId {
        &self.id
    }

    /// Gives the body.
    #[must_use]
    pub fn body(&self) -> &Arc<Value> {
        &self.body
    }

    /// Gives the body away.
    #[must_use]
    pub fn into_body(self) -> Value {
        Arc::unwrap_or_clone(self.body)
    }

    /// Gives `apiVersion`.
    #[must_use]
    pub fn api_version(&self) -> &Text {
        &self.api_version
    }

    /// Gives the value of an annotation.
    #[must_use]
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.body.text_at(&["metadata", "annotations", name])
    }

    /// Gives the value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.body.text_at(&["metadata", "labels", name])
    }

    /// Gives a changed copy.
    ///
    /// # Errors
    /// As [`ObjectId::of`], where the change took the identity away.
    pub fn edit(&self, change: impl FnOnce(&mut Value)) -> Result<Self> {
        let mut body = (*self.body).clone();
        change(&mut body);
        Self::new(body)
    }

    /// Digests the body.
    #[must_use]
    pub fn digest(&self) -> Digest {
        *self.digest.get_or_init(|| Digest::of_value(&self.body))
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.body == other.body
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Object").field("id", &self.id).field("body", &self.body).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_version_is_not_part_of_the_identity() {
        let old =
            ObjectId::of(&body(r#"{"apiVersion":"batch/v1beta1","kind":"CronJob","metadata":{"name":"a"}}"#));
        let new =
            ObjectId::of(&body(r#"{"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"a"}}"#));
        assert_eq!(old.unwrap(), new.unwrap());
    }

    #[test]
    fn every_missing_field_is_named_at_once() {
        let error = ObjectId::of(&body(r#"{"metadata":{"namespace":3}}"#)).unwrap_err();
        assert_eq!(error.problems().len(), 4, "{error}");
        assert!(error.to_string().contains("metadata.name"));
        assert!(error.to_string().contains("must be a text, not integer (field=metadata.namespace)"));
    }

    #[test]
    fn an_id_without_namespace_reads_back() {
        let id = ObjectId::new("", "Namespace", "", "shop");
        assert_eq!(id.to_string(), "Namespace//shop");
        assert_eq!(id.to_string().parse::<ObjectId>().unwrap(), id);
    }

    #[test]
    fn every_id_reads_back_as_itself_and_no_two_are_written_alike() {
        let parts = ["", "a", "a.b", "a/b", "%", "%2F", "a%25/.b", "system:node", "é/"];
        let mut seen = std::collections::BTreeMap::new();
        for (group, kind) in parts.iter().flat_map(|group| parts[1..].iter().map(move |kind| (group, kind))) {
            for (namespace, name) in parts.iter().flat_map(|of| parts[1..].iter().map(move |name| (of, name)))
            {
                let id = ObjectId::new(*group, *kind, *namespace, *name);
                assert_eq!(id.to_string().parse::<ObjectId>().unwrap(), id, "{id}");
                assert_eq!(seen.insert(id.to_string(), id.clone()), None, "{id}");
            }
        }
    }

    #[test]
    fn an_escape_that_is_none_is_refused() {
        for text in ["A%/b/c", "A/%2/c", "A/b/%41", "A/b/%2f", "A/b/%é"] {
            assert!(text.parse::<ObjectId>().is_err(), "{text}");
        }
        assert_eq!("ConfigMap/a/b/c".parse::<ObjectId>().unwrap().name, "b/c");
    }
}
