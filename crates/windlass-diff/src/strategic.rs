//! Strategic merge patch: what `kubectl apply` sends to the kinds that an API server knows.
//!
//! ```
//! use windlass_core::{Limits, Value};
//! use windlass_diff::{Schemas, strategic};
//!
//! let schemas: Schemas = serde_json::from_str(r#"{"kinds": {"Pod": {"fields": {
//!     "containers": {"list": "any", "patch": "merge", "patchKey": "name"}}}}}"#).unwrap();
//! let read = |json: &str| serde_json::from_str::<Value>(json).unwrap();
//! let base = read(r#"{"containers": [{"name": "a"}, {"name": "b", "x": 1}]}"#);
//! let desired = read(r#"{"containers": [{"name": "b", "x": 2}]}"#);
//! let live = read(r#"{"containers": [{"name": "a"}, {"name": "b", "x": 1, "y": 1}, {"name": "c"}]}"#);
//!
//! let schema = schemas.get("", "v1", "Pod").unwrap();
//! let limits = Limits::default();
//! let patch = strategic::three_way(schema, &base, &desired, &live, &limits)?;
//! assert_eq!(
//!     patch.canonical(),
//!     r#"{"$setElementOrder/containers":[{"name":"b"}],"containers":[{"name":"b","x":2},{"$patch":"delete","name":"a"}]}"#,
//! );
//! assert_eq!(
//!     strategic::apply(schema, &live, &patch, &limits)?.canonical(),
//!     r#"{"containers":[{"name":"b","x":2,"y":1},{"name":"c"}]}"#,
//! );
//! # Ok::<(), strategic::StrategicError>(())
//! ```
//!
//! Reads the `patch` and `patchKey` of a [schema](crate::schema) and nothing else of it, so lists merge as
//! [`patchStrategy`](https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/) says and
//! not by all their keys: two ports with one number and two protocols are one item here. To merge without a server,
//! [`merge`](crate::merge) is the better way. There are no conflicts: what is wanted wins, as with `kubectl apply`.

mod apply;
mod make;
mod order;

use thiserror::Error;
use windlass_core::{Limits, Map, Text, Value};

use crate::SchemaRef;

const PATCH: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
const SET_ORDER: &str = "$setElementOrder/";

/// Why there is no patch, or why it does not apply.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StrategicError {
    /// An item lacks the field that tells it from others.
    #[error("an item does not contain declared merge key: {key} (field={field})")]
    MissingKey {
        /// The list.
        field: Text,
        /// The merge key.
        key: Text,
    },
    /// A merged list of maps has no merge key.
    #[error("a list of maps cannot merge without a merge key (field={field})")]
    NoKey {
        /// The list.
        field: Text,
    },
    /// A merged list has items of several types, or lists.
    #[error("a merged list must have maps or scalars only (field={field})")]
    Mixed {
        /// The list.
        field: Text,
    },
    /// A directive of the patch is not one, or not in its place.
    #[error("wrong directive (field={field}, directive={directive})")]
    Directive {
        /// Where it is.
        field: Text,
        /// Which one.
        directive: Text,
    },
    /// A value or a patch is deeper than `value_depth_max`.
    #[error("too deep (value_depth_max={limit})")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
}

/// Makes the patch that turns `before` into `after`.
///
/// # Errors
/// [`StrategicError`] for a merged list whose items have no key or are of several types.
pub fn between(
    schema: SchemaRef<'_>,
    before: &Value,
    after: &Value,
    limits: &Limits,
) -> Result<Value, StrategicError> {
    check_depth(limits, [before, after])?;
    make::between(schema, fields(before), fields(after), make::Which::All).map(Value::Map)
}

/// Makes the patch of a client-side apply: what is wanted and is not so in `live`, and the removal of what `base` has and
/// `desired` has not.
///
/// # Errors
/// As [`between`].
pub fn three_way(
    schema: SchemaRef<'_>,
    base: &Value,
    desired: &Value,
    live: &Value,
    limits: &Limits,
) -> Result<Value, StrategicError> {
    check_depth(limits, [base, desired, live])?;
    let changes = make::between(schema, fields(live), fields(desired), make::Which::Changes)?;
    let removals = make::between(schema, fields(base), fields(desired), make::Which::Removals)?;
    apply::merge(schema, removals, changes, apply::Into::Patch).map(Value::Map)
}

/// Applies a patch.
///
/// # Errors
/// [`StrategicError`] for an item without its key, and for directives that are none or do not fit the patch.
pub fn apply(
    schema: SchemaRef<'_>,
    target: &Value,
    patch: &Value,
    limits: &Limits,
) -> Result<Value, StrategicError> {
    check_depth(limits, [target, patch])?;
    apply::merge(schema, fields(target).clone(), fields(patch).clone(), apply::Into::Object).map(Value::Map)
}

/// Sorts all merged lists by their keys and without repeated scalars, for comparing values whose order does not matter.
/// Lists inside lists that are not merged keep their order.
///
/// # Errors
/// [`StrategicError::MissingKey`], and [`StrategicError::TooDeep`].
pub fn sorted(schema: SchemaRef<'_>, value: &Value, limits: &Limits) -> Result<Value, StrategicError> {
    check_depth(limits, [value])?;
    order::sorted(schema, fields(value)).map(Value::Map)
}

static NOTHING: Map = Map::new();

/// Anything but a map counts as an empty document.
fn fields(value: &Value) -> &Map {
    value.as_map().unwrap_or(&NOTHING)
}

fn check_depth<'v>(
    limits: &Limits,
    values: impl IntoIterator<Item = &'v Value>,
) -> Result<(), StrategicError> {
    let limit = limits.value_depth_max;
    let fits = values.into_iter().all(|value| fits(value, limit));
    if fits { Ok(()) } else { Err(StrategicError::TooDeep { limit }) }
}

fn fits(value: &Value, depth: usize) -> bool {
    match value {
        Value::Map(map) => depth > 0 && map.iter().all(|(_, value)| fits(value, depth - 1)),
        Value::List(items) => depth > 0 && items.iter().all(|value| fits(value, depth - 1)),
        _ => true,
    }
}
