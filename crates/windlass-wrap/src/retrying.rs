//! Further attempts.

use std::sync::Arc;

use windlass_core::{Artifact, Context, Paths, Resolved, Result, Revision, Source, SourceWatch, async_trait};

use crate::Backoff;

/// A source that is asked again where an error may pass by itself.
///
/// All attempts together take no longer than the limit that an engine has for the call, and no attempt begins that would not
/// begin before it: the last error is given back instead, which says more than that it took too long.
///
/// ```
/// use windlass_core::{Error, ErrorKind, Source};
/// use windlass_testkit::{MemorySource, TestClock, files};
/// use windlass_wrap::RetryingSource;
///
/// let (clock, memory) = (TestClock::new(), MemorySource::of(files([("a.yaml", "")])));
/// memory.fail_next_resolve(Error::new(ErrorKind::Unavailable, "busy"));
/// let source = RetryingSource::new(memory.clone());
/// assert!(clock.block_on(source.resolve(&clock.context())).is_ok());
/// assert_eq!(memory.requests(), ["resolve", "resolve"]);
/// ```
#[derive(Debug)]
pub struct RetryingSource {
    inner: Arc<dyn Source>,
    backoff: Backoff,
}

impl RetryingSource {
    /// Wraps a source.
    #[must_use]
    pub fn new(source: impl Source) -> Self {
        Self::of(Arc::new(source))
    }

    /// As [`RetryingSource::new`], of a source that others use too.
    #[must_use]
    pub fn of(source: Arc<dyn Source>) -> Self {
        Self { inner: source, backoff: Backoff::default() }
    }

    /// Sets how often and when it is asked again.
    #[must_use]
    pub fn with_backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }
}

#[async_trait]
impl Source for RetryingSource {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        self.backoff.tried(cx, cx.limits().request_timeout, || self.inner.resolve(cx)).await
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        self.backoff.tried(cx, cx.limits().fetch_timeout, || self.inner.fetch(cx, revision, paths)).await
    }

    fn watch(&self) -> Option<&dyn SourceWatch> {
        self.inner.watch()
    }
}
