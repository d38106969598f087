//! Whether an expression names only what is there, and what kind its result has.

use crate::Invalid;
use crate::tree::{Operator, Tree, Walk};

/// What is known of the kind of a result before anything is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Nothing: it depends on the variables.
    Dyn,
    /// A condition.
    Bool,
    /// A whole number.
    Int,
    /// A whole number without a sign.
    Uint,
    /// A number of floating point.
    Double,
    /// A text.
    Text,
    /// Bytes.
    Bytes,
    /// A list.
    List,
    /// A map.
    Map,
    /// `null`.
    Null,
    /// A value that may be missing.
    Optional,
    /// The name of a kind.
    Type,
}

impl Kind {
    /// Its name in CEL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dyn => "dyn",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::Text => "string",
            Self::Bytes => "bytes",
            Self::List => "list",
            Self::Map => "map",
            Self::Null => "null",
            Self::Optional => "optional_type",
            Self::Type => "type",
        }
    }
}

/// A function: its name, whether it is called on a value, the least and the most arguments, what it gives.
type Function = (&'static str, bool, usize, usize, Kind);

const FUNCTIONS: [Function; 42] = [
    ("size", false, 1, 1, Kind::Int),
    ("size", true, 0, 0, Kind::Int),
    ("type", false, 1, 1, Kind::Type),
    ("dyn", false, 1, 1, Kind::Dyn),
    ("bool", false, 1, 1, Kind::Bool),
    ("int", false, 1, 1, Kind::Int),
    ("uint", false, 1, 1, Kind::Uint),
    ("double", false, 1, 1, Kind::Double),
    ("string", false, 1, 1, Kind::Text),
    ("bytes", false, 1, 1, Kind::Bytes),
    ("matches", false, 2, 2, Kind::Bool),
    ("matches", true, 1, 1, Kind::Bool),
    ("contains", true, 1, 1, Kind::Bool),
    ("startsWith", true, 1, 1, Kind::Bool),
    ("endsWith", true, 1, 1, Kind::Bool),
    ("charAt", true, 1, 1, Kind::Text),
    ("indexOf", true, 1, 2, Kind::Int),
    ("lastIndexOf", true, 1, 2, Kind::Int),
    ("join", true, 0, 1, Kind::Text),
    ("lowerAscii", true, 0, 0, Kind::Text),
    ("upperAscii", true, 0, 0, Kind::Text),
    ("replace", true, 2, 3, Kind::Text),
    ("reverse", true, 0, 0, Kind::Text),
    ("split", true, 1, 2, Kind::List),
    ("substring", true, 1, 2, Kind::Text),
    ("trim", true, 0, 0, Kind::Text),
    ("sets.contains", false, 2, 2, Kind::Bool),
    ("sets.equivalent", false, 2, 2, Kind::Bool),
    ("sets.intersects", false, 2, 2, Kind::Bool),
    ("base64.encode", false, 1, 1, Kind::Text),
    ("base64.decode", false, 1, 1, Kind::Bytes),
    ("optional.of", false, 1, 1, Kind::Optional),
    ("optional.ofNonZeroValue", false, 1, 1, Kind::Optional),
    ("optional.none", false, 0, 0, Kind::Optional),
    ("optional.unwrap", false, 1, 1, Kind::List),
    ("unwrapOpt", true, 0, 0, Kind::List),
    ("first", true, 0, 0, Kind::Optional),
    ("last", true, 0, 0, Kind::Optional),
    ("hasValue", true, 0, 0, Kind::Bool),
    ("value", true, 0, 0, Kind::Dyn),
    ("or", true, 1, 1, Kind::Optional),
    ("orValue", true, 1, 1, Kind::Dyn),
];

/// Whether functions have names with this before a dot.
pub(crate) fn is_namespace(name: &str) -> bool {
    matches!(name, "optional" | "sets" | "base64")
}

/// The kind that a name stands for, where it is no variable.
pub(crate) fn type_named(name: &str) -> Option<&'static str> {
    const TYPES: [&str; 11] = [
        "null_type",
        "bool",
        "int",
        "uint",
        "double",
        "string",
        "bytes",
        "list",
        "map",
        "optional_type",
        "type",
    ];
    TYPES.into_iter().find(|one| *one == name)
}

/// Checks names, and gives the kind of the result.
pub(crate) fn check(tree: &Tree, variables: &[&str]) -> Result<Kind, Invalid> {
    Scope { names: variables.to_vec() }.kind(tree)
}

struct Scope<'t> {
    names: Vec<&'t str>,
}

impl<'t> Scope<'t> {
    fn kind(&mut self, tree: &'t Tree) -> Result<Kind, Invalid> {
        match tree {
            Tree::Constant(value) => Ok(of_constant(value)),
            Tree::Name(name, column) => self.of_name(name, *column),
            Tree::Field { of, optional, .. } => {
                let of = self.kind(of)?;
                Ok(if *optional || of == Kind::Optional { Kind::Optional } else { Kind::Dyn })
            }
            Tree::Has { of, .. } => self.kind(of).map(|_| Kind::Bool),
            Tree::Index { of, at, optional } => {
                let of = self.kind(of)?;
                self.kind(at)?;
                Ok(if *optional || of == Kind::Optional { Kind::Optional } else { Kind::Dyn })
            }
            Tree::Call { target, function, arguments, column } => {
                self.of_call(target.as_deref(), function, arguments, *column)
            }
            Tree::List(items) => {
                items.iter().try_for_each(|(item, _)| self.kind(item).map(drop)).map(|()| Kind::List)
            }
            Tree::Map(entries) => {
                for (key, value, _) in entries {
                    self.kind(key)?;
                    self.kind(value)?;
                }
                Ok(Kind::Map)
            }
            Tree::Not(inner) => self.condition(inner, "!_").map(|()| Kind::Bool),
            Tree::Negative(inner) => match self.kind(inner)? {
                kind @ (Kind::Int | Kind::Double | Kind::Dyn) => Ok(kind),
                _ => Err(unfit("-_")),
            },
            Tree::Binary(operator, left, right) => {
                let (left, right) = (self.kind(left)?, self.kind(right)?);
                if !fits(*operator, left, right) {
                    return Err(unfit(&format!("_{}_", operator.sign())));
                }
                Ok(match operator {
                    Operator::Add
                    | Operator::Subtract
                    | Operator::Multiply
                    | Operator::Divide
                    | Operator::Remainder => either(left, right),
                    _ => Kind::Bool,
                })
            }
            Tree::All(parts) | Tree::Any(parts) => {
                parts.iter().try_for_each(|part| self.condition(part, "_&&_")).map(|()| Kind::Bool)
            }
            Tree::If(parts) => {
                let [condition, yes, no] = &**parts;
                self.condition(condition, "_?_:_")?;
                Ok(either(self.kind(yes)?, self.kind(no)?))
            }
            Tree::Each { walk, of, variable, parts } => {
                self.kind(of)?;
                self.within(variable, parts)?;
                Ok(if matches!(walk, Walk::Filter | Walk::Map) { Kind::List } else { Kind::Bool })
            }
            Tree::OptMap { of, variable, body, .. } => {
                self.kind(of)?;
                self.within(variable, std::slice::from_ref(&**body))?;
                Ok(Kind::Optional)
            }
        }
    }

    /// Checks what has to be a condition.
    fn condition(&mut self, tree: &'t Tree, function: &str) -> Result<(), Invalid> {
        match self.kind(tree)? {
            Kind::Bool | Kind::Dyn => Ok(()),
            _ => Err(unfit(function)),
        }
    }

    fn within(&mut self, variable: &'t str, parts: &'t [Tree]) -> Result<(), Invalid> {
        self.names.push(variable);
        let checked = parts.iter().try_for_each(|part| self.kind(part).map(drop));
        self.names.pop();
        checked
    }

    fn of_name(&self, name: &str, column: usize) -> Result<Kind, Invalid> {
        if self.names.contains(&name) {
            return Ok(Kind::Dyn);
        }
        match type_named(name) {
            Some(_) => Ok(Kind::Type),
            None => Err(Invalid::new(format!("undeclared reference to '{name}'"), column)),
        }
    }

    fn of_call(
        &mut self,
        target: Option<&'t Tree>,
        function: &str,
        arguments: &'t [Tree],
        column: usize,
    ) -> Result<Kind, Invalid> {
        let on = target.map(|target| self.kind(target)).transpose()?;
        arguments.iter().try_for_each(|argument| self.kind(argument).map(drop))?;
        let known: Vec<_> = FUNCTIONS.iter().filter(|(name, ..)| *name == function).collect();
        if known.is_empty() {
            return Err(Invalid::new(format!("undeclared reference to '{function}'"), column));
        }
        let fits = known.into_iter().find(|(_, method, least, most, _)| {
            *method == on.is_some() && (*least..=*most).contains(&arguments.len())
        });
        let kind = fits.map(|function| function.4);
        let kind =
            kind.ok_or_else(|| Invalid::new(format!("found no matching overload for '{function}'"), column))?;
        // A list is reversed to a list.
        match (function, on) {
            ("reverse", Some(Kind::List)) => Ok(Kind::List),
            ("reverse", Some(Kind::Dyn)) => Ok(Kind::Dyn),
            _ => Ok(kind),
        }
    }
}

fn unfit(function: &str) -> Invalid {
    Invalid::new(format!("found no matching overload for '{function}'"), 1)
}

/// Whether an operator takes two kinds, as far as they are known.
fn fits(operator: Operator, left: Kind, right: Kind) -> bool {
    let number = |kind| matches!(kind, Kind::Int | Kind::Uint | Kind::Double);
    let unknown = left == Kind::Dyn || right == Kind::Dyn;
    match operator {
        Operator::In => matches!(right, Kind::List | Kind::Map | Kind::Dyn),
        Operator::Equal | Operator::NotEqual => {
            unknown || left == right || left == Kind::Null || right == Kind::Null
        }
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
            unknown || left == right || number(left) && number(right)
        }
        _ => unknown || left == right,
    }
}

fn either(one: Kind, other: Kind) -> Kind {
    if one == other { one } else { Kind::Dyn }
}

fn of_constant(value: &crate::Value) -> Kind {
    match value.kind() {
        "bool" => Kind::Bool,
        "int" => Kind::Int,
        "uint" => Kind::Uint,
        "double" => Kind::Double,
        "string" => Kind::Text,
        "bytes" => Kind::Bytes,
        _ => Kind::Null,
    }
}
