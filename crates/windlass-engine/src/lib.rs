//! A GitOps engine to embed: gathers facts, plans purely, asks policies, applies, waits, prunes, reports, repairs.
//!
//! ```
//! use windlass_engine::Engine;
//! use windlass_testkit::{LinesRenderer, MemorySource, MemoryStore, MemoryTarget, TestClock, files, unit};
//!
//! let clock = TestClock::auto();
//! let cx = clock.context();
//! let source = MemorySource::of(files([("app.lines", "ConfigMap/shop/web greeting=hello")]));
//! let target = MemoryTarget::new("memory").with_state(MemoryStore::new());
//! let engine = Engine::new(unit("shop"), source, LinesRenderer::new(), target.clone());
//!
//! let report = clock.block_on(engine.reconcile(&cx))?;
//! assert_eq!(report.counts().created, 1);
//! assert!(clock.block_on(engine.plan(&cx))?.is_in_sync());
//! # Ok::<(), windlass_core::Error>(())
//! ```
//!
//! # How it works
//!
//! [`Engine`] gathers [`Facts`] from a source, a renderer, a target and a state store; [`plan()`] turns facts into a
//! [`Plan`](windlass_core::Plan), purely; policies look at the plan; [`step`] carries it out as a pure state machine, of
//! which the engine performs each [`Effect`]. A simulator can perform them as well.
//!
//! # Invariants
//!
//! - No behaviour of Kubernetes, no clock but the one in the context, no thread and no task of its own.
//! - The same facts and rules give the same plan, byte for byte.
//! - Nothing is written before every policy saw the whole plan, and before the inventory names all that may come to be.
//! - No error of a source, a renderer or a target leads to a delete. A pass in which anything failed deletes nothing.
//! - Nothing is deleted on old knowledge: right before, the store is asked whether the state is still ours, and each object
//!   is looked at once more. What is another's by now, was made anew, or itself asks to be kept, stays.
//! - A write of which no answer came is looked at before it is repeated. Neither a cancellation nor a deadline cuts one
//!   off; only its own time-out does, and the end of the right to write.
//! - What became of each object is told once, and whatever stands in the way of a pass is told as well.
//! - A second pass over a converged state writes nothing.
//!
//! What it does not do yet: watch (drift is found by looking on each pass), roll back, and hold plans for approval.

#[cfg(feature = "tokio")]
mod clock;
mod driver;
mod explain;
mod facts;
mod fleet;
mod keep;
mod options;
mod plan;
mod policy;
mod rules;
mod shared;
mod step;

#[cfg(feature = "tokio")]
pub use clock::TokioClock;
pub use driver::{Engine, ObjectStatus, Status};
pub use explain::Compared;
pub use facts::{Facts, Siblings, Wanted};
pub use fleet::{Fleet, Member};
pub use options::Options;
pub use plan::plan;
pub use policy::MaxPrune;
pub use rules::{Adoption, Explain, Prune, Rules, Wait};
pub use shared::SharedSource;
pub use step::{Effect, Happened, State, step};
