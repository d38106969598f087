//! The files of one commit, read from the object database: there is no work tree.
//!
//! Invariants: nothing outside of the commit's tree can be reached, whatever a symbolic link says; the size of
//! an object is known before it is unpacked; nothing is skipped. A name that no path can hold (not UTF-8, or with a
//! backslash) is listed as `Other` with U+FFFD for what is odd; a name that Git forbids is an error.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use gix::bstr::{BStr, BString, ByteSlice};
use gix::objs::tree::EntryKind as Mode;
use gix::{ObjectId, Repository};
use windlass_core::{Digest, Entry, EntryKind, Error, ErrorKind, Files, Result, TreePath};

use crate::reading::Reading;

/// How many unpacked folders are kept before all are dropped.
const FOLDERS_KEPT_MAX: usize = 4096;

/// How a file begins that only says where Git LFS keeps the content, and how long none is:
/// <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>.
const LFS_START: &[u8] = b"version https://git-lfs.github.com/spec/";
const LFS_BYTES_MAX: usize = 1024;

/// How many repositories for one thread each are kept for the next read.
const OPENED_KEPT_MAX: usize = 8;

/// A tree that many threads may read at once.
pub(crate) struct Tree {
    reading: Reading,
    root: ObjectId,
    links_max: u32,
    file_bytes_max: u64,
    folders: Mutex<HashMap<ObjectId, Arc<[Leaf]>>>,
    opened: Mutex<Vec<Repository>>,
}

/// What a folder of a tree holds under one name. Those of a folder are kept in the order of their names.
#[derive(Debug)]
struct Leaf {
    name: BString,
    mode: Mode,
    id: ObjectId,
}

impl Tree {
    pub(crate) fn new(reading: Reading, root: ObjectId, links_max: u32, file_bytes_max: u64) -> Self {
        Self { reading, root, links_max, file_bytes_max, folders: Mutex::default(), opened: Mutex::default() }
    }
}

impl Files for Tree {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        self.walk(|walk| self.list_with(walk, folder))
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        self.walk(|walk| match walk.find(path)? {
            Spot::File(id) => {
                walk.bytes(id, gix::objs::Kind::Blob, path).and_then(|bytes| itself(bytes, path))
            }
            Spot::Folder(_) => Err(at(ErrorKind::Invalid, "not a file", path)),
        })
    }

    fn digest(&self, path: &TreePath) -> Option<Digest> {
        self.walk(|walk| match walk.find(path)? {
            Spot::File(id) => Ok(Some(Digest::of(id.as_slice()))),
            Spot::Folder(_) => Ok(None),
        })
        .unwrap_or_default()
    }
}

impl Tree {
    /// Looks into the tree with a repository that was opened before, where one is free: each holds what it has
    /// unpacked on the way to an object.
    fn walk<T>(&self, look: impl FnOnce(&Walk<'_>) -> Result<T>) -> Result<T> {
        let free = self.opened().pop();
        let repository = free.unwrap_or_else(|| self.reading.open());
        let found = look(&Walk { repository: &repository, tree: self });
        let mut opened = self.opened();
        if opened.len() < OPENED_KEPT_MAX {
            opened.push(repository);
        }
        found
    }

    fn opened(&self) -> MutexGuard<'_, Vec<Repository>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn list_with(&self, walk: &Walk<'_>, folder: &TreePath) -> Result<Vec<Entry>> {
        let Spot::Folder(id) = walk.find(folder)? else {
            return Err(at(ErrorKind::Invalid, "not a folder", folder));
        };
        let leaves = walk.leaves(id, folder)?;
        let entries = leaves.iter().map(|leaf| walk.entry(leaf, folder));
        let mut entries = entries.collect::<Result<Vec<_>>>()?;
        entries.sort();
        match entries.windows(2).find(|two| two[0].name == two[1].name) {
            Some(two) => {
                Err(at(ErrorKind::Invalid, "two entries have one name", folder).with("name", &two[0].name))
            }
            None => Ok(entries),
        }
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tree({})", self.root)
    }
}

/// Where a path leads.
enum Spot {
    Folder(ObjectId),
    File(ObjectId),
}

/// One look into the tree.
struct Walk<'a> {
    repository: &'a Repository,
    tree: &'a Tree,
}

impl Walk<'_> {
    /// Follows a path from the root. The target of a link takes the place of the link in the rest of the path.
    fn find(&self, path: &TreePath) -> Result<Spot> {
        let mut rest: Vec<BString> = path.names().rev().map(BString::from).collect();
        let mut folders = vec![self.tree.root];
        let mut links = 0;
        while let Some(name) = rest.pop() {
            if name == ".." {
                folders.pop();
            }
            let here = *folders.last().ok_or_else(|| leads_out(path))?;
            if name == ".." {
                continue;
            }
            let leaves = self.leaves(here, path)?;
            let missing = || missing(path, links);
            let leaf = leaves.get(leaves.partition_point(|leaf| leaf.name < name));
            let leaf = leaf.filter(|leaf| leaf.name == name);
            let leaf =
                leaf.ok_or_else(|| unnameable(&leaves, name.as_bstr(), path).unwrap_or_else(missing))?;
            match leaf.mode {
                Mode::Tree => folders.push(leaf.id),
                Mode::Blob | Mode::BlobExecutable if rest.is_empty() => return Ok(Spot::File(leaf.id)),
                Mode::Blob | Mode::BlobExecutable => return Err(missing()),
                Mode::Commit => return Err(at(ErrorKind::Unsupported, "submodules are not read", path)),
                Mode::Link => {
                    links += 1;
                    if links > self.tree.links_max {
                        return Err(at(ErrorKind::Limit, "too many symbolic links", path)
                            .with("links_max", self.tree.links_max));
                    }
                    rest.extend(self.target(leaf.id, path)?);
                }
            }
        }
        Ok(Spot::Folder(*folders.last().ok_or_else(|| leads_out(path))?))
    }

    fn entry(&self, leaf: &Leaf, folder: &TreePath) -> Result<Entry> {
        let name = file_name(leaf.name.as_bstr(), folder)?;
        let Ok(path) = folder.join(&name) else { return Err(no_file_name(leaf.name.as_bstr(), folder)) };
        let kind = match leaf.mode {
            _ if leaf.name != *name => EntryKind::Other,
            Mode::Tree => EntryKind::Folder,
            Mode::Blob | Mode::BlobExecutable => EntryKind::File,
            Mode::Commit => EntryKind::Other,
            Mode::Link => match self.find(&path) {
                Ok(Spot::Folder(_)) => EntryKind::Folder,
                Ok(Spot::File(_)) => EntryKind::File,
                Err(error) if error.kind() == ErrorKind::Corrupt => return Err(error),
                Err(_) => EntryKind::Other,
            },
        };
        Ok(Entry::new(&*name, kind))
    }

    /// The names of a link's target, the last first.
    fn target(&self, id: ObjectId, path: &TreePath) -> Result<Vec<BString>> {
        let target = self.bytes(id, gix::objs::Kind::Blob, path)?;
        if target.starts_with(b"/") || target.len() > 4096 {
            return Err(leads_out(path));
        }
        let names = target.split(|byte| *byte == b'/').rev().filter(|name| !name.is_empty() && *name != b".");
        Ok(names.map(BString::from).collect())
    }

    fn leaves(&self, id: ObjectId, path: &TreePath) -> Result<Arc<[Leaf]>> {
        if let Some(leaves) = self.kept().get(&id) {
            return Ok(Arc::clone(leaves));
        }
        let data = self.bytes(id, gix::objs::Kind::Tree, path)?;
        let leaves = gix::objs::TreeRefIter::from_bytes(&data, self.repository.object_hash()).map(|entry| {
            let entry =
                entry.map_err(|error| at(ErrorKind::Corrupt, "unreadable folder", path).caused_by(error))?;
            Ok(Leaf { name: entry.filename.to_owned(), mode: entry.mode.kind(), id: entry.oid.to_owned() })
        });
        let mut leaves = leaves.collect::<Result<Vec<_>>>()?;
        // Git puts folders elsewhere, as if their names ended with a slash.
        leaves.sort_by(|one, other| one.name.cmp(&other.name));
        let leaves: Arc<[Leaf]> = leaves.into();
        let mut kept = self.kept();
        if kept.len() >= FOLDERS_KEPT_MAX {
            kept.clear();
        }
        kept.insert(id, Arc::clone(&leaves));
        Ok(leaves)
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<ObjectId, Arc<[Leaf]>>> {
        self.tree.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Unpacks an object of a known kind that is not too large.
    fn bytes(&self, id: ObjectId, kind: gix::objs::Kind, path: &TreePath) -> Result<Bytes> {
        let broken = |error: gix::Error| at(ErrorKind::Corrupt, "unreadable object", path).caused_by(error);
        let reading = &self.tree.reading;
        let found = reading.look(self.repository, id).map_err(broken)?;
        let found =
            found.ok_or_else(|| at(ErrorKind::Corrupt, "an object is missing", path).with("id", id))?;
        if found.kind != kind {
            return Err(at(ErrorKind::Corrupt, "an object of another kind", path).with("is", found.kind));
        }
        if found.size > self.tree.file_bytes_max {
            return Err(at(ErrorKind::Limit, "a file is too large", path)
                .with("bytes", found.size)
                .with("file_bytes_max", self.tree.file_bytes_max));
        }
        reading.bytes(self.repository, id, found).map_err(broken)
    }
}

/// A file, unless it only stands for one that Git LFS keeps elsewhere.
fn itself(bytes: Bytes, path: &TreePath) -> Result<Bytes> {
    if bytes.len() >= LFS_BYTES_MAX || !bytes.starts_with(LFS_START) {
        return Ok(bytes);
    }
    let error = at(ErrorKind::Unsupported, "files of Git LFS are not fetched", path);
    Err(error.with_help("Commit the file itself: run `git lfs migrate export --include=<path>`."))
}

/// The name that an entry is listed under: its own where a path can hold it.
fn file_name<'a>(name: &'a BStr, folder: &TreePath) -> Result<Cow<'a, str>> {
    if matches!(name.as_bytes(), b"" | b"." | b"..") || name.contains_str("/") {
        return Err(no_file_name(name, folder));
    }
    let text = name.to_str_lossy();
    Ok(if text.contains('\\') { text.replace('\\', "\u{fffd}").into() } else { text })
}

/// The error of a path that is listed, but only in place of a name that no path can hold.
fn unnameable(leaves: &[Leaf], name: &BStr, path: &TreePath) -> Option<Error> {
    // What stands for a name that no path can hold has this character; the others need no search.
    if !name.contains_str("\u{fffd}") {
        return None;
    }
    let listed = |leaf: &&Leaf| file_name(leaf.name.as_bstr(), path).is_ok_and(|shown| *name == *shown);
    let leaf = leaves.iter().find(listed)?;
    let error = at(ErrorKind::Invalid, "no path can hold the name of this file", path);
    Some(error.with("name", format!("{:?}", leaf.name)).with_help("Rename it, to UTF-8 without backslashes."))
}

fn no_file_name(name: &BStr, folder: &TreePath) -> Error {
    at(ErrorKind::Invalid, "not a file name", folder).with("name", format!("{name:?}"))
}

fn leads_out(path: &TreePath) -> Error {
    at(ErrorKind::Invalid, "a link leads out of the tree", path)
}

fn missing(path: &TreePath, links: u32) -> Error {
    let message = if links > 0 { "a link leads to what is not there" } else { "no such file or folder" };
    at(ErrorKind::NotFound, message, path)
}

fn at(kind: ErrorKind, message: &'static str, path: &TreePath) -> Error {
    Error::new(kind, message).with("path", path)
}
