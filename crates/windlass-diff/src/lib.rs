//! Three-way merge, comparison, masking and patches of declarative objects, by schemas that are arguments.
//!
//! ```
//! use windlass_core::{Limits, Value};
//! use windlass_diff::{Facts, Mask, SchemaRef, compare, merge};
//!
//! let read = |json: &str| serde_json::from_str::<Value>(json).unwrap();
//! let (base, desired) = (read(r#"{"replicas": 2, "image": "a:1"}"#), read(r#"{"replicas": 2, "image": "a:2"}"#));
//! let live = read(r#"{"replicas": 5, "image": "a:1", "revision": 7}"#);
//!
//! let sides = merge::Sides { base: Some(&base), desired: &desired, live: Some(&live) };
//! let after = merge::three_way(SchemaRef::any(), &sides, &Limits::default())?.value;
//! assert_eq!(after.canonical(), r#"{"image":"a:2","replicas":2,"revision":7}"#);
//!
//! let facts = Facts::new().with_applied_before(&base).with_wanted(&desired);
//! let mask = Mask::default();
//! let lines: Vec<String> = compare(SchemaRef::any(), Some(&live), Some(&after), &facts)
//!     .iter()
//!     .map(|change| change.masked(&mask.kind("apps", "Deployment")).to_string())
//!     .collect();
//! assert_eq!(lines, [r#"image: "a:1" -> "a:2""#, "replicas: 5 -> 2  (drifted)"]);
//! # Ok::<(), merge::MergeError>(())
//! ```
//!
//! | | |
//! | --- | --- |
//! | [`schema`] | which lists have keys, what is replaced whole, what has several spellings |
//! | [`merge`] | what an object should be: what is wanted, into what is live, less what was applied before |
//! | [`compare()`] | which fields differ, and why |
//! | [`mask`] | what may be secret, and how it is shown |
//! | [`render`] | changes as a person likes to read them |
//! | [`structured`] | server-side apply: who owns which fields, conflicts, what an object becomes |
//! | [`merge_patch`], [`json_patch`], [`strategic`] | RFC 7386, RFC 6902, strategic merge patch |
//!
//! # Invariants
//!
//! - Pure: no I/O, no clock, no globals; the same arguments, the same answer, byte for byte.
//! - No behaviour of a kind: a schema is an argument, and without one maps merge by field and lists are replaced.
//! - No panic and no endless work on any input; depth is limited by `value_depth_max` of the
//!   [`Limits`](windlass_core::Limits) or a named constant.
//! - Values are in no `Debug` and in no error, but for the keys of items in its paths; in text only behind a [`Mask`],
//!   and so are those keys. A set of fields and a conflict name items as a server does, by their keys.
//!
//! What it does not do: predict what a server's defaults and webhooks make of an object. That is for the target; [`Facts`]
//! takes what it knows.

pub mod compare;
mod items;
pub mod json_patch;
pub mod mask;
pub mod merge;
pub mod merge_patch;
pub mod render;
pub mod schema;
pub mod spelling;
pub mod strategic;
pub mod structured;
mod text;

pub use compare::{Facts, FieldChange, Holders, compare};
pub use mask::{KindMask, Mask, MaskRule, MaskRuleError};
pub use schema::{ListKind, Patch, Scalar, Schema, SchemaProblem, SchemaRef, Schemas, Shape};
pub use text::{LINES_MAX, VALUE_CHARS_MAX};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
