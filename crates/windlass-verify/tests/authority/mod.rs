//! A Sigstore of the tests: an authority that issues certificates, a log of them and a log of signatures, each with a key of its
//! own. What it makes is read by cosign too, which windlass-oci's `tests/peers` look at.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData as _, SanType, SigningKey as _,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// When certificates begin to be valid: 2026-01-10. They are for ten minutes.
pub const BEGIN: u64 = 1_768_003_200;
const MINUTES_10: u64 = 600;

const PROMISES: [u64; 10] = [1, 3, 6, 1, 4, 1, 11129, 2, 4, 2];
const ISSUER: [u64; 9] = [1, 3, 6, 1, 4, 1, 57264, 1, 8];
const STATEMENT: &str = "application/vnd.in-toto+json";

/// What is signed, by whom, and how.
#[derive(Clone)]
pub struct Signing {
    /// The SHA-256 of the artifact, in hexadecimal digits.
    pub digest: String,
    pub subject: String,
    pub issuer: String,
    /// When the log took the signature in.
    pub time: u64,
    pub is_for_code: bool,
    /// Whether the log of certificates has the certificate.
    pub is_promised: bool,
}

impl Signing {
    pub fn of(digest: &str) -> Self {
        Self {
            digest: digest.to_owned(),
            subject: "https://example.org/fleet/release".to_owned(),
            issuer: "https://tokens.example.org".to_owned(),
            time: BEGIN + 5,
            is_for_code: true,
            is_promised: true,
        }
    }
}

pub struct Sigstore {
    authority: Issuer<'static, KeyPair>,
    certificate: Vec<u8>,
    log: KeyPair,
    certificate_log: KeyPair,
}

impl Sigstore {
    pub fn new() -> Self {
        let (mut params, key) = (CertificateParams::default(), KeyPair::generate().unwrap());
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2036, 1, 1);
        let certificate = params.self_signed(&key).unwrap().der().to_vec();
        let [log, certificate_log] = [(); 2].map(|()| KeyPair::generate().unwrap());
        Self { authority: Issuer::new(params, key), certificate, log, certificate_log }
    }

    /// What is trusted, as `trusted_root.json` has it.
    pub fn root(&self) -> Value {
        let log = |key: &KeyPair| {
            json!({
                "baseUrl": "https://log.example.org",
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": STANDARD.encode(key.subject_public_key_info()),
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "validFor": {"start": "2026-01-01T00:00:00Z"},
                },
                "logId": {"keyId": STANDARD.encode(id(key))},
            })
        };
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(&self.log)],
            "ctlogs": [log(&self.certificate_log)],
            "certificateAuthorities": [{
                "subject": {"organization": "example.org", "commonName": "authority"},
                "uri": "https://authority.example.org",
                "certChain": {"certificates": [{"rawBytes": STANDARD.encode(&self.certificate)}]},
                "validFor": {"start": "2026-01-01T00:00:00.000Z"},
            }],
        })
    }

    /// A bundle around a statement about an artifact.
    pub fn bundle(&self, how: &Signing) -> Value {
        let key = KeyPair::generate().unwrap();
        let certificate = self.issue(how, &key);
        let payload = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"digest": {"sha256": how.digest}}],
            "predicateType": "https://sigstore.dev/cosign/sign/v1",
            "predicate": {},
        })
        .to_string();
        let message = format!("DSSEv1 {} {STATEMENT} {} {payload}", STATEMENT.len(), payload.len());
        let signature = STANDARD.encode(key.sign(message.as_bytes()).unwrap());
        let envelope = json!({
            "payload": STANDARD.encode(&payload),
            "payloadType": STATEMENT,
            "signatures": [{"sig": signature}],
        });
        let body = json!({
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {
                "envelopeHash": hashed(envelope.to_string().as_bytes()),
                "payloadHash": hashed(payload.as_bytes()),
                "signatures": [{"signature": signature, "verifier": STANDARD.encode(pem(&certificate))}],
            },
        });
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": STANDARD.encode(&certificate)},
                "tlogEntries": [self.entry("dsse", &body, how.time)],
            },
            "dsseEnvelope": envelope,
        })
    }

    /// The annotations of the older form, for a payload: the signature, the certificate, and what the log says.
    pub fn simple(&self, how: &Signing, payload: &str) -> [String; 3] {
        let key = KeyPair::generate().unwrap();
        let certificate = pem(&self.issue(how, &key));
        let signature = STANDARD.encode(key.sign(payload.as_bytes()).unwrap());
        let body = json!({
            "apiVersion": "0.0.1",
            "kind": "hashedrekord",
            "spec": {
                "data": {"hash": hashed(payload.as_bytes())},
                "signature": {"content": signature, "publicKey": {"content": STANDARD.encode(&certificate)}},
            },
        });
        let (promised, promise) = self.promise(&body, how.time);
        let logged = json!({"SignedEntryTimestamp": STANDARD.encode(promise), "Payload": promised});
        [signature, certificate, logged.to_string()]
    }

    /// An entry of the log, as the third of five.
    fn entry(&self, kind: &str, body: &Value, time: u64) -> Value {
        let (_, promise) = self.promise(body, time);
        let leaf = |bytes: &[u8]| Sha256::new().chain_update([0]).chain_update(bytes).finalize();
        let node = |left: &[u8], right: &[u8]| {
            Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize()
        };
        let [a, b, d, e] = [b"a", b"b", b"d", b"e"].map(|other| leaf(other));
        let (ours, left) = (leaf(body.to_string().as_bytes()), node(&a, &b));
        let root = node(&node(&left, &node(&ours, &d)), &e);
        let text = format!("log.example.org - 1\n5\n{}\n", STANDARD.encode(root));
        let hashes: Vec<String> = [d, left, e].iter().map(|hash| STANDARD.encode(hash)).collect();
        let signature = self.log.sign(text.as_bytes()).unwrap();
        let marked = [&id(&self.log)[..4], &signature].concat();
        json!({
            "logIndex": "2",
            "logId": {"keyId": STANDARD.encode(id(&self.log))},
            "kindVersion": {"kind": kind, "version": "0.0.1"},
            "integratedTime": time.to_string(),
            "inclusionPromise": {"signedEntryTimestamp": STANDARD.encode(promise)},
            "inclusionProof": {
                "logIndex": "2",
                "rootHash": STANDARD.encode(root),
                "treeSize": "5",
                "hashes": hashes,
                "checkpoint": {
                    "envelope": format!("{text}\n\u{2014} log.example.org {}\n", STANDARD.encode(marked)),
                },
            },
            "canonicalizedBody": STANDARD.encode(body.to_string()),
        })
    }

    fn promise(&self, body: &Value, time: u64) -> (Value, Vec<u8>) {
        let promised = json!({
            "body": STANDARD.encode(body.to_string()),
            "integratedTime": time,
            "logID": id(&self.log).iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            "logIndex": 2,
        });
        let promise = self.log.sign(promised.to_string().as_bytes()).unwrap();
        (promised, promise)
    }

    /// Issues a certificate, which the log of certificates sees first.
    fn issue(&self, how: &Signing, key: &KeyPair) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.subject_alt_names = vec![SanType::URI(how.subject.as_str().try_into().unwrap())];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let usage = if how.is_for_code {
            ExtendedKeyUsagePurpose::CodeSigning
        } else {
            ExtendedKeyUsagePurpose::ClientAuth
        };
        params.extended_key_usages = vec![usage];
        params.not_before = rcgen::date_time_ymd(2026, 1, 10);
        params.not_after = params.not_before + Duration::from_secs(MINUTES_10);
        params.serial_number = Some(7_u64.into());
        params.custom_extensions =
            vec![CustomExtension::from_oid_content(&ISSUER, der(0x0c, how.issuer.as_bytes()))];
        if how.is_promised {
            let before = params.signed_by(key, &self.authority).unwrap();
            let promise = der(0x04, &self.certificate_promise(signed(before.der())));
            params.custom_extensions.push(CustomExtension::from_oid_content(&PROMISES, promise));
        }
        params.signed_by(key, &self.authority).unwrap().der().to_vec()
    }

    fn certificate_promise(&self, signed: &[u8]) -> Vec<u8> {
        let time = (BEGIN * 1000).to_be_bytes();
        let issuer = Sha256::digest(self.authority.key().subject_public_key_info());
        let length = &(signed.len() as u32).to_be_bytes()[1..];
        let message = [&[0, 0], &time[..], &[0, 1], &issuer, length, signed, &[0, 0]].concat();
        let signature = self.certificate_log.sign(&message).unwrap();
        let id = id(&self.certificate_log);
        let length = (signature.len() as u16).to_be_bytes();
        let promise = [&[0], &id[..], &time, &[0, 0], &[4, 3], &length, &signature].concat();
        let one = [&(promise.len() as u16).to_be_bytes()[..], &promise].concat();
        [&(one.len() as u16).to_be_bytes()[..], &one].concat()
    }
}

/// The name of a log: the digest of its key.
fn id(key: &KeyPair) -> Vec<u8> {
    Sha256::digest(key.subject_public_key_info()).to_vec()
}

fn hashed(bytes: &[u8]) -> Value {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    json!({"algorithm": "sha256", "value": hex})
}

fn pem(certificate: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(certificate))
}

/// A short value in DER.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    match content.len() {
        short @ 0..128 => [&[tag, short as u8], content].concat(),
        long @ 128..256 => [&[tag, 0x81, long as u8], content].concat(),
        _ => unreachable!("it is short"),
    }
}

/// What of a certificate is signed: the first value in it, whose length is of two bytes.
fn signed(certificate: &[u8]) -> &[u8] {
    let inside = &certificate[4..];
    match inside {
        [0x30, 0x82, high, low, ..] => &inside[..4 + usize::from(u16::from_be_bytes([*high, *low]))],
        _ => unreachable!("a certificate is longer than 255 bytes and shorter than 65,536"),
    }
}
