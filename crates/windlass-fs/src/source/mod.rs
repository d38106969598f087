//! A folder as a source.

mod tree;
mod walk;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use windlass_core::{
    Artifact, Context, Digest, Error, ErrorKind, Paths, Resolved, Result, Retry, Revision, Source,
    SourceWatch,
};

use self::tree::Tree;
use self::walk::{LEFT_OUT, Wanted};
use crate::Notifier;
use crate::notice::{Ear, Heard};

/// A folder that changes all the time is read in at most one part in so many of the time.
const SHARE: u32 = 4;

/// How deep folders are watched.
const DEPTH_MAX: usize = 64;

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
/// - It tells of changes ([`SourceWatch`]): at once where the system does, else after a poll of names, sizes and times, once a
///   second or less often where that takes long. See [`Notifier`].
///
/// # Assumptions
/// Whoever may write to the folder is trusted not to exchange its folders for links at the very moment it is read.
/// Files are read on the thread that polls the future: on a runtime with other work, run it where blocking is allowed.
#[derive(Debug, Clone)]
pub struct DirSource {
    root: PathBuf,
    ear: Arc<Ear>,
    last: Arc<Mutex<Last>>,
}

/// What is known of the last time that somebody resolved it.
#[derive(Debug, Default)]
struct Last {
    /// The outline that was seen; `None` where it could not be read.
    outline: Option<Digest>,
    /// Something may have changed since.
    moved: bool,
    ended: Duration,
    took: Duration,
}

impl DirSource {
    /// Makes a source of a folder. Nothing is looked at before the first call.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let root = folder.into();
        let ear = Arc::new(ear(&root, &Notifier::new()));
        Self { root, ear, last: Arc::default() }
    }

    /// Is told of changes by a notifier that others use too.
    #[must_use]
    pub fn with_notifier(mut self, notifier: &Notifier) -> Self {
        self.ear = Arc::new(ear(&self.root, notifier));
        self
    }
}

#[async_trait]
impl Source for DirSource {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        let began = cx.now().mono;
        // Before the files are read, so that what changes meanwhile is told.
        self.ear.forget();
        self.last().moved = false;
        let walked = walk::walk(cx, &self.root, Wanted::Nothing);
        let mut last = self.last();
        last.outline = walked.as_ref().ok().map(|walked| walked.outline);
        last.ended = cx.now().mono;
        last.took = last.ended.saturating_sub(began);
        Ok(Resolved::new(Revision::new(walked?.digest.to_string())))
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        let asked: Option<Digest> = revision.id.parse().ok();
        let walk::Walked { nodes, digest, .. } = walk::walk(cx, &self.root, Wanted::At(paths))?;
        if asked != Some(digest) {
            return Err(self.moved_on(revision));
        }
        let tree = Tree::new(nodes, cx.limits().file_bytes_max);
        Ok(Artifact::new(revision.clone(), digest, Arc::new(tree)))
    }

    fn watch(&self) -> Option<&dyn SourceWatch> {
        Some(self)
    }
}

#[async_trait]
impl SourceWatch for DirSource {
    async fn moved(&self, cx: &Context) -> Result<()> {
        while !self.last().moved {
            let moved = match self.ear.next(cx).await? {
                Heard::Paths(paths) => paths.iter().any(|path| counts(path)),
                Heard::All => self.is_otherwise(cx)?,
            };
            self.last().moved |= moved;
        }
        let rest = {
            let last = self.last();
            last.ended.saturating_add(last.took * SHARE).saturating_sub(cx.now().mono)
        };
        if rest.is_zero() { Ok(()) } else { cx.sleep(rest).await }
    }
}

impl DirSource {
    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks whether the folder is otherwise than it was when somebody resolved it.
    fn is_otherwise(&self, cx: &Context) -> Result<bool> {
        let began = cx.now().mono;
        let outline = walk::walk(cx, &self.root, Wanted::Outline).ok().map(|walked| walked.outline);
        cx.check()?;
        self.ear.looked(cx, began);
        Ok(outline != self.last().outline)
    }

    fn moved_on(&self, revision: &Revision) -> Error {
        Error::new(ErrorKind::NotFound, "the folder has changed since it was resolved")
            .with("path", self.root.display())
            .with("revision", revision.short())
            .with_help("resolve it again; a folder keeps no earlier states")
            .retrying(Retry::Backoff)
    }
}

/// Hears of changes in all folders but those that are left out.
fn ear(root: &Path, notifier: &Notifier) -> Ear {
    Ear::new(root.to_owned(), notifier, |below| below.components().count() <= DEPTH_MAX && counts(below))
}

/// Says whether what lies at a path is part of the state of the folder.
fn counts(below: &Path) -> bool {
    below.iter().all(|name| LEFT_OUT.iter().all(|left_out| name != *left_out))
}
