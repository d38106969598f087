//! Who owns which object, kept beside the objects.
//!
//! A mark says who owns one object: `.windlass/marks/shop/ConfigMap/web.json`. That a unit may have marks is listed in
//! `.windlass/units/<unit>`, so that looking for what a unit owns does not take reading the marks of all units. The list
//! may name too much, and then the mark decides. What a loss of power leaves out of it, the next one who takes the lock
//! puts in again.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use windlass_core::{Context, Error, ErrorKind, ObjectId, Owner, Result, Text};

use super::Folder;
use crate::disk::Access;
use crate::keeper::{OWN, Turn};
use crate::name;

/// Bytes of a mark.
const MARK_BYTES_MAX: u64 = 64 << 10;

/// Who owns an object, and the number of the write that said so.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Mark {
    owner: Text,
    write: Text,
}

impl Mark {
    pub(super) fn new(owner: &Owner, write: &str) -> Result<Self> {
        let owner: Text = owner.to_string().into();
        if owner.is_empty() {
            return Err(Error::new(ErrorKind::Invalid, "a mark without an owner"));
        }
        Ok(Self { owner, write: write.into() })
    }

    pub(super) fn is(&self, owner: &str) -> bool {
        self.owner == owner
    }

    pub(super) fn owner(&self) -> Owner {
        Owner::named(&self.owner)
    }

    /// What of it counts for the version of the object.
    pub(super) fn parts(&self) -> [&[u8]; 2] {
        [self.owner.as_bytes(), self.write.as_bytes()]
    }
}

impl Folder {
    pub(super) fn owner(&self, id: &ObjectId) -> Result<Option<Mark>> {
        let below = mark_of(id)?;
        let Some(bytes) = self.root.read(&below, MARK_BYTES_MAX)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            Error::new(ErrorKind::Corrupt, "the mark of the owner cannot be read")
                .with("path", self.root.path(&below).display())
                .with_help("put it back from a backup, or delete it, and nobody owns the object")
                .caused_by(error)
        })
    }

    /// Lists the object before it is marked. What an earlier owner has listed goes last.
    pub(super) fn put_owner(&self, id: &ObjectId, owner: &Mark, turn: &Turn<'_>) -> Result<()> {
        let mut text = serde_json::to_string(owner).map_err(|error| {
            Error::new(ErrorKind::Internal, "the mark has no JSON form").with("object", id).caused_by(error)
        })?;
        text.push('\n');
        let earlier = self.owner(id)?.filter(|earlier| earlier.owner != owner.owner);
        self.list(id, owner)?;
        self.root.put(&mark_of(id)?, &turn.beside, text.as_bytes(), Access::Owner)?;
        earlier.map_or(Ok(()), |earlier| self.unlist(id, &earlier.owner)).map_err(Error::maybe_written)
    }

    /// Takes the mark away, one that cannot be read too: it is of no use to anybody.
    pub(super) fn remove_owner(&self, id: &ObjectId) -> Result<()> {
        let owner = self.owner(id).ok().flatten();
        self.root.remove_with_folders(Path::new(OWN), &mark_of(id)?)?;
        owner.map_or(Ok(()), |owner| self.unlist(id, &owner.owner))
    }

    /// Lets the unit's list name the object.
    pub(super) fn list(&self, id: &ObjectId, owner: &Mark) -> Result<()> {
        self.root.touch(&list_of(&owner.owner).join(name::path_of(id, "mark")?))
    }

    pub(super) fn unlist(&self, id: &ObjectId, owner: &str) -> Result<()> {
        let entry = list_of(owner).join(name::path_of(id, "mark")?);
        self.root.untouch(Path::new(OWN), &entry)
    }

    /// Gives the objects that have a mark, sorted.
    pub(super) fn marked(&self, cx: &Context) -> Result<Vec<ObjectId>> {
        self.ids(cx, &marks(), "json")
    }

    /// Gives the objects that may have the mark of an owner, sorted.
    pub(super) fn listed(&self, cx: &Context, owner: &str) -> Result<Vec<ObjectId>> {
        self.ids(cx, &list_of(owner), "mark")
    }

    /// Gives all who have a list, sorted.
    pub(super) fn owners(&self) -> Result<Vec<String>> {
        let names = self.root.names(&Path::new(OWN).join("units"))?;
        let mut owners: Vec<String> = names.iter().filter_map(|name| name::decode(name)).collect();
        owners.sort();
        Ok(owners)
    }

    /// Reads the objects of a folder from the paths in it. Files of other names are nobody's.
    fn ids(&self, cx: &Context, folder: &Path, extension: &str) -> Result<Vec<ObjectId>> {
        let mut ids = Vec::new();
        for namespace in self.root.names(folder)? {
            let inner = folder.join(&namespace);
            for group_kind in self.root.names(&inner)? {
                cx.check()?;
                for file in self.root.names(&inner.join(&group_kind))? {
                    ids.extend(name::id_of([&namespace, &group_kind], &file, extension));
                }
            }
        }
        ids.sort();
        Ok(ids)
    }
}

fn marks() -> PathBuf {
    Path::new(OWN).join("marks")
}

pub(super) fn mark_of(id: &ObjectId) -> Result<PathBuf> {
    Ok(marks().join(name::path_of(id, "json")?))
}

fn list_of(owner: &str) -> PathBuf {
    Path::new(OWN).join("units").join(name::stem(owner))
}
