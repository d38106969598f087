//! Walking through a schema next to a value.

use std::collections::BTreeMap;

use windlass_core::{Text, Value};

use super::{ListKind, Patch, Scalar, Schema, SchemaProblem, Schemas, Shape};

/// Names that lead to names: how many steps are followed before the type counts as unknown.
const NAMES_MAX: usize = 16;

static ATOMIC: ListKind = ListKind::Atomic;

/// A schema at one place of a value, with names resolved. Cheap to copy; `Default` is [`SchemaRef::any`].
#[derive(Debug, Clone, Copy, Default)]
pub struct SchemaRef<'a> {
    schemas: Option<&'a Schemas>,
    /// As written at this place.
    outer: Option<&'a Schema>,
    /// Behind all names.
    inner: Option<&'a Schema>,
    atomic: bool,
}

impl<'a> SchemaRef<'a> {
    /// Makes the schema of which nothing is known: maps merge field by field, lists are replaced whole.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    pub(super) fn new(schemas: &'a Schemas, outer: &'a Schema) -> Self {
        let (mut inner, mut atomic) = (outer, outer.atomic);
        for _ in 0..NAMES_MAX {
            let Shape::Named(name) = &inner.shape else {
                return Self { schemas: Some(schemas), outer: Some(outer), inner: Some(inner), atomic };
            };
            let Some(next) = schemas.types.get(name.as_str()) else { break };
            inner = next;
            atomic |= inner.atomic;
        }
        Self { schemas: Some(schemas), outer: Some(outer), inner: None, atomic }
    }

    /// Goes into a field.
    #[must_use]
    pub fn field(self, name: &str) -> Self {
        match self.shape() {
            Some(Shape::Map { fields, values } | Shape::Either { fields, values, .. }) => {
                self.go(fields.get(name).or(values.as_deref()))
            }
            _ => Self::any(),
        }
    }

    /// Goes into one field after another.
    #[must_use]
    pub fn at(self, fields: &[&str]) -> Self {
        fields.iter().fold(self, |schema, field| schema.field(field))
    }

    /// Goes into the items of a list.
    #[must_use]
    pub fn item(self) -> Self {
        match self.shape() {
            Some(Shape::List { items, .. } | Shape::Either { items, .. }) => self.go(Some(items)),
            _ => Self::any(),
        }
    }

    /// Says what tells the items of the list apart; [`ListKind::Atomic`] where it is not known to be a list.
    #[must_use]
    pub fn list_kind(self) -> &'a ListKind {
        match self.shape() {
            Some(Shape::List { by, .. } | Shape::Either { by, .. }) if !self.atomic => by,
            _ => &ATOMIC,
        }
    }

    /// Says which scalar it is.
    #[must_use]
    pub fn scalar(self) -> Scalar {
        match self.shape() {
            Some(Shape::Scalar(scalar)) => *scalar,
            _ => Scalar::Any,
        }
    }

    /// Says whether a map here is replaced whole.
    #[must_use]
    pub const fn is_atomic(self) -> bool {
        self.atomic
    }

    /// Says whether nothing is known of it.
    #[must_use]
    pub fn is_any(self) -> bool {
        self.shape().is_none_or(|shape| *shape == Shape::Scalar(Scalar::Any))
    }

    /// Says what it means where it is missing.
    #[must_use]
    pub fn when_missing(self) -> Option<&'a Value> {
        let of = |schema: Option<&'a Schema>| schema.and_then(|schema| schema.default.as_ref());
        of(self.outer).or_else(|| of(self.inner))
    }

    /// Says what a missing field means.
    #[must_use]
    pub fn default_of(self, field: &str) -> Option<&'a Value> {
        self.field(field).when_missing()
    }

    /// Says how a strategic merge patch treats it.
    #[must_use]
    pub fn patch(self) -> Patch {
        let of = |schema: Option<&Schema>| schema.map(|schema| schema.patch.clone()).unwrap_or_default();
        let outer = of(self.outer);
        if outer == Patch::default() { of(self.inner) } else { outer }
    }

    /// Names the known fields of a map, in their order.
    pub fn fields(self) -> impl Iterator<Item = &'a Text> {
        let fields = match self.shape() {
            Some(Shape::Map { fields, .. } | Shape::Either { fields, .. }) => Some(fields.keys()),
            _ => None,
        };
        fields.into_iter().flatten()
    }

    /// Says whether a field of a map is known by name.
    pub(crate) fn declares(self, name: &str) -> bool {
        matches!(self.shape(), Some(Shape::Map { fields, .. } | Shape::Either { fields, .. }) if fields.contains_key(name))
    }

    /// Says whether a map may have a field: it is known by name, or all names are free.
    pub(crate) fn allows(self, name: &str) -> bool {
        match self.shape() {
            Some(Shape::Map { values, .. } | Shape::Either { values, .. }) => {
                values.is_some() || self.declares(name)
            }
            _ => true,
        }
    }

    pub(crate) fn shape(self) -> Option<&'a Shape> {
        self.inner.map(|schema| &schema.shape)
    }

    fn go(self, to: Option<&'a Schema>) -> Self {
        match (self.schemas, to) {
            (Some(schemas), Some(to)) => Self::new(schemas, to),
            _ => Self::any(),
        }
    }
}

pub(super) fn problems(schemas: &Schemas) -> Vec<SchemaProblem> {
    let mut found = Vec::new();
    for (name, schema) in &schemas.kinds {
        look(schemas, schema, name, &mut found);
    }
    for (name, schema) in &schemas.types {
        if schemas.view(schema).inner.is_none() && !is_dangling(schemas, schema) {
            found.push(SchemaProblem::Endless { name: name.clone() });
        }
        look(schemas, schema, name, &mut found);
    }
    found
}

fn look(schemas: &Schemas, schema: &Schema, at: &str, found: &mut Vec<SchemaProblem>) {
    match &schema.shape {
        Shape::Scalar(_) => {}
        Shape::Named(name) => {
            if !schemas.types.contains_key(name.as_str()) {
                found.push(SchemaProblem::Dangling { at: at.into(), name: name.clone() });
            }
        }
        Shape::Map { fields, values } => look_in_map(schemas, fields, values.as_deref(), at, found),
        Shape::List { by, items } => look_in_list(schemas, by, items, at, found),
        Shape::Either { fields, values, by, items } => {
            look_in_map(schemas, fields, values.as_deref(), at, found);
            look_in_list(schemas, by, items, at, found);
        }
    }
}

fn look_in_map(
    schemas: &Schemas,
    fields: &BTreeMap<Text, Schema>,
    values: Option<&Schema>,
    at: &str,
    found: &mut Vec<SchemaProblem>,
) {
    for (name, field) in fields {
        look(schemas, field, &format!("{at}.{name}"), found);
    }
    if let Some(values) = values {
        look(schemas, values, &format!("{at}.*"), found);
    }
}

fn look_in_list(schemas: &Schemas, by: &ListKind, items: &Schema, at: &str, found: &mut Vec<SchemaProblem>) {
    let maps = matches!(
        schemas.view(items).shape(),
        Some(Shape::Map { .. } | Shape::Either { .. } | Shape::Scalar(Scalar::Any)) | None
    );
    if matches!(by, ListKind::Map(_)) && !maps {
        found.push(SchemaProblem::KeysOfScalars { at: at.into() });
    }
    look(schemas, items, &format!("{at}[]"), found);
}

fn is_dangling(schemas: &Schemas, schema: &Schema) -> bool {
    let mut schema = schema;
    for _ in 0..NAMES_MAX {
        let Shape::Named(name) = &schema.shape else { return false };
        let Some(next) = schemas.types.get(name.as_str()) else { return true };
        schema = next;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(json: &str) -> Schemas {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_exact_version_wins_over_the_group_and_that_over_the_star() {
        let table = table(r#"{"kinds": {"A.g/v1": "text", "A.g": "int", "*": "bool", "S": "number"}}"#);
        let scalar = |group, version, kind| table.get(group, version, kind).map(SchemaRef::scalar);
        assert_eq!(scalar("g", "v1", "A"), Some(Scalar::Text));
        assert_eq!(scalar("g", "v2", "A"), Some(Scalar::Int));
        assert_eq!(scalar("h", "v1", "A"), Some(Scalar::Bool));
        assert_eq!(scalar("", "v1", "S"), Some(Scalar::Number));
    }

    #[test]
    fn a_type_may_hold_itself() {
        let table =
            table(r#"{"kinds": {"A": "@T"}, "types": {"T": {"fields": {"t": "@T", "q": "quantity"}}}}"#);
        let schema = table.get("", "v1", "A").unwrap();
        assert_eq!(schema.at(&["t", "t", "t", "q"]).scalar(), Scalar::Quantity);
        assert_eq!(table.problems(), []);
    }

    #[test]
    fn names_that_lead_nowhere_are_problems_and_mean_any() {
        let table = table(
            r#"{"kinds": {"A": "@B", "C": "@D"}, "types": {"B": "@B", "E": {"list": "text", "by": ["x"]}}}"#,
        );
        assert!(table.get("", "", "A").unwrap().is_any());
        let problems: Vec<String> = table.problems().iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "no type of this name (at=C, type=D)",
                "the type names only itself (type=B)",
                "items with keys must be maps (at=E)",
            ]
        );
    }

    #[test]
    fn atomic_at_the_place_of_use_wins() {
        let table = table(
            r#"{"kinds": {"A": {"fields": {"x": {"of": "@T", "atomic": true}, "y": "@T"}}},
                "types": {"T": {"fields": {"a": "int"}}}}"#,
        );
        let schema = table.get("", "", "A").unwrap();
        assert!(schema.field("x").is_atomic());
        assert!(!schema.field("y").is_atomic());
    }
}
