//! The decryption of a file.

use std::fmt::Write as _;
use std::sync::Arc;

use sha2::{Digest, Sha512};
use windlass_core::{Error, ErrorKind, Result, Text};

use crate::cipher::{self, Plain};
use crate::metadata::Metadata;
use crate::store::{self, Entry, File};
use crate::{Format, KeyService, MasterKey, Secret, shamir};

/// What a code over encrypted values alone begins with: the digest of `sops`.
const ENCRYPTED_ONLY: [u8; 32] = [
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b, 0x0b,
    0x97, 0x5b, 0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

/// Decrypts files with the keys it is given.
#[derive(Debug, Clone, Default)]
pub struct Sops {
    services: Vec<Arc<dyn KeyService>>,
}

impl Sops {
    /// Has no keys yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds keys, which are tried in the order in which they were added.
    #[must_use]
    pub fn with_keys(mut self, keys: impl KeyService) -> Self {
        self.services.push(Arc::new(keys));
        self
    }

    /// Decrypts a file.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a text that is not of this format or not encrypted, for a value, a path or a code (MAC)
    /// that was changed; [`ErrorKind::Denied`] where no key opens it, with the recipients; [`ErrorKind::Limit`]; what a
    /// key service meets.
    pub fn decrypt(&self, text: &[u8], format: Format) -> Result<Secret> {
        self.open(text, format, true)
    }

    /// Decrypts a file whose values may have changed their order, so that the code over them cannot be checked.
    pub(crate) fn decrypt_unordered(&self, text: &[u8], format: Format) -> Result<Secret> {
        self.open(text, format, false)
    }

    fn open(&self, text: &[u8], format: Format, check: bool) -> Result<Secret> {
        let file = store::load(text, format)?;
        let key = self.data_key(&file.metadata)?;
        let (plains, code) = values(&file, &key)?;
        if check {
            check_code(&file.metadata, &key, &code)?;
        }
        file.write(&plains)
    }

    fn data_key(&self, metadata: &Metadata) -> Result<Secret> {
        let mut problems = Vec::new();
        let mut shares = Vec::new();
        for group in &metadata.groups {
            if let Some(share) = self.share(group, &mut problems) {
                shares.push(share);
            }
        }
        let groups = metadata.groups.len();
        if groups == 1 {
            return shares.pop().ok_or_else(|| closed(metadata, problems));
        }
        let needed = if metadata.threshold == 0 { groups } else { metadata.threshold };
        if shares.len() < needed {
            return Err(closed(metadata, problems).with("groups", shares.len()).with("needed", needed));
        }
        shamir::combine(&shares)
    }

    fn share(&self, group: &[MasterKey], problems: &mut Vec<Error>) -> Option<Secret> {
        for key in group {
            for service in &self.services {
                match service.decrypt(key) {
                    Ok(Some(share)) => return Some(share),
                    Ok(None) => {}
                    Err(error) => problems.push(error.with("recipient", key.recipient())),
                }
            }
        }
        None
    }
}

/// Says that no key opens a file: what went wrong, or else for whom it is.
fn closed(metadata: &Metadata, mut problems: Vec<Error>) -> Error {
    if let Some(last) = problems.pop() {
        return last;
    }
    let recipients: Vec<&str> = metadata.groups.iter().flatten().map(MasterKey::recipient).collect();
    Error::new(ErrorKind::Denied, "no key opens the file").with("recipients", recipients.join(", "))
}

/// Decrypts what is encrypted, and gives the code over all values.
fn values(file: &File<'_>, key: &Secret) -> Result<(Vec<Option<Plain>>, String)> {
    let mut hash = Sha512::new();
    let only_encrypted = file.metadata.mac_only_encrypted;
    if only_encrypted {
        hash.update(ENCRYPTED_ONLY);
    }
    let mut plains = Vec::with_capacity(file.entries.len());
    for entry in &file.entries {
        if let Plain::Comment(text) = &entry.plain {
            plains.push(comment(text, entry, key));
            continue;
        }
        let new = value(file, entry, key)?;
        if new.is_some() || !only_encrypted {
            let plain = new.as_ref().unwrap_or(&entry.plain);
            plain.counted().iter().for_each(|bytes| hash.update(bytes));
        }
        plains.push(new);
    }
    let mut code = String::with_capacity(128);
    for byte in hash.finalize() {
        let _ = write!(code, "{byte:02X}");
    }
    Ok((plains, code))
}

/// Decrypts a value; `None` for one that is not encrypted.
fn value(file: &File<'_>, entry: &Entry, key: &Secret) -> Result<Option<Plain>> {
    let text = match &entry.plain {
        Plain::Null => return Ok(None),
        Plain::Text(text) => Some(text.as_str()),
        _ => None,
    };
    if !file.metadata.rule.holds(&entry.path, text) {
        return Ok(None);
    }
    let found = text.ok_or_else(|| Error::new(ErrorKind::Invalid, "a value that has to be encrypted is not"));
    let plain = found.and_then(|text| cipher::decrypt(text, key, &joined(&entry.path)));
    plain.map(Some).map_err(|error| error.with("field", entry.path.join(".")))
}

/// Decrypts a comment under the path that opens it; one that was never encrypted stays.
fn comment(text: &str, entry: &Entry, key: &Secret) -> Option<Plain> {
    let opened = entry.paths.iter().find_map(|path| cipher::decrypt(text, key, &joined(path)).ok());
    opened.filter(|plain| matches!(plain, Plain::Comment(_)))
}

/// The path as it is authenticated.
fn joined(path: &[Text]) -> String {
    let mut joined = path.join(":");
    joined.push(':');
    joined
}

fn check_code(metadata: &Metadata, key: &Secret, code: &str) -> Result<()> {
    let changed = || {
        Error::new(ErrorKind::Invalid, "the code over the values (MAC) does not fit: the file was changed")
    };
    match cipher::decrypt(&metadata.mac, key, &metadata.last_modified) {
        Ok(Plain::Text(expected)) if expected == code => Ok(()),
        _ => Err(changed()),
    }
}
