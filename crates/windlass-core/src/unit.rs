//! The unit of reconciliation.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Error, ErrorKind, Result, Text};

/// The name of a unit: what is fetched, rendered, planned, applied and owned together.
///
/// Invariant: 1 to 63 characters, lower-case letters, digits, `-` and `.`, each part between the dots beginning and
/// ending with a letter or a digit, so that it can be a label value, a file name and part of an object's name anywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(Text);

impl UnitId {
    /// Reads a name.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where the invariant does not hold.
    pub fn new(name: &str) -> Result<Self> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let good = (1..=63).contains(&name.len())
            && name.chars().all(|c| plain(c) || matches!(c, '-' | '.'))
            && name.split('.').all(|part| part.starts_with(plain) && part.ends_with(plain));
        if good {
            return Ok(Self(name.into()));
        }
        Err(Error::new(ErrorKind::Invalid, "not a unit name").with("name", name).with_help(
            "use 1 to 63 lower-case letters, digits, - and ., beginning and ending with a letter or a digit, also at each dot",
        ))
    }

    /// Gives the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for UnitId {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self> {
        Self::new(name)
    }
}

impl Serialize for UnitId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for UnitId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_cannot_be_a_label_is_refused() {
        for name in ["", "-a", "a-", "A", "a/b", "a_b", "..", "a..b", "a.-b", "a-.b", &"a".repeat(64)] {
            assert!(UnitId::new(name).is_err(), "{name:?} must be refused");
        }
        assert!(UnitId::new("team-a.web").is_ok());
    }
}
