//! The files of one revision.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{Digest, Result, Revision, Text, TreePath};

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum EntryKind {
    /// A file, or a link to one inside the artifact.
    File,
    /// A folder, or a link to one inside the artifact.
    Folder,
    /// Something that has no content here: a link that leaves the artifact, a submodule, a device.
    Other,
}

/// One entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name, without the folder.
    pub name: Text,
    /// What it is.
    pub kind: EntryKind,
}

impl Entry {
    /// Makes an entry.
    pub fn new(name: impl Into<Text>, kind: EntryKind) -> Self {
        Self { name: name.into(), kind }
    }
}

/// A synchronous, read-only view of files.
///
/// For an implementor:
/// - [`list`](Files::list) gives each entry once, sorted by the bytes of its name.
/// - [`read`](Files::read) gives the whole file; asked twice, the same bytes.
/// - A missing path is [`NotFound`](crate::ErrorKind::NotFound); one that exists but was not fetched is
///   [`Unfetched`](crate::ErrorKind::Unfetched) and names the need. The two are never mixed up.
/// - Listing a file and reading a folder are [`Invalid`](crate::ErrorKind::Invalid).
/// - Links are followed inside the root only. Nothing outside it can be read, by any path.
/// - A file over the limit it was given is [`Limit`](crate::ErrorKind::Limit), without reading it first.
///
/// ```
/// use windlass_core::{Bytes, Entry, EntryKind, Error, ErrorKind, Files, Result, TreePath};
///
/// /// One file, at the root.
/// #[derive(Debug)]
/// struct One(&'static str, &'static [u8]);
///
/// impl Files for One {
///     fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
///         match folder.as_str() {
///             _ if folder.is_root() => Ok(vec![Entry::new(self.0, EntryKind::File)]),
///             name if name == self.0 => Err(Error::new(ErrorKind::Invalid, "a file").with("path", folder)),
///             _ => Err(Error::new(ErrorKind::NotFound, "there is no such folder").with("path", folder)),
///         }
///     }
///
///     fn read(&self, path: &TreePath) -> Result<Bytes> {
///         match path.as_str() {
///             _ if path.is_root() => Err(Error::new(ErrorKind::Invalid, "a folder").with("path", path)),
///             name if name == self.0 => Ok(Bytes::from_static(self.1)),
///             _ => Err(Error::new(ErrorKind::NotFound, "there is no such file").with("path", path)),
///         }
///     }
/// }
///
/// let files = One("web.yaml", b"kind: Service\n");
/// assert_eq!(files.list(&TreePath::root())?.len(), 1);
/// assert_eq!(files.read(&TreePath::new("web.yaml")?)?, "kind: Service\n");
/// # Ok::<(), windlass_core::Error>(())
/// ```
///
/// A `DirSource` of windlass-fs and the `MemoryFiles` of windlass-testkit give such files.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are no files of an artifact",
    label = "this does not list and read files",
    note = "how to write one: https://github.com/windlass-dev/windlass/blob/main/docs/custom-source.md"
)]
pub trait Files: fmt::Debug + Send + Sync + 'static {
    /// Lists a folder.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound), [`Unfetched`](crate::ErrorKind::Unfetched),
    /// [`Invalid`](crate::ErrorKind::Invalid) for a file, [`Limit`](crate::ErrorKind::Limit).
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>>;

    /// Reads a file.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound), [`Unfetched`](crate::ErrorKind::Unfetched),
    /// [`Invalid`](crate::ErrorKind::Invalid) for a folder, [`Limit`](crate::ErrorKind::Limit).
    fn read(&self, path: &TreePath) -> Result<Bytes>;

    /// Gives the path of what lies there with every link on the way followed. Files that do not tell links apart give the
    /// path itself.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) for a path or a link that leads to nothing.
    fn real(&self, path: &TreePath) -> Result<TreePath> {
        Ok(path.clone())
    }

    /// Gives a digest of a file, with every link on the way followed, where that costs less than reading it, as where files are
    /// kept by digest. Files of one digest have the same bytes, also those of another artifact. `None` where only reading
    /// tells, and for what is no file.
    fn digest(&self, path: &TreePath) -> Option<Digest> {
        let _ = path;
        None
    }
}

/// The files of one revision with a digest over them. Cheap to clone; never needs a checkout.
#[derive(Debug, Clone)]
pub struct Artifact {
    revision: Revision,
    digest: Digest,
    files: Arc<dyn Files>,
}

impl Artifact {
    /// Makes an artifact. `digest` must be equal for equal content, whichever way it was fetched, and differ for
    /// different content.
    #[must_use]
    pub fn new(revision: Revision, digest: Digest, files: Arc<dyn Files>) -> Self {
        Self { revision, digest, files }
    }

    /// Gives the revision.
    #[must_use]
    pub fn revision(&self) -> &Revision {
        &self.revision
    }

    /// Gives the digest of the content.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Gives the files.
    #[must_use]
    pub fn files(&self) -> &Arc<dyn Files> {
        &self.files
    }
}
