//! A source in memory.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use async_trait::async_trait;
use windlass_core::{
    Artifact, Context, Error, ErrorKind, Paths, Resolved, Result, Revision, Source, SourceWatch, Text,
};

use crate::MemoryFiles;
use crate::sync::lock;

/// A source in memory. Clones are the same source, so that a test keeps one and gives the other away.
///
/// ```
/// use windlass_core::{Paths, Source, TreePath};
/// use windlass_testkit::{MemorySource, TestClock, files};
/// let source = MemorySource::of(files([("a.yaml", "a")]));
/// let clock = TestClock::new();
/// let cx = clock.context();
/// let artifact = clock.block_on(async {
///     let now = source.resolve(&cx).await?;
///     source.fetch(&cx, &now.revision, &Paths::All).await
/// })?;
/// assert_eq!(artifact.files().read(&TreePath::new("a.yaml")?)?, "a");
/// assert_eq!(source.requests().len(), 2);
/// # Ok::<(), windlass_core::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct MemorySource(Arc<Mutex<History>>);

#[derive(Default)]
struct History {
    revisions: BTreeMap<Text, MemoryFiles>,
    head: Option<Revision>,
    down: Option<Error>,
    hangs: bool,
    resolve_errors: VecDeque<Error>,
    fetch_errors: VecDeque<Error>,
    log: Vec<String>,
    /// Tells of changes.
    watched: bool,
    moved: bool,
    waiting: Vec<Waker>,
}

impl MemorySource {
    /// Makes a source without any revision: resolving it is [`NotFound`](ErrorKind::NotFound).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a source at a revision with these files.
    #[must_use]
    pub fn of(files: MemoryFiles) -> Self {
        let source = Self::new();
        source.commit(files);
        source
    }

    /// Lets it tell of changes. Before, it is asked again and again.
    #[must_use]
    pub fn with_watch(self) -> Self {
        lock(&self.0).watched = true;
        self
    }

    /// Makes these files the newest revision, named by their digest.
    pub fn commit(&self, files: MemoryFiles) -> Revision {
        let revision = Revision::new(files.digest().to_string()).with_reference("main");
        self.set(revision.clone(), files);
        revision
    }

    /// Makes these files the newest revision, under a name of the test's choice.
    pub fn set(&self, revision: Revision, files: MemoryFiles) {
        let mut history = lock(&self.0);
        history.revisions.insert(revision.id.clone(), files);
        history.head = Some(revision);
        history.moved = true;
        history.waiting.drain(..).for_each(Waker::wake);
    }

    /// Forgets a revision, as a server does that collects garbage.
    pub fn forget(&self, revision: &Revision) {
        lock(&self.0).revisions.remove(&revision.id);
    }

    /// Lets the next resolve end in `error`.
    pub fn fail_next_resolve(&self, error: Error) {
        lock(&self.0).resolve_errors.push_back(error);
    }

    /// Lets the next fetch end in `error`.
    pub fn fail_next_fetch(&self, error: Error) {
        lock(&self.0).fetch_errors.push_back(error);
    }

    /// Lets everything end in `error`, until [`come_up`](Self::come_up).
    pub fn go_down(&self, error: Error) {
        lock(&self.0).down = Some(error);
    }

    /// Takes every call from now on and answers none, until [`come_up`](Self::come_up). What was asked ends with its
    /// context.
    pub fn hang(&self) {
        lock(&self.0).hangs = true;
    }

    /// Lets everything work again.
    pub fn come_up(&self) {
        let mut history = lock(&self.0);
        (history.down, history.hangs) = (None, false);
    }

    /// Takes a call.
    async fn take(&self, cx: &Context, request: String) -> Result<()> {
        cx.check()?;
        let hangs = {
            let mut history = lock(&self.0);
            history.log.push(request);
            history.hangs
        };
        if hangs { cx.unless_over(std::future::pending()).await } else { Ok(()) }
    }

    /// Gives all that was asked so far, a line each: `resolve`, `fetch <revision>`.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        lock(&self.0).log.clone()
    }

    /// Gives all that was asked since the last time, and forgets it.
    #[must_use]
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.0).log)
    }
}

impl fmt::Debug for MemorySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemorySource({} revisions)", lock(&self.0).revisions.len())
    }
}

#[async_trait]
impl Source for MemorySource {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        self.take(cx, "resolve".into()).await?;
        let mut history = lock(&self.0);
        history.moved = false;
        if let Some(error) = history.resolve_errors.pop_front().or_else(|| history.down.clone()) {
            return Err(error);
        }
        let head = history.head.clone().ok_or_else(|| Error::new(ErrorKind::NotFound, "no revision yet"))?;
        Ok(Resolved::new(head))
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        self.take(cx, format!("fetch {}", revision.short())).await?;
        let mut history = lock(&self.0);
        if let Some(error) = history.fetch_errors.pop_front().or_else(|| history.down.clone()) {
            return Err(error);
        }
        let files = history.revisions.get(&revision.id).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "no such revision").with("revision", revision.short())
        })?;
        let part = files.clone().fetched(paths).with_file_bytes_max(cx.limits().file_bytes_max);
        Ok(Artifact::new(revision.clone(), files.digest(), Arc::new(part)))
    }

    fn watch(&self) -> Option<&dyn SourceWatch> {
        let watched = lock(&self.0).watched;
        if watched { Some(self) } else { None }
    }
}

#[async_trait]
impl SourceWatch for MemorySource {
    async fn moved(&self, cx: &Context) -> Result<()> {
        let moved = poll_fn(|waiting| {
            let mut history = lock(&self.0);
            if history.moved {
                return Poll::Ready(());
            }
            history.waiting.push(waiting.waker().clone());
            Poll::Pending
        });
        cx.unless_over(moved).await
    }
}
