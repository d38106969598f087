//! Webhook deliveries of Git hosts and registries, as pure functions: who sent it, and what changed.
//!
//! ```
//! use windlass_receiver::{Kind, Receiver, Refused, Request};
//!
//! // The vector of GitHub's documentation.
//! let receiver = Receiver::new(Kind::GitHub, "It's a Secret to Everybody");
//! let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
//! let headers = [("X-Hub-Signature-256", signature), ("X-GitHub-Event", "ping")];
//! let genuine = receiver.receive(&Request { headers: &headers, body: b"Hello, World!" });
//! assert_eq!(genuine.unwrap_err(), Refused::Malformed, "verified, but not JSON");
//! let forged = receiver.receive(&Request { headers: &headers, body: b"Hello, world!" });
//! assert_eq!(forged.unwrap_err(), Refused::Unverified("the signature is not that of the body"));
//! assert_eq!(Refused::Malformed.status(), 400);
//! ```
//!
//! # Invariants
//! - Nothing of a body is parsed before the delivery was verified, nor is a body that is larger than its limit.
//! - Secrets are compared in constant time, and are in no error and no `Debug`.
//! - An empty secret verifies nothing.
//! - What a delivery gives is bounded: [`BODY_BYTES_MAX`], [`NAMES_MAX`].
//! - What is remembered of deliveries is bounded: [`SEEN_MAX`].
//!
//! # What it does not do
//! It serves no HTTP, and keeps no state but what the caller keeps as [`Seen`]: which deliveries came, where their sender
//! names them. It does not look for objects: a [`Manifest`] says which are to be looked for, and [`Accepted::wakes`] what the
//! filter makes of each. Docker Hub, Quay, GCR and ACR sign nothing: their secret is the path that they call, which
//! [`path`] makes. That a token of Google is genuine is not verified, since that takes a question to Google.
//!
//! Kinds and headers are those of [Flux's receivers](https://fluxcd.io/flux/components/notification/receivers/) and of
//! [Argo CD's webhooks](https://argo-cd.readthedocs.io/en/stable/operator-manual/webhook/).

mod delivery;
mod filter;
mod kind;
mod manifest;
mod marks;
mod payload;
mod proof;
mod receive;
mod seen;
mod url;

pub use delivery::{Delivery, NAMES_MAX};
pub use kind::Kind;
pub use manifest::{Accepted, Manifest, TARGETS_MAX, Target, Unaddressed, Unreadable, Which};
pub use receive::{BODY_BYTES_MAX, Receiver, Refused, Request, path};
pub use seen::{SEEN_MAX, Seen};
pub use url::{same_repository, same_server};
