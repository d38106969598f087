//! The one function, what it takes and what it gives.

use std::collections::BTreeMap;

use windlass_core::{Context, Digest, Files, Need, Origin, Result, TreePath, Value};

use crate::build::Build;

/// The version of kustomize whose output this is; it stands in the label of `managedByLabel`.
pub const VERSION: &str = "v5.8.3";

/// The names that the file of a kustomization may have; a folder has one of them.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// From where a kustomization may read files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Restrict {
    /// From its own folder and those below, as is the default of kustomize (`LoadRestrictionsRootOnly`).
    #[default]
    RootOnly,
    /// From the whole tree (`LoadRestrictionsNone`). Nothing outside of the tree can be read in any case.
    None,
}

/// How to build.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// From where files may be read.
    pub restrict: Restrict,
    /// Whether to add the label `app.kubernetes.io/managed-by` without being asked by the kustomization.
    pub managed_by_label: bool,
    /// Whether [`BuiltObject::body`] is wanted beside the text.
    pub objects: bool,
    /// Whether [`Built::text`] is wanted, which a renderer has no use for.
    pub(crate) text: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { restrict: Restrict::RootOnly, managed_by_label: false, objects: true, text: true }
    }
}

impl Options {
    /// Sets from where files may be read.
    #[must_use]
    pub fn with_restrict(mut self, restrict: Restrict) -> Self {
        self.restrict = restrict;
        self
    }

    /// Adds the label `app.kubernetes.io/managed-by`.
    #[must_use]
    pub fn with_managed_by_label(mut self) -> Self {
        self.managed_by_label = true;
        self
    }

    /// Leaves the bodies of objects out, which saves memory where only the text is wanted.
    #[must_use]
    pub fn with_text_only(mut self) -> Self {
        self.objects = false;
        self
    }
}

/// What a build gives.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Built {
    /// The output, as `kustomize build` prints it.
    pub text: String,
    /// The objects, in the order of the output.
    pub objects: Vec<BuiltObject>,
    /// The files that were read, with their digests.
    pub reads: BTreeMap<Need, Digest>,
    /// What kustomize writes to its standard error.
    pub warnings: Vec<String>,
}

/// An object of the output.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BuiltObject {
    /// Its body; `None` where only the text was wanted.
    pub body: Option<Value>,
    /// The file and line it came from, and the transformers that changed it.
    pub origin: Origin,
}

/// Builds the kustomization in a folder.
///
/// # Errors
/// [`Invalid`](windlass_core::ErrorKind::Invalid) for input that kustomize refuses too,
/// [`NotFound`](windlass_core::ErrorKind::NotFound) for a missing file,
/// [`Conflict`](windlass_core::ErrorKind::Conflict) for two objects with one identity,
/// [`Denied`](windlass_core::ErrorKind::Denied) for a file that may not be read from there,
/// [`Unsupported`](windlass_core::ErrorKind::Unsupported) for what the crate does not do,
/// [`Limit`](windlass_core::ErrorKind::Limit), and those of the files and the context.
pub fn build(cx: &Context, files: &dyn Files, path: &TreePath, options: &Options) -> Result<Built> {
    Build::new(cx, files, options).run(path)
}
