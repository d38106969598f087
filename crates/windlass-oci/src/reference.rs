//! What of a repository is meant.

use std::fmt;

use windlass_core::{Digest, Error, ErrorKind, Result};
use windlass_semver::Constraint;

use crate::address::is_tag;

/// What of a repository is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reference {
    /// What this tag names now.
    Tag(String),
    /// The highest tag that is a version of this range, in the language of Masterminds/semver: `>=1.2 <2`, `~1.4`,
    /// `1.x || 3.x`.
    ///
    /// A tag counts if it is a whole version, with or without `v`: `v1.2.3`, not `v1`, as floating tags are called. A
    /// prerelease counts where the range asks for one, as `>=1.2.0-0` does.
    Semver(String),
    /// This artifact and no other: `sha256:…`.
    Digest(String),
}

/// A reference that was read.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    Tag(String),
    Semver { range: String, constraint: Constraint },
    Digest(Digest),
}

impl Wanted {
    pub(crate) fn read(reference: &Reference) -> Result<Self> {
        match reference {
            Reference::Tag(tag) if is_tag(tag) => Ok(Self::Tag(tag.clone())),
            Reference::Tag(tag) => Err(Error::new(ErrorKind::Invalid, "not a tag").with("tag", escaped(tag))),
            Reference::Digest(digest) => digest.parse().map(Self::Digest).map_err(|_| {
                Error::new(ErrorKind::Invalid, "not a digest")
                    .with("digest", escaped(digest))
                    .with_help("write sha256: and 64 hexadecimal digits")
            }),
            Reference::Semver(range) => {
                let constraint = Constraint::parse(range).map_err(|error| {
                    Error::new(ErrorKind::Invalid, "not a range of versions")
                        .with("range", escaped(range))
                        .with_help("write it like `>=1.2 <2`, `~1.4` or `1.x`")
                        .caused_by(error)
                })?;
                Ok(Self::Semver { range: escaped(range), constraint })
            }
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(text) | Self::Semver(text) | Self::Digest(text) => f.write_str(text),
        }
    }
}

fn escaped(text: &str) -> String {
    text.escape_debug().take(200).collect()
}

/// Chooses the highest tag of a range. Of two that are one version, such as `1.0.0` and `v1.0.0`, the later name counts.
pub(crate) fn choose(tags: &[String], range: &str, constraint: &Constraint) -> Result<String> {
    constraint.highest(tags.iter().map(String::as_str)).map(str::to_owned).map_err(|near| {
        let error = Error::new(ErrorKind::NotFound, "no tag is in the range").with("range", range);
        if near.is_empty() { error } else { error.with("highest", near) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(range: &str, expected: &str) {
        let tags = [
            "v1",
            "v1.2.0",
            "1.2.10",
            "v1.2.9",
            "1.3.0-rc.1",
            "v2.0.0",
            "2.0.0",
            "latest",
            "1.02.1",
            "1.4.0_a",
        ];
        let tags = tags.map(str::to_owned);
        let chosen = Wanted::read(&Reference::Semver(range.to_owned())).and_then(|wanted| match wanted {
            Wanted::Semver { range, constraint } => choose(&tags, &range, &constraint),
            _ => unreachable!("it is a range"),
        });
        assert_eq!(chosen.unwrap_or_else(|error| error.to_string()), expected);
    }

    #[test]
    fn the_highest_version_of_the_range_is_chosen_not_the_last_name() {
        check("1.x", "1.2.10");
        check(">=1.0", "v2.0.0");
        check("1.2.0", "v1.2.0");
    }

    #[test]
    fn a_prerelease_needs_to_be_asked_for() {
        check("^1.2-0", "1.3.0-rc.1");
        check("~1.3", "no tag is in the range (range=~1.3, highest=2.0.0 2.0.0 1.3.0-rc.1 1.2.10 1.2.9)");
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        check("newest", "not a range of versions (range=newest)");
        let wrong = |reference| Wanted::read(&reference).unwrap_err().message().to_owned();
        assert_eq!(wrong(Reference::Tag("a/b".into())), "not a tag");
        assert_eq!(wrong(Reference::Tag(String::new())), "not a tag");
        assert_eq!(wrong(Reference::Digest("sha512:00".into())), "not a digest");
    }
}
