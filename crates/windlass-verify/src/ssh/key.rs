//! A public key of SSH, and what it signs.

use std::fmt;

use p256::ecdsa::signature::Verifier as _;
use rsa::pkcs1v15;
use rsa::signature::Verifier as _;
use sha2::{Digest as _, Sha256};

use super::wire::Reader;
use crate::armor;

/// The sizes of an RSA key, in bytes.
const RSA_BYTES_MIN: usize = 256;
const RSA_BYTES_MAX: usize = 2048;

/// A public key as it was read. `Debug` shows its fingerprint.
#[derive(Clone)]
pub(crate) struct PublicKey {
    blob: Vec<u8>,
    verifier: Verifier,
}

#[derive(Clone)]
enum Verifier {
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
    P256(Box<p256::ecdsa::VerifyingKey>),
    P384(Box<p384::ecdsa::VerifyingKey>),
    P521(Box<p521::ecdsa::VerifyingKey>),
    Rsa(Box<rsa::RsaPublicKey>),
}

const KINDS: [&str; 5] =
    ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"];

impl PublicKey {
    pub(super) fn is_kind(text: &str) -> bool {
        KINDS.contains(&text)
    }

    pub(super) fn read(blob: &[u8]) -> Option<Self> {
        let mut reader = Reader(blob);
        let kind = reader.text()?;
        let verifier = match kind {
            b"ssh-ed25519" => {
                let point = reader.text()?.try_into().ok()?;
                Verifier::Ed25519(Box::new(ed25519_dalek::VerifyingKey::from_bytes(&point).ok()?))
            }
            b"ssh-rsa" => {
                let (exponent, modulus) = (reader.large()?, reader.large()?);
                Verifier::Rsa(Box::new(rsa_key(exponent, modulus)?))
            }
            _ => {
                let curve = kind.strip_prefix(b"ecdsa-sha2-")?;
                let (named, point) = (reader.text()?, reader.text()?);
                ecdsa_key(curve, point).filter(|_| named == curve)?
            }
        };
        reader.0.is_empty().then(|| Self { blob: blob.to_owned(), verifier })
    }

    pub(super) fn blob(&self) -> &[u8] {
        &self.blob
    }

    pub(super) fn kind(&self) -> &'static str {
        KINDS[match self.verifier {
            Verifier::Ed25519(_) => 0,
            Verifier::P256(_) => 1,
            Verifier::P384(_) => 2,
            Verifier::P521(_) => 3,
            Verifier::Rsa(_) => 4,
        }]
    }

    /// Names the key as `ssh-keygen -l` does.
    pub(crate) fn fingerprint(&self) -> String {
        format!("SHA256:{}", armor::without_padding(&Sha256::digest(&self.blob)))
    }

    /// Whether the key made this signature over the message.
    pub(super) fn made(&self, signature: &[u8], message: &[u8]) -> bool {
        self.check(signature, message).is_some()
    }

    fn check(&self, signature: &[u8], message: &[u8]) -> Option<()> {
        let mut reader = Reader(signature);
        let (kind, bytes) = (reader.text()?, reader.text()?);
        if !reader.0.is_empty() {
            return None;
        }
        match (&self.verifier, kind) {
            (Verifier::Ed25519(key), b"ssh-ed25519") => {
                let signature = ed25519_dalek::Signature::from_slice(bytes).ok()?;
                key.verify_strict(message, &signature).ok()
            }
            (Verifier::P256(key), b"ecdsa-sha2-nistp256") => {
                let joined = joined::<32>(bytes)?.concat();
                key.verify(message, &p256::ecdsa::Signature::from_slice(&joined).ok()?).ok()
            }
            (Verifier::P384(key), b"ecdsa-sha2-nistp384") => {
                let joined = joined::<48>(bytes)?.concat();
                key.verify(message, &p384::ecdsa::Signature::from_slice(&joined).ok()?).ok()
            }
            (Verifier::P521(key), b"ecdsa-sha2-nistp521") => {
                let joined = joined::<66>(bytes)?.concat();
                key.verify(message, &p521::ecdsa::Signature::from_slice(&joined).ok()?).ok()
            }
            (Verifier::Rsa(key), b"rsa-sha2-256") => {
                let key = pkcs1v15::VerifyingKey::<rsa::sha2::Sha256>::new((**key).clone());
                key.verify(message, &pkcs1v15::Signature::try_from(bytes).ok()?).ok()
            }
            (Verifier::Rsa(key), b"rsa-sha2-512") => {
                let key = pkcs1v15::VerifyingKey::<rsa::sha2::Sha512>::new((**key).clone());
                key.verify(message, &pkcs1v15::Signature::try_from(bytes).ok()?).ok()
            }
            _ => None,
        }
    }
}

pub(crate) fn rsa_key(exponent: &[u8], modulus: &[u8]) -> Option<rsa::RsaPublicKey> {
    if !(RSA_BYTES_MIN..=RSA_BYTES_MAX).contains(&modulus.len()) || exponent.len() > 4 {
        return None;
    }
    let number = rsa::BigUint::from_bytes_be;
    rsa::RsaPublicKey::new_with_max_size(number(modulus), number(exponent), RSA_BYTES_MAX * 8).ok()
}

fn ecdsa_key(curve: &[u8], point: &[u8]) -> Option<Verifier> {
    Some(match curve {
        b"nistp256" => Verifier::P256(Box::new(p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?)),
        b"nistp384" => Verifier::P384(Box::new(p384::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?)),
        b"nistp521" => Verifier::P521(Box::new(p521::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?)),
        _ => return None,
    })
}

/// The two numbers of a signature, each of the size of the curve.
fn joined<const N: usize>(bytes: &[u8]) -> Option<[[u8; N]; 2]> {
    let mut reader = Reader(bytes);
    let (r, s) = (reader.large()?, reader.large()?);
    if !reader.0.is_empty() {
        return None;
    }
    Some([wide(r)?, wide(s)?])
}

/// A number with zeros before it, of the size of a curve; `None` where it is longer.
pub(crate) fn wide<const N: usize>(number: &[u8]) -> Option<[u8; N]> {
    let mut wide = [0; N];
    wide[N.checked_sub(number.len())?..].copy_from_slice(number);
    Some(wide)
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} {})", self.kind(), self.fingerprint())
    }
}
