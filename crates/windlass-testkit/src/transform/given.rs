//! What a transform is given.

use windlass_core::{Provided, Rendered};

use crate::MemoryFiles;

/// What a transform is given: the files of the artifact, what a render made of them, and what was brought.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Given {
    /// The files.
    pub files: MemoryFiles,
    /// What was rendered.
    pub rendered: Rendered,
    /// What was brought because somebody needed it.
    pub provided: Provided,
}

impl Given {
    /// Gives files, and what was rendered of them.
    #[must_use]
    pub fn new(files: MemoryFiles, rendered: Rendered) -> Self {
        Self { files, rendered, provided: Provided::default() }
    }

    /// Adds what was brought.
    #[must_use]
    pub fn with_provided(mut self, provided: Provided) -> Self {
        self.provided = provided;
        self
    }
}
