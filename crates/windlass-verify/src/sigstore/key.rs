//! A public key of X.509, and what it signs.

use std::fmt;

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::pkcs1v15;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::der::asn1::{ObjectIdentifier, UintRef};
use x509_cert::der::{Decode, Encode, Reader, SliceReader};
use x509_cert::spki::SubjectPublicKeyInfoRef;

use crate::ssh::{rsa_key, wide};

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// How a message is made short before it is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(super) fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}

/// A public key as it was read. `Debug` shows its fingerprint.
#[derive(Clone)]
pub(super) struct PublicKey {
    /// Its `SubjectPublicKeyInfo`.
    der: Vec<u8>,
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

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo`; `None` for what is none, or is of an algorithm or a size that is not taken.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let info = SubjectPublicKeyInfoRef::from_der(der).ok()?;
        let bytes = info.subject_public_key.as_bytes()?;
        let verifier = match info.algorithm.oid {
            EC => ecdsa(info.algorithm.parameters_oid().ok()?, bytes)?,
            ED25519 => Verifier::Ed25519(Box::new(
                ed25519_dalek::VerifyingKey::from_bytes(bytes.try_into().ok()?).ok()?,
            )),
            RSA => rsa(bytes)?,
            _ => return None,
        };
        Some(Self { der: der.to_owned(), verifier })
    }

    /// Reads the older form of a key of RSA, which has its two numbers alone.
    pub(super) fn read_pkcs1(der: &[u8]) -> Option<Self> {
        let verifier = rsa(der)?;
        let algorithm = x509_cert::spki::AlgorithmIdentifierRef {
            oid: RSA,
            parameters: Some(x509_cert::der::asn1::AnyRef::NULL),
        };
        let subject_public_key = x509_cert::der::asn1::BitStringRef::from_bytes(der).ok()?;
        let info = SubjectPublicKeyInfoRef { algorithm, subject_public_key };
        Some(Self { der: info.to_der().ok()?, verifier })
    }

    /// The `SubjectPublicKeyInfo`.
    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    /// Names the key by the digest of its `SubjectPublicKeyInfo`, as `openssl pkey -pubin -outform DER | sha256sum` does.
    pub(super) fn fingerprint(&self) -> String {
        format!("sha256:{}", super::hex(&Sha256::digest(&self.der)))
    }

    /// Whether the key made this signature over the message, made short as is usual for its kind: SHA-256, on the larger
    /// curves also the hash of their size.
    pub(super) fn made(&self, signature: &[u8], message: &[u8]) -> bool {
        self.hashes().iter().any(|hash| self.made_with(*hash, signature, message))
    }

    /// Whether the key made this signature over the message with this hash.
    pub(super) fn made_with(&self, hash: Hash, signature: &[u8], message: &[u8]) -> bool {
        match &self.verifier {
            Verifier::Ed25519(key) => {
                let Ok(signature) = ed25519_dalek::Signature::from_slice(signature) else { return false };
                // cosign 3 signs the SHA-512 of the message, by the variant of the algorithm that is for that.
                key.verify_strict(message, &signature).is_ok()
                    || key.verify_prehashed_strict(Sha512::new_with_prefix(message), None, &signature).is_ok()
            }
            _ => self.made_over(hash, signature, &hash.of(message)),
        }
    }

    /// Whether the key made this signature over a message with this digest. Keys of Ed25519 sign no digests.
    pub(super) fn made_over(&self, hash: Hash, signature: &[u8], digest: &[u8]) -> bool {
        match &self.verifier {
            Verifier::Ed25519(_) => false,
            Verifier::P256(key) => {
                let read = p256::ecdsa::Signature::from_slice(&joined::<32>(signature));
                read.is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok())
            }
            Verifier::P384(key) => {
                let read = p384::ecdsa::Signature::from_slice(&joined::<48>(signature));
                read.is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok())
            }
            Verifier::P521(key) => {
                let read = p521::ecdsa::Signature::from_slice(&joined::<66>(signature));
                // The library wants at least half of what the curve has, and SHA-256 has a bit less.
                let Some(digest) = wide::<66>(digest) else { return false };
                read.is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok())
            }
            Verifier::Rsa(key) => rsa_made(key, hash, signature, digest),
        }
    }

    fn hashes(&self) -> &'static [Hash] {
        match self.verifier {
            Verifier::P384(_) => &[Hash::Sha384, Hash::Sha256],
            Verifier::P521(_) => &[Hash::Sha512, Hash::Sha256],
            Verifier::Ed25519(_) | Verifier::P256(_) | Verifier::Rsa(_) => &[Hash::Sha256],
        }
    }

    fn kind(&self) -> &'static str {
        match self.verifier {
            Verifier::Ed25519(_) => "Ed25519",
            Verifier::P256(_) => "P-256",
            Verifier::P384(_) => "P-384",
            Verifier::P521(_) => "P-521",
            Verifier::Rsa(_) => "RSA",
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} {})", self.kind(), self.fingerprint())
    }
}

fn ecdsa(curve: ObjectIdentifier, point: &[u8]) -> Option<Verifier> {
    Some(match curve {
        P256 => Verifier::P256(Box::new(p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?)),
        P384 => Verifier::P384(Box::new(p384::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?)),
        P521 => Verifier::P521(Box::new(p521::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?)),
        _ => return None,
    })
}

fn rsa(der: &[u8]) -> Option<Verifier> {
    let (modulus, exponent) = numbers(der)?;
    Some(Verifier::Rsa(Box::new(rsa_key(exponent, modulus)?)))
}

fn rsa_made(key: &rsa::RsaPublicKey, hash: Hash, signature: &[u8], digest: &[u8]) -> bool {
    use pkcs1v15::VerifyingKey;
    use rsa::sha2::{Sha256, Sha384, Sha512};
    use rsa::signature::hazmat::PrehashVerifier as _;
    let Ok(signature) = pkcs1v15::Signature::try_from(signature) else { return false };
    let key = key.clone();
    match hash {
        Hash::Sha256 => VerifyingKey::<Sha256>::new(key).verify_prehash(digest, &signature),
        Hash::Sha384 => VerifyingKey::<Sha384>::new(key).verify_prehash(digest, &signature),
        Hash::Sha512 => VerifyingKey::<Sha512>::new(key).verify_prehash(digest, &signature),
    }
    .is_ok()
}

/// The two numbers of a sequence that has no more.
fn numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut reader = SliceReader::new(der).ok()?;
    let both = reader.sequence(|inside| -> x509_cert::der::Result<_> {
        Ok((UintRef::decode(inside)?, UintRef::decode(inside)?))
    });
    let (first, second) = both.ok()?;
    reader.is_finished().then(|| (first.as_bytes(), second.as_bytes()))
}

/// The two numbers of a signature side by side, each of the size of the curve; nothing where they are none.
fn joined<const N: usize>(signature: &[u8]) -> Vec<u8> {
    let both = numbers(signature).and_then(|(r, s)| Some([wide::<N>(r)?, wide::<N>(s)?]));
    both.map(|both| both.concat()).unwrap_or_default()
}
