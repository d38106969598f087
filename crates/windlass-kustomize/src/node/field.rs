//! Setting fields as kustomize sets them: the quotes of what was there stay.

use windlass_core::{Result, Text};

use super::scalar::{Rules, resolve};
use super::{Map, Node, Scalar, Style, Tag, wrong_kind};

/// Says whether a text would be read as something else.
fn looks_otherwise(text: &str) -> bool {
    !text.is_empty()
        && !text.contains('\n')
        && matches!(resolve(text, Rules::V3).tag(), Tag::Null | Tag::Bool | Tag::Int | Tag::Float)
}

/// Puts quotes around a text that would be read as something else.
pub(crate) fn guard(node: &mut Node) {
    if let Node::Scalar(scalar) = node
        && scalar.is_text()
        && scalar.style == Style::Plain
        && looks_otherwise(&scalar.text)
    {
        scalar.style = Style::Double;
    }
}

/// Replaces a scalar by another, and keeps its quotes.
pub(crate) fn set_scalar(node: &mut Node, text: impl Into<Text>, tag: Tag) -> Result<()> {
    let (style, shared) = match &*node {
        Node::Scalar(scalar) => (scalar.style.kept(), scalar.shared),
        other => return Err(wrong_kind("scalar", other)),
    };
    *node = Node::Scalar(Scalar { text: text.into(), tag, style, shared });
    Ok(())
}

/// Sets a field of a map. A null takes it away.
pub(crate) fn set_field(map: &mut Map, name: &str, mut value: Node) {
    guard(&mut value);
    if value.is_null() {
        map.remove(name);
        return;
    }
    match map.get_mut(name) {
        Some(have) => replace(have, value),
        None => add_field(map, name, value),
    }
}

/// Adds a field whose name has no quotes: one that does not look like text is no text when it is read again.
pub(crate) fn add_field(map: &mut Map, name: &str, value: Node) {
    if resolve(name, Rules::V3).tag() == Tag::Str {
        map.push(name, value);
    } else {
        map.push(format!("{NO_TEXT}{name}"), value);
    }
}

/// Stands in front of a key that is no text.
pub(crate) const NO_TEXT: char = '\0';

/// Replaces a value and keeps the quotes of the one that was there.
pub(crate) fn replace(have: &mut Node, mut value: Node) {
    if let Node::Scalar(new) = &mut value {
        new.style = have.as_scalar().map_or(Style::Plain, |old| old.style.kept());
        new.shared = have.as_scalar().map_or(0, |old| old.shared);
    }
    *have = value;
}
