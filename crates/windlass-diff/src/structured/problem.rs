//! What keeps a value from being walked along its schema.

use thiserror::Error;
use windlass_core::{Error as CoreError, ErrorKind, FieldPath};

/// Everything that is wrong with a value.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{}", list(.problems))]
pub struct StructuredError {
    /// The problems, at least one, at most `problems_max` of the limits.
    pub problems: Vec<StructuredProblem>,
}

/// One thing that is wrong with a value.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum StructuredProblem {
    /// A value of another type than its schema says.
    #[error("must be {expected}, not {found} (field={path})")]
    WrongType {
        /// The field.
        path: FieldPath,
        /// What the schema says.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A field that the schema does not have.
    #[error("not in the schema (field={path})")]
    Undeclared {
        /// The field.
        path: FieldPath,
    },
    /// An item that has none of the fields which tell items apart.
    #[error("an item without its keys (field={path})")]
    Keyless {
        /// The item.
        path: FieldPath,
    },
    /// Two items have the same key.
    #[error("two items with one key (field={path})")]
    Repeated {
        /// The second item.
        path: FieldPath,
    },
    /// More maps and lists inside one another than the limit `value_depth_max`.
    #[error("too deep (value_depth_max={limit})")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
}

fn list(problems: &[StructuredProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl From<StructuredProblem> for CoreError {
    fn from(problem: StructuredProblem) -> Self {
        use StructuredProblem::{Keyless, Repeated, TooDeep, Undeclared, WrongType};
        match problem {
            WrongType { path, expected, found } => {
                Self::new(ErrorKind::Invalid, "a value of another type than the schema says")
                    .with("field", path)
                    .with("expected", expected)
                    .with("found", found)
            }
            Undeclared { path } => Self::new(ErrorKind::Invalid, "not in the schema").with("field", path),
            Keyless { path } => Self::new(ErrorKind::Invalid, "an item without its keys").with("field", path),
            Repeated { path } => Self::new(ErrorKind::Invalid, "two items with one key").with("field", path),
            TooDeep { limit } => Self::new(ErrorKind::Limit, "too deep").with("value_depth_max", limit),
        }
    }
}

impl From<StructuredError> for CoreError {
    fn from(error: StructuredError) -> Self {
        Self::all(error.problems.into_iter().map(Self::from))
            .unwrap_or_else(|| Self::new(ErrorKind::Internal, "a walk failed without a problem"))
    }
}
