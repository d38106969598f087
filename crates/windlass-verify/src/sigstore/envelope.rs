//! What a bundle signs: an envelope of [DSSE](https://github.com/secure-systems-lab/dsse/blob/master/protocol.md) around a
//! statement of [in-toto](https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::bytes::Bytes;
use super::{Refusal, Subject};

const STATEMENT: &str = "application/vnd.in-toto+json";
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/";
/// The most subjects of one statement.
const SUBJECTS_MAX: usize = 1_024;

/// An envelope as it was read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope {
    pub(super) payload: Bytes,
    payload_type: String,
    #[serde(default)]
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
struct Signature {
    sig: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    #[serde(default)]
    subject: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    digest: BTreeMap<String, String>,
}

impl Envelope {
    /// The signature, of which a bundle has one.
    pub(super) fn signature(&self) -> Result<&[u8], Refusal> {
        match &self.signatures[..] {
            [one] => Ok(&one.sig.0),
            _ => Err(Refusal::Malformed("signatures of the envelope")),
        }
    }

    /// What is signed: the payload with its type and both their lengths in front.
    pub(super) fn message(&self) -> Vec<u8> {
        let Self { payload, payload_type, .. } = self;
        let mut message =
            format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.0.len()).into_bytes();
        message.extend_from_slice(&payload.0);
        message
    }

    /// Checks that the statement is about the artifact. Only what was verified may be asked.
    pub(super) fn is_about(&self, subject: &Subject) -> Result<(), Refusal> {
        if self.payload_type != STATEMENT {
            return Err(Refusal::Unsupported(super::shown(&self.payload_type)));
        }
        let read: Result<Statement, _> = serde_json::from_slice(&self.payload.0);
        let statement = read.map_err(|_| Refusal::Malformed("statement"))?;
        if !statement.kind.starts_with(STATEMENT_TYPE) {
            return Err(Refusal::Unsupported(super::shown(&statement.kind)));
        }
        if statement.subject.len() > SUBJECTS_MAX {
            return Err(Refusal::TooLarge(SUBJECTS_MAX));
        }
        let digests = || statement.subject.iter().filter_map(|named| named.digest.get("sha256"));
        let wanted = subject.hex();
        if digests().any(|digest| *digest == wanted) {
            return Ok(());
        }
        let other =
            digests().next().map_or_else(|| "none by SHA-256".to_owned(), |hex| format!("sha256:{hex}"));
        Err(Refusal::OtherArtifact(super::shown(&other)))
    }
}
