//! What Helm reads of a document: its kind, its name and what its annotations say of hooks.

use windlass_core::{Limits, Value};

use crate::decode::{Fields, Mismatch};
use crate::values::read::first_document;

/// The head of a document.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) annotations: Vec<(String, String)>,
}

impl Head {
    /// Reads the head of a document.
    pub(super) fn read(document: &str, limits: &Limits, owner: &'static str) -> Result<Self, String> {
        let value = first_document(document.as_bytes(), limits)
            .map_err(|error| format!("error converting YAML to JSON: {error}"))?;
        Self::of(&value, owner)
            .map_err(|wrong| format!("error unmarshaling JSON: while decoding JSON: {}", wrong.0))
    }

    fn of(value: &Value, owner: &'static str) -> Result<Self, Mismatch> {
        let mut head = Self::default();
        if value.is_null() {
            return Ok(head);
        }
        let fields = Fields::of(value, owner)?;
        fields.text("apiVersion", &mut head.api_version)?;
        fields.text("kind", &mut head.kind)?;
        if let Some(metadata) = fields.get("metadata") {
            let fields = Fields::of(metadata, ".metadata")?;
            fields.text("name", &mut head.name)?;
            head.annotations = fields.text_map("annotations")?.unwrap_or_default();
        }
        Ok(head)
    }

    /// Gives an annotation.
    pub(super) fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
