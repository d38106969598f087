//! The key of digests that are kept or shown.

use std::fmt;
use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::Digest;

/// A secret by which digests are made that are kept or shown, so that nobody can try out what was digested. An installation
/// has one in each place where it keeps state, and [`StateStore::key`](crate::StateStore::key) gives it.
///
/// The digest of an object with a password is as good as the password where that is short and all else is known. A keyed
/// digest, HMAC-SHA256 of [RFC 2104](https://www.rfc-editor.org/rfc/rfc2104), tells nothing to whoever lacks the key.
///
/// ```
/// use windlass_core::{Digest, Key};
/// let (ours, theirs) = (Key::new([1; 32]), Key::new([2; 32]));
/// let plain = Digest::of(b"password: hunter2");
/// assert_ne!(ours.seal(plain), plain);
/// assert_ne!(ours.seal(plain), theirs.seal(plain));
/// assert_eq!(format!("{ours:?}"), "Key(…)");
/// ```
///
/// A clone is the same key. The bytes are wiped when the last one is dropped.
#[derive(Clone)]
pub struct Key(Arc<Inner>);

struct Inner {
    bytes: Zeroizing<[u8; Key::BYTES]>,
    /// The key, taken in already: what is left to do for each digest.
    mac: Hmac<Sha256>,
}

impl Key {
    /// The length of a key.
    pub const BYTES: usize = 32;

    /// Makes a key of bytes that nobody can guess.
    #[must_use]
    pub fn new(bytes: [u8; Self::BYTES]) -> Self {
        let bytes = Zeroizing::new(bytes);
        let mac = Hmac::new_from_slice(&*bytes).expect("HMAC takes keys of any length");
        Self(Arc::new(Inner { bytes, mac }))
    }

    /// Gives the bytes: to whoever keeps the key, and to nobody else.
    #[must_use]
    pub fn expose(&self) -> &[u8; Self::BYTES] {
        &self.0.bytes
    }

    /// Digests bytes by the key.
    #[must_use]
    pub fn digest(&self, bytes: &[u8]) -> Digest {
        Digest::from_bytes(self.0.mac.clone().chain_update(bytes).finalize().into_bytes().into())
    }

    /// Makes of a digest that may be guessed at one that may be kept and shown.
    #[must_use]
    pub fn seal(&self, plain: Digest) -> Digest {
        self.digest(plain.as_bytes())
    }

    /// Names the key without telling it: what was sealed can name the key that did.
    #[must_use]
    pub fn name(&self) -> Digest {
        self.digest(b"windlass key")
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.name() == other.name()
    }
}

impl Eq for Key {}

/// Shows nothing of it.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2 and 3, whose keys are filled up with zeros to a block just as ours are.
    #[test]
    fn a_digest_is_hmac_sha256() {
        let mut jefe = [0; 32];
        jefe[..4].copy_from_slice(b"Jefe");
        let mut aa = [0; 32];
        aa[..20].fill(0xaa);
        for (key, data, expected) in [
            (
                jefe,
                b"what do ya want for nothing?".as_slice(),
                "sha256:5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (aa, &[0xdd; 50], "sha256:773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        ] {
            assert_eq!(Key::new(key).digest(data).to_string(), expected);
        }
    }

    #[test]
    fn a_name_is_not_the_key_and_no_two_keys_share_one() {
        let (one, two) = (Key::new([1; 32]), Key::new([2; 32]));
        assert_ne!(one.name(), two.name());
        assert_ne!(one, two);
        assert_eq!(one, Key::new([1; 32]));
        assert_ne!(one.name().as_bytes(), one.expose());
    }
}
