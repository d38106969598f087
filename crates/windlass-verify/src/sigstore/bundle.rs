//! The newer form: a [bundle](https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto), which holds a
//! signature and what is needed to verify it without a network.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::bytes::{Bytes, Long};
use super::envelope::Envelope;
use super::key::{Hash, PublicKey};
use super::{BUNDLE_BYTES_MAX, Refusal, Subject};

/// The beginning of each media type of a bundle.
const TYPE: &str = "application/vnd.dev.sigstore.bundle";
/// The most entries of logs in one bundle, and the most timestamps.
const ENTRIES_MAX: usize = 32;

/// A bundle as it was read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bundle {
    media_type: String,
    pub(super) verification_material: Material,
    #[serde(default)]
    dsse_envelope: Option<Envelope>,
    #[serde(default)]
    message_signature: Option<MessageSignature>,
}

/// What a bundle brings to be verified with.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Material {
    #[serde(default)]
    public_key: Option<IgnoredAny>,
    #[serde(default)]
    certificate: Option<Raw>,
    #[serde(default)]
    x509_certificate_chain: Option<Chain>,
    #[serde(default)]
    pub(super) tlog_entries: Vec<Entry>,
    #[serde(default)]
    timestamp_verification_data: Option<Timestamps>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Raw {
    pub(super) raw_bytes: Bytes,
}

#[derive(Deserialize)]
struct Chain {
    #[serde(default)]
    certificates: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Timestamps {
    #[serde(default)]
    rfc3161_timestamps: Vec<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Timestamp {
    signed_timestamp: Bytes,
}

/// What a log says of a signature.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    #[serde(default)]
    pub(super) log_index: Long,
    pub(super) log_id: LogId,
    #[serde(default)]
    pub(super) integrated_time: Long,
    #[serde(default)]
    pub(super) inclusion_promise: Option<Promise>,
    #[serde(default)]
    pub(super) inclusion_proof: Option<Proof>,
    pub(super) canonicalized_body: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogId {
    pub(super) key_id: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Promise {
    pub(super) signed_entry_timestamp: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Proof {
    #[serde(default)]
    pub(super) log_index: Long,
    pub(super) tree_size: Long,
    pub(super) root_hash: Bytes,
    #[serde(default)]
    pub(super) hashes: Vec<Bytes>,
    pub(super) checkpoint: Checkpoint,
}

#[derive(Deserialize)]
pub(super) struct Checkpoint {
    pub(super) envelope: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageSignature {
    #[serde(default)]
    message_digest: Option<MessageDigest>,
    signature: Bytes,
}

#[derive(Deserialize)]
struct MessageDigest {
    algorithm: String,
    digest: Bytes,
}

/// What is signed.
pub(super) enum Content<'b> {
    Envelope(&'b Envelope),
    /// The artifact itself.
    Message(&'b MessageSignature),
}

/// Who stands behind a signature.
pub(super) enum Behind<'b> {
    Key,
    Certificate(&'b [u8]),
}

impl Bundle {
    pub(super) fn read(json: &[u8]) -> Result<Self, Refusal> {
        if json.len() > BUNDLE_BYTES_MAX {
            return Err(Refusal::TooLarge(BUNDLE_BYTES_MAX));
        }
        let bundle: Self = serde_json::from_slice(json).map_err(|_| Refusal::Malformed("bundle"))?;
        if !bundle.media_type.starts_with(TYPE) {
            return Err(Refusal::Unsupported(super::shown(&bundle.media_type)));
        }
        let material = &bundle.verification_material;
        if material.tlog_entries.len() > ENTRIES_MAX || material.timestamps().count() > ENTRIES_MAX {
            return Err(Refusal::TooLarge(ENTRIES_MAX));
        }
        Ok(bundle)
    }

    pub(super) fn content(&self) -> Result<Content<'_>, Refusal> {
        match (&self.dsse_envelope, &self.message_signature) {
            (Some(envelope), None) => Ok(Content::Envelope(envelope)),
            (None, Some(message)) => Ok(Content::Message(message)),
            _ => Err(Refusal::Malformed("content of the bundle")),
        }
    }
}

impl Entry {
    /// What a log says in the older form of a signature, which has a promise and no proof.
    pub(super) fn promised(id: Vec<u8>, index: u64, time: u64, body: Bytes, promise: Bytes) -> Self {
        Self {
            log_index: Long(index),
            log_id: LogId { key_id: Bytes(id) },
            integrated_time: Long(time),
            inclusion_promise: Some(Promise { signed_entry_timestamp: promise }),
            inclusion_proof: None,
            canonicalized_body: body,
        }
    }
}

impl Material {
    /// The certificate or the key that stands behind the signature. Of a chain the first counts: the others are those of
    /// the trusted root.
    pub(super) fn behind(&self) -> Result<Behind<'_>, Refusal> {
        let chain = self.x509_certificate_chain.as_ref().map(|chain| chain.certificates.first());
        match (&self.public_key, &self.certificate, chain) {
            (Some(_), None, None) => Ok(Behind::Key),
            (None, Some(raw), None) | (None, None, Some(Some(raw))) => {
                Ok(Behind::Certificate(&raw.raw_bytes.0))
            }
            _ => Err(Refusal::Malformed("verification material")),
        }
    }

    /// Timestamps of authorities, each a response as RFC 3161 has it.
    pub(super) fn timestamps(&self) -> impl Iterator<Item = &[u8]> {
        let all = self.timestamp_verification_data.iter().flat_map(|data| &data.rfc3161_timestamps);
        all.map(|stamp| &stamp.signed_timestamp.0[..])
    }
}

impl Content<'_> {
    pub(super) fn signature(&self) -> Result<&[u8], Refusal> {
        match self {
            Self::Envelope(envelope) => envelope.signature(),
            Self::Message(message) => Ok(&message.signature.0),
        }
    }

    /// Whether a key made the signature. What is signed of a message is the artifact, whose digest is known.
    pub(super) fn is_by(&self, key: &PublicKey, subject: &Subject) -> Result<bool, Refusal> {
        let signature = self.signature()?;
        Ok(match self {
            Self::Envelope(envelope) => key.made(signature, &envelope.message()),
            Self::Message(_) => key.made_over(Hash::Sha256, signature, subject.bytes()),
        })
    }

    /// Checks that what is signed is about the artifact. Only what was verified may be asked.
    pub(super) fn is_about(&self, subject: &Subject) -> Result<(), Refusal> {
        match self {
            Self::Envelope(envelope) => envelope.is_about(subject),
            Self::Message(message) => message.names(subject),
        }
    }
}

impl MessageSignature {
    /// Checks the digest that is named. It proves nothing, but tells what was meant.
    pub(super) fn names(&self, subject: &Subject) -> Result<(), Refusal> {
        match &self.message_digest {
            Some(named) if named.algorithm != "SHA2_256" => {
                Err(Refusal::Unsupported(super::shown(&named.algorithm)))
            }
            Some(named) if named.digest.0 != subject.bytes() => {
                Err(Refusal::OtherArtifact(format!("sha256:{}", super::hex(&named.digest.0))))
            }
            _ => Ok(()),
        }
    }
}
