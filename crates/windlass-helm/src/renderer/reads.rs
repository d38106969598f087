//! What a render reads, remembered with its digest.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use windlass_core::{Bytes, Digest, Entry, ErrorKind, Files, Need, Result, TreePath};

/// Files, and what was read of them.
pub(super) struct Reads {
    files: Arc<dyn Files>,
    reads: Mutex<BTreeMap<Need, Digest>>,
}

impl Reads {
    pub(super) fn new(files: Arc<dyn Files>) -> Self {
        Self { files, reads: Mutex::default() }
    }

    /// Gives what was read, and forgets it.
    pub(super) fn take(&self) -> BTreeMap<Need, Digest> {
        std::mem::take(&mut *self.reads.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, path: &TreePath, digest: Digest) {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner).insert(Need::File(path.clone()), digest);
    }
}

impl fmt::Debug for Reads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reads").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Files for Reads {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        let entries = self.files.list(folder)?;
        let names: Vec<String> =
            entries.iter().map(|entry| format!("{:?} {}", entry.kind, entry.name)).collect();
        self.note(folder, Digest::of_parts(names.iter().map(String::as_bytes)));
        Ok(entries)
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        let read = self.files.read(path);
        match &read {
            Ok(bytes) => self.note(path, Digest::of(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => self.note(path, Digest::of_parts([])),
            Err(_) => {}
        }
        read
    }
}
