//! The one error of all `dyn` traits.

mod form;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use form::ErrorForm;

use crate::{Need, Release, Text};

/// The result of every `dyn` trait of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of thing went wrong: what a caller decides by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The named thing does not exist.
    NotFound,
    /// The path belongs to the artifact but was not fetched; [`Error::needs`] lists what to bring.
    Unfetched,
    /// The kind of the object is not known to the target, or not yet.
    Undefined,
    /// No rights, no or wrong credentials.
    Denied,
    /// It waits for somebody's word or for a time; [`Error::release`] says for what. Nothing failed.
    Held,
    /// Somebody else's object or field, or a precondition that no longer holds.
    Conflict,
    /// The input is wrong; only its author can mend it.
    Invalid,
    /// Stored data is damaged.
    Corrupt,
    /// A named limit was reached.
    Limit,
    /// It took too long.
    Timeout,
    /// The caller cancelled.
    Cancelled,
    /// The other side cannot be reached or is overloaded.
    Unavailable,
    /// It cannot be done by this implementation.
    Unsupported,
    /// A defect of the implementation.
    Internal,
}

impl ErrorKind {
    /// Names the kind as messages and metrics do: `not found`, `denied`, …
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotFound => "not found",
            Self::Unfetched => "unfetched",
            Self::Undefined => "undefined",
            Self::Denied => "denied",
            Self::Held => "held",
            Self::Conflict => "conflict",
            Self::Invalid => "invalid",
            Self::Corrupt => "corrupt",
            Self::Limit => "limit",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::Unavailable => "unavailable",
            Self::Unsupported => "unsupported",
            Self::Internal => "internal",
        }
    }
}

/// Whether trying again may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Retry {
    /// The same call fails again until its input changes.
    Never,
    /// Trying again later may help.
    Backoff,
    /// The other side named the wait.
    After(#[serde(with = "crate::time::seconds")] Duration),
}

/// An error: one word wide, cheap to clone, with a kind for deciding, context for reading and a source for digging.
///
/// `Display` gives the message and its context, or all problems of [`Error::all`], one a line. It never shows a body
/// or a credential: whoever builds an error puts only names, paths and numbers into it.
///
/// ```
/// use windlass_core::{Error, ErrorKind};
/// let error = Error::new(ErrorKind::Invalid, "missing field").with("field", "/metadata/name").with("path", "web.yaml");
/// assert_eq!(error.to_string(), "missing field (field=/metadata/name, path=web.yaml)");
/// assert_eq!(error.kind(), ErrorKind::Invalid);
/// assert!(!error.may_have_written());
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: Text,
    context: Vec<(Text, Text)>,
    help: Option<Text>,
    retry: Option<Retry>,
    may_have_written: bool,
    needs: Vec<Need>,
    release: Option<Release>,
    problems: Vec<Error>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Makes an error. `message`: lower case, no full stop, what is wrong.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<Text>) -> Self {
        Self(Arc::new(Inner {
            kind,
            message: message.into(),
            context: Vec::new(),
            help: None,
            retry: None,
            may_have_written: false,
            needs: Vec::new(),
            release: None,
            problems: Vec::new(),
            source: None,
        }))
    }

    /// Joins several problems into one error: the kind is the first's, retry is worth it only where it is for all,
    /// and something may have been written where any of them says so. One problem stays itself, none is `None`. What was
    /// said of several problems together (context, help, that something may have been written, a cause) is said of each
    /// when they are joined with others.
    #[must_use]
    pub fn all(problems: impl IntoIterator<Item = Error>) -> Option<Self> {
        let mut flat: Vec<Error> = problems.into_iter().flat_map(Error::into_problems).collect();
        match flat.len() {
            0 => None,
            1 => flat.pop(),
            count => {
                let mut error = Self::new(flat[0].kind(), format!("{count} problems"));
                let inner = error.inner_mut();
                inner.may_have_written = flat.iter().any(Error::may_have_written);
                inner.retry = Some(joint_retry(&flat));
                inner.needs = flat.iter().flat_map(|problem| problem.needs().to_vec()).collect();
                inner.problems = flat;
                Some(error)
            }
        }
    }

    /// Adds a pair of context, such as `("path", "web.yaml")`. A key that is there already keeps its first value,
    /// which came from closer to the cause.
    #[must_use]
    pub fn with(mut self, key: impl Into<Text>, value: impl ToString) -> Self {
        let key = key.into();
        if !self.0.context.iter().any(|(have, _)| *have == key) {
            let value = Text::from(value.to_string());
            self.inner_mut().context.push((key, value));
        }
        self
    }

    /// Adds context to this error, or to each problem where it holds several.
    #[must_use]
    pub fn with_each(mut self, key: impl Into<Text>, value: impl ToString) -> Self {
        if self.0.problems.is_empty() {
            return self.with(key, value);
        }
        let (key, value) = (key.into(), value.to_string());
        let problems = &mut self.inner_mut().problems;
        *problems = problems.iter().map(|problem| problem.clone().with(key.clone(), &value)).collect();
        self
    }

    /// Says what to do next, as a sentence for a person.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<Text>) -> Self {
        self.inner_mut().help = Some(help.into());
        self
    }

    /// Adds the error that caused this one.
    #[must_use]
    pub fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.inner_mut().source = Some(Arc::new(source));
        self
    }

    /// Overrides whether trying again may help.
    #[must_use]
    pub fn retrying(mut self, retry: Retry) -> Self {
        self.inner_mut().retry = Some(retry);
        self
    }

    /// Says that something may have been written although the call failed.
    #[must_use]
    pub fn maybe_written(mut self) -> Self {
        self.inner_mut().may_have_written = true;
        self
    }

    /// Says what has to be brought before the call can succeed.
    #[must_use]
    pub fn needing(mut self, needs: impl IntoIterator<Item = Need>) -> Self {
        self.inner_mut().needs.extend(needs);
        self
    }

    /// Says what would let go on what is held back.
    #[must_use]
    pub fn released_by(mut self, release: Release) -> Self {
        self.inner_mut().release = Some(release);
        self
    }

    /// Gives the kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Gives the message without context.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Gives a value of the context.
    #[must_use]
    pub fn context(&self, key: &str) -> Option<&str> {
        self.0.context.iter().find(|(have, _)| *have == key).map(|(_, value)| value.as_str())
    }

    /// Goes through the context in the order in which it was added.
    pub fn contexts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.context.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Gives what to do next, where somebody knew.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// Says whether trying again may help: what was set, else by kind: [`ErrorKind::Timeout`],
    /// [`ErrorKind::Unavailable`], [`ErrorKind::Conflict`] and [`ErrorKind::Undefined`] back off, the rest never.
    #[must_use]
    pub fn retry(&self) -> Retry {
        self.0.retry.unwrap_or(match self.0.kind {
            ErrorKind::Timeout | ErrorKind::Unavailable | ErrorKind::Conflict | ErrorKind::Undefined => {
                Retry::Backoff
            }
            _ => Retry::Never,
        })
    }

    /// Says whether something may have been written although the call failed.
    #[must_use]
    pub fn may_have_written(&self) -> bool {
        self.0.may_have_written
    }

    /// Lists what has to be brought before the call can succeed.
    #[must_use]
    pub fn needs(&self) -> &[Need] {
        &self.0.needs
    }

    /// Says what would let go on what is held back: of an error of kind [`ErrorKind::Held`].
    #[must_use]
    pub fn release(&self) -> Option<&Release> {
        self.0.release.as_ref()
    }

    /// Lists the problems: those of [`Error::all`], else this one alone.
    #[must_use]
    pub fn problems(&self) -> &[Error] {
        if self.0.problems.is_empty() { std::slice::from_ref(self) } else { &self.0.problems }
    }

    /// Writes the error, its causes and its help over several lines, for a person.
    #[must_use]
    pub fn explain(&self) -> String {
        let mut lines = Vec::new();
        for problem in self.clone().into_problems() {
            lines.push(problem.to_string());
            let mut cause = problem.source();
            let mut help = problem.help();
            while let Some(inner) = cause {
                lines.push(format!("  because: {inner}"));
                help = help.or_else(|| inner.downcast_ref::<Self>()?.help());
                cause = inner.source();
            }
            lines.extend(help.map(|help| format!("  help: {help}")));
        }
        lines.join("\n")
    }

    /// Gives the problems, each with what was said of all of them together.
    #[must_use]
    pub fn into_problems(self) -> Vec<Error> {
        if self.0.problems.is_empty() {
            return vec![self];
        }
        self.0.problems.iter().cloned().map(|problem| problem.within(&self)).collect()
    }

    fn within(mut self, whole: &Self) -> Self {
        for (key, value) in &whole.0.context {
            self = self.with(key.clone(), value);
        }
        let inner = self.inner_mut();
        inner.may_have_written |= whole.0.may_have_written;
        inner.help = inner.help.take().or_else(|| whole.0.help.clone());
        inner.source = inner.source.take().or_else(|| whole.0.source.clone());
        self
    }

    fn inner_mut(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.0)
    }
}

/// The problems together are worth another try only if each is; the longest named wait counts.
fn joint_retry(problems: &[Error]) -> Retry {
    problems.iter().map(Error::retry).fold(Retry::After(Duration::ZERO), |all, one| match (all, one) {
        (Retry::Never, _) | (_, Retry::Never) => Retry::Never,
        (Retry::After(a), Retry::After(b)) => Retry::After(a.max(b)),
        (Retry::After(wait), Retry::Backoff) | (Retry::Backoff, Retry::After(wait)) if !wait.is_zero() => {
            Retry::After(wait)
        }
        _ => Retry::Backoff,
    })
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        for (at, (key, value)) in self.0.context.iter().enumerate() {
            write!(f, "{}{key}={value}", if at == 0 { " (" } else { ", " })?;
        }
        if !self.0.context.is_empty() {
            f.write_str(")")?;
        }
        self.0.problems.iter().try_for_each(|problem| write!(f, "\n- {problem}"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {self}", self.0.kind.name())?;
        let mut cause = self.source();
        while let Some(inner) = cause {
            write!(f, ": {inner}")?;
            cause = inner.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// Equal when everything a caller can decide or read by is equal; sources compare by their text.
impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        ErrorForm::from(self) == ErrorForm::from(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn all_keeps_every_problem_and_flattens() {
        let two =
            Error::all([Error::new(ErrorKind::Invalid, "a"), Error::new(ErrorKind::Denied, "b")]).unwrap();
        let three = Error::all([two, Error::new(ErrorKind::Timeout, "c").maybe_written()]).unwrap();
        assert_eq!(three.problems().len(), 3);
        assert_eq!(three.to_string(), "3 problems\n- a\n- b\n- c");
        assert_eq!(three.retry(), Retry::Never, "one that never helps decides");
        assert!(three.may_have_written());
    }

    #[test]
    fn what_was_said_of_several_problems_stays_with_each() {
        let two = Error::all([
            Error::new(ErrorKind::Invalid, "a").with_help("mend a"),
            Error::new(ErrorKind::Denied, "b"),
        ]);
        let two = two.unwrap().with("object", "x").with_help("look").maybe_written();
        let three = Error::all([two, Error::new(ErrorKind::Timeout, "c")]).unwrap();
        assert!(three.may_have_written());
        assert_eq!(three.explain(), "a (object=x)\n  help: mend a\nb (object=x)\n  help: look\nc");
    }

    #[test]
    fn the_help_of_a_cause_is_said_where_the_error_has_none() {
        let cause = Error::new(ErrorKind::Limit, "too large").with_help("split the unit");
        let error = Error::new(ErrorKind::Limit, "the state could not be saved").caused_by(cause);
        assert_eq!(
            error.explain(),
            "the state could not be saved\n  because: too large\n  help: split the unit"
        );
    }

    #[test]
    fn the_context_closest_to_the_cause_wins() {
        let error = Error::new(ErrorKind::Invalid, "bad").with("path", "inner").with("path", "outer");
        assert_eq!(error.context("path"), Some("inner"));
    }

    #[test]
    fn joint_retry_waits_for_the_longest() {
        let wait = |seconds| {
            Error::new(ErrorKind::Unavailable, "x").retrying(Retry::After(Duration::from_secs(seconds)))
        };
        let all = Error::all([wait(3), wait(7), Error::new(ErrorKind::Timeout, "y")]).unwrap();
        assert_eq!(all.retry(), Retry::After(Duration::from_secs(7)));
    }
}
