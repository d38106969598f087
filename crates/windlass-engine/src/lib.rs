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
//! [`Plan`](windlass_core::Plan), purely; policies look at the plan; [`step`] carries it out as a pure state machine,
//! of which the engine performs each [`Effect`]. A simulator can perform them as well.
//!
//! - **Many units.** A [`Fleet`] makes passes of many [`Member`]s through one queue. A pass is made when the source is
//!   at another revision, something live has changed, a dependency is ready, the interval is over, or a person asks.
//!   Units on one source ask it once; a [`SharedSource`] also fetches once for all of them. [`Engine::run`] is a fleet
//!   of one unit.
//! - **Drift.** Where the target has a [`Watch`](windlass_core::Watch), a change of what is live leads to a pass at
//!   once. Elsewhere it is found at the next interval.
//! - **Contests.** A field that somebody else sets back each time is told, and its object repaired more and more rarely.
//! - **Exclusion.** What the target refuses because of an object that is to be deleted is written once that is gone.
//! - **What people ask.** [`Engine::ask`] changes the [`Control`](windlass_core::Control) of a unit, which the target
//!   keeps: suspend and resume the unit or single objects, approve a plan that a policy holds, stay at an earlier
//!   revision, ask for a pass. [`Engine::history`] gives the passes that are remembered.
//! - **Renders that need more.** A renderer may ask for files, for objects of the target, for what the target serves, and
//!   for other artifacts ([`Engine::with_bases`]). The engine brings them and renders again. Transforms run after the
//!   renderer.
//! - **Hooks** run before, among and after the other objects, or if something failed: once for all that is wanted.
//! - **Moving objects.** Units whose source has the same [name](Engine::with_source_name) hand objects over instead of
//!   deleting them. While one of these units cannot be rendered, the others delete nothing. An object that two units of
//!   one installation want alike is owned by one of them, and the other leaves it to that one.
//!
//! # Invariants
//!
//! - No behaviour of Kubernetes, no clock but the one in the context, no thread and no task of its own. With the
//!   feature `tokio`, renders run on the blocking threads of the caller's runtime.
//! - The same facts and rules give the same plan, byte for byte.
//! - Nothing is written before every policy saw the whole plan, and before the inventory names all that may come to be.
//! - No error of a source, a renderer or a target leads to a delete. A pass in which anything failed deletes nothing.
//! - Nothing is deleted on old knowledge: right before, the store is asked whether the state is still ours, and each
//!   object is looked at once more. Objects that changed owner, were recreated, or carry a keep annotation are not
//!   deleted.
//! - A write that got no answer is looked at before it is repeated. Neither a cancellation nor a deadline cuts one off;
//!   only its own time-out does, and the end of the right to write.
//! - What became of each object is told once, and whatever stands in the way of a pass is told as well.
//! - A second pass over a converged state writes nothing.
//! - A unit that fails, hangs or waits for health keeps no other unit of a fleet from its turn.
//! - A pass never changes what people asked, and what they ask is no conflict for a pass.
//!
//! # What it does not do yet
//!
//! - Roll back by itself when a revision does not become healthy: a person asks for that.
//! - Run hooks after the deletion of a unit, or those before it: a delete does not ask the source.
//! - Share the work among several processes.

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
pub use driver::{Engine, ObjectStatus, Status, bring_bases};
pub use explain::Compared;
pub use facts::{Facts, Siblings, Wanted};
pub use fleet::{Fleet, Member};
pub use options::Options;
pub use plan::plan;
pub use policy::{Approvals, MaxPrune};
pub use rules::{Adoption, Explain, Prune, Rules, Wait};
pub use shared::SharedSource;
pub use step::{Effect, Happened, State, step};
