//! Files of an artifact in memory, and archives that are unpacked into them.
//!
//! ```
//! use windlass_archive::Gathering;
//! use windlass_core::{Files, Limits, TreePath};
//!
//! let mut files = Gathering::new(&Limits::default());
//! files.put_file(&TreePath::new("apps/web.yaml")?, "replicas: 1\n".into())?;
//!
//! let odd = files.put_file(&TreePath::new("apps")?, "".into()).unwrap_err();
//! assert_eq!(odd.message(), "the artifact has a path that is a folder and something else");
//!
//! let tree = files.done(16);
//! assert_eq!(tree.read(&TreePath::new("apps/web.yaml")?)?, "replicas: 1\n");
//! # Ok::<(), windlass_core::Error>(())
//! ```
//!
//! # Invariants
//!
//! - Nothing is written to a disk, and an archive of which anything is refused gives nothing.
//! - No path leads out of the root, neither by its names nor by a link.
//! - Two paths are two files, and none is a folder and something else; unless asked for otherwise, none differs from
//!   another in upper and lower case alone.
//! - Equal files have an equal digest, however they were packed.
//! - Every size, count and depth is bounded by the limits of the [`Context`](windlass_core::Context), and what an archive
//!   unpacks to by its [`Room`].
//!
//! # What it does not do
//!
//! It unpacks tar, packed with gzip or not. zstd and zip are recognised by nobody here, and sparse files are refused.

mod tree;
mod unpack;

pub use tree::{Gathering, Growing, Tree, hex, refused};
pub use unpack::{Form, Room, path, unpack};
