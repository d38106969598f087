//! What an authority for timestamps says: that a signature was there at a time
//! ([RFC 3161](https://www.rfc-editor.org/rfc/rfc3161)).

use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{DateTime, Decode};

use super::authority::Authority;
use super::certificate::{ALGORITHMS, Held, TIME_STAMPING, oid};
use super::der::{children, content, wrapped};
use super::key::Hash;

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const STAMP: &str = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const HASHES: [(&str, Hash); 3] = [
    ("2.16.840.1.101.3.4.2.1", Hash::Sha256),
    ("2.16.840.1.101.3.4.2.2", Hash::Sha384),
    ("2.16.840.1.101.3.4.2.3", Hash::Sha512),
];
const SET: u8 = 0x31;
/// `[0]`, around more values or in the place of a tag.
const ZERO: u8 = 0xa0;
/// The most certificates that a timestamp may bring.
const CERTIFICATES_MAX: usize = 8;

/// The time at which a trusted authority saw the signature, in seconds; `None` where it is not verified.
pub(super) fn time(response: &[u8], signature: &[u8], authorities: &[Authority]) -> Option<u64> {
    let stamp = Stamp::read(response)?;
    let time = stamp.time_of(signature)?;
    let is_by = |authority: &&Authority| stamp.is_by(authority, time).is_some();
    authorities.iter().find(is_by).map(|_| time)
}

struct Stamp<'a> {
    /// What is said: of what, and when.
    said: &'a [u8],
    certificates: Vec<&'a [u8]>,
    hash: Hash,
    /// What is signed, which names the digest of what is said.
    attributes: &'a [u8],
    signed_with: Hash,
    signature: &'a [u8],
}

impl<'a> Stamp<'a> {
    fn read(response: &'a [u8]) -> Option<Self> {
        let token = *children(response)?.get(1)?;
        let [kind, data] = children(token)?[..] else { return None };
        let [data] = children(data).filter(|_| is(kind, SIGNED_DATA))?[..] else { return None };
        let data = children(data)?;
        let [kind, said] = children(data.get(2)?)?[..] else { return None };
        let [said] = children(said).filter(|_| is(kind, STAMP))?[..] else { return None };
        let certificates = data.get(3).filter(|value| value.first() == Some(&ZERO));
        let certificates = certificates.map(|value| children(value)).unwrap_or(Some(Vec::new()))?;
        let [signer] = children(data.last()?)?[..] else { return None };
        let signer = children(signer)?;
        let [_, _, hash, attributes, algorithm, signature, ..] = signer[..] else { return None };
        let hash = named(hash, &HASHES)?;
        let is_plain = certificates.len() <= CERTIFICATES_MAX && attributes.first() == Some(&ZERO);
        is_plain.then_some(Self {
            said: content(said)?,
            certificates,
            hash,
            attributes,
            signed_with: named(algorithm, &ALGORITHMS).unwrap_or(hash),
            signature: content(signature)?,
        })
    }

    /// When it was made, if it is about this signature.
    fn time_of(&self, signature: &[u8]) -> Option<u64> {
        let said = children(self.said)?;
        let [_, _, imprint, _, time, ..] = said[..] else { return None };
        let [hash, digest] = children(imprint)?[..] else { return None };
        let is_same = content(digest)? == named(hash, &HASHES)?.of(signature);
        is_same.then(|| seconds(content(time)?))?
    }

    /// Whether an authority made it, by a certificate for that which was valid at the time.
    fn is_by(&self, authority: &Authority, time: u64) -> Option<()> {
        let signed = self.signed()?;
        let brought = self.certificates.iter().filter_map(|der| Held::read(der).ok());
        let mut candidates = authority.certificates().iter().cloned().chain(brought);
        let fits = |candidate: &Held| {
            candidate.is_for(TIME_STAMPING, false)
                && !candidate.is_authority(0)
                && candidate.is_valid_at(time)
                && candidate.key().made_with(self.signed_with, self.signature, &signed)
                && authority.issuer(candidate, TIME_STAMPING, time).is_ok()
        };
        candidates.any(|candidate| fits(&candidate)).then_some(())
    }

    /// What is signed, if it is about what is said.
    fn signed(&self) -> Option<Vec<u8>> {
        let (mut kind, mut digest) = (None, None);
        for attribute in children(self.attributes)? {
            let [name, values] = children(attribute)?[..] else { return None };
            let [value] = children(values)?[..] else { continue };
            if is(name, CONTENT_TYPE) {
                kind = Some(value);
            } else if is(name, MESSAGE_DIGEST) {
                digest = Some(content(value)?);
            }
        }
        let is_same = is(kind?, STAMP) && digest? == self.hash.of(self.said);
        is_same.then(|| content(self.attributes).map(|inside| wrapped(SET, inside)))?
    }
}

fn is(value: &[u8], name: &str) -> bool {
    ObjectIdentifier::from_der(value).is_ok_and(|id| id == oid(name))
}

/// The hash that an algorithm means.
fn named(algorithm: &[u8], known: &[(&str, Hash)]) -> Option<Hash> {
    let algorithm = children(algorithm)?;
    known.iter().find(|(name, _)| algorithm.first().is_some_and(|id| is(id, name))).map(|(_, hash)| *hash)
}

/// Reads a time as `20260110120000Z`, with fractions of a second or without.
fn seconds(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    if whole.len() != 14 || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize| whole.get(from..from + 2)?.parse::<u8>().ok();
    let year = whole.get(..4)?.parse().ok()?;
    let time = DateTime::new(year, part(4)?, part(6)?, part(8)?, part(10)?, part(12)?);
    time.ok().map(|time| time.unix_duration().as_secs())
}
