//! Expressions as trees.

use crate::Value;

/// An expression. Invariant of all that the parser gives: it is at most [`DEPTH_MAX`](crate::DEPTH_MAX) deep.
#[derive(Debug, Clone)]
pub(crate) enum Tree {
    Constant(Value),
    /// A variable, and where it stands in the text.
    Name(String, usize),
    /// `of.name`, or `of.?name`.
    Field {
        of: Box<Tree>,
        name: String,
        optional: bool,
    },
    /// `has(of.name)`.
    Has {
        of: Box<Tree>,
        name: String,
    },
    /// `of[at]`, or `of[?at]`.
    Index {
        of: Box<Tree>,
        at: Box<Tree>,
        optional: bool,
    },
    /// A function, or with a target a method.
    Call {
        target: Option<Box<Tree>>,
        function: String,
        arguments: Vec<Tree>,
        column: usize,
    },
    /// Items, and whether each is left out where it is an empty optional value.
    List(Vec<(Tree, bool)>),
    Map(Vec<(Tree, Tree, bool)>),
    Not(Box<Tree>),
    Negative(Box<Tree>),
    Binary(Operator, Box<Tree>, Box<Tree>),
    All(Vec<Tree>),
    Any(Vec<Tree>),
    If(Box<[Tree; 3]>),
    /// A macro over a list or the keys of a map.
    Each {
        walk: Walk,
        of: Box<Tree>,
        variable: String,
        parts: Vec<Tree>,
    },
    /// `of.optMap(variable, body)`; `flat` where the body gives an optional value itself.
    OptMap {
        of: Box<Tree>,
        variable: String,
        body: Box<Tree>,
        flat: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    /// How strongly it binds.
    pub(crate) const fn strength(self) -> u8 {
        match self {
            Self::Add | Self::Subtract => 2,
            Self::Multiply | Self::Divide | Self::Remainder => 3,
            _ => 1,
        }
    }

    /// How it is written.
    pub(crate) const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

/// What a macro makes of the items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Walk {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
}
