//! For whoever implements a part of the Windlass GitOps engine: virtual time, parts that live in memory, and a
//! conformance suite for each trait, usable from any repository.
//!
//! A source of one's own, and its proof:
//!
//! ```
//! use std::sync::{Arc, Mutex};
//! use windlass_core::{Artifact, Context, Error, ErrorKind, Paths, Resolved, Result, Revision, Source, async_trait};
//! use windlass_testkit::{MemoryFiles, source::{self, SourceHarness}, suite::{Harness, Check}};
//!
//! /// What somebody typed into a form: a few files, and no history.
//! #[derive(Debug, Default)]
//! struct Form(Mutex<MemoryFiles>);
//!
//! #[async_trait]
//! impl Source for Form {
//!     async fn resolve(&self, _cx: &Context) -> Result<Resolved> {
//!         let files = self.0.lock().expect("nobody panics");
//!         Ok(Resolved::new(Revision::new(files.digest().to_string())))
//!     }
//!
//!     async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
//!         let files = self.0.lock().expect("nobody panics").clone();
//!         if revision.id != files.digest().to_string().as_str() {
//!             return Err(Error::new(ErrorKind::NotFound, "the form has changed since"));
//!         }
//!         let part = files.clone().fetched(paths).with_file_bytes_max(cx.limits().file_bytes_max);
//!         Ok(Artifact::new(revision.clone(), files.digest(), Arc::new(part)))
//!     }
//! }
//!
//! /// How the suite makes a form, and changes it from outside.
//! #[derive(Default)]
//! struct Desk(Arc<Form>);
//!
//! impl SourceHarness for Desk {
//!     fn source(&self) -> Arc<dyn Source> { self.0.clone() }
//!
//!     fn commit(&self, files: &[(&str, &[u8])]) {
//!         let tree = files.iter().fold(MemoryFiles::new(), |tree, (path, text)| tree.with(path, text));
//!         *self.0.0.lock().expect("nobody panics") = tree;
//!     }
//! }
//!
//! impl Harness for Desk {
//!     fn skips(&self) -> Vec<(&'static str, &'static str)> {
//!         vec![
//!             ("no_failure_gives_an_empty_artifact", "a form is always there"),
//!             ("no_credential_is_shown", "a form needs none"),
//!             ("a_link_inside_the_root_is_followed", "a form has no links"),
//!             ("no_path_escapes_the_root", "a form has no links"),
//!         ]
//!     }
//! }
//!
//! // In a test module, this one line is a test for each law:
//! // windlass_testkit::source_suite!(Desk::default);
//! let found = source::check_all(Desk::default);
//! assert_eq!(found.broken(), [""; 0], "{found}");
//! assert_eq!(found.skipped().len(), 4);
//! assert_eq!(found.not_applicable().len(), 10); // of case, digests and answers kept back it says nothing
//! ```
//!
//! # Suites
//!
//! | suite | for | harness |
//! | --- | --- | --- |
//! | [`source_suite!`] | [`Source`](windlass_core::Source), [`Files`](windlass_core::Files) | [`source::SourceHarness`] |
//! | [`renderer_suite!`] | [`Renderer`](windlass_core::Renderer) | [`renderer::RendererHarness`] |
//! | [`transform_suite!`] | [`Transform`](windlass_core::Transform) | [`transform::TransformHarness`] |
//! | [`bases_suite!`] | [`Bases`](windlass_core::Bases) | [`bases::BasesHarness`] |
//! | [`target_suite!`] | [`Target`](windlass_core::Target), [`Predict`](windlass_core::Predict), [`Watch`](windlass_core::Watch) | [`target::TargetHarness`] |
//! | [`store_suite!`] | [`StateStore`](windlass_core::StateStore), also a target's by [`store::StateOf`] | [`store::StoreHarness`] |
//! | [`control_suite!`] | [`ControlStore`](windlass_core::ControlStore), also a target's by [`control::ControlOf`] | [`control::ControlHarness`] |
//! | [`order_suite!`] | [`OrderRule`](windlass_core::OrderRule) | [`order::OrderHarness`] |
//! | [`dialect_suite!`] | [`Dialect`](windlass_core::Dialect) | [`dialect::DialectHarness`] |
//! | [`health_suite!`] | [`HealthCheck`](windlass_core::HealthCheck) | [`health::HealthHarness`] |
//! | [`policy_suite!`] | [`Policy`](windlass_core::Policy) | [`policy::PolicyHarness`] |
//! | [`clock_suite!`] | [`Clock`](windlass_core::Clock) | [`time::ClockHarness`] |
//! | [`fence_suite!`] | [`Fence`](windlass_core::Fence) | [`fence::FenceHarness`] |
//!
//! A law is an ordinary function, such as [`source::resolving_twice_gives_the_same_revision`]. `check_all` of a suite
//! checks every law and says which are broken.
//!
//! How an engine gets on with parts that hang, panic, fail or are late is tried with [`Faulty`] ones.
//!
//! # Invariants
//!
//! - Each law gets a harness of its own, so laws do not disturb one another.
//! - Nothing is skipped in silence: what a harness cannot do, it lists with the reason, and a list that says too much
//!   is an error too. What does not apply, since a part says that it cannot or a harness has no means for it, is printed
//!   with the reason and never counted as held.
//! - For each law this crate's tests have a *saboteur*, an implementation that breaks just that law; the suite must
//!   name that law and no other.
//! - The memory parts are deterministic. They fail, and others interfere, only when the test says so.
//!
//! What it does not do: a suite for event sinks, of which each does something else; and no randomness, which is
//! `windlass-sim`.

pub mod bases;
mod clock;
pub mod control;
pub mod dialect;
mod faulty;
pub mod fence;
pub mod health;
mod lines;
mod memory;
mod object;
pub mod order;
pub mod policy;
mod recorder;
pub mod renderer;
mod run;
pub mod source;
pub mod store;
pub mod suite;
mod sync;
pub mod target;
pub mod time;
pub mod transform;
mod values;

pub use clock::TestClock;
pub use faulty::{Fault, Faults, Faulty};
pub use lines::LinesRenderer;
pub use memory::{MemoryFiles, MemorySource, MemoryStore, MemoryTarget, files};
pub use object::{config_map, id, key, known, unit};
pub use recorder::Recorder;
pub use run::{block_on, poll_once};
pub use values::ValuesTransform;
