//! A version.

use std::cmp::Ordering;
use std::fmt;

use crate::Invalid;
use crate::scan;

/// The most bytes of a version.
pub const VERSION_BYTES_MAX: usize = 256;

/// A version. `v1`, `1.2` and `01.2.3` are versions too.
///
/// It has no `Ord`: two versions that differ only behind `+` are the same to [`compare`](Self::compare).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Version {
    major: u64,
    minor: u64,
    patch: u64,
    prerelease: String,
    metadata: String,
    /// As it was written.
    original: String,
}

impl Version {
    /// Reads a version; missing numbers are 0, and `v` may stand in front.
    ///
    /// # Errors
    /// `Invalid` for what is no version.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() > VERSION_BYTES_MAX {
            return Err(too_long());
        }
        let parts = scan::version(text, scan::is_digit).filter(|parts| parts.end == text.len());
        let parts = parts.ok_or_else(invalid)?;
        parts.prerelease.map_or(Ok(()), check_prerelease)?;
        Ok(Self {
            major: number(parts.major)?,
            minor: number(parts.minor.unwrap_or("0"))?,
            patch: number(parts.patch.unwrap_or("0"))?,
            prerelease: parts.prerelease.unwrap_or_default().into(),
            metadata: parts.metadata.unwrap_or_default().into(),
            original: text.into(),
        })
    }

    /// Reads a version as [`parse`](Self::parse) does, without leading zeros: `CoerceNewVersion = false` in Go.
    ///
    /// # Errors
    /// `Invalid` for what is no version.
    pub fn parse_without_zeros(text: &str) -> Result<Self, Invalid> {
        let version = Self::parse(text)?;
        let numbers = text.trim_start_matches('v').split(['-', '+']).next().unwrap_or_default();
        numbers.split('.').try_for_each(check_number)?;
        Ok(version)
    }

    /// Reads a version as the [specification](https://semver.org) writes it: three numbers without leading zeros, and no `v`.
    ///
    /// # Errors
    /// `Invalid` for what is no version.
    pub fn parse_strict(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err(Invalid::new("version string empty"));
        }
        if text.len() > VERSION_BYTES_MAX {
            return Err(too_long());
        }
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(invalid());
        };
        let (rest, metadata) = rest.split_once('+').map_or((rest, None), |(rest, words)| (rest, Some(words)));
        metadata.map_or(Ok(()), check_metadata)?;
        let (patch, prerelease) =
            rest.split_once('-').map_or((rest, None), |(patch, words)| (patch, Some(words)));
        prerelease.map_or(Ok(()), check_prerelease)?;
        [major, minor, patch].into_iter().try_for_each(check_number)?;
        Ok(Self {
            major: number_strictly(major)?,
            minor: number_strictly(minor)?,
            patch: number_strictly(patch)?,
            prerelease: prerelease.unwrap_or_default().into(),
            metadata: metadata.unwrap_or_default().into(),
            original: text.into(),
        })
    }

    /// The first number.
    #[must_use]
    pub const fn major(&self) -> u64 {
        self.major
    }

    /// The second number.
    #[must_use]
    pub const fn minor(&self) -> u64 {
        self.minor
    }

    /// The third number.
    #[must_use]
    pub const fn patch(&self) -> u64 {
        self.patch
    }

    /// What follows `-`; empty where nothing does.
    #[must_use]
    pub fn prerelease(&self) -> &str {
        &self.prerelease
    }

    /// What follows `+`; empty where nothing does.
    #[must_use]
    pub fn metadata(&self) -> &str {
        &self.metadata
    }

    /// The version as it was written.
    #[must_use]
    pub fn original(&self) -> &str {
        &self.original
    }

    /// Compares; what follows `+` does not count.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(|| compare_prereleases(&self.prerelease, &other.prerelease))
    }

    /// The next major version. As in Go, what follows the largest number is 0.
    #[must_use]
    pub fn next_major(&self) -> Self {
        self.next(self.major.wrapping_add(1), 0, 0)
    }

    /// The next minor version.
    #[must_use]
    pub fn next_minor(&self) -> Self {
        self.next(self.major, self.minor.wrapping_add(1), 0)
    }

    /// The next patch: that of a prerelease is its own release.
    #[must_use]
    pub fn next_patch(&self) -> Self {
        let more = u64::from(self.prerelease.is_empty());
        self.next(self.major, self.minor, self.patch.wrapping_add(more))
    }

    /// The version with another prerelease, or with none.
    ///
    /// # Errors
    /// `Invalid` for what is no prerelease.
    pub fn with_prerelease(&self, prerelease: &str) -> Result<Self, Invalid> {
        if !prerelease.is_empty() {
            check_prerelease(prerelease)?;
        }
        Ok(Self { prerelease: prerelease.into(), ..self.clone() }.renamed(self.prefix()))
    }

    /// The version with another text behind `+`, or with none.
    ///
    /// # Errors
    /// `Invalid` for what may not stand there.
    pub fn with_metadata(&self, metadata: &str) -> Result<Self, Invalid> {
        if !metadata.is_empty() {
            check_metadata(metadata)?;
        }
        Ok(Self { metadata: metadata.into(), ..self.clone() }.renamed(self.prefix()))
    }

    fn next(&self, major: u64, minor: u64, patch: u64) -> Self {
        Self { major, minor, patch, ..Self::default() }.renamed(self.prefix())
    }

    fn renamed(mut self, prefix: &str) -> Self {
        self.original = format!("{prefix}{self}");
        self
    }

    fn prefix(&self) -> &'static str {
        if self.original.starts_with('v') { "v" } else { "" }
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

fn invalid() -> Invalid {
    Invalid::new("invalid semantic version")
}

fn too_long() -> Invalid {
    Invalid::new(format!("version string is too long (max {VERSION_BYTES_MAX} bytes)"))
}

fn number(digits: &str) -> Result<u64, Invalid> {
    number_strictly(digits).map_err(|error| Invalid::new(format!("error parsing version segment: {error}")))
}

/// The only digits that are no number are too many; none at all is what Go says of an empty text.
fn number_strictly(digits: &str) -> Result<u64, Invalid> {
    digits.parse().map_err(|_| {
        let why = if digits.is_empty() { "invalid syntax" } else { "value out of range" };
        Invalid::new(format!("strconv.ParseUint: parsing \"{digits}\": {why}"))
    })
}

fn check_number(digits: &str) -> Result<(), Invalid> {
    if !digits.bytes().all(scan::is_digit) {
        return Err(Invalid::new("invalid characters in version"));
    }
    if digits.len() > 1 && digits.starts_with('0') { Err(starts_with_zero()) } else { Ok(()) }
}

fn starts_with_zero() -> Invalid {
    Invalid::new("version segment starts with 0")
}

/// Numbers among the parts of a prerelease have no leading zero; numbers of the version itself may.
fn check_prerelease(prerelease: &str) -> Result<(), Invalid> {
    for part in prerelease.split('.') {
        if part.is_empty() || !part.bytes().all(scan::is_word) {
            return Err(Invalid::new("invalid prerelease string"));
        }
        if part.len() > 1 && part.starts_with('0') && part.bytes().all(scan::is_digit) {
            return Err(starts_with_zero());
        }
    }
    Ok(())
}

fn check_metadata(metadata: &str) -> Result<(), Invalid> {
    let odd = |part: &str| part.is_empty() || !part.bytes().all(scan::is_word);
    if metadata.split('.').any(odd) { Err(Invalid::new("invalid metadata string")) } else { Ok(()) }
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

pub(crate) fn compare_parts(left: &str, right: &str) -> Ordering {
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
        Version::parse(text).map_or_else(|error| error.to_string(), |version| version.to_string())
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
    fn zeros_and_what_is_missing_are_told_by_those_who_want_to_know() {
        let exact =
            |text| Version::parse_without_zeros(text).map_or_else(|e| e.to_string(), |v| v.to_string());
        assert_eq!(exact("v1.2-01a"), "1.2.0-01a");
        assert_eq!(exact("1.02"), "version segment starts with 0");
        let strict = |text| Version::parse_strict(text).map_or_else(|e| e.to_string(), |v| v.to_string());
        for (text, expected) in [
            ("1.2.3-a.1+b.01", "1.2.3-a.1+b.01"),
            ("", "version string empty"),
            ("1.2", "invalid semantic version"),
            ("v1.2.3", "invalid characters in version"),
            ("1.02.3", "version segment starts with 0"),
            ("1.2.3-", "invalid prerelease string"),
            ("1.2.3-a.01", "version segment starts with 0"),
            ("1.2.3+a..b", "invalid metadata string"),
            ("1..3", "strconv.ParseUint: parsing \"\": invalid syntax"),
        ] {
            assert_eq!(strict(text), expected, "{text}");
        }
    }

    #[test]
    fn what_comes_next_keeps_the_letter_in_front() {
        let from = Version::parse("v1.2.3-rc.1+build").unwrap();
        let shown =
            [from.next_major(), from.next_minor(), from.next_patch()].map(|next| next.original().to_owned());
        assert_eq!(shown, ["v2.0.0", "v1.3.0", "v1.2.3"]);
        assert_eq!(from.with_prerelease("").unwrap().original(), "v1.2.3+build");
        assert_eq!(from.with_metadata("a b").unwrap_err().to_string(), "invalid metadata string");
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
