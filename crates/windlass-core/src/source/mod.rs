//! Where desired state comes from.

mod artifact;
mod watch;

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use artifact::{Artifact, Entry, EntryKind, Files};
pub use watch::SourceWatch;

use crate::{Context, Result, Text, Timestamp, TreePath};

/// An immutable name of a state, and what is known of its making.
///
/// Two revisions are the same state exactly when their `id` is equal; branch, author and time are for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Revision {
    /// The immutable name with its algorithm: `sha1:<commit>`, `sha256:<digest>`.
    pub id: Text,
    /// The branch, tag or other mutable name that resolved to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Text>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Text>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// The first line of its message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
    /// Who signed it, if a signature was verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<Text>,
}

impl Revision {
    /// Makes a revision of which only the name is known.
    #[must_use]
    pub fn new(id: impl Into<Text>) -> Self {
        Self { id: id.into(), reference: None, author: None, time: None, message: None, signer: None }
    }

    /// Adds the branch or tag it was resolved from.
    #[must_use]
    pub fn with_reference(mut self, reference: impl Into<Text>) -> Self {
        self.reference = Some(reference.into());
        self
    }

    /// Adds author, time and the first line of the message.
    #[must_use]
    pub fn with_commit(mut self, author: impl Into<Text>, time: Timestamp, message: impl Into<Text>) -> Self {
        self.author = Some(author.into());
        self.time = Some(time);
        self.message = Some(message.into());
        self
    }

    /// Gives the name as people write it: `main@sha1:1a2b3c4d5e6f`.
    #[must_use]
    pub fn short(&self) -> String {
        let (algorithm, hex) = self.id.split_once(':').unwrap_or(("", &self.id));
        let hex: String = hex.chars().take(12).collect();
        let id = if algorithm.is_empty() { hex } else { format!("{algorithm}:{hex}") };
        self.reference.as_ref().map_or(id.clone(), |reference| format!("{reference}@{id}"))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reference {
            Some(reference) => write!(f, "{reference}@{}", self.id),
            None => f.write_str(&self.id),
        }
    }
}

/// What a source is at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resolved {
    /// The revision to fetch.
    pub revision: Revision,
}

impl Resolved {
    /// Says that the source is at `revision`.
    #[must_use]
    pub const fn new(revision: Revision) -> Self {
        Self { revision }
    }
}

/// Which files of a revision are wanted. A source may bring more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Paths {
    /// All of them.
    #[default]
    All,
    /// Those at or under these paths.
    Under(Vec<TreePath>),
}

impl Paths {
    /// Says whether a path is wanted.
    #[must_use]
    pub fn wants(&self, path: &TreePath) -> bool {
        match self {
            Self::All => true,
            Self::Under(folders) => folders.iter().any(|folder| path.is_under(folder)),
        }
    }
}

/// Where desired state comes from: a Git repository, a folder, a registry, a bucket.
///
/// For an implementor:
/// - [`resolve`](Source::resolve) is cheap: it asks what the source is now and fetches nothing. Asked twice without a
///   change between, it gives the same revision.
/// - [`fetch`](Source::fetch) gives exactly the named revision or an error, never a newer one. Fetching the same
///   revision twice gives artifacts with equal digests and equal files.
/// - An artifact stays readable, unchanged, for as long as it is held, whatever happens to the source.
/// - A revision that does not exist is [`NotFound`](crate::ErrorKind::NotFound). No failure gives an empty artifact.
/// - No credential appears in an error, in `Debug` or in a revision.
///
/// As it is written, by a source that never moves:
///
/// ```
/// use windlass_core::{Artifact, Context, Error, ErrorKind, Paths, Resolved, Result, Revision, Source, async_trait};
///
/// #[derive(Debug)]
/// struct Fixed(Artifact);
///
/// #[async_trait]
/// impl Source for Fixed {
///     async fn resolve(&self, _cx: &Context) -> Result<Resolved> {
///         Ok(Resolved::new(self.0.revision().clone()))
///     }
///
///     async fn fetch(&self, _cx: &Context, revision: &Revision, _paths: &Paths) -> Result<Artifact> {
///         if revision.id != self.0.revision().id {
///             return Err(Error::new(ErrorKind::NotFound, "there is one revision, and it is another"));
///         }
///         Ok(self.0.clone())
///     }
/// }
/// ```
///
/// Without `#[async_trait]` the compiler says of each `async fn` that its lifetime parameters do not match the trait
/// (E0195). That holds for every trait here with an `async fn`:
///
/// ```compile_fail,E0195
/// use windlass_core::{Artifact, Context, Paths, Resolved, Result, Revision, Source};
///
/// #[derive(Debug)]
/// struct Fixed(Artifact);
///
/// impl Source for Fixed {
///     async fn resolve(&self, _cx: &Context) -> Result<Resolved> {
///         Ok(Resolved::new(self.0.revision().clone()))
///     }
///
///     async fn fetch(&self, _cx: &Context, _revision: &Revision, _paths: &Paths) -> Result<Artifact> {
///         Ok(self.0.clone())
///     }
/// }
/// ```
///
/// [A source of your own](https://github.com/windlass-dev/windlass/blob/main/docs/custom-source.md) is a whole crate, with its tests.
///
/// # Cancel safety
/// Dropping either future leaves nothing half-written: a cache holds a revision wholly or not at all.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no source",
    label = "this is not where files come from",
    note = "above the `impl` stands `#[async_trait]`, which windlass-core and windlass re-export",
    note = "parts that others use too go into `Engine::of`, as `Arc<dyn Source>`",
    note = "how to write one: https://github.com/windlass-dev/windlass/blob/main/docs/custom-source.md"
)]
#[async_trait]
pub trait Source: fmt::Debug + Send + Sync + 'static {
    /// Says what the source is now.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound), [`Denied`](crate::ErrorKind::Denied),
    /// [`Unavailable`](crate::ErrorKind::Unavailable), [`Timeout`](crate::ErrorKind::Timeout),
    /// [`Cancelled`](crate::ErrorKind::Cancelled).
    async fn resolve(&self, cx: &Context) -> Result<Resolved>;

    /// Brings the files of one revision.
    ///
    /// # Errors
    /// As [`Source::resolve`], and [`Corrupt`](crate::ErrorKind::Corrupt) and [`Limit`](crate::ErrorKind::Limit).
    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact>;

    /// Gives what tells of changes. `None` is a statement: it cannot, and is asked again at each interval. What wraps another
    /// source gives that of the other.
    fn watch(&self) -> Option<&dyn SourceWatch> {
        None
    }
}
