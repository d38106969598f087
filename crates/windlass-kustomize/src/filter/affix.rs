//! Labels, annotations, prefixes, suffixes and counts of replicas.

use windlass_core::{Result, Text};

use super::fieldspec::{self, Create};
use crate::config::FieldSpec;
use crate::id::Gvk;
use crate::node::{Node, Scalar, Style, Tag, set_field, set_scalar, wrong_kind};

/// Sets pairs in the maps that the specs name: labels or annotations.
pub(crate) fn pairs(object: &mut Node, gvk: &Gvk, pairs: &[(Text, Text)], specs: &[FieldSpec]) -> Result<()> {
    for spec in specs.iter().filter(|spec| gvk.is_selected(&spec.gvk)) {
        fieldspec::apply(spec, gvk, object, Some(Create::Map), &mut |node| match node {
            Node::Map(map) => {
                for (key, value) in pairs {
                    set_field(map, key, Node::Scalar(Scalar::new(value.clone(), Tag::Str, Style::Plain)));
                }
                Ok(())
            }
            node if node.is_null() => Ok(()),
            node => Err(wrong_kind("map", node)),
        })?;
    }
    Ok(())
}

/// Puts texts before and behind a name.
pub(crate) fn affix(
    object: &mut Node,
    gvk: &Gvk,
    prefix: &str,
    suffix: &str,
    spec: &FieldSpec,
) -> Result<()> {
    let create = Some(Create::Scalar(Tag::Str));
    fieldspec::apply(spec, gvk, object, create, &mut |node| {
        let text = format!("{prefix}{}{suffix}", node.spelling());
        set_scalar(node, text, Tag::None)
    })
}

/// Sets the number of replicas.
pub(crate) fn replicas(object: &mut Node, gvk: &Gvk, count: i64, spec: &FieldSpec) -> Result<()> {
    let create = Some(Create::Scalar(Tag::Int));
    fieldspec::apply(spec, gvk, object, create, &mut |node| set_scalar(node, count.to_string(), Tag::Int))
}
