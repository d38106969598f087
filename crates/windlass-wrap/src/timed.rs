//! A time-out of its own for each call.

use std::sync::Arc;
use std::time::Duration;

use windlass_core::{
    Artifact, Context, Error, ErrorKind, Paths, Resolved, Result, Revision, Source, SourceWatch, async_trait,
};

/// A source whose calls end after a limit of their own, as a [`Timeout`](ErrorKind::Timeout) that names the call and the limit.
///
/// An engine limits each call by the [`Limits`](windlass_core::Limits) of its context, which are the same for all its units.
/// This one is for a source that deserves less patience, and for calls outside of an engine.
///
/// ```
/// use std::time::Duration;
/// use windlass_core::Source;
/// use windlass_testkit::{MemorySource, TestClock};
/// use windlass_wrap::TimedSource;
///
/// let (clock, memory) = (TestClock::new(), MemorySource::new());
/// memory.hang();
/// let source = TimedSource::new(memory).with_resolve_timeout(Duration::from_secs(5));
/// let error = clock.block_on(source.resolve(&clock.context())).unwrap_err();
/// assert_eq!(error.to_string(), "the source took too long (call=resolve, limit=5s)");
/// ```
#[derive(Debug)]
pub struct TimedSource {
    inner: Arc<dyn Source>,
    resolve: Option<Duration>,
    fetch: Option<Duration>,
}

impl TimedSource {
    /// Wraps a source. Unless told otherwise its calls end after the `request_timeout` and the `fetch_timeout` of the limits of
    /// their context.
    #[must_use]
    pub fn new(source: impl Source) -> Self {
        Self::of(Arc::new(source))
    }

    /// As [`TimedSource::new`], of a source that others use too.
    #[must_use]
    pub fn of(source: Arc<dyn Source>) -> Self {
        Self { inner: source, resolve: None, fetch: None }
    }

    /// Sets how long a `resolve` may take.
    #[must_use]
    pub const fn with_resolve_timeout(mut self, limit: Duration) -> Self {
        self.resolve = Some(limit);
        self
    }

    /// Sets how long a `fetch` may take.
    #[must_use]
    pub const fn with_fetch_timeout(mut self, limit: Duration) -> Self {
        self.fetch = Some(limit);
        self
    }
}

#[async_trait]
impl Source for TimedSource {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        let limit = self.resolve.unwrap_or(cx.limits().request_timeout);
        let own = cx.clone().with_timeout(limit);
        let done = within(cx, &own, limit, self.inner.resolve(&own)).await;
        done.unwrap_or_else(|| Err(too_long("the source", Some("resolve"), limit)))
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        let limit = self.fetch.unwrap_or(cx.limits().fetch_timeout);
        let own = cx.clone().with_timeout(limit);
        let done = within(cx, &own, limit, self.inner.fetch(&own, revision, paths)).await;
        done.unwrap_or_else(|| Err(too_long("the source", Some("fetch"), limit)))
    }

    fn watch(&self) -> Option<&dyn SourceWatch> {
        self.inner.watch()
    }
}

/// The error of what a limit of its own has ended: `what` took too long, in this call of several.
pub(crate) fn too_long(what: &str, call: Option<&'static str>, limit: Duration) -> Error {
    let error = Error::new(ErrorKind::Timeout, format!("{what} took too long"));
    let error = call.into_iter().fold(error, |error, call| error.with("call", call));
    error.with("limit", format!("{limit:?}"))
}

/// Waits for work that was given the context `own`, which ends after `limit`. `None` where that limit ended it, and not the
/// context of the caller. Also what takes no notice of its context is ended.
pub(crate) async fn within<T>(
    cx: &Context,
    own: &Context,
    limit: Duration,
    work: impl Future<Output = Result<T>>,
) -> Option<Result<T>> {
    let done = cx.within(limit, work).await.unwrap_or_else(Err);
    let is_late = matches!(&done, Err(error) if error.kind() == ErrorKind::Timeout);
    (!is_late || own.check().is_ok() || cx.check().is_err()).then_some(done)
}
