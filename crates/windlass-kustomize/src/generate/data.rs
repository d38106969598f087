//! The data of ConfigMaps and Secrets.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use windlass_core::{Error, ErrorKind, Result, Text};

use super::kv::Pair;
use crate::node::{Map, Node, Scalar, Style, Tag, add_field};
use crate::resource::Resource;

/// Letters in a line of base64.
const LINE: usize = 70;

/// Puts text into `data` and the rest into `binaryData`.
pub(super) fn fill_config_map(root: &mut Map, mut pairs: Vec<Pair>) {
    pairs.sort_by(|a, b| a.key.cmp(&b.key));
    let (mut data, mut binary) = (Vec::new(), Vec::new());
    for Pair { key, value } in pairs {
        match String::from_utf8(value) {
            Ok(text) => data.push((key, value_node(text))),
            Err(bytes) => binary.push((key, value_node(base64(bytes.as_bytes())))),
        }
    }
    for (name, fields) in [("data", data), ("binaryData", binary)] {
        if !fields.is_empty() {
            root.push(name, map_of(fields));
        }
    }
}

fn map_of(fields: Vec<(Text, Node)>) -> Node {
    let mut map = Map::new();
    fields.into_iter().for_each(|(key, value)| add_field(&mut map, &key, value));
    Node::Map(map)
}

/// Puts everything into `data` as base64.
pub(super) fn fill_secret(root: &mut Map, mut pairs: Vec<Pair>) {
    pairs.sort_by(|a, b| a.key.cmp(&b.key));
    let fields = pairs.into_iter().map(|pair| (pair.key, value_node(base64(&pair.value)))).collect();
    root.push("data", map_of(fields));
}

fn value_node(text: String) -> Node {
    let style = if text.contains('\n') { Style::Literal } else { Style::Plain };
    Node::Scalar(Scalar::new(text, Tag::Str, style))
}

/// Writes base64 as kustomize does: a text of more than one line has a line break at the end.
fn base64(bytes: &[u8]) -> String {
    let whole = STANDARD.encode(bytes);
    if whole.len() / LINE == 0 {
        return whole;
    }
    let mut out = String::with_capacity(whole.len() + whole.len() / LINE + 1);
    let mut rest = whole.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(LINE));
        out.push_str(line);
        out.push('\n');
        rest = more;
    }
    out
}

/// Merges the data of what was there into what was made.
pub(crate) fn merge(new: &mut Resource, old: &Resource) -> Result<()> {
    let mut data = texts(&old.node, "data");
    let id = new.id();
    if id.gvk.kind == "Secret" && id.gvk.group.is_empty() && id.gvk.version == "v1" {
        for (key, value) in string_data(&old.node)? {
            data.insert(key, base64(value.as_bytes()).into());
        }
    }
    data.extend(texts(&new.node, "data"));
    let mut binary = texts(&old.node, "binaryData");
    binary.extend(texts(&new.node, "binaryData"));
    let Node::Map(root) = &mut new.node else { return Ok(()) };
    for (name, fields) in [("data", data), ("binaryData", binary)] {
        root.remove(name);
        if !fields.is_empty() {
            let fields = fields.into_iter().map(|(key, value)| (key, value_node(value.to_string())));
            root.push(name, map_of(fields.collect()));
        }
    }
    Ok(())
}

fn texts(object: &Node, field: &str) -> BTreeMap<Text, Text> {
    let map = object.get(field).and_then(Node::as_map);
    map.into_iter().flat_map(Map::iter).map(|(key, value)| (key.clone(), value.word().into())).collect()
}

fn string_data(object: &Node) -> Result<BTreeMap<Text, Text>> {
    let map = object.get("stringData").and_then(Node::as_map);
    if let Some((key, _)) = map.into_iter().flat_map(Map::iter).find(|(_, value)| value.as_scalar().is_none())
    {
        return Err(Error::new(ErrorKind::Invalid, "a value of stringData must be a scalar").with("key", key));
    }
    Ok(texts(object, "stringData"))
}
