//! Defaults: what is empty, and what to take in its place.

use super::{
    args::{truth, value},
    table::Function,
};
use crate::template::{Param, Value, failure::Run, shared::Shared, truth::is_true};

const ONE: &[Param] = &[Param::Any];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("default", &[Param::Any, Param::Any], default),
    Function::new("empty", ONE, |_, args| Ok(Value::Bool(is_empty(value(args, 0))))),
    Function::variadic("coalesce", ONE, |_, args| {
        Ok(args.iter().find(|arg| !is_empty(arg)).cloned().unwrap_or_default())
    }),
    Function::variadic("all", ONE, |_, args| Ok(Value::Bool(!args.iter().any(is_empty)))),
    Function::variadic("any", ONE, |_, args| Ok(Value::Bool(args.iter().any(|arg| !is_empty(arg))))),
    Function::new("ternary", &[Param::Any, Param::Any, Param::Bool], |_, args| {
        Ok(value(args, usize::from(!truth(args, 2))).clone())
    }),
];

/// Sprig's `empty`: the zero value, which a struct never is.
pub(super) fn is_empty(value: &Value) -> bool {
    !is_true(value)
}

fn default(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let given = value(args, 1);
    Ok(value(args, usize::from(!is_empty(given))).clone())
}
