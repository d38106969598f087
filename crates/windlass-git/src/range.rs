//! The highest tag of a range of versions.

use std::fmt;

use windlass_core::{Error, ErrorKind, Result};
use windlass_semver::Constraint;

/// How the names of tags begin.
pub(crate) const TAGS: &str = "refs/tags/";

/// A range of versions, among which the highest tag is followed.
///
/// ```
/// use windlass_git::{GitSource, Reference, TagRange};
///
/// let range = TagRange::new(">=1.2 <2").with_prefix("charts/web-");
/// let source = GitSource::new("https://example.org/fleet").reference(Reference::Semver(range));
/// ```
///
/// A tag counts if it is a whole version, with or without `v`: `v1.2.3`, not `v1`, as floating tags are called. Where
/// two differ only behind `+`, the later name counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagRange {
    range: String,
    prefix: String,
    prereleases: bool,
}

impl TagRange {
    /// A range in the language of Masterminds/semver: `>=1.2 <2`, `~1.4`, `1.x || 3.x`.
    #[must_use]
    pub fn new(range: impl Into<String>) -> Self {
        Self { range: range.into(), prefix: String::new(), prereleases: false }
    }

    /// Looks only at tags whose names begin with `prefix`, and reads what follows as the version.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Takes prereleases too, whatever the range says.
    #[must_use]
    pub fn with_prereleases(mut self) -> Self {
        self.prereleases = true;
        self
    }

    /// How the full names of its tags begin.
    pub(crate) fn start(&self) -> String {
        format!("{TAGS}{}", self.prefix)
    }

    /// Reads the range.
    pub(crate) fn constraint(&self) -> Result<Constraint> {
        let odd = self.prefix.chars().any(|c| c.is_control() || c.is_whitespace());
        if odd {
            return Err(Error::new(ErrorKind::Invalid, "no tag can begin like this")
                .with("prefix", self.prefix.escape_debug().take(200).collect::<String>()));
        }
        let read = Constraint::parse(&self.range).map_err(|error| {
            Error::new(ErrorKind::Invalid, "not a range of versions")
                .with("range", self.range.escape_debug().take(200).collect::<String>())
                .with_help("write it like `>=1.2 <2`, `~1.4` or `1.x`")
                .caused_by(error)
        })?;
        Ok(if self.prereleases { read.with_prereleases() } else { read })
    }

    /// Chooses among tags, given by what follows the start of their names; gives the full name of the best.
    pub(crate) fn choose<'n>(&self, rests: impl Iterator<Item = &'n str>) -> Result<String> {
        let best = self.constraint()?.highest(rests);
        best.map(|rest| format!("{}{rest}", self.start())).map_err(|near| {
            let error = Error::new(ErrorKind::NotFound, "no tag is in the range").with("range", self);
            if near.is_empty() { error } else { error.with("highest", near) }
        })
    }
}

impl fmt::Display for TagRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.prefix, self.range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(range: &TagRange, expected: &str) {
        let tags = [
            "v1",
            "v1.2.0",
            "1.2.10",
            "v1.2.9",
            "v1.3.0-rc.1",
            "v2.0.0",
            "latest",
            "1.02.1",
            "v0.1.0+a",
            "v0.1.0+b",
        ];
        let chosen = range.choose(tags.into_iter());
        assert_eq!(chosen.unwrap_or_else(|error| error.to_string()), expected);
    }

    #[test]
    fn the_highest_version_of_the_range_is_chosen_not_the_last_name() {
        check(&TagRange::new("1.x"), "refs/tags/1.2.10");
        check(&TagRange::new(">=1.0"), "refs/tags/v2.0.0");
        check(&TagRange::new("~0.1"), "refs/tags/v0.1.0+b");
    }

    #[test]
    fn a_prerelease_needs_to_be_asked_for() {
        check(&TagRange::new("1.x").with_prereleases(), "refs/tags/v1.3.0-rc.1");
        check(&TagRange::new("^1.2-0"), "refs/tags/v1.3.0-rc.1");
    }

    #[test]
    fn what_is_wrong_is_told_with_what_there_is() {
        check(
            &TagRange::new("3.x"),
            "no tag is in the range (range=3.x, highest=2.0.0 1.3.0-rc.1 1.2.10 1.2.9 1.2.0)",
        );
        check(&TagRange::new("newest"), "not a range of versions (range=newest)");
    }
}
