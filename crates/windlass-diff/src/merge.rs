//! Three-way merge: what is wanted, what was wanted before, and what is there.
//!
//! ```
//! use windlass_core::{Limits, Value};
//! use windlass_diff::{merge, SchemaRef};
//!
//! let read = |json: &str| serde_json::from_str::<Value>(json).unwrap();
//! let base = read(r#"{"replicas": 2, "paused": true}"#);
//! let desired = read(r#"{"replicas": 3}"#);
//! let live = read(r#"{"replicas": 2, "paused": true, "revision": 7}"#);
//!
//! let sides = merge::Sides { base: Some(&base), desired: &desired, live: Some(&live) };
//! let merged = merge::three_way(SchemaRef::any(), &sides, &Limits::default())?;
//! assert_eq!(merged.value.canonical(), r#"{"replicas":3,"revision":7}"#);
//! # Ok::<(), merge::MergeError>(())
//! ```
//!
//! # The rules
//!
//! | | |
//! | --- | --- |
//! | a field that `desired` names | has the value of `desired` |
//! | a field that is `null` in `desired` | is not there |
//! | a field that only `base` names | goes; of a map or a list with keys, only what `base` names in it goes |
//! | any other field of `live` | stays |
//! | a map that the schema calls atomic, an atomic list, a scalar | is taken whole from `desired` |
//! | a list with keys | its items merge by key; missing key fields count as their default (`protocol: TCP`) |
//! | a set | is the union, less what only `base` names |
//! | another type in `live` than in `desired` | `desired` wins |
//! | a map that the schema says `retainKeys` of, as of an item of such a list | once a field that `desired` names differs from `live`, only such fields stay |
//!
//! - What is left of a removed map goes too where it says only what a missing value means anyway, so that a removed
//!   probe does not leave the server's defaults behind as a probe without a handler.
//! - An item of a list with keys that only `base` names goes with all it holds, as in a server-side apply.
//! - **Order.** Items of `desired` come in the order of `desired`. Another item of `live` stays behind the item that it
//!   followed in `live`, so that a list in which nothing changed keeps its order, wherever somebody put a sidecar.
//! - **Repeated keys.** In `desired` they are an error, as in a server-side apply. In `live` the first merges, the others
//!   with a wanted key go, and [`Merged::collapsed`] names them; those that nobody names stay.
//!
//! # Laws
//!
//! With `m(b, d, l)` for the merge, and values without `null`:
//! `m(b, d, b) == d`; `m(d, d, m(b, d, l)) == m(b, d, l)`; nothing of `l` that neither `b` nor `d` names is lost but
//! defaults in a map that goes, what an item that goes holds, and what stood beside a field in a map of `retainKeys`.

mod run;

use thiserror::Error;
use windlass_core::{Error as CoreError, ErrorKind, FieldPath, Limits, Text, Value};

use crate::SchemaRef;

/// The three sides of a merge.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    /// What was applied before; `None` where nothing is known, so that nothing is removed.
    pub base: Option<&'a Value>,
    /// What is wanted.
    pub desired: &'a Value,
    /// What is there; `None` where nothing is.
    pub live: Option<&'a Value>,
}

/// A merged value.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// The value as it should be.
    pub value: Value,
    /// Items of the live value that fell away because an item before them has the same key.
    pub collapsed: Vec<FieldPath>,
}

/// Why a merge has no answer: everything that is wrong with `desired`.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{}", list(.problems))]
pub struct MergeError {
    /// The problems, at least one, at most `problems_max` of the limits.
    pub problems: Vec<MergeProblem>,
}

/// One thing that is wrong with what is wanted.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MergeProblem {
    /// Two items have the same key.
    #[error("two items with one key (field={path})")]
    Repeated {
        /// The second item.
        path: FieldPath,
    },
    /// An item lacks a field that tells it from others.
    #[error("an item without its key (field={path}, key={key})")]
    MissingKey {
        /// The item.
        path: FieldPath,
        /// The field that it lacks.
        key: Text,
    },
    /// An item of a list with keys is not a map.
    #[error("an item must be a map, not {found} (field={path})")]
    NotAMap {
        /// The item.
        path: FieldPath,
        /// What it is.
        found: &'static str,
    },
    /// More maps and lists inside one another than the limit `value_depth_max`.
    #[error("too deep (field={path}, value_depth_max={limit})")]
    TooDeep {
        /// Where it was given up.
        path: FieldPath,
        /// The limit.
        limit: usize,
    },
}

/// Merges what is wanted into what is there, by the rules of the [module](self). Linear in the size of the values, but
/// for a logarithm in the length of lists with keys.
///
/// # Errors
/// [`MergeError`] with all problems of `desired`; `base` and `live` never are a reason.
pub fn three_way(schema: SchemaRef<'_>, sides: &Sides<'_>, limits: &Limits) -> Result<Merged, MergeError> {
    run::run(schema, sides, limits)
}

fn list(problems: &[MergeProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl MergeProblem {
    /// Gives the field that is wrong.
    #[must_use]
    pub const fn path(&self) -> &FieldPath {
        match self {
            Self::Repeated { path }
            | Self::MissingKey { path, .. }
            | Self::NotAMap { path, .. }
            | Self::TooDeep { path, .. } => path,
        }
    }
}

impl From<MergeProblem> for CoreError {
    fn from(problem: MergeProblem) -> Self {
        let (kind, message, help) = match &problem {
            MergeProblem::Repeated { .. } => (
                ErrorKind::Invalid,
                "two items with one key",
                "remove one of them, or give it a key of its own",
            ),
            MergeProblem::MissingKey { .. } => (
                ErrorKind::Invalid,
                "an item without its key",
                "items of this list are told apart by this key",
            ),
            MergeProblem::NotAMap { .. } => (ErrorKind::Invalid, "an item must be a map", "see the schema"),
            MergeProblem::TooDeep { .. } => {
                (ErrorKind::Limit, "too deep", "raise value_depth_max if it is meant")
            }
        };
        let error = CoreError::new(kind, message).with("field", problem.path()).with_help(help);
        match problem {
            MergeProblem::MissingKey { key, .. } => error.with("key", key),
            MergeProblem::NotAMap { found, .. } => error.with("found", found),
            MergeProblem::TooDeep { limit, .. } => error.with("value_depth_max", limit),
            MergeProblem::Repeated { .. } => error,
        }
    }
}

impl From<MergeError> for CoreError {
    fn from(error: MergeError) -> Self {
        CoreError::all(error.problems.into_iter().map(CoreError::from))
            .unwrap_or_else(|| CoreError::new(ErrorKind::Internal, "a merge failed without a problem"))
    }
}
