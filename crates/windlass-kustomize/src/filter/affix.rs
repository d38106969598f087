//! Labels, annotations, prefixes, suffixes and counts of replicas.

use windlass_core::{Result, Text};

use super::fieldspec::{self, Create};
use crate::config::FieldSpec;
use crate::id::Gvk;
use crate::node::{Node, Scalar, Style, Tag, add_field, guard, replace, set_scalar, wrong_kind};

/// Sets pairs in the maps that the specs name: labels or annotations. The places where a pair was added share one value
/// from then on, as they do in kustomize; gives the numbers of those values.
pub(crate) fn pairs(
    object: &mut Node,
    gvk: &Gvk,
    pairs: &[(Text, Text)],
    specs: &[FieldSpec],
    first: u16,
) -> Result<Vec<(u16, Text)>> {
    let mut added = vec![0_usize; pairs.len()];
    for spec in specs.iter().filter(|spec| gvk.is_selected(&spec.gvk)) {
        fieldspec::apply(spec, gvk, object, Some(Create::Map), &mut |node| match node {
            Node::Map(map) => {
                for (at, (key, value)) in pairs.iter().enumerate() {
                    let mut scalar = Scalar::new(value.clone(), Tag::Str, Style::Plain);
                    match map.get_mut(key) {
                        Some(have) => replace(have, Node::Scalar(scalar)),
                        None => {
                            added[at] += 1;
                            scalar.shared = first.saturating_add(u16::try_from(at).unwrap_or(u16::MAX));
                            let mut value = Node::Scalar(scalar);
                            guard(&mut value);
                            add_field(map, key, value);
                        }
                    }
                }
                Ok(())
            }
            node if node.is_null() => Ok(()),
            node => Err(wrong_kind("map", node)),
        })?;
    }
    let shared = added.iter().zip(pairs).enumerate().filter(|(_, (count, _))| **count > 1);
    Ok(shared
        .map(|(at, (_, (_, value)))| {
            (first.saturating_add(u16::try_from(at).unwrap_or(u16::MAX)), value.clone())
        })
        .collect())
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
