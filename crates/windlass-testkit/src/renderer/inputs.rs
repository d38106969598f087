//! Files that misbehave.

use std::sync::Arc;

use windlass_core::{
    Artifact, Bytes, Cancel, Digest, Entry, Error, ErrorKind, Files, Result, Revision, TreePath,
};

use crate::MemoryFiles;

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

pub(super) fn broken(files: MemoryFiles) -> Artifact {
    artifact(Arc::new(Broken(files)))
}

pub(super) fn cancelling(files: MemoryFiles, cancel: Cancel) -> Artifact {
    artifact(Arc::new(Cancelling(files, cancel)))
}

fn artifact(files: Arc<dyn Files>) -> Artifact {
    Artifact::new(Revision::new("test"), Digest::of(b"test"), files)
}
