//! The unit of reconciliation.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Error, ErrorKind, Result, Text};

/// Which unit: what is fetched, rendered, planned, applied and owned together. Two installations of an engine may each
/// have a unit of one name on one target; the installation tells them apart.
///
/// Written `shop` in the installation [`UnitId::DEFAULT_INSTALLATION`], and `staging/shop` in the installation `staging`.
///
/// ```
/// use windlass_core::UnitId;
/// let unit = UnitId::new("shop")?;
/// assert_eq!((unit.installation(), unit.as_str()), ("windlass", "shop"));
/// assert_eq!("staging/shop".parse::<UnitId>()?, unit.of_installation("staging")?);
/// # Ok::<(), windlass_core::Error>(())
/// ```
///
/// Invariant: the name has 1 to 63 characters, lower-case letters, digits, `-` and `.`, each part between the dots beginning
/// and ending with a letter or a digit, so that it can be a label value, a file name and part of an object's name anywhere.
/// The installation is such a name without dots.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId {
    /// `None` for the default one.
    installation: Option<Text>,
    name: Text,
}

impl UnitId {
    /// The installation of a unit that names none.
    pub const DEFAULT_INSTALLATION: &'static str = "windlass";

    /// Reads the name of a unit of the default installation.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where the invariant does not hold.
    pub fn new(name: &str) -> Result<Self> {
        if is_name(name) {
            return Ok(Self { installation: None, name: name.into() });
        }
        Err(Error::new(ErrorKind::Invalid, "not a unit name").with("name", name).with_help(
            "use 1 to 63 lower-case letters, digits, - and ., beginning and ending with a letter or a digit, also at each dot",
        ))
    }

    /// Gives the unit of this name in another installation.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what is not the name of an installation.
    pub fn of_installation(self, installation: &str) -> Result<Self> {
        if !is_name(installation) || installation.contains('.') {
            return Err(Error::new(ErrorKind::Invalid, "not the name of an installation")
                .with("installation", installation)
                .with_help(
                    "use 1 to 63 lower-case letters, digits and -, beginning and ending with a letter or a digit",
                ));
        }
        let named = (installation != Self::DEFAULT_INSTALLATION).then(|| installation.into());
        Ok(Self { installation: named, ..self })
    }

    /// Gives the name, without the installation.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Gives the name of the installation.
    #[must_use]
    pub fn installation(&self) -> &str {
        self.installation.as_deref().unwrap_or(Self::DEFAULT_INSTALLATION)
    }

    /// Says whether the unit belongs to the default installation.
    #[must_use]
    pub fn is_of_default_installation(&self) -> bool {
        self.installation.is_none()
    }
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=63).contains(&name.len())
        && name.chars().all(|c| plain(c) || matches!(c, '-' | '.'))
        && name.split('.').all(|part| part.starts_with(plain) && part.ends_with(plain))
}

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.installation {
            None => f.pad(&self.name),
            Some(installation) => f.pad(&format!("{installation}/{}", self.name)),
        }
    }
}

impl FromStr for UnitId {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        match text.split_once('/') {
            None => Self::new(text),
            Some((installation, name)) => Self::new(name)?.of_installation(installation),
        }
    }
}

impl Serialize for UnitId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnitId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Who owns a live object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// A unit.
    Unit(UnitId),
    /// Another tool, as it calls itself: `flux:apps/shop`.
    Other(Text),
}

impl Owner {
    /// Makes the owner that a unit is.
    #[must_use]
    pub fn of(unit: &UnitId) -> Self {
        Self::Unit(unit.clone())
    }

    /// Reads an owner from its text: a unit where it is the text of one.
    #[must_use]
    pub fn named(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Other(text.into()), Self::Unit)
    }

    /// Says whether it is `unit`.
    #[must_use]
    pub fn is_of(&self, unit: &UnitId) -> bool {
        matches!(self, Self::Unit(of) if of == unit)
    }

    /// Gives the unit, if it is one of the installation that `unit` belongs to.
    #[must_use]
    pub fn sibling_of(&self, unit: &UnitId) -> Option<&UnitId> {
        match self {
            Self::Unit(of) if of.installation() == unit.installation() => Some(of),
            _ => None,
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit(unit) => write!(f, "{unit}"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

impl Serialize for Owner {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Owner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::named(&String::deserialize(deserializer)?))
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

    #[test]
    fn the_installation_tells_units_of_one_name_apart() {
        let (shop, staging) = (UnitId::new("shop").unwrap(), "staging/shop".parse::<UnitId>().unwrap());
        assert_ne!(shop, staging);
        assert_eq!("windlass/shop".parse::<UnitId>().unwrap(), shop);
        assert_eq!(staging.to_string().parse::<UnitId>().unwrap(), staging);
        assert!("a.b/shop".parse::<UnitId>().is_err(), "an installation has no dots");
        assert!(Owner::of(&staging).sibling_of(&shop).is_none());
        assert_eq!(Owner::named("flux:a/b"), Owner::Other("flux:a/b".into()));
    }
}
