//! What Kubernetes kinds mean, without a client: when they are healthy, what comes before what, what annotations say,
//! how lists are merged, where objects live, what a quantity is.
//!
//! ```
//! use windlass_core::{NoChildren, HealthCheck, Object};
//! use windlass_kinds::health::KubernetesHealth;
//! use windlass_kinds::scope::{Scope, scope};
//!
//! let service = Object::new(serde_json::from_str(r#"{
//!     "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
//!     "spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.7"}
//! }"#)?)?;
//! let health = KubernetesHealth.assess(&service, &NoChildren).expect("it has a rule for every object");
//! assert_eq!(health.to_string(), "progressing: waiting for an address from the load balancer of the cloud");
//! assert_eq!(scope("", "Service"), Some(Scope::Namespaced));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is here
//!
//! | module | holds |
//! | --- | --- |
//! | [`health`] | how objects are, the rules used unless told otherwise |
//! | [`kstatus`], [`argo`] | how they are for Flux, Helm 4 and kpt, and for Argo CD, to the letter |
//! | [`order`] | what comes before what |
//! | [`defaults`] | what a server fills in |
//! | [`dialect`] | what the annotations of Windlass, cli-utils, Flux, Argo CD and Helm say |
//! | [`fields`] | which fields a body has, as server-side apply names them |
//! | [`schema`] | merge schemas of the built-in kinds and of custom ones |
//! | [`scope`] | which kinds live in namespaces, and what a definition defines |
//! | [`quantity`] | `500m` is `0.5` |
//!
//! # Invariants
//!
//! - Pure: no I/O, no clock, no client. Time comes in as an argument or as an age.
//! - No body panics anything here, however little it follows its schema; what is missing reads as absent.
//! - No message holds anything of a Secret or a ConfigMap.
//! - The tables are made from what Kubernetes publishes, [`scope::KUBERNETES_VERSION`], and never change at run time.
//!
//! What it does not do: talk to a cluster (`windlass-kube`), merge (`windlass-diff`).

pub mod argo;
mod custom;
pub mod defaults;
pub mod dialect;
pub mod fields;
pub mod health;
pub mod kstatus;
pub mod order;
pub mod quantity;
mod read;
pub mod schema;
pub mod scope;
