//! What is wrong with an expression, and with what it was evaluated for.

use std::fmt;

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    message: String,
    column: usize,
}

impl Invalid {
    pub(crate) fn new(message: impl Into<String>, column: usize) -> Self {
        Self { message: message.into(), column }
    }

    /// The place in the text, in characters from one.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (column={})", self.message, self.column)
    }
}

impl std::error::Error for Invalid {}

/// Why an expression has no value for these variables, in the words of cel-go where it has any.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// A map has no such key.
    NoKey(String),
    /// A list has no such place.
    NoPlace(String),
    /// No function or operator of this name takes values of these kinds.
    NoOverload(String),
    /// A value cannot be what it should become.
    Conversion(String),
    /// A number is too large or too small for its kind, or is divided by zero.
    Arithmetic(&'static str),
    /// An optional value is not there.
    Empty,
    /// A regular expression cannot be read.
    Pattern(String),
    /// It takes more work than [`WORK_MAX`](crate::WORK_MAX).
    TooMuchWork,
    /// A variable that the expression names was not given.
    NoVariable(String),
    /// The result is of another kind than a condition.
    NotBool(&'static str),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey(key) => write!(f, "no such key: {key}"),
            Self::NoPlace(place) => write!(f, "index out of bounds: {place}"),
            Self::NoOverload(name) => write!(f, "no such overload: {name}"),
            Self::Conversion(what) => write!(f, "type conversion error: {what}"),
            Self::Arithmetic(what) => f.write_str(what),
            Self::Empty => f.write_str("optional.none() dereference"),
            Self::Pattern(why) => write!(f, "not a regular expression: {why}"),
            Self::TooMuchWork => {
                write!(f, "the expression takes too much work (work_max={})", crate::WORK_MAX)
            }
            Self::NoVariable(name) => write!(f, "no such attribute: {name}"),
            Self::NotBool(kind) => write!(f, "the result is not a condition (kind={kind})"),
        }
    }
}

impl std::error::Error for Failure {}
