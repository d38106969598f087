//! Artifacts that are kept and shared.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use windlass_core::{
    Artifact, Context, ErrorKind, Paths, Resolved, Result, Revision, Source, SourceWatch, Text, async_trait,
};

use crate::measure::{Size, SizeMax, measure};
use crate::shelf::{Kept, Shelf};

/// A source whose artifacts are kept, so that a revision is fetched once.
///
/// - `resolve` goes through: what the source is now cannot be remembered.
/// - A revision never changes, so what was fetched is valid for ever. It is let go of when there is no place for it: the one that
///   was not asked for the longest goes first. Whoever holds it keeps it all the same.
/// - What was fetched as a whole, or under more paths, serves those who ask for fewer.
/// - Those who ask for one revision at the same time wait for one fetch. Where that fails, or is dropped, the next makes its own.
/// - An error is never kept, and neither is an artifact of another revision than was asked for.
/// - Callers whose contexts have other [`Limits`](windlass_core::Limits) do not share, since those decide what can be read.
///
/// ```
/// use windlass_core::{Paths, Source};
/// use windlass_testkit::{MemorySource, TestClock, files};
/// use windlass_wrap::CachedSource;
///
/// let (clock, memory) = (TestClock::new(), MemorySource::of(files([("a.yaml", "a: 1")])));
/// let source = CachedSource::new(memory.clone()).with_artifacts_max(16);
/// let cx = clock.context();
/// clock.block_on(async {
///     let now = source.resolve(&cx).await?;
///     source.fetch(&cx, &now.revision, &Paths::All).await?;
///     source.fetch(&cx, &now.revision, &Paths::All).await
/// })?;
/// assert_eq!(memory.requests().len(), 2, "one resolve and one fetch");
/// # Ok::<(), windlass_core::Error>(())
/// ```
pub struct CachedSource {
    inner: Arc<dyn Source>,
    artifacts_max: usize,
    bytes_max: u64,
    shelf: Mutex<Shelf>,
    /// The fetches under way, by revision.
    under_way: Mutex<BTreeMap<Text, Weak<Turn>>>,
}

/// Is held by whoever fetches a revision.
type Turn = tokio::sync::Mutex<()>;

impl CachedSource {
    /// Wraps a source. Unless told otherwise it keeps 4 artifacts of 256 MiB together.
    #[must_use]
    pub fn new(source: impl Source) -> Self {
        Self::of(Arc::new(source))
    }

    /// As [`CachedSource::new`], of a source that others use too.
    #[must_use]
    pub fn of(source: Arc<dyn Source>) -> Self {
        Self {
            inner: source,
            artifacts_max: 4,
            bytes_max: 256 << 20,
            shelf: Mutex::default(),
            under_way: Mutex::default(),
        }
    }

    /// Sets how many artifacts are kept. With none, those who ask at the same time share a fetch no more.
    #[must_use]
    pub const fn with_artifacts_max(mut self, artifacts: usize) -> Self {
        self.artifacts_max = artifacts;
        self
    }

    /// Sets how many bytes the files of all that is kept may have. To know them, each file is read once after a fetch; with
    /// `u64::MAX` nothing is counted and nothing is read, which fits sources whose artifacts lie on a disk.
    #[must_use]
    pub const fn with_bytes_max(mut self, bytes: u64) -> Self {
        self.bytes_max = bytes;
        self
    }

    fn find(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Option<Artifact> {
        self.shelf().find(revision, paths, cx.limits())
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the turn for a revision: the same one to all who ask for it now.
    fn turn(&self, revision: &Revision) -> Arc<Turn> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = under_way.get(&revision.id).and_then(Weak::upgrade) {
            return turn;
        }
        under_way.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::new(Turn::default());
        under_way.insert(revision.id.clone(), Arc::downgrade(&turn));
        turn
    }

    /// Keeps what came, unless there is no place for it.
    async fn keep(&self, cx: &Context, artifact: &Artifact, paths: &Paths) -> Result<()> {
        let counted = match self.bytes_max {
            u64::MAX => Ok(Size::default()),
            bytes => {
                let max = SizeMax { files: usize::MAX, bytes };
                measure(cx, &**artifact.files(), paths, max).await
            }
        };
        match counted {
            Ok(size) => {
                let (artifact, paths, limits) = (artifact.clone(), paths.clone(), cx.limits().clone());
                let kept = Kept { artifact, paths, limits, bytes: size.bytes };
                self.shelf().keep(kept, self.artifacts_max, self.bytes_max);
                Ok(())
            }
            Err(error) if matches!(error.kind(), ErrorKind::Cancelled | ErrorKind::Timeout) => Err(error),
            // What cannot be counted is not kept. Whoever reads it is told why.
            Err(_) => Ok(()),
        }
    }
}

impl fmt::Debug for CachedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedSource")
            .field("inner", &self.inner)
            .field("artifacts_max", &self.artifacts_max)
            .field("bytes_max", &self.bytes_max)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Source for CachedSource {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        self.inner.resolve(cx).await
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        if let Some(artifact) = self.find(cx, revision, paths) {
            return Ok(artifact);
        }
        let turn = self.turn(revision);
        let _turn = cx.unless_over(turn.lock()).await?;
        if let Some(artifact) = self.find(cx, revision, paths) {
            return Ok(artifact);
        }
        let artifact = self.inner.fetch(cx, revision, paths).await?;
        if self.artifacts_max > 0 && artifact.revision().id == revision.id {
            self.keep(cx, &artifact, paths).await?;
        }
        Ok(artifact)
    }

    fn watch(&self) -> Option<&dyn SourceWatch> {
        self.inner.watch()
    }
}
