//! The older form: a small document about a digest, which is signed as it stands.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::{BUNDLE_BYTES_MAX, Refusal, Subject};

const TYPE: &str = "cosign container image signature";

/// A signature of the older form, as a layer of a manifest holds it: the payload is its blob, the rest its annotations.
///
/// What `Debug` shows is public.
#[derive(Debug, Clone, Copy, Default)]
pub struct SimpleSignature<'a> {
    /// The document that is signed.
    pub payload: &'a [u8],
    /// `dev.cosignproject.cosign/signature`, in base64.
    pub signature: &'a str,
    /// `dev.sigstore.cosign/certificate`, in PEM.
    pub certificate: Option<&'a str>,
    /// `dev.sigstore.cosign/bundle`: what the log said, in JSON.
    pub bundle: Option<&'a str>,
}

/// What is signed. Of the identity, a name that whoever signs may choose, nothing is taken.
#[derive(Deserialize)]
struct Payload {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: Image,
    r#type: String,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

impl SimpleSignature<'_> {
    /// The bytes of the signature.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, Refusal> {
        if self.payload.len() > BUNDLE_BYTES_MAX {
            return Err(Refusal::TooLarge(BUNDLE_BYTES_MAX));
        }
        STANDARD.decode(self.signature.trim()).map_err(|_| Refusal::Malformed("signature"))
    }

    /// Checks that the payload is about the artifact. Only what was verified may be asked.
    pub(super) fn is_about(&self, subject: &Subject) -> Result<(), Refusal> {
        let read: Result<Payload, _> = serde_json::from_slice(self.payload);
        let Critical { image, r#type } = read.map_err(|_| Refusal::Malformed("payload"))?.critical;
        if r#type != TYPE {
            return Err(Refusal::Unsupported(super::shown(&r#type)));
        }
        if image.digest != subject.to_string() {
            return Err(Refusal::OtherArtifact(super::shown(&image.digest)));
        }
        Ok(())
    }
}
