//! The Kubernetes target of the [Windlass](https://github.com/windlass-dev/windlass) GitOps engine: server-side apply,
//! rehearsals by dry run, discovery, and the state of units in the cluster.
//!
//! ```no_run
//! use windlass_core::{Context, Interest, Target};
//! use windlass_kube::{Cluster, Connect, KubeOptions, KubeTarget};
//!
//! # async fn example(cx: &Context, interest: &Interest) -> windlass_core::Result<()> {
//! let cluster = Cluster::connect(&Connect::environment()).await?;
//! let target = KubeTarget::new(cluster.clone(), KubeOptions::default());
//! let observed = target.observe(cx, interest).await?;
//! println!("{} objects looked at, by {} requests", observed.observations.len(), cluster.requests());
//! # Ok(())
//! # }
//! ```
//!
//! # What it does
//!
//! | question | answer |
//! | --- | --- |
//! | How is an object found again? | by the label [`UNIT_LABEL`]: one list for each kind that the unit wants or owns |
//! | Whose is an object? | the label, else the marks of Flux, Helm, Argo CD, kapp, ApplySets and cli-utils |
//! | Has it changed? | its stamp covers the fields that our field manager owns, with their values |
//! | What would a write do? | a dry run of the same server-side apply, for what exists; what is new is predicted as wanted |
//! | Who gets a field that two want? | [`ConflictRules`], and the plan shows it first; what the plan did not show is not taken |
//! | What of fields that `kubectl apply` set? | they become ours with an apply, and a second one takes out what nobody wants |
//! | What if a kind does not exist yet? | a CustomResourceDefinition among the items brings it; until then it waits |
//!
//! # Invariants
//!
//! - A request is repeated up to three times where the answer asks for it (429, 503, a quota counted at the same time).
//!   A 503 may be of a proxy that lost its upstream: whatever a write ends in after that says that something may have been
//!   written.
//! - A write whose path is not served, or not yet, is sent up to six times. An apply is sent up to four times while fields
//!   turn out to be held by others, and again, up to four times, once fields that were set by other means are ours; a
//!   replace at no certain version up to three times while somebody else is faster. A request without an answer is never
//!   repeated here. Each write asks the fence first, also a repeated one.
//! - Credentials and bodies never reach errors or `Debug`: of what the server says of a value only its opinion is passed
//!   on, and of a Secret that it refuses only fields are named.
//! - A kind, a namespace or a group that cannot be read makes its own objects unreadable, never absent, and no others.
//! - Objects without a namespace get one; a namespace on an object whose kind has none is taken away, as Flux does.
//!
//! - An object is gone only where the server serves its kind and has no such object, or, asked again, serves no version of
//!   its kind.
//! - A namespace or a CustomResourceDefinition is never deleted to be made anew.
//!
//! It does not watch yet, does not migrate fields of other commands of `kubectl` or of another version of the kind than the
//! one that is wanted, and speaks to no proxy by itself. Since what `kubectl apply` set becomes ours in two steps, an object
//! that is adopted can roll out twice, and is refused where both together, what was set and what is wanted, are not valid.

mod admit;
mod apply;
mod capabilities;
mod children;
mod cluster;
mod conflict;
mod conflicts;
mod connect;
mod connection;
mod delete;
mod discovery;
mod environment;
mod expect;
mod fail;
mod list;
mod live;
mod migration;
mod namespace;
mod observe;
mod options;
mod owner;
mod polled;
mod predict;
mod request;
mod resource;
mod search;
mod sending;
mod session;
mod stamp;
mod store;
mod survey;
mod takes;
mod target;
mod view;
mod watched;
mod wire;
mod words;
mod write;

pub use cluster::Cluster;
pub use conflict::ConflictRules;
pub use connect::{Connect, Server};
pub use options::KubeOptions;
pub use owner::{INSTALLATION_LABEL, UNIT_LABEL};
pub use store::{CONTROL_LABEL, KubeStore, STATE_LABEL};
pub use target::KubeTarget;
