//! What a log of certificates promised: that it will show the certificate to everybody
//! ([RFC 6962](https://www.rfc-editor.org/rfc/rfc6962#section-3.2)).

use sha2::{Digest as _, Sha256};
use x509_cert::der::Decode;
use x509_cert::der::asn1::{ObjectIdentifier, OctetStringRef};

use super::certificate::Held;
use super::der::{SEQUENCE, children, wrapped};
use super::key::Hash;
use super::root::Log;

const PROMISES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.2");
/// The most promises in one certificate.
const PROMISES_MAX: usize = 32;
/// `[3]`, where the extensions of a certificate are.
const EXTENSIONS: u8 = 0xa3;

/// Whether a trusted log promised to show the certificate.
pub(super) fn is_promised(leaf: &Held, issuer: &Held, logs: &[Log]) -> bool {
    check(leaf, issuer, logs).is_some()
}

fn check(leaf: &Held, issuer: &Held, logs: &[Log]) -> Option<()> {
    let list = <&OctetStringRef>::from_der(leaf.extension(PROMISES)?).ok()?;
    let signed = without_promises(leaf.signed()?)?;
    let issuer = Sha256::digest(issuer.key().der());
    let mut list = Part(list.as_bytes()).long()?;
    for _ in 0..PROMISES_MAX {
        let promise = Promise::read(list.long()?.0)?;
        let is_of = |log: &&Log| log.id == promise.log && log.valid.has(promise.time / 1000);
        if let Some(log) = logs.iter().find(is_of) {
            let message = promise.message(&issuer, &signed)?;
            if log.key.made_with(Hash::Sha256, promise.signature, &message) {
                return Some(());
            }
        }
    }
    None
}

struct Promise<'a> {
    log: &'a [u8],
    /// In thousandths of a second.
    time: u64,
    extensions: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Promise<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut part = Part(bytes);
        let version = part.take(1)?;
        let (log, time) = (part.take(32)?, u64::from_be_bytes(part.take(8)?.try_into().ok()?));
        let extensions = part.long()?.0;
        // SHA-256, with ECDSA or RSA.
        let algorithm = part.take(2)?;
        let signature = part.long()?.0;
        let fits = version == [0] && matches!(algorithm, [4, 1 | 3]) && part.0.is_empty();
        fits.then_some(Self { log, time, extensions, signature })
    }

    /// What the log signed: the certificate as it was before the promise was put into it.
    fn message(&self, issuer: &[u8], signed: &[u8]) -> Option<Vec<u8>> {
        let mut message = vec![0, 0];
        message.extend_from_slice(&self.time.to_be_bytes());
        message.extend_from_slice(&[0, 1]);
        message.extend_from_slice(issuer);
        let [0, length @ ..] = u32::try_from(signed.len()).ok()?.to_be_bytes() else { return None };
        message.extend_from_slice(&length);
        message.extend_from_slice(signed);
        message.extend_from_slice(&u16::try_from(self.extensions.len()).ok()?.to_be_bytes());
        message.extend_from_slice(self.extensions);
        Some(message)
    }
}

/// What is left to be read.
struct Part<'a>(&'a [u8]);

impl<'a> Part<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// What has its length, of two bytes, in front.
    fn long(&mut self) -> Option<Self> {
        let length = u16::from_be_bytes(self.take(2)?.try_into().ok()?);
        self.take(usize::from(length)).map(Self)
    }
}

/// The signed part of a certificate without the extension of the promises.
fn without_promises(signed: &[u8]) -> Option<Vec<u8>> {
    let mut fields = Vec::new();
    for field in children(signed)? {
        if field.first() != Some(&EXTENSIONS) {
            fields.extend_from_slice(field);
            continue;
        }
        let [list] = children(field)?[..] else { return None };
        let mut kept = Vec::new();
        for extension in children(list)? {
            let id = ObjectIdentifier::from_der(children(extension)?.first()?).ok()?;
            if id != PROMISES {
                kept.extend_from_slice(extension);
            }
        }
        fields.extend(wrapped(EXTENSIONS, &wrapped(SEQUENCE, &kept)));
    }
    Some(wrapped(SEQUENCE, &fields))
}
