//! HTTP beneath the sources of a GitOps engine: blocking work that an async caller can cancel, requests within limits,
//! and credentials for one origin.
//!
//! ```
//! use windlass_http::{Origin, follow};
//!
//! let from = "https://registry.example/v2/list?last=a";
//! assert_eq!(follow(from, "/v2/list?last=b").as_deref(), Some("https://registry.example/v2/list?last=b"));
//! assert_eq!(follow(from, "//elsewhere.example/"), None, "what is neither an address nor a path leads nowhere");
//!
//! let registry = Origin::of(from).ok_or("no address")?;
//! assert!(registry.is_secure());
//! assert_ne!(Origin::of("http://registry.example/v2/"), Some(registry), "without TLS it is somebody else");
//! # Ok::<(), &str>(())
//! ```
//!
//! # Invariants
//!
//! - [`Workers`] never have more threads than they were given, also where callers went away while theirs still worked.
//! - Each read of a body looks at the [`Job`], at its deadline and at the limit of bytes.
//! - [`Http::send`] follows no redirect. [`Http::follow`] does: it shows the credentials of a request to the origin that was
//!   asked first and to no other, and never leads out of TLS.
//! - No [`Secret`] shows in `Debug`, and no query of an address in an error.
//! - TLS is rustls with ring. The environment is not looked at, but for the authorities of the platform.
//!
//! # What it does not do
//!
//! Nothing here knows what is asked for: what an answer means, and how credentials become a header, is for the crate above.

mod access;
mod ask;
mod client;
mod fail;
mod job;
mod origin;
mod tls;

pub use access::{ClientCertificate, Connection, Peer, Proxy, Route, Secret, line};
pub use ask::{Answer, Ask, Reader, shown};
pub use client::Http;
pub use fail::unwrapped;
pub use job::{Job, Workers};
pub use origin::{Origin, follow};
