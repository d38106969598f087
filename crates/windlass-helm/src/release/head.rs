//! What Helm reads of a document: its kind, its name and what its annotations say of hooks.

use windlass_core::{Error, ErrorKind, Limits, Value};

use crate::decode::{Fields, Mismatch};
use crate::template::HelmVersion;
use crate::values::read::first_document;

/// The head of a document.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) annotations: Vec<(String, String)>,
}

fn no_yaml(error: &Error) -> Wrong {
    let line = error.context("line").and_then(|line| line.parse().ok()).unwrap_or(1);
    Wrong { kind: error.kind(), message: format!("error converting YAML to JSON: {}", error.message()), line }
}

/// Why a document is none.
pub(super) struct Wrong {
    pub(super) kind: ErrorKind,
    pub(super) message: String,
    /// The line of the document, from 1.
    pub(super) line: u32,
}

impl Head {
    /// Reads the head of a document.
    pub(super) fn read(document: &str, limits: &Limits, version: HelmVersion) -> Result<Self, Vec<Wrong>> {
        let value = match first_document(document.as_bytes(), limits) {
            Ok(value) => value,
            Err(error) => return Err(error.problems().iter().map(no_yaml).collect()),
        };
        let owner = match version {
            HelmVersion::V3 => "releaseutil.SimpleHead",
            HelmVersion::V4 => "util.SimpleHead",
        };
        Self::of(&value, owner).map_err(|wrong| {
            let message = format!("error unmarshaling JSON: while decoding JSON: {}", wrong.0);
            vec![Wrong { kind: ErrorKind::Invalid, message, line: 1 }]
        })
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
