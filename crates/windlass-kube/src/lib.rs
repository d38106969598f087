//! The Kubernetes target of the [Windlass](https://github.com/windlass-dev/windlass) GitOps engine: server-side apply,
//! dry runs, one watched view of the cluster, and the state of units in the cluster.
//!
//! ```no_run
//! use windlass_core::{Context, Interest, Target};
//! use windlass_kube::{Cluster, Connect, KubeOptions, KubeTarget};
//!
//! # async fn example(cx: &Context, interest: &Interest) -> windlass_core::Result<()> {
//! let cluster = Cluster::connect(&Connect::environment()).await?;
//! let target = KubeTarget::new(cluster.clone(), KubeOptions::default());
//! let observed = target.observe(cx, interest).await?;
//! println!("{} objects, {} requests", observed.observations.len(), cluster.requests());
//! # Ok(())
//! # }
//! ```
//!
//! # What it does
//!
//! | question | answer |
//! | --- | --- |
//! | How is an object found again? | by its labels [`UNIT_LABEL`] and [`INSTALLATION_LABEL`] |
//! | Who owns an object? | the unit in the labels; without them, the tool whose labels or annotations it carries: Flux, Helm, Argo CD, kapp, ApplySets, cli-utils |
//! | What does a look cost? | nothing while nothing has changed: each kind is listed and watched once for all units |
//! | Has an object changed? | its stamp digests the fields that our field manager owns, with their values |
//! | What would a write do? | a dry run of the same server-side apply says it; an object that does not exist yet is predicted as wanted, and so is a ConfigMap or Secret that is taken over |
//! | Who gets a field that two managers want? | [`ConflictRules`] decide, and the plan shows it; a field that the plan does not list is not taken over |
//! | What happens to fields that somebody else set before? | those of former managers (`kubectl`, Helm, Flux, Argo CD and any that is named) become ours before the first write, and what nobody wants goes with it; those of others stay |
//! | What if a default stands in the way? | what only the server filled in goes where another branch of a union is asked for |
//! | Who gets `replicas` that leave Git? | the autoscaler that is wanted or live; nobody scales to the default in between |
//! | What if two objects exclude one another? | ports, addresses and quotas are read, what admission refuses is tried by dry runs; the one that leaves goes first |
//! | What if a kind does not exist yet? | its objects wait for the CustomResourceDefinition in the same unit |
//! | Where is the state of a unit? | in ConfigMaps with the label [`STATE_LABEL`]; what people ask of it is in one of its own, with the label [`CONTROL_LABEL`] |
//! | By what are the digests in it keyed? | by a key in the Secret `windlass-key` beside it, one for each installation |
//! | Why is a workload not ready? | its pods are listed while it is not ready, and its health names the pod, the container and the reason |
//!
//! # The view
//!
//! All targets on one [`Cluster`] that act as the same account share one view. The first look at a kind lists it, by a
//! streaming list where the server has them and else page by page, and then watches it. The view keeps identity, version,
//! stamp, owner, health and deletion of each object, and its body only while the object is not ready.
//!
//! - The view sees objects that carry both labels. Other objects that a unit wants are read at each look: one by one, or by
//!   a list of names that all units share for five seconds where there are many.
//! - What a write returned is in the view at once. Events that are older than what is known are ignored.
//! - A watch that breaks, that is silent for 90 seconds, or whose version the server has forgotten is started again. After a
//!   break every unit that looks at the kind is told to look again.
//! - An account that may not list all namespaces is shown the namespaces that its units use; where it may not list those, its
//!   objects are read one by one and looked at again every 30 seconds. Missing rights are tried again every minute.
//! - [`KubeOptions::with_polling`] does without the view, and without any task.
//!
//! # Invariants
//!
//! - A request is repeated up to three times where the response asks for it (429, 503, a quota that was counted at the same
//!   time), and further where the response names the wait (`Retry-After`), as long as all waits together are at most 20
//!   seconds. No single wait is longer than ten. A 503 may come from a proxy that lost its upstream: a write that ends in an
//!   error after one says that something may have been written.
//! - A write whose path is not served yet is sent up to six times. An apply is sent up to four times while other managers
//!   take fields, and up to four times more where former managers write meanwhile. A change of `managedFields` comes before it
//!   where an object has a past, and nowhere else. A replace without an exact
//!   version is sent up to three times while somebody else is faster. A request without a response is never repeated here.
//!   Each write asks the fence first, repeated ones too.
//! - 32 reads and 32 writes are under way at once. One that gets no answer for three seconds no longer counts, so that what
//!   stalls for one unit holds up no other.
//! - Where the server does not know a token (401) that came from a file or a program, it is read again, at most every five
//!   seconds, and the request is sent once more with the new one.
//! - Credentials and bodies never reach errors or `Debug`. Of what the server says about a value, only the complaint is
//!   passed on; for a Secret, only the names of the fields.
//! - A kind, a namespace or a group that cannot be read makes its own objects unreadable, never absent, and no others.
//! - Objects without a namespace get one. A namespace on an object whose kind has none is removed, as Flux does.
//! - An object counts as gone only where the server serves its kind and has no such object, or, asked again, serves no
//!   version of its kind.
//! - A namespace or a CustomResourceDefinition is never deleted to be recreated.
//! - What the server lets nobody delete is let go of: what was ours of it goes, and it stays.
//!
//! # What it does not do
//!
//! It uses no proxy by itself. Of custom kinds it knows which lists have keys only by the fields that somebody holds of
//! their items: where it has to tell beforehand what any other list becomes that the server refused to rehearse, the list counts
//! as one value.

mod admit;
mod apply;
mod between;
mod capabilities;
mod children;
mod client;
mod cluster;
mod conflict;
mod conflicts;
mod connect;
mod connection;
mod delete;
mod discovery;
mod environment;
mod event;
mod exclusive;
mod expect;
mod fail;
mod foretell;
mod list;
mod live;
mod namespace;
mod observe;
mod options;
mod owner;
mod past;
mod polled;
mod predict;
mod rehearse;
mod release;
mod request;
mod resource;
mod scaled;
mod search;
mod select;
mod sending;
mod session;
mod settling;
mod stamp;
mod store;
mod survey;
mod takes;
mod target;
mod unknown;
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
