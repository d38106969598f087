//! SHA-256 digests.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::{Error, ErrorKind, Value};

/// A SHA-256 digest, written `sha256:` and 64 hexadecimal digits.
///
/// ```
/// use windlass_core::Digest;
/// let digest = Digest::of(b"windlass");
/// assert_eq!(digest.to_string().parse::<Digest>()?, digest);
/// # Ok::<(), windlass_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Digests bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Digests a value by its [canonical text](Value::canonical).
    #[must_use]
    pub fn of_value(value: &Value) -> Self {
        Self::of(value.canonical().as_bytes())
    }

    /// Digests several parts, each with its length in front, so that `["ab", "c"]` and `["a", "bc"]` differ.
    #[must_use]
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Gives the 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Gives the first twelve hexadecimal digits, for people.
    #[must_use]
    pub fn short(&self) -> String {
        hex(&self.0).iter().take(12).map(|digit| char::from(*digit)).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        let digits = hex(&self.0);
        f.write_str(std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}…", self.short())
    }
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::new(ErrorKind::Invalid, "not a sha256 digest").with("digest", text);
        let hex = text.strip_prefix("sha256:").filter(|hex| hex.len() == 64).ok_or_else(wrong)?;
        let mut bytes = [0; 32];
        let mut seen = 0;
        for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let (high, low) = (VALUES[usize::from(digits[0])], VALUES[usize::from(digits[1])]);
            seen |= high | low;
            *byte = high << 4 | low;
        }
        if seen == NO_DIGIT { Err(wrong()) } else { Ok(Self(bytes)) }
    }
}

/// Gives the hexadecimal digits.
fn hex(bytes: &[u8; 32]) -> [u8; 64] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; 64];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    digits
}

/// No hexadecimal digit; every bit is set, so that it shows among others.
const NO_DIGIT: u8 = u8::MAX;

/// What each byte is worth as a hexadecimal digit, small or capital.
const VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value as usize] as usize] = value;
        values[b"0123456789ABCDEF"[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// Digests several parts one after the other, as [`Digest::of_parts`] does, without keeping them.
pub(crate) struct Parts {
    hasher: Sha256,
    part: String,
}

impl Parts {
    pub(crate) fn new() -> Self {
        Self { hasher: Sha256::new(), part: String::new() }
    }

    /// Adds a part as it is shown.
    pub(crate) fn add(&mut self, part: impl fmt::Display) {
        use fmt::Write as _;
        self.part.clear();
        // A text takes everything.
        let _ = write!(self.part, "{part}");
        self.hasher.update((self.part.len() as u64).to_be_bytes());
        self.hasher.update(&self.part);
    }

    pub(crate) fn finish(self) -> Digest {
        Digest(self.hasher.finalize().into())
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Spelled)
    }
}

/// Reads a digest as it is written, without keeping the text.
struct Spelled;

impl serde::de::Visitor<'_> for Spelled {
    type Value = Digest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a digest such as sha256:…")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Digest, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_small_or_capital_and_nothing_else_is() {
        let digest = Digest::of(b"a digest");
        let text = digest.to_string();
        let capital = format!("sha256:{}", text["sha256:".len()..].to_uppercase());
        assert_eq!((text.parse(), capital.parse()), (Ok(digest), Ok(digest)));
        assert_eq!(serde_json::from_str::<Digest>(&format!("\"{text}\"")).unwrap(), digest);
        for wrong in 0..=u8::MAX {
            let wrong = char::from(wrong);
            if wrong.is_ascii_hexdigit() || !wrong.is_ascii() {
                continue;
            }
            for at in ["sha256:".len(), text.len() - 1] {
                let mut broken = text.clone();
                broken.replace_range(at..=at, &wrong.to_string());
                assert!(broken.parse::<Digest>().is_err(), "{broken:?}");
            }
        }
        for short in ["", "sha256:", &text[..text.len() - 1], &text["sha256:".len()..]] {
            assert!(short.parse::<Digest>().is_err(), "{short:?}");
        }
    }
}
