//! Files, decrypted as they are read.

use std::fmt;
use std::sync::Arc;

use windlass_core::{Bytes, Entry, Files, Result, TreePath};

use crate::{Format, Sops};

/// A view of files in which those that SOPS encrypted are decrypted. All others are given as they are.
///
/// A file counts as encrypted where it has the marks that sops leaves: `sops`, a code (`mac`) and an encrypted value. One
/// that has them and cannot be decrypted is an error, never given as it is.
///
/// ```
/// use std::sync::Arc;
/// use windlass_core::{Artifact, Digest};
/// use windlass_sops::{DecryptedFiles, Sops};
///
/// fn decrypted(artifact: &Artifact, sops: Sops) -> Artifact {
///     let files = DecryptedFiles::new(artifact.files().clone(), sops);
///     Artifact::new(artifact.revision().clone(), artifact.digest(), Arc::new(files))
/// }
/// ```
pub struct DecryptedFiles {
    files: Arc<dyn Files>,
    sops: Sops,
}

impl DecryptedFiles {
    /// Looks at files through keys.
    #[must_use]
    pub fn new(files: Arc<dyn Files>, sops: Sops) -> Self {
        Self { files, sops }
    }
}

impl fmt::Debug for DecryptedFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptedFiles").field("sops", &self.sops).finish_non_exhaustive()
    }
}

impl Files for DecryptedFiles {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        self.files.list(folder)
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        let bytes = self.files.read(path)?;
        if !is_encrypted(&bytes) {
            return Ok(bytes);
        }
        let plain =
            self.sops.decrypt(&bytes, Format::of(path)).map_err(|error| error.with_each("path", path))?;
        Ok(Bytes::copy_from_slice(plain.as_slice()))
    }

    fn real(&self, path: &TreePath) -> Result<TreePath> {
        self.files.real(path)
    }
}

/// Says whether a text has the marks of sops.
pub(crate) fn is_encrypted(bytes: &[u8]) -> bool {
    let has = |mark: &[u8]| bytes.windows(mark.len()).any(|window| window == mark);
    has(b"ENC[AES256_GCM,data:") && has(b"sops") && has(b"mac") && has(b"lastmodified")
}
