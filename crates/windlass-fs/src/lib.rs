//! Folders for the Windlass engine: a source, a target and a state store. The whole loop, without any server.
//!
//! ```
//! use windlass_core::{Expect, Owner, Mode, Paths, Source, Target, Write};
//! use windlass_fs::{DirSource, DirTarget};
//! use windlass_testkit::{TestClock, block_on, config_map, unit};
//!
//! let (from, to) = (tempfile::tempdir()?, tempfile::tempdir()?);
//! let cx = TestClock::new().context();
//!
//! let source = DirSource::new(from.path());
//! let revision = block_on(source.resolve(&cx))?.revision;
//! let artifact = block_on(source.fetch(&cx, &revision, &Paths::All))?;
//! assert_eq!(artifact.digest().to_string(), &*revision.id);
//!
//! let target = DirTarget::open(to.path())?;
//! let (payload, mark) = (config_map("shop", "web", "a"), Owner::of(&unit("web")));
//! block_on(target.write(&cx, &Write::apply(payload, Mode::Apply, Expect::Absent, mark)))?;
//! assert!(to.path().join("shop/ConfigMap/web.yaml").exists());
//! assert!(target.profile().state.is_some(), "it keeps the state of units too");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Invariants
//!
//! - What is written is written as a whole and is on the disk before the call returns.
//! - What cannot be read is an error that names the file, never nothing.
//! - No path leads out of the folder: neither a name of an object nor a link.
//! - One process writes to a target at a time.
//! - State, marks and, unless told otherwise, objects are readable by their owner alone. No error shows contents.
//! - No kinds of Kubernetes: what comes before what, and how an object is, are given with `with_order` and
//!   `with_health`.
//!
//! What it does not do:
//!
//! - It uses the change notifications of Linux alone. Elsewhere, and on file systems that have none, a watch polls.
//! - It does not predict: a file becomes exactly what is written.
//! - It does not keep comments in an object that it changes: it writes the whole object anew.

mod disk;
mod fault;
mod keeper;
mod lock;
mod name;
mod notice;
mod source;
mod store;
mod target;

pub use notice::Notifier;
pub use source::DirSource;
pub use store::FileStore;
pub use target::DirTarget;
