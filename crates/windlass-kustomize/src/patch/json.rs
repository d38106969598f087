//! JSON patches.

use windlass_core::{Error, ErrorKind, Limits, Result, Value};
use windlass_diff::json_patch;

use crate::node::{Map, Node, Rules, from_value, to_value};
use crate::read::{self, Cache};
use crate::resource::Resource;

/// Reads a patch: JSON where it begins with `[`, and else YAML.
pub(crate) fn parse(text: &str, cache: &mut Cache, limits: &Limits) -> Result<Value> {
    let value = read::config(text.as_bytes(), cache, limits)?;
    let wrong = || Error::new(ErrorKind::Invalid, "a JSON patch must be a list of operations");
    let operations = value.as_list().ok_or_else(wrong)?;
    if operations.iter().any(|operation| operation.as_map().is_none()) {
        return Err(wrong());
    }
    Ok(value)
}

/// Applies a patch to an object. Numbers come back as floats do, and keys in the order of their bytes.
pub(crate) fn apply(resource: &mut Resource, patch: &Value, limits: &Limits) -> Result<()> {
    // kustomize keeps its notes in annotations, so that these are there where there is a note.
    let mut added = false;
    if resource.has_history()
        && let Some(Node::Map(meta)) = resource.node.as_map_mut().and_then(|root| root.get_mut("metadata"))
        && meta.get("annotations").is_none_or(Node::is_null)
    {
        meta.put("annotations", Node::Map(Map::new()));
        added = true;
    }
    let value = to_value(&resource.node, Rules::V3)?;
    let patched = json_patch::apply(&value, patch, limits).map_err(|wrong| {
        Error::new(ErrorKind::Invalid, wrong.reason.to_string())
            .with("operation", wrong.at)
            .with("patch_path", &wrong.path)
    })?;
    if patched.as_map().is_none() {
        return Err(Error::new(ErrorKind::Invalid, "the patch leaves no object"));
    }
    resource.node = from_value(&patched);
    if added {
        let annotations = resource.texts("annotations");
        resource.set_texts("annotations", annotations);
    }
    Ok(())
}
