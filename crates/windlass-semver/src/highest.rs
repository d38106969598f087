//! The highest of many names that are versions.

use std::fmt;

use crate::{Constraint, Version};

/// How many versions are told where none is allowed.
const NEAR_MAX: usize = 5;

/// The highest versions among names of which none is allowed: at most five, the highest first. Prints them with a space
/// between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near(Vec<Version>);

impl Near {
    /// Says whether no name was a version.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps the highest few, the highest first.
    fn keep(&mut self, version: Version) {
        let place = self.0.partition_point(|other| other.compare(&version).is_gt());
        if place < NEAR_MAX {
            self.0.insert(place, version);
            self.0.truncate(NEAR_MAX);
        }
    }
}

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, version) in self.0.iter().enumerate() {
            write!(f, "{}{version}", if at == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl Constraint {
    /// Gives the name that is the highest version allowed, as tags of a repository or a registry are chosen. A name counts if
    /// it is a whole version, with or without `v`: `v1.2.3`, not `v1`, as floating tags are called. Of two names that are one
    /// version, such as `1.0.0` and `v1.0.0`, the later one counts.
    ///
    /// ```
    /// let range = windlass_semver::Constraint::parse("~1.2")?;
    /// assert_eq!(range.highest(["v1.2.9", "1.2.10", "v1", "1.3.0"]), Ok("1.2.10"));
    /// assert_eq!(range.highest(["v1.1.0", "2.0.0"]).unwrap_err().to_string(), "2.0.0 1.1.0");
    /// # Ok::<(), windlass_semver::Invalid>(())
    /// ```
    ///
    /// # Errors
    /// The highest versions that are there, where none is allowed.
    pub fn highest<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Result<&'n str, Near> {
        let (mut best, mut others): (Option<(Version, &str)>, Near) = (None, Near(Vec::new()));
        for name in names {
            let Ok(version) = Version::parse_strict(name.strip_prefix('v').unwrap_or(name)) else { continue };
            if !self.allows(&version) {
                others.keep(version);
                continue;
            }
            let is_higher =
                |(than, other): &(Version, &str)| version.compare(than).then(name.cmp(other)).is_gt();
            if best.as_ref().is_none_or(is_higher) {
                best = Some((version, name));
            }
        }
        best.map(|(_, name)| name).ok_or(others)
    }
}
