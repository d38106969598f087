//! Units and receivers as people write them: the table of fields, reading, checking, ordering.

mod bucket;
mod check;
mod draft;
mod fields;
mod fleet;
mod helm;
mod kustomize;
mod load;
mod mirror;
mod oci;
mod receiver;
mod schema;
#[cfg(test)]
mod tests;
mod unit;
mod web;

pub(crate) use bucket::{Bucket, BucketStyle};
#[cfg(test)]
pub(crate) use draft::Draft;
pub(crate) use draft::Setting;
pub(crate) use fields::{API_VERSION, Field, KIND, Shape, flagged};
pub(crate) use fleet::Fleet;
pub(crate) use kustomize::Pairs;
pub(crate) use load::Asked;
pub(crate) use oci::{Oci, OciReference};
pub(crate) use receiver::Receiver;
pub(crate) use schema::schema_text;
pub(crate) use unit::{Git, GitReference, Kubernetes, ServerFiles, Source, Target, Unit};
pub(crate) use web::{Archive, Chart};
