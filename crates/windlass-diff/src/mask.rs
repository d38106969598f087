//! What may be secret, and how it is shown.
//!
//! ```
//! use windlass_core::{ObjectId, Value};
//! use windlass_diff::{compare, Facts, Mask, SchemaRef};
//!
//! let read = |json: &str| serde_json::from_str::<Value>(json).unwrap();
//! let before = read(r#"{"data": {"user": "cm9vdA==", "pass": "aHVudGVyMg=="}}"#);
//! let after = read(r#"{"data": {"user": "cm9vdA==", "pass": "c3dvcmRmaXNo"}}"#);
//!
//! let changes = compare(SchemaRef::any(), Some(&before), Some(&after), &Facts::new());
//! let mask = Mask::default();
//! let shown = changes[0].masked(&mask.kind("", "Secret"));
//! assert_eq!(shown.to_string(), "data.pass: <secret> -> <secret, changed>");
//! ```
//!
//! # What is masked
//!
//! - **By path**, wholly, whatever is below: `data` and `stringData` of `Secret` of the core group, and the annotation
//!   `kubectl.kubernetes.io/last-applied-configuration` of every kind. [`Mask::with_path`] adds more.
//! - **By name**: a text or a number, or a list of them, in a field whose name ends in one of [`NAMES`], without regard to
//!   case, `-`, `_` and `.`: `adminPassword`, `db.password` of a ConfigMap. Not truth values, so that
//!   `automountServiceAccountToken` stays readable, and not maps, so that `passwordSecretRef.name` does.
//!   The field `value`, wholly, of a map whose `name` or `key` ends in one of them, or in `secret`, `pass` or `pwd`:
//!   variables of containers, parameters, headers. [`Mask::with_name`] adds more.
//! - **By line**: what follows such a name and `:` or `=` in a line of a text, with what is indented under it: `--token=…`,
//!   a configuration file in a ConfigMap.
//! - **By content**: a text with a private key in PEM or of age, or with an URL that has a password.
//! - Values in a *path* (`tokens[="abc"]`, `users[login=abc]`) by the same rules.
//!
//! What it does not find: a secret behind another word on its line (`run --verbose=1 --token=…`), two items of a list
//! (`--token`, `…`), a parameter of an URL, a name like `seed`. Such a thing belongs into a Secret, or its path into
//! [`Mask::with_path`].
//!
//! # How it is shown
//!
//! As `<secret>`, and as `<secret, changed>` after a change. Neither content nor length nor a digest shows; equal values stay
//! recognisably equal.

mod hide;
mod lines;
mod rule;

use windlass_core::{FieldPath, Text};

use crate::{FieldChange, text};

pub use rule::{MaskRule, MaskRuleError};

/// The ends of field names whose values are masked; lower case, without separators.
pub const NAMES: [&str; 16] = [
    "accesskey",
    "accesskeysecret",
    "apikey",
    "authorization",
    "clientsecret",
    "connectionstring",
    "credentials",
    "dockerconfigjson",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "privatekey",
    "secretkey",
    "token",
    "tokens",
];

/// What may be secret. `Default` has the rules of the [module](self).
#[derive(Debug, Clone, PartialEq)]
pub struct Mask {
    rules: Vec<MaskRule>,
    names: Vec<Text>,
    contents: bool,
}

/// The part of a [`Mask`] that one kind needs.
#[derive(Debug, Clone)]
pub struct KindMask<'a> {
    rules: Vec<&'a MaskRule>,
    names: &'a [Text],
    contents: bool,
}

impl Default for Mask {
    fn default() -> Self {
        Self { rules: rule::defaults(), names: NAMES.map(Text::from).to_vec(), contents: true }
    }
}

impl Mask {
    /// Masks nothing. For a place that is trusted with everything it may see.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { rules: Vec::new(), names: Vec::new(), contents: false }
    }

    /// Adds a path that is masked wholly.
    #[must_use]
    pub fn with_path(mut self, rule: MaskRule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Adds the end of a field name whose values are masked.
    #[must_use]
    pub fn with_name(mut self, name: &str) -> Self {
        let name = hide::plain(name);
        if !name.is_empty() {
            self.names.push(name.into());
        }
        self
    }

    /// Gives the part that one kind needs; `""` for the core group.
    #[must_use]
    pub fn kind(&self, group: &str, kind: &str) -> KindMask<'_> {
        let rules = self.rules.iter().filter(|rule| rule.is_for(group, kind)).collect();
        KindMask { rules, names: &self.names, contents: self.contents }
    }
}

impl FieldChange {
    /// Gives the change as a plan carries it: values as short text, secrets masked.
    #[must_use]
    pub fn masked(&self, mask: &KindMask<'_>) -> windlass_core::Change {
        let (before, after) = mask.pair(self);
        let (before, after) = text::pair(before.as_ref(), after.as_ref());
        windlass_core::Change { path: hide::path_of(mask, self), before, after, cause: self.cause }
    }
}

impl KindMask<'_> {
    /// Gives a path with the values in it masked.
    #[must_use]
    pub fn path(&self, path: &FieldPath) -> FieldPath {
        hide::path(self, path)
    }

    fn pair(&self, change: &FieldChange) -> (Option<text::Shown>, Option<text::Shown>) {
        hide::pair(self, change)
    }
}
