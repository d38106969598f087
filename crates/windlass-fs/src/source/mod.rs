//! A folder as a source.

mod tree;
mod walk;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use windlass_core::{
    Artifact, Context, Digest, Error, ErrorKind, Paths, Resolved, Result, Retry, Revision, Source,
};

use self::tree::Tree;
use self::walk::Wanted;

/// A folder as a source: its revision is a digest over all that lies in it.
///
/// ```
/// use windlass_core::{Paths, Source, TreePath};
/// use windlass_fs::DirSource;
/// use windlass_testkit::{TestClock, block_on};
///
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("web.yaml"), "kind: Service")?;
/// let (source, cx) = (DirSource::new(folder.path()), TestClock::new().context());
///
/// let now = block_on(source.resolve(&cx))?;
/// let artifact = block_on(source.fetch(&cx, &now.revision, &Paths::All))?;
/// std::fs::remove_file(folder.path().join("web.yaml"))?;
/// assert_eq!(artifact.files().read(&TreePath::new("web.yaml")?)?, "kind: Service");
/// assert!(block_on(source.fetch(&cx, &now.revision, &Paths::All)).is_err(), "that state is no more");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Guarantees
/// - A fetch gives the state that was resolved, or an error: a folder that has changed in between is
///   [`NotFound`](ErrorKind::NotFound), and trying again from the resolve helps.
/// - An artifact lies in memory and does not change with the folder. `file_bytes_max` bounds each of its files,
///   `files_max` its entries and `folder_depth_max` its folders. `artifact_bytes_max` bounds all that is read, which is
///   every file of up to 16 MiB, wanted or not: their contents make the revision. A file that is too large is listed,
///   counts for the revision, and is refused when it is read.
/// - The revision covers paths, kinds of entries, contents and the targets of links; not times, owners or permissions. Of
///   a file of more than 16 MiB it covers the length and the time of its last change, not the contents.
/// - Links are followed inside the folder. A link that leaves it, also an absolute one, is
///   [`Other`](windlass_core::EntryKind::Other) and nothing behind it is read. So are sockets, pipes and devices.
/// - A name that is not UTF-8 or has a backslash is listed as `Other` too, with U+FFFD for what is odd.
/// - A file that changes while it is read is an error, not a half.
/// - Entries named `.git` and `.windlass` are left out, wherever they are.
///
/// # Assumptions
/// Whoever may write to the folder is trusted not to exchange its folders for links at the very moment it is read.
/// Files are read on the thread that polls the future: on a runtime with other work, run it where blocking is allowed.
#[derive(Debug, Clone)]
pub struct DirSource {
    root: PathBuf,
}

impl DirSource {
    /// Makes a source of a folder. Nothing is looked at before the first call.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { root: folder.into() }
    }
}

#[async_trait]
impl Source for DirSource {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        let (_, digest) = walk::walk(cx, &self.root, Wanted::Nothing)?;
        Ok(Resolved::new(Revision::new(digest.to_string())))
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        let asked: Option<Digest> = revision.id.parse().ok();
        let (nodes, digest) = walk::walk(cx, &self.root, Wanted::At(paths))?;
        if asked != Some(digest) {
            return Err(self.moved_on(revision));
        }
        let tree = Tree::new(nodes, cx.limits().file_bytes_max);
        Ok(Artifact::new(revision.clone(), digest, Arc::new(tree)))
    }
}

impl DirSource {
    fn moved_on(&self, revision: &Revision) -> Error {
        Error::new(ErrorKind::NotFound, "the folder has changed since it was resolved")
            .with("path", self.root.display())
            .with("revision", revision.short())
            .with_help("resolve it again; a folder keeps no earlier states")
            .retrying(Retry::Backoff)
    }
}
