//! Signatures of SSH: <https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig>.

mod key;
mod wire;

use sha2::{Digest as _, Sha256, Sha512};

use self::key::PublicKey;
pub(crate) use self::key::{rsa_key, wide};
use self::wire::{Reader, write};
use crate::{Format, Refusal, Signed, Signer, armor};

const MAGIC: &[u8] = b"SSHSIG";

/// What Git signs for.
const NAMESPACE: &str = "git";

/// A key whose signatures count.
#[derive(Debug, Clone)]
pub(crate) struct Allowed {
    pub(crate) key: PublicKey,
    principals: Option<String>,
    /// The namespaces of its line; all without.
    namespaces: Option<Vec<String>>,
}

/// Reads keys, one a line. Options in front of a key are passed over: they are about logging in.
pub(crate) fn authorized_keys(text: &str) -> Result<Vec<Allowed>, Refusal> {
    lines(text, |line| {
        let fields = fields(line);
        let place = fields.iter().take(2).position(|field| PublicKey::is_kind(field));
        let place = place.ok_or("no known kind of key")?;
        let key = key(&fields[place..])?;
        Ok(Allowed { key, principals: None, namespaces: None })
    })
}

/// Reads lines of principals, options and a key.
pub(crate) fn allowed_signers(text: &str) -> Result<Vec<Allowed>, Refusal> {
    lines(text, |line| {
        let fields = fields(line);
        let [principals, rest @ ..] = &fields[..] else { return Err("no principals".into()) };
        let (options, rest) = match rest {
            [first, rest @ ..] if !PublicKey::is_kind(first) => (Some(*first), rest),
            rest => (None, rest),
        };
        let namespaces = options.map(namespaces).transpose()?;
        Ok(Allowed { key: key(rest)?, principals: Some(principals.trim_matches('"').to_owned()), namespaces })
    })
}

fn lines<T>(text: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, Refusal> {
    let lines = text.lines().map(str::trim).enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines.map(|(place, line)| read(line).map_err(|why| Refusal::SshKey(place + 1, why))).collect()
}

/// The words of a line; spaces between quotes separate nothing.
fn fields(line: &str) -> Vec<&str> {
    let mut quoted = false;
    let outside = |c: char| {
        quoted ^= c == '"';
        !quoted && (c == ' ' || c == '\t')
    };
    line.split(outside).filter(|field| !field.is_empty()).collect()
}

fn key(fields: &[&str]) -> Result<PublicKey, String> {
    let [kind, blob, ..] = fields else { return Err("no key".into()) };
    let bytes = armor::decode(blob).ok_or("not base64")?;
    PublicKey::read(&bytes).filter(|key| key.kind() == *kind).ok_or_else(|| format!("not a key of {kind}"))
}

/// Of the options only `namespaces` is understood: to pass over another would allow more than it says.
fn namespaces(options: &str) -> Result<Vec<String>, String> {
    let names = options.strip_prefix("namespaces=\"").and_then(|rest| rest.strip_suffix('"'));
    let names = names.filter(|names| !names.contains('"'));
    let names = names.ok_or_else(|| format!("no support for the options {options:?}"))?;
    Ok(names.split(',').map(str::to_owned).collect())
}

pub(crate) fn verify(allowed: &[Allowed], signed: &Signed<'_>) -> Result<Signer, Refusal> {
    let bytes = armor::bytes(signed.signature(), "SSH SIGNATURE").ok_or(Refusal::Malformed)?;
    let parts = Parts::read(&bytes).ok_or(Refusal::Malformed)?;
    let message = parts.message(signed.payload()).filter(|_| parts.namespace == NAMESPACE.as_bytes());
    let message = message.ok_or(Refusal::NoKey)?;
    let suits = |allowed: &&Allowed| {
        let names = allowed.namespaces.as_deref();
        allowed.key.blob() == parts.key
            && names.is_none_or(|names| names.iter().any(|name| name == NAMESPACE))
    };
    let made = allowed.iter().filter(suits).find(|allowed| allowed.key.made(parts.signature, &message));
    made.ok_or(Refusal::NoKey).map(|allowed| Signer {
        format: Format::Ssh,
        fingerprint: allowed.key.fingerprint(),
        key_id: None,
        principals: allowed.principals.clone(),
    })
}

/// What a signature holds.
struct Parts<'b> {
    key: &'b [u8],
    namespace: &'b [u8],
    hash: &'b [u8],
    signature: &'b [u8],
}

impl<'b> Parts<'b> {
    fn read(bytes: &'b [u8]) -> Option<Self> {
        let mut reader = Reader(bytes.strip_prefix(MAGIC)?);
        if reader.number()? != 1 {
            return None;
        }
        let (key, namespace, _reserved) = (reader.text()?, reader.text()?, reader.text()?);
        let (hash, signature) = (reader.text()?, reader.text()?);
        reader.0.is_empty().then_some(Self { key, namespace, hash, signature })
    }

    /// The bytes that were signed; `None` for an unknown hash.
    fn message(&self, payload: &[u8]) -> Option<Vec<u8>> {
        let digest = match self.hash {
            b"sha256" => Sha256::digest(payload).to_vec(),
            b"sha512" => Sha512::digest(payload).to_vec(),
            _ => return None,
        };
        let mut message = MAGIC.to_vec();
        [self.namespace, b"", self.hash, &digest].into_iter().for_each(|part| write(&mut message, part));
        Some(message)
    }
}
