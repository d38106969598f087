//! The language of Go's text/template, with the values of Go and the errors of Helm.
//!
//! ```
//! use windlass_helm::template::{Engine, Env, HelmVersion, Map, Value};
//!
//! let engine = Engine::compile(
//!     HelmVersion::V4,
//!     [("_name.tpl", r#"{{ define "name" }}{{ .Name | trunc 3 }}{{ end }}"#), ("web.yaml", r#"name: {{ include "name" . }}"#)],
//! )?;
//! let data: Map = [("Name", Value::from("website"))].into_iter().collect();
//! assert_eq!(engine.render("web.yaml", &data.into(), &Env::default())?, b"name: web");
//! # Ok::<(), windlass_helm::template::TemplateError>(())
//! ```
//!
//! # Invariants
//!
//! - An [`Engine`] is compiled once and never changes: threads share it, and each render has values of its own.
//! - Lists and maps have identity, as in Go: what `set` or `merge` changes is changed for all that hold it.
//! - No clock, no randomness, no cluster and no name resolution is reached but what [`Env`] gives. With the same `Env` and
//!   data a render gives the same bytes; keys come in their order where Go has none.
//! - What goes on without end, nests without end or grows without end is a [`TemplateErrorKind::Limit`], and never takes
//!   the process down.
//!
//! It follows [text/template](https://pkg.go.dev/text/template) of Go 1.26, Sprig 3.3 and the functions of Helm 3.22 and
//! 4.3. It makes no DSA keys, and prints no addresses of memory where `%d` or `%p` would.

mod call;
pub(crate) mod duration;
mod engine;
mod env;
mod error;
mod eval;
pub(crate) mod failure;
pub(crate) mod fmt;
mod frame;
pub(crate) mod layout;
mod lexer;
mod methods;
mod node;
pub(crate) mod number;
mod object;
pub(crate) mod parse_time;
mod parser;
pub(crate) mod quote;
pub(crate) mod runes;
pub(crate) mod shared;
mod stack;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod truth;
mod types;
pub(crate) mod value;

pub use engine::{Engine, Session, with_stack};
pub use env::{Env, HelmVersion, Limits, Lookup, Random, Resolve};
pub use error::{Place, TemplateError, TemplateErrorKind};
pub use object::{GoObject, Param, Shape, Signature};
pub use text::Text;
pub use time::{Time, Zone};
pub use value::{List, ListType, Map, MapType, Value};

pub(crate) use frame::execute;
