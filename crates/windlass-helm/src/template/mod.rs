//! The language of Go's text/template, with the values of Go and the errors of Helm.

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
