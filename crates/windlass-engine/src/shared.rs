//! One source for many units.

use std::fmt;
use std::sync::Arc;

use futures_util::lock::Mutex;
use windlass_core::{Artifact, Context, Paths, Resolved, Result, Revision, Source, SourceWatch, async_trait};

/// A source that many units use: what was fetched last is kept, and who asks for the same at the same time waits for the
/// one fetch that is under way.
///
/// It keeps one artifact. Questions for the revision go through; a [`Fleet`](crate::Fleet) asks once for all units whose
/// engines [share](crate::Engine::of) the source.
pub struct SharedSource {
    inner: Arc<dyn Source>,
    last: Mutex<Option<(Paths, Artifact)>>,
}

impl SharedSource {
    /// Shares a source.
    #[must_use]
    pub fn new(inner: Arc<dyn Source>) -> Self {
        Self { inner, last: Mutex::new(None) }
    }
}

impl fmt::Debug for SharedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedSource").field(&self.inner).finish()
    }
}

#[async_trait]
impl Source for SharedSource {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        self.inner.resolve(cx).await
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        let mut last = cx.unless_over(self.last.lock()).await?;
        if let Some((had, artifact)) = &*last
            && artifact.revision().id == revision.id
            && (had == paths || *had == Paths::All)
        {
            return Ok(artifact.clone());
        }
        let artifact = self.inner.fetch(cx, revision, paths).await?;
        *last = Some((paths.clone(), artifact.clone()));
        Ok(artifact)
    }

    fn watch(&self) -> Option<&dyn SourceWatch> {
        self.inner.watch()
    }
}
