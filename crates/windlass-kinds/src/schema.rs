//! What a merge has to know of the kinds of Kubernetes and of custom ones.
//!
//! ```
//! use windlass_diff::ListKind;
//! use windlass_kinds::schema;
//!
//! let service = schema::built_in().get("", "v1", "Service").expect("a built-in kind");
//! let ports = service.at(&["spec", "ports"]);
//! assert_eq!(ports.list_kind(), &ListKind::Map(vec!["port".into(), "protocol".into()]));
//! assert_eq!(ports.item().default_of("protocol").and_then(|value| value.as_text()), Some("TCP"));
//! ```
//!
//! The table is made from the OpenAPI that Kubernetes publishes; see `generate/README.md`. Fields that are merged in the
//! same way without being known are left out of it, so it does not tell whether a field exists.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use windlass_core::{Error, ErrorKind, Result, Text, Value};
use windlass_diff::{Schema, Schemas, Shape};

/// The type of `metadata` in the table.
const META: &str = "meta.v1.ObjectMeta";

/// Versions that one definition may have.
const VERSIONS_MAX: usize = 100;

/// Gives the schemas of the built-in kinds, and for every other kind (`*`) that of `metadata`. Read at the first call
/// and the same ever after: a clone of the `Arc` costs nothing, and serves any number of units.
#[must_use]
pub fn built_in() -> &'static Arc<Schemas> {
    static TABLE: OnceLock<Arc<Schemas>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let table: Schemas =
            serde_json::from_str(include_str!("schema/built_in.json")).expect("a test reads the same text");
        Arc::new(table)
    })
}

/// Reads the schemas of a CustomResourceDefinition: one for each version, as `Kind.group/version`, and the types that
/// they name. [`Schemas::extend`] adds them to the built-in ones.
///
/// # Errors
/// [`Invalid`](ErrorKind::Invalid) where group, kind or versions are missing; [`Limit`](ErrorKind::Limit) for more
/// than a hundred versions.
pub fn schema_of_crd(definition: &Value) -> Result<Schemas> {
    let text = |path: &[&str]| {
        definition.text_at(path).filter(|text| !text.is_empty()).ok_or_else(|| missing(&path.join(".")))
    };
    let (group, kind) = (text(&["spec", "group"]), text(&["spec", "names", "kind"]));
    let versions = definition.at(&["spec", "versions"]).and_then(Value::as_list);
    let versions = versions.ok_or_else(|| missing("spec.versions"));
    let (group, kind, versions) = match (group, kind, versions) {
        (Ok(group), Ok(kind), Ok(versions)) => (group, kind, versions),
        (group, kind, versions) => {
            let problems = [group.err(), kind.err(), versions.err()];
            let error = Error::all(problems.into_iter().flatten()).unwrap_or_else(|| missing("spec"));
            let name = definition.text_at(&["metadata", "name"]).unwrap_or("?");
            return Err(error.with_each("definition", name));
        }
    };
    if versions.len() > VERSIONS_MAX {
        let error = Error::new(ErrorKind::Limit, "too many versions");
        return Err(error.with("versions_max", VERSIONS_MAX).with("kind", kind));
    }
    let named = versions.iter().filter_map(|version| Some((version.text_at(&["name"])?, version)));
    let kinds = named.map(|(name, version)| (format!("{kind}.{group}/{name}").into(), custom(version)));
    Ok(Schemas { kinds: kinds.collect(), types: meta_types() })
}

fn missing(field: &str) -> Error {
    Error::new(ErrorKind::Invalid, "missing field").with("field", field)
}

/// A definition never describes `metadata`; the API server adds it.
fn custom(version: &Value) -> Schema {
    let open = version.at(&["schema", "openAPIV3Schema"]);
    let mut schema = open.map(Schema::from_openapi).unwrap_or_default();
    if !matches!(schema.shape, Shape::Map { .. }) {
        schema.shape = Shape::Map { fields: BTreeMap::new(), values: None };
    }
    if let Shape::Map { fields, .. } = &mut schema.shape {
        fields.insert("metadata".into(), Schema::named(META));
    }
    schema
}

/// The type of `metadata` and those that it names.
fn meta_types() -> BTreeMap<Text, Schema> {
    let table = &built_in().types;
    let mut types = BTreeMap::new();
    let mut open = vec![Text::from(META)];
    while let Some(name) = open.pop() {
        let Some(schema) = table.get(&name) else { continue };
        if types.insert(name, schema.clone()).is_none() {
            names_in(schema, &mut open);
        }
    }
    types
}

fn names_in(schema: &Schema, names: &mut Vec<Text>) {
    match &schema.shape {
        Shape::Named(name) => names.push(name.clone()),
        Shape::Map { fields, values } => {
            fields.values().chain(values.as_deref()).for_each(|inner| names_in(inner, names));
        }
        Shape::List { items, .. } => names_in(items, names),
        _ => {}
    }
}
