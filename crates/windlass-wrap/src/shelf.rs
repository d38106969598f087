//! The artifacts that a cache keeps.

use windlass_core::{Artifact, Limits, Paths, Revision};

/// Artifacts, those that were asked for last at the end.
///
/// Invariant: `bytes` is the sum of what is kept.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    kept: Vec<Kept>,
    bytes: u64,
}

/// An artifact, and for whom it was fetched.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) artifact: Artifact,
    pub(crate) paths: Paths,
    /// Those of the context, which decide what of it can be read.
    pub(crate) limits: Limits,
    pub(crate) bytes: u64,
}

impl Kept {
    /// Says whether this is what a fetch would bring.
    fn serves(&self, revision: &Revision, paths: &Paths, limits: &Limits) -> bool {
        let has = match (&self.paths, paths) {
            (Paths::All, _) => true,
            (have, Paths::Under(wanted)) => wanted.iter().all(|path| have.wants(path)),
            _ => false,
        };
        has && self.artifact.revision().id == revision.id && self.limits == *limits
    }
}

impl Shelf {
    /// Gives what was fetched before.
    pub(crate) fn find(&mut self, revision: &Revision, paths: &Paths, limits: &Limits) -> Option<Artifact> {
        let at = self.kept.iter().rposition(|kept| kept.serves(revision, paths, limits))?;
        let kept = self.kept.remove(at);
        let artifact = kept.artifact.clone();
        self.kept.push(kept);
        Some(artifact)
    }

    /// Keeps an artifact in the place of those that it stands for, and lets go of the ones that were not asked for the longest.
    pub(crate) fn keep(&mut self, kept: Kept, artifacts_max: usize, bytes_max: u64) {
        self.kept.retain(|have| !kept.serves(have.artifact.revision(), &have.paths, &have.limits));
        self.kept.push(kept);
        self.count();
        while !self.kept.is_empty() && (self.kept.len() > artifacts_max || self.bytes > bytes_max) {
            self.kept.remove(0);
            self.count();
        }
    }

    fn count(&mut self) {
        self.bytes = self.kept.iter().fold(0, |sum, kept| sum.saturating_add(kept.bytes));
    }
}
