//! Keys that open the key of a file.

use std::fmt;

use windlass_core::{Result, Text, Value};
use zeroize::Zeroizing;

/// Bytes that nobody may see: no `Debug` shows them, and they are wiped from memory when they are dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Gives the bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

/// Shows the length only.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} secret bytes>", self.0.len())
    }
}

/// The key of a file, or a share of it, encrypted for one recipient. Nothing in it is secret.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MasterKey {
    /// The field of the metadata in which it is listed: `age`, `pgp`, `kms`, `gcp_kms`, `azure_kv`, `hc_vault`.
    pub kind: Text,
    /// What it says, such as `recipient`, `fp` or `arn`.
    pub fields: Value,
    /// The encrypted key, as the metadata have it.
    pub encrypted: Text,
}

impl MasterKey {
    /// Names whom it is encrypted for, for messages.
    #[must_use]
    pub fn recipient(&self) -> &str {
        let names = ["recipient", "fp", "arn", "resource_id", "vault_url", "vault_address"];
        names.iter().find_map(|name| self.fields.text_at(&[name])).unwrap_or_default()
    }
}

/// Opens keys of files.
///
/// For an implementor: `None` for a key that is not for this service or for none of its keys; an error where one that
/// should open does not. No secret in an error.
pub trait KeyService: fmt::Debug + Send + Sync + 'static {
    /// Decrypts the key of a file.
    ///
    /// # Errors
    /// [`Invalid`](windlass_core::ErrorKind::Invalid) for a key that is damaged, and whatever the service meets.
    fn decrypt(&self, key: &MasterKey) -> Result<Option<Secret>>;
}
