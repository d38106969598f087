//! Who owns which object, kept beside the objects.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use windlass_core::{Context, Error, ErrorKind, Mark, ObjectId, Result, Text};

use super::Folder;
use crate::disk::{self, Access};
use crate::fault::fault;
use crate::lock::OWN;
use crate::name;

/// Bytes of a mark.
const MARK_BYTES_MAX: u64 = 64 << 10;

/// Who owns an object, and the number of the write that said so.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Owner {
    owner: Text,
    write: Text,
}

impl Owner {
    pub(super) fn new(mark: &Mark, write: &str) -> Self {
        Self { owner: mark.owner.clone(), write: write.into() }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { owner: self.owner.clone() }
    }

    /// What of it counts for the version of the object.
    pub(super) fn parts(&self) -> [&[u8]; 2] {
        [self.owner.as_bytes(), self.write.as_bytes()]
    }
}

impl Folder {
    pub(super) fn owner(&self, id: &ObjectId) -> Result<Option<Owner>> {
        let below = below(id)?;
        let Some(bytes) = disk::read_below(&self.root, &below, MARK_BYTES_MAX)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            Error::new(ErrorKind::Corrupt, "the mark of the owner cannot be read")
                .with("path", self.root.join(&below).display())
                .with_help("put it back from a backup, or delete it, and nobody owns the object")
                .caused_by(error)
        })
    }

    pub(super) fn put_owner(&self, id: &ObjectId, owner: &Owner) -> Result<()> {
        let below = below(id)?;
        let mut text = serde_json::to_string(owner).map_err(|error| {
            Error::new(ErrorKind::Internal, "the mark has no JSON form").with("object", id).caused_by(error)
        })?;
        text.push('\n');
        self.put(&below, text.as_bytes(), Access::Owner)
    }

    pub(super) fn remove_owner(&self, id: &ObjectId) -> Result<()> {
        let path = self.root.join(below(id)?);
        disk::remove(&path)?;
        if let Some(folder) = path.parent() {
            disk::prune(&self.root.join(OWN), folder);
        }
        Ok(())
    }

    /// Puts a file in place, by way of one that is nobody's.
    pub(super) fn put(&self, below: &Path, content: &[u8], access: Access) -> Result<()> {
        let folder = below.parent().unwrap_or(Path::new(""));
        disk::make_folders(&self.root, folder, access)?;
        disk::replace(&self.root.join(below), &self.root.join(OWN).join("new"), content, access)
    }

    /// Lists the objects that have a mark, sorted. Files of other names are nobody's marks.
    pub(super) fn marked(&self, cx: &Context) -> Result<Vec<ObjectId>> {
        let root = self.root.join(OWN).join("marks");
        let mut ids = Vec::new();
        for namespace in names(&root)? {
            for group_kind in names(&root.join(&namespace))? {
                cx.check()?;
                for file in names(&root.join(&namespace).join(&group_kind))? {
                    ids.extend(name::id_of([&namespace, &group_kind], &file, "json"));
                }
            }
        }
        ids.sort();
        Ok(ids)
    }
}

fn below(id: &ObjectId) -> Result<PathBuf> {
    Ok(Path::new(OWN).join("marks").join(name::path_of(id, "json")?))
}

/// Lists the names in a folder; none where there is no folder.
fn names(folder: &Path) -> Result<Vec<String>> {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    let failed = |error| fault("list the folder", folder, error);
    let entries = match std::fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(failed)?.file_name().into_string());
    }
    Ok(names)
}
