//! JSON Patch, [RFC 6902](https://www.rfc-editor.org/rfc/rfc6902).
//!
//! ```
//! use windlass_core::{Limits, Value};
//! use windlass_diff::json_patch;
//!
//! let read = |json: &str| serde_json::from_str::<Value>(json).unwrap();
//! let patch = read(r#"[{"op": "test", "path": "/a", "value": 1}, {"op": "move", "from": "/a", "path": "/b/-"}]"#);
//! let patched = json_patch::apply(&read(r#"{"a": 1, "b": [0]}"#), &patch, &Limits::default())?;
//! assert_eq!(patched.canonical(), r#"{"b":[0,1]}"#);
//! # Ok::<(), json_patch::PatchError>(())
//! ```
//!
//! All or nothing: the first operation that fails ends it. A `test` takes `1` and `1.0` for equal, as the RFC does. A patch
//! that copies until the value is too deep (`value_depth_max`) or has more than [`VALUES_MAX`] parts is refused.

mod pointer;

use thiserror::Error;
use windlass_core::{Limits, Text, Value};

use pointer::Pointer;

/// Parts that the operations of one patch may put into a value, all together.
pub const VALUES_MAX: usize = 1_000_000;

/// Why a patch did not apply.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{reason} (operation={at}, path={path})")]
pub struct PatchError {
    /// Which operation, from 0.
    pub at: usize,
    /// Its `path`; empty where it has none.
    pub path: Text,
    /// What is wrong with it.
    pub reason: PatchReason,
}

/// What is wrong with an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PatchReason {
    /// The patch is not a list.
    #[error("a patch must be a list of operations")]
    NotAList,
    /// The operation has no `op`, or one that the RFC does not know.
    #[error("no such operation")]
    Unknown,
    /// The operation lacks a field.
    #[error("the operation lacks `{0}`")]
    Lacks(&'static str),
    /// A path is neither empty nor begins with `/`, or has a wrong escape.
    #[error("not a JSON pointer")]
    NotAPointer,
    /// There is nothing at the path.
    #[error("nothing is there")]
    Nothing,
    /// The index of a list is not a number without leading zeros, or beyond its end.
    #[error("no such place in the list")]
    NoPlace,
    /// A value would be moved into itself.
    #[error("a value cannot be moved into itself")]
    IntoItself,
    /// A test failed.
    #[error("the value is another")]
    Other,
    /// The value would be too deep or too large.
    #[error("the value would be too large")]
    TooLarge,
}

/// Applies a patch to a value.
///
/// # Errors
/// [`PatchError`] with the first operation that fails.
pub fn apply(target: &Value, patch: &Value, limits: &Limits) -> Result<Value, PatchError> {
    let wrong = |at, path: &str, reason| PatchError { at, path: path.into(), reason };
    let operations = patch.as_list().ok_or_else(|| wrong(0, "", PatchReason::NotAList))?;
    let mut run = Run { value: target.clone(), left: VALUES_MAX, depth: limits.value_depth_max };
    for (at, operation) in operations.iter().enumerate() {
        let path = operation.text_at(&["path"]).unwrap_or_default();
        run.operate(operation).map_err(|reason| wrong(at, path, reason))?;
    }
    Ok(run.value)
}

struct Run {
    value: Value,
    left: usize,
    depth: usize,
}

impl Run {
    fn operate(&mut self, operation: &Value) -> Result<(), PatchReason> {
        let pointer = |field: &'static str| {
            let text = operation.text_at(&[field]).ok_or(PatchReason::Lacks(field))?;
            Pointer::read(text)
        };
        let value = || operation.get("value").ok_or(PatchReason::Lacks("value"));
        let op = operation.text_at(&["op"]).ok_or(PatchReason::Unknown)?;
        let path = pointer("path")?;
        match op {
            "add" => self.add(&path, value()?.clone()),
            "replace" => {
                let value = value()?.clone();
                self.admit(&path, &value)?;
                *path.get_mut(&mut self.value)? = value;
                Ok(())
            }
            "remove" => path.remove(&mut self.value).map(drop),
            "test" if same(path.get(&self.value)?, value()?) => Ok(()),
            "test" => Err(PatchReason::Other),
            "copy" => {
                let value = pointer("from")?.get(&self.value)?.clone();
                self.add(&path, value)
            }
            "move" => self.relocate(&pointer("from")?, &path),
            _ => Err(PatchReason::Unknown),
        }
    }

    fn relocate(&mut self, from: &Pointer, path: &Pointer) -> Result<(), PatchReason> {
        if from == path {
            return from.get(&self.value).map(drop);
        }
        if path.is_below(from) {
            return Err(PatchReason::IntoItself);
        }
        let value = from.remove(&mut self.value)?;
        self.add(path, value)
    }

    fn add(&mut self, path: &Pointer, value: Value) -> Result<(), PatchReason> {
        self.admit(path, &value)?;
        path.add(&mut self.value, value)
    }

    fn admit(&mut self, path: &Pointer, value: &Value) -> Result<(), PatchReason> {
        let depth = self.depth.checked_sub(path.len()).ok_or(PatchReason::TooLarge)?;
        count(value, depth, &mut self.left)
    }
}

fn count(value: &Value, depth: usize, left: &mut usize) -> Result<(), PatchReason> {
    *left = left.checked_sub(1).ok_or(PatchReason::TooLarge)?;
    let below = depth.checked_sub(1).ok_or(PatchReason::TooLarge);
    match value {
        Value::Map(map) => map.iter().try_for_each(|(_, value)| count(value, below?, left)),
        Value::List(items) => items.iter().try_for_each(|value| count(value, below?, left)),
        _ => Ok(()),
    }
}

/// Equal as the RFC means it: numbers by their value.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|((x, a), (y, b))| x == y && same(a, b))
        }
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (a, b) => a == b || crate::spelling::same_number(a, b),
    }
}
