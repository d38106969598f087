//! A check that an artifact must pass.

use std::fmt;
use std::sync::Arc;

use windlass_core::{
    Artifact, Context, Paths, Resolved, Result, Revision, Source, SourceWatch, Text, async_trait,
};

/// A source whose artifacts must pass a check before anybody sees them: a signature beside the files, a digest that was agreed
/// upon.
///
/// All files are fetched, whatever paths are asked for, since a check of a part says nothing of the rest. The check runs after
/// each fetch; with a [`CachedSource`](crate::CachedSource) around it, once for each revision.
///
/// ```
/// use windlass_core::{Artifact, Error, ErrorKind, Paths, Source};
/// use windlass_testkit::{MemorySource, TestClock, files};
/// use windlass_wrap::VerifiedSource;
///
/// let (clock, tree) = (TestClock::new(), files([("a.yaml", "a: 1")]));
/// let agreed = tree.digest();
/// let memory = MemorySource::of(tree);
/// let source = VerifiedSource::new(memory.clone(), move |artifact: &Artifact| match artifact.digest() == agreed {
///     true => Ok(None), // or who signed it, which the revision then names
///     false => Err(Error::new(ErrorKind::Denied, "nobody has agreed to this content")),
/// });
/// let cx = clock.context();
/// let fetch = || clock.block_on(async {
///     let now = source.resolve(&cx).await?;
///     source.fetch(&cx, &now.revision, &Paths::All).await
/// });
/// assert!(fetch().is_ok());
/// memory.commit(files([("a.yaml", "a: 2")]));
/// assert_eq!(fetch().unwrap_err().kind(), ErrorKind::Denied);
/// ```
pub struct VerifiedSource {
    inner: Arc<dyn Source>,
    check: Box<Check>,
}

/// Says who signed, or why the artifact is refused.
type Check = dyn Fn(&Artifact) -> Result<Option<Text>> + Send + Sync;

impl VerifiedSource {
    /// Wraps a source. `check` gives who signed, where it knows, or the error that the fetch ends in, which is of kind
    /// [`Denied`](windlass_core::ErrorKind::Denied) unless the check could not be made.
    #[must_use]
    pub fn new(
        source: impl Source,
        check: impl Fn(&Artifact) -> Result<Option<Text>> + Send + Sync + 'static,
    ) -> Self {
        Self::of(Arc::new(source), check)
    }

    /// As [`VerifiedSource::new`], of a source that others use too.
    #[must_use]
    pub fn of(
        source: Arc<dyn Source>,
        check: impl Fn(&Artifact) -> Result<Option<Text>> + Send + Sync + 'static,
    ) -> Self {
        Self { inner: source, check: Box::new(check) }
    }
}

impl fmt::Debug for VerifiedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedSource").field("inner", &self.inner).finish_non_exhaustive()
    }
}

#[async_trait]
impl Source for VerifiedSource {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        self.inner.resolve(cx).await
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, _paths: &Paths) -> Result<Artifact> {
        let artifact = self.inner.fetch(cx, revision, &Paths::All).await?;
        let signer = (self.check)(&artifact)?;
        let Some(signer) = signer else { return Ok(artifact) };
        let mut revision = artifact.revision().clone();
        revision.signer = Some(signer);
        Ok(Artifact::new(revision, artifact.digest(), Arc::clone(artifact.files())))
    }

    fn watch(&self) -> Option<&dyn SourceWatch> {
        self.inner.watch()
    }
}
