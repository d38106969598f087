//! Real servers for end-to-end tests and benches: a Kubernetes control plane on the loopback, started in seconds.
//!
//! ```no_run
//! use windlass_e2e::control_plane::{ControlPlane, Error, Options};
//!
//! # fn main() -> Result<(), Error> {
//! let plane = ControlPlane::start(&Options::from_env()?)?;
//! plane.kubectl_run(&["create", "namespace", "shop"])?;
//! assert!(plane.kubeconfig().is_file());
//! # Ok(())
//! # }
//! ```
//!
//! Nothing outlives its owner: dropping a [`ControlPlane`](control_plane::ControlPlane) ends its processes and removes
//! their folder, and so does the death of the process that started it.
//!
//! The feature `cluster` switches on the tests of this crate that need a control plane. They fail, and are never
//! skipped, where none can be had. This crate is not published; no published crate depends on it.

pub mod control_plane;
