//! Who owns which fields.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;
use windlass_core::{FieldPath, Segment, Text, Value};

use super::{FieldSet, StructuredError, VersionError};

/// What each manager owns, by a name that tells managers apart.
pub type Managers = BTreeMap<Text, Managed>;

/// What one manager owns.
#[derive(Debug, Clone, PartialEq)]
pub struct Managed {
    /// The version at which it last wrote; the fields are those of that version.
    pub version: Text,
    /// It applied them, and so takes them out when it no longer names them.
    pub applied: bool,
    /// The fields.
    pub fields: FieldSet,
}

/// A field that an apply would change and that another manager owns.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("conflict with {manager:?}: {}", ServerPath(.path))]
pub struct Conflict {
    /// The manager that owns it.
    pub manager: Text,
    /// The field, as the manager's version has it.
    pub path: FieldPath,
}

/// Why objects could not be put together.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum UpdateError {
    /// Other managers own fields that the apply would change: by manager, then by field.
    #[error("{}", list(.0))]
    Conflicts(Vec<Conflict>),
    /// A value does not fit its schema.
    #[error(transparent)]
    Value(#[from] StructuredError),
    /// A version cannot be had.
    #[error(transparent)]
    Version(#[from] VersionError),
}

fn list(conflicts: &[Conflict]) -> String {
    conflicts.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A path as an API server writes it in a conflict: `.spec.containers[name="web"].image`.
///
/// ```
/// use windlass_core::FieldPath;
/// use windlass_diff::structured::ServerPath;
/// let path = FieldPath::root().field("containers").key([("name", "web")].map(|(name, value)| (name, value.into())));
/// assert_eq!(ServerPath(&path.field("image")).to_string(), r#".containers[name="web"].image"#);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ServerPath<'p>(pub &'p FieldPath);

impl fmt::Display for ServerPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in self.0.segments() {
            match step {
                Segment::Field(name) => write!(f, ".{name}")?,
                Segment::Index(at) => write!(f, "[{at}]")?,
                Segment::Item(value) => write!(f, "[={}]", Shown(value))?,
                Segment::Key(keys) => {
                    let keys: Vec<String> =
                        keys.iter().map(|(name, value)| format!("{name}={}", Shown(value))).collect();
                    write!(f, "[{}]", keys.join(","))?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A value in such a path.
struct Shown<'v>(&'v Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Float(number) => write!(f, "{number}"),
            other => f.write_str(&other.canonical()),
        }
    }
}
