//! Private keys, in the forms that ssh-keygen and OpenSSL write.

use std::sync::Arc;

use russh::keys::{self, HashAlg, PrivateKey, decode_secret_key};
use windlass_core::{Error, ErrorKind, Result};

/// The most bytes of a private key as text: RSA keys of 16,384 bits take 13,000.
const KEY_BYTES_MAX: usize = 64 << 10;

const HELP: &str =
    "Give a private key as ssh-keygen or OpenSSL writes it, from its line BEGIN to its line END.";

/// Reads a private key. What is wrong is said without a word of what is there.
pub(super) fn read(text: &str, passphrase: Option<&str>) -> Result<Arc<PrivateKey>> {
    let wrong = |message: &'static str| Error::new(ErrorKind::Invalid, message);
    if text.len() > KEY_BYTES_MAX {
        let error = Error::new(ErrorKind::Limit, "the private key is too large");
        return Err(error.with("key_bytes_max", KEY_BYTES_MAX));
    }
    // Whoever pasted a key may have brought spaces along.
    let text: String = text.lines().map(|line| format!("{}\n", line.trim())).collect();
    let text = text.trim_start();
    if text.starts_with("ssh-") || text.starts_with("ecdsa-") || text.starts_with("-----BEGIN PUBLIC") {
        return Err(wrong("the key is a public one").with_help("Give the private key that belongs to it."));
    }
    let (key, is_encrypted) = match decode_secret_key(text, None) {
        Ok(key) => return usable(key),
        Err(keys::Error::KeyIsEncrypted) => (passphrase, true),
        // What PKCS#8 says of an encrypted key without a passphrase names no cause.
        Err(_) => (passphrase, text.contains("ENCRYPTED")),
    };
    match key.filter(|_| is_encrypted) {
        None if is_encrypted => Err(wrong("the private key is encrypted, and there is no passphrase")
            .with_help("Add its passphrase.")),
        None => Err(wrong("the private key cannot be read").with_help(HELP)),
        Some(passphrase) => match decode_secret_key(text, Some(passphrase)) {
            Ok(key) => usable(key),
            Err(_) => Err(wrong("the passphrase does not open the private key")
                .with_help("Correct the passphrase, or the key.")),
        },
    }
}

fn usable(key: PrivateKey) -> Result<Arc<PrivateKey>> {
    use russh::keys::Algorithm::{Ecdsa, Ed25519, Rsa};
    match key.algorithm() {
        Ed25519 | Ecdsa { .. } | Rsa { .. } => Ok(Arc::new(key)),
        kind => Err(Error::new(ErrorKind::Unsupported, "no support for private keys of this kind")
            .with("kind", kind.as_str())
            .with_help("Make a key with `ssh-keygen -t ed25519`.")),
    }
}

/// A key as it may be shown: its kind and fingerprint.
pub(super) fn shown(key: &PrivateKey) -> String {
    format!("{} {}", key.algorithm().as_str(), key.fingerprint(HashAlg::Sha256))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by it")]

    use super::*;

    #[test]
    fn what_is_no_private_key_is_refused_without_a_word_of_it() {
        for (text, expected) in [
            ("", "the private key cannot be read"),
            ("canary", "the private key cannot be read"),
            (
                "-----BEGIN OPENSSH PRIVATE KEY-----\ncanary\n-----END OPENSSH PRIVATE KEY-----",
                "the private key cannot be read",
            ),
            ("ssh-ed25519 canary", "the key is a public one"),
        ] {
            let error = read(text, Some("canary")).map(|_| ()).unwrap_err();
            assert_eq!(error.message(), expected, "{text}");
            assert!(!format!("{error:?} {}", error.explain()).contains("canary"), "{error:?}");
            assert!(error.help().is_some());
        }
    }
}
