//! Server-side apply without a server: who owns which fields, who would run into whom, and what an object becomes.
//!
//! This is what an API server does with `metadata.managedFields`, as pure functions over values, schemas and sets of
//! fields. It tells before a write which fields are in conflict and with whom, which fields a manager will own, and which
//! go.
//!
//! ```
//! use windlass_core::{Limits, Value};
//! use windlass_diff::SchemaRef;
//! use windlass_diff::structured::{Live, Managers, OneSchema, Updater, Writer};
//!
//! let read = |json: &str| serde_json::from_str::<Value>(json).unwrap();
//! let (versions, limits) = (OneSchema(SchemaRef::any()), Limits::default());
//! let updater = Updater::new(&versions, &limits);
//! let writer = |manager| Writer { manager, version: "v1", force: false };
//!
//! // Somebody creates an object, an autoscaler scales it.
//! let nothing = Live { value: &Value::Null, version: "v1", managers: &Managers::new() };
//! let created = updater.apply(nothing, &read(r#"{"image": "a:1", "replicas": 2}"#), writer("windlass"))?;
//! let live = Live { value: &created.value, version: "v1", managers: &created.managers };
//! let scaled = updater.update(live, &read(r#"{"image": "a:1", "replicas": 5}"#), writer("autoscaler"))?;
//! assert_eq!(scaled.managers["windlass"].fields.to_string(), r#"{"f:image":{}}"#);
//!
//! // Who applies the replicas again runs into it. Who does not name them leaves them alone.
//! let live = Live { value: &scaled.value, version: "v1", managers: &scaled.managers };
//! let refused = updater.apply(live, &read(r#"{"image": "a:2", "replicas": 2}"#), writer("windlass"));
//! assert_eq!(refused.unwrap_err().to_string(), r#"conflict with "autoscaler": .replicas"#);
//! let applied = updater.apply(live, &read(r#"{"image": "a:2"}"#), writer("windlass"))?;
//! assert_eq!(applied.value.canonical(), r#"{"image":"a:2","replicas":5}"#);
//! # Ok::<(), windlass_diff::structured::UpdateError>(())
//! ```
//!
//! | | |
//! | --- | --- |
//! | [`FieldSet`] | a set of fields, in the form of `fieldsV1`, with its algebra |
//! | [`owned`], [`compare()`] | which fields a value sets, which fields differ between two |
//! | [`merge()`], [`remove`], [`extract`], [`extract_with_keys`] | a value with more or fewer fields |
//! | [`validate()`] | whether a value has the types of its schema |
//! | [`reconcile()`] | a set of fields that was written under another schema |
//! | [`unmutated`] | the answer to a dry run without what a webhook put in |
//! | [`Entry`], [`managers`](fn@managers), [`migration`] | `metadata.managedFields` read, written, and taken over from others |
//! | [`Updater`] | applies and updates of several managers, at several [`Versions`] |
//!
//! # Invariants
//!
//! - Each function is linear in the size of its values and sets, but for a logarithm in the length of lists with keys.
//! - `merge(v, v) == v`, `compare(v, v)` is empty, and an apply that follows itself changes nothing.
//! - Values of more than `value_depth_max` levels are refused, so are sets of more than [`FIELD_DEPTH_MAX`].
//! - An error names fields and types, never a value but for those that tell items apart.
//!
//! What it follows is [structured-merge-diff] 6.4.2. What is not done: unions, which Kubernetes has given up.
//!
//! [structured-merge-diff]: https://github.com/kubernetes-sigs/structured-merge-diff

mod compare;
mod fields;
mod managed_fields;
mod managers;
mod merge;
mod order;
mod owned;
mod problem;
mod reconcile;
mod take;
mod unmutated;
mod updater;
mod validate;
mod versions;
mod walk;
mod zip;

pub use compare::{Comparison, compare};
pub use fields::{FIELD_DEPTH_MAX, FieldSet, FieldsError};
pub use managed_fields::{Entry, EntryError, Operation, managers, migration, migration_patch};
pub use managers::{Conflict, Managed, Managers, ServerPath, UpdateError};
pub use merge::merge;
pub use owned::owned;
pub use problem::{StructuredError, StructuredProblem};
pub use reconcile::reconcile;
pub use take::{extract, extract_with_keys, remove};
pub use unmutated::unmutated;
pub use updater::{Live, Updated, Updater, Writer};
pub use validate::{Lenience, validate};
pub use versions::{OneSchema, VersionError, Versions};
