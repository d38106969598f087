//! The formats of files that SOPS encrypts.

use windlass_core::TreePath;

/// The format of a file, which decides how its values are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Format {
    /// YAML, one or several documents.
    Yaml,
    /// JSON.
    Json,
    /// Lines of `KEY=value`.
    Dotenv,
    /// Sections of `key = value`.
    Ini,
    /// Anything else, encrypted as a whole.
    Binary,
}

impl Format {
    /// Tells the format by the ending of a path, as sops does: `.yaml`, `.yml`, `.json`, `.env`, `.ini`, else binary.
    #[must_use]
    pub fn of(path: &TreePath) -> Self {
        match path.as_str().rsplit_once('.').map(|(_, ending)| ending) {
            Some("yaml" | "yml") => Self::Yaml,
            Some("json") => Self::Json,
            Some("env") => Self::Dotenv,
            Some("ini") => Self::Ini,
            _ => Self::Binary,
        }
    }
}
