//! Values that several places of an object share.

use windlass_core::Text;

use crate::node::{Node, Scalar};

/// Finds the shared values that are not what they were.
pub(super) fn find_changed(node: &Node, shared: &[(u16, Text)], out: &mut Vec<(u16, Scalar)>) {
    match node {
        Node::Scalar(scalar) if scalar.shared != 0 => {
            let was = shared.iter().find(|(number, _)| *number == scalar.shared);
            let first = out.iter().all(|(number, _)| *number != scalar.shared);
            if was.is_some_and(|(_, text)| *text != scalar.text) && first {
                out.push((scalar.shared, scalar.clone()));
            }
        }
        Node::Scalar(_) => {}
        Node::List(items) => items.iter().for_each(|item| find_changed(item, shared, out)),
        Node::Map(map) => map.iter().for_each(|(_, value)| find_changed(value, shared, out)),
    }
}

/// Brings a value to all places that share it.
pub(super) fn spread(node: &mut Node, number: u16, value: &Scalar) {
    match node {
        Node::Scalar(scalar) if scalar.shared == number => *scalar = value.clone(),
        Node::Scalar(_) => {}
        Node::List(items) => items.iter_mut().for_each(|item| spread(item, number, value)),
        Node::Map(map) => map.iter_mut().for_each(|(_, inner)| spread(inner, number, value)),
    }
}
