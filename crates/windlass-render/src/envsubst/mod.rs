//! Expressions such as `${var:-default}` in a text, with the grammar of Flux's envsubst 1.9.

mod eval;
mod parse;
mod pattern;
mod scan;

pub(crate) use eval::{Lookup, evaluate};
pub(crate) use parse::{Node, parse};

/// Why a text cannot be substituted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// An expression that is not one of the grammar.
    BadSubstitution,
    MissingClosingBrace,
    VariableName,
    Argument,
    DefaultFunction,
    /// A variable without a value, in strict mode.
    NotSet(String),
    /// Expressions inside expressions, or a pattern that takes too long.
    Limit {
        what: &'static str,
        max: u64,
    },
    /// A part of a text that ends inside a character.
    NotUtf8,
}

impl Wrong {
    /// Says it as envsubst does, where envsubst says it too.
    pub(crate) fn message(&self) -> &'static str {
        match self {
            Self::BadSubstitution => "bad substitution",
            Self::MissingClosingBrace => "missing closing brace",
            Self::VariableName => "unable to parse variable name",
            Self::Argument => "unable to parse substitution within function",
            Self::DefaultFunction => "unable to parse default function",
            Self::NotSet(_) => "variable not set (strict mode)",
            Self::Limit { .. } => "a substitution takes too long",
            Self::NotUtf8 => "a substitution cuts a character in two",
        }
    }
}
