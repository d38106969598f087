//! JSON patches, as the library that kustomize uses applies them.
//!
//! It is laxer than RFC 6902: `replace` makes a missing field, a negative index counts from the end, and a `test` for null
//! holds where nothing is.

use windlass_core::{Error, ErrorKind, Limits, Result, Value};
use windlass_yaml::go;

use crate::node::{Map, Node, Rules, from_value, to_value};
use crate::read::{self, Cache};
use crate::resource::Resource;

/// Values that the `copy` operations of one patch may make.
const COPIED_BYTES_MAX: usize = 16 << 20;

/// Reads a patch: JSON where it begins with `[`, and else YAML.
pub(crate) fn parse(text: &str, cache: &mut Cache, limits: &Limits) -> Result<Value> {
    let value = if text.starts_with('[') {
        let wrong = |error: serde_json::Error| {
            invalid("a JSON patch that begins with a bracket is no JSON").with("line", error.line())
        };
        serde_json::from_str(text).map_err(wrong)?
    } else {
        read::config(text.as_bytes(), cache, limits)?
    };
    let wrong = || invalid("a JSON patch must be a list of operations");
    let operations = value.as_list().ok_or_else(wrong)?;
    if operations.iter().any(|operation| operation.as_map().is_none()) {
        return Err(wrong());
    }
    Ok(value)
}

/// Applies a patch to an object. Numbers come back as floats do.
pub(crate) fn apply(resource: &mut Resource, patch: &Value) -> Result<()> {
    // kustomize keeps its notes in annotations, so that these are there where there is a note.
    let mut added = false;
    if resource.has_history()
        && let Some(Node::Map(meta)) = resource.node.as_map_mut().and_then(|root| root.get_mut("metadata"))
        && meta.get("annotations").is_none_or(Node::is_null)
    {
        meta.put("annotations", Node::Map(Map::new()));
        added = true;
    }
    let mut run = Run { value: to_value(&resource.node, Rules::V3)?, copied: 0 };
    for (at, operation) in patch.as_list().unwrap_or_default().iter().enumerate() {
        run.operate(operation).map_err(|error| {
            let path = operation.text_at(&["path"]).unwrap_or_default();
            error.with_each("operation", at).with_each("patch_path", path)
        })?;
    }
    if run.value.as_map().is_none() {
        return Err(invalid("the patch leaves no object"));
    }
    resource.node = from_value(&run.value);
    if patch.as_list().unwrap_or_default().iter().any(wipes_annotations) {
        resource.tracked = None;
    }
    resource.share_nothing();
    if added {
        let annotations = resource.texts("annotations");
        resource.set_texts("annotations", annotations);
    }
    Ok(())
}

/// Where an object comes from is kept in its annotations, and goes with them; the rest of its history is put back.
fn wipes_annotations(operation: &Value) -> bool {
    let is_above =
        |field| matches!(operation.text_at(&[field]), Some("" | "/metadata" | "/metadata/annotations"));
    match operation.text_at(&["op"]).unwrap_or_default() {
        "test" => false,
        "move" => is_above("path") || is_above("from"),
        _ => is_above("path"),
    }
}

struct Run {
    value: Value,
    copied: usize,
}

impl Run {
    fn operate(&mut self, operation: &Value) -> Result<()> {
        let text = |field: &'static str| {
            let text = operation.get(field).and_then(Value::as_text);
            text.ok_or_else(|| invalid("the operation lacks a field").with("lacks", field))
        };
        let value = || operation.get("value").cloned().unwrap_or_default();
        let path = text("path")?;
        match operation.text_at(&["op"]).unwrap_or_default() {
            "add" => self.place(path)?.add(value()),
            "remove" => self.place(path)?.remove().map(drop),
            "replace" if path.is_empty() => {
                self.value = value();
                Ok(())
            }
            "replace" => self.place(path)?.replace(value()),
            "move" => {
                let moved = self.place(text("from")?)?.remove()?;
                self.place(path)?.add(moved)
            }
            "copy" => {
                let copied = self.place(text("from")?)?.get()?.cloned().unwrap_or_default();
                self.copied += go::to_json(&copied).len();
                if self.copied > COPIED_BYTES_MAX {
                    let error = Error::new(ErrorKind::Limit, "the patch copies too much");
                    return Err(error.with("copied_bytes_max", COPIED_BYTES_MAX));
                }
                self.place(path)?.add(copied)
            }
            "test" => {
                let wanted = operation.get("value").ok_or_else(|| invalid("the operation lacks a value"))?;
                let have = if path.is_empty() {
                    self.value.clone()
                } else {
                    self.place(path)?.get()?.cloned().unwrap_or_default()
                };
                let same = go::to_json(&have) == go::to_json(wanted);
                if same { Ok(()) } else { Err(invalid("the value is another")) }
            }
            _ => Err(invalid("no such operation")),
        }
    }

    /// Finds the list or map that holds what a path means.
    fn place(&mut self, path: &str) -> Result<Place<'_>> {
        let missing = || invalid("nothing is there");
        let (parents, key) = path.rsplit_once('/').ok_or_else(missing)?;
        let mut node = &mut self.value;
        for part in parents.split('/').skip(1) {
            let place = Place { holder: node, key: unescaped(part) };
            node = place.into_value()?.filter(|next| !next.is_null()).ok_or_else(missing)?;
        }
        match node {
            Value::Map(_) | Value::List(_) => Ok(Place { holder: node, key: unescaped(key) }),
            _ => Err(missing()),
        }
    }
}

/// A field or an item, which need not be there.
struct Place<'v> {
    holder: &'v mut Value,
    key: String,
}

impl<'v> Place<'v> {
    fn get(&self) -> Result<Option<&Value>> {
        match &*self.holder {
            Value::Map(map) => Ok(map.get(&self.key)),
            Value::List(items) => Ok(items.get(index(&self.key, items.len())?)),
            _ => Err(invalid("nothing is there")),
        }
    }

    fn into_value(self) -> Result<Option<&'v mut Value>> {
        match self.holder {
            Value::Map(map) => Ok(map.get_mut(&self.key)),
            Value::List(items) => {
                let at = index(&self.key, items.len())?;
                Ok(items.get_mut(at))
            }
            _ => Ok(None),
        }
    }

    fn add(self, value: Value) -> Result<()> {
        match self.holder {
            Value::Map(map) => {
                map.insert(self.key, value);
            }
            Value::List(items) if self.key == "-" => items.push(value),
            Value::List(items) => {
                let at = index(&self.key, items.len() + 1)?;
                items.insert(at, value);
            }
            _ => return Err(invalid("nothing is there")),
        }
        Ok(())
    }

    fn replace(self, value: Value) -> Result<()> {
        match self.holder {
            Value::Map(map) => {
                map.insert(self.key, value);
            }
            Value::List(items) => {
                let at = index(&self.key, items.len())?;
                items[at] = value;
            }
            _ => return Err(invalid("nothing is there")),
        }
        Ok(())
    }

    fn remove(self) -> Result<Value> {
        match self.holder {
            Value::Map(map) => map.remove(&self.key).ok_or_else(|| invalid("nothing is there")),
            Value::List(items) => {
                let at = index(&self.key, items.len())?;
                Ok(items.remove(at))
            }
            _ => Err(invalid("nothing is there")),
        }
    }
}

/// Reads an index below `count`; a negative one counts from there.
fn index(text: &str, count: usize) -> Result<usize> {
    let wrong = || invalid("no such place in the list");
    let number: i64 = text.parse().map_err(|_| wrong())?;
    let size = i64::try_from(count).unwrap_or(i64::MAX);
    let at = if number < 0 { number + size } else { number };
    usize::try_from(at).ok().filter(|at| *at < count).ok_or_else(wrong)
}

fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::Invalid, message)
}
