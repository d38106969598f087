//! From documents to resources: lists are taken apart, what has no kind or name is refused.

use std::collections::VecDeque;
use std::sync::Arc;

use windlass_core::{Error, ErrorKind, Result};

use super::place::Place;
use crate::node::{Map, Node};
use crate::read::Doc;
use crate::resource::Resource;

/// Lists inside one another.
const LISTS_MAX: usize = 1000;

/// Makes the resources of the documents of one file; all problems are reported.
pub(super) fn resources(docs: &[Doc], file: &Place) -> Result<Vec<Resource>> {
    let mut queue = VecDeque::new();
    for doc in docs {
        let origin = Arc::new(file.origin(doc.document, doc.line));
        match unwrapped(&doc.node).filter(|_| docs.len() == 1) {
            Some(items) => queue.extend(items.iter().map(|item| (item.clone(), Arc::clone(&origin)))),
            None => queue.push_back((doc.node.clone(), origin)),
        }
    }
    let (mut out, mut problems, mut lists) = (Vec::with_capacity(queue.len()), Vec::new(), 0);
    while let Some((node, origin)) = queue.pop_front() {
        if node.is_empty() {
            continue;
        }
        if let Err(error) = check(&node) {
            problems
                .push(error.with("path", file).with("line", origin.line).with("document", origin.document));
            continue;
        }
        match list_items(&node) {
            None => out.push(Resource::new(node, origin)),
            Some(Ok(items)) => {
                lists += 1;
                if lists > LISTS_MAX {
                    let error = Error::new(ErrorKind::Limit, "too many lists in one file");
                    return Err(error.with("lists_max", LISTS_MAX).with("path", file));
                }
                queue.extend(items.iter().map(|item| (item.clone(), Arc::clone(&origin))));
            }
            Some(Err(error)) => problems.push(error.with("path", file).with("line", origin.line)),
        }
    }
    Error::all(problems).map_or(Ok(out), Err)
}

/// Gives the items of a list that is the only document of its file.
fn unwrapped(node: &Node) -> Option<&[Node]> {
    let is_list = matches!(node.get("kind").map(Node::word), Some("List" | "ResourceList"));
    let has_items = node.get("items").is_some() || node.get("functionConfig").is_some();
    (is_list && has_items).then(|| node.get("items").and_then(Node::as_list).unwrap_or_default())
}

/// Gives the items of an object whose kind ends with `List`.
fn list_items(node: &Node) -> Option<Result<&[Node]>> {
    if !node.get("kind").is_some_and(|kind| kind.word().ends_with("List")) {
        return None;
    }
    match node.get("items")? {
        Node::List(items) => Some(Ok(items)),
        items if items.is_null() => Some(Ok(&[])),
        _ => Some(Err(Error::new(ErrorKind::Invalid, "expected a list").with("field", "items"))),
    }
}

fn check(node: &Node) -> Result<()> {
    let missing = |field| Err(Error::new(ErrorKind::Invalid, "missing field").with("field", field));
    let Some(map) = node.as_map() else {
        return Err(Error::new(ErrorKind::Invalid, "a document must be an object").with("found", node.kind()));
    };
    let kind = map.get("kind").map_or("", Node::word);
    if kind.is_empty() {
        return missing("kind");
    }
    let name = map.get("metadata").and_then(Node::as_map).and_then(|meta: &Map| meta.get("name"));
    if kind.ends_with("List") || name.is_some_and(|name| !name.word().is_empty()) {
        return Ok(());
    }
    missing("metadata.name")
}
