//! Paths: of files inside an artifact, and of fields inside an object.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Error, ErrorKind, Result, Text, Value};

/// A path inside an artifact: `/` between names, no leading or trailing `/`, no `.`, no `..`, no NUL. The root is the
/// empty path. What cannot leave the root cannot be used to leave it.
///
/// ```
/// use windlass_core::TreePath;
/// let path = TreePath::new("./deploy//web/../web.yaml")?;
/// assert_eq!(path.as_str(), "deploy/web.yaml");
/// assert_eq!(path.parent().unwrap().as_str(), "deploy");
/// assert!(TreePath::new("../outside").is_err());
/// # Ok::<(), windlass_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TreePath(Text);

impl TreePath {
    /// Gives the root.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Reads a path relative to the root; `.` and empty names fall away, `..` takes the name before it.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a path that is absolute, leaves the root, or has a NUL or a backslash.
    pub fn new(path: &str) -> Result<Self> {
        if path.starts_with('/') {
            return Err(wrong("the path is absolute", path));
        }
        Self::root().join(path)
    }

    /// Follows a path from here; a `/` in front counts as nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a path that leaves the root, or has a NUL or a backslash.
    pub fn join(&self, path: &str) -> Result<Self> {
        if path.contains(['\0', '\\']) {
            return Err(wrong("the path has a NUL or a backslash", path));
        }
        let mut names: Vec<&str> = self.names().collect();
        for name in path.split('/') {
            match name {
                "" | "." => {}
                ".." => {
                    names.pop().ok_or_else(|| wrong("the path leaves its root", path))?;
                }
                name => names.push(name),
            }
        }
        Ok(Self(names.join("/").into()))
    }

    /// Gives the path as text; empty for the root.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Says whether it is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Goes through the names from the root down.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|name| !name.is_empty())
    }

    /// Gives the last name; `None` for the root.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.names().next_back()
    }

    /// Gives the folder that holds it; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        (!self.is_root()).then(|| Self(self.0.rsplit_once('/').map_or("", |(folder, _)| folder).into()))
    }

    /// Says whether it is `folder` or lies below it.
    #[must_use]
    pub fn is_under(&self, folder: &TreePath) -> bool {
        folder.is_root()
            || self
                .0
                .strip_prefix(folder.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

fn wrong(message: &str, path: &str) -> Error {
    Error::new(ErrorKind::Invalid, message).with("path", path)
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(if self.is_root() { "." } else { &self.0 })
    }
}

impl FromStr for TreePath {
    type Err = Error;
    fn from_str(path: &str) -> Result<Self> {
        Self::new(path)
    }
}

impl Serialize for TreePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TreePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// One step into a value.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Segment {
    /// A field of a map.
    Field(Text),
    /// An item of a list by its place, from 0.
    Index(usize),
    /// An item of a list by the fields that identify it, such as `name=web`.
    Key(Vec<(Text, Value)>),
    /// An item of a set by its value.
    Item(Value),
}

/// A path of a field inside an object. Written `spec.containers[name=web].ports[0]`; a field name that is not plain is
/// written `["a.b/c"]`.
///
/// ```
/// use windlass_core::{FieldPath, Value};
/// let path = FieldPath::root().field("spec").field("containers").key([("name", Value::from("web"))]).field("image");
/// assert_eq!(path.to_string(), "spec.containers[name=web].image");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldPath(Vec<Segment>);

impl FieldPath {
    /// Gives the path of the object itself.
    #[must_use]
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// Makes a path from its segments.
    #[must_use]
    pub const fn new(segments: Vec<Segment>) -> Self {
        Self(segments)
    }

    /// Goes into a field.
    #[must_use]
    pub fn field(self, name: impl Into<Text>) -> Self {
        self.then(Segment::Field(name.into()))
    }

    /// Goes into the item of a list at a place.
    #[must_use]
    pub fn index(self, at: usize) -> Self {
        self.then(Segment::Index(at))
    }

    /// Goes into the item of a list that has these keys.
    #[must_use]
    pub fn key<K: Into<Text>>(self, keys: impl IntoIterator<Item = (K, Value)>) -> Self {
        self.then(Segment::Key(keys.into_iter().map(|(key, value)| (key.into(), value)).collect()))
    }

    /// Goes one step further.
    #[must_use]
    pub fn then(mut self, segment: Segment) -> Self {
        self.0.push(segment);
        self
    }

    /// Gives the steps.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Says whether it begins with these fields.
    #[must_use]
    pub fn starts_with(&self, fields: &[&str]) -> bool {
        fields.len() <= self.0.len()
            && fields
                .iter()
                .zip(&self.0)
                .all(|(name, have)| matches!(have, Segment::Field(field) if field == name))
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(".");
        }
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Field(name) if is_plain(name) => {
                    write!(f, "{}{name}", if at == 0 { "" } else { "." })?
                }
                Segment::Field(name) => write!(f, "[{name:?}]")?,
                Segment::Index(place) => write!(f, "[{place}]")?,
                Segment::Key(keys) => write_keys(keys, f)?,
                Segment::Item(value) => write!(f, "[={}]", bare(value))?,
            }
        }
        Ok(())
    }
}

fn write_keys(keys: &[(Text, Value)], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (at, (key, value)) in keys.iter().enumerate() {
        write!(f, "{}{key}={}", if at == 0 { "[" } else { "," }, bare(value))?;
    }
    f.write_str("]")
}

fn bare(value: &Value) -> String {
    match value {
        Value::Text(text) if is_plain(text) => text.to_string(),
        other => other.canonical(),
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$'))
}

impl Serialize for FieldPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_leave_its_root() {
        for path in ["..", "a/../..", "/etc/passwd", "a\\b", "a\0b"] {
            assert!(TreePath::new(path).is_err(), "{path:?} must be refused");
        }
    }

    #[test]
    fn under_compares_whole_names() {
        let path = TreePath::new("apps/web.yaml").unwrap();
        assert!(path.is_under(&TreePath::new("apps").unwrap()));
        assert!(!path.is_under(&TreePath::new("app").unwrap()));
        assert!(path.is_under(&TreePath::root()));
    }

    #[test]
    fn odd_field_names_are_quoted() {
        let path = FieldPath::root().field("metadata").field("annotations").field("a.b/c").index(2);
        assert_eq!(path.to_string(), r#"metadata.annotations["a.b/c"][2]"#);
    }
}
