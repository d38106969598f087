//! Configuration that custom types bring along, from the files of `crds`.

use windlass_core::{Map, Result, Value};

use super::{Config, FieldSpec, Referred, add};
use crate::id::Gvk;

/// References inside one another.
const DEPTH_MAX: usize = 32;

/// Reads a file of definitions: `{name: {Schema: {properties: …}}}`.
pub(crate) fn from_crds(value: &Value) -> Result<Config> {
    let mut config = Config::default();
    for (name, _) in value.as_map().into_iter().flat_map(Map::iter) {
        let Some(properties) = properties(value, name) else { continue };
        if ["kind", "apiVersion", "metadata"].iter().all(|field| properties.get(field).is_some()) {
            let kind = name.rsplit('.').next().unwrap_or_default();
            let gvk = Gvk { kind: kind.into(), ..Gvk::default() };
            Walk { definitions: value, gvk, config: &mut config }.visit(name, "", DEPTH_MAX)?;
        }
    }
    config.sort();
    Ok(config)
}

fn properties<'v>(definitions: &'v Value, name: &str) -> Option<&'v Value> {
    let definition = definitions.get(name)?;
    let schema = definition.get("Schema").or_else(|| definition.get("schema"))?;
    schema.get("properties")
}

struct Walk<'w> {
    definitions: &'w Value,
    gvk: Gvk,
    config: &'w mut Config,
}

impl Walk<'_> {
    fn visit(&mut self, name: &str, path: &str, depth: usize) -> Result<()> {
        let Some(below) = depth.checked_sub(1) else { return Ok(()) };
        let properties = properties(self.definitions, name).and_then(Value::as_map);
        for (field, property) in properties.into_iter().flat_map(Map::iter) {
            let path = if path.is_empty() { field.to_string() } else { format!("{path}/{field}") };
            self.field(property, &path)?;
            if let Some(reference) = property.text_at(&["$ref"]) {
                self.visit(reference, &path, below)?;
            }
        }
        Ok(())
    }

    fn field(&mut self, property: &Value, path: &str) -> Result<()> {
        let spec = |path: &str| FieldSpec::new(self.gvk.clone(), path.into(), false);
        let said = |key: &str| property.get(key).and_then(Value::as_text);
        if said("x-kubernetes-annotation").is_some() {
            add(&mut self.config.annotations, spec(path))?;
        }
        if said("x-kubernetes-label-selector").is_some() {
            add(&mut self.config.common_labels, spec(path))?;
        }
        if said("x-kubernetes-identity").is_some() {
            add(&mut self.config.name_prefix, spec(path))?;
        }
        let version = said("x-kubernetes-object-ref-api-version");
        if let (Some(version), Some(kind)) = (version, said("x-kubernetes-object-ref-kind")) {
            let name_key = said("x-kubernetes-object-ref-name-key").unwrap_or("name");
            let gvk = Gvk { kind: kind.into(), version: version.into(), ..Gvk::default() };
            let from = vec![spec(&format!("{path}/{name_key}"))];
            self.config.add_reference(&Referred { gvk, from })?;
        }
        Ok(())
    }
}
