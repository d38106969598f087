//! Places in the files of a build, and in those of other artifacts.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use windlass_core::{Address, Artifact, Error, Files, Origin, Result, Text, TreePath};

/// Another artifact.
pub(super) struct Base {
    pub(super) address: Address,
    pub(super) artifact: Artifact,
    /// The address as it is shown.
    shown: Text,
    /// It is one file and no repository.
    pub(super) is_file: bool,
}

impl Base {
    pub(super) fn new(address: Address, artifact: Artifact, is_file: bool) -> Arc<Self> {
        let shown = Text::from(address.to_string());
        Arc::new(Self { address, artifact, shown, is_file })
    }
}

/// A path in the files of the build or in those of another artifact.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) base: Option<Arc<Base>>,
    pub(super) path: TreePath,
}

impl Place {
    pub(super) const fn own(path: TreePath) -> Self {
        Self { base: None, path }
    }

    pub(super) fn join(&self, path: &str) -> Result<Self> {
        Ok(Self { path: self.path.join(path)?, base: self.base.clone() })
    }

    /// Says whether it is `folder` or lies below it.
    pub(super) fn is_under(&self, folder: &Self) -> bool {
        self.address() == folder.address() && self.path.is_under(&folder.path)
    }

    /// Gives the files that it lies in. `own`: those of the build.
    pub(super) fn files<'a>(&'a self, own: &'a dyn Files) -> &'a dyn Files {
        self.base.as_ref().map_or(own, |base| &**base.artifact.files())
    }

    pub(super) fn origin(&self, document: u32, line: u32) -> Origin {
        let mut origin = Origin::new(self.path.clone(), document, line);
        origin.base = self.base.as_ref().map(|base| base.shown.clone());
        origin
    }

    /// Says which artifact an error of its files is about.
    pub(super) fn named(&self, error: Error) -> Error {
        let error = if error.context("path").is_some() { error } else { error.with_each("path", &self.path) };
        match &self.base {
            Some(base) => error.with_each("base", &base.shown),
            None => error,
        }
    }

    fn address(&self) -> Option<&Address> {
        self.base.as_ref().map(|base| &base.address)
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path && self.address() == other.address()
    }
}

impl Eq for Place {}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.path.hash(state);
        self.address().hash(state);
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.base {
            None => write!(f, "{}", self.path),
            Some(base) if base.is_file => f.write_str(&base.shown),
            Some(base) => write!(f, "{}//{}", base.shown, self.path),
        }
    }
}

/// Names the file that an object was written in.
pub(crate) fn file_of(origin: &Origin) -> String {
    let file = &origin.file;
    origin.base.as_ref().map_or_else(|| file.to_string(), |base| format!("{base}//{file}"))
}
