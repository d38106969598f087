//! age: the format of the encrypted keys, and the keys that open them.

mod bech32;
mod header;
mod hybrid;
mod x25519;

use std::fmt;

use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use windlass_core::{Error, ErrorKind, Result};

use crate::{KeyService, MasterKey, Secret};
use header::{File, Stanza};

/// Private keys of age: `AGE-SECRET-KEY-1…` (X25519), and `AGE-SECRET-KEY-PQ-1…` (ML-KEM-768 with X25519).
pub struct AgeKeys {
    keys: Vec<Identity>,
}

enum Identity {
    X25519(x25519::Key),
    Hybrid(Box<hybrid::Key>),
}

/// The bytes of the key of an age file.
const FILE_KEY: usize = 16;

impl AgeKeys {
    /// Reads keys, one a line; empty lines and those that begin with `#` are passed over.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a line that is no private key, with its number; [`ErrorKind::Unsupported`] for a key of
    /// a plugin.
    pub fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().map(str::trim).zip(1_usize..);
        let lines = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
        let keys: Result<Vec<Identity>> =
            lines.map(|(line, number)| identity(line).map_err(|error| error.with("line", number))).collect();
        Ok(Self { keys: keys? })
    }
}

fn identity(line: &str) -> Result<Identity> {
    if line.starts_with("AGE-PLUGIN-") {
        return Err(Error::new(ErrorKind::Unsupported, "keys of age plugins are not supported"));
    }
    let wrong = || Error::new(ErrorKind::Invalid, "not a private key of age");
    let (kind, bytes) = bech32::decode(line).ok_or_else(wrong)?;
    let bytes = Secret::new(bytes);
    match kind.as_str() {
        "age-secret-key-" => x25519::Key::new(bytes.as_slice()).map(Identity::X25519).ok_or_else(wrong),
        "age-secret-key-pq-" => {
            hybrid::Key::new(bytes.as_slice()).map(|key| Identity::Hybrid(Box::new(key))).ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}

/// Says how many keys there are.
impl fmt::Debug for AgeKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} age keys>", self.keys.len())
    }
}

impl KeyService for AgeKeys {
    fn decrypt(&self, key: &MasterKey) -> Result<Option<Secret>> {
        if key.kind != "age" {
            return Ok(None);
        }
        let file = File::parse(&key.encrypted).ok_or_else(|| wrong("the key is no age file"))?;
        let found = file.stanzas.iter().find_map(|stanza| self.keys.iter().find_map(|key| key.open(stanza)));
        let Some(file_key) = found else { return Ok(None) };
        check_header(&file, &file_key)?;
        payload(&file, &file_key).map(Some)
    }
}

impl Identity {
    fn open(&self, stanza: &Stanza) -> Option<Secret> {
        match self {
            Self::X25519(key) => key.open(stanza),
            Self::Hybrid(key) => key.open(stanza),
        }
    }
}

fn wrong(message: &str) -> Error {
    Error::new(ErrorKind::Invalid, message)
}

fn check_header(file: &File, file_key: &Secret) -> Result<()> {
    let damaged = || wrong("the header of an age file was changed");
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(None, file_key.as_slice()).expand(b"header", &mut key).map_err(|_| damaged())?;
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).map_err(|_| damaged())?;
    mac.update(&file.signed);
    mac.verify_slice(&file.mac).map_err(|_| damaged())
}

/// Decrypts what follows the header: pieces of 64 KiB, the last of which is marked.
fn payload(file: &File, file_key: &Secret) -> Result<Secret> {
    const NONCE: usize = 16;
    const PIECE: usize = 64 * 1024 + 16;
    let damaged = || wrong("the content of an age file was changed");
    let (nonce, rest) = file.payload.split_at_checked(NONCE).ok_or_else(damaged)?;
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(nonce), file_key.as_slice())
        .expand(b"payload", &mut key)
        .map_err(|_| damaged())?;
    let cipher = ChaCha20Poly1305::new_from_slice(&key).map_err(|_| damaged())?;
    let mut plain = Vec::with_capacity(rest.len());
    let pieces = rest.chunks(PIECE).len();
    for (at, piece) in rest.chunks(PIECE).enumerate() {
        let mut nonce = [0_u8; 12];
        nonce[3..11].copy_from_slice(&(at as u64).to_be_bytes());
        nonce[11] = u8::from(at + 1 == pieces);
        let opened = cipher.decrypt(&Nonce::<ChaCha20Poly1305>::from(nonce), piece).map_err(|_| damaged())?;
        plain.extend_from_slice(Secret::new(opened).as_slice());
    }
    if pieces == 0 { Err(damaged()) } else { Ok(Secret::new(plain)) }
}

/// Opens a file key that was encrypted with a key used once, so that the nonce is zero.
fn unwrap(key: &[u8], nonce: [u8; 12], body: &[u8]) -> Option<Secret> {
    const TAG: usize = 16;
    if body.len() != FILE_KEY + TAG {
        return None;
    }
    let cipher = ChaCha20Poly1305::new_from_slice(key).ok()?;
    cipher.decrypt(&Nonce::<ChaCha20Poly1305>::from(nonce), body).ok().map(Secret::new)
}
