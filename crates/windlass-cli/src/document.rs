//! Results for machines: one document for each unit, with a version, a kind, and the error where there is one.

use serde::Serialize;
use windlass_core::{ApiVersion, Error, ErrorForm, ErrorKind, Result, UnitId, Value};

use crate::args::Format;
use crate::words::visible_lines;

/// A result, with what went wrong although there is one.
#[derive(Debug, Serialize)]
pub(crate) struct Document<'a, T> {
    #[serde(flatten)]
    result: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorForm>,
}

/// What stands in the place of a result that there is not: of a unit, or of the whole command.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub(crate) struct Failure<'a> {
    api_version: ApiVersion,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'a UnitId>,
    error: ErrorForm,
}

/// What stands in the place of lines that nobody read in time.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub(crate) struct Lost {
    pub(crate) api_version: ApiVersion,
    pub(crate) lines: usize,
}

impl<'a, T> Document<'a, T> {
    pub(crate) fn new(result: &'a T, error: Option<&Error>) -> Self {
        Self { result, error: error.map(ErrorForm::from) }
    }
}

impl<'a> Failure<'a> {
    pub(crate) fn new(unit: Option<&'a UnitId>, error: &Error) -> Self {
        Self { api_version: ApiVersion, unit, error: error.into() }
    }
}

/// Writes a document; where it is not the first, so that the one before it has ended.
///
/// # Errors
/// [`ErrorKind::Internal`] for a form that cannot be written.
pub(crate) fn written(format: Format, form: &impl Serialize, first: bool) -> Result<String> {
    match format {
        Format::Yaml => Ok(format!("{}{}", if first { "" } else { "---\n" }, yaml(form)?)),
        _ => Ok(format!("{}\n", visible_lines(&serde_json::to_string_pretty(form).map_err(unwritable)?))),
    }
}

/// Writes a document as one line of JSON.
pub(crate) fn line(form: &impl Serialize) -> Option<String> {
    let text = serde_json::to_string(form).ok()?;
    Some(format!("{}\n", visible_lines(&text)))
}

/// Writes YAML by way of JSON, so that both forms say the same.
fn yaml(form: &impl Serialize) -> Result<String> {
    let json = serde_json::to_string(form).map_err(unwritable)?;
    let value: Value = serde_json::from_str(&json).map_err(unwritable)?;
    Ok(windlass_yaml::to_yaml(&value))
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, "the result cannot be written in this form").caused_by(error)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    #[test]
    fn what_a_terminal_acts_on_is_spelled_as_json_spells_it() {
        let form = json!({ "name": "a\n\u{9b}31m\u{202e}\u{7f}" });
        for text in [line(&form).unwrap(), written(Format::Json, &form, true).unwrap()] {
            assert!(text.contains(r"a\n\u009b31m\u202e\u007f"), "{text}");
            assert_eq!(serde_json::from_str::<Json>(&text).unwrap(), form, "and reads back");
        }
    }

    #[test]
    fn a_document_after_another_begins_with_a_line_of_dashes() {
        let form = json!({ "a": 1 });
        assert_eq!(written(Format::Yaml, &form, true).unwrap(), "a: 1\n");
        assert_eq!(written(Format::Yaml, &form, false).unwrap(), "---\na: 1\n");
    }
}
