//! The words and traits of the Windlass GitOps engine: values, objects, plans, errors, and the parts to implement.
//!
//! ```
//! use windlass_core::{Object, Value};
//!
//! let body: Value = serde_json::from_str(
//!     r#"{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}"#,
//! )?;
//! let object = Object::new(body)?;
//! assert_eq!(object.id().to_string(), "Deployment.apps/shop/web");
//! assert_eq!(object.digest(), object.edit(|_| {})?.digest());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What to implement
//!
//! | trait | stands for |
//! | --- | --- |
//! | [`Source`], [`Files`] | where desired state comes from: Git, a folder, a registry |
//! | [`Renderer`], [`Transform`], [`Bases`] | how files become wanted objects, and where other artifacts come from that they need |
//! | [`Dialect`], [`OrderRule`], [`HealthCheck`] | what annotations, kinds and status mean |
//! | [`Target`] with [`Predict`], [`Watch`], [`StateStore`], [`ControlStore`] | where desired state goes, and what the place can do |
//! | [`Policy`], [`EventSink`], [`Fence`], [`Clock`] | who may stop it, who is told, and what time it is |
//!
//! The doc of each trait lists, method by method, what an implementation must do, shows how it is written, and links to a
//! page with a whole crate. For all of them but [`EventSink`], `windlass-testkit` has a suite that tests these statements.
//!
//! # Invariants
//!
//! - No input or output, no runtime, no clock, no environment: everything arrives as an argument.
//! - No behaviour of Kubernetes: `apiVersion`, `kind` and `metadata` name an object, and nothing here knows a kind.
//! - [`Debug`](std::fmt::Debug) and errors never show a body. `Plan` is serialised without bodies.
//! - Digests of bodies that are kept or shown are made by a [`Key`].
//! - No hash order in anything that can be printed.
//! - One error type, [`Error`], for all `dyn` traits; no `From` for anybody else's.
//!
//! What it does not do: reconcile. That is `windlass-engine`.

mod address;
mod api_version;
mod bases;
mod contest;
mod context;
mod control;
mod digest;
mod error;
mod event;
mod health;
mod hook;
mod key;
mod object;
mod order;
mod path;
mod plan;
mod release;
mod render;
mod report;
mod source;
mod state;
mod target;
mod text;
mod time;
mod unit;
mod value;

pub use address::Address;
pub use api_version::ApiVersion;
pub use async_trait::async_trait;
pub use bases::Bases;
pub use bytes::Bytes;
pub use contest::Contest;
pub use context::{Cancel, Context, Fence, Limits};
pub use control::{Approval, Control, ControlStore, Controls, Followed, Pin, Request, Suspension};
pub use digest::Digest;
pub use error::{Error, ErrorForm, ErrorKind, Result, Retry};
pub use event::{Event, EventKind, EventSink, Pass};
pub use health::{Children, Health, HealthCheck, HealthStatus, NoChildren};
pub use hook::{Hook, HookDeletion, Phase};
pub use key::Key;
pub use object::{Object, ObjectId};
pub use order::{Dialect, Edge, Gate, Node, OrderRule};
pub use path::{FieldPath, Segment, TreePath};
pub use plan::{Action, Cause, Change, Plan, Policy, Purpose, Verb, Verdict};
pub use release::Release;
pub use render::{
    Capabilities, Directives, Item, Need, Origin, Provided, RenderInput, Rendered, Renderer, Transform,
    Warning,
};
pub use report::{Counts, ObjectReport, Outcome, Report};
pub use source::{Artifact, Entry, EntryKind, Files, Paths, Resolved, Revision, Source, SourceWatch};
pub use state::{Delta, HookRun, Inventory, Owned, Record, Saved, StateStore, Trigger, UnitOrigin};
pub use target::{
    Admitted, Cascade, Conflict, Decision, Deletion, Exclusion, Expect, Interest, Known, List, Live, Look,
    Mode, Observation, Observed, Predict, Prediction, Profile, Rivalry, Selection, Stamp, Taken, Target,
    Version, Want, Watch, Write, Written,
};
pub use text::Text;
pub use time::{Clock, Now, Timestamp};
pub use unit::{Owner, UnitId};
pub use value::{Map, Value};
