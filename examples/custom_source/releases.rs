//! A folder of releases, of which a file named `current` says which one is meant.

use std::fs;
use std::path::PathBuf;

use windlass::core::{Paths, Resolved};
use windlass::fs::DirSource;
use windlass::{Artifact, Context, Error, ErrorKind, Result, Revision, Source, TreePath, async_trait};

/// `current` holds the name of a folder beside it, such as `v2`. Rolling back is writing `v1` into it.
#[derive(Debug, Clone)]
pub struct Releases(pub PathBuf);

impl Releases {
    fn current(&self) -> Result<(String, DirSource)> {
        let pointer = self.0.join("current");
        let unclear = |why: &str| Error::new(ErrorKind::Unavailable, why).with("path", pointer.display());
        let name = fs::read_to_string(&pointer)
            .map_err(|error| unclear("nothing says which release is current").caused_by(error))?;
        let name = TreePath::new(name.trim()).map_err(|error| error.with("path", pointer.display()))?;
        if name.is_root() {
            return Err(unclear("the name of the current release is empty"));
        }
        Ok((name.to_string(), DirSource::new(self.0.join(name.as_str()))))
    }
}

#[async_trait]
impl Source for Releases {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        let (name, files) = self.current()?;
        let revision = files.resolve(cx).await?.revision;
        Ok(Resolved::new(revision.with_reference(name)))
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        self.current()?.1.fetch(cx, revision, paths).await
    }
}
