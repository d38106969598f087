//! What a merge has to know of a kind: which lists have keys, which values are replaced whole, which scalars have
//! several spellings.
//!
//! # The written form
//!
//! A table of schemas is JSON (or anything else that serde reads):
//!
//! ```
//! use windlass_diff::{ListKind, Scalar, Schemas};
//!
//! let schemas: Schemas = serde_json::from_str(r#"{
//!   "kinds": { "Deployment.apps": "@Deployment", "*": "@Unknown" },
//!   "types": {
//!     "Deployment": { "fields": { "metadata": "@Meta", "spec": { "fields": { "template": "@PodTemplate" } } } },
//!     "Unknown":    { "fields": { "metadata": "@Meta" } },
//!     "Meta":       { "fields": { "finalizers": { "list": "text", "by": "set" } } },
//!     "PodTemplate":{ "fields": { "spec": { "fields": {
//!         "containers": { "list": "@Container", "by": ["name"], "patch": "merge", "patchKey": "name" } } } } },
//!     "Container":  { "fields": {
//!         "command":   { "list": "text" },
//!         "ports":     { "list": { "fields": { "protocol": { "of": "text", "default": "TCP" } } },
//!                        "by": ["containerPort", "protocol"], "patch": "merge", "patchKey": "containerPort" },
//!         "resources": { "fields": { "limits": { "map": "quantity" } } } } }
//!   }
//! }"#)?;
//! assert_eq!(schemas.problems(), []);
//!
//! let kind = schemas.get("apps", "v1", "Deployment").unwrap();
//! let container = kind.at(&["spec", "template", "spec", "containers"]).item();
//! assert_eq!(container.field("ports").list_kind(), &ListKind::Map(vec!["containerPort".into(), "protocol".into()]));
//! assert_eq!(container.field("ports").item().default_of("protocol").unwrap().as_text(), Some("TCP"));
//! assert_eq!(container.field("resources").field("limits").field("cpu").scalar(), Scalar::Quantity);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! `kinds` names the schema of a kind. Its keys are, the exact one first: `Kind.group/version`, `Kind.group`, and `*` for
//! every kind that is not in the table. The core group is left out: `Service/v1`, `Service`.
//!
//! A schema is a text or a map:
//!
//! | schema | meaning | in the OpenAPI of Kubernetes |
//! | --- | --- | --- |
//! | `"any"` | nothing known: maps merge field by field, lists are replaced whole | no `type`, `x-kubernetes-preserve-unknown-fields` |
//! | `"text"` `"int"` `"number"` `"bool"` | a scalar | `type` |
//! | `"quantity"` `"intOrString"` `"duration"` | a scalar with several spellings | `resource.Quantity`, `format: int-or-string`, `metav1.Duration` |
//! | `"@Name"` | the schema `Name` of `types` | `$ref` |
//! | `{"fields": {…}}` | a map with known fields; others are `"any"`, or what `map` says | `properties` |
//! | `{"map": S}` | a map of values `S` | `additionalProperties` |
//! | `{"list": S}` | a list of items `S` | `items` |
//! | `{"list": S, "map": S}`, or with `fields` | a list, a map or a scalar, as the value is | |
//! | `{"of": S}` | `S`, to give it one of the keys below | `allOf: [$ref]` |
//!
//! Keys that go with it:
//!
//! | key | meaning | in OpenAPI |
//! | --- | --- | --- |
//! | `"by": "atomic"` | the list is replaced whole | `x-kubernetes-list-type: atomic` |
//! | `"by": "set"` | each item once, items are scalars | `x-kubernetes-list-type: set` |
//! | `"by": ["a", "b"]` | items are maps told apart by these fields | `x-kubernetes-list-type: map` with `x-kubernetes-list-map-keys` |
//! | `"atomic": true` | the map is replaced whole | `x-kubernetes-map-type: atomic` |
//! | `"default": V` | what a missing field means; used for the keys of lists and to name the cause of a difference | `default` |
//! | `"patch": "merge"`, `"replace"`, `"retainKeys"`, `"merge,retainKeys"` | strategic merge patch; of it, a merge looks at `retainKeys` | `x-kubernetes-patch-strategy` |
//! | `"patchKey": "name"` | strategic merge patch only | `x-kubernetes-patch-merge-key` |
//!
//! A list without `by` takes it from `patch` and `patchKey` if they say `merge`, and is else atomic.
//! [`Schema::from_openapi`] reads OpenAPI into this form.

mod form;
mod openapi;
mod view;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use windlass_core::{Text, Value};

pub use view::SchemaRef;

/// A table of schemas: which kind has which, and the named ones that they share.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schemas {
    /// The schema of a kind, by `Kind.group/version`, `Kind.group` or `*`.
    #[serde(default)]
    pub kinds: BTreeMap<Text, Schema>,
    /// The named schemas.
    #[serde(default)]
    pub types: BTreeMap<Text, Schema>,
}

/// What is known of one value. `Default` is [`Schema::any`].
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Schema {
    /// Its shape.
    pub shape: Shape,
    /// Replaced whole, whatever the shape says; for maps.
    pub atomic: bool,
    /// What it means where it is missing.
    pub default: Option<Value>,
    /// How a strategic merge patch treats it.
    pub patch: Patch,
}

/// The shape of a value.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Shape {
    /// A value that is never looked into.
    Scalar(Scalar),
    /// The schema of this name in [`Schemas::types`].
    Named(Text),
    /// A map.
    Map {
        /// The known fields.
        fields: BTreeMap<Text, Schema>,
        /// The schema of all others; `None` for nothing known.
        values: Option<Box<Schema>>,
    },
    /// A list.
    List {
        /// What tells its items apart.
        by: ListKind,
        /// The schema of its items.
        items: Box<Schema>,
    },
    /// A map, a list or a scalar: the value decides.
    Either {
        /// The known fields of a map.
        fields: BTreeMap<Text, Schema>,
        /// The schema of all other fields; `None` for nothing known.
        values: Option<Box<Schema>>,
        /// What tells the items of a list apart.
        by: ListKind,
        /// The schema of the items of a list.
        items: Box<Schema>,
    },
}

/// A scalar, and in how many ways it can be spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Scalar {
    /// Nothing known, also not that it is a scalar: maps merge by field, lists are replaced whole.
    Any,
    /// A text.
    Text,
    /// An integer.
    Int,
    /// A number.
    Number,
    /// A truth value.
    Bool,
    /// A quantity of Kubernetes: `500m` is `0.5`, `1000M` is `1G`.
    Quantity,
    /// A number or a text: `80` is `"80"` to a person, yet two values to an API; never a spelling.
    IntOrString,
    /// A duration of Go: `60s` is `1m0s`.
    Duration,
}

/// What tells the items of a list apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListKind {
    /// Nothing: the list is replaced whole.
    Atomic,
    /// Their value.
    Set,
    /// These fields of theirs.
    Map(Vec<Text>),
}

/// How a [strategic merge patch](crate::strategic) treats a value; [`merge`](crate::merge) looks at `retain_keys` alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    /// A list is merged; without it a list is replaced.
    pub merge: bool,
    /// A map is replaced; without it a map is merged.
    pub replace: bool,
    /// Fields of the live map that the patch does not list fall away.
    pub retain_keys: bool,
    /// The field that tells items of a merged list apart; `None` for scalars.
    pub key: Option<Text>,
}

/// What is wrong with a table of schemas.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SchemaProblem {
    /// A name that `types` does not have.
    #[error("no type of this name (at={at}, type={name})")]
    Dangling {
        /// Where the name is used.
        at: Text,
        /// The name.
        name: Text,
    },
    /// A name that leads only to itself.
    #[error("the type names only itself (type={name})")]
    Endless {
        /// The name.
        name: Text,
    },
    /// A list told apart by fields of items that are not maps.
    #[error("items with keys must be maps (at={at})")]
    KeysOfScalars {
        /// Where the list is.
        at: Text,
    },
}

impl Default for Shape {
    fn default() -> Self {
        Self::Scalar(Scalar::Any)
    }
}

impl Schema {
    /// Makes the schema of which nothing is known.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// Makes the schema of a shape.
    #[must_use]
    pub fn of(shape: Shape) -> Self {
        Self { shape, ..Self::default() }
    }

    /// Makes a scalar.
    #[must_use]
    pub fn scalar(scalar: Scalar) -> Self {
        Self::of(Shape::Scalar(scalar))
    }

    /// Makes the use of a named schema.
    #[must_use]
    pub fn named(name: impl Into<Text>) -> Self {
        Self::of(Shape::Named(name.into()))
    }

    /// Makes a map with known fields.
    #[must_use]
    pub fn map<K: Into<Text>>(fields: impl IntoIterator<Item = (K, Schema)>) -> Self {
        let fields = fields.into_iter().map(|(name, field)| (name.into(), field)).collect();
        Self::of(Shape::Map { fields, values: None })
    }

    /// Makes a map with free keys.
    #[must_use]
    pub fn map_of(values: Schema) -> Self {
        Self::of(Shape::Map { fields: BTreeMap::new(), values: Some(Box::new(values)) })
    }

    /// Makes a list.
    #[must_use]
    pub fn list(by: ListKind, items: Schema) -> Self {
        Self::of(Shape::List { by, items: Box::new(items) })
    }

    /// Sets what a missing value means.
    #[must_use]
    pub fn with_default(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// Makes the value be replaced whole.
    #[must_use]
    pub fn with_atomic(mut self, atomic: bool) -> Self {
        self.atomic = atomic;
        self
    }

    /// Sets how a strategic merge patch treats it.
    #[must_use]
    pub fn with_patch(mut self, patch: Patch) -> Self {
        self.patch = patch;
        self
    }
}

impl Schemas {
    /// Finds the schema of a kind: by group and version, by group, else the one for `*`.
    #[must_use]
    pub fn get(&self, group: &str, version: &str, kind: &str) -> Option<SchemaRef<'_>> {
        let name = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let node = self
            .kinds
            .get(format!("{name}/{version}").as_str())
            .or_else(|| self.kinds.get(name.as_str()))
            .or_else(|| self.kinds.get("*"))?;
        Some(SchemaRef::new(self, node))
    }

    /// Finds the schema of an object by its `apiVersion` and `kind`; [`SchemaRef::any`] where there is none.
    #[must_use]
    pub fn of(&self, body: &Value) -> SchemaRef<'_> {
        let kind = body.text_at(&["kind"]).unwrap_or_default();
        let (group, version) = split_api_version(body.text_at(&["apiVersion"]).unwrap_or_default());
        self.get(group, version, kind).unwrap_or_default()
    }

    /// Looks at one schema with the named ones of this table.
    #[must_use]
    pub fn view<'a>(&'a self, schema: &'a Schema) -> SchemaRef<'a> {
        SchemaRef::new(self, schema)
    }

    /// Adds another table; its entries win.
    pub fn extend(&mut self, other: Schemas) {
        self.kinds.extend(other.kinds);
        self.types.extend(other.types);
    }

    /// Lists what is wrong with the table: a merge with such a table works, but knows less than was meant.
    #[must_use]
    pub fn problems(&self) -> Vec<SchemaProblem> {
        view::problems(self)
    }
}

fn split_api_version(api_version: &str) -> (&str, &str) {
    api_version.rsplit_once('/').unwrap_or(("", api_version))
}
