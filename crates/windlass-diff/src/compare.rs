//! Which fields differ between two values, and why.
//!
//! ```
//! use windlass_core::Value;
//! use windlass_diff::{compare, Facts, SchemaRef};
//!
//! let read = |json: &str| serde_json::from_str::<Value>(json).unwrap();
//! let (live, after) = (read(r#"{"replicas": 5, "image": "a:1"}"#), read(r#"{"replicas": 3, "image": "a:2"}"#));
//! let applied = read(r#"{"replicas": 3, "image": "a:1"}"#);
//!
//! let facts = Facts::new().with_applied_before(&applied).with_wanted(&after);
//! let changes = compare(SchemaRef::any(), Some(&live), Some(&after), &facts);
//! let lines: Vec<String> = changes.iter().map(|change| format!("{} {:?}", change.path, change.cause)).collect();
//! assert_eq!(lines, ["image Wanted", "replicas Drifted"]);
//! ```
//!
//! # What is one change
//!
//! - Maps are compared field by field, whether or not they are atomic; what is on one side only is one change.
//! - Items of a list with keys are compared by their key and named by it: `containers[name=web]`. Items that repeat a
//!   key pair up in their order. A set gives and takes single items. Both may change their order: one change with
//!   [`FieldChange::order`], its values the keys in their order.
//! - An atomic list is one change, unless it has as many items on both sides and all are maps: then they are compared
//!   by their place, `rules[0].host`.
//! - `null` on one side and nothing on the other is a spelling.
//!
//! The order of changes is that of the fields' names, and of the items in `after`, removed ones first.
//!
//! # What is the cause
//!
//! | what is wanted there | what was applied there | the cause |
//! | --- | --- | --- |
//! | the same in another spelling | | [`Cause::Spelling`] |
//! | a value, or that it be gone | the same | [`Cause::Drifted`]: the live object moved away |
//! | a value, or that it be gone | something else, or nothing | [`Cause::Wanted`] |
//! | a value, and `after` has another | | the target's doing, as if nothing were wanted |
//! | nothing | nothing | [`Cause::Foreign`] with a holder, else [`Cause::Defaulted`] |
//!
//! Without [`Facts::wanted`], `after` itself is what is wanted.

mod cause;
mod walk;

use windlass_core::{Cause, FieldPath, Text, Value};

use crate::SchemaRef;

/// Says who holds a field of the live object; `None` where nobody else does.
pub type Holders<'a> = dyn Fn(&FieldPath) -> Option<Text> + 'a;

/// What is known beside the two values, to name the causes.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct Facts<'a> {
    /// What was applied before.
    pub applied_before: Option<&'a Value>,
    /// What is wanted, before the target had its say.
    pub wanted: Option<&'a Value>,
    /// Who else holds which field.
    pub holders: Option<&'a Holders<'a>>,
}

/// One field that differs. `Debug` shows no values.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FieldChange {
    /// The field.
    pub path: FieldPath,
    /// What it is; `None` where it is not there.
    pub before: Option<Value>,
    /// What it would be; `None` where it would not be there.
    pub after: Option<Value>,
    /// Why.
    pub cause: Cause,
    /// Who else holds the field.
    pub holder: Option<Text>,
    /// Only the order of a list differs; the values are the keys in their order.
    pub order: bool,
    /// What the maps call themselves in whose `value` the field is: all of it is secret beside the name `DB_PASSWORD`.
    pub(crate) named: Vec<Text>,
    /// With `order`, the fields whose values the keys are.
    pub(crate) keys: Vec<Text>,
}

impl<'a> Facts<'a> {
    /// Knows nothing: every difference is wanted, or a spelling.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what was applied before.
    #[must_use]
    pub const fn with_applied_before(mut self, applied: &'a Value) -> Self {
        self.applied_before = Some(applied);
        self
    }

    /// Adds what is wanted.
    #[must_use]
    pub const fn with_wanted(mut self, wanted: &'a Value) -> Self {
        self.wanted = Some(wanted);
        self
    }

    /// Adds who else holds which field.
    #[must_use]
    pub const fn with_holders(mut self, holders: &'a Holders<'a>) -> Self {
        self.holders = Some(holders);
        self
    }
}

impl std::fmt::Debug for Facts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Facts")
            .field("applied_before", &self.applied_before)
            .field("wanted", &self.wanted)
            .field("holders", &self.holders.is_some())
            .finish()
    }
}

/// Compares two values field by field, as the [module](self) says. Pure, linear but for a logarithm in the length of
/// lists with keys, in an order that depends on the values alone.
#[must_use]
pub fn compare(
    schema: SchemaRef<'_>,
    before: Option<&Value>,
    after: Option<&Value>,
    facts: &Facts<'_>,
) -> Vec<FieldChange> {
    walk::walk(schema, before, after, facts)
}
