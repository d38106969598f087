//! The language of Go's text/template, with the values of Go and the errors of Helm.

mod engine;
mod env;
mod error;
mod object;
mod text;
mod time;
mod types;
mod value;

pub use engine::{Engine, Session, with_stack};
pub use env::{Env, HelmVersion, Limits, Lookup, Random, Resolve};
pub use error::{Place, TemplateError, TemplateErrorKind};
pub use object::{GoObject, Param, Shape, Signature};
pub use text::Text;
pub use time::{Time, Zone};
pub use value::{List, ListType, Map, MapType, Value};
