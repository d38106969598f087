//! The algebra of sets. Each operation is linear in the size of both sets.

use std::cmp::Ordering;

use super::{FieldSet, Node, steps_order};

impl FieldSet {
    /// Gives the fields that are in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        zip(self, other, |one, other| match (one, other) {
            (Some(one), Some(other)) => node(one, one.member || other.member, one.below.union(&other.below)),
            (one, other) => one.or(other).cloned(),
        })
    }

    /// Gives the fields that are in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        zip(self, other, |one, other| {
            let (one, other) = (one?, other?);
            node(one, one.member && other.member, one.below.intersection(&other.below))
        })
    }

    /// Gives the fields that are in this set and not in the other. A field stays where only a field above it or below it
    /// is in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        zip(self, other, |one, other| match (one?, other) {
            (one, Some(other)) => node(one, one.member && !other.member, one.below.difference(&other.below)),
            (one, None) => Some(one.clone()),
        })
    }

    /// Gives the fields that are in this set, and neither in the other nor below a field of the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        zip(self, other, |one, other| match (one?, other) {
            (_, Some(other)) if other.member => None,
            (one, Some(other)) => node(one, one.member, one.below.without(&other.below)),
            (one, None) => Some(one.clone()),
        })
    }

    /// Gives the fields of this set that have no field of the other below them.
    #[must_use]
    pub(in crate::structured) fn not_above(&self, other: &Self) -> Self {
        zip(self, other, |one, other| match (one?, other) {
            (one, Some(other)) => {
                node(one, one.member && other.below.is_empty(), one.below.not_above(&other.below))
            }
            (one, None) => Some(one.clone()),
        })
    }

    /// Gives the fields of the set that have no field of it below them.
    #[must_use]
    pub fn leaves(&self) -> Self {
        let leaf = |one: &Node| node(one, one.member && one.below.is_empty(), one.below.leaves());
        Self { nodes: self.nodes.iter().filter_map(leaf).collect() }
    }
}

/// Makes a node at the step of another, if there is anything to hold.
fn node(at: &Node, member: bool, below: FieldSet) -> Option<Node> {
    (member || !below.is_empty()).then(|| Node { step: at.step.clone(), member, below })
}

/// Goes through both sets at once.
fn zip(
    one: &FieldSet,
    other: &FieldSet,
    join: impl Fn(Option<&Node>, Option<&Node>) -> Option<Node>,
) -> FieldSet {
    let (mut ones, mut others) = (one.nodes.iter().peekable(), other.nodes.iter().peekable());
    let mut nodes = Vec::with_capacity(one.nodes.len().max(other.nodes.len()));
    loop {
        let order = match (ones.peek(), others.peek()) {
            (Some(one), Some(other)) => steps_order(one, other),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return FieldSet { nodes },
        };
        nodes.extend(join(
            if order.is_le() { ones.next() } else { None },
            if order.is_ge() { others.next() } else { None },
        ));
    }
}
