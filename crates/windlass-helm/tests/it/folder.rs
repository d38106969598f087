//! A folder of the machine as [`Files`].

use std::path::{Path, PathBuf};

use windlass_core::{Bytes, Entry, EntryKind, Error, ErrorKind, Files, Result, TreePath};

/// A folder.
#[derive(Debug)]
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    fn path(&self, path: &TreePath) -> PathBuf {
        if path.is_root() { self.0.clone() } else { self.0.join(path.as_str()) }
    }
}

fn failed(error: &std::io::Error, path: &Path) -> Error {
    let kind =
        if error.kind() == std::io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Invalid };
    Error::new(kind, error.to_string()).with("path", path.display())
}

impl Files for Folder {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        let path = self.path(folder);
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(&path).map_err(|error| failed(&error, &path))? {
            let entry = entry.map_err(|error| failed(&error, &path))?;
            let kind = if entry.path().is_dir() { EntryKind::Folder } else { EntryKind::File };
            entries.push(Entry::new(entry.file_name().to_string_lossy().into_owned(), kind));
        }
        entries.sort();
        Ok(entries)
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        let path = self.path(path);
        std::fs::read(&path).map(Bytes::from).map_err(|error| failed(&error, &path))
    }
}
