//! Reads YAML as sigs.k8s.io/yaml does.

use windlass_yaml::{Options, Reader};

use crate::template::Value;

/// The first document of a text, or the text of Go's error.
pub(super) fn read(text: &[u8]) -> Result<Value, String> {
    let problem = |error: &windlass_core::Error| format!("error converting YAML to JSON: yaml: {error}");
    let mut reader = Reader::new(text, &Options::default()).map_err(|error| problem(&error))?;
    match reader.next() {
        None => Ok(Value::Null),
        Some(Ok(document)) => Ok(Value::of_file(&document.value)),
        Some(Err(error)) => Err(problem(&error)),
    }
}
