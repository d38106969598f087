//! Whose signatures of artifacts count.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::bundle::{Behind, Bundle, Content};
use super::certificate::{CODE_SIGNING, Held};
use super::key::PublicKey;
use super::log::{self, Digests, Logged};
use super::{Identity, Refusal, SimpleSignature, Subject, TrustedRoot, pem, sct, shown, stamp};

/// The most public keys.
const KEYS_MAX: usize = 1_000;
/// The most bytes of one text of keys.
const KEYS_BYTES_MAX: usize = 4 << 20;

/// Public keys: ECDSA on P-256, P-384 and P-521, Ed25519, and RSA of 2048 bits or more.
#[derive(Debug, Clone, Default)]
pub struct PublicKeys(Vec<PublicKey>);

impl PublicKeys {
    /// No key: nothing verifies.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the keys of a text in PEM, such as `cosign.pub`.
    ///
    /// # Errors
    /// [`Refusal::Key`] for a text without a key or with one that is not taken, [`Refusal::TooLarge`].
    pub fn with_pem(mut self, text: &str) -> Result<Self, Refusal> {
        if text.len() > KEYS_BYTES_MAX {
            return Err(Refusal::TooLarge(KEYS_BYTES_MAX));
        }
        let before = self.0.len();
        for block in pem::blocks(text).map_err(Refusal::Key)? {
            let key = match block.name {
                "PUBLIC KEY" => PublicKey::read(&block.bytes),
                "RSA PUBLIC KEY" => PublicKey::read_pkcs1(&block.bytes),
                name if name.contains("PRIVATE KEY") => return Err(Refusal::Key("it is a private key")),
                _ => return Err(Refusal::Key("a block of it is something else")),
            };
            self.0.push(key.ok_or(Refusal::Key("it is of a kind or size that is not taken"))?);
        }
        match self.0.len() {
            count if count == before => Err(Refusal::Key("there is none in it")),
            count if count > KEYS_MAX => Err(Refusal::TooLarge(KEYS_MAX)),
            _ => Ok(self),
        }
    }

    /// The fingerprints of all keys, in the order in which they were added: `sha256:` and the digest of the key in DER.
    #[must_use]
    pub fn fingerprints(&self) -> Vec<String> {
        self.0.iter().map(PublicKey::fingerprint).collect()
    }
}

/// Whose signatures of artifacts count.
#[derive(Debug, Clone)]
pub struct Signers(Trusted);

#[derive(Debug, Clone)]
enum Trusted {
    Keys(PublicKeys),
    Identities(Box<TrustedRoot>, Vec<Identity>),
}

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signer {
    /// A key, by its fingerprint.
    Key(String),
    /// Somebody for whom a certificate was issued.
    Identity {
        /// Whom the certificate names.
        subject: String,
        /// Who vouched for that.
        issuer: String,
    },
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(fingerprint) => f.write_str(fingerprint),
            Self::Identity { subject, issuer } => write!(f, "{} ({})", shown(subject), shown(issuer)),
        }
    }
}

impl Signers {
    /// One of these keys must have signed.
    #[must_use]
    pub fn keys(keys: PublicKeys) -> Self {
        Self(Trusted::Keys(keys))
    }

    /// One of these identities must have signed, by a certificate of an authority of the root. Without an identity nothing
    /// verifies.
    #[must_use]
    pub fn identities(root: TrustedRoot, identities: Vec<Identity>) -> Self {
        Self(Trusted::Identities(Box::new(root), identities))
    }

    /// Verifies a signature of the older form, and says who made it.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn verify_simple(
        &self,
        signature: &SimpleSignature<'_>,
        subject: &Subject,
    ) -> Result<Signer, Refusal> {
        let bytes = signature.bytes()?;
        let signer = match &self.0 {
            Trusted::Keys(keys) => {
                let key = keys.0.iter().find(|key| key.made(&bytes, signature.payload));
                Signer::Key(key.ok_or(Refusal::NoKey)?.fingerprint())
            }
            Trusted::Identities(root, identities) => {
                let text = signature.certificate.ok_or(Refusal::NotByCertificate)?;
                let blocks = pem::blocks(text).map_err(|_| Refusal::Malformed("certificate"))?;
                let first = blocks.first().ok_or(Refusal::Malformed("certificate"))?;
                let leaf = Held::read(&first.bytes)?;
                if !leaf.key().made(&bytes, signature.payload) {
                    return Err(Refusal::Forged);
                }
                let entry = signature.bundle.map(log::old_entry).transpose()?;
                let logged = Logged {
                    signature: &bytes,
                    digests: Digests::Message(Sha256::digest(signature.payload).to_vec()),
                    certificate: leaf.der(),
                };
                let times = log::verify(entry.as_slice(), &root.logs, &logged, Vec::new())?;
                trusted(root, identities, &leaf, &times)?
            }
        };
        signature.is_about(subject).map(|()| signer)
    }

    /// Verifies a bundle, and says who signed.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn verify_bundle(&self, json: &[u8], subject: &Subject) -> Result<Signer, Refusal> {
        let bundle = Bundle::read(json)?;
        let content = bundle.content()?;
        if let Content::Message(message) = &content {
            message.names(subject)?;
        }
        let signer = match (&self.0, bundle.verification_material.behind()?) {
            (Trusted::Keys(keys), Behind::Key) => by_key(keys, &content, subject)?,
            (Trusted::Keys(_), Behind::Certificate(_)) => return Err(Refusal::NotByKey),
            (Trusted::Identities(..), Behind::Key) => return Err(Refusal::NotByCertificate),
            (Trusted::Identities(root, identities), Behind::Certificate(der)) => {
                let leaf = Held::read(der)?;
                if !content.is_by(leaf.key(), subject)? {
                    return Err(Refusal::Forged);
                }
                let digests = match &content {
                    Content::Envelope(envelope) => Digests::Envelope {
                        payload: Sha256::digest(&envelope.payload.0).to_vec(),
                        message: Sha256::digest(envelope.message()).to_vec(),
                    },
                    Content::Message(_) => Digests::Message(subject.bytes().to_vec()),
                };
                let logged = Logged { signature: content.signature()?, digests, certificate: leaf.der() };
                let material = &bundle.verification_material;
                let stamps = material.timestamps();
                let stamps =
                    stamps.filter_map(|of| stamp::time(of, logged.signature, &root.timestamping)).collect();
                let times = log::verify(&material.tlog_entries, &root.logs, &logged, stamps)?;
                trusted(root, identities, &leaf, &times)?
            }
        };
        content.is_about(subject).map(|()| signer)
    }
}

fn by_key(keys: &PublicKeys, content: &Content<'_>, subject: &Subject) -> Result<Signer, Refusal> {
    for key in &keys.0 {
        if content.is_by(key, subject)? {
            return Ok(Signer::Key(key.fingerprint()));
        }
    }
    Err(Refusal::NoKey)
}

/// Checks a certificate at each of the times that are vouched for, and whom it names.
fn trusted(
    root: &TrustedRoot,
    identities: &[Identity],
    leaf: &Held,
    times: &[u64],
) -> Result<Signer, Refusal> {
    if times.is_empty() {
        return Err(Refusal::NoTime);
    }
    if !leaf.is_for(CODE_SIGNING, false) || !leaf.may_sign() {
        return Err(Refusal::Untrusted("it is not for signing code"));
    }
    for time in times {
        if !leaf.is_valid_at(*time) {
            return Err(Refusal::Expired);
        }
        promised(root, leaf, *time)?;
    }
    let (subject, issuer) = leaf.identity()?;
    match identities.iter().any(|identity| identity.fits(&subject, &issuer)) {
        true => Ok(Signer::Identity { subject, issuer }),
        false => Err(Refusal::OtherIdentity { subject: shown(&subject), issuer: shown(&issuer) }),
    }
}

/// Finds an authority that issued the certificate, and a log that was promised it.
fn promised(root: &TrustedRoot, leaf: &Held, time: u64) -> Result<(), Refusal> {
    let mut why = Refusal::Untrusted("no authority of the trusted root issued it");
    for authority in &root.authorities {
        match authority.issuer(leaf, CODE_SIGNING, time) {
            Ok(issuer) if sct::is_promised(leaf, issuer, &root.certificate_logs) => return Ok(()),
            Ok(_) => why = Refusal::NoCertificateLog,
            Err(refused) if why == Refusal::NoCertificateLog => drop(refused),
            Err(refused) => why = refused,
        }
    }
    Err(why)
}
