//! Sets of fields.

mod algebra;
mod v1;

use std::borrow::Cow;

use windlass_core::{FieldPath, Segment};

use super::order::{Step, steps};
use crate::SchemaRef;

pub use v1::FieldsError;

/// The most steps of a path in a set.
pub const FIELD_DEPTH_MAX: usize = 256;

/// A set of fields of an object: what a manager owns, or what a comparison found.
///
/// That a field is in the set says nothing of the fields above it and below it.
///
/// ```
/// use windlass_diff::structured::FieldSet;
/// let fields = |json: &str| json.parse::<FieldSet>().unwrap();
///
/// let kubectl = fields(r#"{"f:metadata": {"f:labels": {"f:app": {}}}, "f:spec": {"f:replicas": {}}}"#);
/// let autoscaler = fields(r#"{"f:spec": {"f:replicas": {}}}"#);
/// assert_eq!(kubectl.intersection(&autoscaler), autoscaler);
/// assert_eq!(kubectl.difference(&autoscaler).to_string(), r#"{"f:metadata":{"f:labels":{"f:app":{}}}}"#);
/// assert_eq!(kubectl.paths()[0].to_string(), "metadata.labels.app");
/// ```
// Invariant: `nodes` is sorted by step and has each step once; each is a member or has something below it; no path has
// more than FIELD_DEPTH_MAX steps.
#[derive(Clone, Default, PartialEq)]
pub struct FieldSet {
    nodes: Vec<Node>,
}

/// What a set has at one step and below it.
#[derive(Clone)]
struct Node {
    step: Segment,
    member: bool,
    below: FieldSet,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.member == other.member && Step(&self.step) == Step(&other.step) && self.below == other.below
    }
}

impl std::fmt::Debug for FieldSet {
    /// Says how many fields, not which: the keys of items are values.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FieldSet({} fields)", self.len())
    }
}

impl FieldSet {
    /// Makes an empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { nodes: Vec::new() }
    }

    /// Says whether nothing is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Counts the fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.iter().map(|node| usize::from(node.member) + node.below.len()).sum()
    }

    /// Says whether a field is in the set. The object itself never is.
    #[must_use]
    pub fn contains(&self, path: &FieldPath) -> bool {
        let Some((last, above)) = path.segments().split_last() else { return false };
        let mut set = self;
        for step in above {
            let Some(node) = set.node(step) else { return false };
            set = &node.below;
        }
        set.node(last).is_some_and(|node| node.member)
    }

    /// Adds a field, without those above it. The object itself is no field: adding it changes nothing.
    ///
    /// # Errors
    /// [`FieldsError::TooDeep`] for a path of more than [`FIELD_DEPTH_MAX`] steps; then nothing was added.
    pub fn insert(&mut self, path: &FieldPath) -> Result<(), FieldsError> {
        let segments = path.segments();
        if segments.len() > FIELD_DEPTH_MAX {
            return Err(FieldsError::TooDeep { limit: FIELD_DEPTH_MAX });
        }
        let Some((last, above)) = segments.split_last() else { return Ok(()) };
        let mut set = self;
        for step in above {
            set = &mut set.node_mut(step).below;
        }
        set.node_mut(last).member = true;
        Ok(())
    }

    /// Lists the fields, those of one level before those below any of them: the order in which an API server names them.
    #[must_use]
    pub fn paths(&self) -> Vec<FieldPath> {
        let mut found = Vec::new();
        self.collect(&mut Vec::new(), &mut found);
        found
    }

    fn collect(&self, at: &mut Vec<Segment>, found: &mut Vec<FieldPath>) {
        for node in self.nodes.iter().filter(|node| node.member) {
            at.push(node.step.clone());
            found.push(FieldPath::new(at.clone()));
            at.pop();
        }
        for node in &self.nodes {
            at.push(node.step.clone());
            node.below.collect(at, found);
            at.pop();
        }
    }

    /// Gives the set with each known field of a map as a member where something below it is: a struct is there as long as
    /// any of its fields is, a map of free keys is not.
    pub(super) fn with_named(&self, schema: SchemaRef<'_>) -> Self {
        let named = |node: &Node| {
            let (below, declared) = match &node.step {
                Segment::Field(name) => (schema.field(name), schema.declares(name)),
                Segment::Key(_) => (schema.item(), false),
                _ => (SchemaRef::any(), false),
            };
            let member = node.member || declared;
            Node { step: node.step.clone(), member, below: node.below.with_named(below) }
        };
        Self { nodes: self.nodes.iter().map(named).collect() }
    }

    /// Says whether the field one step from here is a member, and gives what is below it.
    pub(super) fn step(&self, step: &Segment) -> (bool, Option<&Self>) {
        match self.node(step) {
            Some(node) => (node.member, Some(&node.below).filter(|below| !below.is_empty())),
            None => (false, None),
        }
    }

    /// Lists the steps from here: whether each is a member, and what is below it.
    pub(super) fn steps(&self) -> impl Iterator<Item = (&Segment, bool, &Self)> {
        self.nodes.iter().map(|node| (&node.step, node.member, &node.below))
    }

    /// Makes a set of what is at each step. Steps may repeat, in any order; those without anything are left out.
    pub(super) fn of_steps(steps: Vec<(Segment, bool, Self)>) -> Self {
        let mut nodes: Vec<Node> = steps
            .into_iter()
            .filter(|(_, member, below)| *member || !below.is_empty())
            .map(|(step, member, below)| Node { step, member, below })
            .collect();
        // A stable sort is linear where the steps are sorted, as the fields of a map are.
        nodes.sort_by(steps_order);
        nodes.dedup_by(|next, kept| {
            let same = steps_order(next, kept).is_eq();
            if same {
                kept.member |= next.member;
                kept.below = kept.below.union(&next.below);
            }
            same
        });
        Self { nodes }
    }

    fn node(&self, step: &Segment) -> Option<&Node> {
        self.find(step).ok().map(|at| &self.nodes[at])
    }

    fn node_mut(&mut self, step: &Segment) -> &mut Node {
        let at = self.find(step).unwrap_or_else(|at| {
            self.nodes
                .insert(at, Node { step: sorted(step).into_owned(), member: false, below: Self::new() });
            at
        });
        &mut self.nodes[at]
    }

    fn find(&self, step: &Segment) -> Result<usize, usize> {
        let step = sorted(step);
        self.nodes.binary_search_by(|node| steps(&node.step, &step))
    }
}

fn steps_order(one: &Node, other: &Node) -> std::cmp::Ordering {
    steps(&one.step, &other.step)
}

/// Gives a step with the fields of its key in their order, in which sets hold them.
fn sorted(step: &Segment) -> Cow<'_, Segment> {
    match step {
        Segment::Key(keys) if !keys.is_sorted_by(|one, other| one.0 <= other.0) => {
            let mut keys = keys.clone();
            keys.sort_by(|one, other| one.0.cmp(&other.0));
            Cow::Owned(Segment::Key(keys))
        }
        step => Cow::Borrowed(step),
    }
}

impl FromIterator<FieldPath> for FieldSet {
    /// Makes a set of fields. Paths of more than [`FIELD_DEPTH_MAX`] steps are left out.
    fn from_iter<I: IntoIterator<Item = FieldPath>>(paths: I) -> Self {
        let mut set = Self::new();
        for path in paths {
            // The path is left out, as documented.
            let _ = set.insert(&path);
        }
        set
    }
}
