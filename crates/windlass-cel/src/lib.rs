//! Expressions of [CEL](https://cel.dev), the Common Expression Language, as Flux evaluates them.
//!
//! ```
//! use std::collections::BTreeMap;
//! use windlass_cel::{Expression, Value};
//!
//! let filter = Expression::compile("res.name == 'web' && req.tags.exists(tag, tag.startsWith('v'))", &["res", "req"])?;
//! let res = Value::map([("name", Value::from("web"))]);
//! let req = Value::map([("tags", Value::list([Value::from("latest"), Value::from("v1.2")]))]);
//! let variables = BTreeMap::from([("res", res), ("req", req)]);
//! assert_eq!(filter.evaluate(&variables)?, Value::Bool(true));
//!
//! let unknown = Expression::compile("request.tags", &["res", "req"]).unwrap_err();
//! assert_eq!(unknown.to_string(), "undeclared reference to 'request' (column=1)");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Invariants
//! - An expression that compiled names only variables and functions that are there.
//! - No text and no value makes it panic: depth, length and work are bounded by [`TEXT_BYTES_MAX`], [`DEPTH_MAX`] and
//!   [`WORK_MAX`].
//! - What is missing is an error and not `false`; `&&`, `||`, `all` and `exists` pass over an error where the rest decides.
//!
//! # What there is
//! The language with its macros (`has`, `all`, `exists`, `exists_one`, `map`, `filter`), optional values
//! (`a.?b`, `a[?b]`, `optMap`, `orValue`, `first`, `last`), and the functions of the extensions for strings, sets and
//! encoders, as [cel-go](https://github.com/google/cel-go) has them and Flux switches on.
//!
//! # What it does not do
//! Timestamps, durations, messages of protocol buffers, `format` and `strings.quote` are not there, nor the libraries of
//! Kubernetes; an expression that names them does not compile. Types are not checked but for the result: `1 + 'a'` is an
//! error when it is evaluated.

mod check;
mod compare;
mod error;
mod evaluate;
mod expression;
mod functions;
mod literal;
mod parse;
mod strings;
mod token;
mod tree;
mod value;

pub use check::Kind;
pub use error::{Failure, Invalid};
pub use evaluate::WORK_MAX;
pub use expression::Expression;
pub use parse::{DEPTH_MAX, TEXT_BYTES_MAX};
pub use value::{Key, Value};
