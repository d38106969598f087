//! An expression that was compiled.

use std::collections::BTreeMap;

use crate::check::{Kind, check};
use crate::evaluate::Run;
use crate::parse::parse;
use crate::tree::Tree;
use crate::{Failure, Invalid, Value};

/// An expression that names only what is there.
#[derive(Debug, Clone)]
pub struct Expression {
    tree: Tree,
    kind: Kind,
}

impl Expression {
    /// Reads an expression that may name these variables.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    pub fn compile(text: &str, variables: &[&str]) -> Result<Self, Invalid> {
        let tree = parse(text)?;
        let kind = check(&tree, variables)?;
        Ok(Self { tree, kind })
    }

    /// Reads an expression that gives a condition by itself, as Flux wants it of a filter: `req.flag` alone may be
    /// anything, and is none.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    pub fn compile_condition(text: &str, variables: &[&str]) -> Result<Self, Invalid> {
        let compiled = Self::compile(text, variables)?;
        match compiled.kind {
            Kind::Bool => Ok(compiled),
            other => {
                let name = other.name();
                let message = format!("CEL expression output type mismatch: expected bool, got {name}");
                Err(Invalid::new(message, 1))
            }
        }
    }

    /// What is known of the kind of its result.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Evaluates it.
    ///
    /// # Errors
    /// The first thing that has no value, unless `&&`, `||`, `all` or `exists` can do without it.
    pub fn evaluate(&self, variables: &BTreeMap<&str, Value>) -> Result<Value, Failure> {
        Run::new(variables).value(&self.tree)
    }

    /// Evaluates a condition.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate), and [`Failure::NotBool`].
    pub fn holds(&self, variables: &BTreeMap<&str, Value>) -> Result<bool, Failure> {
        match self.evaluate(variables)? {
            Value::Bool(holds) => Ok(holds),
            other => Err(Failure::NotBool(other.kind())),
        }
    }
}
