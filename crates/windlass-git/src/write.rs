//! Writes commits into a bare repository, for tests, examples and small tools that have no `git` program.
//!
//! ```
//! use windlass_git::write::{Author, Change, Repository};
//!
//! # let folder = std::env::temp_dir().join(format!("windlass-git-write-{}", std::process::id()));
//! # let _ = std::fs::remove_dir_all(&folder);
//! let fleet = Repository::init(&folder)?;
//! let author = Author::new("Ada", "ada@example.org", 1_700_000_000);
//! let first = fleet.commit("main", "web: start", &author, &[Change::file("apps/web.yaml", "replicas: 1\n")])?;
//! let second = fleet.commit("main", "web: grow", &author, &[Change::file("apps/web.yaml", "replicas: 2\n")])?;
//! let third = fleet.revert("main", &second, &author)?;
//!
//! assert_eq!(fleet.head("main")?, Some(third));
//! assert_ne!(first, second);
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::objs::tree::EntryKind;
use gix::refs::transaction::PreviousValue;
use windlass_core::{Error, ErrorKind, Result};

use crate::local;
use crate::reference::{Reference, Wanted};

/// A bare repository that is written to by one process at a time.
#[derive(Debug)]
pub struct Repository {
    path: PathBuf,
    inner: gix::ThreadSafeRepository,
}

/// Who makes a commit, and when. The clock is the caller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    name: String,
    email: String,
    seconds: i64,
}

/// One difference between a commit and its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// A file with these bytes, new or replaced.
    File {
        /// The path from the root, with `/` between names.
        path: String,
        /// What the file holds.
        bytes: Vec<u8>,
        /// Whether the file may be executed.
        executable: bool,
    },
    /// A symbolic link, new or replaced.
    Link {
        /// The path from the root.
        path: String,
        /// Where the link points to.
        target: String,
    },
    /// A file or folder that is no more.
    Remove {
        /// The path from the root.
        path: String,
    },
}

impl Author {
    /// An author who commits at so many seconds after 1970, in universal time.
    #[must_use]
    pub fn new(name: impl Into<String>, email: impl Into<String>, seconds: i64) -> Self {
        Self { name: name.into(), email: email.into(), seconds }
    }

    fn signature(&self) -> gix::actor::Signature {
        let time = gix::date::Time { seconds: self.seconds, offset: 0 };
        gix::actor::Signature { name: self.name.as_str().into(), email: self.email.as_str().into(), time }
    }
}

impl Change {
    /// A file with these bytes.
    #[must_use]
    pub fn file(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self::File { path: path.into(), bytes: bytes.into(), executable: false }
    }

    /// A symbolic link.
    #[must_use]
    pub fn link(path: impl Into<String>, target: impl Into<String>) -> Self {
        Self::Link { path: path.into(), target: target.into() }
    }

    /// The removal of a file or folder.
    #[must_use]
    pub fn remove(path: impl Into<String>) -> Self {
        Self::Remove { path: path.into() }
    }
}

impl Repository {
    /// Makes a bare repository in a folder that is new or empty.
    ///
    /// # Errors
    /// `Unavailable` when the folder holds something or cannot be written.
    pub fn init(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let inner = local::create(&path)?;
        Ok(Self { path, inner })
    }

    /// Opens a repository that exists.
    ///
    /// # Errors
    /// `NotFound` when there is nothing, `Invalid` when it is not a repository.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let inner = local::open(&path)?;
        Ok(Self { path, inner })
    }

    /// Where the repository is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the commit of a branch, or `None` when there is no such branch.
    ///
    /// # Errors
    /// `Invalid` for a name that is none, `Corrupt` for a repository that cannot be read.
    pub fn head(&self, branch: &str) -> Result<Option<String>> {
        let repository = self.inner.to_thread_local();
        match local::resolve(&repository, &Reference::Branch(branch.to_owned())) {
            Ok(tip) => Ok(Some(tip.commit.to_string())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Adds a commit to a branch, which starts with it if it is new, and returns its name.
    ///
    /// # Errors
    /// `Invalid` for names and paths that are none, `Conflict` when another process has moved the branch.
    pub fn commit(&self, branch: &str, message: &str, author: &Author, changes: &[Change]) -> Result<String> {
        let repository = self.inner.to_thread_local();
        let parent = self.head(branch)?.map(|hex| commit_id(&hex)).transpose()?;
        let base = match parent {
            Some(parent) => tree_of(&repository, parent)?,
            None => repository.empty_tree().id,
        };
        let tree = edit(&repository, base, changes)?;
        add(&repository, branch, message, author, tree, parent)
    }

    /// Adds a commit that brings back the tree from before `commit`, whatever came after, and returns its name.
    ///
    /// # Errors
    /// `NotFound` for a commit or branch that is not there, `Invalid` for a commit without a parent.
    pub fn revert(&self, branch: &str, commit: &str, author: &Author) -> Result<String> {
        let repository = self.inner.to_thread_local();
        let id = commit_id(commit)?;
        let missing = || Error::new(ErrorKind::NotFound, "no such commit").with("commit", commit);
        let reverted = repository.find_commit(id).map_err(|_| missing())?;
        let before = reverted.parent_ids().next().map(gix::Id::detach);
        let before =
            before.ok_or_else(|| Error::new(ErrorKind::Invalid, "nothing before").with("commit", commit))?;
        let head = self
            .head(branch)?
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "no such branch").with("branch", branch))?;
        let tree = tree_of(&repository, before)?;
        let message = format!("revert {commit}");
        add(&repository, branch, &message, author, tree, Some(commit_id(&head)?))
    }

    /// Puts an annotated tag on a commit.
    ///
    /// # Errors
    /// `Invalid` for a name that is none, `Conflict` for a tag that exists.
    pub fn tag(&self, name: &str, commit: &str, author: &Author) -> Result<()> {
        let repository = self.inner.to_thread_local();
        Reference::Tag(name.to_owned()).wanted()?;
        let (target, signature) = (commit_id(commit)?, author.signature());
        let mut time = gix::date::parse::TimeBuf::default();
        let made = repository.tag(
            name,
            target,
            gix::objs::Kind::Commit,
            Some(signature.to_ref(&mut time)),
            name,
            PreviousValue::MustNotExist,
        );
        made.map(drop)
            .map_err(|error| Error::new(ErrorKind::Conflict, "no new tag").with("tag", name).caused_by(error))
    }

    /// Lets a reference of any name point to a commit.
    ///
    /// # Errors
    /// `Invalid` for a name that is none.
    pub fn point(&self, name: &str, commit: &str) -> Result<()> {
        let Wanted::Ref(full) = Reference::Name(name.to_owned()).wanted()? else { return Ok(()) };
        let repository = self.inner.to_thread_local();
        let made = repository.reference(full.as_str(), commit_id(commit)?, PreviousValue::Any, "point");
        made.map(drop).map_err(|error| unwritten("no new reference", error).with("name", name))
    }
}

fn edit(repository: &gix::Repository, base: ObjectId, changes: &[Change]) -> Result<ObjectId> {
    let tree = repository.find_tree(base).map_err(|error| unwritten("no tree to change", error))?;
    let tree = tree.decode().map_err(|error| unwritten("no tree to change", error))?;
    let tree = gix::objs::Tree::from(tree);
    let mut editor = gix::objs::tree::Editor::new(tree, &repository.objects, repository.object_hash());
    for change in changes {
        let (path, entry) = match change {
            Change::File { path, bytes, executable: true } => {
                (path, Some((EntryKind::BlobExecutable, bytes.as_slice())))
            }
            Change::File { path, bytes, executable: false } => {
                (path, Some((EntryKind::Blob, bytes.as_slice())))
            }
            Change::Link { path, target } => (path, Some((EntryKind::Link, target.as_bytes()))),
            Change::Remove { path } => (path, None),
        };
        let names = names(path)?;
        let done = match entry {
            Some((kind, bytes)) => {
                let blob = repository.write_blob(bytes).map_err(|error| unwritten("no new file", error))?;
                editor.upsert(names, kind, blob.detach())
            }
            None => editor.remove(names),
        };
        done.map(drop).map_err(|error| {
            Error::new(ErrorKind::Invalid, "not a path").with("path", path).caused_by(error)
        })?;
    }
    let written = editor.write(|tree| repository.write_object(tree).map(gix::Id::detach));
    written.map_err(|error| unwritten("no new tree", error))
}

fn add(
    repository: &gix::Repository,
    branch: &str,
    message: &str,
    author: &Author,
    tree: ObjectId,
    parent: Option<ObjectId>,
) -> Result<String> {
    let Wanted::Ref(name) = Reference::Branch(branch.to_owned()).wanted()? else {
        return Err(Error::new(ErrorKind::Internal, "a branch is a name"));
    };
    let signature = author.signature();
    let (mut one, mut two) = (gix::date::parse::TimeBuf::default(), gix::date::parse::TimeBuf::default());
    let commit = repository
        .new_commit_as(signature.to_ref(&mut one), signature.to_ref(&mut two), message, tree, parent)
        .map_err(|error| unwritten("no new commit", error))?;
    let id = commit.id().detach();
    let expected = match parent {
        Some(parent) => PreviousValue::ExistingMustMatch(gix::refs::Target::Object(parent)),
        None => PreviousValue::MustNotExist,
    };
    let moved = repository.reference(name.as_str(), id, expected, "commit");
    moved.map_err(|error| {
        Error::new(ErrorKind::Conflict, "the branch was moved").with("branch", branch).caused_by(error)
    })?;
    Ok(id.to_string())
}

fn tree_of(repository: &gix::Repository, commit: ObjectId) -> Result<ObjectId> {
    let tree = repository.find_commit(commit).and_then(|commit| commit.tree_id().map(gix::Id::detach));
    tree.map_err(|error| unwritten("no such commit", error).with("commit", commit))
}

fn commit_id(hex: &str) -> Result<ObjectId> {
    match Reference::Commit(hex.to_owned()).wanted()? {
        Wanted::Commit(id) => Ok(id),
        Wanted::Ref(_) | Wanted::Tags(_) | Wanted::Any(_) => {
            Err(Error::new(ErrorKind::Internal, "a commit is no name"))
        }
    }
}

fn names(path: &str) -> Result<Vec<&str>> {
    let names: Vec<_> = path.split('/').collect();
    let odd = |name: &&str| {
        matches!(*name, "" | "." | "..") || name.contains('\0') || name.eq_ignore_ascii_case(".git")
    };
    if names.iter().any(odd) {
        return Err(Error::new(ErrorKind::Invalid, "not a path").with("path", path));
    }
    Ok(names)
}

fn unwritten(message: &'static str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Unavailable, message).caused_by(error)
}
