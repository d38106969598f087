//! Values inside a text that is itself JSON or YAML.

use windlass_core::{Error, ErrorKind, Limits, Result};
use windlass_yaml::go;

use super::path::{self, Make};
use super::replacement::Options;
use crate::node::{Node, Rules, to_value};
use crate::read::{self, Cache};

/// A value on its way into a text.
pub(super) struct Inside<'i> {
    pub(super) value: &'i Node,
    pub(super) options: &'i Options,
    pub(super) make: Option<Make>,
    pub(super) cache: &'i mut Cache,
    pub(super) limits: &'i Limits,
}

impl Inside<'_> {
    /// Puts the value where the path goes on inside of a text. An error says that it does not, and changes nothing.
    pub(super) fn put(self, object: &mut Node, steps: &[String]) -> Result<()> {
        let cut = (1..steps.len())
            .find(|cut| matches!(path::lookup(object, &steps[..*cut]), Ok(Some(Node::Scalar(_)))));
        let nothing = || Error::new(ErrorKind::NotFound, "no text on the way");
        let cut = cut.ok_or_else(nothing)?;
        let text = path::lookup(object, &steps[..cut])?.map(Node::spelling).unwrap_or_default().to_owned();
        let inner = read::document(&text, Rules::V3, self.cache, self.limits)?;
        let mut inner = inner.ok_or_else(nothing)?;
        let (value, options) = (self.value, self.options);
        let set = &mut |field: &mut Node| options.put(field, value);
        let mut matcher = path::Matcher { make: self.make, set, cache: self.cache, limits: self.limits };
        if matcher.visit(&mut inner, &steps[cut..])? == 0 {
            return Err(nothing());
        }
        let written = write(&inner, &text)?;
        let field = field_mut(object, &steps[..cut]).ok_or_else(nothing)?;
        if let Node::Scalar(scalar) = field {
            scalar.text = written.into();
        }
        Ok(())
    }
}

/// Writes JSON where there was JSON, with indents where there were indents, and else YAML.
fn write(node: &Node, original: &str) -> Result<String> {
    if !original.trim_start().starts_with(['{', '[']) {
        return Ok(crate::emit::document(node).trim().to_owned());
    }
    let value = to_value(node, Rules::V3)?;
    let indented = original.contains('\n') && original.contains("  ");
    Ok(if indented { go::to_json_indent(&value, "  ") } else { go::to_json(&value) })
}

/// Follows a path that [`path::lookup`] has followed before.
fn field_mut<'n>(node: &'n mut Node, steps: &[String]) -> Option<&'n mut Node> {
    let mut node = node;
    for step in steps.iter().map(|step| step.trim()).filter(|step| !step.is_empty()) {
        node = match node {
            Node::Map(map) => map.get_mut(step)?,
            Node::List(items) => {
                let wanted = path::lookup_position(items, step)?;
                items.get_mut(wanted)?
            }
            Node::Scalar(_) => return None,
        };
    }
    Some(node)
}
