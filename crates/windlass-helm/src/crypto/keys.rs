//! Private keys: RSA, ECDSA over P-256, Ed25519.

use ed25519_dalek::Signer as _;
use p256::elliptic_curve::sec1::ToSec1Point;
use rsa::{
    RsaPrivateKey,
    pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey, EncodeRsaPublicKey},
    pkcs1v15::Pkcs1v15Sign,
};
use sha2::{Digest, Sha256};

use super::{
    Stream,
    der::{self, Reader},
    x509::{pem, unpem},
};

/// A private key.
pub(crate) enum PrivateKey {
    Rsa(Box<RsaPrivateKey>),
    Ecdsa(Box<p256::SecretKey>),
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

pub(super) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const NULL: &[u8] = &[5, 0];

fn object(id: &[u8]) -> Vec<u8> {
    der::value(der::OBJECT, id)
}

impl PrivateKey {
    /// A new RSA key.
    pub(crate) fn rsa(bits: usize, random: &mut Stream) -> Result<Self, String> {
        RsaPrivateKey::new(random, bits)
            .map(|key| Self::Rsa(Box::new(key)))
            .map_err(|error| error.to_string())
    }

    /// A new key over P-256.
    pub(crate) fn ecdsa(random: &mut Stream) -> Result<Self, String> {
        const TRIES_MAX: usize = 100;
        for _ in 0..TRIES_MAX {
            let mut bytes = [0; 32];
            random.fill(&mut bytes);
            if let Ok(key) = p256::SecretKey::from_slice(&bytes) {
                return Ok(Self::Ecdsa(Box::new(key)));
            }
        }
        Err("the source of randomness gives no key".into())
    }

    /// A new Ed25519 key.
    pub(crate) fn ed25519(random: &mut Stream) -> Self {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        Self::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&bytes)))
    }

    /// Reads a key in PEM; the error is Sprig's text.
    pub(crate) fn of_pem(text: &str) -> Result<Self, String> {
        let (kind, bytes) = unpem(text).ok_or("no PEM data in input")?;
        let Some(name) = kind.strip_suffix("PRIVATE KEY") else {
            return Err(format!("no private key data in PEM block of type {kind}"));
        };
        match name.trim_end() {
            "" => {
                Self::of_pkcs8(&bytes).ok_or_else(|| "decoding PEM as PKCS#8: not a known private key".into())
            }
            "RSA" => Self::of_pkcs1(&bytes)
                .ok_or_else(|| "parsing RSA private key from PEM: not an RSA key".into()),
            "EC" => {
                Self::of_sec1(&bytes).ok_or_else(|| "parsing EC private key from PEM: not a P-256 key".into())
            }
            other => Err(format!("invalid private key type {other}")),
        }
    }

    fn of_pkcs1(bytes: &[u8]) -> Option<Self> {
        RsaPrivateKey::from_pkcs1_der(bytes).ok().map(|key| Self::Rsa(Box::new(key)))
    }

    fn of_sec1(bytes: &[u8]) -> Option<Self> {
        let mut fields = Reader(Reader(bytes).expect(der::SEQUENCE)?.content);
        fields.expect(der::INTEGER)?;
        let key = fields.expect(der::OCTETS)?;
        p256::SecretKey::from_slice(key.content).ok().map(|key| Self::Ecdsa(Box::new(key)))
    }

    fn of_pkcs8(bytes: &[u8]) -> Option<Self> {
        let mut fields = Reader(Reader(bytes).expect(der::SEQUENCE)?.content);
        fields.expect(der::INTEGER)?;
        let algorithm = Reader(fields.expect(der::SEQUENCE)?.content).expect(der::OBJECT)?;
        let key = fields.expect(der::OCTETS)?.content;
        match algorithm.content {
            RSA => Self::of_pkcs1(key),
            EC => Self::of_sec1(key),
            ED25519 => {
                let seed: [u8; 32] = Reader(key).expect(der::OCTETS)?.content.try_into().ok()?;
                Some(Self::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&seed))))
            }
            _ => None,
        }
    }

    /// The key in the form that Sprig prints.
    pub(crate) fn to_pem(&self) -> Result<String, String> {
        Ok(match self {
            Self::Rsa(key) => {
                let document = key.to_pkcs1_der().map_err(|error| error.to_string())?;
                pem("RSA PRIVATE KEY", document.as_bytes())
            }
            Self::Ecdsa(key) => pem("EC PRIVATE KEY", &sec1(key)),
            Self::Ed25519(key) => {
                let seed = der::value(der::OCTETS, &key.to_bytes());
                let algorithm = der::sequence(&[&object(ED25519)]);
                let all = der::sequence(&[&der::integer(&[0]), &algorithm, &der::value(der::OCTETS, &seed)]);
                pem("PRIVATE KEY", &all)
            }
        })
    }

    /// The public key as a certificate has it: its algorithm and its bits.
    pub(super) fn public(&self) -> Result<(Vec<u8>, Vec<u8>), String> {
        Ok(match self {
            Self::Rsa(key) => {
                let document = key.to_public_key().to_pkcs1_der().map_err(|error| error.to_string())?;
                (der::sequence(&[&object(RSA), NULL]), document.as_bytes().to_vec())
            }
            Self::Ecdsa(key) => (der::sequence(&[&object(EC), &object(P256)]), point(key)),
            Self::Ed25519(key) => {
                (der::sequence(&[&object(ED25519)]), key.verifying_key().to_bytes().to_vec())
            }
        })
    }

    /// The algorithm of signatures of this key.
    pub(super) fn signature_algorithm(&self) -> Vec<u8> {
        match self {
            Self::Rsa(_) => der::sequence(&[&object(RSA_SHA256), NULL]),
            Self::Ecdsa(_) => der::sequence(&[&object(ECDSA_SHA256)]),
            Self::Ed25519(_) => der::sequence(&[&object(ED25519)]),
        }
    }

    /// Signs bytes.
    pub(super) fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        match self {
            Self::Rsa(key) => {
                let algorithm = der::sequence(&[&object(SHA256), NULL]);
                let digest = der::value(der::OCTETS, &Sha256::digest(bytes));
                let info = der::sequence(&[&algorithm, &digest]);
                key.sign(Pkcs1v15Sign::new_unprefixed(), &info).map_err(|error| error.to_string())
            }
            Self::Ecdsa(key) => {
                let signature: p256::ecdsa::Signature = p256::ecdsa::SigningKey::from(&**key).sign(bytes);
                Ok(signature.to_der().as_bytes().to_vec())
            }
            Self::Ed25519(key) => Ok(key.sign(bytes).to_bytes().to_vec()),
        }
    }
}

/// The public point, uncompressed.
fn point(key: &p256::SecretKey) -> Vec<u8> {
    key.public_key().to_sec1_point(false).as_bytes().to_vec()
}

fn sec1(key: &p256::SecretKey) -> Vec<u8> {
    let curve = der::value(0xa0, &object(P256));
    let public = der::value(0xa1, &der::bits(&point(key), 0));
    der::sequence(&[&der::integer(&[1]), &der::value(der::OCTETS, &key.to_bytes()), &curve, &public])
}
