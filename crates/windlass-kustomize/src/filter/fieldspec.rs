//! Finds the fields that a field spec names, and makes them where it says so.

use windlass_core::{Error, ErrorKind, Result};

use crate::config::{FieldSpec, Step};
use crate::id::Gvk;
use crate::node::{Map, Node, Scalar, Style, Tag, wrong_kind};

/// What is made where a field is missing.
#[derive(Clone, Copy)]
pub(crate) enum Create {
    Scalar(Tag),
    Map,
}

impl Create {
    fn node(self) -> Node {
        match self {
            Self::Scalar(_) => Node::plain(""),
            Self::Map => Node::Map(Map::new()),
        }
    }

    /// What a null becomes.
    fn over_null(self, null: &Node) -> Node {
        match self {
            Self::Scalar(tag) => Node::Scalar(Scalar::new(null.spelling(), tag, Style::Plain)),
            Self::Map => Node::Map(Map::new()),
        }
    }
}

/// Calls `set` for each field of the object that the spec names, if it is of its kinds.
pub(crate) fn apply(
    spec: &FieldSpec,
    gvk: &Gvk,
    object: &mut Node,
    create: Option<Create>,
    set: &mut dyn FnMut(&mut Node) -> Result<()>,
) -> Result<()> {
    if !gvk.is_selected(&spec.gvk) {
        return Ok(());
    }
    apply_to_all(spec, object, create, set)
}

/// As [`apply`], whatever the kind.
pub(crate) fn apply_to_all(
    spec: &FieldSpec,
    object: &mut Node,
    create: Option<Create>,
    set: &mut dyn FnMut(&mut Node) -> Result<()>,
) -> Result<()> {
    let create = create.filter(|_| spec.create);
    walk(&spec.steps, object, create, set).map_err(|error| error.with_each("fieldspec_path", &spec.path))
}

fn walk(
    steps: &[Step],
    node: &mut Node,
    create: Option<Create>,
    set: &mut dyn FnMut(&mut Node) -> Result<()>,
) -> Result<()> {
    let Some((step, rest)) = steps.split_first() else { return set(node) };
    match node {
        node if node.is_null() => Ok(()),
        Node::List(items) => items.iter_mut().try_for_each(|item| walk(steps, item, create, set)),
        Node::Map(map) => {
            let Some(field) = field(map, step, rest, create)? else { return Ok(()) };
            walk(rest, field, create, set)
        }
        node => Err(wrong_kind("list or map", node)),
    }
}

/// Gives the field of a step, made where it is missing and may be made.
fn field<'m>(
    map: &'m mut Map,
    step: &Step,
    rest: &[Step],
    create: Option<Create>,
) -> Result<Option<&'m mut Node>> {
    let name = step.name.trim();
    if name.is_empty() {
        return Err(Error::new(ErrorKind::Invalid, "the path has an empty field name"));
    }
    let made = create.filter(|_| !step.list).map(|last| if rest.is_empty() { last } else { Create::Map });
    let at = match (map.position(name), made) {
        (Some(at), _) => at,
        (None, None) => return Ok(None),
        (None, Some(made)) => {
            map.push(name, made.node());
            map.len() - 1
        }
    };
    let field = map.at_mut(at);
    if field.is_null() {
        match made {
            Some(made) => *field = made.over_null(field),
            None if step.list => *field = Node::List(Vec::new()),
            None => {}
        }
    }
    Ok(Some(field))
}
