//! Kinds, scopes and schemas of many OpenAPI documents.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use windlass_core::{Map, Text, Value};
use windlass_diff::{ListKind, Patch, Scalar, Schema, Schemas, Shape};

/// What all documents together say.
#[derive(Default)]
pub(crate) struct Table {
    /// Group and kind, and whether it lives in namespaces.
    scopes: BTreeMap<(Text, Text), bool>,
    schemas: Schemas,
}

impl Table {
    /// Adds a document; of a type that several have, the last one holds.
    pub(crate) fn add(&mut self, document: &Value) {
        for (path, operations) in fields(document.get("paths")) {
            self.add_path(path, operations);
        }
        for (name, open) in fields(document.at(&["components", "schemas"])) {
            self.schemas.types.insert(short(name), renamed(Schema::from_openapi(open)));
        }
    }

    fn add_path(&mut self, path: &str, operations: &Value) {
        let Some(namespaced) = resource(path) else { return };
        for method in ["post", "put", "get"] {
            let kind = operations.at(&[method, "x-kubernetes-group-version-kind"]);
            let answer = &[method, "responses", "200", "content", "application/json", "schema", "$ref"];
            let (Some(kind), Some(answer)) = (kind, operations.text_at(answer)) else { continue };
            let text = |field: &str| kind.text_at(&[field]).unwrap_or_default();
            if answer.ends_with("List") {
                continue;
            }
            *self.scopes.entry((text("group").into(), text("kind").into())).or_default() |= namespaced;
            let group = if text("group").is_empty() { String::new() } else { format!(".{}", text("group")) };
            let key = format!("{}{group}/{}", text("kind"), text("version"));
            let name = short(answer.rsplit('/').next().unwrap_or(answer));
            self.schemas.kinds.insert(key.into(), Schema::named(name));
            return;
        }
    }

    /// Writes the table of scopes as Rust.
    pub(crate) fn scopes(&self, version: &str) -> String {
        let mut text = String::from("//! Made by `generate/main.rs`; do not edit.\n\n");
        let _ = writeln!(text, "pub(super) const VERSION: &str = {version:?};\n");
        text.push_str("/// Group, kind and whether it lives in namespaces; sorted.\n");
        text.push_str("pub(super) const KINDS: &[(&str, &str, bool)] = &[\n");
        for ((group, kind), namespaced) in &self.scopes {
            let _ = writeln!(text, "    ({group:?}, {kind:?}, {namespaced}),");
        }
        text.push_str("];\n");
        text
    }

    /// Writes the table of schemas as JSON, one entry a line.
    pub(crate) fn schemas(mut self) -> serde_json::Result<String> {
        let meta = short("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
        let unknown = Schema::map([("metadata", Schema::named(meta))]);
        self.schemas.kinds.insert("*".into(), unknown);
        prune(&mut self.schemas);
        drop_unreachable(&mut self.schemas);
        let mut text = String::from("{\"kinds\":{\n");
        lines(&self.schemas.kinds, &mut text)?;
        text.push_str("},\"types\":{\n");
        lines(&self.schemas.types, &mut text)?;
        text.push_str("}}\n");
        Ok(text)
    }
}

fn fields(map: Option<&Value>) -> impl Iterator<Item = (&Text, &Value)> {
    map.and_then(Value::as_map).into_iter().flat_map(Map::iter)
}

fn lines(schemas: &BTreeMap<Text, Schema>, text: &mut String) -> serde_json::Result<()> {
    for (at, (name, schema)) in schemas.iter().enumerate() {
        let comma = if at + 1 < schemas.len() { "," } else { "" };
        let _ = writeln!(text, "{}:{}{comma}", serde_json::to_string(name)?, serde_json::to_string(schema)?);
    }
    Ok(())
}

/// Says whether the path of a resource, not of a part of one, lies in a namespace; `None` for other paths.
fn resource(path: &str) -> Option<bool> {
    let mut parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    parts.drain(..if path.starts_with("/apis/") { 3 } else { 2 }.min(parts.len()));
    let namespaced = parts.len() > 2 && parts.starts_with(&["namespaces", "{namespace}"]);
    if namespaced {
        parts.drain(..2);
    }
    matches!(parts.as_slice(), [name] | [name, "{name}"] if *name != "watch").then_some(namespaced)
}

/// `core.v1.Pod` of `io.k8s.api.core.v1.Pod`.
fn short(name: &str) -> Text {
    let prefixes = [
        "io.k8s.api.",
        "io.k8s.apimachinery.pkg.apis.",
        "io.k8s.apimachinery.pkg.",
        "io.k8s.apiextensions-apiserver.pkg.apis.",
        "io.k8s.kube-aggregator.pkg.apis.",
    ];
    prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name).into()
}

fn renamed(mut schema: Schema) -> Schema {
    schema.shape = match schema.shape {
        Shape::Named(name) => Shape::Named(short(&name)),
        Shape::Map { fields, values } => Shape::Map {
            fields: fields.into_iter().map(|(name, field)| (name, renamed(field))).collect(),
            values: values.map(|values| Box::new(renamed(*values))),
        },
        Shape::List { by, items } => Shape::List { by, items: Box::new(renamed(*items)) },
        other => other,
    };
    if schema.default.as_ref().and_then(Value::as_text) == Some("") {
        schema.default = None;
    }
    schema
}

/// Takes out what a merge does the same without, until nothing more goes.
fn prune(schemas: &mut Schemas) {
    loop {
        let empty: BTreeSet<Text> =
            schemas.types.iter().filter(|(_, one)| says_nothing(one)).map(|(name, _)| name.clone()).collect();
        let before = schemas.clone();
        for schema in schemas.types.values_mut() {
            prune_one(schema, &empty);
        }
        if *schemas == before {
            return;
        }
    }
}

fn prune_one(schema: &mut Schema, empty: &BTreeSet<Text>) {
    match &mut schema.shape {
        Shape::Named(name) if empty.contains(name) => schema.shape = Shape::default(),
        Shape::Map { fields, values } => {
            for inner in fields.values_mut().chain(values.as_deref_mut()) {
                prune_one(inner, empty);
            }
            fields.retain(|_, field| !says_nothing(field));
            if values.as_deref().is_some_and(says_nothing) {
                *values = None;
            }
        }
        Shape::List { items, .. } => prune_one(items, empty),
        Shape::Named(_) | Shape::Scalar(_) => {}
        _ => {}
    }
}

fn says_nothing(schema: &Schema) -> bool {
    let plain = !schema.atomic && schema.default.is_none() && schema.patch == Patch::default();
    plain
        && match &schema.shape {
            Shape::Scalar(scalar) => {
                matches!(scalar, Scalar::Any | Scalar::Text | Scalar::Int | Scalar::Number | Scalar::Bool)
            }
            Shape::Map { fields, values } => fields.is_empty() && values.is_none(),
            Shape::List { by, items } => *by == ListKind::Atomic && says_nothing(items),
            _ => false,
        }
}

fn drop_unreachable(schemas: &mut Schemas) {
    let mut reached: BTreeSet<Text> = BTreeSet::new();
    let mut open: Vec<&Schema> = schemas.kinds.values().collect();
    while let Some(schema) = open.pop() {
        match &schema.shape {
            Shape::Named(name) if reached.insert(name.clone()) => open.extend(schemas.types.get(name)),
            Shape::Map { fields, values } => open.extend(fields.values().chain(values.as_deref())),
            Shape::List { items, .. } => open.push(items),
            _ => {}
        }
    }
    schemas.types.retain(|name, _| reached.contains(name));
}
