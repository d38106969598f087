//! What a render asked of the files of its artifact. A later artifact is rendered only where one of the answers is another.

use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use windlass_core::{Artifact, Bytes, Digest, Entry, Files, Result, TreePath};

/// Files, and what was asked of them.
pub(super) struct Reading {
    files: Arc<dyn Files>,
    asked: Mutex<Vec<(Question, Digest)>>,
}

/// The questions of a render, each with a digest of the answer.
#[derive(Debug, Default)]
pub(super) struct Reads(Box<[(Question, Digest)]>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    List(TreePath),
    Read(TreePath),
    Real(TreePath),
}

impl Reading {
    /// Gives the artifact with files that note what they are asked.
    pub(super) fn of(artifact: &Artifact) -> (Artifact, Arc<Self>) {
        let reading = Arc::new(Self { files: Arc::clone(artifact.files()), asked: Mutex::default() });
        let files = Arc::clone(&reading) as Arc<dyn Files>;
        (Artifact::new(artifact.revision().clone(), artifact.digest(), files), reading)
    }

    /// Gives what was asked so far, and forgets it.
    pub(super) fn take(&self) -> Reads {
        let mut asked = mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner));
        asked.sort();
        asked.dedup();
        Reads(asked.into())
    }

    fn note(&self, question: Question, answer: Digest) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push((question, answer));
    }
}

impl Reads {
    /// Says whether other files answer each question in the same way, so that a render of them would be the same.
    pub(super) fn hold(&self, files: &dyn Files) -> bool {
        self.0.iter().all(|(question, answer)| question.answer(files) == *answer)
    }
}

impl Question {
    fn answer(&self, files: &dyn Files) -> Digest {
        match self {
            Self::List(folder) => of_list(&files.list(folder)),
            Self::Read(path) => files.digest(path).unwrap_or_else(|| of_read(&files.read(path))),
            Self::Real(path) => of_real(&files.real(path)),
        }
    }
}

impl Files for Reading {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        let listed = self.files.list(folder);
        self.note(Question::List(folder.clone()), of_list(&listed));
        listed
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        let read = self.files.read(path);
        let answer = self.files.digest(path).unwrap_or_else(|| of_read(&read));
        self.note(Question::Read(path.clone()), answer);
        read
    }

    fn real(&self, path: &TreePath) -> Result<TreePath> {
        let real = self.files.real(path);
        self.note(Question::Real(path.clone()), of_real(&real));
        real
    }

    fn digest(&self, path: &TreePath) -> Option<Digest> {
        let digest = self.files.digest(path)?;
        self.note(Question::Read(path.clone()), digest);
        Some(digest)
    }
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").field("files", &self.files).finish_non_exhaustive()
    }
}

fn of_read(read: &Result<Bytes>) -> Digest {
    digest(read, |bytes| Digest::of(bytes))
}

fn of_list(listed: &Result<Vec<Entry>>) -> Digest {
    digest(listed, |entries| {
        let entries: Vec<String> =
            entries.iter().map(|entry| format!("{:?} {}", entry.kind, entry.name)).collect();
        Digest::of_parts(entries.iter().map(String::as_bytes))
    })
}

fn of_real(real: &Result<TreePath>) -> Digest {
    digest(real, |path| Digest::of(path.as_str().as_bytes()))
}

/// An error is an answer as well: of it the kind counts.
fn digest<T>(answer: &Result<T>, of: impl FnOnce(&T) -> Digest) -> Digest {
    match answer {
        Ok(answer) => of(answer),
        Err(error) => Digest::of_parts([b"error".as_slice(), error.kind().name().as_bytes()]),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may end by panicking")]
mod tests {
    use windlass_core::Revision;
    use windlass_testkit::{MemoryFiles, files};

    use super::*;

    fn path(path: &str) -> TreePath {
        TreePath::new(path).unwrap()
    }

    /// Asks files for `a`, for `b/c`, which may not be there, and for a list of `b`, and says whether others answer the same.
    fn holds(before: MemoryFiles, after: &MemoryFiles) -> bool {
        let artifact = Artifact::new(Revision::new("1"), Digest::of(b"1"), Arc::new(before));
        let (artifact, reading) = Reading::of(&artifact);
        let files = artifact.files();
        drop((files.read(&path("a")), files.read(&path("b/c")), files.list(&path("b"))));
        drop((files.read(&path("a")), files.real(&path("a"))));
        reading.take().hold(after)
    }

    #[test]
    fn what_was_not_asked_for_makes_no_difference() {
        let before = files([("a", "1"), ("b/d", "1")]);
        assert!(holds(before.clone(), &before));
        assert!(holds(before, &files([("a", "1"), ("b/d", "2"), ("other", "1")])));
    }

    #[test]
    fn a_file_that_is_another_that_goes_or_that_comes_makes_one() {
        let before = || files([("a", "1"), ("b/d", "1")]);
        assert!(!holds(before(), &files([("a", "2"), ("b/d", "1")])), "another");
        assert!(!holds(before(), &files([("b/d", "1")])), "gone");
        assert!(
            !holds(before(), &files([("a", "1"), ("b/d", "1"), ("b/c", "")])),
            "it was looked for in vain"
        );
        assert!(!holds(before(), &files([("a", "1"), ("b/d", "1"), ("b/e", "1")])), "the list is another");
        assert!(!holds(before(), &files([("a", "1"), ("b/d/e", "1")])), "a folder in place of a file");
    }
}
