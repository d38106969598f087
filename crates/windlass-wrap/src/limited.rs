//! Limits of its own.

use std::sync::Arc;

use windlass_core::{
    Artifact, Context, Limits, Paths, Resolved, Result, Revision, Source, SourceWatch, async_trait,
};

use crate::measure::{SizeMax, measure};
use crate::places::Places;

/// A source with limits of its own: for calls at once, and for what an artifact holds.
///
/// The limits of an artifact go into the context that the source is given, so that one that knows them stops in time. What comes is
/// measured besides, for which each file is read once. They are never wider than those of the caller's context.
///
/// ```
/// use windlass_core::{ErrorKind, Paths, Source};
/// use windlass_testkit::{MemorySource, TestClock, files};
/// use windlass_wrap::LimitedSource;
///
/// let clock = TestClock::new();
/// let cx = clock.context();
/// let source = LimitedSource::new(MemorySource::of(files([("a.yaml", "a: 1"), ("b.yaml", "b: 2")])))
///     .with_calls_max(8)
///     .with_artifact_bytes_max(6);
/// let error = clock.block_on(async {
///     let now = source.resolve(&cx).await?;
///     source.fetch(&cx, &now.revision, &Paths::All).await
/// }).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Limit);
/// assert_eq!(error.to_string(), "the artifact is too large (artifact_bytes_max=6)");
/// ```
#[derive(Debug)]
pub struct LimitedSource {
    inner: Arc<dyn Source>,
    places: Places,
    artifact_bytes: Option<u64>,
    file_bytes: Option<u64>,
    files: Option<usize>,
}

impl LimitedSource {
    /// Wraps a source, without any limit yet.
    #[must_use]
    pub fn new(source: impl Source) -> Self {
        Self::of(Arc::new(source))
    }

    /// As [`LimitedSource::new`], of a source that others use too.
    #[must_use]
    pub fn of(source: Arc<dyn Source>) -> Self {
        Self { inner: source, places: Places::default(), artifact_bytes: None, file_bytes: None, files: None }
    }

    /// Lets so many calls be under way at once, and at least one. Further ones wait for their turn, in the order in which they
    /// came, until their context ends.
    #[must_use]
    pub fn with_calls_max(mut self, calls: usize) -> Self {
        self.places = Places::new(calls);
        self
    }

    /// Refuses artifacts whose files have more bytes together.
    #[must_use]
    pub const fn with_artifact_bytes_max(mut self, bytes: u64) -> Self {
        self.artifact_bytes = Some(bytes);
        self
    }

    /// Lets no file be read that has more bytes.
    #[must_use]
    pub const fn with_file_bytes_max(mut self, bytes: u64) -> Self {
        self.file_bytes = Some(bytes);
        self
    }

    /// Refuses artifacts of more files.
    #[must_use]
    pub const fn with_files_max(mut self, files: usize) -> Self {
        self.files = Some(files);
        self
    }

    fn limits(&self, of: &Limits) -> Limits {
        let mut limits = of.clone();
        limits.artifact_bytes_max = limits.artifact_bytes_max.min(self.artifact_bytes.unwrap_or(u64::MAX));
        limits.file_bytes_max = limits.file_bytes_max.min(self.file_bytes.unwrap_or(u64::MAX));
        limits.files_max = limits.files_max.min(self.files.unwrap_or(usize::MAX));
        limits
    }
}

#[async_trait]
impl Source for LimitedSource {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        let _place = self.places.take(cx).await?;
        self.inner.resolve(cx).await
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        let own = cx.clone().with_limits(self.limits(cx.limits()));
        let _place = self.places.take(cx).await?;
        let artifact = self.inner.fetch(&own, revision, paths).await?;
        if self.artifact_bytes.is_some() || self.files.is_some() {
            let max = SizeMax { files: own.limits().files_max, bytes: own.limits().artifact_bytes_max };
            measure(cx, &**artifact.files(), paths, max).await?;
        }
        Ok(artifact)
    }

    fn watch(&self) -> Option<&dyn SourceWatch> {
        self.inner.watch()
    }
}
