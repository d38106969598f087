//! Errors as Helm prints them, with template, line and column.

use std::fmt;

/// An error in a template, with the text that Helm prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    text: String,
    place: Option<Place>,
    kind: TemplateErrorKind,
}

/// Where in a template an error stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name of the template file.
    pub template: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in bytes, from 0 as Go counts; `None` for an error of the parser.
    pub column: Option<usize>,
}

/// What kind of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TemplateErrorKind {
    /// The text is no template.
    Parse,
    /// A template failed while it ran.
    Execute,
    /// `required` or `fail` ended the render.
    Asked,
    /// A limit was reached.
    Limit,
}

impl TemplateError {
    pub(crate) fn new(kind: TemplateErrorKind, text: String, place: Option<Place>) -> Self {
        Self { text, place, kind }
    }

    /// Helm's text for a file that is no template: the place and the innermost message.
    pub(crate) fn of_parsed_file(self) -> Self {
        let tokens: Vec<&str> = self.text.split(": ").collect();
        let (Some(location), Some(message)) = (tokens.get(1), tokens.last()) else {
            return self;
        };
        let text = format!("parse error at ({location}): {message}");
        Self { text, ..self }
    }

    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> TemplateErrorKind {
        self.kind
    }

    /// Where it stands, if that is known.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for TemplateError {}
