//! The keys that count.

use std::fmt;

use crate::openpgp::Ring;
use crate::ssh::{self, Allowed};
use crate::{Format, Refusal, Signed};

/// The most bytes of one text of keys.
pub const KEYS_BYTES_MAX: usize = 4 << 20;

/// The most keys in all.
pub const KEYS_MAX: usize = 10_000;

/// The keys whose signatures count.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    rings: Vec<Ring>,
    ssh: Vec<Allowed>,
}

/// Who signed, as far as a signature can say.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signer {
    /// The format of the signature.
    pub format: Format,
    /// The fingerprint of the key: `SHA256:…` of SSH, hexadecimal digits of OpenPGP, there that of the primary key.
    pub fingerprint: String,
    /// The long key id of the primary key of OpenPGP, as Flux shows it.
    pub key_id: Option<String>,
    /// The principals that the line of an allowed signer names.
    pub principals: Option<String>,
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fingerprint)?;
        self.principals.as_ref().map_or(Ok(()), |names| write!(f, " ({names})"))
    }
}

impl Keys {
    /// No key: nothing verifies.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds public keys of OpenPGP, as `gpg --export --armor` writes them.
    ///
    /// # Errors
    /// [`Refusal::KeyRing`] for anything else, [`Refusal::TooLarge`].
    pub fn with_openpgp(mut self, armored: &str) -> Result<Self, Refusal> {
        bounded(armored)?;
        self.rings.extend(Ring::read(armored)?);
        self.counted()
    }

    /// Adds public keys of SSH, one a line, as in `authorized_keys` or a file `*.pub`.
    ///
    /// # Errors
    /// [`Refusal::SshKey`] for a line that holds none, [`Refusal::TooLarge`].
    pub fn with_authorized_keys(mut self, text: &str) -> Result<Self, Refusal> {
        bounded(text)?;
        self.ssh.extend(ssh::authorized_keys(text)?);
        self.counted()
    }

    /// Adds allowed signers, as `gpg.ssh.allowedSignersFile` of Git names them: principals, options, a key.
    ///
    /// # Errors
    /// [`Refusal::SshKey`] for a line that is none, or has an option that is not understood; [`Refusal::TooLarge`].
    pub fn with_allowed_signers(mut self, text: &str) -> Result<Self, Refusal> {
        bounded(text)?;
        self.ssh.extend(ssh::allowed_signers(text)?);
        self.counted()
    }

    fn counted(self) -> Result<Self, Refusal> {
        let count = self.rings.len() + self.ssh.len();
        if count > KEYS_MAX { Err(Refusal::TooLarge(KEYS_MAX)) } else { Ok(self) }
    }

    /// Says whether there is no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rings.is_empty() && self.ssh.is_empty()
    }

    /// The fingerprints of all keys, in the order in which they were added: OpenPGP, then SSH.
    #[must_use]
    pub fn fingerprints(&self) -> Vec<String> {
        let rings = self.rings.iter().map(Ring::fingerprint);
        rings.chain(self.ssh.iter().map(|allowed| allowed.key.fingerprint())).collect()
    }

    /// Says with which of the keys something was signed.
    ///
    /// # Errors
    /// [`Refusal::Format`] where no key of that format was given, [`Refusal::Malformed`], [`Refusal::NoKey`].
    pub fn verify(&self, signed: &Signed<'_>) -> Result<Signer, Refusal> {
        match signed.format() {
            Format::OpenPgp if !self.rings.is_empty() => crate::openpgp::verify(&self.rings, signed),
            Format::Ssh if !self.ssh.is_empty() => ssh::verify(&self.ssh, signed),
            other => Err(Refusal::Format(other)),
        }
    }
}

fn bounded(text: &str) -> Result<(), Refusal> {
    if text.len() > KEYS_BYTES_MAX { Err(Refusal::TooLarge(KEYS_BYTES_MAX)) } else { Ok(()) }
}
