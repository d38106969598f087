//! Git repositories as a [`Source`](windlass_core::Source): resolve a branch, fetch one commit, read its files. All
//! in this process, without the `git` program.
//!
//! ```
//! use windlass_core::{Paths, Source, TreePath};
//! use windlass_git::GitSource;
//! use windlass_git::write::{Author, Change, Repository};
//!
//! # let folder = std::env::temp_dir().join(format!("windlass-git-lib-{}", std::process::id()));
//! # let _ = std::fs::remove_dir_all(&folder);
//! let fleet = Repository::init(&folder)?;
//! let author = Author::new("Ada", "ada@example.org", 1_700_000_000);
//! let commit = fleet.commit("main", "web: start", &author, &[Change::file("web.yaml", "replicas: 1\n")])?;
//!
//! let source = GitSource::new(folder.to_string_lossy()).branch("main");
//! # let cx = windlass_testkit::TestClock::new().context();
//! # windlass_testkit::block_on(async {
//! let resolved = source.resolve(&cx).await?;
//! assert_eq!(resolved.revision.to_string(), format!("main@sha1:{commit}"));
//!
//! let artifact = source.fetch(&cx, &resolved.revision, &Paths::All).await?;
//! let web = artifact.files().read(&TreePath::new("web.yaml")?)?;
//! assert_eq!(&web[..], b"replicas: 1\n");
//! # Ok::<(), windlass_core::Error>(()) })?;
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What happens where
//!
//! | address | resolve | fetch |
//! | --- | --- | --- |
//! | a path, `file://` | looks the reference up | opens the repository in place |
//! | `http://`, `https://`, `ssh://`, `user@host:path` | lists the references that begin with the name | brings one commit without history into a bare repository of the cache, or nothing if it is there |
//!
//! SSH is behind the feature `ssh`, and needs a private key and the keys of the host:
//!
//! ```
//! # #[cfg(feature = "ssh")] {
//! use windlass_git::{Credentials, GitSource};
//!
//! # let (key, known_hosts) = ("-----BEGIN OPENSSH PRIVATE KEY-----", "");
//! let source = GitSource::new("git@git.example.org:org/fleet.git")
//!     .with_credentials(Credentials::key(key))
//!     .with_known_hosts(known_hosts);
//! assert!(!format!("{source:?}").contains("PRIVATE KEY"));
//! # }
//! ```
//!
//! # Invariants
//!
//! - No program is started: no `git`, no `ssh`, no hook, no filter, no credential helper. No configuration is read but
//!   the repository's own, and of that nothing that could start one.
//! - Files are read from the object database and never written to a work tree. A symbolic link cannot lead out of the
//!   tree.
//! - Credentials go to the origin they were given for, over TLS, and into no error, no `Debug` and no file. A redirect
//!   gets none and cannot leave TLS.
//! - A host of SSH is shown nothing unless its key is among the known hosts that were given. None is known otherwise, and none
//!   is learned; neither the environment nor a user's configuration, agent or keys are looked at.
//! - A cache is shared only by those who show the same credentials or the same named identity, and no other account of
//!   the machine but the administrator has made it or can enter it.
//! - A cache holds a commit wholly or not at all, whenever a process is killed or the power is lost. Processes take turns
//!   by a file lock. Where an object turns out to be missing after all, the commit is fetched again into a new cache.
//! - No object of a pack is unpacked that is larger than its limit, and none of a pack that is too large in all.
//! - An artifact of a local repository outlives it: rewritten branches, `git gc --prune=now`, removal of the folder.
//!   Its packs stay mapped and its loose objects are copied into memory when it is fetched.
//! - Every wait, size and count is bounded by [`GitLimits`] or by the limits of the
//!   [`Context`](windlass_core::Context).
//!
//! The protocol is [version 2 of Git's](https://git-scm.com/docs/protocol-v2); older servers are understood.
//!
//! # What it does not do
//!
//! Submodules, LFS, SHA-256 repositories, pushing, and fetching only some folders are not
//! there yet: each is refused or, as for the folders, more is fetched than was asked for. [`mod@write`] commits to local
//! repositories only. Over SSH there are no passwords, no agent, no proxy and no certificates, of hosts or of people.

mod address;
mod any_name;
mod cache;
mod commit;
mod disk;
mod http;
mod local;
mod location;
mod options;
mod pattern;
mod range;
mod reading;
mod reference;
mod references;
mod reftable;
mod remote;
mod signed;
mod source;
#[cfg(feature = "ssh")]
mod ssh;
mod tree;
pub mod write;

pub use address::RepositoryUrl;
pub use any_name::AnyName;
pub use options::{Credentials, GitLimits};
pub use pattern::FilePattern;
pub use range::TagRange;
pub use reference::Reference;
pub use signed::{SignedPart, Verification};
pub use source::GitSource;
#[cfg(feature = "ssh")]
pub use ssh::HostKeyError;
