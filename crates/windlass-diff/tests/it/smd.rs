//! The answers of structured-merge-diff: its merges, and its sets of fields that were added, removed and modified.

use windlass_core::{FieldPath, Limits, Map, Segment, Text, Value};
use windlass_diff::merge::{Sides, three_way};
use windlass_diff::{Facts, ListKind, Schema, SchemaRef, Schemas, Shape, compare};

use super::conformance::{same, score};
use super::yaml;

#[test]
fn conformance_smd_typed() {
    score("diff/smd_typed", |row| {
        let schemas = schemas(row);
        let root = Schema::named(row.text_at(&["root"]).unwrap_or_default());
        let schema = if row.get("schema_yaml").is_some() { schemas.view(&root) } else { SchemaRef::any() };
        match row.text_at(&["op"]) {
            Some("merge") => merged(schema, row),
            Some("compare") => compared(schema, row),
            _ => Err("not tried".into()),
        }
    });
}

fn merged(schema: SchemaRef<'_>, row: &Value) -> Result<(), String> {
    let (lhs, rhs, out) = (document(row, "lhs"), document(row, "rhs"), document(row, "out"));
    let sides = Sides { base: None, desired: &rhs, live: Some(&lhs) };
    let merged = three_way(schema, &sides, &Limits::default()).map_err(|error| error.to_string())?;
    same("out", &merged.value, &out)
}

fn compared(schema: SchemaRef<'_>, row: &Value) -> Result<(), String> {
    let (lhs, rhs) = (document(row, "lhs"), document(row, "rhs"));
    let (mut added, mut removed, mut modified) = (Fields::default(), Fields::default(), Fields::default());
    for change in compare(schema, Some(&lhs), Some(&rhs), &Facts::new()) {
        let at = change.path.segments();
        match (&change.before, &change.after) {
            _ if change.order => {}
            (None, Some(after)) => added.all(at.to_vec(), schema_at(schema, at), after),
            (Some(before), None) => removed.all(at.to_vec(), schema_at(schema, at), before),
            // A map in the place of null, or the other way, is its fields there.
            (Some(Value::Null), Some(after)) if has_parts(schema_at(schema, at), after) => {
                added.below(at, schema_at(schema, at), after);
            }
            (Some(before), Some(Value::Null)) if has_parts(schema_at(schema, at), before) => {
                removed.below(at, schema_at(schema, at), before);
            }
            // An atomic list is one value there, whatever differs in it.
            _ => {
                let whole = at.iter().position(|segment| matches!(segment, Segment::Index(_)));
                modified.one(&at[..whole.unwrap_or(at.len())]);
            }
        }
    }
    same("added", &added.into_value(), row.get("added").unwrap_or(&Value::Null))?;
    same("removed", &removed.into_value(), row.get("removed").unwrap_or(&Value::Null))?;
    same("modified", &modified.into_value(), row.get("modified").unwrap_or(&Value::Null))
}

/// Gives a document of a row, which has it as a value or as a text.
fn document(row: &Value, field: &str) -> Value {
    let text = row.text_at(&[format!("{field}_yaml").as_str()]);
    match text {
        Some(text) => serde_json::from_str(text).unwrap_or_else(|_| yaml::read(text)),
        None => row.get(field).cloned().unwrap_or_default(),
    }
}

fn schemas(row: &Value) -> Schemas {
    let mut schemas = Schemas::default();
    let text = row.text_at(&["schema_yaml"]).unwrap_or_default();
    let table = yaml::read(text);
    for one in table.get("types").and_then(Value::as_list).unwrap_or_default() {
        schemas.types.insert(one.text_at(&["name"]).unwrap_or_default().into(), schema(one));
    }
    schemas
}

/// Reads a type. One that may be anything merges maps by field and replaces lists here.
fn schema(of: &Value) -> Schema {
    if let Some(name) = of.text_at(&["namedType"]) {
        let atomic = of.text_at(&["elementRelationship"]) == Some("atomic");
        return Schema::named(name).with_atomic(atomic);
    }
    let atomic = |of: &Value| of.text_at(&["elementRelationship"]) == Some("atomic");
    match (of.get("map"), of.get("list")) {
        (Some(map), Some(_)) => Schema::any().with_atomic(atomic(map)),
        (Some(map), None) => {
            let fields = map.get("fields").and_then(Value::as_list).unwrap_or_default();
            let fields = fields.iter().map(field).collect();
            let values = map.get("elementType").map(|of| Box::new(schema(of)));
            Schema::of(Shape::Map { fields, values }).with_atomic(atomic(map))
        }
        (None, Some(list)) => {
            let keys = list.get("keys").and_then(Value::as_list).unwrap_or_default();
            let keys: Vec<Text> = keys.iter().filter_map(Value::as_text).map(Text::from).collect();
            let by = match list.text_at(&["elementRelationship"]) {
                Some("associative") if keys.is_empty() => ListKind::Set,
                Some("associative") => ListKind::Map(keys),
                _ => ListKind::Atomic,
            };
            Schema::list(by, list.get("elementType").map(schema).unwrap_or_default())
        }
        (None, None) => Schema::any(),
    }
}

fn field(of: &Value) -> (Text, Schema) {
    let schema = of.get("type").map(schema).unwrap_or_default();
    let schema = match of.get("default") {
        Some(default) => schema.with_default(default.clone()),
        None => schema,
    };
    (of.text_at(&["name"]).unwrap_or_default().into(), schema)
}

fn schema_at<'a>(schema: SchemaRef<'a>, path: &[Segment]) -> SchemaRef<'a> {
    path.iter().fold(schema, |schema, segment| match segment {
        Segment::Field(name) => schema.field(name),
        _ => schema.item(),
    })
}

/// Says whether a value is more than one to its schema.
fn has_parts(schema: SchemaRef<'_>, value: &Value) -> bool {
    match value {
        Value::Map(_) => !schema.is_atomic(),
        Value::List(_) => *schema.list_kind() != ListKind::Atomic,
        _ => false,
    }
}

/// A set of fields, as an API server writes it.
#[derive(Default)]
struct Fields(Vec<Vec<Segment>>);

impl Fields {
    fn one(&mut self, path: &[Segment]) {
        self.0.push(path.to_vec());
    }

    /// Adds a field and all below it.
    fn all(&mut self, path: Vec<Segment>, schema: SchemaRef<'_>, value: &Value) {
        self.below(&path, schema, value);
        self.0.push(path);
    }

    fn below(&mut self, path: &[Segment], schema: SchemaRef<'_>, value: &Value) {
        let below: Vec<(Segment, SchemaRef<'_>, &Value)> = match value {
            Value::Map(map) if !schema.is_atomic() => {
                let field = |(name, value)| {
                    let name: &Text = name;
                    (Segment::Field(name.clone()), schema.field(name), value)
                };
                map.iter().map(field).collect()
            }
            Value::List(list) => {
                list.iter().filter_map(|item| Some((step(schema, item)?, schema.item(), item))).collect()
            }
            _ => Vec::new(),
        };
        for (segment, schema, value) in below {
            self.all([path, &[segment]].concat(), schema, value);
        }
    }

    fn into_value(self) -> Value {
        let mut root = Map::new();
        for path in &self.0 {
            insert(&mut root, path);
        }
        plain(root)
    }
}

/// Names an item of a list, where the list is not one value.
fn step(schema: SchemaRef<'_>, item: &Value) -> Option<Segment> {
    match schema.list_kind() {
        ListKind::Atomic => None,
        ListKind::Set => Some(Segment::Item(item.clone())),
        ListKind::Map(keys) => {
            let value = |key: &Text| item.get(key).or_else(|| schema.item().default_of(key)).cloned();
            Some(Segment::Key(keys.iter().map(|key| (key.clone(), value(key).unwrap_or_default())).collect()))
        }
    }
}

fn insert(map: &mut Map, path: &[Segment]) {
    let Some((first, rest)) = path.split_first() else {
        map.insert(".", Map::new());
        return;
    };
    let name = match first {
        Segment::Field(name) => format!("f:{name}"),
        Segment::Index(at) => format!("i:{at}"),
        Segment::Item(value) => format!("v:{}", value.canonical()),
        Segment::Key(keys) => format!("k:{}", keys.iter().cloned().collect::<Value>().canonical()),
        other => unreachable!("{}", FieldPath::new(vec![other.clone()])),
    };
    let mut below = match map.remove(&name) {
        Some(Value::Map(below)) => below,
        _ => Map::new(),
    };
    insert(&mut below, rest);
    map.insert(name, below);
}

/// Takes the mark of being a member from those that have nothing below them.
fn plain(map: Map) -> Value {
    let alone = map.len() == 1;
    let below = map.into_iter().filter(|(name, _)| !(alone && name == "."));
    let below = below.map(|(name, value)| match value {
        Value::Map(map) => (name, plain(map)),
        other => (name, other),
    });
    below.collect()
}
