//! A GitOps engine to embed: fetch a revision, render it, order it, compare it with what is live and what was applied
//! before, apply the difference, wait for health, prune, repair, repeat.
//!
//! ```
//! use windlass::fs::{DirSource, DirTarget};
//! use windlass::{Context, Engine, Event, MaxPrune, TokioClock, UnitId};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let place = tempfile::tempdir()?;
//! # let (deploy, live) = (place.path().join("deploy"), place.path().join("live"));
//! # std::fs::create_dir(&deploy)?;
//! # std::fs::write(deploy.join("web.yaml"), "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n")?;
//! let cx = Context::new(TokioClock::new());
//! let engine = Engine::new(UnitId::new("shop")?, DirSource::new(deploy), windlass::auto(), DirTarget::open(&live)?)
//!     .with_policy(MaxPrune::percent(20))
//!     .with_events(|event: &Event| eprintln!("{event}"));
//!
//! let plan = engine.plan(&cx).await?; // reads, writes nothing
//! print!("{plan}");
//! let report = engine.apply(&cx, &plan).await?; // or engine.reconcile(&cx), or engine.run(&cx) for ever
//! assert_eq!(report.counts().created, 1);
//! assert!(live.join("shop/Service/web.yaml").exists());
//! assert!(engine.plan(&cx).await?.is_in_sync());
//! # Ok(())
//! # }
//! ```
//!
//! Another source, renderer, target, store or policy is a trait to implement: [`Source`], [`Renderer`], [`Target`],
//! [`StateStore`], [`Policy`] and smaller ones. The feature `testkit` brings a conformance suite for each of them, and
//! [a page for each](https://github.com/windlass-dev/windlass/blob/main/docs/testing.md#conformance) shows a small real one
//! with its tests. A [`Fleet`] keeps many units at once.
//!
//! # Features
//!
//! | feature | module | brings |
//! | --- | --- | --- |
//! | always | [`core`], [`graph`], [`diff`], [`engine`] | words and traits, order, comparison, the engine; no I/O |
//! | `tokio` (default) | | `TokioClock`, and renders on a pool of threads |
//! | `fs` (default) | `fs` | folders as source, target and store |
//! | `render` (default) | `render` | plain manifests, and `auto()` |
//! | `kustomize` | `kustomize` | kustomizations, to the bytes of `kustomize build`; `auto()` takes them |
//! | `helm` | `helm` | Helm charts, to the bytes of `helm template` |
//! | `verify` | `verify` | OpenPGP and SSH signatures of commits and tags |
//! | `receiver` | `receiver` | webhook deliveries, verified before they are parsed |
//! | `cel` | `cel` | expressions of CEL as Flux evaluates them |
//! | `semver` | `semver` | versions and constraints as Helm and Flux read them |
//! | `sops` | `sops` | files that SOPS encrypted |
//! | `git` | `git` | Git repositories as a source, over TLS by rustls with ring |
//! | `git-ssh` | `git` | Git repositories over SSH too, by russh with ring |
//! | `oci` | `oci` | artifacts in OCI registries as a source, and pushing them |
//! | `bucket` | `bucket` | buckets of S3, MinIO, R2 and Google as a source |
//! | `web` | `web` | archives at addresses and Helm repositories as sources |
//! | `wrap` | `wrap` | time-outs, retries, caching, mirrors and limits around any source and target |
//! | `kinds` | `kinds`, `kubernetes` | what Kubernetes kinds mean: health, order, annotations, schemas |
//! | `kube` | `kube` | Kubernetes clusters as a target |
//! | `yaml` | `yaml` | YAML as Go's Kubernetes tools read it |
//! | `testkit` | `testkit` | virtual time, parts in memory, conformance suites |
//!
//! No default feature needs a network, or anything but Rust and a linker.
//!
//! # Invariants
//!
//! - Nothing here but names, and what joins two parts that must not know each other.
//! - One error type, [`Error`], whatever part it comes from.
//!
//! A folder that asks for a renderer that is not switched on is refused.

#[cfg(feature = "render")]
mod auto;
#[cfg(all(feature = "helm", feature = "kustomize"))]
pub mod charts;
#[cfg(doctest)]
mod guides;
#[cfg(feature = "kinds")]
pub mod kubernetes;

#[cfg(feature = "bucket")]
pub use windlass_bucket as bucket;
#[cfg(feature = "cel")]
pub use windlass_cel as cel;
pub use windlass_core as core;
pub use windlass_diff as diff;
pub use windlass_engine as engine;
#[cfg(feature = "fs")]
pub use windlass_fs as fs;
#[cfg(feature = "git")]
pub use windlass_git as git;
pub use windlass_graph as graph;
#[cfg(feature = "helm")]
pub use windlass_helm as helm;
#[cfg(feature = "kinds")]
pub use windlass_kinds as kinds;
#[cfg(feature = "kube")]
pub use windlass_kube as kube;
#[cfg(feature = "kustomize")]
pub use windlass_kustomize as kustomize;
#[cfg(feature = "oci")]
pub use windlass_oci as oci;
#[cfg(feature = "receiver")]
pub use windlass_receiver as receiver;
#[cfg(feature = "render")]
pub use windlass_render as render;
#[cfg(feature = "render")]
pub use windlass_render::Auto;
#[cfg(feature = "semver")]
pub use windlass_semver as semver;
#[cfg(feature = "sops")]
pub use windlass_sops as sops;
#[cfg(feature = "testkit")]
pub use windlass_testkit as testkit;
#[cfg(feature = "verify")]
pub use windlass_verify as verify;
#[cfg(feature = "web")]
pub use windlass_web as web;
#[cfg(feature = "wrap")]
pub use windlass_wrap as wrap;
#[cfg(feature = "yaml")]
pub use windlass_yaml as yaml;

#[cfg(feature = "render")]
pub use auto::auto;
pub use windlass_core::{
    Artifact, Cancel, Clock, Context, Digest, Error, ErrorKind, Event, EventKind, EventSink, Files, Limits,
    Object, ObjectId, Outcome, Plan, Policy, Renderer, Report, Result, Revision, Source, StateStore, Target,
    Transform, TreePath, UnitId, Value, Verdict, async_trait,
};
#[cfg(feature = "tokio")]
pub use windlass_engine::TokioClock;
pub use windlass_engine::{
    Adoption, Approvals, Compared, Engine, Fleet, MaxPrune, Member, Options, Prune, SharedSource, Status,
    Wait,
};
