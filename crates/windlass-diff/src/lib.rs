//! Three-way merge, comparison and masking of declarative objects, by schemas that are arguments.

pub mod schema;

pub use schema::{ListKind, Patch, Scalar, Schema, SchemaProblem, SchemaRef, Schemas, Shape};
