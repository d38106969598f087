//! Failures while a template runs, and how each version of Helm prints them.

use super::{
    HelmVersion, Place, TemplateError, TemplateErrorKind,
    value::{VALUE_DEPTH_MAX, VALUES_MAX},
};

/// A failure with the whole text that Go's error has, and the failure that it wraps.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) text: String,
    pub(crate) cause: Option<Box<Failure>>,
    pub(crate) place: Option<Place>,
    pub(crate) kind: TemplateErrorKind,
}

pub(crate) type Run<T> = Result<T, Box<Failure>>;

/// Around the text of `required` and `fail`, by which Helm finds it inside an error.
const ASKED_START: &str = "HELM_ERR_START";
const ASKED_END: &str = "HELM_ERR_END";

impl Failure {
    /// The failure of a function, by its text.
    pub(crate) fn message(text: impl Into<String>) -> Box<Self> {
        Box::new(Self { text: text.into(), cause: None, place: None, kind: TemplateErrorKind::Execute })
    }

    /// The failure that `required` and `fail` ask for.
    pub(crate) fn asked(text: &str) -> Box<Self> {
        let text = format!("{ASKED_START}{text}{ASKED_END}");
        Box::new(Self { text, cause: None, place: None, kind: TemplateErrorKind::Asked })
    }

    /// A limit that was reached.
    pub(crate) fn limit(text: impl Into<String>) -> Box<Self> {
        Box::new(Self { text: text.into(), cause: None, place: None, kind: TemplateErrorKind::Limit })
    }

    /// A value that nests too deep, or unfolds to too many.
    pub(crate) fn too_much() -> Box<Self> {
        Self::limit(format!(
            "a value nests deeper than {VALUE_DEPTH_MAX} or has more than {VALUES_MAX} parts"
        ))
    }

    /// This failure with words before its text, wrapped as `%w` does.
    pub(crate) fn wrapped(self: Box<Self>, before: &str) -> Box<Self> {
        let text = format!("{before}{}", self.text);
        Box::new(Self { text, place: None, kind: self.kind, cause: Some(self) })
    }

    /// This failure as a template has it: with words before, and a place. What it wraps stays.
    pub(crate) fn placed(mut self: Box<Self>, before: &str, place: Option<Place>) -> Box<Self> {
        self.text.insert_str(0, before);
        self.place = place;
        self
    }

    /// What Helm prints for a failure of a file.
    pub(crate) fn to_error(&self, version: HelmVersion) -> TemplateError {
        let text = self.asked_text().unwrap_or_else(|| match version {
            HelmVersion::V3 => self.text.clone(),
            HelmVersion::V4 => self.as_trace(),
        });
        TemplateError::new(self.kind, text, self.place.clone())
    }

    /// `execution error at (file:line:column): text` for what `required` and `fail` asked for.
    fn asked_text(&self) -> Option<String> {
        let mut tokens = self.text.splitn(3, ": ");
        let (location, rest) = (tokens.nth(1)?, tokens.next()?);
        let start = rest.find(ASKED_START)? + ASKED_START.len();
        let end = rest.rfind(ASKED_END).filter(|end| *end >= start)?;
        Some(format!("execution error at ({location}): {}", &rest[start..end]))
    }

    /// Helm 4's lines: one place after another, from the file to the cause.
    fn as_trace(&self) -> String {
        let mut steps: Vec<String> = Vec::new();
        let mut current = Some(self);
        while let Some(failure) = current {
            let Some(step) = trace_step(&failure.text) else {
                return self.text.clone();
            };
            if steps.last() != Some(&step) {
                steps.push(step);
            }
            current = failure.cause.as_deref();
        }
        steps.concat().trim().to_string()
    }
}

/// One place of a trace from the text of an error, or `None` where the text has another form.
fn trace_step(text: &str) -> Option<String> {
    let rest = text.strip_prefix("template: ")?;
    if rest.starts_with("no template ") {
        return Some(format!("{text}\n"));
    }
    if let Some(step) = executing_step(rest) {
        return Some(step);
    }
    let (name, message) = rest.rsplit_once(": ")?;
    Some(step(name, None, cut_chain(message)))
}

fn executing_step(rest: &str) -> Option<String> {
    let (name, after) = rest.split_once(": executing ")?;
    let (function, after) = after.strip_prefix('"')?.split_once('"')?;
    let (place, message) = after.strip_prefix(" at <")?.split_once(">: ")?;
    Some(step(name, Some(&format!("executing \"{function}\" at <{place}>:")), cut_chain(message)))
}

fn cut_chain(message: &str) -> &str {
    message.find(" template:").map_or(message, |at| &message[..at])
}

fn step(name: &str, executing: Option<&str>, message: &str) -> String {
    let mut out = String::new();
    if !name.is_empty() {
        out.push_str(&format!("{name}\n  "));
    }
    if let Some(executing) = executing {
        out.push_str(&format!("{executing}\n    "));
    }
    if !message.is_empty() {
        out.push_str(&format!("{message}\n"));
    }
    out
}
