//! Adds a value at a path, as a part of a file name or as the whole.

use windlass_core::{Result, Text};

use crate::config::split_path;
use crate::node::{Map, Node, Tag, set_scalar, wrong_kind};

/// Sets the value at the path; from position 1 on, as that part of the path that is there.
pub(crate) fn apply(object: &mut Node, path: &str, position: i64, value: &Text) -> Result<()> {
    let mut node = object;
    let steps = split_path(path, '/');
    for (at, step) in steps.iter().map(|step| step.trim()).filter(|step| !step.is_empty()).enumerate() {
        let last = at + 1 == steps.len();
        let make = || {
            if last { Node::plain("") } else { Node::Map(Map::new()) }
        };
        node = match node {
            Node::Map(map) => map.entry(step, make),
            other => return Err(wrong_kind("map", other)),
        };
    }
    if position <= 0 {
        return set_scalar(node, value.clone(), Tag::None);
    }
    let text = insert(node.spelling(), usize::try_from(position - 1).unwrap_or(usize::MAX), value);
    set_scalar(node, text, Tag::None)
}

/// Puts a name into a file path.
fn insert(path: &str, position: usize, name: &str) -> String {
    let absolute = path.starts_with('/');
    let mut names: Vec<&str> = path.split('/').filter(|name| !name.is_empty() && *name != ".").collect();
    names.insert(position.min(names.len()), name);
    let joined = names.join("/");
    if absolute { format!("/{joined}") } else { joined }
}
