//! Versions and constraints as Masterminds/semver 3.5 reads them: laxer than the specification, and with a constraint
//! language of its own.

mod constraint;
mod scan;

use std::cmp::Ordering;
use std::fmt;

pub(crate) use constraint::Constraint;

/// A version. `v1`, `1.2` and `01.2.3` are versions too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Version {
    pub(crate) major: u64,
    pub(crate) minor: u64,
    pub(crate) patch: u64,
    pub(crate) prerelease: String,
    pub(crate) metadata: String,
    /// As it was written.
    pub(crate) original: String,
}

/// Why a text is no version or no constraint, in the words of the Go library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong(pub(crate) String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const VERSION_BYTES_MAX: usize = 256;

impl Version {
    /// Reads a version; missing numbers are 0.
    pub(crate) fn parse(text: &str) -> Result<Self, Wrong> {
        if text.len() > VERSION_BYTES_MAX {
            return Err(Wrong(format!("version string is too long (max {VERSION_BYTES_MAX} bytes)")));
        }
        let invalid = || Wrong("invalid semantic version".into());
        let parts = scan::version(text, scan::is_digit).ok_or_else(invalid)?;
        if parts.end != text.len() {
            return Err(invalid());
        }
        check_prerelease(parts.prerelease)?;
        Ok(Self {
            major: number(parts.major)?,
            minor: number(parts.minor.unwrap_or("0"))?,
            patch: number(parts.patch.unwrap_or("0"))?,
            prerelease: parts.prerelease.unwrap_or_default().into(),
            metadata: parts.metadata.unwrap_or_default().into(),
            original: text.into(),
        })
    }

    /// Compares; what follows `+` does not count.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(|| compare_prereleases(&self.prerelease, &other.prerelease))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

fn number(digits: &str) -> Result<u64, Wrong> {
    digits.parse().map_err(|_| {
        Wrong(format!(
            "error parsing version segment: strconv.ParseUint: parsing \"{digits}\": value out of range"
        ))
    })
}

/// Numbers among the parts of a prerelease have no leading zero; numbers of the version itself may.
fn check_prerelease(prerelease: Option<&str>) -> Result<(), Wrong> {
    let zero =
        |part: &str| part.len() > 1 && part.starts_with('0') && part.bytes().all(|b| b.is_ascii_digit());
    if prerelease.is_some_and(|prerelease| prerelease.split('.').any(zero)) {
        return Err(Wrong("version segment starts with 0".into()));
    }
    Ok(())
}

/// A version without a prerelease is higher than one with any.
fn compare_prereleases(left: &str, right: &str) -> Ordering {
    match (left.is_empty(), right.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => compare_parts(left, right),
    }
}

fn compare_parts(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let (a, b) = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (a, b) => (a.unwrap_or_default(), b.unwrap_or_default()),
        };
        let order = compare_part(a, b);
        if order.is_ne() {
            return order;
        }
    }
}

/// Numbers are compared as numbers and are lower than words; nothing is lower than something.
fn compare_part(left: &str, right: &str) -> Ordering {
    if left == right || left.is_empty() || right.is_empty() {
        return left.len().cmp(&right.len());
    }
    match (left.parse::<u64>(), right.parse::<u64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b).then(Ordering::Less),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => left.cmp(right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        Version::parse(text).map_or_else(|wrong| wrong.to_string(), |version| version.to_string())
    }

    #[test]
    fn versions_are_read_laxly() {
        for (text, expected) in [
            ("1", "1.0.0"),
            ("v1.2", "1.2.0"),
            ("01.02.03", "1.2.3"),
            ("1.2.3-alpha.1+build.5", "1.2.3-alpha.1+build.5"),
            ("1-rc", "1.0.0-rc"),
            ("1.2.3-01", "version segment starts with 0"),
            ("1.2.3.4", "invalid semantic version"),
            ("", "invalid semantic version"),
            ("V1", "invalid semantic version"),
            ("1.2.3-", "invalid semantic version"),
            ("latest", "invalid semantic version"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn prereleases_are_ordered_by_number_then_word() {
        let order = ["1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta", "1.0.0"];
        for pair in order.windows(2) {
            let [low, high] = [pair[0], pair[1]].map(|text| Version::parse(text).unwrap());
            assert_eq!(low.compare(&high), Ordering::Less, "{low} < {high}");
            assert_eq!(high.compare(&low), Ordering::Greater, "{high} > {low}");
        }
    }
}
