//! Parts of an inventory: which object belongs into which.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use windlass_core::ObjectId;

/// How often an inventory is halved at most, and with it the number of parts.
const BITS_MAX: u32 = 24;

/// The objects whose hash begins with these bits. Written as the bits, `0110`; the whole is written ``.
///
/// A part grows and shrinks by itself: where it is too large it is halved, and no other part changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    /// The bits, at the upper end.
    start: u32,
    bits: u32,
}

impl Part {
    pub(super) const WHOLE: Self = Self { start: 0, bits: 0 };

    /// The part of one hash and no other: of all parts, the last that is not behind it is the one that holds it.
    pub(super) const fn at(hash: u32) -> Self {
        Self { start: hash, bits: u32::BITS }
    }

    pub(super) const fn holds(self, hash: u32) -> bool {
        self.bits == 0 || (hash ^ self.start) >> (u32::BITS - self.bits) == 0
    }

    /// Gives both halves; `None` where it is not halved any more.
    pub(super) const fn halves(self) -> Option<[Self; 2]> {
        if self.bits >= BITS_MAX {
            return None;
        }
        let bits = self.bits + 1;
        Some([Self { bits, ..self }, Self { start: self.start | 1 << (u32::BITS - bits), bits }])
    }

    /// Gives the other half of what it is a half of, and that.
    pub(super) const fn family(self) -> Option<(Self, Self)> {
        if self.bits == 0 {
            return None;
        }
        let last = 1 << (u32::BITS - self.bits);
        let whole = Self { start: self.start & !last, bits: self.bits - 1 };
        Some((Self { start: self.start ^ last, ..self }, whole))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..self.bits).try_for_each(|at| write!(f, "{}", self.start >> (31 - at) & 1))
    }
}

impl FromStr for Part {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut part = Self::WHOLE;
        for bit in text.bytes() {
            let half = part.halves().ok_or("too many bits")?;
            part = match bit {
                b'0' => half[0],
                b'1' => half[1],
                _ => return Err("neither 0 nor 1"),
            };
        }
        Ok(part)
    }
}

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Hashes an identity: FNV-1a, mixed so that the upper bits depend on all of it. Part of the stored format.
pub(super) fn hash(id: &ObjectId) -> u32 {
    let parts = [&id.group, &id.kind, &id.namespace, &id.name];
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    let mut hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ hash >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    ((hash ^ hash >> 33) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_hold_what_the_whole_holds_and_read_back() {
        let mut parts = vec![Part::WHOLE];
        while let Some(part) = parts.pop() {
            assert_eq!(part.to_string().parse(), Ok(part));
            let Some(halves) = part.halves().filter(|_| part.to_string().len() < 6) else { continue };
            for hash in (0..=255).map(|at| at << 24 | 0x5a_5a5a) {
                let within = halves.map(|half| half.holds(hash));
                assert_eq!(within[0] ^ within[1], part.holds(hash), "{part} and {hash:x}");
            }
            assert_eq!(halves.map(Part::family), [Some((halves[1], part)), Some((halves[0], part))]);
            parts.extend(halves);
        }
        assert!("2".parse::<Part>().is_err() && "0".repeat(33).parse::<Part>().is_err());
    }

    #[test]
    fn hashes_do_not_change_and_spread() {
        let id = |at: u32| ObjectId::new("", "ConfigMap", "shop", format!("web-{at}"));
        assert_eq!(hash(&ObjectId::new("apps", "Deployment", "shop", "web")), HASH_OF_WEB);
        let upper = (0..4096).filter(|at| hash(&id(*at)) >> 31 == 1).count();
        assert!((1900..2200).contains(&upper), "{upper} of 4096 are in the upper half");
    }

    /// What is stored is found by it, so that another value is another format.
    const HASH_OF_WEB: u32 = 3_312_570_900;
}
