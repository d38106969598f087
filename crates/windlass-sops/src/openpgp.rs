//! OpenPGP keys, by rPGP, which is named in this file alone.

use std::fmt;
use std::io::Read as _;

use pgp::composed::{Deserializable as _, Message, SignedSecretKey};
use pgp::types::Password;
use windlass_core::{Error, ErrorKind, Result};

use crate::{KeyService, MasterKey, Secret};

/// Bytes of the key of a file, and more than that.
const KEY_BYTES_MAX: u64 = 64 * 1024;
/// Private keys of one text.
const KEYS_MAX: usize = 1000;

/// Private keys of OpenPGP, as `gpg --export-secret-keys --armor` writes them, without passphrase.
pub struct PgpKeys {
    keys: Vec<SignedSecretKey>,
}

impl PgpKeys {
    /// Reads an armored text of one or several keys.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for anything else; [`ErrorKind::Limit`] for too many keys.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || Error::new(ErrorKind::Invalid, "not a private key of OpenPGP");
        let (keys, _) = SignedSecretKey::from_armor_many(text.as_bytes()).map_err(|_| wrong())?;
        let keys: Vec<SignedSecretKey> =
            keys.take(KEYS_MAX + 1).collect::<std::result::Result<_, _>>().map_err(|_| wrong())?;
        if keys.len() > KEYS_MAX {
            return Err(Error::new(ErrorKind::Limit, "too many keys")
                .with("limit", "keys_max")
                .with("max", KEYS_MAX));
        }
        if keys.is_empty() { Err(wrong()) } else { Ok(Self { keys }) }
    }
}

/// Says how many keys there are.
impl fmt::Debug for PgpKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} OpenPGP keys>", self.keys.len())
    }
}

impl KeyService for PgpKeys {
    fn decrypt(&self, key: &MasterKey) -> Result<Option<Secret>> {
        if key.kind != "pgp" {
            return Ok(None);
        }
        Message::from_armor(key.encrypted.as_bytes())
            .map_err(|_| Error::new(ErrorKind::Invalid, "the key is no message of OpenPGP"))?;
        Ok(self.keys.iter().find_map(|own| opened(&key.encrypted, own)))
    }
}

fn opened(message: &str, key: &SignedSecretKey) -> Option<Secret> {
    let (message, _) = Message::from_armor(message.as_bytes()).ok()?;
    let mut message = message.decrypt(&Password::empty(), key).ok()?;
    if message.is_compressed() {
        message = message.decompress().ok()?;
    }
    let mut plain = Vec::new();
    (&mut message).take(KEY_BYTES_MAX).read_to_end(&mut plain).ok()?;
    Some(Secret::new(plain))
}
