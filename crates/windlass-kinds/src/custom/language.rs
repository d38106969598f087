//! What a rule is made of.

use crate::argo::Status;

/// Rules and blocks are nested no deeper than this.
pub(super) const DEPTH_MAX: usize = 8;

/// One step of a rule; the first that answers decides.
pub(super) enum Step {
    /// Answers where all tests hold.
    Answer { status: Status, may_pass: bool, message: Template, tests: Vec<Test> },
    /// Runs a block where all tests hold.
    When(Vec<Test>, Vec<Step>),
    /// Runs a block for each element of a list or a map.
    Each(Path, Vec<Step>),
    /// Keeps what an expression gives under a name.
    Let(Box<str>, Expression),
}

pub(super) enum Expression {
    /// How many elements pass.
    Count(Path, Vec<Test>),
    /// The first element that passes.
    First(Path, Vec<Test>),
    /// The last element that passes.
    Last(Path, Vec<Test>),
    /// The element that comes first in the order of one of its fields.
    Least(Path, Path, Vec<Test>),
    /// A field of all elements, added up.
    Sum(Path, Path),
    /// The first number less the second.
    Less(Path, Path),
    /// A text for each element that passes, joined.
    Join {
        list: Path,
        each: Template,
        between: Box<str>,
        tests: Vec<Test>,
    },
    /// What stands before, or after, the first place of some text.
    Before(Path, Box<str>),
    After(Path, Box<str>),
    /// A text.
    Text(Template),
    /// What a path leads to.
    Value(Path),
}

/// Text with paths in it.
pub(super) struct Template(pub(super) Vec<Piece>);

pub(super) enum Piece {
    Text(Box<str>),
    Path(Path),
}

pub(super) struct Path {
    pub(super) root: Root,
    pub(super) fields: Vec<Field>,
    /// Whether the number of elements is meant and not the elements.
    pub(super) length: bool,
    /// How many characters are kept, where not all.
    pub(super) cut: Option<usize>,
    /// What stands for something absent.
    pub(super) otherwise: Option<Box<str>>,
}

pub(super) enum Root {
    Body,
    /// The element of the loop.
    Item,
    /// The place of the element, from one.
    Index,
    /// What [`Step::Let`] kept.
    Name(Box<str>),
}

pub(super) enum Field {
    Key(Box<str>),
    First,
    Last,
}

pub(super) struct Test {
    pub(super) left: Path,
    pub(super) operator: Operator,
    /// One of them has to fit, or none where the operator says unlike.
    pub(super) right: Vec<Operand>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Is,
    IsNot,
    Below,
    Above,
    AtMost,
    AtLeast,
    StartsWith,
    EndsUnlike,
    /// Without regard to case.
    Contains,
    Exists,
    Absent,
}

pub(super) enum Operand {
    Literal(Box<str>),
    Path(Path),
}
