//! Keys of type X25519.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hkdf::Hkdf;
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};

use super::header::Stanza;
use super::unwrap;
use crate::Secret;

pub(super) struct Key {
    secret: StaticSecret,
    public: PublicKey,
}

impl Key {
    pub(super) fn new(bytes: &[u8]) -> Option<Self> {
        let secret = StaticSecret::from(<[u8; 32]>::try_from(bytes).ok()?);
        Some(Self { public: PublicKey::from(&secret), secret })
    }

    pub(super) fn open(&self, stanza: &Stanza) -> Option<Secret> {
        let [share] = stanza.arguments.as_slice() else { return None };
        if stanza.kind != "X25519" {
            return None;
        }
        let share = <[u8; 32]>::try_from(STANDARD_NO_PAD.decode(share).ok()?).ok()?;
        let shared = self.secret.diffie_hellman(&PublicKey::from(share));
        if !shared.was_contributory() {
            return None;
        }
        let salt = [share, self.public.to_bytes()].concat();
        let mut key = [0; 32];
        let derived = Hkdf::<Sha256>::new(Some(&salt), shared.as_bytes());
        derived.expand(b"age-encryption.org/v1/X25519", &mut key).ok()?;
        unwrap(&key, [0; 12], &stanza.body)
    }
}
