//! Files that misbehave.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use windlass_core::{
    Artifact, Bytes, Cancel, Digest, Entry, Error, ErrorKind, Files, Need, Rendered, Result, Revision,
    TreePath,
};

use crate::MemoryFiles;
use crate::sync::lock;

/// Files that can be listed and not be read.
#[derive(Debug)]
struct Broken(MemoryFiles);

impl Files for Broken {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        self.0.list(folder)
    }

    fn read(&self, _path: &TreePath) -> Result<Bytes> {
        Err(Error::new(ErrorKind::Unavailable, "the disk is gone"))
    }
}

/// Files that note what is read of them.
#[derive(Debug)]
pub(crate) struct Recording {
    files: MemoryFiles,
    read: Mutex<BTreeSet<TreePath>>,
}

impl Recording {
    pub(crate) fn new(files: MemoryFiles) -> Self {
        Self { files, read: Mutex::default() }
    }

    /// Gives what was read so far.
    pub(crate) fn read(&self) -> BTreeSet<TreePath> {
        lock(&self.read).clone()
    }
}

impl Files for Recording {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        self.files.list(folder)
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        lock(&self.read).insert(path.clone());
        self.files.read(path)
    }
}

/// Files of which the first read cancels who reads.
#[derive(Debug)]
struct Cancelling(MemoryFiles, Cancel);

impl Files for Cancelling {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        self.0.list(folder)
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        self.1.cancel();
        self.0.read(path)
    }
}

pub(crate) fn broken(files: MemoryFiles) -> Artifact {
    artifact(Arc::new(Broken(files)))
}

pub(crate) fn cancelling(files: MemoryFiles, cancel: Cancel) -> Artifact {
    artifact(Arc::new(Cancelling(files, cancel)))
}

fn artifact(files: Arc<dyn Files>) -> Artifact {
    Artifact::new(Revision::new("test"), Digest::of(b"test"), files)
}

/// Gives the need by which a file is among the reads, itself or a folder around it.
pub(crate) fn need_of(rendered: &Rendered, file: &TreePath) -> Option<Need> {
    let around = std::iter::successors(Some(file.clone()), TreePath::parent);
    around.map(Need::File).find(|need| rendered.reads.contains_key(need))
}
