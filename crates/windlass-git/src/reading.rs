//! The repository that an artifact is read from, and what of it is held for as long as the artifact is.
//!
//! Invariant: what a reading has held stays readable whatever happens to the folder. Packs never change, so a mapped
//! one is whole even when its file is removed; a loose object is a file of its own and is copied. A repository of the
//! cache needs neither: it is locked against removal, and nothing is ever taken out of it.

use std::collections::HashMap;
use std::fs::File;

use bytes::Bytes;
use gix::objs::{Kind, TreeRefIter};
use gix::odb::find::Header;
use gix::{ObjectId, Repository, ThreadSafeRepository};
use windlass_core::{Error, ErrorKind, Result};
use windlass_http::Job;

use crate::disk;
use crate::local;

/// A repository to read from.
#[derive(Debug)]
pub(crate) struct Reading {
    repository: ThreadSafeRepository,
    origin: Origin,
}

#[derive(Debug)]
enum Origin {
    /// The cache; no process removes the repository while the lock is shared.
    Cache { _shared: File },
    /// A repository that others own, and the loose objects that were copied from it.
    Folder { copied: HashMap<ObjectId, Content> },
}

/// An object that is known to be there.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) kind: Kind,
    pub(crate) size: u64,
    /// `None` where it is to be unpacked, or too large for that.
    bytes: Option<Bytes>,
}

impl Reading {
    pub(crate) fn of_cache(repository: ThreadSafeRepository, shared: File) -> Self {
        Self { repository, origin: Origin::Cache { _shared: shared } }
    }

    /// Holds every file and folder of a commit. What is missing, as in a partial clone, is an error only of who
    /// reads it; the second value says whether anything is.
    pub(crate) fn of_folder(
        repository: ThreadSafeRepository,
        commit: ObjectId,
        job: &Job,
    ) -> Result<(Self, bool)> {
        let mut reading = Self { repository, origin: Origin::Folder { copied: HashMap::new() } };
        let (copied, missing) = Hold::new(&reading, job).all(commit)?;
        reading.origin = Origin::Folder { copied };
        Ok((reading, missing))
    }

    /// The repository for one thread.
    pub(crate) fn open(&self) -> Repository {
        let mut repository = local::exact(&self.repository);
        if matches!(self.origin, Origin::Folder { .. }) {
            // A second look at the folder would forget the packs that were removed from it.
            repository.objects.refresh_never();
        }
        repository
    }

    /// Looks an object up without unpacking it; `None` where there is none.
    pub(crate) fn look(&self, repository: &Repository, id: ObjectId) -> gix::Result<Option<Content>> {
        if let Origin::Folder { copied } = &self.origin
            && let Some(content) = copied.get(&id)
        {
            return Ok(Some(content.clone()));
        }
        let header = repository.try_find_header(id)?;
        Ok(header.map(|header| Content { kind: header.kind(), size: header.size(), bytes: None }))
    }

    /// Gives the bytes of an object that was looked up.
    pub(crate) fn bytes(&self, repository: &Repository, id: ObjectId, found: Content) -> gix::Result<Bytes> {
        match found.bytes {
            Some(bytes) => Ok(bytes),
            None => Ok(std::mem::take(&mut repository.find_object(id)?.data).into()),
        }
    }
}

/// A walk over a commit that makes sure of all its objects.
struct Hold<'a> {
    repository: Repository,
    job: &'a Job,
    copied: HashMap<ObjectId, Content>,
    bytes: u64,
    missing: bool,
}

impl<'a> Hold<'a> {
    fn new(reading: &Reading, job: &'a Job) -> Self {
        Self { repository: reading.open(), job, copied: HashMap::new(), bytes: 0, missing: false }
    }

    fn all(mut self, commit: ObjectId) -> Result<(HashMap<ObjectId, Content>, bool)> {
        let root = self.repository.find_commit(commit).and_then(|found| found.tree_id().map(gix::Id::detach));
        let mut open = vec![root.map_err(|error| unreadable(commit, error))?];
        let mut seen = std::collections::HashSet::new();
        while let Some(id) = open.pop() {
            self.job.check()?;
            let Some(folder) = self.one(id)? else { continue };
            for entry in TreeRefIter::from_bytes(&folder, self.repository.object_hash()) {
                // A damaged folder is an error of who lists it.
                let Ok(entry) = entry else { break };
                if !entry.mode.is_commit() && seen.insert(entry.oid.to_owned()) {
                    open.push(entry.oid.to_owned());
                }
            }
        }
        Ok((self.copied, self.missing))
    }

    /// Makes sure of one object, and gives its bytes if it is a folder. The look at a packed one maps its pack.
    fn one(&mut self, id: ObjectId) -> Result<Option<Bytes>> {
        let unreadable = |error| unreadable(id, error);
        let Some(header) = self.repository.try_find_header(id).map_err(unreadable)? else {
            self.missing = true;
            return Ok(None);
        };
        let (kind, size) = (header.kind(), header.size());
        let loose = matches!(header, Header::Loose { .. });
        let fits = size <= self.job.limits().file_bytes_max;
        let bytes = if fits && (loose || kind == Kind::Tree) {
            let mut object = self.repository.find_object(id).map_err(unreadable)?;
            Some(Bytes::from(std::mem::take(&mut object.data)))
        } else {
            None
        };
        if loose {
            self.copy(id, Content { kind, size, bytes: bytes.clone() })?;
        }
        Ok(bytes.filter(|_| kind == Kind::Tree))
    }

    fn copy(&mut self, id: ObjectId, content: Content) -> Result<()> {
        self.bytes += content.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        let max = self.job.limits().artifact_bytes_max;
        if self.bytes > max {
            let error = Error::new(ErrorKind::Limit, "the loose objects of a commit are too large to hold");
            return Err(error
                .with("artifact_bytes_max", max)
                .with_help("Pack the repository with `git gc`."));
        }
        self.copied.insert(id, content);
        Ok(())
    }
}

fn unreadable(id: ObjectId, error: gix::Error) -> Error {
    disk::unreadable("unreadable object", error).with("id", id)
}
