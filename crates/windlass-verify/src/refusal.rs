//! Why nothing was verified.

use std::fmt;

use crate::Format;

/// Why a signature does not count, or keys cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Nobody signed the object.
    Unsigned,
    /// The object is empty.
    Empty,
    /// The object or the keys are larger than their limit, in bytes or, of keys, in number.
    TooLarge(usize),
    /// The signature is of a format that is not verified, or of which no key was given.
    Format(Format),
    /// The signature cannot be read.
    Malformed,
    /// No given key made the signature over these bytes.
    NoKey,
    /// A given ring of OpenPGP keys cannot be read.
    KeyRing(String),
    /// A given key of SSH cannot be read: the line, and why.
    SshKey(usize, String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned => f.write_str("nobody signed it"),
            Self::Empty => f.write_str("there is nothing that is signed"),
            Self::TooLarge(max) => write!(f, "too large to verify (max={max})"),
            Self::Format(format) => write!(f, "no key for a signature of this format (format={format})"),
            Self::Malformed => f.write_str("the signature cannot be read"),
            Self::NoKey => f.write_str("none of the given keys made the signature"),
            Self::KeyRing(why) => write!(f, "not a ring of OpenPGP keys ({why})"),
            Self::SshKey(line, why) => write!(f, "not a key of SSH (line={line}, why={why})"),
        }
    }
}

impl std::error::Error for Refusal {}
