//! Schemas from an OpenAPI document.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use windlass_core::{Error, ErrorKind, Map, Result, Text, Value};

use super::{Schema, Table, Type};
use crate::id::Gvk;

/// Schemas inside one another, and references that lead to references.
const DEPTH_MAX: usize = 256;

const REF: &str = "#/definitions/";

/// Adds the definitions of a document to a table; what is there already counts.
pub(super) fn read(document: &Value, table: Table) -> Result<Table> {
    let mut reader = Reader { definitions: document.get("definitions"), table, done: HashMap::new() };
    let definitions = reader.definitions.and_then(Value::as_map);
    for (name, definition) in definitions.into_iter().flat_map(Map::iter) {
        let Schema::Known(at) = reader.named(name, DEPTH_MAX)? else { continue };
        let kinds = definition.get("x-kubernetes-group-version-kind").and_then(Value::as_list);
        for kind in kinds.unwrap_or_default() {
            let text = |field| kind.text_at(&[field]).unwrap_or_default();
            let (group, version) = (text("group"), text("version"));
            let api_version =
                if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
            reader.table.kinds.entry((api_version.into(), text("kind").into())).or_insert(at);
        }
    }
    Ok(reader.table)
}

struct Reader<'v> {
    definitions: Option<&'v Value>,
    table: Table,
    /// Definitions that have a number.
    done: HashMap<Text, Schema>,
}

impl Reader<'_> {
    /// Gives the schema of a definition. It has its number before its fields are read, so that it may name itself.
    fn named(&mut self, name: &str, depth: usize) -> Result<Schema> {
        if let Some(schema) = self.done.get(name) {
            return Ok(*schema);
        }
        if let Some(at) = self.table.names.get(name) {
            return Ok(Schema::Known(*at));
        }
        let Some(definition) = self.definitions.and_then(|all| all.get(name)) else {
            return Ok(Schema::Unknown);
        };
        if let Some(other) = definition.text_at(&["$ref"]).and_then(|to| to.strip_prefix(REF)) {
            let below = depth.checked_sub(1).ok_or_else(too_deep)?;
            return self.named(other, below);
        }
        let schema = self.reserve();
        self.done.insert(name.into(), schema);
        self.fill(schema, definition, depth)?;
        Ok(schema)
    }

    fn reserve(&mut self) -> Schema {
        self.table.types.push(Type::Other);
        Schema::Known(u32::try_from(self.table.types.len() - 1).unwrap_or(u32::MAX))
    }

    fn schema(&mut self, value: &Value, depth: usize) -> Result<Schema> {
        let below = depth.checked_sub(1).ok_or_else(too_deep)?;
        if let Some(name) = value.text_at(&["$ref"]) {
            return self.named(name.strip_prefix(REF).unwrap_or(name), below);
        }
        let schema = self.reserve();
        self.fill(schema, value, below)?;
        Ok(schema)
    }

    fn fill(&mut self, schema: Schema, value: &Value, depth: usize) -> Result<()> {
        let filled = if let (Some("array"), Some(items)) = (value.text_at(&["type"]), value.get("items")) {
            let strategy = value.text_at(&["x-kubernetes-patch-strategy"]).unwrap_or_default();
            let item = self.schema(items, depth)?;
            Type::List { item, merge: strategy.split(',').any(|part| part == "merge"), keys: keys(value) }
        } else {
            let mut fields = HashMap::new();
            let properties = value.get("properties").and_then(Value::as_map);
            for (name, property) in properties.into_iter().flat_map(Map::iter) {
                fields.insert(name.clone(), self.schema(property, depth)?);
            }
            let extra = value.get("additionalProperties").filter(|extra| extra.as_map().is_some());
            let values = extra.map(|extra| self.schema(extra, depth)).transpose()?;
            Type::Map { fields, values }
        };
        if let Schema::Known(at) = schema {
            self.table.types[at as usize] = filled;
        }
        Ok(())
    }
}

fn keys(value: &Value) -> Arc<[Text]> {
    if let Some(keys) = value.get("x-kubernetes-list-map-keys").and_then(Value::as_list) {
        return keys.iter().filter_map(Value::as_text).map(Text::from).collect();
    }
    value.text_at(&["x-kubernetes-patch-merge-key"]).map(Text::from).into_iter().collect()
}

fn too_deep() -> Error {
    Error::new(ErrorKind::Limit, "schemas are nested too deeply").with("depth_max", DEPTH_MAX)
}

/// Gives the kinds of which the paths of a document say that they have no namespaces.
pub(crate) fn cluster_scoped(document: &Value) -> HashSet<Gvk> {
    let (mut cluster, mut namespaced) = (HashSet::new(), HashSet::new());
    let paths = document.get("paths").and_then(Value::as_map);
    for (path, item) in paths.into_iter().flat_map(Map::iter) {
        let Some(kind) = item.at(&["get", "x-kubernetes-group-version-kind"]) else { continue };
        let text = |field| Text::from(kind.text_at(&[field]).unwrap_or_default());
        let gvk = Gvk { group: text("group"), version: text("version"), kind: text("kind") };
        let set = if path.contains("namespaces/{namespace}") { &mut namespaced } else { &mut cluster };
        set.insert(gvk);
    }
    cluster.retain(|gvk| !namespaced.contains(gvk));
    cluster
}
