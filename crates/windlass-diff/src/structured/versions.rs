//! The versions of a kind.

use thiserror::Error;
use windlass_core::{Text, Value};

use crate::SchemaRef;

/// What is known of the versions of a kind.
///
/// An implementor promises: `convert` to the version that the value has gives the value, and what it gives has the schema
/// of the version that was asked for.
pub trait Versions {
    /// Gives the schema of a version.
    ///
    /// # Errors
    /// [`VersionError::Unknown`] for a version that the kind does not have, or not any more.
    fn schema(&self, version: &str) -> Result<SchemaRef<'_>, VersionError>;

    /// Gives a value as another version has it.
    ///
    /// # Errors
    /// [`VersionError::Unknown`] for a version that the kind does not have; [`VersionError::Failed`] for a value that the
    /// version cannot have.
    fn convert(&self, value: &Value, from: &str, to: &str) -> Result<Value, VersionError>;
}

/// Why a version cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VersionError {
    /// The kind does not have it. What a manager owned at such a version is forgotten.
    #[error("no such version (version={version})")]
    Unknown {
        /// The version.
        version: Text,
    },
    /// The value cannot be had at the version.
    #[error("cannot be converted: {reason} (version={version})")]
    Failed {
        /// The version.
        version: Text,
        /// What stands in the way.
        reason: Text,
    },
}

/// A kind of which all versions look the same, as those of most custom kinds do.
#[derive(Debug, Clone, Copy)]
pub struct OneSchema<'s>(pub SchemaRef<'s>);

impl Versions for OneSchema<'_> {
    fn schema(&self, _: &str) -> Result<SchemaRef<'_>, VersionError> {
        Ok(self.0)
    }

    fn convert(&self, value: &Value, _: &str, _: &str) -> Result<Value, VersionError> {
        Ok(value.clone())
    }
}
