//! What the tests share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use windlass_core::{
    Artifact, Context, Error, ErrorKind, Paths, Resolved, Result, Revision, Source, SourceWatch, async_trait,
};
use windlass_testkit::{MemoryFiles, MemorySource, TestClock, files};

pub(crate) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(crate) fn down() -> Error {
    Error::new(ErrorKind::Unavailable, "no route to host")
}

/// A source at a revision with one file.
pub(crate) fn memory(content: &str) -> MemorySource {
    MemorySource::of(files([("a.yaml", content)]))
}

/// Resolves, and fetches what that said.
pub(crate) async fn newest(source: &dyn Source, cx: &Context) -> Result<Artifact> {
    let now = source.resolve(cx).await?;
    source.fetch(cx, &now.revision, &Paths::All).await
}

/// Runs futures side by side to their ends, each begun in order.
pub(crate) fn all<T>(clock: &TestClock, work: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut work: Vec<_> = work.into_iter().map(|work| (Box::pin(work), None)).collect();
    clock.block_on(std::future::poll_fn(|cx| {
        for (work, done) in work.iter_mut().filter(|(_, done)| done.is_none()) {
            if let std::task::Poll::Ready(value) = work.as_mut().poll(cx) {
                *done = Some(value);
            }
        }
        match work.iter().all(|(_, done)| done.is_some()) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    }));
    work.into_iter().map(|(_, done)| done.unwrap()).collect()
}

/// A secret that every source of the suites holds.
pub(crate) const TOKEN: &str = "ghp_canary";

/// A source that holds a secret, and shows it to nobody.
pub(crate) struct Keeper {
    pub(crate) inner: MemorySource,
    pub(crate) token: &'static str,
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = "*".repeat(self.token.len());
        write!(f, "Keeper({hidden})")
    }
}

#[async_trait]
impl Source for Keeper {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        self.inner.resolve(cx).await
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        self.inner.fetch(cx, revision, paths).await
    }

    fn watch(&self) -> Option<&dyn SourceWatch> {
        self.inner.watch()
    }
}

/// A source that brings for every revision the same files.
#[derive(Debug)]
pub(crate) struct Liar {
    pub(crate) honest: MemorySource,
    pub(crate) brings: MemoryFiles,
    /// Says that it is the revision that was asked for.
    pub(crate) pretends: bool,
}

#[async_trait]
impl Source for Liar {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        self.honest.resolve(cx).await
    }

    async fn fetch(&self, _cx: &Context, revision: &Revision, _paths: &Paths) -> Result<Artifact> {
        let artifact = self.brings.artifact();
        let named = if self.pretends { revision.clone() } else { artifact.revision().clone() };
        Ok(Artifact::new(named, artifact.digest(), Arc::new(self.brings.clone())))
    }
}
