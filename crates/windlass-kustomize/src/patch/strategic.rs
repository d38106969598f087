//! Strategic merge patches, as kyaml merges them.
//!
//! Every field of the object is walked, also those that the patch does not name: a field without a value disappears, one
//! with an explicit null stays.

use windlass_core::{Error, ErrorKind, Result, Text};

use super::items;
use crate::node::{DEPTH_MAX, Map, Node, Style, guard, too_deep, wrong_kind};
use crate::schema::{Schema, Schemas};

/// What a walk gives for a place.
pub(super) enum Merged {
    /// Nothing: the field goes.
    Gone,
    /// The value that was there, changed or not.
    Old(Node),
    /// Another value.
    New(Node),
    /// A null that was written as such, and stays.
    Null(Node),
}

/// What the field `$patch` of a patch says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Directive {
    Merge,
    Replace,
    Delete,
}

/// Merges a patch into an object. `None` says that the patch deletes it. One that asks to replace the whole object changes
/// nothing, as in kustomize, which looks for the result in the object that was there.
pub(crate) fn merge(schemas: &Schemas, object: Node, patch: Node) -> Result<Option<Node>> {
    run(Walk { schemas, appends: false }, object, patch)
}

/// Merges a patch into an object; what only the patch has comes last in lists.
pub(crate) fn merge_behind(schemas: &Schemas, object: Node, patch: Node) -> Result<Option<Node>> {
    run(Walk { schemas, appends: true }, object, patch)
}

fn run(walk: Walk<'_>, object: Node, patch: Node) -> Result<Option<Node>> {
    let replaces = patch.get("$patch").is_some_and(|asked| asked.spelling() == "replace");
    let kept = replaces.then(|| object.clone());
    Ok(match walk.walk(Some(object), Some(patch), Schema::Unknown, DEPTH_MAX)? {
        Merged::New(_) if kept.is_some() => kept,
        Merged::Gone => None,
        Merged::Old(node) | Merged::New(node) | Merged::Null(node) => Some(node),
    })
}

#[derive(Clone, Copy)]
pub(super) struct Walk<'w> {
    pub(super) schemas: &'w Schemas,
    /// Items that only the patch has come last.
    pub(super) appends: bool,
}

impl Walk<'_> {
    pub(super) fn walk(
        self,
        old: Option<Node>,
        patch: Option<Node>,
        schema: Schema,
        depth: usize,
    ) -> Result<Merged> {
        let below = depth.checked_sub(1).ok_or_else(too_deep)?;
        let schema = self.schema(schema, old.as_ref(), patch.as_ref());
        let first = [&old, &patch].into_iter().flatten().find(|node| !node.is_null());
        match first {
            None | Some(Node::Map(_)) => {
                check_kind("map", &old, &patch)?;
                self.map(old, patch, schema, below)
            }
            Some(Node::List(_)) => {
                check_kind("list", &old, &patch)?;
                match self.schemas.merge_keys(schema) {
                    Some(keys) => self.list(old, patch, schema, &keys, below),
                    None => Ok(scalar(old, patch)),
                }
            }
            Some(Node::Scalar(_)) => {
                check_kind("scalar", &old, &patch)?;
                Ok(scalar(old, patch))
            }
        }
    }

    /// A value whose schema is not known may say its kind itself.
    fn schema(self, schema: Schema, old: Option<&Node>, patch: Option<&Node>) -> Schema {
        if schema != Schema::Unknown {
            return schema;
        }
        for node in [old, patch].into_iter().flatten().filter_map(Node::as_map) {
            let word = |field| node.get(field).map_or("", Node::word);
            let (api_version, kind) = (word("apiVersion"), word("kind"));
            if !api_version.is_empty() && !kind.is_empty() {
                let known = self.schemas.of_kind(api_version, kind);
                if known != Schema::Unknown {
                    return known;
                }
            }
        }
        Schema::Unknown
    }

    fn map(self, old: Option<Node>, patch: Option<Node>, schema: Schema, depth: usize) -> Result<Merged> {
        let old = old.filter(|old| !old.is_null() || patch.is_none());
        match (old, patch) {
            (None, None) => Ok(Merged::Gone),
            (Some(old), None) if old.is_null() => {
                Ok(if old.spelling().is_empty() { Merged::Gone } else { Merged::Null(old) })
            }
            (Some(old), None) => Ok(Merged::Old(self.fields(old, None, schema, depth)?)),
            (None, Some(mut patch)) => match patch_directive(&mut patch).unwrap_or(Directive::Merge) {
                Directive::Delete => Ok(Merged::Gone),
                _ if patch.is_null() => Ok(Merged::New(patch)),
                _ => Ok(Merged::New(self.fields(patch.clone(), Some(patch), schema, depth)?)),
            },
            (Some(_), Some(patch)) if patch.is_null() => Ok(Merged::Gone),
            (Some(old), Some(mut patch)) => match patch_directive(&mut patch)? {
                Directive::Delete => Ok(Merged::Gone),
                Directive::Replace => {
                    Ok(Merged::New(self.fields(patch.clone(), Some(patch), schema, depth)?))
                }
                Directive::Merge => Ok(Merged::Old(self.fields(old, Some(patch), schema, depth)?)),
            },
        }
    }

    /// Walks the fields of both maps.
    fn fields(self, old: Node, patch: Option<Node>, schema: Schema, depth: usize) -> Result<Node> {
        let Node::Map(old) = old else { return Ok(old) };
        let mut patch = match patch {
            Some(Node::Map(map)) => map,
            _ => Map::new(),
        };
        patch.keep_first();
        let mut out = Vec::with_capacity(old.len() + patch.len());
        for (name, value) in old.into_fields() {
            let inner = self.schemas.field(schema, &name);
            let with = patch.remove(&name);
            let before = before(&value);
            let merged = self.walk(Some(value), with, inner, depth);
            let merged = merged.map_err(|error| error.with_each("field", &name))?;
            if let Some(value) = settle(merged, Some(before)) {
                out.push((name, value));
            }
        }
        for (name, value) in patch.into_fields() {
            let inner = self.schemas.field(schema, &name);
            let merged = self.walk(None, Some(value), inner, depth);
            let merged = merged.map_err(|error| error.with_each("field", &name))?;
            if let Some(value) = settle(merged, None) {
                out.push((name, value));
            }
        }
        Ok(Node::Map(Map::of(out)))
    }

    fn list(
        self,
        old: Option<Node>,
        patch: Option<Node>,
        schema: Schema,
        keys: &[Text],
        depth: usize,
    ) -> Result<Merged> {
        let old = old.filter(|old| !old.is_null());
        let (old, patch, fresh) = match (old, patch) {
            (None, None) => return Ok(Merged::Gone),
            (None, Some(patch)) => (patch.clone(), Some(patch), true),
            (Some(_), Some(patch)) if patch.is_null() => return Ok(Merged::Gone),
            (Some(old), None) => (old, None, false),
            (Some(old), Some(mut patch)) => match items::directive(&mut patch)? {
                Directive::Delete => return Ok(Merged::Gone),
                Directive::Replace => (patch.clone(), Some(patch), true),
                Directive::Merge => (old, Some(patch), false),
            },
        };
        let list = |node| match node {
            Node::List(items) => items,
            _ => Vec::new(),
        };
        let item = self.schemas.item(schema);
        let lists = items::Lists { old: list(old), patch: patch.map(list).unwrap_or_default() };
        let merged = Node::List(items::merge(self, lists, keys, item, depth)?);
        Ok(if fresh { Merged::New(merged) } else { Merged::Old(merged) })
    }
}

/// What both walks of scalars and of lists that are replaced whole do.
fn scalar(old: Option<Node>, patch: Option<Node>) -> Merged {
    match (old, patch) {
        (_, Some(patch)) => Merged::New(patch),
        (Some(old), None) => Merged::Old(old),
        (None, None) => Merged::Gone,
    }
}

/// Gives what stays of a value that is replaced: its quotes, and the number by which it is shared.
fn before(node: &Node) -> (Style, u16) {
    node.as_scalar().map_or((Style::Plain, 0), |scalar| (scalar.style.kept(), scalar.shared))
}

/// Makes the value of a field of what a walk gave; the quotes of the old value stay.
fn settle(merged: Merged, before: Option<(Style, u16)>) -> Option<Node> {
    match merged {
        Merged::Gone => None,
        Merged::Null(node) => Some(node),
        Merged::Old(node) | Merged::New(node) if node.is_null() => None,
        Merged::Old(mut node) => {
            guard(&mut node);
            Some(node)
        }
        Merged::New(mut node) => {
            guard(&mut node);
            if let (Some((style, shared)), Node::Scalar(scalar)) = (before, &mut node) {
                scalar.style = style;
                scalar.shared = shared;
            }
            Some(node)
        }
    }
}

/// Takes `$patch` out of a map and says what it asked for.
fn patch_directive(patch: &mut Node) -> Result<Directive> {
    let Node::Map(map) = patch else { return Ok(Directive::Merge) };
    let Some(asked) = map.get("$patch") else { return Ok(Directive::Merge) };
    let directive = directive_of(asked.spelling())?;
    map.remove("$patch");
    Ok(directive)
}

pub(super) fn directive_of(text: &str) -> Result<Directive> {
    match text {
        "delete" => Ok(Directive::Delete),
        "replace" => Ok(Directive::Replace),
        "merge" => Ok(Directive::Merge),
        _ => Err(Error::new(ErrorKind::Invalid, "unknown patch strategy").with("field", "$patch")),
    }
}

fn check_kind(wanted: &'static str, old: &Option<Node>, patch: &Option<Node>) -> Result<()> {
    let mut nodes = [old, patch].into_iter().flatten().filter(|node| !node.is_null());
    nodes.find(|node| node.kind() != wanted).map_or(Ok(()), |node| Err(wrong_kind(wanted, node)))
}
