//! Signatures of artifacts in registries, as [cosign](https://docs.sigstore.dev/cosign/) makes them: verified by public keys, or
//! by certificates of Sigstore against a trusted root that is given.
//!
//! ```
//! use windlass_verify::sigstore::{PublicKeys, Refusal, Signers, SimpleSignature, Subject};
//!
//! let keys = PublicKeys::new().with_pem(
//!     "-----BEGIN PUBLIC KEY-----\n\
//!      MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAER8mt3EEILW6qv6kGxpPr20W+VrkH\n\
//!      vZpV3piAupy5IARPQyOq7FI3q6m++41u6cNp7Td4rN6SdTwo/VbdR8ScKg==\n\
//!      -----END PUBLIC KEY-----\n",
//! )?;
//! let signers = Signers::keys(keys);
//! let nobody = SimpleSignature { payload: b"{}", signature: "MAA=", ..SimpleSignature::default() };
//! assert_eq!(signers.verify_simple(&nobody, &Subject::new([0; 32])), Err(Refusal::NoKey));
//! # Ok::<(), Refusal>(())
//! ```
//!
//! # Invariants
//! - Everything is a function of the signature, the digest of the artifact, and what is trusted: no clock, no network, no file.
//! - What was signed is looked into after the signature was verified, and must name the digest of the artifact. A name that
//!   it gives the artifact proves nothing, and is not looked at.
//! - With keys, logs and certificates count for nothing, as in Flux.
//! - With a trusted root, a certificate must lead to an authority of it, be for code, be promised to a log of certificates, and
//!   have been valid when the signature was made, by the word of a trusted log or of a trusted authority for timestamps; the
//!   signature must be in a trusted log; and subject and issuer of the certificate must match.
//! - Of a statement any predicate counts, as in Flux: a key that attests to an artifact vouches for it.
//!
//! What it does not do: fetch a root, ask a log, message signatures by Ed25519 or over another digest than SHA-256.

mod authority;
mod body;
mod bundle;
mod bytes;
mod certificate;
mod der;
mod envelope;
mod identity;
mod key;
mod log;
mod payload;
mod pem;
mod refusal;
mod root;
mod sct;
mod signers;
mod stamp;

use std::fmt;

pub use identity::Identity;
pub use payload::SimpleSignature;
pub use refusal::Refusal;
pub use root::{ROOT_BYTES_MAX, TrustedRoot};
pub use signers::{PublicKeys, Signer, Signers};

/// The most bytes of one signature: a payload, a bundle, or what a log says.
pub const BUNDLE_BYTES_MAX: usize = 4 << 20;

/// The most letters of a name that somebody else chose which are shown.
const SHOWN_MAX: usize = 200;

/// The artifact that must be what was signed, by the SHA-256 of its manifest or index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject([u8; 32]);

impl Subject {
    /// An artifact by its digest.
    #[must_use]
    pub fn new(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }

    fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn hex(&self) -> String {
        hex(&self.0)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some((digit(high)? << 4 | digit(low)?) as u8));
    rest.is_empty().then(|| bytes.collect())?
}

/// What somebody else wrote, fit to be shown.
fn shown(text: &str) -> String {
    text.escape_debug().take(SHOWN_MAX).collect()
}
