//! What an entry of a log is about.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::bundle::Raw;
use super::bytes::Bytes;
use super::log::{Digests, Logged};
use super::{Refusal, pem};

/// The body of an entry, of the kinds that are verified: those of Rekor 1 for signatures and envelopes, and that of Rekor 2.
pub(super) struct Body {
    signature: Vec<u8>,
    certificate: Vec<u8>,
    about: About,
    digest: Vec<u8>,
}

/// What the digest of an entry is over.
enum About {
    /// What is signed.
    Message,
    /// The payload of an envelope.
    Payload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    kind: String,
    api_version: String,
}

#[derive(Deserialize)]
struct Whole<S> {
    spec: S,
}

#[derive(Deserialize)]
struct HashedRekord {
    data: Data,
    signature: Signed,
}

#[derive(Deserialize)]
struct Data {
    hash: Hashed,
}

#[derive(Deserialize)]
struct Hashed {
    algorithm: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signed {
    content: Bytes,
    public_key: Content,
}

#[derive(Deserialize)]
struct Content {
    content: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dsse {
    payload_hash: Hashed,
    signatures: Vec<DsseSignature>,
}

#[derive(Deserialize)]
struct DsseSignature {
    signature: Bytes,
    verifier: Bytes,
}

#[derive(Deserialize)]
struct Intoto {
    content: IntotoContent,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IntotoContent {
    envelope: IntotoEnvelope,
    payload_hash: Hashed,
}

#[derive(Deserialize)]
struct IntotoEnvelope {
    signatures: Vec<IntotoSignature>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IntotoSignature {
    /// In base64 twice.
    sig: Bytes,
    public_key: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tiled {
    hashed_rekord_v002: TiledRekord,
}

#[derive(Deserialize)]
struct TiledRekord {
    data: TiledData,
    signature: TiledSignature,
}

#[derive(Deserialize)]
struct TiledData {
    algorithm: String,
    digest: Bytes,
}

#[derive(Deserialize)]
struct TiledSignature {
    content: Bytes,
    verifier: TiledVerifier,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TiledVerifier {
    x509_certificate: Raw,
}

impl Body {
    pub(super) fn read(json: &[u8]) -> Result<Self, Refusal> {
        let Kind { kind, api_version } = parse(json)?;
        match (&kind[..], &api_version[..]) {
            ("hashedrekord", "0.0.1") => Self::hashed(parse::<Whole<_>>(json)?.spec),
            ("hashedrekord", "0.0.2") => Self::tiled(parse::<Whole<_>>(json)?.spec),
            ("dsse", "0.0.1") => Self::dsse(parse::<Whole<_>>(json)?.spec),
            ("intoto", "0.0.2") => Self::intoto(parse::<Whole<_>>(json)?.spec),
            _ => Err(Refusal::Unsupported(super::shown(&format!("entry {kind} {api_version}")))),
        }
    }

    fn hashed(spec: HashedRekord) -> Result<Self, Refusal> {
        Ok(Self {
            signature: spec.signature.content.0,
            certificate: certificate(&spec.signature.public_key.content.0)?,
            about: About::Message,
            digest: spec.data.hash.bytes()?,
        })
    }

    fn tiled(Tiled { hashed_rekord_v002: spec }: Tiled) -> Result<Self, Refusal> {
        if spec.data.algorithm != "SHA2_256" {
            return Err(Refusal::Unsupported(super::shown(&spec.data.algorithm)));
        }
        Ok(Self {
            signature: spec.signature.content.0,
            certificate: spec.signature.verifier.x509_certificate.raw_bytes.0,
            about: About::Message,
            digest: spec.data.digest.0,
        })
    }

    fn dsse(spec: Dsse) -> Result<Self, Refusal> {
        let [of] = &spec.signatures[..] else { return Err(wrong()) };
        Ok(Self {
            signature: of.signature.0.clone(),
            certificate: certificate(&of.verifier.0)?,
            about: About::Payload,
            digest: spec.payload_hash.bytes()?,
        })
    }

    fn intoto(Intoto { content }: Intoto) -> Result<Self, Refusal> {
        let [of] = &content.envelope.signatures[..] else { return Err(wrong()) };
        Ok(Self {
            signature: STANDARD.decode(&of.sig.0).map_err(|_| wrong())?,
            certificate: certificate(&of.public_key.0)?,
            about: About::Payload,
            digest: content.payload_hash.bytes()?,
        })
    }

    /// Checks that the entry is about this signature.
    pub(super) fn is_of(&self, logged: &Logged<'_>) -> Result<(), Refusal> {
        let digest = match (&logged.digests, &self.about) {
            (Digests::Envelope { payload, .. }, About::Payload) => payload,
            (Digests::Envelope { message, .. }, About::Message) => message,
            (Digests::Message(message), About::Message) => message,
            (Digests::Message(_), About::Payload) => {
                return Err(Refusal::NotLogged("the entry is about something of another form"));
            }
        };
        let is_same = self.signature == logged.signature
            && self.certificate == logged.certificate
            && self.digest == *digest;
        if is_same { Ok(()) } else { Err(Refusal::NotLogged("the entry is about another signature")) }
    }
}

impl Hashed {
    fn bytes(&self) -> Result<Vec<u8>, Refusal> {
        match &self.algorithm[..] {
            "sha256" => super::unhex(&self.value).ok_or_else(wrong),
            other => Err(Refusal::Unsupported(super::shown(other))),
        }
    }
}

fn parse<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(json).map_err(|_| wrong())
}

/// The certificate that stands in a text. A key may stand there too, and is none.
fn certificate(text: &[u8]) -> Result<Vec<u8>, Refusal> {
    let text = std::str::from_utf8(text).map_err(|_| wrong())?;
    let blocks = pem::blocks(text).map_err(|_| wrong())?;
    let found = blocks.into_iter().find(|block| block.name == "CERTIFICATE").map(|block| block.bytes);
    found.ok_or(Refusal::NotLogged("the entry is about another signature"))
}

fn wrong() -> Refusal {
    Refusal::Malformed("entry of a log")
}
