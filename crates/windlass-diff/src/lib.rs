//! Three-way merge, comparison and masking of declarative objects, by schemas that are arguments.

pub mod compare;
mod items;
pub mod mask;
pub mod merge;
pub mod render;
pub mod schema;
pub mod spelling;
mod text;

pub use compare::{Facts, FieldChange, Holders, compare};
pub use mask::{KindMask, Mask, MaskRule, MaskRuleError};
pub use schema::{ListKind, Patch, Scalar, Schema, SchemaProblem, SchemaRef, Schemas, Shape};
pub use text::{LINES_MAX, VALUE_CHARS_MAX};
